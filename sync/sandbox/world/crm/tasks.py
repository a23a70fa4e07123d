"""Tasks and events in Salesforce: what inside sales and the closers keep there."""

from __future__ import annotations

import random
from datetime import datetime

from sync.sandbox.world.company import DAY, HOUR, MINUTE, Instant, instant
from sync.sandbox.world.crm.desk import Desk
from sync.sandbox.world.crm.leads import BIN_DAYS
from sync.sandbox.world.crm.rows import Row, day, stamps
from sync.sandbox.world.ids import SalesforceIds
from sync.sandbox.world.instants import salesforce_text

SUBJECTS = ("Call", "Call", "Call", "Email", "Send Quote", "Other")
DISPOSITIONS = ("No answer", "Left voicemail", "Talked", "Wrong number")


def write_activities(
    now: Instant, rows: dict[str, list[Row]], rng: random.Random, ids: SalesforceIds, desk: Desk
) -> dict[str, list[Row]]:
    """The rows of Task and Event for the leads and opportunities in `rows`; sets their parents' LastActivityDate."""
    writer = _Writer(now, rng, ids, desk)
    for lead in rows["Lead"]:
        if not lead["IsDeleted"] and not lead["IsConverted"]:
            for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
                writer.task([lead], lead["Id"], None, None)
            if rng.random() < 0.03:
                writer.event([lead], lead["Id"], None, None)
    accounts = {account["Id"]: account for account in rows["Account"]}
    # Of several contacts the first one is who is spoken to.
    contacts = {contact["AccountId"]: contact for contact in reversed(rows["Contact"])}
    for opportunity in rows["Opportunity"]:
        account = accounts[opportunity["AccountId"]]
        contact = contacts[account["Id"]]
        about = [contact, opportunity, account]
        for _ in range(rng.choice((1, 1, 2, 3))):
            writer.task(about, contact["Id"], opportunity["Id"], account["Id"])
        if rng.random() < 0.7:
            writer.event(about, contact["Id"], opportunity["Id"], account["Id"])
    return {"Task": writer.tasks, "Event": writer.events}


class _Writer:
    def __init__(self, now: Instant, rng: random.Random, ids: SalesforceIds, desk: Desk) -> None:
        self._now, self._rng, self._ids, self._desk = now, rng, ids, desk
        self.tasks: list[Row] = []
        self.events: list[Row] = []

    def task(self, about: list[Row], who: str, what: str | None, account: str | None) -> None:
        rng = self._rng
        parent = about[-1]
        born = self._after(parent)
        due = born + rng.choice((0, 0, 1, 2, 5, 9)) * DAY
        closed = due < self._now and rng.random() < 0.85
        done = min(due + rng.randrange(9 * HOUR), self._now - MINUTE) if closed else born
        done = max(done, born)
        deleted = rng.random() < 0.05 and done > self._now - BIN_DAYS * DAY
        subject = rng.choice(SUBJECTS)
        call = subject == "Call"
        owner = self._owner(parent)
        self.tasks.append(
            {
                "Id": self._ids.next("Task"),
                "IsDeleted": deleted,
                "WhoId": who,
                "WhatId": what,
                "AccountId": account,
                "Subject": subject,
                "ActivityDate": day(due),
                "Status": "Completed"
                if closed
                else rng.choice(("Not Started", "Not Started", "In Progress")),
                "Priority": "High" if rng.random() < 0.1 else "Normal",
                "OwnerId": owner,
                "TaskSubtype": "Call" if call else "Email" if subject == "Email" else "Task",
                "CallType": "Outbound" if call else None,
                "CallDurationInSeconds": rng.randrange(10, 900) if call and closed else None,
                "CallDisposition": rng.choice(DISPOSITIONS) if call and closed else None,
                "CompletedDateTime": salesforce_text(done) if closed else None,
                **stamps(born, owner, done, owner, done),
            }
        )
        if closed:
            _note(about, day(due))

    def event(self, about: list[Row], who: str, what: str | None, account: str | None) -> None:
        rng = self._rng
        parent = about[-1]
        born = self._after(parent)
        begins = (born + rng.randrange(DAY, 9 * DAY)) // HOUR * HOUR
        minutes = rng.choice((30, 60, 60, 90))
        owner = self._owner(parent)
        self.events.append(
            {
                "Id": self._ids.next("Event"),
                "IsDeleted": False,
                "WhoId": who,
                "WhatId": what,
                "AccountId": account,
                "Subject": rng.choice(("Meeting", "Call", "Roof inspection")),
                "Location": parent.get("Street") or parent.get("BillingStreet"),
                "StartDateTime": salesforce_text(begins),
                "EndDateTime": salesforce_text(begins + minutes * MINUTE),
                "DurationInMinutes": minutes,
                "ShowAs": "Busy",
                "OwnerId": owner,
                **stamps(born, owner, born, owner, born),
            }
        )
        if begins < self._now:
            _note(about, salesforce_text(begins)[:10])

    def _after(self, parent: Row) -> Instant:
        """Some time after the parent was created."""
        created = _instant(parent["CreatedDate"])
        return self._rng.randrange(created, max(created + 1, self._now - 2 * HOUR))

    def _owner(self, parent: Row) -> str:
        owner: str = parent["OwnerId"]
        return self._rng.choice(self._desk.inside) if owner == self._desk.queue else owner


def _note(about: list[Row], done_on: str) -> None:
    for row in about:
        row["LastActivityDate"] = max(row["LastActivityDate"] or "", done_on)


def _instant(text: str) -> Instant:
    return instant(datetime.fromisoformat(text))
