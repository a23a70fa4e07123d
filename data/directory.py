"""Names of people, teams, territories and kinds of activity, as far as a person may see them.

What numbers can be narrowed to, and what the ids in an answer are called. Everything goes through `access.Reach`,
so what is hidden from a role has no name here either. What was deleted in SPOTIO keeps its name: old numbers bear it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from data.access import Reach, Scope
from data.errors import QueryRefusedError
from data.store import Store, query

Ring = tuple[tuple[float, float], ...]  # longitude, latitude


@dataclass(frozen=True)
class Entry:
    """Something with an id and a name; `parent` is the id of what it is part of."""

    id: str
    name: str
    parent: str | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Territory(Entry):
    """A territory with the outlines that SPOTIO ships, none where nobody has drawn any."""

    rings: tuple[Ring, ...] = ()


@dataclass(frozen=True)
class Directory:
    """All that a scope may be narrowed to, by name."""

    teams: tuple[Entry, ...] = ()
    territories: tuple[Territory, ...] = ()
    users: tuple[Entry, ...] = ()
    types: tuple[Entry, ...] = ()
    templates: tuple[Entry, ...] = ()
    results: tuple[
        Entry, ...
    ] = ()  # id: template id:result id, as the numbers know them; parent: the template
    stages: tuple[Entry, ...] = ()  # id: type id:stage id; parent: the type


def directory(store: Store, scope: Scope) -> Directory:
    """What this person may narrow numbers to; empty before the first pull. A rep has nothing to choose from."""
    if scope.role == "rep":
        scope = replace(scope, role="manager", teams=frozenset())  # kinds of activity, and nobody
    reach = Reach(store, scope)
    return Directory(
        teams=_entries(store, reach, "team"),
        territories=_territories(store, reach),
        users=_entries(store, reach, "user"),
        types=_entries(store, reach, "record_type"),
        templates=_entries(store, reach, "activity_template"),
        results=_entries(store, reach, "activity_template", "directory_result"),
        stages=_entries(store, reach, "stage"),
    )


def names(store: Store, scope: Scope, table: str) -> dict[str, str]:
    """What the ids of an answer are called: table is user, team or territory.

    An answer may name somebody outside the scope (who closed what one's own team set), and then the name belongs to
    it. So this is for looking up ids that an answer gave, not for choosing from; what is hidden from the role stays
    hidden.
    """
    reach = Reach(store, replace(scope, role="analyst", teams=None))
    found = _territories(store, reach) if table == "territory" else _entries(store, reach, table)
    return {entry.id: entry.name for entry in found}


def version(store: Store) -> object:
    """Another value whenever a name, a team's members or a territory changed: for whoever keeps what was read here."""
    return store.lasting("directory", lambda: _version(store))


def _version(store: Store) -> object:
    mirrored = store.rows(
        "select table_name as name from duckdb_tables() where schema_name = 'spotio' and database_name = current_database()"
        " and table_name in ('activity_template', 'record_type', 'stage', 'team', 'territory', 'user') order by 1"
    )
    parts = [f'select id, _digest, _deleted_at from spotio."{row["name"]}"' for row in mirrored]  # noqa: S608
    if not parts:
        return None
    # Digests tell a row's values, so the rows together are told by theirs in any order.
    rows = " union all ".join(parts)
    return store.rows(f"select bit_xor(hash(id, _digest, _deleted_at)) as told from ({rows})")[0]["told"]  # noqa: S608


def _rows(store: Store, reach: Reach, table: str, name: str) -> list[dict[str, Any]]:
    """The rows of a query over one table of SPOTIO as the scope sees it; none when it is not mirrored or hidden."""
    try:
        relation = reach.restriction("spotio", table) or f"select * from {reach.qualified('spotio', table)}"  # noqa: S608
    except QueryRefusedError:
        return []
    return store.rows(query(name).replace("{relation}", relation))


def _entries(store: Store, reach: Reach, table: str, name: str = "") -> tuple[Entry, ...]:
    return tuple(Entry(**row) for row in _rows(store, reach, table, name or f"directory_{table}"))


def _territories(store: Store, reach: Reach) -> tuple[Territory, ...]:
    found = []
    for row in _rows(store, reach, "territory", "directory_territory"):
        outlines = json.loads(row.pop("polygons") or "[]")
        rings = tuple(
            tuple((float(point["lng"]), float(point["lat"])) for point in outline.get("points") or ())
            for outline in outlines
        )
        found.append(Territory(**row, rings=tuple(ring for ring in rings if len(ring) > 2)))
    return tuple(found)
