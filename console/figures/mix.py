"""What a rep's work is made of, beside that of the team or their own past: types of activities, and their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from console import charts, words
from console.charts import Palette
from console.figures.figure import Column, Figure, door
from console.filters import Choices, Filters, Span
from console.readers import kpi as numbers
from console.readers.kpi import Row, Spell

KPI = "activities"
ENOUGH = 10  # of fewer activities a share says little: counts stand in its place
BARS_MOST = 8
OTHER = "other"


@dataclass(frozen=True)
class Side:
    """One of the two that are held against each other: whose activities, of which days, and what it is called.

    With `spells`, those of their teams in their days.
    """

    name: str
    filters: Filters
    span: Span
    spells: tuple[Spell, ...] | None = None


@dataclass(frozen=True)
class Kind:
    """What a mix is made of: the grouping, the field of the filters that it is, and where the names are."""

    title: str
    group: str
    field: str
    parameter: str
    choices: str


TYPES = Kind("Activity types", "template", "activities", "activity", "activities")
RESULTS = Kind("Results", "result", "results", "result", "results")


def mix(kind: Kind, own: Side, other: Side, choices: Choices, colors: Palette) -> Figure:
    """The shares of a kind, the own largest first; what has no room is drawn together as "Other"."""
    sides = [(side, _counts(side, kind)) for side in (own, other)]
    shares = {side.name: _total(counts) for side, counts in sides}
    order = sorted(
        {key for _, counts in sides for key in counts},
        key=lambda key: tuple(-_share(counts.get(key, 0), _total(counts)) for _, counts in sides),
    )
    shown = order if len(order) <= BARS_MOST else order[: BARS_MOST - 1]
    named = {key: choices.name(kind.choices, key) for key in shown} | {OTHER: "Other"}
    rows = pl.DataFrame(
        [
            (key, named[key], side.name, n, shares[side.name], _share(n, shares[side.name]))
            for key in [*shown, *([OTHER] if len(shown) < len(order) else [])]
            for side, counts in sides
            for n in (_sum(counts, order[len(shown) :]) if key == OTHER else counts.get(key, 0),)
        ],
        schema={
            "key": pl.String, "label": pl.String, "side": pl.String,
            "n": pl.Int64, "of": pl.Int64, "share": pl.Float64,
        },
        orient="row",
    )  # fmt: skip
    return Figure(
        title=kind.title,
        finding=_finding(kind, rows, own, other),
        rows=rows,
        columns=(
            Column("label", kind.title.removesuffix("s"), "text", 170),
            Column("side", "Whose", "text", 150),
            Column("n", "Number", "count", 70),
            Column("of", "Of", "count", 70),
            Column("share", "Share", "share", 80),
        ),
        chart=None
        if rows.is_empty()
        else charts.paired_bars(
            rows, (own.name, other.name), least=ENOUGH, opens=kind.parameter, colors=colors
        ),
        mark="chosen",
        tells=kind.parameter,
        doors={key: _door(own, kind, key) for key in shown},
    )


def _counts(side: Side, kind: Kind) -> dict[str, int]:
    found: Mapping[Any, Row] = numbers.by(side.filters, side.span, (KPI,), kind.group, side.spells)[KPI]
    return {str(key): int(row.numerator or 0) for key, row in found.items() if row.numerator}


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _sum(counts: Mapping[str, int], keys: Iterable[str]) -> int:
    return sum(counts.get(key, 0) for key in keys)


def _share(n: int, of: int) -> float:
    return n / of if of else 0.0


def _door(own: Side, kind: Kind, key: str) -> dict[str, str]:
    days = own.filters.on_days(own.span.first, own.span.last)
    narrower: dict[str, Any] = {kind.field: (key,)}
    return door(days, KPI, **narrower)


def _finding(kind: Kind, rows: pl.DataFrame, own: Side, other: Side) -> str:
    mine = rows.filter((pl.col("side") == own.name) & (pl.col("n") > 0))
    if mine.is_empty():
        return f"{own.name} logged nothing in these days"
    first = mine.row(0, named=True)
    theirs = rows.filter((pl.col("side") == other.name) & (pl.col("key") == first["key"]))["share"][0]
    return (
        f"{kind.title}: most often {first['label']}, {words.number(first['share'], 'share')} of "
        f"{first['of']:,} for {own.name}, {words.number(theirs, 'share')} for {other.name}"
    )
