"""Numbers in tables of their own: setter by closer, the funnel, stage to stage."""

from __future__ import annotations

from typing import Any

import polars as pl

from data.kpi import hidden, state
from data.kpi.facts import FACTS
from data.kpi.question import Question
from data.kpi.reading import (
    activity_filters,
    applied,
    asked_of_pairs,
    below,
    parameters,
    read,
    relation,
    seen_of_pairs,
    used,
)
from data.kpi.settings import KpiSettings
from data.store import Store, query

# The funnel of what happened in the period: step -> fact and aggregate. Each step stands by itself: what was sold in
# a month need not have been set in it.
_ACTIVITY = (
    ("doors", "door", "sum(doors)"),
    ("contacts", "door", "sum(contact_doors)"),
    ("set", "set", "count(*) filter (counts)"),
    ("due", "due_by_closer", "count(*) filter (due)"),
    ("run", "due_by_closer", "count(*) filter (due and run)"),
    ("sat", "due_by_closer", "count(*) filter (due and sat)"),
    ("sold", "sale", "sum(sold)"),
)
_COHORT = ("set", "due", "run", "sat", "sold")


def matrix(store: Store, question: Question) -> pl.DataFrame:
    """setter_id, closer_id, set, due, run, sat, cancelled, no_show, sold, value: one row a pair.

    A manager sees the pairs of appointments whose setter or closer was in their teams when it was set or sat, a rep
    those in which they are either; the other one's name belongs to that. Filters of teams and users likewise. What is
    hidden is empty, and with the results what became of the appointments.
    """
    settings = state.settings(store)
    fact = FACTS["due_by_closer"]
    question = applied(store, hidden.asked(store, question), fact)
    params = parameters(settings, question)
    clauses = [*seen_of_pairs(question, params), *asked_of_pairs(store, question, params)]
    clauses += activity_filters(question, params, fact.takes)
    for name, column, wanted in (
        ("territories", "territory_id", _below(store, "territory", question.territories)),
        ("types", "type_id", question.types),
    ):
        if wanted is not None:
            params[name] = list(wanted)
            clauses.append(f"{column} in (select unnest(${name}::varchar[]))")
    ctes = ", ".join(relation(store, settings, question, "appointment"))
    sql = (
        f"with recursive {ctes} {query('kpi_matrix')} where {' and '.join(clauses) or 'true'}"
        " group by all order by setter_id, closer_id"
    )
    found = store.frame(sql, used(sql, params))
    gone = hidden.columns(store, question.scope)
    found = hidden.emptied(found, gone | {"sold", "value"} if "sat" in gone else gone)
    return found.filter(pl.sum_horizontal("set", "due") > 0)


def funnel(store: Store, question: Question, view: str = "activity") -> pl.DataFrame:
    """step, n, of (the step before; null for the first). View: activity (what happened in the period) or cohort
    (what came of the cycles set in the period, until now). A step that is made of what is hidden is null."""
    settings = state.settings(store)
    steps = _cohort(store, settings, question) if view == "cohort" else _activity(store, settings, question)
    gone = hidden.columns(store, question.scope)
    hide = gone | {"sold"} if "sat" in gone and view == "cohort" else gone
    steps = [(step, None if step in hide else n) for step, n in steps]
    return pl.DataFrame(
        {
            "step": [s for s, _ in steps],
            "n": [n for _, n in steps],
            "of": [None, *[n for _, n in steps][:-1]],
        },
        schema={"step": pl.String, "n": pl.Int64, "of": pl.Int64},
    )


def stages(store: Store, question: Question) -> pl.DataFrame:
    """type_id, from_stage_id, to_stage_id, moves, net, first_entries, records, median_days, stays.

    `net` and `first_entries` are of the moves into the stage shown; a day's net move bears the day's last step.
    """
    settings = state.settings(store)
    found = store.frame(*read(store, settings, question, "move").statement(query("kpi_stages")))
    return hidden.emptied(found, hidden.columns(store, question.scope))


def _activity(store: Store, settings: KpiSettings, question: Question) -> list[tuple[str, int | None]]:
    found: dict[str, Any] = {}
    for fact in dict.fromkeys(name for _, name, _ in _ACTIVITY):
        columns = ", ".join(f'{sql} as "{step}"' for step, name, sql in _ACTIVITY if name == fact)
        found |= store.rows(*read(store, settings, question, fact).select(columns))[0]
    return [(step, int(found[step] or 0)) for step, _, _ in _ACTIVITY]


def _cohort(store: Store, settings: KpiSettings, question: Question) -> list[tuple[str, int | None]]:
    row = store.rows(*read(store, settings, question, "set").statement(query("kpi_cohort")))[0]
    return [(step, int(row[step])) for step in _COHORT]


def _below(store: Store, table: str, ids: tuple[str, ...] | None) -> list[str] | None:
    return None if ids is None else below(store, table, ids)
