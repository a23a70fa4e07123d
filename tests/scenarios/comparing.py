"""The mirror beside its source, row by row and column by column, in both directions.

The source is what `GET /__sandbox__/state` and the workflow show: the whole truth, not what the API chooses to list.
What an API cannot show is said here, in one place, and nowhere else is a difference forgiven:

NEEDS_RECONCILE   what only a complete reading can find: the API moves no stamp and lists no change for it
NEVER_SHOWN       columns that the stand-in's state does not hold, so nothing can be compared with them
PLANNED           SPOTIO lists no planned activity: the mirror has one only when a webhook or an appointment named
                  it, and a single read tells these columns of it alone
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from data.schema import quoted
from data.store import Store

Row = Mapping[str, Any]

NEEDS_RECONCILE: Mapping[str, str] = {
    "salesforce.*: rows purged from the recycle bin": "queryAll no longer shows them, nothing lists them",
    "salesforce.leadhistory, salesforce.opportunityfieldhistory": "no SystemModstamp: a delete or merge moves nothing",
    "spotio.record: counters, next and last activity": "an activity does not move its record's updatedAt",
    "spotio.record: records removed for good": "the list of deleted records forgets them",
    "spotio.activity: dated more than 7 days back": "the feed knows the activity's own date alone",
    "spotio.appointment": "no list, no stamp; the record's updatedAt stays",
}
_STAMPLESS = frozenset({"leadhistory", "opportunityfieldhistory"})
# What every change of a record in SPOTIO moves `updatedAt` for, so that each pull must have it.
_STAMPED_RECORD_COLUMNS = frozenset(
    {"id", "typeId", "name", "stageId", "ownerId", "updatedAt", "stageUpdatedAt", "externalDataObjectId", "source"}
)  # fmt: skip
NEVER_SHOWN = {
    "record": frozenset({"lastActivityOwnerId", "lastContractSignedDate"}),
    "user": frozenset({"userPicUrl", "authorizationProvider"}),
}
PLANNED = frozenset(
    {
        "id", "dataObjectId", "type", "isNote", "resultId", "activityTemplateId", "ownerId", "title", "notes",
        "date", "duration", "durationSeconds", "allDay",
    }
)  # fmt: skip
# The list of a record's upcoming appointments alone tells it; one that was first seen when it was over has none.
ONLY_WHILE_PLANNED = frozenset({"originalStartDate"})
_SPOTIO_OBJECTS = {
    "record": "dataObjects",
    "activity": "activities",
    "appointment": "appointments",
    "user": "users",
    "team": "teams",
    "territory": "territories",
}


@dataclass(frozen=True)
class Difference:
    """One place where mirror and source do not agree."""

    table: str
    id: str
    column: str
    source: Any
    mirror: Any

    def __str__(self) -> str:
        return f"{self.table} {self.id} {self.column}: source {self.source!r}, mirror {self.mirror!r}"


def state(url: str) -> dict[str, list[dict[str, Any]]]:
    """Everything that a stand-in holds, by object."""
    answer = httpx.get(f"{url}/__sandbox__/state", timeout=60)
    shown: dict[str, list[dict[str, Any]]] = answer.raise_for_status().json()
    return shown


def salesforce_differences(
    store: Store, url: str, objects: Sequence[str], *, reconciled: bool
) -> list[Difference]:
    """All differences of the mirrored objects; those that need a reconciliation only when there was one."""
    source = state(url)
    return [
        difference
        for sobject in objects
        for difference in _of_sobject(store, sobject, source[sobject], reconciled)
    ]


def _of_sobject(store: Store, sobject: str, source: Sequence[Row], reconciled: bool) -> Iterator[Difference]:
    table = sobject.lower()
    rows = {row["Id"]: row for row in source}
    mirrored = {row["Id"]: row for row in _mirrored(store, "salesforce", table)}
    gone = _gone_fields(store, "salesforce", sobject)
    stampless = table in _STAMPLESS and not reconciled
    for record_id in rows.keys() | mirrored.keys():
        there, here = rows.get(record_id), mirrored.get(record_id)
        if here is None:
            yield Difference(table, record_id, "*", there, None)
            continue
        if there is None:
            if here["_deleted_at"] is None and reconciled:
                yield Difference(table, record_id, "*", None, here)
            continue
        if stampless:
            continue
        if bool(there.get("IsDeleted")) != (here["_deleted_at"] is not None):
            yield Difference(table, record_id, "_deleted_at", there.get("IsDeleted"), here["_deleted_at"])
        if here["_not_visible_at"] is not None:
            yield Difference(table, record_id, "_not_visible_at", None, here["_not_visible_at"])
        own = {name for name in here if not name.startswith("_")}
        for name in (own - gone) | set(there):
            if name not in own or name not in there or not same(there[name], here[name]):
                yield Difference(table, record_id, name, there.get(name, "absent"), here.get(name, "absent"))


def spotio_differences(store: Store, url: str, *, reconciled: bool) -> list[Difference]:
    """All differences of SPOTIO's tables; without a reconciliation only what every pull must have."""
    source = state(url)
    teams = source["teams"]
    shapes: dict[str, Callable[[Row], Row]] = {
        "record": _record,
        "activity": _activity,
        "team": lambda row: {**row, "usersIds": _members(teams, row["id"])},
    }
    found = list(_of_workflow(store, url, source))
    for table, name in _SPOTIO_OBJECTS.items():
        if table in {"activity", "appointment"} and not reconciled:
            continue
        rows = {str(row["id"]): shapes.get(table, dict)(row) for row in source[name]}
        found += _of_spotio(store, table, rows, reconciled)
    return found


def _of_spotio(store: Store, table: str, rows: Mapping[str, Row], reconciled: bool) -> Iterator[Difference]:
    mirrored = {
        row["id"]: row
        for row in _mirrored(store, "spotio", table)
        if row["_deleted_at"] is None and row["_not_visible_at"] is None
    }
    if table == "appointment":
        # An occurrence that nobody has saved is made up from its series: it has no row at the source.
        mirrored = {i: row for i, row in mirrored.items() if i.isdecimal()}
    gone = {f"f_{name}" for name in _gone_fields(store, "spotio", table)}
    for record_id in rows.keys() | mirrored.keys():
        there, here = rows.get(record_id), mirrored.get(record_id)
        planned = table == "activity" and there is not None and not there["done"]
        if here is None:
            if not planned:
                yield Difference(table, record_id, "*", there, None)
            continue
        if there is None:
            if reconciled or table != "record":
                yield Difference(table, record_id, "*", None, here)
            continue
        compared = {name for name in here if not name.startswith("_")} - gone
        compared -= NEVER_SHOWN.get(table, frozenset())
        if planned:
            compared &= PLANNED
        if table == "record" and not reconciled:
            compared = {n for n in compared if n in _STAMPED_RECORD_COLUMNS or n.startswith("f_")}
        for name in compared:
            if name in ONLY_WHILE_PLANNED and here[name] is None:
                continue
            if not same(there.get(name), here[name]):
                yield Difference(table, record_id, name, there.get(name, "absent"), here[name])


def _record(row: Row) -> dict[str, Any]:
    """A record's state under the mirror's column names."""
    pin = row.get("pin") or {}
    fields = {f"f_{f['fieldId']}": f.get("values") or f.get("value") for f in row["fields"]}
    places = {"pinId": "id", "lat": "lat", "lng": "lng", "placeId": "placeId", "address": "address", "zip": "zip"}  # fmt: skip
    return {
        **row,
        **fields,
        **{name: pin.get(source) for name, source in places.items()},
        "callCount": row["callsCount"],
    }


def _activity(row: Row) -> dict[str, Any]:
    """An activity's state under the mirror's column names."""
    move, owners = row["transition"] or {}, row["ownerChanged"] or {}
    return {
        **row,
        "fromStageId": move.get("fromStageId"),
        "toStageId": move.get("toStageId"),
        "lossReasons": move.get("lossReasons"),
        "previousOwnerId": owners.get("previousDataObjectOwnerId"),
        "newOwnerId": owners.get("newDataObjectOwnerId"),
    }


def _members(teams: Sequence[Row], team_id: str) -> list[str]:
    """The people of a team and of those below it, which is what /api/Teams/users tells, in the order of their ids."""
    below = [row for row in teams if row["parentId"] == team_id]
    own = next(row["usersIds"] for row in teams if row["id"] == team_id)
    return sorted({*own, *(user for row in below for user in _members(teams, row["id"]))}, key=int)


def _of_workflow(store: Store, url: str, source: Mapping[str, Sequence[Row]]) -> Iterator[Difference]:
    """The company, types, stages, fields and templates: the state does not hold them, so the workflow itself is asked."""
    admin = next(u for u in source["users"] if u["role"] == "Admin" and not u["suspended"])
    token = httpx.post(f"{url}/__sandbox__/token", json={"user": admin["id"]}).json()["access_token"]
    workflow = httpx.get(f"{url}/api/workflow", headers={"Authorization": f"Bearer {token}"}).json()
    types = workflow["dataObjects"]
    shown: dict[str, dict[str, Any]] = {
        "company": {"company": workflow["userSettings"]["name"]},
        "record_type": {str(t["id"]): t["name"] for t in types},
        "field": {f"{t['id']}:{f['id']}": f["name"] for t in types for f in t["fields"]},
        "stage": {
            f"{t['id']}:{s['id']}": s["name"]
            for t in types
            for group in t["stages"].values()
            for s in (group or {}).get("stages") or []
        },
        "activity_template": {str(t["id"]): t["name"] for t in workflow["activities"]},
    }
    for table, rows in shown.items():
        live = [r for r in _mirrored(store, "spotio", table) if r["_deleted_at"] is None]
        here = {row["id"]: row["name"] for row in live}
        for record_id in rows.keys() | here.keys():
            if rows.get(record_id) != here.get(record_id):
                yield Difference(table, record_id, "name", rows.get(record_id), here.get(record_id))


def _mirrored(store: Store, system: str, table: str) -> list[dict[str, Any]]:
    return store.rows(f"select * from {system}.{quoted(table)}")


def _gone_fields(store: Store, system: str, object: str) -> set[str]:
    """Fields that the source no longer shows: their columns keep the last values."""
    sql = "select name from sync.field where system = $system and object = $object and gone_at is not null"
    return {row["name"] for row in store.rows(sql, {"system": system, "object": object})}


def same(source: Any, mirror: Any) -> bool:
    """Whether a value of the wire and one of the mirror are the same value."""
    if source is None or source == "" or source == []:
        # An empty text is no value: Salesforce itself keeps it as null.
        return mirror is None or mirror == "" or mirror == []
    if mirror is None:
        return False
    if isinstance(mirror, bool):
        return mirror is (source if isinstance(source, bool) else bool(source))
    if isinstance(mirror, datetime):
        return mirror == _instant(source)
    if isinstance(mirror, date):
        return mirror.isoformat() == str(source)[:10]
    if isinstance(mirror, int | float):
        return not isinstance(source, list | dict) and float(source) == float(mirror)
    if isinstance(mirror, list):
        held = source if isinstance(source, list) else [source]
        return [str(each) for each in held] == [str(each) for each in mirror]
    if isinstance(source, list | dict):
        return (
            bool(json.loads(mirror) == source)
            if mirror[:1] in "[{"
            else mirror == "; ".join(map(str, source))
        )
    return str(source) == str(mirror) or _as_number(source) == _as_number(mirror)


def _as_number(value: Any) -> Any:
    """A number that a widened column keeps as text, whichever way it is written; the text itself otherwise."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return float(value)
    except ValueError:
        return value


def _instant(text: str) -> datetime:
    """A stamp of either wire, cut to the microseconds that the mirror keeps."""
    whole, dot, rest = text.replace(" ", "T").partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{whole}.{rest[:digits][:6]:0<6}{rest[digits:]}"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
