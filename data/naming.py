"""What the ids in a row stand for: names of people, stages, territories, results and other records beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data import literals
from data.access import Key, Reach, Scope
from data.schema import quoted
from data.store import Store

# Columns of spotio that hold ids -> the table that they point into.
_SPOTIO: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ownerId", "createdById", "updatedById", "stageUpdatedById", "lastActivityOwnerId", "previousOwnerId",
            "newOwnerId", "userId",
        ),
        "user",
    ),
    **dict.fromkeys(("stageId", "fromStageId", "toStageId"), "stage"),
    **dict.fromkeys(("resultId", "lastVisitResultId", "lastCallResultId"), "result"),
    "territoryId": "territory",
    "typeId": "record_type",
    "activityTemplateId": "activity_template",
    "dataObjectId": "record",
}  # fmt: skip
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


def pointer(system: str, table: str, column: str, row: Mapping[str, Any]) -> Pointer | None:
    """What the value of a row's column points to, when it is an id."""
    value = row[column]
    if not isinstance(value, str) or not value:
        return None
    if system == "spotio":
        if column == "parentId" and table in ("team", "territory", "record_type"):
            return Pointer(("spotio", table), value)
        target = _SPOTIO.get(column)
        if target == "stage" and row.get("typeId"):
            value = f"{row['typeId']}:{value}"  # a stage's id is its own only within its type
        return Pointer(("spotio", target), value) if target else None
    if system == "salesforce" and column.endswith("Id") and len(value) in (15, 18):
        target = _SALESFORCE.get(value[:3])
        return Pointer(("salesforce", target), value) if target else None
    return None


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
    """Results of activities are told within their templates."""
    source = reach.select("spotio", "activity_template")
    if source is None:
        return {}
    found: dict[str, str] = {}
    for row in store.rows(f"select results::varchar as results from ({source}) where results is not null"):
        for result in json.loads(row["results"]) or []:
            if str(result.get("id")) in ids:
                found[str(result["id"])] = str(result.get("name"))
    return found


def display_name(columns: Iterable[str]) -> str:
    """The SQL that names a row for people, by which columns its table has."""
    present = {name.lower(): quoted(name) for name in columns}
    if "name" in present:
        return present["name"]
    if "firstname" in present and "lastname" in present:
        return f"trim(concat_ws(' ', {present['firstname']}, {present['lastname']}))"
    for name in ("title", "subject", "activityname", "email"):
        if name in present:
            return present[name]
    return "null::varchar"
