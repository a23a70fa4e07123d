"""The map of territories, drawn from the shapes that SPOTIO ships: no tiles, no other server.

The projection is the identity. So longitudes are shrunk beforehand by the cosine of the map's middle latitude, or a
town would look wider than it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from console.charts.drawing import Drawing, Spec, finished, named_rows
from console.charts.frame import Palette

HEIGHT = 290
Ring = Sequence[tuple[float, float]]  # longitude, latitude
_BOLD, _LETTER = 6.8, 5.4  # pixels of a letter, of the value and of the name
# Of the column the map stands in, and of what the legend leaves of the height; they decide only which labels have room.
_WIDTH, _DRAWN = 440, 220
_ROOM_OF_TWO, _ROOM_OF_THREE = 30, 46  # pixels that the lines of a label take


@dataclass(frozen=True)
class Shape:
    """A territory as the map shows it; `value` is None where nothing can be said, and then it is grey.

    `short` is the name where the whole one has no room.
    """

    id: str
    name: str
    short: str
    rings: Sequence[Ring]
    value: float | None
    shown: str
    detail: str


def territory_map(shapes: Sequence[Shape], *, middle: float | None, share: bool, colors: Palette) -> Drawing:
    """Shapes coloured by how far they are from `middle`, or from low to high when that is None, and labelled.

    A click gives `territory`, the id; the selection is named "territory".
    """
    values = [shape.value for shape in shapes if shape.value is not None]
    low, high = _domain(values, middle)
    squeeze = math.cos(math.radians(_middle_latitude(shapes)))
    pixels = _pixels_per_degree(shapes, squeeze)
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "MultiPolygon",
                "coordinates": [[_closed(ring, squeeze)] for ring in shape.rings],
            },
            "territory": shape.id,
            "name": shape.name,
            # Vega would colour what has no value as the lowest; so it has one, which is not looked at.
            "value": low if shape.value is None else shape.value,
            "told": shape.value is not None,
            "shown": shape.shown,
            "detail": shape.detail,
        }
        for shape in shapes
    ]
    labels = [
        _label(shape, squeeze, pixels, _ink(shape.value, low, high, middle, colors)) for shape in shapes
    ]
    kept = _spec(middle is not None, share, bool(values), colors)
    # Of the map the shapes are data too, which Streamlit leaves in the specification; so is what the colours mean.
    ground, *texts = kept["layer"]
    color = ground["encoding"]["color"]["condition"]
    scale = color["scale"] | {"domain": [low, high]} | ({} if middle is None else {"domainMid": middle})
    encoding = ground["encoding"] | {
        "color": ground["encoding"]["color"] | {"condition": color | {"scale": scale}}
    }
    layers = [ground | {"data": {"values": features}, "encoding": encoding}]
    layers += [text | {"data": {"values": labels}} for text in texts]
    return Drawing({**kept, "layer": layers})


@lru_cache
def _spec(diverging: bool, share: bool, coloured: bool, colors: Palette) -> Spec:
    chosen = alt.selection_point(name="territory", fields=["territory"], on="click", empty=False)
    ramp = list(colors.diverging if diverging else colors.sequential)
    ground = (
        alt.Chart(named_rows())
        .mark_geoshape(stroke=colors.background, strokeWidth=1.5)
        .encode(
            color=alt.condition(
                "datum.told",
                alt.Color(
                    "value:Q",
                    scale=alt.Scale(range=ramp, clamp=True),
                    legend=alt.Legend(
                        orient="bottom",
                        gradientLength=180,
                        tickCount=4,
                        format=".0%" if share else "~s",
                        offset=2,
                    )
                    if coloured
                    else None,
                ),
                alt.value(colors.track),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="Territory"),
                alt.Tooltip("shown:N", title="Value"),
                alt.Tooltip("detail:N", title="Of"),
            ],
        )
        .add_params(chosen)
    )
    texts = alt.Chart(named_rows()).encode(
        longitude="x:Q", latitude="y:Q", color=alt.Color("ink:N", scale=None)
    )
    above = texts.mark_text(fontSize=11, dy=-20, tooltip=None).encode(text="above:N")
    names = texts.mark_text(fontSize=11, dy=-7, tooltip=None).encode(text="name:N")
    below, alone = (
        texts.transform_filter(condition)
        .mark_text(fontSize=12, dy=down, fontWeight=600, tooltip=None)
        .encode(text="shown:N")
        for condition, down in (("datum.name != ''", 7), ("datum.name == ''", 0))
    )
    chart = alt.layer(ground, above, names, below, alone).project(type="identity", reflectY=True)
    # The inks are colours as they stand; the shapes alone have a scale.
    return finished(chart.resolve_scale(color="independent"), HEIGHT, colors)


def _domain(values: list[float], middle: float | None) -> tuple[float, float]:
    """From lowest to highest; as far below the middle as above it, so that equal colours mean equal distances."""
    if middle is None:
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        return (low, high) if high > low else (low, low + 1e-9)
    reach = max([abs(value - middle) for value in values] + [0.02])
    return middle - reach, middle + reach


def _ink(value: float | None, low: float, high: float, middle: float | None, colors: Palette) -> str:
    if value is None:
        return colors.text
    position = (value - low) / (high - low)
    return colors.ink(position) if middle is not None else colors.ink_of_sequence(position)


def _points(shapes: Sequence[Shape]) -> list[tuple[float, float]]:
    return [point for shape in shapes for ring in shape.rings for point in ring]


def _middle_latitude(shapes: Sequence[Shape]) -> float:
    latitudes = [latitude for _, latitude in _points(shapes)]
    return (min(latitudes) + max(latitudes)) / 2 if latitudes else 0.0


def _pixels_per_degree(shapes: Sequence[Shape], squeeze: float) -> float:
    """How many pixels a degree of latitude will take, about."""
    points = _points(shapes)
    if not points:
        return 1.0
    wide = (max(x for x, _ in points) - min(x for x, _ in points)) * squeeze or 1e-9
    tall = (max(y for _, y in points) - min(y for _, y in points)) or 1e-9
    return min(_WIDTH / wide, _DRAWN / tall)


def _closed(ring: Ring, squeeze: float) -> list[list[float]]:
    points = [[round(x * squeeze, 6), round(y, 6)] for x, y in ring]
    return points if points[0] == points[-1] else [*points, points[0]]


def _label(shape: Shape, squeeze: float, pixels: float, ink: str) -> dict[str, Any]:
    """Name and value in the middle of the largest ring; what has no room there stays in the tooltip."""
    ring = max(shape.rings, key=lambda points: abs(_area(points)))
    x, y = _centroid(ring)
    wide = (max(point[0] for point in ring) - min(point[0] for point in ring)) * squeeze * pixels
    tall = (max(point[1] for point in ring) - min(point[1] for point in ring)) * pixels
    lines = next(
        (
            lines
            for lines, room in (
                ([shape.name], _ROOM_OF_TWO),
                ([shape.short], _ROOM_OF_TWO),
                (_halves(shape.name), _ROOM_OF_THREE),
            )
            if tall > room and all(len(line) * _LETTER < wide for line in lines)
        ),
        [""],
    )
    return {
        "x": x * squeeze,
        "y": y,
        "above": lines[0] if len(lines) > 1 else "",
        "name": lines[-1],
        "shown": shape.shown if len(shape.shown) * _BOLD < wide and tall > 14 else "",
        "ink": ink,
    }


def _halves(name: str) -> list[str]:
    """A name of several words in two lines, as even as they can be."""
    told = name.split(" ")
    ways = [[" ".join(told[:n]), " ".join(told[n:])] for n in range(1, len(told))]
    return min(ways, key=lambda lines: max(map(len, lines)), default=[name])


def _area(ring: Ring) -> float:
    """Signed, in square degrees."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _centroid(ring: Ring) -> tuple[float, float]:
    """The middle of the area, of the points where there is no area."""
    area = _area(ring)
    # Near the origin of its own, or the products lose the digits that matter.
    x_first, y_first = ring[0]
    near = [(x - x_first, y - y_first) for x, y in ring]
    if abs(area) < 1e-12:
        return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
    x_sum = y_sum = 0.0
    for (x0, y0), (x1, y1) in zip(near, [*near[1:], near[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        x_sum += (x0 + x1) * cross
        y_sum += (y0 + y1) * cross
    near_area = _area(near)
    return x_first + x_sum / (6 * near_area), y_first + y_sum / (6 * near_area)
