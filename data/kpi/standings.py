"""Who stands where: ranks with ties, minimum samples, movement, the gap to the next; and one's own place alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from data.access import Scope
from data.kpi import state
from data.kpi.ask import by, value_of
from data.kpi.dictionary import DICTIONARY, Kpi
from data.kpi.facts import memberships
from data.kpi.question import Question, Spell
from data.kpi.reading import parameters, read, used
from data.kpi.settings import KpiSettings
from data.store import Store

_SCHEMA: dict[str, Any] = {
    "user_id": pl.String,
    "rank": pl.Int64,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "reached_at": pl.Datetime("us", "UTC"),
    "gap": pl.Float64,
    "previous_rank": pl.Int64,
    "moved": pl.Int64,
    "sample_too_small": pl.Boolean,
}


@dataclass(frozen=True)
class Place:
    """One's own place among the people of one's team: nobody else's name or number but the distance to the next."""

    rank: int | None
    of: int
    value: float | None
    numerator: float | None
    denominator: float | None
    gap: float | None
    sample_too_small: bool


def standings(store: Store, question: Question, kpi: str, previous: Question | None = None) -> pl.DataFrame:
    """One row a person with something to count, best first; columns as `_SCHEMA`.

    Equal values share a rank, and who got there first comes first among them; equal shares, the larger sample first.
    Below the minimum sample there is no rank; these come last. `gap` is the difference to the next better value;
    `moved` is how many ranks were won since `previous` (another period, or this one as of an earlier moment).
    """
    settings = state.settings(store)
    chosen = DICTIONARY[kpi]
    rows = _ranked(store, settings, question, chosen)
    before = (
        {}
        if previous is None
        else {r["user_id"]: r["rank"] for r in _ranked(store, settings, previous, chosen)}
    )
    for row in rows:
        row["previous_rank"] = before.get(row["user_id"])
        known = row["rank"] is not None and row["previous_rank"] is not None
        row["moved"] = row["previous_rank"] - row["rank"] if known else None
    return pl.DataFrame(rows, schema=_SCHEMA)


def own_places(store: Store, question: Question, kpi: str) -> list[tuple[Spell, Place | None]]:
    """The places of the person who asks (a rep), one a team that they were in during the period, the latest last.

    Numbers count for the team of their day, so who changed teams is among other people before and after. A place is
    None without a team or numbers. The others are counted and ranked, but not shown: that is all a rep learns of them.
    """
    return [
        (spell, _place(store, replace(question, first=spell.first, last=spell.last), spell.team, kpi))
        for spell in spells(store, question, question.scope.user_id)
    ]


def _place(store: Store, question: Question, team: str | None, kpi: str) -> Place | None:
    if team is None:
        return None
    rows = _ranked(store, state.settings(store), _among(question, team), DICTIONARY[kpi])
    own = next((row for row in rows if row["user_id"] == question.scope.user_id), None)
    if own is None:
        return None
    return Place(
        own["rank"],
        len(rows),
        own["value"],
        own["numerator"],
        own["denominator"],
        own["gap"],
        own["sample_too_small"],
    )


def among_own_team(store: Store, question: Question) -> Question | None:
    """A rep's question, asked of everybody in the rep's team of its last day; None without a team.

    It is for ranks alone: what it lets through of the others are their counted numbers of a period, and no filter
    takes these apart.
    """
    been = spells(store, question, question.scope.user_id)
    team = been[-1].team if been else None
    return None if team is None else _among(question, team)


def _among(question: Question, team: str) -> Question:
    scope = question.scope
    return Question(
        question.first,
        question.last,
        Scope("manager", scope.person, frozenset({team}), None, scope.masks),
        as_of=question.as_of,
        now=question.now,
    )


def spells(store: Store, question: Question, user: str | None) -> list[Spell]:
    """The teams of somebody in the question's days, in the order of time.

    The day of a change is the new team's, by the rep's local time.
    """
    at = "timezone(coalesce(z.zone, t.zone, $zone), t.since)"
    sql = (
        f"with recursive {', '.join(memberships(store))}"
        f" select t.team_id as team, greatest({at}, $first::timestamp)::date as day"
        " from leaf_team t left join zone_of_user z on z.user_id = t.user_id"
        f" where t.user_id = $of_user::varchar and {at} < $last::date + 1 order by t.since"
    )
    params = parameters(state.settings(store), question) | {"of_user": user}
    # The last change of a day stands.
    began = {row["day"]: row["team"] for row in store.rows(sql, used(sql, params))}
    found: list[Spell] = []
    for day, team in began.items():
        if found and found[-1].team == team:
            continue
        if found:
            found[-1] = replace(found[-1], last=day - timedelta(days=1))
        found.append(Spell(team, day, question.last))
    return found


def present_teams(store: Store) -> dict[str, str]:
    """user id -> id of the deepest team that they are in now."""
    sql = (
        f"with recursive {', '.join(memberships(store))}"
        " select user_id, arg_max_null(team_id, since) as team from leaf_team group by user_id"
    )
    rows = store.rows(sql, used(sql, parameters(state.settings(store))))
    return {row["user_id"]: row["team"] for row in rows if row["team"] is not None}


def at_work(store: Store, question: Question) -> pl.DataFrame:
    """user_id, first_day, last_day: who logged anything that counts in the question, and on which days at the ends."""
    reading = read(store, state.settings(store), question, "act", "user")
    return store.frame(
        *reading.select(
            "user_id, min(day) as first_day, max(day) as last_day",
            "where activities > 0 group by 1 order by 1",
        )
    )


def _ranked(store: Store, settings: KpiSettings, question: Question, kpi: Kpi) -> list[dict[str, Any]]:
    found = by(store, question, [kpi.key], "user")
    rows = []
    for user, numerator, denominator in found.iter_rows():
        value = value_of(kpi, numerator, denominator)
        if value is None or (kpi.denominator is None and value == 0):
            continue
        small = kpi.denominator is not None and (denominator or 0) < kpi.least(settings)
        rows.append(
            {
                "user_id": user,
                "rank": None,
                "value": value,
                "numerator": numerator,
                "denominator": denominator,
                "reached_at": None,
                "gap": None,
                "sample_too_small": small,
            }
        )
    _say_when_ties_were_reached(store, settings, question, kpi, rows)
    sign = 1 if kpi.better == "lower" else -1
    rows.sort(
        key=lambda row: (
            row["sample_too_small"],
            sign * row["value"],
            -(row["denominator"] or 0),
            row["reached_at"] is None,
            row["reached_at"] or 0,
            row["user_id"],
        )
    )
    _number(rows)
    return rows


def _number(rows: list[dict[str, Any]]) -> None:
    """Ranks 1, 2, 2, 4 and the distance to the next better value."""
    above: dict[str, Any] | None = None
    better: float | None = None
    for place, row in enumerate(rows, start=1):
        if row["sample_too_small"]:
            continue
        if above is not None and above["value"] == row["value"]:
            row["rank"] = above["rank"]
        else:
            better = above["value"] if above is not None else None
            row["rank"] = place
        row["gap"] = abs(better - row["value"]) if better is not None else None
        above = row


def _say_when_ties_were_reached(
    store: Store, settings: KpiSettings, question: Question, kpi: Kpi, rows: list[dict[str, Any]]
) -> None:
    """The moment of the last row behind the number, of those who share a value with someone."""
    shared: dict[float, list[str]] = {}
    for row in rows:
        shared.setdefault(row["value"], []).append(row["user_id"])
    tied = sorted(user for users in shared.values() if len(users) > 1 for user in users)
    if not tied:
        return
    narrowed = replace(question, users=tuple(tied))
    reading = read(store, settings, narrowed, kpi.numerator.fact, rows=True)
    found = store.rows(
        *reading.select("user_id, max(happened_at) as reached_at", f"where {kpi.numerator.rows} group by 1")
    )
    reached: Mapping[str, datetime] = {row["user_id"]: row["reached_at"] for row in found}
    for row in rows:
        row["reached_at"] = reached.get(row["user_id"])
