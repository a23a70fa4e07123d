"""The facts that numbers are aggregates of, each as one SQL relation with the same leading columns.

Every fact has day, user_id, team_id, territory_id and type_id, so that a period, a filter and a person's scope are
written once for all. A fact reads a derived table (the rollups), or derives the same relation from the events of a
moment with the same text: `derived` is what both stand on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.kpi.settings import KpiSettings, has_table
from data.store import Store, query

# What a relation of its own is derived from, in the order in which they stand on each other.
_STANDS_ON: dict[str, tuple[str, ...]] = {
    "event": (),
    "act": (),
    "created": (),
    "move": (),
    "visit": ("act",),
    "door": ("visit",),
    "day": ("act", "door", "created"),
    "sale": (),
    "appointment": ("sale",),
}
# These need the whole history of a record, however short the period is.
_WHOLE_HISTORY = frozenset({"move", "sale", "appointment"})
# Stages whose entering or leaving makes or ends a sale or a cycle.
_TURNING = (
    "turning_stage as (select type_id || ':' || stage_id as id from kpi.stage_group where group_name in ('won', 'lost')"
    " union select type_id || ':' || stage_id from kpi.won where kind = 'stage_moved' and stage_id is not null)"
)
_BORN = "born as not materialized (select * from known where kind = 'created' and left_out is null)"


@dataclass(frozen=True)
class Fact:
    """A relation with days, people and places; `takes` are the further filters that mean something for it."""

    name: str
    relation: str  # the derived table or relation it reads
    takes: frozenset[str] = frozenset()
    who: str = ""
    in_day: bool = False  # kpi.day holds its sums
    shows: tuple[str, ...] = ()  # what a row of it has to show, beside when, who and where

    def text(self) -> str:
        """The relation, reading others by their bare names."""
        file = {"act": "", "created": "", "due_by_setter": "due", "due_by_closer": "due"}.get(
            self.name, self.name
        )
        if not file:
            return f"select * from {self.relation}"
        return query(f"kpi_fact_{file}").replace("{who}", self.who)


_ACTIVITY = frozenset({"templates", "results", "verification", "hours"})
_APPOINTMENT = frozenset({"templates", "results", "hours", "setters", "closers"})
_TIMED = frozenset({"hours"})
_MOVE = frozenset({"hours", "from_stages", "to_stages"})
_OF_APPOINTMENT = ("setter_id", "closer_id", "due_at", "template_id", "result_id", "outcome", "sold_value")
FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact(
            "act",
            "act",
            _ACTIVITY,
            in_day=True,
            shows=("template_id", "result_id", "verification", "distance"),
        ),
        Fact(
            "door", "door", _ACTIVITY, in_day=True, shows=("visits", "verified", "not_verifiable", "contact")
        ),
        Fact("created", "created", in_day=True),
        Fact("set", "appointment", _APPOINTMENT, shows=_OF_APPOINTMENT),
        Fact("due_by_setter", "appointment", _APPOINTMENT, "setter", shows=_OF_APPOINTMENT),
        Fact("due_by_closer", "appointment", _APPOINTMENT, "closer", shows=_OF_APPOINTMENT),
        Fact("sale", "sale", _TIMED, shows=("net",)),
        Fact("lead", "sale"),
        Fact("move", "move", _MOVE, shows=("from_stage_id", "to_stage_id", "stayed_seconds")),
    )
}


def stored(relation: str) -> str:
    """The common table expression that reads a derived table."""
    return f"{relation} as not materialized (select * from kpi.{relation})"


def doors(acts: str = "", door_keys: Sequence[str] = ()) -> list[str]:
    """Common table expressions that make doors of visits: of those that pass `acts`, told apart by `door_keys`, too."""
    where = f" where {acts}" if acts else ""
    return [
        f"passing as not materialized (select * from visit{where})",
        f"door as ({_door_text('passing', door_keys)})",
    ]


def _door_text(visits: str, door_keys: Sequence[str] = ()) -> str:
    keys = "".join(f", v.{key}" for key in door_keys)
    return query("kpi_door").replace("{visits}", visits).replace("{keys}", keys)


def memberships(store: Store) -> list[str]:
    """Since when each user's deepest team is which, and its zone; nobody is in a team before teams were mirrored."""
    known = has_table(store, "spotio", "team")
    nobody = (
        "select ''::varchar as user_id, now() as since, ''::varchar as team_id, ''::varchar as zone limit 0"
    )
    return [
        "zone_of_team as (select unnest($zone_teams::varchar[]) as team_id, unnest($team_zones::varchar[]) as zone)",
        "zone_of_user as (select unnest($zone_users::varchar[]) as user_id, unnest($user_zones::varchar[]) as zone)",
        f"leaf_team as ({query('event_leaf_team') if known else nobody})",
    ]


def derived(
    store: Store,
    relation: str,
    settings: KpiSettings,
    *,
    period: str = "",
    records: str = "",
    source: str = "history.event",
) -> list[str]:
    """Common table expressions that derive a relation from `source`, what it stands on first.

    `period` and `records` are further conditions on events, for what is derived by day and by record. `source` is all
    events, or a table with those of some records.
    """
    names = _all_under(relation)
    whole = relation in _WHOLE_HISTORY
    event = (
        query("kpi_event")
        .replace("{source}", source)
        .replace("{origins}", ", ".join(f"'{o}'" for o in sorted(settings.origins)))
    )
    known = _filled(event, records if whole else period)
    if "sale" in names:
        parts = [
            f"known as {'materialized' if records else 'not materialized'} ({known})",
            _TURNING,
            f"event as ({query('kpi_sequence')})",
            _BORN,
        ]
        parts += memberships(store)
    else:
        parts = [f"event as ({known})"]
    for name in names:
        if name == "event":
            continue
        text = sale_text(store, settings) if name == "sale" else query(f"kpi_{name}")
        if name == "door":
            text = _door_text("visit")
        parts.append(f"{name} as ({text})")
    return parts


def sale_text(store: Store, settings: KpiSettings) -> str:
    """The derivation of sales from the source that was chosen; Salesforce without its tables has sold nothing."""
    if settings.sold_source != "salesforce_won":
        return query("kpi_sale")
    if all(has_table(store, "salesforce", name) for name in ("opportunity", "user", "lead")):
        return query("kpi_sale_salesforce")
    return "select * from kpi.sale limit 0"


def _all_under(relation: str) -> list[str]:
    found: list[str] = []
    for under in _STANDS_ON[relation]:
        found += [name for name in _all_under(under) if name not in found]
    return [*found, relation]


def _filled(event: str, where: str) -> str:
    return event.replace("{where}", f"\n    and {where}" if where else "")
