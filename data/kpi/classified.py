"""SPOTIO's activity results beside the classes that the settings give them, and how often each was logged."""

from __future__ import annotations

from dataclasses import dataclass

from data.access import Scope, relation
from data.kpi.settings import KpiSettings, has_table
from data.store import Store, query


@dataclass(frozen=True)
class Result:
    """One result of one activity type; `key` is template_id:result_id, `logged` counts the last 28 days."""

    key: str
    activity: str
    name: str
    active: bool
    logged: int
    classes: frozenset[str]


def results(store: Store, settings: KpiSettings, scope: Scope) -> list[Result]:
    """Every result of every activity type, in SPOTIO's order; those that SPOTIO no longer has but were classed, last.

    `logged` counts what the scope may see.
    """
    if not has_table(store, "spotio", "activity_template"):
        return []
    events = relation(store, scope, "history", "event")
    rows = store.rows(query("kpi_results").replace("{events}", events))
    known = [Result(**row, classes=frozenset(settings.results.get(row["key"], frozenset()))) for row in rows]
    gone = sorted(set(settings.results) - {result.key for result in known})
    return known + [
        Result(key, key.partition(":")[0], key.partition(":")[2], False, 0, settings.results[key])
        for key in gone
    ]
