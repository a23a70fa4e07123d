"""The territories in scope, each with its number and those below it counted in.

What the shown ones leave out of the whole (deleted territories, the ground between them, records of none) is said, so
that the map does not look like all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from console import charts, words
from console.charts import Palette, Shape
from console.figures.figure import Column, Doors, Figure, Seen, door, parts_of
from console.readers import kpi as numbers
from console.readers.kpi import Row, Territory, Value

# More shapes than this have no room in the map's column; then it shows the level above.
SHAPES_MOST = 24
_NAMED_MOST = 3  # deleted territories that the caption names
MEASURES = {
    "Close rate": "close_rate",
    "Contact rate": "contact_rate",
    "Doors": "doors",
    "Appointments set": "set",
    "Sales": "sold",
}


def territories(seen: Seen, key: str, colors: Palette) -> Figure:
    """The number `key` on the map; a territory that nobody has drawn, or that is deleted, is in the table alone."""
    kpi = numbers.definition(key)
    entries = {entry.id: entry for entry in numbers.territories()}
    found = numbers.by(seen.filters, seen.span, (key,), "territory")[key]
    shown = _level(entries, seen.filters.territory)
    share = kpi.denominator is not None
    sums = {id: _sum(_below(entries, id), found, share=share) for id in shown}
    covered = {below for id in shown for below in _below(entries, id)}
    # Above a chosen territory nothing is asked for; a deleted one below another is counted there already.
    gone = [id for id in entries if entries[id].deleted and id in found and id not in covered]
    whole = numbers.values(seen.filters, seen.span, (key,))[key]
    least = numbers.least_sample(key) or 1
    rows = pl.DataFrame(
        [
            (id, entries[id].name, row.value, row.numerator, row.denominator)
            for id, row in sorted(sums.items(), key=lambda item: entries[item[0]].name)
        ]
        + [
            (id, f"{entries[id].name}, deleted", found[id].value, found[id].numerator, found[id].denominator)
            for id in gone
        ],
        schema={"id": pl.String, "name": pl.String, "value": pl.Float64, "n": pl.Float64, "d": pl.Float64},
        orient="row",
    )
    shapes = [_shape(entries, id, sums[id], kpi.unit, least) for id in shown if entries[id].rings]
    middle = whole.value if kpi.unit == "share" else None
    columns = [Column("name", "Territory", "text", 190)]
    columns.append(Column("value", kpi.name, kpi.unit, 100, "d" if share else "", least))
    if share:
        columns += [Column("n", "Number", "count", 70), Column("d", "Of", "count", 70)]
    return Figure(
        title="Territories",
        finding=_finding(rows, kpi.name, kpi.unit, least),
        rows=rows,
        columns=tuple(columns),
        caption=_caption(
            len(shown) - len(shapes), middle, kpi.unit, least, _left_out(entries, gone, sums, found, whole)
        ),
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
        if entry.deleted:
            continue
        above = entries.get(entry.parent or "")
        children.setdefault(above.id if above and not above.deleted else None, []).append(entry.id)
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
        shown = detail if row.denominator else words.EMPTY
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


def _left_out(
    entries: Mapping[str, Territory],
    gone: list[str],
    sums: Mapping[str, Row],
    found: Mapping[Any, Row],
    whole: Value,
) -> str:
    """What of the whole is in none of the shown territories, in words; empty when nothing is."""
    share = whole.denominator is not None
    told = []
    deleted = _sum(set(gone), found, share=share)
    if gone:
        names = words.listed([words.plain(entries[id].name) for id in gone[:_NAMED_MOST]])
        which = names if len(gone) <= _NAMED_MOST else f"{len(gone)} territories"
        told.append(f"{parts_of(deleted.numerator, deleted.denominator)} in {which}, since deleted")
    rows = [*sums.values(), deleted]
    n, d = (whole.numerator or 0) - sum(row.numerator or 0 for row in rows), None
    if share:
        d = (whole.denominator or 0) - sum(row.denominator or 0 for row in rows)
    if n or d:
        told.append(f"{parts_of(n, d)} in no territory or in one that is not shown")
    return f"Not on the map: {words.listed(told)}" if told else ""


def _caption(undrawn: int, middle: float | None, unit: str, least: int, left_out: str) -> str:
    told = []
    if middle is not None:
        told.append(
            f"Colour is the distance from {words.number(middle, unit)}; grey is a sample under {least}"
        )
    if undrawn:
        told.append(f"{words.counted(undrawn, 'territory', 'territories')} without a shape, in the table")
    return ". ".join(filter(None, ("; ".join(told), left_out)))


def _finding(rows: pl.DataFrame, name: str, unit: str, least: int) -> str:
    told = rows.filter(pl.col("value").is_not_null() & (pl.col("d").is_null() | (pl.col("d") >= least)))
    if told.is_empty():
        return f"{name} by territory: too few to say"
    told = told.sort("value")
    low, high = told.row(0, named=True), told.row(-1, named=True)
    return (
        f"{name}: highest in {high['name']} with {words.number(high['value'], unit)}, "
        f"lowest in {low['name']} with {words.number(low['value'], unit)}"
    )
