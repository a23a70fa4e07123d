"""The rows behind a number, and each visit with the reason why it counted or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from data.access import Scope, relation
from data.kpi import hidden, state
from data.kpi.dictionary import DICTIONARY
from data.kpi.facts import FACTS, derived
from data.kpi.question import Question
from data.kpi.reading import parameters, read, seen_by, used
from data.kpi.settings import has_table
from data.store import Store, query

_TIMES = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_ORIGINS = {
    "integration": "logged by an integration, not by a person",
    "import": "came by an import",
    "automation": "made by an automation",
    "fieldline": "written by Fieldline",
    "human": "logged by a person, which is not counted",
}


def behind(
    store: Store,
    question: Question,
    kpi: str,
    part: str = "numerator",
    limit: int = 100,
    after: tuple[datetime, str] | None = None,
) -> pl.DataFrame:
    """A page of the rows that a number is made of, newest first.

    `part` is numerator, denominator, or the name of one of the number's extras; `after` the (happened_at, id) of
    the last row seen. Columns: id, happened_at, day, user_id, team_id, territory_id, type_id, record_id, name,
    address, then what the fact has to show. Of a median, the rows are its sample.

    A row is seen by the team as of the event, so that the rows are as many as the number says; its record's present name
    and address by whose the record is now, as on every other page: a record that went to another team stays a row
    without them.
    """
    chosen = DICTIONARY[kpi]
    measures = {"numerator": chosen.numerator, "denominator": chosen.denominator, **chosen.extras}
    measure = measures.get(part)
    if measure is None:
        raise ValueError(f"{chosen.name} has no {part}")
    if hidden.numbers(store, question.scope, [chosen]):
        limit = 0
    fact = FACTS[measure.fact]
    reading = read(store, state.settings(store), question, measure.fact, rows=True)
    reading.params.update(
        after_at=after[0] if after else None, after_id=after[1] if after else None, limit=limit
    )
    gone = hidden.columns(store, question.scope)
    shown = ", ".join(["r.name", "r.address", *(f"f.{name}" for name in fact.shows if name not in gone)])
    body = query("kpi_behind").replace("{rows}", measure.rows).replace("{shown}", shown)
    found = store.frame(*reading.statement(body.replace("{record}", _record_seen(store, question.scope))))
    return hidden.emptied(found, gone)


def knocks(store: Store, question: Question) -> pl.DataFrame:
    """Each visit of the question's users in the order of time: id, activity_id, record_id, user_id, happened_at,
    local_time, day, name, address, type_id, template_id, result_id, verification, distance, door (it is a door of its
    own), verified, reason (why it is not both; null when it is)."""
    settings = state.settings(store)
    params = parameters(settings, question)
    clauses = [
        c.replace("team_id", "e.team_id").replace("user_id", "e.user_id") for c in seen_by(question, params)
    ]
    if question.users is not None:
        params["users"] = list(question.users)
        clauses.append("e.user_id in (select unnest($users::varchar[]))")
    ctes = ", ".join(
        derived(store, "event", settings, period="local_day between $first::date and $last::date")
    )
    gone = hidden.columns(store, question.scope)
    # Names are those of now; whether there was a pin to measure from is a matter of the moment of the visit.
    no_pin = "case when p.record_id is null then r.lat is null else p.lat is null end as no_pin"
    body = query("kpi_knocks").replace("{shown}", f"r.name, r.address, {no_pin}")
    body = body.replace("{record}", _record(store))
    sql = f"with recursive {ctes}, pin_turn as ({query('kpi_pin_turn')}) {body}"
    sql = sql.replace("{seen}", " and ".join(clauses) or "true")
    found = hidden.emptied(store.frame(sql, used(sql, params)), gone)
    reasons = [_reason(row) for row in found.iter_rows(named=True)]
    return found.with_columns(
        door=(pl.col("turn") == 1).fill_null(value=False),
        verified=pl.lit(None, pl.Boolean)
        if "verification" in gone
        else pl.col("left_out").is_null() & (pl.col("verification") == "verified").fill_null(value=False),
        reason=pl.Series(reasons, dtype=pl.String),
    ).drop("turn", "left_out", "origin", "no_pin")


def _reason(row: dict[str, Any]) -> str | None:
    if row["left_out"] == "before_start":
        return "not counted: before the start of the numbers"
    if row["left_out"] == "other_origin":
        return f"not counted: {_ORIGINS[row['origin']]}"
    reasons = []
    if row["turn"] is None:
        reasons.append("no record: a visit, but no door")
    elif row["turn"] > 1:
        which = _TIMES.get(row["turn"], f"{row['turn']}th")
        reasons.append(f"{which} visit to this door that day")
    if row["verification"] == "not_verified":
        away = row["distance"]
        reasons.append("not verified" if away is None else f"not verified: {away:,.0f} m from the pin")
    elif row["verification"] == "not_verifiable":
        why = "the record had no pin" if row["no_pin"] and row["record_id"] else "not logged on the phone"
        reasons.append(f"not verifiable: {why}")
    return "; ".join(reasons) or None


def _record_seen(store: Store, scope: Scope) -> str:
    """Records as far as a manager sees them now; a rep is told of what they did themselves wherever it went."""
    if scope.role != "manager" or not has_table(store, "spotio", "record"):
        return _record(store)
    unmasked = replace(scope, masks=frozenset())  # what is hidden is emptied with the rest of the row
    return f"({relation(store, unmasked, 'spotio', 'record')})"


def _record(store: Store) -> str:
    if has_table(store, "spotio", "record"):
        return "spotio.record"
    return "(select ''::varchar as id, ''::varchar as name, ''::varchar as address, 0::double as lat limit 0)"
