"""A company in both systems of which not everything is written: each kind of cause, found by the engine or said by Salesforce."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from data import config
from data.schema import prepare
from data.store import Store
from data.syncs import journal
from sync.engine.definition import Definition
from sync.operations import Operations
from sync.settings import Settings
from sync.syncs.planning import Planned, engine_state, make_plan
from sync.syncs.resolving import definition
from sync.syncs.running import record_plan
from tests.console.doors import LEAD, NAME, SYNC, USER, Doors

URL = "https://acme.example.com"
_STATUS = {"Open": "Open", "Closed": "Closed", "Nurturing": "Nurturing"}
_CHANGED: dict[str, dict[str, Any]] = {
    "Company": {"length": 40, "nillable": False},
    "Status": {"choices": _STATUS, "restrictedPicklist": True},
}
FIELDS = tuple(
    replace(field, detail={**field.detail, **_CHANGED.get(field.name, {})}) for field in LEAD.fields
)
LEADS = replace(LEAD, fields=FIELDS)
CONFIGURATION: dict[str, Any] = {
    **SYNC,
    "inbound": {"on": True, "scope": "historical_and_forward"},
    "users": {"default_spotio": "ada@example.com", "default_salesforce": "ada@example.com"},
}
LINKED = ("Castell", "Delgado", "Pham", "Lund", "Ramos")
SURVEY = "4"  # the stage "Site survey"
MISSING = "Salesforce refused: Required fields are missing:"
RULE = "Salesforce refused: Call them before they are closed"


def record_id(number: int) -> str:
    """The id of a SPOTIO record."""
    return f"6a1e{number:020}"


def lead_id(number: int) -> str:
    """The id of a Salesforce lead."""
    return f"00Q{number:012}AAA"


class Blocked(Doors):
    """The two mirrors with the published sync over them, turned on both ways; `do` is the program over the store."""

    def __init__(self, store: Store, now: datetime | None = None) -> None:
        super().__init__(store, now)
        for table in (LEADS, USER):
            prepare(store, table, "first", self.now)
        self._operations = Operations(store, None, Settings.load(salesforce={"url": URL}))

    @classmethod
    def made(cls, store: Store) -> Blocked:
        """With linked households that agree."""
        made = cls(store)
        for number, name in enumerate(LINKED, start=1):
            made.household(number, name)
        made.publish_checked(CONFIGURATION)
        made.turn_on("inbound", "outbound")
        for number, name in enumerate(LINKED, start=1):
            made.tie(number, name)
        made.at(made.now + timedelta(hours=1))
        return made

    def do(self, command: str, **arguments: Any) -> Any:
        return self._operations.run(command, arguments, lambda _: None)

    def publish_checked(self, *syncs: dict[str, Any], author: str = "ops") -> None:
        """Publish as `fieldline config import --publish` does."""
        said = self.do(
            "config-import", text=json.dumps({"syncs": syncs}), publish=True, author=author, note=""
        )
        assert said["published"], said

    def published(self) -> dict[str, Any]:
        """The sync as it is published."""
        [sync] = config.current(self.store).document["syncs"]
        return dict(sync)

    def household(self, number: int, name: str) -> None:
        """A record and a lead that are the same."""
        self.see_record(number, name, company=name)
        self.see_lead(number, name)

    def see_lead(self, number: int, name: str, *, status: str = "Open") -> None:
        """A lead as it is now."""
        email = f"{name.lower()}@example.com"
        self.lead(
            lead_id(number), email, Company=name, Status=status, Phone="614 555 0101", Industry="Chemicals"
        )

    def see_record(
        self, number: int, name: str, *, company: str | None, stage: str = "1", owner: str = "u1"
    ) -> None:
        """A record as it is now."""
        self.record(
            record_id(number), f"{name.lower()}@example.com", name=f"{name} household", f_100004=company,
            f_100005="614 555 0101", stageId=stage, ownerId=owner,
        )  # fmt: skip

    def tie(self, number: int, name: str) -> None:
        """Link a household."""
        email, phone = f"{name.lower()}@example.com", "614 555 0101"
        self.link(
            record_id(number), lead_id(number), f_100004=(name, name), f_100005=(phone, phone), f_100006=(email, email),
            stage=("1", "Open"),
        )  # fmt: skip

    def plan(self) -> Planned:
        """The engine looks at everything, and what it decides is written down."""
        made = self.definition
        planned = make_plan(
            self.store, made, engine_state(self.store, NAME, 60), now=datetime.now(UTC), everything=True,
            piece=lambda found: record_plan(self.store, found, run="r-1"),
        )  # fmt: skip
        return planned

    def refuse(self, ids: Iterable[str], code: str, text: str, fields: str | None = None) -> None:
        """Send what is planned of some SPOTIO records; Salesforce refuses it."""
        chosen = pl.col("spotio_id").is_in(list(ids))
        found: list[tuple[pl.DataFrame, pl.DataFrame]] = []
        make_plan(
            self.store, self.definition, engine_state(self.store, NAME, 60), now=datetime.now(UTC), everything=True,
            piece=lambda piece: found.append((piece.plan.actions.filter(chosen), piece.plan.fields)),
        )  # fmt: skip
        for actions, of_fields in found:
            sent: dict[str, Any] = {
                "run": "r-1",
                "sync": NAME,
                "version": 1,
                "call": None,
                "now": datetime.now(UTC),
            }
            written = journal.intend(self.store, actions, of_fields, **sent)
            answers = [{"write": write, "state": "failed", "code": code, "text": text, "error_fields": fields} for write in written["write"]]  # fmt: skip
            if answers:
                results = pl.DataFrame(answers, schema=dict.fromkeys(answers[0], pl.String))
                journal.answer(self.store, results, object="Lead", sobject="Lead", run="r-1", now=datetime.now(UTC))  # fmt: skip

    @property
    def definition(self) -> Definition:
        return definition(self.store, NAME)


def all_kinds(store: Store) -> Blocked:
    """Every kind of cause, some with several records."""
    blocked = Blocked.made(store)
    for number in (1, 2):
        blocked.see_record(number, LINKED[number - 1], company=LINKED[number - 1], stage=SURVEY)
    blocked.see_record(3, "Pham", company="A company whose name nobody could put on one line of a form")
    blocked.see_lead(4, "Lund", status="Nurturing")
    for number, name in ((12, "Nilsson"), (13, "Okafor")):
        blocked.see_record(number, name, company=None)
    for number, name in ((14, "Abara"), (15, "Brandt"), (16, "Costa"), (17, "Dietz")):
        blocked.see_record(number, name, company=name)
    blocked.plan()
    blocked.refuse([record_id(14), record_id(15), record_id(16)], "FIELD_CUSTOM_VALIDATION_EXCEPTION", RULE)
    blocked.refuse([record_id(17)], "REQUIRED_FIELD_MISSING", f"{MISSING} [Phone]", "Phone")
    return blocked
