"""A number over the period, step by step, beside the same steps of the comparison."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from console import charts, readers, words
from console.charts import Palette
from console.figures.figure import Column, Doors, Figure, Seen, door
from console.filters import Span
from console.readers import kpi as numbers
from console.readers.kpi import Row

# Beyond so many days a step is a week, or the line is a hedge.
DAYS_MOST = 62


def trend(seen: Seen, key: str, colors: Palette) -> Figure:
    """The number `key` by hour of a single day, by day, or by week."""
    kpi = numbers.definition(key)
    step = "hour" if seen.span.days == 1 else "day" if seen.span.days <= DAYS_MOST else "week"
    now, before = _steps(seen, seen.span, key, step), _steps(seen, seen.before, key, step)
    rows = pl.DataFrame(
        {
            "step": [_label(place, step) for place, _ in now],
            "value": [row.value for _, row in now],
            "n": [row.numerator for _, row in now],
            "d": [row.denominator for _, row in now],
            # The comparison is as long as the period, or shorter where its quarter was.
            "before": [before[i][1].value if i < len(before) else None for i in range(len(now))],
        },
        schema_overrides={name: pl.Float64 for name in ("value", "n", "d", "before")},
    )
    named = seen.filters.short_comparison(seen.span)
    unit = numbers.unit(key)
    points = _points(now, step, charts.NOW, now, unit) + _points(before[: len(now)], step, named, now, unit)
    columns = [
        Column("step", step.capitalize(), "text", 110),
        Column("value", words.heading(kpi.name, unit), kpi.unit, 120),
    ]
    if kpi.denominator:
        columns += [Column("n", _short(kpi.numerator_words), "count", 110), Column("d", "Of", "count", 80)]
    return Figure(
        title="Trend",
        finding=_finding(kpi.name, now, unit, step),
        rows=rows,
        columns=(*columns, Column("before", named, kpi.unit, 120)),
        chart=charts.trend(
            pl.DataFrame(points, schema=_POINT, orient="row"),
            share=kpi.unit == "share",
            hourly=step == "hour",
            colors=colors,
        ),
        mark="point",
        tells="key",
        doors=Doors((str(place) for place, _ in now), lambda place: _door(seen, key, place, step)),
    )


_POINT = {
    "series": pl.String,
    "step": pl.String,
    "key": pl.String,
    "value": pl.Float64,
    "label": pl.String,
    "shown": pl.String,
}


def _steps(seen: Seen, span: Span, key: str, step: str) -> list[tuple[date | int, Row]]:
    """(day or hour of the week, number) in order."""
    if step == "hour":
        found = numbers.by(seen.filters, span, (key,), "hour")[key]
        first = (span.first.isoweekday() - 1) * 24
        # A day as people work it, wider where somebody worked longer; hours that are to come have nothing yet.
        worked = [hour for hour in found if first <= hour < first + 24]
        hours = range(min([first + 8, *worked]), max([first + 20, *worked]) + 1)
        share = numbers.definition(key).denominator is not None
        nothing, to_come = Row(0, 0 if share else None, None if share else 0), Row(None, None, None)
        now = (seen.filters.as_of or readers.now()).astimezone(ZoneInfo(readers.day_zone()))
        until = first + now.hour if span.last == now.date() else first + 24
        return [(hour, found.get(hour, nothing if hour <= until else to_come)) for hour in hours]
    series = numbers.sparks(seen.filters, span, (key,), step)[key]
    return [(row["step"], Row(row["n"], row["d"], row["value"])) for row in series.iter_rows(named=True)]


def _points(
    steps: Iterable[tuple[date | int, Row]],
    step: str,
    series: str,
    axis: list[tuple[date | int, Row]],
    unit: str,
) -> list[tuple[str, str, str, float | None, str, str]]:
    """The points of a line, set on the steps of this period."""
    return [
        (series, _axis(on), str(on), row.value, _label(place, step), words.number(row.value, unit))
        for (place, row), (on, _) in zip(steps, axis, strict=False)
    ]


def _axis(place: date | int) -> str:
    return str(place) if isinstance(place, date) else f"{place % 24:02}:00"


def _label(place: date | int, step: str) -> str:
    if isinstance(place, date):
        return f"Week of {words.days(place, place)}" if step == "week" else words.days(place, place)
    return f"{place % 24:02}:00–{place % 24 + 1:02}:00"


def _door(seen: Seen, key: str, place: str, step: str) -> dict[str, str]:
    if step == "hour":
        return door(seen.filters, key, hour=int(place))
    day = date.fromisoformat(place)
    last = min(day + timedelta(days=6), seen.span.last) if step == "week" else day
    return door(seen.filters.on_days(max(day, seen.span.first), last), key)


def _finding(name: str, steps: list[tuple[date | int, Row]], unit: str, step: str) -> str:
    known = [(row.value, place) for place, row in steps if row.value is not None]
    if not known:
        return f"{name}: nothing in this period"
    (low, low_at), (high, high_at) = min(known), max(known)
    if len(known) == 1:
        return f"{name} by {step}: {words.number(low, unit)} {_at(low_at, step)}"
    if low == high:
        return f"{name} by {step}: {words.number(low, unit)} throughout"
    return (
        f"{name} by {step}: from {words.number(low, unit)} {_at(low_at, step)} "
        f"to {words.number(high, unit)} {_at(high_at, step)}"
    )


def _at(place: date | int, step: str) -> str:
    told = _label(place, step)
    return {"hour": f"at {told}", "day": f"on {told}"}.get(step, f"in the {told[:1].lower()}{told[1:]}")


def _short(told: str) -> str:
    return told[:1].upper() + told[1:]
