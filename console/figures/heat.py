"""When doors open: weekday by hour."""

from __future__ import annotations

import polars as pl

from console import charts, words
from console.charts import WEEKDAYS, Palette
from console.figures.figure import Column, Doors, Figure, Seen, door, parts_of
from console.readers import kpi as numbers

# Below so many doors an hour's share says little, and the cell says so.
FEW = 30
MEASURES = {"Contact rate": "contact_rate", "Doors": "doors"}


def heat(seen: Seen, key: str, colors: Palette) -> Figure:
    """The number `key` by hour of the week."""
    kpi = numbers.definition(key)
    share = kpi.unit == "share"
    found = numbers.by(seen.filters, seen.span, (key,), "hour")[key]
    rows = pl.DataFrame(
        [
            (
                hour // 24 + 1,
                hour % 24,
                str(hour),
                row.value,
                share and (row.denominator or 0) < FEW,
                WEEKDAYS[hour // 24],
                f"{hour % 24:02}:00",
                f"{WEEKDAYS[hour // 24]} {hour % 24:02}:00–{hour % 24 + 1:02}:00",
                f"{words.number(row.value, kpi.unit)}, {parts_of(row.numerator, row.denominator)}"
                if share
                else words.number(row.value),
                row.numerator,
                row.denominator,
            )
            for hour, row in sorted(found.items())
        ],
        schema={
            "weekday": pl.Int64, "hour": pl.Int64, "cell": pl.String, "value": pl.Float64, "few": pl.Boolean,
            "day": pl.String, "time": pl.String, "label": pl.String, "shown": pl.String, "n": pl.Float64, "d": pl.Float64,
        },
        orient="row",
    )  # fmt: skip
    columns = [Column("day", "Day", "text", 70), Column("time", "From", "text", 70)]
    if share:
        columns += [
            Column("value", kpi.name, "share", 110, "d", FEW),
            Column("n", "Contacts", "count", 90),
            Column("d", "Doors", "count", 90),
        ]
    else:
        columns.append(Column("value", kpi.name, kpi.unit, 130))
    title = "When doors open"
    told = f"{kpi.name} by hour and weekday" + (f"; a dot marks fewer than {FEW} doors" if share else "")
    return Figure(
        title=title,
        finding=_finding(rows, kpi.name, kpi.unit),
        rows=rows,
        columns=tuple(columns),
        caption=told,
        chart=None if rows.is_empty() else charts.heat_map(rows, share=share, colors=colors),
        mark="cell",
        tells="cell",
        doors=Doors(rows["cell"], lambda cell: door(seen.filters, key, hour=int(cell))),
    )


def _finding(rows: pl.DataFrame, name: str, unit: str) -> str:
    told = rows.filter(~pl.col("few") & pl.col("value").is_not_null()).sort("value")
    if told.is_empty():
        return f"{name} by hour and weekday: too few doors to say"
    low, high = told.row(0, named=True), told.row(-1, named=True)
    return (
        f"{name}: highest on {high['label']} with {words.number(high['value'], unit)}, "
        f"lowest on {low['label']} with {words.number(low['value'], unit)}"
    )
