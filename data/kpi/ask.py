"""Answers to questions about numbers: values, series, groups.

One statement a fact, however many numbers are asked for. What a person may not see never enters a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from data.kpi import hidden, state
from data.kpi.dictionary import DICTIONARY, Kpi, Measure
from data.kpi.drill import behind, knocks
from data.kpi.facts import FACTS
from data.kpi.question import Question, Value
from data.kpi.reading import GROUPS, STEPS, not_applied, read
from data.kpi.settings import KpiSettings
from data.kpi.tables import funnel, matrix, stages
from data.store import Store

__all__ = [
    "Question", "Value", "behind", "by", "funnel", "knocks", "matrix", "series", "stages", "value_of", "values",
]  # fmt: skip

_Found = dict[Measure, dict[Any, float | None]]


def values(store: Store, question: Question, kpis: Sequence[str]) -> dict[str, Value]:
    """Each number for the whole of the question."""
    settings = state.settings(store)
    chosen = [DICTIONARY[key] for key in kpis]
    masked = hidden.numbers(store, question.scope, chosen)
    measures = [m for kpi in chosen if kpi.key not in masked for m in _measures(kpi, extras=True)]
    found = _collect(store, settings, question, measures)
    return {
        kpi.key: Value(None, None, None, {"masked": True})
        if kpi.key in masked
        else _value(store, kpi, settings, question, found)
        for kpi in chosen
    }


def series(store: Store, question: Question, kpis: Sequence[str], step: str = "day") -> pl.DataFrame:
    """day, then <kpi>_n and <kpi>_d for each: a row for every step of the period, weeks from Monday."""
    frame = _grouped(store, question, kpis, STEPS[step], None, "day")
    days = pl.DataFrame({"day": _steps(question.first, question.last, step)}, schema={"day": pl.Date})
    filled = days.join(frame.with_columns(pl.col("day").cast(pl.Date)), on="day", how="left")
    chosen = [DICTIONARY[key] for key in kpis]
    masked = hidden.numbers(store, question.scope, chosen)
    shown = [kpi for kpi in chosen if kpi.key not in masked]
    empty = [f"{kpi.key}_n" for kpi in shown if not kpi.median] + [
        f"{k.key}_d" for k in shown if k.denominator
    ]
    return filled.with_columns(pl.col(empty).fill_null(0))


def by(store: Store, question: Question, kpis: Sequence[str], group: str) -> pl.DataFrame:
    """key, then <kpi>_n and <kpi>_d for each; group: user, team, territory, type, template, result, hour.

    A key that a number does not know (a stage move has no result) has null there. The hour is that of the week.
    """
    return _grouped(store, question, kpis, GROUPS[group], group, "key").sort("key")


def _measures(kpi: Kpi, *, extras: bool) -> list[Measure]:
    measures = [kpi.numerator, *([kpi.denominator] if kpi.denominator else [])]
    return [*measures, *kpi.extras.values()] if extras else measures


def _collect(
    store: Store,
    settings: KpiSettings,
    question: Question,
    measures: Iterable[Measure],
    key_sql: str = "null",
    group: str | None = None,
) -> _Found:
    """Measure -> key -> number, with one statement a fact. A median cannot be had from sums."""
    found: _Found = {}
    if hidden.group(store, question.scope, group):
        key_sql = "null"
    by_fact: dict[tuple[str, bool], list[Measure]] = {}
    for measure in dict.fromkeys(measures):
        by_fact.setdefault((measure.fact, measure.of_rows), []).append(measure)
    for (fact, rows), wanted in by_fact.items():
        if group in {"template", "result"} and not {"templates", "results"} & FACTS[fact].takes:
            continue
        found.update({measure: {} for measure in wanted})
        reading = read(store, settings, question, fact, group, rows=rows)
        columns = ", ".join(f"({m.sql})::double as m{i}" for i, m in enumerate(wanted))
        for row in store.rows(*reading.select(f"{key_sql} as key, {columns}", "group by 1")):
            for i, measure in enumerate(wanted):
                found[measure][row["key"]] = row[f"m{i}"]
    return found


def _grouped(
    store: Store, question: Question, kpis: Sequence[str], key_sql: str, group: str | None, name: str
) -> pl.DataFrame:
    settings = state.settings(store)
    chosen = [DICTIONARY[key] for key in kpis]
    masked = hidden.numbers(store, question.scope, chosen)
    measures = [m for kpi in chosen if kpi.key not in masked for m in _measures(kpi, extras=False)]
    found = _collect(store, settings, question, measures, key_sql, group)
    keys = sorted({key for numbers in found.values() for key in numbers if key is not None})
    kind: Any = pl.Date if name == "day" else pl.Int64 if group == "hour" else pl.String
    columns = [pl.Series(name, keys, kind)]
    for kpi in chosen:
        for measure, suffix in ((kpi.numerator, "n"), (kpi.denominator, "d")):
            numbers = _of(found, measure)
            median = kpi.median and suffix == "n"
            nothing = 0.0 if measure in found and not median else None
            cells = [numbers.get(key, nothing) for key in keys]
            cells = cells if median else [nothing if cell is None else cell for cell in cells]
            columns.append(pl.Series(f"{kpi.key}_{suffix}", cells, pl.Float64))
    return pl.DataFrame(columns)


def _of(found: _Found, measure: Measure | None) -> Mapping[Any, float | None]:
    return found.get(measure, {}) if measure is not None else {}


def _value(store: Store, kpi: Kpi, settings: KpiSettings, question: Question, found: _Found) -> Value:
    def total(measure: Measure | None) -> float | None:
        if measure is None:
            return None
        number = _of(found, measure).get(None)
        return number if number is not None or (kpi.median and measure is kpi.numerator) else 0.0

    numerator, denominator = total(kpi.numerator), total(kpi.denominator)
    extra: dict[str, Any] = {name: total(measure) for name, measure in kpi.extras.items()}
    if ignored := not_applied(store, question, FACTS[kpi.numerator.fact]):
        extra["not_filtered_by"] = ignored
    if denominator is not None:
        extra["sample_too_small"] = denominator < kpi.least(settings)
    return Value(numerator, denominator, value_of(kpi, numerator, denominator), extra)


def value_of(kpi: Kpi, numerator: float | None, denominator: float | None) -> float | None:
    """The number itself: the count, the median, or the share; None when there is nothing to divide by."""
    if kpi.denominator is None or kpi.median:
        return numerator
    return numerator / denominator if denominator and numerator is not None else None


def _steps(first: date, last: date, step: str) -> list[date]:
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    if step == "week":
        return sorted({day - timedelta(days=day.weekday()) for day in days})
    if step == "month":
        return sorted({day.replace(day=1) for day in days})
    return days
