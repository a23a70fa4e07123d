"""Two small mirrors, of SPOTIO and of Salesforce, filled through the merges that a pull uses, and one sync over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from data import mirror
from data.mirror import Reading
from data.schema import Field, MirrorTable, prepare
from data.store import Store
from data.syncs import journal, recording
from data.syncs.recording import Found
from sync.connectors.spotio import tables
from sync.engine.definition import Clause, Column, Definition, FieldRule, Filter, Inbound, Kind, MatchKey
from sync.engine.outcome import ACTIONS, CASES, CONFLICTS, DECISIONS, FIELDS, LINK_STATES, REBASES, STANDING

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

RECORD = tables.record_table(
    {
        "dataObjects": [
            {
                "id": 1,
                "name": "Lead",
                "fields": [
                    {"id": 20, "name": "Roof", "type": "multiChoice"},
                    {"id": 21, "name": "Built", "type": "date"},
                    {"id": 22, "name": "Size", "type": "number"},
                    {"id": 100001, "name": "Address", "type": "address", "systemRole": "address"},
                    {"id": 100006, "name": "Email", "type": "email", "systemRole": "email"},
                    {"id": 100009, "name": "Worth", "type": "currency", "systemRole": "value"},
                ],
            }
        ]
    }
)
_TYPES = {
    "boolean": "boolean",
    "datetime": "timestamptz",
    "double": "double",
    "date": "date",
    "int": "bigint",
}


def _salesforce(object: str, *fields: tuple[Any, ...]) -> MirrorTable:
    found = [
        Field(name, kind, _TYPES.get(kind, "varchar"), name, dict(more[0]) if more else {})
        for name, kind, *more in (("Id", "id"), ("IsDeleted", "boolean"), *fields)
    ]
    return MirrorTable("salesforce", object.lower(), object, "Id", tuple(found), None, "IsDeleted")


LEAD = _salesforce(
    "Lead",
    ("FirstName", "string", {"compound": "Name"}),
    ("LastName", "string", {"compound": "Name"}),
    ("Email", "email"),
    ("Company", "string"),
    ("AnnualRevenue", "double"),
    ("HasOptedOut", "boolean"),
    ("Call__c", "datetime"),
    ("OwnerId", "reference", {"referenceTo": ["User", "Group"]}),
    ("RecordTypeId", "reference", {"referenceTo": ["RecordType"]}),
    ("Area__c", "reference", {"referenceTo": ["Area__c"]}),
    ("MasterRecordId", "reference", {"referenceTo": ["Lead"]}),
    ("IsConverted", "boolean"),
    ("SPOTIO_Id__c", "string", {"externalId": True}),
    ("CreatedById", "reference", {"referenceTo": ["User"]}),
    ("LastModifiedById", "reference", {"referenceTo": ["User"]}),
    ("LastModifiedDate", "datetime"),
)
HISTORY = _salesforce(
    "LeadHistory",
    ("LeadId", "reference", {"referenceTo": ["Lead"]}),
    ("Field", "picklist"),
    ("DataType", "picklist"),
    ("NewValue", "anyType"),
    ("CreatedById", "reference", {"referenceTo": ["User"]}),
    ("CreatedDate", "datetime"),
)
USER = _salesforce("User", ("Name", "string"), ("Email", "email"), ("IsActive", "boolean"))
GROUP = _salesforce("Group", ("Name", "string"), ("Type", "picklist"))
RECORD_TYPE = _salesforce("RecordType", ("DeveloperName", "string"))

EMAIL = "100006~lead.Email"
WORTH = "100009~lead.AnnualRevenue"
STAGE = "stage~lead.Status"


def _column(name: str, kind: Kind = Kind.TEXT) -> Column:
    return Column(name, name, kind)


def definition(**changes: Any) -> Definition:
    """The sync `doors`: e-mail and worth both ways, matched by e-mail; entry by the owner's name and the record type."""
    usual: dict[str, Any] = {
        "sync": "doors", "version": 1, "type_id": "1", "type_name": "Lead",
        "fields": (
            FieldRule(EMAIL, _column("100006", Kind.EMAIL), _column("Email", Kind.EMAIL)),
            FieldRule(WORTH, _column("100009", Kind.NUMBER), _column("AnnualRevenue", Kind.NUMBER)),
        ),
        "inbound": Inbound(wanted=True, filter=Filter(())),
        "match": (MatchKey((EMAIL,), "Email"),),
    }  # fmt: skip
    return Definition(**(usual | changes))


def filtered_by(side: Any, *names: str) -> Inbound:
    """An inbound direction whose filter looks at these columns."""
    return Inbound(True, filter=Filter(tuple(Clause(side, _column(name), "is_not_blank") for name in names)))


class SmallPair:
    """Rows arrive as they would: whole when new, else only what is given; `now` is the moment at which they are seen."""

    def __init__(self, store: Store, now: datetime = NOON) -> None:
        self.store, self.now = store, now
        for table in (RECORD, tables.ACTIVITY, tables.USER, LEAD, HISTORY, USER, GROUP, RECORD_TYPE):
            prepare(store, table, "first", now)

    def at(self, moment: datetime) -> SmallPair:
        self.now = moment
        return self

    def record(self, id: str, email: str | None = None, **members: Any) -> None:
        """A SPOTIO record that u1 made in the app."""
        usual = {
            "typeId": "1", "stageId": "1", "ownerId": "u1", "createdById": "u1", "updatedById": "u1", "source": "Ios",
            "createdAt": NOON.isoformat(), "updatedAt": NOON.isoformat(), "f_100006": email,
        }  # fmt: skip
        self.see(RECORD, {"id": id, **usual, **_told(members)})

    def lead(self, id: str, email: str | None = None, **members: Any) -> None:
        """A lead of the Salesforce user 005a."""
        usual = {
            "LastName": "Doe", "Company": "Doe", "OwnerId": "005a", "CreatedById": "005a", "LastModifiedById": "005a",
            "LastModifiedDate": NOON.isoformat(), "IsDeleted": "false", "IsConverted": "false", "Email": email,
        }  # fmt: skip
        self.see(LEAD, {"Id": id, **usual, **_told(members)})

    def activity(self, id: str, record: str, by: str, when: datetime, **members: Any) -> None:
        """What SPOTIO notes of a record: `type` is transition, ownerChanged or update."""
        stamp = when.isoformat()
        usual = {"done": "true", "ownerId": by, "dataObjectId": record, "date": stamp, "createdAt": stamp, "updatedAt": stamp}  # fmt: skip
        self.see(tables.ACTIVITY, {"id": id, **usual, **_told(members)})

    def entry(self, id: str, lead: str, field: str, value: str | None, by: str, when: datetime, kind: str = "Text") -> None:  # fmt: skip
        """An entry of Salesforce's field history."""
        self.see(HISTORY, {
            "Id": id, "LeadId": lead, "Field": field, "DataType": kind, "NewValue": value, "CreatedById": by,
            "CreatedDate": when.isoformat(), "IsDeleted": "false",
        })  # fmt: skip

    def users(self) -> None:
        """Ada and Bo in both systems, by e-mail; the integration's own user and a queue in Salesforce."""
        for id, name in (("u1", "Ada"), ("u2", "Bo")):
            self.see(tables.USER, {"id": id, "firstName": name, "lastName": "Rep", "email": f"{name.lower()}@example.com", "status": "active", "suspended": "false"})  # fmt: skip
        for id, name in (("005a", "Ada"), ("005b", "Bo"), ("005i", "Fieldline")):
            self.see(USER, {"Id": id, "Name": f"{name} Rep", "Email": f"{name}@Example.com", "IsActive": "true", "IsDeleted": "false"})  # fmt: skip
        self.see(GROUP, {"Id": "00Gq", "Name": "Pool", "Type": "Queue", "IsDeleted": "false"})

    def see(self, table: MirrorTable, row: dict[str, Any]) -> None:
        arrays = {
            name: pa.array([value], pa.list_(pa.string()) if isinstance(value, list) else pa.string())
            for name, value in row.items()
        }
        mirror.merge(self.store, table, pa.table(arrays), self.reading())

    def delete(self, table: MirrorTable, *ids: str, when: datetime | None = None) -> None:
        mirror.mark_deleted(self.store, table, dict.fromkeys(ids, when), self.reading())

    def reading(self) -> Reading:
        return Reading("first", self.now)


def _told(members: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in members.items()}


def rows(schema: Any, *given: dict[str, Any]) -> pl.DataFrame:
    """A frame of that shape; what a row does not say is null."""
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in given], schema=schema)


def actions(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(ACTIONS, *({"step": 1, "why": "because"} | row for row in given))


def fields(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(FIELDS, *given)


def decisions(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(DECISIONS, *given)


def conflicts(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(CONFLICTS, *({"unit": row["field"], "policy": "ask"} | row for row in given))


def rebases(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(REBASES, *({"differs": False} | row for row in given))


def standing(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(STANDING, *given)


def cases(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(CASES, *given)


def link_states(*given: dict[str, Any]) -> pl.DataFrame:
    return rows(LINK_STATES, *given)


def record(
    store: Store, *, run: str = "r-1", now: datetime = NOON, planned_to: datetime | None = None, **frames: pl.DataFrame,
) -> int:  # fmt: skip
    """Write down what a plan found: the frames of it that are given."""
    nothing = Found(decisions(), conflicts(), rebases(), standing(), cases(), link_states())
    return recording.record(
        store, replace(nothing, **frames), sync="doors", run=run, version=1, now=now, planned_to=planned_to
    )


def create_lead(action: str, record: str, email: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A plan's action that makes a lead of a record, with its fields."""
    done = {
        "action": action, "kind": "create", "class": "create_salesforce", "system": "salesforce", "object": "Lead",
        "spotio_id": record, "born": "spotio",
    }  # fmt: skip
    held = {
        "action": action, "field": EMAIL, "column": "Email", "label": "Email", "after": email, "reason": "created",
        "spotio": email, "salesforce": email,
    }  # fmt: skip
    return actions(done), fields(held)


def update(action: str, system: str, id: str, link: str, field: str, column: str, after: str, **sides: Any) -> tuple[pl.DataFrame, pl.DataFrame]:  # fmt: skip
    """A plan's action that writes one field of a linked record."""
    done = {
        "action": action,
        "kind": "update",
        "class": f"update_{system}",
        "system": system,
        "id": id,
        "link": link,
    }
    held = {"action": action, "field": field, "column": column, "label": column, "after": after, "reason": "edited", "spotio": after, "salesforce": after}  # fmt: skip
    return actions(done), fields(held | sides)


def carry_out(
    store: Store,
    plan: tuple[pl.DataFrame, pl.DataFrame],
    now: datetime,
    record_id: str | None = None,
    **answer: Any,
) -> pl.DataFrame:
    """Journal a plan's only action and its answer."""
    written = journal.intend(store, *plan, run="r-1", sync="doors", version=1, call=None, now=now)
    result = {"write": written["write"][0], "state": "done", "record_id": record_id} | answer
    return journal.answer(
        store, pl.DataFrame([result], schema={**dict.fromkeys(result, pl.String)}), object="Lead", sobject="Lead", run="r-1", now=now + SECOND,
    )  # fmt: skip
