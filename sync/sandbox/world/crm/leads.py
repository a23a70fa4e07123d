"""Leads, their field history, and what goes wrong with them: duplicates, merges, deletions."""

from __future__ import annotations

import random

from sync.sandbox.world.company import DAY, HOUR, MINUTE, Activity, Instant, Record
from sync.sandbox.world.crm.desk import Desk
from sync.sandbox.world.crm.kinship import Kinship
from sync.sandbox.world.crm.rows import Row, history_row, lead_row, stamps
from sync.sandbox.world.crm.variants import Party
from sync.sandbox.world.ids import SalesforceIds
from sync.sandbox.world.instants import salesforce_text

OPEN, WORKING, CONVERTED, LOST = (
    "Open - Not Contacted",
    "Working - Contacted",
    "Closed - Converted",
    "Closed - Not Converted",
)
STATUS = {
    "New": OPEN,
    "Attempted": OPEN,
    "Contacted": WORKING,
    "Pitched": WORKING,
    "Appointment set": WORKING,
    "Sold": WORKING,
    "Not interested": LOST,
    "Unqualified": LOST,
    "Prospect": OPEN,
    "In discussion": WORKING,
    "Customer": WORKING,
    "Former customer": LOST,
}
SOURCES = {"Import": "Purchased List", "Web": "Web", "Api": "Web", "Ios": "Other", "Android": "Other"}
INSIDE_SOURCES = ("Web", "Web", "Phone Inquiry", "Partner Referral")

LAGS_SHARE = 0.08
"""Leads whose last move in SPOTIO nobody carried over."""
QUEUE_SHARE = 0.06
MASS_UPDATE_DAYS = 33
"""How long ago an administrator changed a fifth of all leads in one second."""
BIN_DAYS = 14
"""What was deleted earlier is gone from the recycle bin, and from Salesforce."""


class Leads:
    def __init__(self, rng: random.Random, ids: SalesforceIds, desk: Desk) -> None:
        self._rng, self._ids, self._desk = rng, ids, desk
        self.rows: list[Row] = []
        self.history: list[Row] = []

    def add(self, record: Record, party: Party, moves: list[Activity], born: Instant) -> Row:
        """A lead that SPOTIO has too, its status following the stage moves some minutes later."""
        rng, desk = self._rng, self._desk
        author = desk.author(record.creator)
        changes = self._carried_over(moves, born)
        if changes and rng.random() < LAGS_SHARE:
            changes.pop()
        status = STATUS[moves[0].was if moves else record.stage]
        for move in moves:
            if move.at <= born:
                status = STATUS[move.now]
        owner = desk.queue if rng.random() < QUEUE_SHARE else desk.owner(record.owner)
        id = self._ids.next("Lead")
        self._keep(id, born, author, "created", None, None, None)
        modified, modified_by = born, author
        for at, by, now in changes:
            if now != status:
                self._keep(id, at, by, "Status", "DynamicEnum", status, now)
                status, modified, modified_by = now, at, by
        return self._add(
            id, party, owner, status, SOURCES[record.source], (born, author, modified, modified_by)
        )

    def add_inside(self, party: Party, born: Instant) -> Row:
        """A lead that only inside sales works on."""
        rng = self._rng
        owner = rng.choice(self._desk.inside)
        id = self._ids.next("Lead")
        self._keep(id, born, owner, "created", None, None, None)
        status, modified = OPEN, born
        for now in (WORKING, LOST):
            if rng.random() < 0.45:
                modified = min(modified + rng.randrange(HOUR, 12 * DAY), self._desk.now - MINUTE)
                self._keep(id, modified, owner, "Status", "DynamicEnum", status, now)
                status = now
        source = rng.choice(INSIDE_SOURCES)
        return self._add(id, party, owner, status, source, (born, owner, modified, owner))

    def convert(
        self,
        record: Record,
        party: Party,
        born: Instant,
        at: Instant,
        account: str,
        contact: str,
        opportunity: str | None,
    ) -> None:
        """The lead that became an account; the record's counterpart is the account from then on."""
        author, owner = self._desk.author(record.creator), self._desk.owner(record.owner)
        id = self._ids.next("Lead")
        self._keep(id, born, author, "created", None, None, None)
        self._keep(id, at, owner, "Status", "DynamicEnum", WORKING, CONVERTED)
        written = stamps(born, author, at, owner, at)
        row = lead_row(id, party, owner, CONVERTED, SOURCES[record.source], written)
        row |= {
            "IsConverted": True,
            "ConvertedDate": salesforce_text(at)[:10],
            "ConvertedAccountId": account,
            "ConvertedContactId": contact,
            "ConvertedOpportunityId": opportunity,
        }
        self.rows.append(row)

    def spoil(self, kinship: Kinship) -> None:
        """Second copies, some of them merged into the first; what is deleted takes its history along."""
        rng, desk = self._rng, self._desk
        whole = [row for row in self.rows if not row["IsDeleted"] and not row["IsConverted"]]
        for row in rng.sample(whole, max(2, len(whole) // 60)):
            copy = row | {"Id": self._ids.next("Lead"), "FirstName": None, "OwnerId": rng.choice(desk.inside)}
            copy |= {"Email": None, "LeadSource": "Web", "Status": OPEN, "CreatedById": copy["OwnerId"]}
            born = desk.now - rng.randrange(20 * DAY, 150 * DAY)
            merged = self._lately() if rng.random() < 0.5 else 0
            copy |= stamps(born, copy["OwnerId"], born, copy["OwnerId"], merged or born)
            if merged:
                copy |= {"IsDeleted": True, "MasterRecordId": row["Id"]}
                _touch(row, merged, desk.admin)
            self._keep(copy["Id"], born, copy["OwnerId"], "created", None, None, None)
            self.rows.append(copy)
            kinship.copied("Lead", copy["Id"], row["Id"])
        deleted = {row["Id"] for row in self.rows if row["IsDeleted"]}
        for entry in self.history:
            entry["IsDeleted"] = entry["LeadId"] in deleted

    def _add(
        self,
        id: str,
        party: Party,
        owner: str,
        status: str,
        source: str,
        written: tuple[Instant, str, Instant, str],
    ) -> Row:
        rng, now = self._rng, self._desk.now
        born, author, modified, modified_by = written
        mass_update = now - MASS_UPDATE_DAYS * DAY
        if modified < mass_update and rng.random() < 0.2:
            modified, modified_by = mass_update, self._desk.admin
        elif rng.random() < 0.1:
            # Somebody changed a field whose history nobody tracks.
            modified, modified_by = rng.randrange(modified, now), rng.choice(self._desk.inside)
        system = rng.randrange(modified, now) if rng.random() < 0.06 else modified
        deleted = rng.random() < 0.012
        if deleted:
            system = modified = max(system, self._lately())
            modified_by = self._desk.admin
        row = lead_row(id, party, owner, status, source, stamps(born, author, modified, modified_by, system))
        row["IsDeleted"] = deleted
        self.rows.append(row)
        return row

    def _lately(self) -> Instant:
        """A time at which something was deleted that still is in the recycle bin."""
        return self._desk.now - self._rng.randrange(MINUTE, BIN_DAYS * DAY)

    def _carried_over(self, moves: list[Activity], born: Instant) -> list[tuple[Instant, str, str]]:
        """(when, by whom, new status) of the moves made after the lead was there."""
        return [
            (
                min(move.at + self._rng.randrange(MINUTE, 40 * MINUTE), self._desk.now - MINUTE),
                self._desk.author(move.owner),
                STATUS[move.now],
            )
            for move in moves
            if move.at > born
        ]

    def _keep(
        self, lead: str, at: Instant, by: str, field: str, kind: str | None, was: str | None, now: str | None
    ) -> None:
        id = self._ids.next("LeadHistory")
        self.history.append(history_row(id, "LeadId", lead, at, by, field, kind, was, now))


def _touch(row: Row, at: Instant, by: str) -> None:
    """A later change of a row: stamps only ever move forward."""
    text = salesforce_text(at)
    if text > row["LastModifiedDate"]:
        row["LastModifiedDate"], row["LastModifiedById"] = text, by
    row["SystemModstamp"] = max(row["SystemModstamp"], text)
