"""From door to sale, as what happened in the period or as what came of what was set in it."""

from __future__ import annotations

import polars as pl

from console import charts, words
from console.charts import Palette
from console.figures.figure import Column, Figure, Seen, door
from console.readers import kpi as numbers

ACTIVITY, COHORT = "Activity", "Cohort"
VIEWS = (ACTIVITY, COHORT)
_COLUMNS = (
    Column("name", "Step", "text", 76),
    Column("n", "Number", "count", 72),
    Column("share", "Share", "share", 66),
    Column("note", "In words", "text", 126),
)


def funnel(seen: Seen, view: str, colors: Palette) -> Figure:
    """The steps of one view; every share is a rate of the dictionary and has its records behind it."""
    steps, caption, beside = _cohort(seen) if view == COHORT else _activity(seen)
    rows = pl.DataFrame(
        [(name, kpi, n, share, note, words.number(n)) for name, kpi, _, n, share, note in steps],
        schema={
            "name": pl.String,
            "step": pl.String,
            "n": pl.Float64,
            "share": pl.Float64,
            "note": pl.String,
            "shown": pl.String,
        },
        orient="row",
    )
    return Figure(
        title="From door to sale",
        finding=", ".join(f"{name} {words.number(n)} ({note})" for name, _, _, n, _, note in steps),
        rows=rows,
        columns=_COLUMNS,
        caption=caption,
        chart=charts.funnel(rows.with_columns(pl.col("share").clip(0, 1)), colors=colors),
        mark="step",
        tells="step",
        doors={kpi: door(seen.filters, kpi, part) for _, kpi, part, _, _, _ in steps},
        beside=beside,
    )


Beside = tuple[str, dict[str, str]]
Step = tuple[str, str, str, float | None, float | None, str]  # name, number, part, n, share, note


def _activity(seen: Seen) -> tuple[list[Step], str, Beside | None]:
    """Each step stands by itself: what was sat in a month need not have been set in it.

    A share is of one set throughout: sold are those of the appointments that sat. All sales of the period, whatever
    they came from, are another set and stand in the sentence beside it.
    """
    keys = ("doors", "contact_rate", "set", "closer_sit_rate", "close_rate", "sold")
    found = numbers.values(seen.filters, seen.span, keys)
    contacts, made = found["contact_rate"].numerator, found["set"].numerator
    set_share = made / contacts if contacts and made is not None else None
    sat, close, sold = found["closer_sit_rate"], found["close_rate"], found["sold"].numerator
    steps: list[Step] = [
        ("Doors", "doors", "numerator", found["doors"].value, _all(found["doors"].value), "all doors knocked"),
        ("Contacts", "contact_rate", "numerator", contacts, found["contact_rate"].value, _of(found["contact_rate"].value, "doors")),
        ("Set", "set", "numerator", made, set_share, _to_a_hundred(set_share, "contacts")),
        ("Sat", "closer_sit_rate", "numerator", sat.numerator, sat.value, _of(sat.value, "due")),
        ("Sold", "close_rate", "numerator", close.numerator, close.value, _of(close.value, "sat")),
    ]  # fmt: skip
    total = words.counted(int(sold or 0), "sale")
    beside = f"{total} in the period, by their own date", door(seen.filters, "sold")
    return steps, "Sold is a share of the appointments that sat", beside


def _cohort(seen: Seen) -> tuple[list[Step], str, Beside | None]:
    """What became, until now, of the appointments that were set in the period."""
    found = dict(numbers.funnel(seen.filters, seen.span, "cohort").select("step", "n").iter_rows())
    begun, sat, sold = found["set"], found["sat"], found["sold"]
    sat_share = sat / begun if begun and sat is not None else None
    sold_share = sold / sat if sat and sold is not None else None
    steps: list[Step] = [
        ("Set", "set", "numerator", begun, _all(begun), "all set in the period"),
        ("Sat", "close_rate_cohort", "denominator", sat, sat_share, _of(sat_share, "set")),
        ("Sold", "close_rate_cohort", "numerator", sold, sold_share, _of(sold_share, "sat")),
    ]
    waiting = begun - found["due"]
    told = "What came until now of what was set in the period"
    if waiting > 0:
        told += f"; {waiting:,} {'is' if waiting == 1 else 'are'} not due yet"
    return steps, told, None


def _all(n: float | None) -> float | None:
    """The share of a first step, which nothing goes before: of none there is none."""
    return 1.0 if n else None


def _to_a_hundred(rate: float | None, whole: str) -> str:
    """How many there are to a hundred of the step before, where they are not a part of it: one is set by phone too."""
    return f"{words.number(None if rate is None else rate * 100)} to 100 {whole}"


def _of(share: float | None, whole: str) -> str:
    return f"{words.number(share, 'share')} of {whole}"
