"""From a question to SQL over one fact: which relation answers it, which rows of it, and whose.

The scope is applied here, to every fact, and always as of the event: no caller can leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.kpi import hidden
from data.kpi.facts import FACTS, Fact, derived, doors, memberships, stored
from data.kpi.question import Question, Spell
from data.kpi.settings import KpiSettings, has_table
from data.store import Store

# Grouping -> the key's SQL. The hour is that of the week, Monday 0:00 first; with a person, of the day.
GROUPS = {
    "user": "user_id",
    "team": "team_id",
    "territory": "territory_id",
    "type": "type_id",
    "template": "template_id",
    "result": "template_id || ':' || result_id",
    "hour": "(isodow(day) - 1) * 24 + hour",
    "user_hour": "user_id || ':' || hour",
}
STEPS = {"day": "day", "week": "date_trunc('week', day)::date", "month": "date_trunc('month', day)::date"}
# What kpi.day can be grouped by: it has one row for many activities.
_DAY_KEYS = frozenset({None, "user", "team", "territory", "type"})
_WITHIN = "between $first::date and $last::date"
_PERIOD = f"local_day {_WITHIN}"
# As of a moment, only the records that can have a row in the period are derived: they did something of that kind in
# it. A day more on each side, because a setter's zone may be another than the owner's; a sale may be taken back later.
_NEAR = "between $first::date - $rescission - 1 and $last::date + 1"
_WITH = (
    "record_id in (select record_id from history.event where known_from <= $as_of::timestamptz"
    f" and {{kinds}} and (local_day {_NEAR} or due_day {_NEAR}))"
)
_RECORDS = {
    "move": _WITH.format(kinds="kind = 'stage_moved'"),
    "sale": _WITH.format(kinds="(kind in ('created', 'stage_moved') or kind in (select kind from kpi.won))"),
    "appointment": _WITH.format(kinds="(kind = 'scheduled' or (kind = 'logged' and $set_by_result))"),
}
_DOOR_KEYS = {"template": ("template_id",), "result": ("template_id", "result_id")}


@dataclass(frozen=True)
class Reading:
    """A fact narrowed to a question: `with {ctes} ... from fact` has only rows that may be seen and are asked for."""

    ctes: str
    params: dict[str, Any]

    def select(self, columns: str, tail: str = "") -> tuple[str, dict[str, Any]]:
        """A statement over the fact with the parameters it uses."""
        return self.statement(f"select {columns} from fact {tail}")

    def statement(self, body: str) -> tuple[str, dict[str, Any]]:
        """Any statement over the fact, and what it stands on, with the parameters it uses."""
        sql = f"with recursive {self.ctes} {body}"
        return sql, used(sql, self.params)


def read(
    store: Store,
    settings: KpiSettings,
    question: Question,
    fact_name: str,
    group: str | None = None,
    *,
    rows: bool = False,
) -> Reading:
    """The fact of that name for a question. `rows`: one row an event is needed, not sums."""
    fact = FACTS[fact_name]
    question = applied(store, hidden.asked(store, question), fact)
    params = parameters(settings, question)
    fast = not rows and _is_fast(question, fact, group)
    if fast:
        ctes = relation(store, settings, question, "day")
        text = "select *, null::varchar as left_out from day"
    else:
        ctes, text = _relations(store, settings, question, fact, group, params), fact.text()
    seen = seen_of_pairs(question, params) if _of_a_pair(question, fact) else seen_by(question, params)
    clauses = ["day between $first::date and $last::date", *seen]
    ctes.append(f"visible as (select * from ({text}) where {' and '.join(clauses)})")
    if question.groups_now:
        ctes += _as_now(store, ctes, with_place=not fast)
        source = "now_grouped"
    else:
        source = "visible"
    filters = _asked_for(store, question, fact, params)
    ctes.append(f"fact as (select * from {source} where {' and '.join(filters) or 'true'})")
    return Reading(", ".join(ctes), params)


def used(sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a statement names: DuckDB refuses any other."""
    return {name: params[name] for name in set(re.findall(r"\$(\w+)", sql))}


def parameters(settings: KpiSettings, question: Question | None = None) -> dict[str, Any]:
    """The values that the derivations and facts refer to."""
    zones = settings.zones.counted
    return {
        "as_of": "infinity" if question is None or question.as_of is None else question.as_of,
        "start": settings.start or "-infinity",
        "rescission": settings.rescission_days,
        "set_by_result": settings.set_source == "result",
        "offline": settings.offline_minutes * 60,
        "zone": zones.company,
        "zone_teams": list(zones.by_team),
        "team_zones": list(zones.by_team.values()),
        "zone_users": list(zones.by_user),
        "user_zones": list(zones.by_user.values()),
        "first": question.first if question else None,
        "last": question.last if question else None,
        "moment": question.moment if question else None,
    }


_BY_ACTIVITY = ("templates", "results", "verification")
# Filter -> what of a row it narrows.
_BY_COLUMN = {
    "setters": "setter_id",
    "closers": "closer_id",
    "from_stages": "type_id || ':' || from_stage_id",
    "to_stages": "type_id || ':' || to_stage_id",
}
PARTIES = ("setter", "closer")
_FURTHER = (*_BY_ACTIVITY, "hours", *_BY_COLUMN)


def not_applied(store: Store, question: Question, fact: Fact) -> list[str]:
    """The question's filters that mean nothing for a fact: a stage move has no activity type."""
    kept = applied(store, question, fact)
    asked = {name for name in _FURTHER if getattr(question, name) is not None}
    return sorted(name for name in asked if name not in fact.takes or getattr(kept, name) is None)


def applied(store: Store, question: Question, fact: Fact) -> Question:
    """The question without what cannot be true of any row of the fact: no appointment has the result of a visit.

    Which kinds of activity appointments are of is theirs to tell; a filter that names one of them narrows them.
    """
    if fact.relation != "appointment":
        return question
    changed: dict[str, Any] = {}
    for name in ("templates", "results"):
        asked = getattr(question, name)
        # What is asked of nothing at all stays so: that is how a masked filter is answered.
        if asked and not _of_appointments(store, {key.partition(":")[0] for key in asked}):
            changed[name] = None
    return replace(question, **changed) if changed else question


def _of_appointments(store: Store, templates: set[str]) -> bool:
    found = (
        "select 1 from kpi.appointment where template_id in (select unnest($templates::varchar[])) limit 1"
    )
    return bool(store.rows(found, {"templates": sorted(templates)}))


def below(store: Store, table: str, ids: Iterable[str]) -> list[str]:
    """Teams or territories with all below them, by the present hierarchy."""
    chosen = sorted(set(ids))
    if not has_table(store, "spotio", table):
        return chosen
    sql = (
        "with recursive under (id) as (select unnest($ids) union"
        f" select t.id from spotio.{table} t join under u on t.parentId = u.id) select id from under order by id"
    )
    rows = store.lasting(("below", table, *chosen), lambda: store.rows(sql, {"ids": chosen}))
    return [row["id"] for row in rows]


def _is_fast(question: Question, fact: Fact, group: str | None) -> bool:
    narrowed = any(getattr(question, name) is not None for name in fact.takes)
    # Where a record is now, its day does not say.
    narrowed = narrowed or (
        question.groups_now and (group == "territory" or question.territories is not None)
    )
    return fact.in_day and group in _DAY_KEYS and not narrowed


def relation(store: Store, settings: KpiSettings, question: Question, name: str) -> list[str]:
    """Common table expressions of a relation, as it stands or as of the question's moment; not narrowed."""
    if question.as_of is None or (name == "sale" and settings.sold_source == "salesforce_won"):
        return [stored(name)]
    # A day, or a record, of which nothing has become known since stands in the table as it did then.
    if name in _RECORDS:
        key, since = "record_id", "record_id is not null"
        narrowed = {"records": f"record_id in (select record_id from since) and {_RECORDS[name]}"}
    else:
        key, since = "day", f"local_day {_WITHIN}"
        narrowed = {"period": f"local_day {_WITHIN} and local_day in (select day from since)"}
    known = derived(store, name, settings, **narrowed)
    return [
        f"since as (select distinct {'local_day as day' if key == 'day' else key} from history.event"
        f" where {since} and (known_from > $as_of::timestamptz or known_until > $as_of::timestamptz))",
        *known[:-1],
        known[-1].replace(f"{name} as ", f"{name}_then as ", 1),
        f"{name} as not materialized (select * from kpi.{name}"
        f" where {key} is null or {key} not in (select {key} from since) union all by name select * from {name}_then)",
    ]


def _relations(
    store: Store,
    settings: KpiSettings,
    question: Question,
    fact: Fact,
    group: str | None,
    params: dict[str, Any],
) -> list[str]:
    narrowed = [n for n in _BY_ACTIVITY if n in fact.takes and getattr(question, n) is not None]
    keys = _DOOR_KEYS.get(group or "", ())
    if fact.relation == "door":
        acts = " and ".join(activity_filters(question, params)) if narrowed else ""
        return [*relation(store, settings, question, "visit"), *doors(acts, keys)]
    if fact.relation in {"act", "created"}:
        return derived(store, fact.relation, settings, period=_PERIOD)
    return relation(store, settings, question, fact.relation)


def seen_by(
    question: Question, params: dict[str, Any], team: str = "team_id", user: str = "user_id"
) -> list[str]:
    """What the person may see of a fact: a manager by the team as of the event, a rep by the user."""
    scope = question.scope
    clauses = []
    if scope.role == "rep":
        params["scope_user"] = scope.user_id
        clauses.append(f"{user} = $scope_user::varchar")
    if scope.teams is not None or scope.role == "manager":
        params["scope_teams"] = sorted(scope.teams or ())
        clauses.append(f"{team} in (select unnest($scope_teams::varchar[]))")
    return clauses


def _of_a_pair(question: Question, fact: Fact) -> bool:
    """Whether it is asked about a setter together with a closer: then an appointment is that of both."""
    return question.setters is not None and question.closers is not None and "setters" in fact.takes


def seen_of_pairs(question: Question, params: dict[str, Any]) -> list[str]:
    """What the person may see of appointments of a setter and a closer: those in which either is theirs to see."""
    seen = [seen_by(question, params, f"{party}_team_id", f"{party}_id") for party in PARTIES]
    sides = [" and ".join(each) for each in seen if each]
    return [f"(({') or ('.join(sides)}))"] if sides else []


def asked_of_pairs(store: Store, question: Question, params: dict[str, Any]) -> list[str]:
    """The teams and people that are asked about, each as setter or closer."""
    teams = None if question.teams is None else below(store, "team", question.teams)
    clauses = []
    for name, column, wanted in (("teams", "team_id", teams), ("users", "id", question.users)):
        if wanted is not None:
            params[name] = list(wanted)
            sides = [f"{party}_{column} in (select unnest(${name}::varchar[]))" for party in PARTIES]
            clauses.append(f"({' or '.join(sides)})")
    return clauses


def _asked_for(store: Store, question: Question, fact: Fact, params: dict[str, Any]) -> list[str]:
    territories = None if question.territories is None else below(store, "territory", question.territories)
    listed: list[tuple[str, Sequence[str] | None]] = [
        ("territory_id", territories),
        ("type_id", question.types),
    ]
    clauses = []
    if _of_a_pair(question, fact):
        clauses = asked_of_pairs(store, question, params)
    else:
        teams = None if question.teams is None else below(store, "team", question.teams)
        listed += [("team_id", teams), ("user_id", question.users)]
    for column, wanted in listed:
        if wanted is not None:
            params[f"{column}s"] = list(wanted)
            clauses.append(f"{column} in (select unnest(${column}s::varchar[]))")
    if question.spells is not None:
        clauses.append(_in_spells(store, question.spells, params))
    if question.hours is not None and "hours" in fact.takes:
        params["hours"] = list(question.hours)
        clauses.append(f"{GROUPS['hour']} in (select unnest($hours::bigint[]))")
    for name, column in _BY_COLUMN.items():
        if getattr(question, name) is not None and name in fact.takes:
            params[name] = list(getattr(question, name))
            clauses.append(f"{column} in (select unnest(${name}::varchar[]))")
    if fact.relation != "door":  # doors are narrowed by their visits, before they become doors
        known = [clause for clause in activity_filters(question, params, fact.takes)]
        clauses += known
    return clauses


def _in_spells(store: Store, spells: Sequence[Spell], params: dict[str, Any]) -> str:
    """The rows of each spell's team, with those below it, in its days."""
    sides = ["false"]
    for place, spell in enumerate(spells):
        names = (f"spell_{place}_teams", f"spell_{place}_first", f"spell_{place}_last")
        teams = below(store, "team", [spell.team] if spell.team else [])
        params |= dict(zip(names, (teams, spell.first, spell.last), strict=True))
        sides.append(
            f"(team_id in (select unnest(${names[0]}::varchar[])) and day between ${names[1]}::date and ${names[2]}::date)"
        )
    return f"({' or '.join(sides)})"


def activity_filters(
    question: Question, params: dict[str, Any], takes: frozenset[str] = FACTS["act"].takes
) -> list[str]:
    clauses = []
    if question.templates is not None and "templates" in takes:
        params["templates"] = list(question.templates)
        clauses.append("template_id in (select unnest($templates::varchar[]))")
    if question.results is not None and "results" in takes:
        params["results"] = list(question.results)
        params["result_ids"] = [key.partition(":")[2] for key in question.results]
        clauses.append("result_id in (select unnest($result_ids::varchar[]))")
        clauses.append("template_id || ':' || result_id in (select unnest($results::varchar[]))")
    if question.verification is not None and "verification" in takes:
        params["verification"] = question.verification
        clauses.append("verification = $verification")
    return clauses


def _as_now(store: Store, ctes: list[str], *, with_place: bool) -> list[str]:
    """Team and (`with_place`, for rows that have a record) territory as they are now, of rows seen as of the event."""
    more = [] if any(cte.startswith("leaf_team ") for cte in ctes) else memberships(store)
    more.append(
        "team_now as (select user_id, arg_max_null(team_id, since) as team_id from leaf_team group by user_id)"
    )
    if not with_place:
        more.append(
            "now_grouped as (select v.* replace (t.team_id as team_id) from visible v"
            " left join team_now t on t.user_id = v.user_id)"
        )
        return more
    place = (
        "select id, territoryId as territory_id from spotio.record"
        if has_table(store, "spotio", "record")
        else "select null::varchar as id, null::varchar as territory_id"
    )
    more.append(f"place_now as ({place})")
    more.append(
        "now_grouped as (select v.* replace (t.team_id as team_id, p.territory_id as territory_id) from visible v"
        " left join team_now t on t.user_id = v.user_id left join place_now p on p.id = v.record_id)"
    )
    return more
