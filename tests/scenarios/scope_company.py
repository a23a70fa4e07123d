"""A company of which everybody sees another part, and what each of them may see, told a second time and plainly.

Teams stand in a tree, somebody changes team, records change hands, appointments are set in one team and held in
another. `Company` fills the mirror; `Seen` answers, from the list of what was done, what a person is to be told.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from console.identity import Visitor
from data import config, publishing
from data.schema import prepare
from data.spotio_views import make_record_views
from data.store import Store
from sync.connectors.spotio import tables
from sync.facts import refresh_facts
from tests.store.two_teams import LEAD, RECORD, SF_USER, WORKFLOW, see

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
START = (datetime.now(UTC) - 40 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
DAYS = 16
END = START + DAYS * DAY
MOVED = START + 8 * DAY + 3 * HOUR  # Cal goes from Ridge to Bay
LATER = END + DAY
# In every value of the column that analysts do not see.
HIDDEN = "HIDDENMAIL"

CO, WEST, RIDGE, DELTA, EAST, BAY, LAB = "co", "west", "ridge", "delta", "east", "bay", "lab"
ABOVE = {WEST: CO, EAST: CO, RIDGE: WEST, DELTA: WEST, BAY: EAST, CO: None, LAB: None}
ANA, BEN, CAL, DEE, ELI, FAY, GUS = REPS = ("u-ana", "u-ben", "u-cal", "u-dee", "u-eli", "u-fay", "u-gus")
HEAD, LONER = "u-head", "u-loner"  # a manager who is a member of Ridge; somebody who works in Lab
FIRST_LEAF = {ANA: RIDGE, BEN: RIDGE, CAL: RIDGE, DEE: DELTA, ELI: DELTA, FAY: BAY, GUS: BAY, LONER: LAB, HEAD: RIDGE}  # fmt: skip
VISIT, CALL, MEETING = "1", "2", "5"
_TEMPLATES = [
    {"id": VISIT, "name": "Visit", "systemRole": "visit", "type": "event", "active": True,
     "results": [{"id": "11", "name": "Not home"}, {"id": "12", "name": "Interested"}]},
    {"id": CALL, "name": "Call", "systemRole": "call", "type": "event", "active": True, "results": []},
    {"id": MEETING, "name": "Appointment", "systemRole": "appointment", "type": "event", "active": True,
     "results": [{"id": "21", "name": "Sat - sold"}, {"id": "22", "name": "Sat - not sold"}]},
]  # fmt: skip


@dataclass(frozen=True)
class Done:
    """Something that was done, by whom it counts for; `to` is the closer of an appointment, `due` when it was held."""

    id: str
    what: str  # visit | call | meeting | move | set | created
    user: str
    moment: datetime
    record: str
    result: str | None = None
    to: str = ""
    due: datetime = START


@dataclass
class Company:
    """The mirrored company; `done` and `owners` are what the truth is told from."""

    store: Store
    done: list[Done] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    first_owners: dict[str, str] = field(default_factory=dict)
    creators: dict[str, str] = field(default_factory=dict)
    moved: dict[str, tuple[datetime, str]] = field(default_factory=lambda: {CAL: (MOVED, BAY)})
    lab: int = 0

    def team_at(self, user: str, moment: datetime) -> str:
        """The deepest team of somebody at a moment."""
        since, team = self.moved.get(user, (LATER + 99 * DAY, ""))
        return team if moment >= since else FIRST_LEAF[user]

    def members(self, team: str, moment: datetime) -> list[str]:
        """Who is in a team or below it, as SPOTIO lists the members of a team."""
        return [user for user in FIRST_LEAF if team in up(self.team_at(user, moment))]

    def teams(self, moment: datetime) -> None:
        """Let the mirror see the teams as they are at a moment."""
        rows = [
            {"id": id, "name": f"Team {id}", "parentId": parent, "usersIds": self.members(id, moment)}
            for id, parent in ABOVE.items()
        ]
        see(self.store, tables.TEAM, *rows, now=moment)

    def fill(self) -> None:
        """Everything that was done in the period, then what changed hands afterwards."""
        for table in (
            tables.USER, tables.TEAM, tables.TERRITORY, tables.RECORD_TYPE, tables.STAGE, tables.FIELD, tables.TEMPLATE,
            tables.ACTIVITY, tables.APPOINTMENT, RECORD, SF_USER, LEAD,
        ):  # fmt: skip
            prepare(self.store, table, "r-1", START)
        with self.store.write() as cursor:
            cursor.execute("insert into sync.run (id, started_at, systems) values ('r-1', $now, 'spotio')", {"now": START})  # fmt: skip
        self.teams(START)
        self.teams(MOVED)
        self._people()
        self._records()
        self._work()
        make_record_views(self.store, [("1", "Lead", [("f_100006", "Email"), ("f_20", "Roof")])])
        for record, owner in (("r03", FAY), ("r05", GUS), ("r12", ANA)):
            self.owners[record] = owner
            see(self.store, RECORD, {"id": record, "ownerId": owner}, now=LATER)
        self.count()

    def count(self) -> None:
        """Let events and numbers follow the mirror, as each pull does."""
        refresh_facts(self.store, "UTC")

    def publish(self, people: Iterable[dict[str, Any]], masks: dict[str, list[str]]) -> None:
        """Make this the access configuration."""
        document = {"access": {"people": list(people), "masks": masks}}
        publishing.publish(
            self.store, document, author="ada@acme.example", note="", based_on=config.number(self.store), now=LATER
        )  # fmt: skip

    def log_in_lab(self) -> None:
        """Another visit in a team that nobody here may see but who sees all."""
        self.lab += 1
        self._log(Done(f"lab-{self.lab}", "visit", LONER, END - HOUR, "r-lab", "11"))
        self.count()

    def _people(self) -> None:
        see(self.store, tables.USER, *(
            {"id": id, "firstName": id.removeprefix("u-").capitalize(), "lastName": "Acme", "email": email(id),
             "role": "Manager" if id == HEAD else "Sales"}
            for id in FIRST_LEAF
        ))  # fmt: skip
        see(self.store, SF_USER, *({"Id": f"005-{id}", "Name": id, "Email": email(id)} for id in FIRST_LEAF))
        see(self.store, tables.RECORD_TYPE, {"id": "1", "name": "Lead"})
        see(self.store, tables.STAGE, *tables.stage_rows(WORKFLOW))
        see(self.store, tables.FIELD, *tables.field_rows(WORKFLOW))
        see(self.store, tables.TEMPLATE, *_TEMPLATES)
        see(self.store, tables.TERRITORY, *(
            {"id": f"t-{user}", "title": f"Land of {user}", "userIds": [user]} for user in (*REPS, LONER)
        ))  # fmt: skip

    def _records(self) -> None:
        for number in range(28):
            self.owners[f"r{number:02}"] = REPS[number % len(REPS)]
        self.owners["r-lab"] = LONER
        self.first_owners, self.creators = dict(self.owners), dict(self.owners)
        self.creators["r07"] = ELI  # Ana's, made by somebody of another team
        rows = []
        for number, (id, owner) in enumerate(self.owners.items()):
            made = START + (number % 12) * DAY + 8 * HOUR
            self.done.append(Done(f"record:{id}:created", "created", owner, made, id))
            rows.append(
                {
                    "id": id, "typeId": "1", "name": f"Door {id}", "stageId": "1", "ownerId": owner, "createdById": self.creators[id],
                    "territoryId": f"t-{owner}", "value": 100.0 + number, "createdAt": made, "updatedAt": made,
                    "f_100006": [f"{HIDDEN}{number}@example.com"], "address": f"{number} Fern Ave", "lat": 39.0, "lng": -105.0,
                }
            )  # fmt: skip
        see(self.store, RECORD, *rows, now=END)
        see(self.store, LEAD, *(
            {"Id": f"00Q-{id}", "Name": f"Lead {id}", "Email": f"{HIDDEN}{id}@example.com", "OwnerId": f"005-{owner}", "SPOTIO_Id__c": id}
            for id, owner in self.owners.items()
        ))  # fmt: skip

    def _work(self) -> None:
        chance = random.Random(7)  # noqa: S311 (a story, no secret)
        records = [id for id in self.owners if id != "r-lab"]
        found: list[Done] = []
        for day in range(DAYS - 1):
            for user in (*REPS, LONER):
                for turn in range(chance.randint(1, 3)):
                    moment = START + day * DAY + (9 + turn) * HOUR + chance.randrange(50) * MINUTE
                    what = "call" if chance.random() < 0.15 else "visit"
                    record = "r-lab" if user == LONER else chance.choice(records)
                    result = chance.choice(("11", "12")) if what == "visit" else None
                    found.append(Done(f"a-{len(found)}", what, user, moment, record, result))
        for number, record in enumerate(records[8:20]):
            setter, closer = REPS[number % 7], REPS[(number * 3 + 2) % 7]
            made, due = START + 5 * DAY + 13 * HOUR, START + 11 * DAY + 14 * HOUR
            found.append(Done(f"p-{number}", "set", setter, made, record, to=closer, due=due))
            found.append(Done(f"held-{number}", "meeting", closer, due, record, "21" if number % 2 else "22"))
        for record in records[::5]:
            found.append(
                Done(f"m-{record}", "move", self.owners[record], START + 13 * DAY + 15 * HOUR, record)
            )
        self._log(*found)

    def _log(self, *found: Done) -> None:
        self.done += found
        rows = [
            {
                "id": one.id, "type": "transition" if one.what == "move" else "event", "done": True, "ownerId": one.user,
                "activityTemplateId": {"visit": VISIT, "call": CALL, "meeting": MEETING}.get(one.what), "resultId": one.result,
                "dataObjectId": one.record, "date": one.moment, "updatedAt": one.moment,
                "createdAt": START + 5 * DAY + 13 * HOUR if one.what == "meeting" else one.moment,
                "distance": 5.0 if one.what == "visit" else None, "verified": True, "notes": f"Notes of {one.id}",
                "fromStageId": "1" if one.what == "move" else None, "toStageId": "2" if one.what == "move" else None,
            }
            for one in found if one.what != "set"
        ]  # fmt: skip
        see(self.store, tables.ACTIVITY, *rows, now=END)
        made = [
            {
                "id": one.id, "dataObjectId": one.record, "ownerId": one.to, "createdById": one.user, "date": one.due,
                "updatedAt": one.moment, "activityTemplateId": MEETING, "activityId": one.id.replace("p-", "held-"),
            }
            for one in found if one.what == "set"
        ]  # fmt: skip
        if made:
            see(self.store, tables.APPOINTMENT, *made, now=END)


@dataclass(frozen=True)
class Seen:
    """Somebody who asks, and what is theirs to see: teams with all below them (None: everything), or only themselves."""

    name: str
    role: str
    leads: tuple[str, ...] | None = None
    user: str | None = None
    masks: tuple[str, ...] = ()

    @property
    def visitor(self) -> Visitor:
        return Visitor(email(self.user) if self.user else f"{self.name}@acme.example", self.name)

    @property
    def teams(self) -> frozenset[str] | None:
        if self.leads is None:
            return None
        return frozenset(team for team in ABOVE if set(self.leads) & set(up(team)))

    def line(self) -> dict[str, Any]:
        """The person on the list of people."""
        listed = {"email": self.visitor.email, "role": self.role}
        return listed | (
            {"teams": list(self.leads or ())} if self.role == "manager" and not self.user else {}
        )

    def leading(self, *teams: str) -> Seen:
        return replace(self, leads=teams)


class Truth:
    """What one person is to be told, counted from the list of what was done; Lab is left out where `lab` is not asked."""

    def __init__(self, company: Company, seen: Seen) -> None:
        self.company, self.seen = company, seen

    def sees(self, user: str, moment: datetime) -> bool:
        """Whether what somebody did at a moment is theirs to see."""
        if user == LONER:
            return False  # whoever sees all asks about the rest
        if self.seen.role == "rep":
            return user == self.seen.user
        teams = self.seen.teams
        return teams is None or self.company.team_at(user, moment) in teams

    def did(self, *whats: str, when: Callable[[Done], bool] = lambda one: True) -> list[Done]:
        """What was done that the person sees."""
        return [one for one in self.company.done if one.what in whats and self.sees(one.user, one.moment) and when(one)]  # fmt: skip

    def held(self) -> list[Done]:
        """The appointments by who held them."""
        return [one for one in self.company.done if one.what == "set" and self.sees(one.to, one.due)]

    def pairs(self) -> set[tuple[str, str]]:
        """Who set for whom, of what either side of is theirs to see."""
        mine = {*self.did("set"), *self.held()}
        return {(one.user, one.to) for one in mine}

    def people(self) -> set[str]:
        """Who is in the person's teams now."""
        teams = ABOVE if self.seen.teams is None else self.seen.teams
        return {user for user in FIRST_LEAF if user != LONER and self.company.team_at(user, LATER) in teams}

    def records(self) -> set[str]:
        """The records that the person may open now."""
        mine = self.people() if self.seen.role != "rep" else set()
        return {
            id for id, owner in self.company.owners.items()
            if id != "r-lab" and (owner in mine or self.company.creators[id] in mine)
        }  # fmt: skip

    def activities(self) -> set[str]:
        """The activities that the person may open now: those of who is in the teams now, whenever they were."""
        if self.seen.role == "rep":
            return set()
        return {one.id for one in self.company.done
                if one.what in ("visit", "call", "meeting", "move") and one.user in self.people()}  # fmt: skip

    def sum(self, *whats: str) -> float:
        return float(len(self.did(*whats)))

    def doors(self) -> set[tuple[Any, ...]]:
        return {(one.user, one.record, one.moment.date()) for one in self.did("visit")}


def up(team: str) -> list[str]:
    """A team and all above it."""
    found: list[str] = []
    at: str | None = team
    while at is not None:
        found.append(at)
        at = ABOVE[at]
    return found


def email(user: str) -> str:
    return f"{user}@acme.example"
