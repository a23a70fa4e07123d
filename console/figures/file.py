"""What is seen, to take away: every number in one tidy table, or the figures in one picture.

The picture is drawn by vl-convert in this process, in the reader's theme and with the pages' own font; nothing is
asked of another host. A line in it, and columns in the table, say what was looked at and when it was counted.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from console import fonts, words
from console.charts import Drawing, Palette, framed
from console.charts.frame import FONT
from console.figures.figure import Figure

_VEGA_LITE = "6.4"
_MARGIN, _WIDE, _NARROW, _GAP = 28, 640, 440, 32
_AXIS = 70  # pixels of a figure's width that its axis or legend may take beside the chart
_HEIGHT = re.compile(r'<svg[^>]* height="([0-9.]+)"')
_NAMED = re.compile(r'(?<= id=")|(?<=url\(#)|(?<=href="#)')
_SCHEMA = {
    "Part": pl.String,
    "Row": pl.String,
    "Number": pl.String,
    "Value": pl.Float64,
    "Shown": pl.String,
}


@dataclass(frozen=True)
class Shown:
    """A tile as it was shown."""

    label: str
    value: float | None
    text: str
    change: str | None
    before: float | None
    parts: str


def sheet(tiles: Sequence[Shown], figures: Mapping[str, Figure], told: Mapping[str, str]) -> pl.DataFrame:
    """One row a number: where it stands, what it is of, what it is; then the same words of `told` in every row."""
    rows: list[tuple[str, str, str, float | None, str]] = []
    for tile in tiles:
        rows.append(("Tiles", tile.parts, tile.label, tile.value, tile.text))
        if tile.before is not None:
            rows.append(("Tiles", "Comparison", tile.label, tile.before, ""))
    for figure in figures.values():
        rows += _told(figure)
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").with_columns(
        pl.lit(text).alias(name) for name, text in told.items()
    )


def _told(figure: Figure) -> list[tuple[str, str, str, float | None, str]]:
    texts = [column for column in figure.columns if column.unit == "text"]
    found: list[tuple[str, str, str, float | None, str]] = []
    for row in figure.rows.iter_rows(named=True):
        of = ", ".join(str(row[column.name]) for column in texts if row[column.name] is not None)
        for column in figure.columns:
            value = row[column.name]
            if column.too_few(row):
                found.append((figure.title, of, column.label, None, words.TOO_FEW))
            elif column.unit != "text" and value is not None:
                found.append((figure.title, of, column.label, value, words.number(value, column.unit)))
    return found


def picture(
    title: str, told: str, tiles: Sequence[Shown], figures: Mapping[str, Figure], colors: Palette
) -> bytes:
    """The figures as a PNG, two beside each other as on the page, with the tiles above them.

    Each is drawn by itself and set into one drawing: put together in Vega, charts would share what is theirs alone.
    """
    import vl_convert  # late: it brings a whole renderer, which only who asks for a picture needs

    font = fonts.font_file("plex-sans.ttf")
    if font is not None:
        vl_convert.register_font_directory(str(font.parent))
    sheet = _Sheet(colors)
    sheet.line(title, 22, colors.text, bold=True)
    for line in _wrapped(told, _WIDE + _GAP + _NARROW):
        sheet.line(line, 12, colors.gray_text)
    sheet.tiles(tiles)
    drawn = [figure for figure in figures.values() if figure.chart is not None]
    for left, right in zip(drawn[::2], [*drawn[1::2], None], strict=False):
        top = sheet.y
        sheet.figure(left, _MARGIN, top, _WIDE, vl_convert)
        if right is not None:
            sheet.figure(right, _MARGIN + _WIDE + _GAP, top, _NARROW, vl_convert)
    return vl_convert.svg_to_png(sheet.svg(), scale=2)


class _Sheet:
    """An SVG that grows downwards; `y` is where the next thing begins."""

    def __init__(self, colors: Palette) -> None:
        self.y = float(_MARGIN)
        self._colors = colors
        self._parts: list[str] = []

    def line(self, text: str, size: int, color: str, *, bold: bool = False) -> None:
        """A line of text over the whole width."""
        self.y += size
        self._text(text, _MARGIN, self.y, size, color, bold=bold)
        self.y += size * 0.5

    def tiles(self, tiles: Sequence[Shown]) -> None:
        """The tiles in one row: name, number, and what it is made of with its move."""
        wide = (_WIDE + _GAP + _NARROW) / max(len(tiles), 1)
        for place, tile in enumerate(tiles):
            x = _MARGIN + place * wide
            self._text(tile.label, x, self.y + 22, 12, self._colors.gray_text)
            self._text(tile.text, x, self.y + 50, 24, self._colors.text, bold=True)
            below = " · ".join(filter(None, (tile.change, tile.parts)))
            self._text(below, x, self.y + 70, 11, self._colors.gray_text)
        self.y += 92

    def figure(self, figure: Figure, x: float, top: float, width: int, renderer: Any) -> None:
        """A figure with its title and caption, from `top` on."""
        y = top + 26
        self._text(figure.title, x, y, 15, self._colors.text, bold=True)
        for line in _wrapped(figure.caption, width):
            y += 17
            self._text(line, x, y, 12, self._colors.gray_text)
        drawn = renderer.vegalite_to_svg(
            _spec(figure.chart, width - _AXIS, self._colors), vl_version=_VEGA_LITE
        )
        height = float(_HEIGHT.search(drawn)[1])  # type: ignore[index]
        # The drawings name their clips and colour ramps alike; inside of one they need names of their own.
        own = _NAMED.sub(f"f{len(self._parts)}-", drawn)
        self._parts.append(f'<g transform="translate({x} {y + 10})">{own}</g>')
        self.y = max(self.y, y + 10 + height + 8)

    def svg(self) -> str:
        width, height = _WIDE + _GAP + _NARROW + 2 * _MARGIN, self.y + _MARGIN
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}"'
            f' height="{height}"><rect width="100%" height="100%" fill="{self._colors.background}"/>'
            f"{''.join(self._parts)}</svg>"
        )

    def _text(self, text: str, x: float, y: float, size: int, color: str, *, bold: bool = False) -> None:
        # The font's file is a variable one, of which the renderer knows the normal weight alone.
        weight = f' stroke="{color}" stroke-width="0.5"' if bold else ""
        self._parts.append(
            f'<text x="{x}" y="{y}" font-family="{FONT}, sans-serif" font-size="{size}" fill="{color}"{weight}>'
            f"{escape(text)}</text>"
        )


def _spec(chart: Any, width: int, colors: Palette) -> dict[str, Any]:
    """The specification with what Streamlit's theme gives to a chart on a page."""
    if not isinstance(chart, Drawing):
        chart = Drawing(framed(chart, colors=colors).to_dict())
    spec = chart.for_picture(width)
    return {**spec, "config": {**spec["config"], "background": "transparent", "font": FONT}}


def _wrapped(text: str, width: int) -> list[str]:
    """Broken where a line of 12 px text would be wider than its place; SVG does not wrap."""
    return textwrap.wrap(text, width // 6)
