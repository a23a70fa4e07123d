"""A company of two teams in both systems. What one must not see bears a word by which it is found anywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from data.access import Scope
from data.mirror import Reading, mark_deleted, merge
from data.schema import Field, MirrorTable, prepare
from data.spotio_views import make_record_views
from data.store import Store
from sync.connectors.spotio import tables
from tests.store.conftest import NOON

# In every value that belongs to the other team; in every value of the masked column; in what nobody may read.
EAST, HIDDEN, CONFIDENTIAL = "EASTSECRET", "HIDDENMAIL", "CONFIDENTIAL"
LATER = NOON + timedelta(hours=1)

WORKFLOW = {
    "dataObjects": [
        {
            "id": 1,
            "name": "Lead",
            "fields": [
                {"id": 100006, "name": "Email", "type": "text", "systemRole": "email"},
                {"id": 20, "name": "Roof", "type": "text"},
            ],
            "stages": {
                "active": {"stages": [{"id": 1, "name": "New"}]},
                "won": {"stages": [{"id": 2, "name": "Sold"}]},
            },
        }
    ]
}
RECORD = tables.record_table(WORKFLOW)

MANAGER = Scope("manager", "dana@example.com", frozenset({"west"}), "uw")
LEADS_NOBODY = Scope("manager", "nobody@example.com", frozenset(), None)
ANALYST = Scope("analyst", "ana@example.com", None, None)
MASKED = Scope(
    "analyst", "ana@example.com", None, None, frozenset({"spotio.record.f_100006", "salesforce.lead.email"})
)
MASKED_MANAGER = Scope("manager", "dana@example.com", frozenset({"west"}), "uw", MASKED.masks)
REP = Scope("rep", "uw@example.com", None, "uw")


def _sobject(name: str, **columns: str) -> MirrorTable:
    kinds = {"Id": "varchar", **columns, "SystemModstamp": "timestamptz"}
    fields = tuple(Field(n, k, k, label=n) for n, k in kinds.items())
    return MirrorTable("salesforce", name.lower(), name, "Id", fields, "SystemModstamp")


SF_USER = _sobject("User", Name="varchar", Email="varchar")
LEAD = _sobject(
    "Lead", Name="varchar", Email="varchar", Phone="varchar", Street="varchar", PostalCode="varchar", OwnerId="varchar",
    SPOTIO_Id__c="varchar",
)  # fmt: skip
LEAD_HISTORY = _sobject(
    "LeadHistory", LeadId="varchar", CreatedById="varchar", CreatedDate="timestamptz", Field="varchar",
    OldValue="varchar", NewValue="varchar",
)  # fmt: skip
LEAD_STATUS = _sobject("LeadStatus", ApiName="varchar")
# An object that nobody has thought of: without an owner and without a known parent.
MYSTERY = _sobject("Mystery__c", Name="varchar")


def two_teams(store: Store) -> Store:
    """Fill a store: at noon everything as it was first seen, an hour later one e-mail of each team was changed."""
    _spotio(store)
    _salesforce(store)
    _events(store)
    with store.write() as cursor:
        cursor.execute("create table config.secret as select $word as value", {"word": CONFIDENTIAL})
        cursor.execute("insert into sync.write (id, text) values ('w-1', $word)", {"word": CONFIDENTIAL})
        cursor.execute("insert into sync.run (number, id, kind, outcome) values (1, 'r-1', 'pull', 'done')")
    return store


def see(store: Store, table: MirrorTable, *rows: dict[str, Any], now: datetime = NOON) -> None:
    """Bring rows of SPOTIO as a page does; columns that none of them has keep their value."""
    if table.system == "spotio":
        given = {name for row in rows for name in row}
        incoming = tables.rows_table(table, rows, frozenset(set(table.columns) - given))
    else:
        names = [name for name in table.columns if any(name in row for row in rows)]
        incoming = pa.table([pa.array([row.get(name) for row in rows]) for name in names], names=names)
    merge(store, table, incoming, Reading("r-1", now))


def _spotio(store: Store) -> None:
    every = (
        tables.USER, tables.TEAM, tables.TERRITORY, tables.RECORD_TYPE, tables.STAGE, tables.FIELD, tables.TEMPLATE,
        tables.ACTIVITY, tables.APPOINTMENT, RECORD,
    )  # fmt: skip
    for table in every:
        prepare(store, table, "r-1", NOON)
    see(
        store,
        tables.TEAM,
        {"id": "west", "name": "West", "usersIds": ["uw"]},
        {"id": "east", "name": EAST, "usersIds": ["ue"]},
    )
    see(
        store,
        tables.USER,
        {"id": "uw", "firstName": "Wanda", "lastName": "West", "email": "uw@example.com"},
        {"id": "ue", "firstName": EAST, "lastName": "East", "email": f"{EAST}@example.com"},
    )
    see(store, tables.RECORD_TYPE, {"id": "1", "name": "Lead"})
    see(store, tables.STAGE, *tables.stage_rows(WORKFLOW))
    see(store, tables.FIELD, *tables.field_rows(WORKFLOW))
    see(store, tables.TEMPLATE, {"id": "1", "name": "Visit", "results": [{"id": "6", "name": "Sold"}]})
    see(
        store,
        tables.TERRITORY,
        {"id": "tw", "title": "West hills", "userIds": ["uw"]},
        {"id": "te", "title": EAST, "userIds": ["ue"]},
    )
    see(
        store,
        RECORD,
        {
            "id": "rw", "typeId": "1", "name": "Castell household", "stageId": "1", "ownerId": "uw", "territoryId": "tw",
            "address": "12 Elm St, Denver, CO 80202", "zip": "80202", "f_100006": [f"{HIDDEN}1@example.com"],
            "value": 100.0, "createdById": "uw",
        },
        {
            "id": "re", "typeId": "1", "name": f"{EAST} household", "stageId": "2", "ownerId": "ue", "territoryId": "te",
            "address": f"{EAST} street", "zip": "99999", "f_100006": [f"{HIDDEN}{EAST}@example.com"], "value": 200.0,
            "createdById": "ue",
        },
    )  # fmt: skip
    for which, owner, word in (("w", "uw", "mild"), ("e", "ue", EAST)):
        see(
            store,
            tables.ACTIVITY,
            {
                "id": f"a{which}", "type": "event", "activityTemplateId": "1", "resultId": "6", "ownerId": owner,
                "dataObjectId": f"r{which}", "date": NOON, "createdAt": NOON, "updatedAt": NOON, "notes": word, "done": True,
            },
            {
                "id": f"d{which}", "type": "update", "ownerId": owner, "dataObjectId": f"r{which}", "date": NOON,
                "createdAt": NOON, "updatedAt": NOON, "notes": word,
                "fieldDiff": {"fieldType": "lead", "reference": "100006", "oldValue": None, "newValue": HIDDEN},
            },
        )  # fmt: skip
        see(
            store,
            tables.APPOINTMENT,
            {"id": f"p{which}", "dataObjectId": f"r{which}", "ownerId": owner, "title": word, "date": NOON},
        )
    make_record_views(store, [("1", "Lead", [("f_100006", "Email"), ("f_20", "Roof")])])
    see(store, RECORD, {"id": "rw", "f_100006": [f"{HIDDEN}2@example.com"]}, now=LATER)
    see(store, RECORD, {"id": "re", "f_100006": [f"{HIDDEN}{EAST}2@example.com"]}, now=LATER)


def _salesforce(store: Store) -> None:
    for table in (SF_USER, LEAD, LEAD_HISTORY, LEAD_STATUS, MYSTERY):
        prepare(store, table, "r-1", NOON)
    see(
        store,
        SF_USER,
        {"Id": "005000000000001AAA", "Name": "Wanda West", "Email": "UW@example.com"},
        {"Id": "005000000000002AAA", "Name": EAST, "Email": f"{EAST}@example.com"},
    )
    see(
        store,
        LEAD,
        {
            "Id": "00Q000000000001AAA", "Name": "Castell", "Email": f"{HIDDEN}2@example.com", "Street": "12 Elm St",
            "PostalCode": "80202", "OwnerId": "005000000000001AAA", "SPOTIO_Id__c": None, "Phone": "(303) 555-0100",
        },
        {
            "Id": "00Q000000000002AAA", "Name": EAST, "Email": f"{HIDDEN}{EAST}2@example.com", "Street": "1 Oak Ave",
            "PostalCode": "99999", "OwnerId": "005000000000002AAA", "SPOTIO_Id__c": "re", "Phone": None,
        },
    )  # fmt: skip
    for number, word in ((1, "mild"), (2, EAST)):
        see(
            store,
            LEAD_HISTORY,
            {
                "Id": f"h{number}", "LeadId": f"00Q00000000000{number}AAA", "Field": "Email", "OldValue": f"{HIDDEN}{word}",
                "NewValue": HIDDEN, "CreatedDate": NOON, "CreatedById": f"00500000000000{number}AAA",
            },
            {
                "Id": f"s{number}", "LeadId": f"00Q00000000000{number}AAA", "Field": "Status", "OldValue": f"{word} old",
                "NewValue": word, "CreatedDate": NOON, "CreatedById": f"00500000000000{number}AAA",
            },
        )  # fmt: skip
    see(store, LEAD_STATUS, {"Id": "st1", "ApiName": "Open"})
    see(store, MYSTERY, {"Id": "m1", "Name": EAST})
    mark_deleted(store, LEAD_STATUS, {"st1": None}, Reading("r-1", LATER))


def _events(store: Store) -> None:
    with store.write() as cursor:
        for team, record, word in (("west", "rw", "mild"), ("east", "re", EAST)):
            cursor.execute(
                "insert into history.event (id, kind, record_id, user_id, team_id, origin, happened_at, known_from)"
                " values ($id, 'logged', $record, $user, $team, $word, $now, $now)",
                {
                    "id": f"activity:{record}",
                    "record": record,
                    "user": f"u{record[1]}",
                    "team": team,
                    "word": word,
                    "now": NOON,
                },
            )
