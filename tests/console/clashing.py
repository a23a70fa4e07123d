"""A published sync over two small mirrors, its links, and what it asks people: for the page Conflicts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa

from data.mirror import Reading, merge
from data.schema import Field, prepare
from data.store import Store
from sync.connectors.spotio import tables
from sync.operations import Operations
from sync.settings import Settings
from tests.store import small_pair
from tests.store.small_pair import MINUTE, NOON, SmallPair, carry_out, create_lead, decisions, record, update

EMAIL, COMPANY, STAGE, OWNER = (
    "100006~lead.Email",
    "100004~lead.Company",
    "stage~lead.Status",
    "owner~lead.OwnerId",
)
FIRST, LAST = "100002~lead.FirstName", "100003~lead.LastName"
WORKFLOW = {
    "dataObjects": [
        {
            "id": 1, "name": "Lead",
            "stages": {"open": {"stages": [{"id": 1, "name": "New"}, {"id": 2, "name": "Pitched"}, {"id": 3, "name": "Sold"}]}},
            "fields": [
                {"id": 100002, "name": "First Name", "type": "text", "systemRole": "firstName"},
                {"id": 100003, "name": "Last Name", "type": "text", "systemRole": "lastName"},
                {"id": 100004, "name": "Company", "type": "text", "systemRole": "company"},
                {"id": 100006, "name": "Email", "type": "email", "systemRole": "email"},
            ],
        }
    ]
}  # fmt: skip
_STATUS = {"Open": "Open", "Working": "Working", "Closed": "Closed"}
LEAD = replace(
    small_pair.LEAD,
    fields=tuple(
        replace(field, detail={**field.detail, "createable": True, "updateable": True, "nillable": True})
        for field in (
            *small_pair.LEAD.fields,
            Field("Status", "picklist", "varchar", "Status", {"choices": _STATUS}),
            Field("Name", "string", "varchar", "Name"),
        )
    ),
)
SALESFORCE_USER = replace(
    small_pair.USER, fields=(*small_pair.USER.fields, Field("Username", "string", "varchar", "Username"))
)
RECORD = tables.record_table(WORKFLOW)
CONFIGURATION = {
    "syncs": [
        {
            "name": "doors", "spotio_type": "Lead", "mode": "lead", "inbound": {"on": True}, "match": [["Email"]],
            "fields": [
                {"spotio": spotio, "salesforce": f"lead.{salesforce}", "direction": "both", "conflict": "ask"}
                for spotio, salesforce in (
                    ("First Name", "FirstName"), ("Last Name", "LastName"), ("Company", "Company"), ("Email", "Email"),
                    ("stage", "Status"), ("owner", "OwnerId"),
                )
            ],
            "value_maps": {"stage": {"New": "Open", "Pitched": "Working", "Sold": "Closed"}},
            "users": {"default_spotio": "ada@example.com", "default_salesforce": "ada@example.com"},
        }
    ]
}  # fmt: skip


READING = Reading("first", NOON)


class Clashing:
    """Three linked households, and what a plan found of them; `do` is the program over the store.

    `made` fills an empty store; a copy of one that was filled is opened as it is.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._operations = Operations(store, None, Settings.load())

    @classmethod
    def made(cls, store: Store) -> Clashing:
        """The whole of it in an empty store."""
        made = cls(store)
        SmallPair(store).users()
        for table, rows in (
            (tables.RECORD_TYPE, [{"id": "1", "name": "Lead"}]),
            (tables.STAGE, tables.stage_rows(WORKFLOW)),
            (tables.FIELD, tables.field_rows(WORKFLOW)),
            (RECORD, []),
            (LEAD, []),
            (SALESFORCE_USER, []),
        ):
            prepare(store, table, READING.run, READING.now)
            if rows:
                merge(store, table, tables.rows_table(table, rows), READING)
        said = made.do("config-import", text=json.dumps(CONFIGURATION), publish=True, author="ops", note="")
        assert said["published"], said
        for number, name in enumerate(("Castell", "Delgado", "Pham"), start=1):
            email = f"{name.lower()}@old.example"
            made.see(f"s{number}", f"00Q{number}", f"{name} household", email)
            carry_out(store, create_lead(f"a{number}", f"s{number}", email), NOON, f"00Q{number}")
        return made

    def see(self, spotio: str, salesforce: str, name: str, email: str) -> None:
        """A record and a lead, mirrored."""
        record = {
            "id": spotio,
            "typeId": "1",
            "stageId": "1",
            "ownerId": "u1",
            "name": name,
            "f_100006": email,
        }
        lead = {
            "Id": salesforce,
            "Name": name,
            "LastName": name,
            "Email": email,
            "OwnerId": "005a",
            "Status": "Open",
        }
        for table, row in ((RECORD, record), (LEAD, lead)):
            merge(self.store, table, pa.table({column: [value] for column, value in row.items()}), READING)

    def do(self, command: str, **arguments: Any) -> Any:
        return self._operations.run(command, arguments, lambda _: None)

    def plan(self, *found: dict[str, Any], outcome: str = "conflict", now: datetime = NOON, **frames: pl.DataFrame) -> None:  # fmt: skip
        """A plan that looked at every link and found these conflicts."""
        shown: Any = frames  # by name, as `record` takes them
        looked = decisions(
            *({"system": "spotio", "id": f"s{n}", "link": f"l-{n}", "outcome": outcome} for n in (1, 2, 3))
        )
        record(self.store, now=now, conflicts=small_pair.conflicts(*found), decisions=looked, **shown)


def clash(link: int = 1, field: str = EMAIL, **more: Any) -> dict[str, Any]:
    """An e-mail that both sides changed, as a plan finds it."""
    usual = {
        "link": f"l-{link}", "field": field, "base_spotio": "castell@old.example", "base_salesforce": "castell@old.example",
        "spotio": f"s{link}@new.example", "salesforce": f"f{link}@new.example", "spotio_changed_by": "Ada Rep",
        "spotio_changed_at": datetime(2026, 10, 11, 18, 32, 7, tzinfo=NOON.tzinfo), "salesforce_changed_by": "Bo Rep",
        "salesforce_changed_at": datetime(2026, 10, 10, 9, 14, 50, tzinfo=NOON.tzinfo), "why": "The mapping says to ask.",
    }  # fmt: skip
    return usual | more


def at_odds(office: Clashing) -> None:
    """Something of every kind that people are asked, and something that was decided."""
    office.see("s8", "00Q8", "Ueda household", "ueda@x.example")
    office.see("s9", "00Q9", "Ueda, Rika", "ueda@x.example")
    lost = clash(
        1,
        COMPANY,
        spotio="Castell GmbH",
        salesforce="Castell Ltd",
        winner="salesforce",
        why="The mapping says that Salesforce wins.",
    )
    name = {"unit": "name", "base_spotio": "Marta", "base_salesforce": "Marta"}
    office.plan(
        clash(winner="spotio", policy="newest", why="The newest change wins."),
        clash(2, salesforce_changed_at=None, salesforce_changed_by=None),
        clash(3, STAGE, spotio="3", salesforce="Working", base_spotio="1", base_salesforce="Open"),
        clash(3, FIRST, spotio="Marta-Luise", salesforce="M.", **name),
        clash(3, LAST, spotio="Pham", salesforce="Phạm", **name),
        lost,
        standing=small_pair.standing(
            {"link": "l-2", "field": COMPANY, "spotio": "Delgado & Sons", "salesforce": None},
            {"link": "l-3", "field": COMPANY, "spotio": "Pham", "salesforce": "Pham Inc."},
        ),
        cases=small_pair.cases(
            {
                "kind": "several", "key": "Email", "spotio_ids": ["s8"], "salesforce_ids": ["00Q8", "00Q9"],
                "text": "One in SPOTIO matches 2 in Salesforce by Email.",
            }
        ),
    )  # fmt: skip
    held = {"spotio": "Castell Ltd", "salesforce": "Castell Ltd"}
    carry_out(
        office.store,
        update("w", "spotio", "s1", "l-1", COMPANY, "100004", "Castell Ltd", **held),
        NOON + MINUTE,
        "s1",
    )
    office.do(
        "resolve",
        id="c-2",
        take=None,
        value="delgado@third.example",
        restore=False,
        person="omar@acme.example",
    )
    office.do(
        "match", word="different", spotio_id="s9", salesforce_id="00Q8", note="Neighbours", sync="doors", person="omar@acme.example",
    )  # fmt: skip
