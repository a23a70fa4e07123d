"""A company in both systems and the published sync `doors` between them, turned on: cases of why a record does or does not sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from data import config, mirror, publishing
from data.mirror import mark_deleted
from data.schema import Field, MirrorTable, prepare
from data.spotio_views import make_record_views
from data.store import Store
from data.syncs import links
from sync.connectors.salesforce.ids import full_id
from sync.connectors.spotio import tables
from sync.syncs import turning
from sync.syncs.resolving import definition
from tests.store.small_pair import SmallPair

NAME = "doors"
WORKFLOW: dict[str, Any] = {
    "dataObjects": [
        {
            "id": 1,
            "name": "Lead",
            "fields": [
                {"id": 100004, "name": "Company", "type": "text", "systemRole": "company"},
                {"id": 100005, "name": "Phone", "type": "phone", "systemRole": "phone"},
                {"id": 100006, "name": "Email", "type": "email", "systemRole": "email"},
                {"id": 100001, "name": "Address", "type": "address", "systemRole": "address"},
            ],
            "stages": {
                "active": {"stages": [{"id": 1, "name": "New"}, {"id": 4, "name": "Site survey"}]},
                "won": {"stages": [{"id": 6, "name": "Sold"}]},
            },
        },
        {"id": 2, "name": "Account", "fields": [], "stages": {"active": {"stages": [{"id": 1, "name": "Open"}]}}},
    ]
}  # fmt: skip
RECORD = tables.record_table(WORKFLOW)
_WRITEABLE = {"createable": True, "updateable": True, "nillable": True}
_STATUS = {"choices": {"Open": "Open", "Closed": "Closed"}, "restrictedPicklist": True}


def _sobject(name: str, *fields: Field) -> MirrorTable:
    own = (Field("Id", "id", "varchar", "Id"), Field("IsDeleted", "boolean", "boolean", "Deleted"))
    return MirrorTable("salesforce", name.lower(), name, "Id", (*own, *fields), None, "IsDeleted")


def _field(name: str, kind: str = "string", **detail: Any) -> Field:
    stored = {"boolean": "boolean", "datetime": "timestamptz"}.get(kind, "varchar")
    return Field(name, kind, stored, name, {**_WRITEABLE, **detail})


LEAD = _sobject(
    "Lead", _field("Name"), _field("LastName"), _field("Company"), _field("Email", "email"), _field("Phone", "phone"),
    _field("Industry"), _field("Status", "picklist", nillable=False, defaultedOnCreate=True, **_STATUS),
    _field("OwnerId", "reference", referenceTo=["User", "Group"]), _field("RecordTypeId", "reference"),
    _field("MasterRecordId", "reference"), _field("IsConverted", "boolean"),
    _field("SPOTIO_Id__c", externalId=True, unique=True), _field("CreatedById", "reference", referenceTo=["User"]),
    _field("LastModifiedById", "reference", referenceTo=["User"]), _field("LastModifiedDate", "datetime"),
)  # fmt: skip
USER = _sobject(
    "User", _field("Name"), _field("Email", "email"), _field("Username"), _field("IsActive", "boolean")
)
SYNC: dict[str, Any] = {
    "name": NAME, "spotio_type": "Lead", "mode": "lead",
    "inbound": {
        "on": True, "scope": "historical_and_forward",
        "filters": {"all": [{"field": "Industry", "is": "equals", "value": ["Chemicals"]}]},
    },
    "outbound": {"on": True},
    "match": [["Email"]],
    "fields": [
        {"spotio": "Company", "salesforce": "lead.Company", "conflict": "ask"},
        {"spotio": "Phone", "salesforce": "lead.Phone", "conflict": "newest"},
        {"spotio": "Email", "salesforce": "lead.Email", "conflict": "newest"},
        {"spotio": "stage", "salesforce": "lead.Status", "conflict": "newest"},
    ],
    "value_maps": {"stage": {"New": "Open", "Sold": "Closed"}},
}  # fmt: skip

# The leads and records by what is to be said of them.
IN_STEP, SURVEYED, CLASHING, APART, ACCOUNT, NEVER = (f"6a1e{n}" + "0" * 19 for n in "14579f")
CHEMICALS, SURVEYED_LEAD, CLASH, APART_LEAD, RETAIL, NEW, NEVER_LEAD = (
    full_id(f"00Q00000000000{n}") for n in "CSKPRNZ"
)


class Doors(SmallPair):
    """The two mirrors, filled as a pull would, with the sync over them."""

    def __init__(self, store: Store, now: datetime | None = None) -> None:
        super().__init__(store, now or datetime.now(UTC) - timedelta(hours=2))
        for table in (RECORD, tables.RECORD_TYPE, tables.STAGE, tables.FIELD, LEAD, USER):
            prepare(store, table, "first", self.now)
        for type in WORKFLOW["dataObjects"]:
            self.see(tables.RECORD_TYPE, {"id": str(type["id"]), "name": type["name"]})
        for table, rows in (
            (tables.STAGE, tables.stage_rows(WORKFLOW)),
            (tables.FIELD, tables.field_rows(WORKFLOW)),
        ):
            mirror.merge(store, table, tables.rows_table(table, rows), self.reading())
        make_record_views(store, [])
        self.users()

    def record(self, id: str, email: str | None = None, **members: Any) -> None:
        usual = {
            "typeId": "1", "stageId": "1", "ownerId": "u1", "createdById": "u1", "updatedById": "u1", "source": "Ios",
            "createdAt": self.now.isoformat(), "updatedAt": self.now.isoformat(), "f_100006": email,
        }  # fmt: skip
        self.see(RECORD, {"id": id, **usual, **members})

    def lead(self, id: str, email: str | None = None, **members: Any) -> None:
        usual = {
            "OwnerId": "005a", "CreatedById": "005a", "LastModifiedById": "005a", "Status": "Open",
            "LastModifiedDate": self.now.isoformat(), "IsDeleted": "false", "IsConverted": "false", "Email": email,
        }  # fmt: skip
        name = members.get("Company")
        self.see(LEAD, {"Id": id, "Name": name, "LastName": name, **usual, **members})

    def publish(self, *syncs: dict[str, Any]) -> None:
        """Publish these syncs as the configuration."""
        number = config.number(self.store)
        document = {"syncs": list(syncs)}
        publishing.publish(self.store, document, author="admin", note="", based_on=number, now=self.now)

    def turn_on(self, *directions: Any) -> None:
        """Turn the sync on, with what stands now as its snapshot."""
        made = definition(self.store, NAME)
        turning.turn_on(self.store, made, directions or ("inbound",), person="admin", now=self.now)

    def link(self, record: str, lead: str, **agreed: tuple[str | None, str | None]) -> str:
        """Link two and let them agree on these values of both sides, by the SPOTIO field."""
        pairs = pl.DataFrame([{"spotio_id": record, "salesforce_id": lead, "born": "matched"}])
        about: dict[str, Any] = {
            "object": "Lead",
            "sobject": "Lead",
            "version": 1,
            "run": None,
            "now": self.now,
        }
        name = str(links.create(self.store, pairs, sync=NAME, **about)["link"][0])
        keys = {rule.spotio.name: rule.key for rule in definition(self.store, NAME).fields}
        rows = [
            {"link": name, "field": keys[field.removeprefix("f_")], "spotio": ours, "salesforce": theirs, "differs": False}
            for field, (ours, theirs) in agreed.items()
        ]  # fmt: skip
        with self.store.write() as cursor:
            links.agree(cursor, pl.DataFrame(rows), run=None, now=self.now)
        return name


def at_work(store: Store) -> Doors:
    """One of each: in step, kept out by a filter, an unmapped stage, a conflict, a deleted partner, another type, one that comes next."""
    doors = Doors(store)
    for record, lead, name, email, phone in _LINKED:
        doors.record(record, email, **_record(name, phone))
        doors.lead(lead, email, **_lead(name, phone))
    doors.lead(RETAIL, "retail@example.com", Company="Ramos Retail", Industry="Retail", Phone="614 555 0199")
    doors.record(ACCOUNT, None, typeId="2", name="Ramos Retail account")
    doors.publish(SYNC)
    doors.turn_on("inbound", "outbound")
    for record, lead, name, email, phone in _LINKED:
        doors.link(
            record, lead, f_100004=(name, name), f_100005=(phone, phone), f_100006=(email, email), stage=("1", "Open")
        )  # fmt: skip
    later = doors.now + timedelta(hours=1)
    doors.at(later)
    doors.record(SURVEYED, "pham@example.com", **_record("Pham household", "614 555 0104"), stageId="4")
    doors.record(CLASHING, "okafor@example.com", **_record("Okafor Colours", "614 555 0107"))
    doors.lead(CLASH, "okafor@example.com", **_lead("Okafor & Sons", "614 555 0107"))
    doors.lead(NEW, "nilsson@example.com", **_lead("Nilsson Acids", "614 555 0111"))
    mark_deleted(store, LEAD, {APART_LEAD: None}, doors.reading())
    return doors


_LINKED = (
    (IN_STEP, CHEMICALS, "Castell Chemicals", "castell@example.com", "614 555 0101"),
    (SURVEYED, SURVEYED_LEAD, "Pham household", "pham@example.com", "614 555 0104"),
    (CLASHING, CLASH, "Okafor Paints", "okafor@example.com", "614 555 0107"),
    (APART, APART_LEAD, "Lund Dyes", "lund@example.com", "614 555 0109"),
)


def _record(name: str, phone: str) -> dict[str, str]:
    return {"name": name, "f_100004": name, "f_100005": phone}


def _lead(name: str, phone: str) -> dict[str, str]:
    return {"Company": name, "Phone": phone, "Industry": "Chemicals"}
