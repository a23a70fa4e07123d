"""From which stage to which: how often, how often for good, and after how long."""

from __future__ import annotations

import polars as pl

from console import words
from console.figures.figure import Column, Doors, Figure, Seen, door
from console.readers import kpi as numbers


def stages(seen: Seen) -> Figure:
    """One row a move from stage to stage; the share is of all moves out of the stage that was left."""
    kinds = numbers.kinds()
    types = {option.id: option.name for option in seen.choices.types}

    def named(type_id: str, stage: str | None) -> str:
        return kinds.get(f"stage:{type_id}:{stage}", stage or words.EMPTY)

    found = numbers.stages(seen.filters, seen.span)
    rows = (
        found.with_columns(
            share=pl.col("moves") / pl.col("moves").sum().over("type_id", "from_stage_id"),
            type=pl.col("type_id").replace_strict(types, default=pl.col("type_id"), return_dtype=pl.String),
            left=pl.Series([named(*row) for row in found.select("type_id", "from_stage_id").iter_rows()], dtype=pl.String),
            entered=pl.Series([named(*row) for row in found.select("type_id", "to_stage_id").iter_rows()], dtype=pl.String),
            id=pl.format("{}:{}>{}:{}", "type_id", "from_stage_id", "type_id", "to_stage_id"),
        ).sort("moves", "id", descending=[True, False])
    )  # fmt: skip
    moves = int(rows["moves"].sum())

    def move(mark: str) -> dict[str, str]:
        left, _, entered = mark.partition(">")
        return door(seen.filters, "stage_moves_total", left=left, entered=entered)

    return Figure(
        title="Stage moves",
        finding=f"{words.counted(moves, 'move')} between stages"
        + (f", most of them from {rows['left'][0]} to {rows['entered'][0]}" if moves else ""),
        rows=rows,
        columns=(
            Column("left", "From", "text", 130),
            Column("entered", "To", "text", 130),
            Column("moves", "Moves", "count", 66),
            Column("share", "Of all from there", "share", 120),
            Column("net", "Net", "count", 80),
            Column("first_entries", "First entries", "count", 100),
            Column("records", "Records", "count", 80),
            Column("median_days", "Days before", "days", 100),
            *([Column("type", "Record type", "text", 120)] if rows["type"].n_unique() > 1 else []),
        ),
        caption="Net: to and fro within a day is one move at most. Days before: the median stay in the stage that was left. A click opens the moves.",
        doors=Doors(rows["id"].drop_nulls(), move),
    )
