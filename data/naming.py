"""What the ids in a row stand for: names of people, stages, territories, results and other records beside them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data import literals
from data.access import Key, Reach, Scope
from data.schema import quoted
from data.store import Store

# Columns of spotio and of the events that hold ids -> the table that they point into.
_SPOTIO: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ownerId", "createdById", "updatedById", "stageUpdatedById", "lastActivityOwnerId", "previousOwnerId",
            "newOwnerId", "userId", "user_id", "by_user_id",
        ),
        "user",
    ),
    **dict.fromkeys(("stageId", "fromStageId", "toStageId", "stage_id", "from_stage_id", "to_stage_id"), "stage"),
    **dict.fromkeys(("resultId", "lastVisitResultId", "lastCallResultId", "result_id"), "result"),
    **dict.fromkeys(("territoryId", "territory_id"), "territory"),
    **dict.fromkeys(("typeId", "type_id"), "record_type"),
    **dict.fromkeys(("activityTemplateId", "template_id"), "activity_template"),
    **dict.fromkeys(("dataObjectId", "record_id"), "record"),
    "team_id": "team",
}  # fmt: skip
# Ids that are their own only within another one, and the columns that say within which.
_WITHIN: Mapping[str, tuple[str, ...]] = {
    "stage": ("typeId", "type_id"),
    "result": ("activityTemplateId", "template_id"),
}
_PARENTS = frozenset({"team", "territory", "record_type"})
# The first three characters of a Salesforce id say whose it is (source: Salesforce's list of key prefixes).
_SALESFORCE: Mapping[str, str] = {
    "001": "account", "003": "contact", "005": "user", "006": "opportunity", "00G": "group", "00Q": "lead",
    "012": "recordtype",
}  # fmt: skip
# Who did something is said also where their own rows are out of scope, as the numbers do; what is masked is not.
_SAID_TO_ALL = frozenset(
    {("spotio", "user"), ("spotio", "territory"), ("salesforce", "user"), ("salesforce", "group")}
)


@dataclass(frozen=True)
class Pointer:
    """An id, and the table of the row that it stands for."""

    table: Key
    id: str


def points_into(system: str, table: str, column: str) -> str | None:
    """The table of spotio whose ids a column holds, if any."""
    if system not in ("spotio", "history"):
        return None
    if column == "parentId":
        return table if table in _PARENTS else None
    return None if (table, column) == ("stage", "stageId") else _SPOTIO.get(column)


def parent_column(columns: Iterable[str], column: str) -> str | None:
    """The column of the same table within whose value the ids of `column` are told: the type of a stage."""
    if column.startswith("last"):
        return None  # results of the last visit and the last call, which say no activity type
    within = _WITHIN.get(_SPOTIO.get(column, ""), ())
    return next((name for name in columns if name in within), None)


def told_with(columns: Collection[str], chosen: Iterable[str]) -> list[str]:
    """The chosen columns of a table, and those without which ids in them cannot be named."""
    found = list(chosen)
    for column in tuple(found):
        parent = parent_column(columns, column)
        if parent is None and _SPOTIO.get(column) == "stage" and "dataObjectId" in columns:
            parent = "dataObjectId"  # an activity moves the stage of its record, whose type says which
        found += [parent] if parent else []
    return list(dict.fromkeys(found))


def pointer(system: str, table: str, column: str, row: Mapping[str, Any]) -> Pointer | None:
    """What the value of a row's column points to, when it is an id."""
    value = row[column]
    if not isinstance(value, str) or not value:
        return None
    target = points_into(system, table, column)
    if target:
        parent = parent_column(row, column)
        return Pointer(("spotio", target), f"{row[parent]}:{value}" if parent and row[parent] else value)
    if system == "salesforce" and column.endswith("Id") and len(value) in (15, 18):
        target = _SALESFORCE.get(value[:3])
        return Pointer(("salesforce", target), value) if target else None
    return None


def named(
    store: Store, scope: Scope, system: str, table: str, rows: Sequence[Mapping[str, Any]]
) -> dict[str, list[str | None]]:
    """The names that stand for the ids of some rows, column by column, None where there is none.

    Only for columns that hold ids of something with a name.
    """
    if rows and table == "activity" and system == "spotio":
        rows = _with_types(store, scope, rows)
    pointers = {
        column: [pointer(system, table, column, row) for row in rows]
        for column in (rows[0] if rows else ())
        if column.lower() != "id"
    }
    said = names(store, scope, {one for found in pointers.values() for one in found if one is not None})
    return {
        column: [said.get(one) if one else None for one in found]
        for column, found in pointers.items()
        if any(one is not None for one in found)
    }


def _with_types(store: Store, scope: Scope, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows of activities that move a stage with the type of their record, which says whose stage it is."""
    ids = {
        row["dataObjectId"]
        for row in rows
        if row.get("dataObjectId") and (row.get("toStageId") or row.get("fromStageId"))
    }
    source = Reach(store, scope).select("spotio", "record") if ids else None
    if source is None:
        return rows
    found = store.rows(f"select id, typeId from ({source}) where {literals.one_of('id', ids)}")
    types = {row["id"]: row["typeId"] for row in found}
    return [{**row, "typeId": types.get(row.get("dataObjectId"))} for row in rows]


def names(store: Store, scope: Scope, wanted: Iterable[Pointer]) -> dict[Pointer, str]:
    """The names of what is pointed to, as far as the scope may see them."""
    by_table: dict[Key, set[str]] = {}
    for one in wanted:
        by_table.setdefault(one.table, set()).add(one.id)
    found: dict[Pointer, str] = {}
    narrow, wide = Reach(store, scope), Reach(store, replace(scope, role="analyst", teams=None))
    for key, ids in by_table.items():
        reach = wide if key in _SAID_TO_ALL and scope.role != "rep" else narrow
        for row_id, name in _names(store, reach, key, ids).items():
            found[Pointer(key, row_id)] = name
    return found


def _names(store: Store, reach: Reach, key: Key, ids: set[str]) -> dict[str, str]:
    schema, table = key
    if table == "result":
        return _results(store, reach, ids)
    source = reach.select(schema, table)
    if source is None:
        return {}
    key_column = quoted(reach.key_column(key))
    name = display_name(reach.tables[key].columns)
    sql = (
        f"select {key_column} as id, {name} as name from ({source}) where {literals.one_of(key_column, ids)}"
    )
    if table == "stage":
        # Without its type, a stage has a name where all types call it so.
        sql += (
            f" union all select stageId, min(name) from ({source}) where {literals.one_of('stageId', ids)}"
            " group by stageId having min(name) = max(name)"
        )
    rows = store.rows(sql)
    return {row["id"]: row["name"] for row in rows if row["name"]}


def _results(store: Store, reach: Reach, ids: set[str]) -> dict[str, str]:
    """Results of activities are told within their templates; "5:21" is asked for of template 5 alone."""
    source = reach.select("spotio", "activity_template")
    if source is None:
        return {}
    found: dict[str, str] = {}
    for row in store.rows(
        f"select id, results::varchar as results from ({source}) where results is not null"
    ):
        for result in json.loads(row["results"]) or []:
            for id in (f"{row['id']}:{result.get('id')}", str(result.get("id"))):
                if id in ids:
                    found.setdefault(id, str(result.get("name")))
    return found


def display_name(columns: Iterable[str]) -> str:
    """The SQL that names a row for people, by which columns its table has."""
    present = {name.lower(): quoted(name) for name in columns}
    if "name" in present:
        # A door whose people nobody has met yet goes by its address.
        return f"coalesce(nullif(trim({present['name']}), ''), {present.get('address', 'null')})"
    if "firstname" in present and "lastname" in present:
        return f"trim(concat_ws(' ', {present['firstname']}, {present['lastname']}))"
    for name in ("title", "subject", "activityname", "email"):
        if name in present:
            return present[name]
    return "null::varchar"
