"""The values that a filter offers: names where a column holds ids, and the few values that a column takes."""

from __future__ import annotations

import json

from data.access import Reach, Scope, relation
from data.columns import TEXT, kind
from data.explore import Table
from data.naming import display_name, parent_column, points_into
from data.schema import quoted
from data.store import Store

FEW = 60
_LOOKED_AT = 50_000  # rows in which the values of a column are looked for
_OFFERED = ("user", "team", "territory", "record_type", "activity_template")
_NAMED_IN_SALESFORCE = {"ownerid": "user", "createdbyid": "user", "lastmodifiedbyid": "user", "recordtypeid": "recordtype"}  # fmt: skip


def choices(store: Store, scope: Scope, table: Table, column: str) -> dict[str, str] | None:
    """Value -> name, by name; None where there are too many to choose from, or values that one types.

    Of people and teams those that the scope may see. Values of columns without names stand for themselves, those
    found in the first rows; others can be typed.
    """
    reach = Reach(store, scope)
    target = points_into(table.schema, table.name, column)
    if target is None and table.schema == "salesforce":
        return _rows(store, reach, "salesforce", _NAMED_IN_SALESFORCE.get(column.lower())) or _values(
            store, scope, table, column
        )
    if target in _OFFERED:
        return _rows(store, reach, "spotio", target)
    if target == "stage":
        return _stages(store, reach, told=parent_column(table.columns, column) is not None)
    if target == "result":
        return _results(store, reach, told=parent_column(table.columns, column) is not None)
    return None if target else _values(store, scope, table, column)


def _rows(store: Store, reach: Reach, schema: str, name: str | None) -> dict[str, str] | None:
    source = reach.select(schema, name) if name else None
    if source is None or name is None:
        return None
    key = quoted(reach.key_column((schema, name)))
    rows = store.rows(
        f"select {key} as id, {display_name(reach.tables[(schema, name)].columns)} as name from ({source})"
        " where _deleted_at is null order by lower(name), id"
    )
    return {row["id"]: row["name"] or row["id"] for row in rows}


def _stages(store: Store, reach: Reach, *, told: bool) -> dict[str, str] | None:
    """Stages of all types, with the type where there are several; `told`: each within its type."""
    stages, types = reach.select("spotio", "stage"), reach.select("spotio", "record_type")
    if stages is None or types is None:
        return None
    rows = store.rows(
        f"select s.id, s.stageId as stage, s.name, t.name as type from ({stages}) s left join ({types}) t on t.id = s.typeId"
        " where s._deleted_at is null order by s.typeId, s.position"
    )
    return _within([(row["id"], row["stage"], row["name"], row["type"]) for row in rows], told=told)


def _results(store: Store, reach: Reach, *, told: bool) -> dict[str, str] | None:
    """Results of all activity types; `told`: each within its type."""
    source = reach.select("spotio", "activity_template")
    if source is None:
        return None
    found = [
        (f"{row['id']}:{result['id']}", str(result["id"]), str(result.get("name")), row["name"])
        for row in store.rows(
            f"select id, name, results::varchar as results from ({source}) where _deleted_at is null order by lower(name)"
        )
        for result in json.loads(row["results"] or "null") or []
    ]
    return _within(found, told=told)


def _within(found: list[tuple[str, str, str, str]], *, told: bool) -> dict[str, str]:
    """(id with its parent, id, name, parent's name) -> what to choose from."""
    if told:
        return {whole: f"{parent}: {name}" for whole, _, name, parent in found}
    names: dict[str, list[str]] = {}
    for _, id, name, _ in found:
        if name not in names.setdefault(id, []):
            names[id].append(name)
    return {id: " / ".join(several) for id, several in names.items()}


def _values(store: Store, scope: Scope, table: Table, column: str) -> dict[str, str] | None:
    """The values of a column that takes few."""
    stored = table.columns[column]
    listed = stored == "VARCHAR[]"
    if not listed and (kind(stored) != TEXT or stored == "JSON" or column == table.key):
        return None
    held = f"unnest({quoted(column)})" if listed else quoted(column)
    rows = store.rows(
        f"select distinct value from (select {held} as value from"
        f" ({relation(store, scope, table.schema, table.name)}) limit {_LOOKED_AT})"
        f" where value is not null and value <> '' and length(value) < 100 limit {FEW + 1}"
    )
    if not rows or len(rows) > FEW:
        return None
    return {value: value for value in sorted((row["value"] for row in rows), key=str.casefold)}
