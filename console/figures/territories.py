"""The territories in scope, each with its number and those below it counted in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from console import charts, words
from console.charts import Palette, Shape
from console.figures.figure import Column, Doors, Figure, Seen, door, parts_of
from console.readers import kpi as numbers
from console.readers.kpi import Row, Territory

# More shapes than this have no room in the map's column; then it shows the level above.
SHAPES_MOST = 24
MEASURES = {
    "Close rate": "close_rate",
    "Contact rate": "contact_rate",
    "Doors": "doors",
    "Appointments set": "set",
    "Sales": "sold",
}


def territories(seen: Seen, key: str, colors: Palette) -> Figure:
    """The number `key` on the map; a territory that nobody has drawn is in the table alone."""
    kpi = numbers.definition(key)
    entries = {entry.id: entry for entry in numbers.territories()}
    found = numbers.by(seen.filters, seen.span, (key,), "territory")[key]
    shown = _level(entries, seen.filters.territory)
    sums = {id: _sum(_below(entries, id), found, share=kpi.denominator is not None) for id in shown}
    least = numbers.least_sample(key) or 1
    rows = pl.DataFrame(
        [
            (id, entries[id].name, row.value, row.numerator, row.denominator)
            for id, row in sorted(sums.items(), key=lambda item: entries[item[0]].name)
        ],
        schema={"id": pl.String, "name": pl.String, "value": pl.Float64, "n": pl.Float64, "d": pl.Float64},
        orient="row",
    )
    shapes = [_shape(entries, id, sums[id], kpi.unit, least) for id in shown if entries[id].rings]
    middle = numbers.values(seen.filters, seen.span, (key,))[key].value if kpi.unit == "share" else None
    columns = [Column("name", "Territory", "text", 190), Column("value", kpi.name, kpi.unit, 100)]
    if kpi.denominator:
        columns += [Column("n", "Number", "count", 70), Column("d", "Of", "count", 70)]
    return Figure(
        title="Territories",
        finding=_finding(rows, kpi.name, kpi.unit, least),
        rows=rows,
        columns=tuple(columns),
        caption=_caption(len(shown) - len(shapes), middle, kpi.unit, least),
        chart=charts.territory_map(shapes, middle=middle, share=kpi.unit == "share", colors=colors)
        if shapes
        else None,
        mark="territory",
        tells="territory",
        doors=Doors(shown, lambda id: door(seen.filters, key, territory=id)),
    )


def _level(entries: Mapping[str, Territory], chosen: str | None) -> list[str]:
    """What is drawn: the deepest level below the chosen one that still has room."""
    children: dict[str | None, list[str]] = {}
    for entry in entries.values():
        children.setdefault(entry.parent if entry.parent in entries else None, []).append(entry.id)
    level = [chosen] if chosen in entries and chosen else children.get(None, [])
    while True:
        deeper = [below for id in level for below in children.get(id, [id])]
        if deeper == level or len(deeper) > SHAPES_MOST:
            return level
        level = deeper


def _below(entries: Mapping[str, Territory], top: str) -> set[str]:
    found, waiting = set(), [top]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += [entry.id for entry in entries.values() if entry.parent == id]
    return found


def _sum(ids: set[str], found: Mapping[Any, Row], *, share: bool) -> Row:
    rows = [found[id] for id in ids if id in found]
    numerator = sum(row.numerator or 0 for row in rows)
    if not share:
        return Row(numerator, None, numerator)
    denominator = sum(row.denominator or 0 for row in rows)
    return Row(numerator, denominator, numerator / denominator if denominator else None)


def _shape(entries: Mapping[str, Territory], id: str, row: Row, unit: str, least: int) -> Shape:
    entry = entries[id]
    parent = entries[entry.parent].name if entry.parent in entries and entry.parent else ""
    few = row.denominator is not None and row.denominator < least
    detail = parts_of(row.numerator, row.denominator)
    if few:
        shown = detail if row.denominator else "none yet"
    else:
        shown = (
            f"{row.value:.0%}" if unit == "share" and row.value is not None else words.number(row.value, unit)
        )
    return Shape(
        id=id,
        name=entry.name,
        short=entry.name.removeprefix(parent).strip() or entry.name,
        rings=entry.rings,
        value=None if few else row.value,
        shown=shown,
        detail=detail,
    )


def _caption(undrawn: int, middle: float | None, unit: str, least: int) -> str:
    told = []
    if middle is not None:
        told.append(
            f"Colour is the distance from {words.number(middle, unit)}; grey is a sample under {least}"
        )
    if undrawn:
        told.append(f"{words.counted(undrawn, 'territory', 'territories')} without a shape, in the table")
    return "; ".join(told)


def _finding(rows: pl.DataFrame, name: str, unit: str, least: int) -> str:
    told = rows.filter(pl.col("value").is_not_null() & (pl.col("d").is_null() | (pl.col("d") >= least)))
    if told.is_empty():
        return f"{name} by territory: too few to say"
    told = told.sort("value")
    low, high = told.row(0, named=True), told.row(-1, named=True)
    return (
        f"{name} is highest in {high['name']} with {words.number(high['value'], unit)} "
        f"and lowest in {low['name']} with {words.number(low['value'], unit)}"
    )
