"""The company goes on working while the sandbox runs: reps, inside sales and an administrator, one act at a time.

Everything goes through the operations that the stand-ins' own requests use, so stamps, appended activities, webhooks
and field history come about as they do for a client. What is done, to which record and by whom follows from the seed
alone; when it is done follows from the clock.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.org import Org
from sync.sandbox.spotio.derived import as_request
from sync.sandbox.spotio.errors import SpotioError
from sync.sandbox.spotio.tenant import Tenant
from sync.sandbox.world.company import Company, Person, Territory
from sync.sandbox.world.doorstep import beside
from sync.sandbox.world.geography import CITIES
from sync.sandbox.world.inside import TRIES, InsideSales
from sync.sandbox.world.names import FIRST, LAST, STREETS, PhoneBook, personal_mail, phone_text
from sync.sandbox.world.outcomes import NOTES, at_the_door, on_the_telephone
from sync.sandbox.world.stages import forward

PAUSE_SECONDS = (1.0, 3.0)

_STEPS = {
    "Come back": "contacted",
    "Not interested": "lost",
    "Interested": "pitched",
    "Appointment set": "booked",
    "Sold": "sold",
    "Sat - sold": "sold",
    "Sat - not sold": "pitched",
}
_log = logging.getLogger(__name__)


async def live(
    company: Company,
    org: Org,
    tenant: Tenant,
    seed: int,
    pause_seconds: tuple[float, float] = PAUSE_SECONDS,
) -> None:
    """Work until cancelled. A refusal by a stand-in (a locked row, say) is part of life; any other error ends it."""
    life = Life(company, org, tenant, seed)
    try:
        while True:
            await asyncio.sleep(life.between(*pause_seconds))
            life.act()
    except Exception:
        _log.exception("The sandbox's company stopped working")
        raise


class Life:
    """Decides and does one act after the other."""

    def __init__(self, company: Company, org: Org, tenant: Tenant, seed: int) -> None:
        self._tenant = tenant
        self._rng = random.Random(f"{seed}:live")  # noqa: S311 - an invented world, no secret
        self._phones = PhoneBook(self._rng)
        people = [
            person for person in company.people if person.spotio_id and not person.left and person.accepted
        ]
        self._reps = [person for person in people if person.job in ("setter", "closer")]
        self._admin = company.people[0]
        self._leaves = [territory for territory in company.territories if territory.parent]
        self._records = [record.id for record in company.records if not record.deleted]
        inside = InsideSales(company, org, self._rng, self._phones)
        self._acts: dict[Callable[[], None], int] = {
            self._knock: 40,
            self._edit_record: 10,
            self._book: 8,
            self._run_appointment: 8,
            self._call: 8,
            self._write_note: 5,
            self._drop_pin: 4,
            self._reassign: 2,
            self._delete_record: 1,
            **inside.acts,
        }

    def between(self, low: float, high: float) -> float:
        return self._rng.uniform(low, high)

    def act(self) -> str:
        """Do one thing and return its name; a refusal is noted and passed over."""
        act = self._rng.choices(list(self._acts), list(self._acts.values()))[0]
        try:
            act()
        except (SpotioError, SalesforceError) as refusal:
            _log.info("%s was refused: %s", act.__name__, refusal)
        return act.__name__.lstrip("_")

    # In SPOTIO

    def _knock(self) -> None:
        """A visit at the door, logged on the phone, and what it does to the record's stage."""
        rng, rep, row = self._rng, self._rep(), self._record()
        if row is None:
            return
        result = at_the_door(rng, rep) if rng.random() < 0.35 else "Not Home"
        template = self._tenant.workflow.template("Visit")
        visit: dict[str, Any] = {
            "dataObjectId": row["id"],
            "activityTemplateId": template.id,
            "resultId": template.result(result).id,
            "done": True,
            "notes": rng.choice(NOTES) if rng.random() < 0.2 else None,
        }
        if row["lat"] is not None:
            metres = rng.uniform(150, 900) if rng.random() < 0.06 else rng.uniform(3, 60)
            visit["activityLat"], visit["activityLng"] = beside(
                row["lat"], row["lng"], metres, rng.random() * 6.28
            )
        self._tenant.log_activity(rep.spotio_id or "", visit, mobile=True)
        if result in _STEPS:
            self._move(rep.spotio_id or "", row, _STEPS[result])
        if result == "Appointment set":
            self._schedule(rep, row)

    def _move(self, by: str, row: dict[str, Any], step: str) -> None:
        kind = self._tenant.workflow.type_by_id(row["typeId"])
        stage = kind.stage_by_id(row["stageId"]) if kind else None
        if kind is None or stage is None or kind.name not in ("Lead", "Account"):
            return
        to = kind.stage(forward(kind.name, stage.name, step)).id
        if to != row["stageId"]:
            self._tenant.patch_record(by, row["id"], {"stageId": to})

    def _edit_record(self) -> None:
        rng, rep, row = self._rng, self._rep(), self._record()
        kind = self._tenant.workflow.type_by_id(row["typeId"]) if row else None
        if row is None or kind is None:
            return
        first, last = rng.choice(FIRST), rng.choice(LAST)
        name, value = rng.choice(
            (
                ("Phone", phone_text(self._phones.next(), rng.randrange(5))),
                ("Email", personal_mail(rng, first, last)),
                ("Monthly bill", str(rng.randrange(60, 420))),
                ("Last Name", last),
            )
        )
        values = row["fields"] | {kind.field(name).id: value}
        self._tenant.patch_record(rep.spotio_id or "", row["id"], {"fields": as_request(values)})

    def _book(self) -> None:
        rep, row = self._rep(), self._record()
        if row is not None:
            self._schedule(rep, row)
            self._move(rep.spotio_id or "", row, "booked")

    def _schedule(self, rep: Person, row: dict[str, Any]) -> None:
        rng = self._rng
        closer = rng.choice([person for person in self._reps if person.job == "closer"])
        day = self._tenant.clock.now() + timedelta(days=rng.randrange(1, 6))
        begins = day.replace(hour=rng.randrange(17, 24), minute=rng.choice((0, 30)), second=0, microsecond=0)
        request = {
            "dataObjectId": row["id"],
            "ownerId": closer.spotio_id,
            "date": begins.isoformat(),
            "duration": 60,
            "title": "Consultation",
        }
        self._tenant.create_appointment(rep.spotio_id or "", request)

    def _run_appointment(self) -> None:
        """The earliest appointment that nobody closed is kept, sold or missed."""
        store = self._tenant.store
        live = "not done and dataObjectId in (select id from records where deletedAt is null)"
        planned = store.rows("appointments", f"{live} and activityId is not null", order="date, id limit 1")
        if not planned:
            return
        template = self._tenant.workflow.template("Appointment")
        appointment, result = planned[0], self._rng.choice(template.results)
        changes: dict[str, Any] = {"done": True}
        if appointment["activityTemplateId"] == template.id:
            changes["resultId"] = result.id
        self._tenant.activities.change(appointment["ownerId"], appointment["activityId"], changes)
        row = self._tenant.records.get(appointment["dataObjectId"])
        if result.name in _STEPS:
            self._move(appointment["ownerId"], row, _STEPS[result.name])

    def _call(self) -> None:
        rng, rep, row = self._rng, self._rep(), self._record()
        if row is None:
            return
        template = self._tenant.workflow.template("Call")
        request = {
            "dataObjectId": row["id"],
            "activityTemplateId": template.id,
            "resultId": template.result(on_the_telephone(rng)).id,
            "done": True,
            "direction": "out",
            "durationSeconds": rng.randrange(5, 500),
        }
        self._tenant.log_activity(rep.spotio_id or "", request)

    def _write_note(self) -> None:
        rep, row = self._rep(), self._record()
        if row is not None:
            note = {"dataObjectId": row["id"], "isNote": True, "notes": self._rng.choice(NOTES)}
            self._tenant.log_activity(rep.spotio_id or "", note)

    def _drop_pin(self) -> None:
        """A new lead, made at the door of a house in one of the territories."""
        rng, rep = self._rng, self._rep()
        leaf: Territory = rep.turf or rng.choice(self._leaves)
        lat, lng = leaf.quad.point(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9))
        address = f"{rng.randrange(100, 9_900)} {rng.choice(STREETS)} St, {rng.choice(CITIES)}, CO 80202, USA"
        kind = self._tenant.workflow.type("Lead")
        names = {"First Name": rng.choice(FIRST), "Last Name": rng.choice(LAST)}
        request = {
            "typeId": kind.id,
            "stageId": kind.stage("New").id,
            "ownerId": rep.spotio_id,
            "source": rng.choice(("Ios", "Android")),
            "pin": {"address": address, "lat": round(lat, 6), "lng": round(lng, 6), "skipGeocoding": True},
            "fields": [{"fieldId": kind.field(name).id, "value": value} for name, value in names.items()],
        }
        self._records.append(self._tenant.create_record(rep.spotio_id or "", request))

    def _reassign(self) -> None:
        row, owner = self._record(), self._rep()
        if row is not None:
            self._tenant.patch_record(self._admin.spotio_id or "", row["id"], {"ownerId": owner.spotio_id})

    def _delete_record(self) -> None:
        row = self._record()
        if row is not None:
            self._tenant.delete_record(self._admin.spotio_id or "", row["id"])

    # Who and what

    def _rep(self) -> Person:
        return self._rng.choice(self._reps)

    def _record(self) -> dict[str, Any] | None:
        """A record that is still there."""
        for _ in range(TRIES):
            row = self._tenant.store.row("records", self._rng.choice(self._records))
            if row is not None and row["deletedAt"] is None:
                return row
        return None
