"""A few people in the mirror of two systems, with texts by which they are found wherever they are left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from data.mirror import Reading, merge
from data.schema import Field, MirrorTable, prepare
from data.store import Store
from sync.connectors.spotio import tables
from tests.store.conftest import NOON

WORKFLOW = {
    "dataObjects": [
        {
            "id": 1,
            "name": "Lead",
            "fields": [
                {"id": 21, "name": "Roof", "type": "text"},
                {"id": 100006, "name": "Email", "type": "text"},
            ],
        }
    ]
}
RECORD = tables.record_table(WORKFLOW)


def _field(name: str, kind: str = "string", *refers_to: str, **detail: Any) -> Field:
    types = {"boolean": "boolean", "datetime": "timestamptz", "double": "double"}
    return Field(
        name,
        kind,
        types.get(kind, "varchar"),
        name,
        {"referenceTo": list(refers_to), **detail} if refers_to else detail,
    )


def _salesforce(object: str, *fields: Field) -> MirrorTable:
    common = (
        _field("Id", "id"),
        _field("IsDeleted", "boolean"),
        _field("OwnerId", "reference", "User", "Group"),
        _field("SystemModstamp", "datetime"),
    )
    return MirrorTable(
        "salesforce", object.lower(), object, "Id", (*common, *fields), "SystemModstamp", "IsDeleted"
    )


LEAD = _salesforce(
    "Lead",
    _field("Name"),
    _field("Email", "email"),
    _field("Status", "picklist"),
    _field("Latitude", "double"),
    _field("ConvertedContactId", "reference", "Contact"),
    _field("SPOTIO_Id__c", externalId=True),
)
CONTACT = _salesforce("Contact", _field("Name"), _field("AccountId", "reference", "Account"))
TASK = _salesforce(
    "Task", _field("Subject"), _field("WhoId", "reference", "Contact", "Lead"), _field("Status", "picklist")
)
SALESFORCE_USER = _salesforce("User", _field("Name"), _field("Email", "email"), _field("IsActive", "boolean"))
TABLES = (
    RECORD, tables.ACTIVITY, tables.APPOINTMENT, tables.USER, tables.TEAM, LEAD, CONTACT, TASK, SALESFORCE_USER,
)  # fmt: skip

ADA, BO = "6a3af66d994313666ebaca0e", "6a3af66d994313666ebaca0f"
ADA_LEAD, BO_LEAD = "00QKw0000000001MAA", "00QKw0000000002MAA"
ADA_CONTACT = "003Kw0000000001MAA"
REP = "534642"
REP_IN_SALESFORCE = "005Kw0000000001MAA"


def bring(store: Store, table: MirrorTable, *rows: Mapping[str, Any], minutes: int = 0) -> Any:
    """Merge rows as a pull does; `minutes` after noon is when. Columns that no row names are not part of it."""
    moment = NOON + timedelta(minutes=minutes)
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {}
    for name in names:
        values = [_wire(row.get(name)) for row in rows]
        is_list = any(isinstance(value, list) for value in values)
        columns[name] = pa.array(values, pa.list_(pa.string()) if is_list else pa.string())
    return merge(store, table, pa.table(columns), Reading("r-1", moment))


def _wire(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return (
        value
        if value is None or isinstance(value, list)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


def fill(store: Store) -> None:
    """Ada and Bo: records, leads and what was done with them, written in two versions, and a rep."""
    for table in TABLES:
        prepare(store, table, "r-1", NOON)
    for minutes, version in enumerate(("first", "last")):
        stamp = NOON + timedelta(minutes=minutes)
        for who, id, lead in (("ada", ADA, ADA_LEAD), ("bo", BO, BO_LEAD)):
            bring(store, RECORD, record(who, id, version, stamp), minutes=minutes)
            bring(store, tables.ACTIVITY, activity(who, id, version, stamp), minutes=minutes)
            bring(store, tables.APPOINTMENT, appointment(who, id, version, stamp), minutes=minutes)
            bring(store, LEAD, sf_lead(who, lead, version, stamp), minutes=minutes)
            bring(store, TASK, sf_task(who, lead, version, stamp), minutes=minutes)
        bring(store, tables.USER, user(version), minutes=minutes)
        bring(store, SALESFORCE_USER, sf_user(version, stamp), minutes=minutes)
    bring(
        store,
        CONTACT,
        {
            "Id": ADA_CONTACT,
            "IsDeleted": False,
            "OwnerId": REP_IN_SALESFORCE,
            "SystemModstamp": NOON,
            "Name": "adatrace contact",
        },
    )
    bring(
        store, LEAD,
        {"Id": ADA_LEAD, "IsDeleted": False, "SystemModstamp": NOON + timedelta(minutes=2), "ConvertedContactId": ADA_CONTACT},
        minutes=2,
    )  # fmt: skip


def record(who: str, id: str, version: str, stamp: datetime) -> dict[str, Any]:
    return {
        "id": id, "typeId": "1", "stageId": "1" if version == "first" else "2", "ownerId": REP, "territoryId": "7", "value": 1200.5,
        "name": f"{who}trace {version}", "address": f"{who}trace street {version}", "zip": f"{who}trace", "lat": 39.86, "lng": -105.04,
        "pinId": f"{who}trace-pin", "externalDataObjectId": ADA_LEAD if who == "ada" else None, "createdAt": NOON,
        "updatedAt": stamp, "visitsCount": 3, "f_21": f"{who}trace roof {version}", "f_100006": f"{who}trace-{version}@example.net",
    }  # fmt: skip


def activity(who: str, id: str, version: str, stamp: datetime, activity_id: str = "") -> dict[str, Any]:
    return {
        "id": activity_id or f"9{id[-1]}", "activityTemplateId": "1", "type": "event", "done": True, "ownerId": REP, "date": NOON,
        "resultId": "6", "dataObjectId": id, "distance": 4.5, "verified": True, "createdAt": NOON, "updatedAt": stamp,
        "text": f"{who}trace text {version}", "title": f"{who}trace title", "notes": f"{who}trace notes {version}",
        "email": f"{who}trace@example.net", "phoneNumber": f"{who}trace 555",
    }  # fmt: skip


def appointment(who: str, id: str, version: str, stamp: datetime) -> dict[str, Any]:
    return {
        "id": f"4{id[-1]}", "dataObjectId": id, "ownerId": REP, "date": NOON, "duration": 60, "updatedAt": stamp,
        "title": f"{who}trace visit {version}", "notes": f"{who}trace brings a dog {version}",
    }  # fmt: skip


def user(version: str) -> dict[str, Any]:
    return {
        "id": REP, "firstName": "reptrace", "lastName": version, "email": "reptrace@example.com", "role": "Sales", "status": "active",
        "suspended": False, "externalSystemUserId": REP_IN_SALESFORCE, "userPicUrl": "https://example.com/reptrace.png",
    }  # fmt: skip


def sf_lead(who: str, id: str, version: str, stamp: datetime) -> dict[str, Any]:
    return {
        "Id": id, "IsDeleted": False, "OwnerId": REP_IN_SALESFORCE, "SystemModstamp": stamp, "Name": f"{who}trace {version}",
        "Email": f"{who}trace@example.net", "Status": version, "Latitude": 39.86,
        "SPOTIO_Id__c": BO if who == "bo" else None,
    }  # fmt: skip


def sf_task(who: str, id: str, version: str, stamp: datetime) -> dict[str, Any]:
    return {
        "Id": f"00T{id[3:]}", "IsDeleted": False, "OwnerId": REP_IN_SALESFORCE, "SystemModstamp": stamp,
        "Subject": f"call {who}trace {version}", "WhoId": id, "Status": "Open",
    }  # fmt: skip


def sf_user(version: str, stamp: datetime) -> dict[str, Any]:
    return {
        "Id": REP_IN_SALESFORCE, "IsDeleted": False, "SystemModstamp": stamp, "Name": f"reptrace {version}",
        "Email": "reptrace@example.com", "IsActive": True,
    }  # fmt: skip


def traces(store: Store, word: str) -> dict[str, int]:
    """In how many rows of which tables the word stands, in any column."""
    found = {}
    for table in store.rows("select schema_name as s, table_name as t from duckdb_tables() order by 1, 2"):
        sql = f'select count(*) as n from {table["s"]}."{table["t"]}" x where contains(to_json(x)::varchar, $word)'
        if count := store.rows(sql, {"word": word})[0]["n"]:
            found[f"{table['s']}.{table['t']}"] = count
    return found
