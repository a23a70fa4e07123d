"""What the invented company is made of, in words of its own: the loaders translate it for each stand-in.

Instants are whole milliseconds since 1970-01-01 UTC, in plain integers: a large world holds several million of them.
People, territories, records and activities refer to each other directly,
so each of them shows itself by its name or id alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sync.sandbox.world.geography import House, Quad
from sync.sandbox.world.scale import Scale

Instant = int
"""Milliseconds since 1970-01-01 UTC."""

SECOND: Instant = 1_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE
DAY: Instant = 24 * HOUR


def instant(moment: datetime) -> Instant:
    return int(moment.timestamp() * 1_000)


def moment(at: Instant) -> datetime:
    return datetime.fromtimestamp(at / 1_000, UTC)


@dataclass(slots=True, eq=False, repr=False)
class Person:
    """Somebody of the company; `spotio_id` or `salesforce_id` is None where they have no user."""

    first: str
    last: str
    mail: str
    phone: str
    job: str
    """vp, regional, lead, setter, closer, admin, inside (sales on Salesforce only) or office."""
    spotio_id: str | None
    salesforce_id: str | None
    joined: Instant
    left: Instant | None = None
    """When their user was suspended."""
    accepted: bool = True
    """False: invited to SPOTIO and not come yet."""
    team: Team | None = None
    turf: Territory | None = None
    """The territory a setter knocks."""
    pace: float = 1.0
    """How many doors they knock, 1 being the average."""
    charm: float = 1.0
    """How well they do at the door and the table, 1 being the average."""
    care: float = 0.95
    """The share of their visits which they log standing at the door."""
    habit: str = ""
    """sofa: sometimes logs a row of visits from home; roams: sometimes logs one from across the town."""
    signed_in: Instant | None = None

    def __repr__(self) -> str:
        return f"<Person {self.mail}>"

    def works(self, at: Instant) -> bool:
        """Whether they are employed then and have come to SPOTIO."""
        return self.accepted and self.joined <= at and (self.left is None or at < self.left)

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(slots=True, eq=False, repr=False)
class Team:
    id: str
    name: str
    parent: Team | None
    lead: Person | None = None
    members: list[Person] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Team {self.name}>"


@dataclass(slots=True, eq=False, repr=False)
class Territory:
    """A region (`parent` is None) or one of the territories that tile it."""

    id: str
    title: str
    color: str
    quad: Quad
    parent: Territory | None
    updated: Instant
    people: list[Person] = field(default_factory=list)
    blocks: list[list[Record]] = field(default_factory=list)
    """Its records, neighbours together."""

    def __repr__(self) -> str:
        return f"<Territory {self.title}>"


@dataclass(slots=True, eq=False, repr=False)
class Record:
    """A lead or an account in SPOTIO, with what its activities made of it."""

    id: str
    kind: str
    """Lead, Account or Deal."""
    house: House
    territory: Territory
    first: str
    last: str
    company: str
    phone: str
    mail: str
    details: dict[str, Any]
    """Values of further fields, by the field's name; a list for a multiple choice."""
    owner: Person
    creator: Person
    source: str
    created: Instant
    stage: str
    stage_at: Instant
    stage_by: Person
    updated: Instant
    updated_by: Person
    assigned: Instant
    unit: str = ""
    visits: int = 0
    calls: int = 0
    last_visit: Activity | None = None
    last_call: Activity | None = None
    last_active: Activity | None = None
    next_active: Instant | None = None
    deleted: Instant | None = None
    busy: Instant = 0
    """Nobody knocks before then."""
    twin: Record | None = None
    """The record of which this one is an unwanted second copy."""
    household: Record | None = None
    """The record of another person who lives in the same house, where that one was there first."""
    parent: Record | None = None
    """The account that a deal belongs to."""

    def __repr__(self) -> str:
        return f"<Record {self.id} {self.name}>"

    @property
    def value(self) -> float | None:
        """Dollars of the contract."""
        text = self.details.get("Value")
        return float(text) if text else None

    @property
    def name(self) -> str:
        return self.company.strip() or f"{self.first.strip()} {self.last.strip()}".strip()


@dataclass(slots=True, eq=False, repr=False)
class Activity:
    """Something done or planned on a record; `id` is given once all are in the order of their recording."""

    record: Record
    type: str
    """event, note, transition, create, ownerChanged or update, as SPOTIO calls them."""
    owner: Person
    at: Instant
    logged: Instant
    """When the server received it: later than `at` for what a phone sent once it was online again."""
    template: str = ""
    result: str = ""
    done: bool = True
    mobile: bool = False
    """Made by the app on a phone: only these are verified by position."""
    distance: float | None = None
    """Metres between the rep and the record's pin; None where no position was known."""
    position: tuple[float, float] | None = None
    """Where the phone was."""
    verified: bool = True
    seconds: int = 0
    direction: str = ""
    title: str = ""
    notes: str = ""
    was: str = ""
    """What a transition, an ownerChanged or an update replaced: a stage's name, a person's SPOTIO id, a value."""
    now: str = ""
    reason: str = ""
    """A transition's loss reason, or the name of the field an update changed."""
    edited: Instant = 0
    """When it was last changed; 0 if never."""
    appointment: Appointment | None = None
    id: str = ""

    def __repr__(self) -> str:
        return f"<Activity {self.id} {self.type} {self.template}>"


@dataclass(slots=True, eq=False, repr=False)
class Appointment:
    """A planned or kept appointment; `setter` created it, `owner` runs it."""

    id: str
    activity: Activity
    setter: Person
    booked: Instant
    minutes: int
    title: str
    notes: str = ""
    repeat: Mapping[str, Any] | None = None
    """The definition of a series, in SPOTIO's names."""
    changed: Instant = 0
    """When it was last changed: moved, cancelled, done; 0 if never."""
    cancelled: bool = False

    def __repr__(self) -> str:
        return f"<Appointment {self.id}>"

    @property
    def record(self) -> Record:
        return self.activity.record

    @property
    def owner(self) -> Person:
        return self.activity.owner


@dataclass(slots=True, eq=False, repr=False)
class Kin:
    """All that both systems hold of one person, business or deal, unwanted second copies after the first."""

    records: list[Record]
    rows: list[tuple[str, str]]
    """(sObject, id) in Salesforce. An account that a household shares is in the kin of each of its people."""


@dataclass(slots=True, eq=False, repr=False)
class Company:
    """One whole world: SPOTIO's side as objects, Salesforce's as rows in its wire's names."""

    seed: int
    scale: Scale
    now: Instant
    people: list[Person]
    teams: list[Team]
    territories: list[Territory]
    records: list[Record]
    """Leads and accounts; their deals are apart."""
    deals: list[Record]
    activities: list[Activity]
    appointments: list[Appointment]
    salesforce: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Rows by sObject, deleted ones included; instants as Salesforce writes them."""
    kin: list[Kin] = field(default_factory=list)
    """What is the same in truth, for every household, business and deal of which there is more than one row."""

    def __repr__(self) -> str:
        return f"<Company {self.scale.name} {self.seed}>"

    @property
    def reps(self) -> list[Person]:
        """Those who knock and close, former ones included."""
        return [person for person in self.people if person.job in ("setter", "closer")]
