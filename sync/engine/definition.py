"""What one sync is, resolved: names have become ids, and every field knows its type and its limits on both sides.

It is made of a published configuration and of what the two systems describe (sync/syncs/resolving.py). Nothing here
changes during a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Side(StrEnum):
    """One of the two systems of a sync."""

    SPOTIO = "spotio"
    SALESFORCE = "salesforce"

    @property
    def other(self) -> Side:
        return Side.SALESFORCE if self is Side.SPOTIO else Side.SPOTIO


SYSTEM_NAMES = {Side.SPOTIO: "SPOTIO", Side.SALESFORCE: "Salesforce"}


class Kind(StrEnum):
    """How values of a field are compared and written; `values.py` knows the forms."""

    TEXT = "text"
    ADDRESS = (
        "address"  # a street, alone or with what follows it; records are matched by house number and street
    )
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"  # several at once, joined by ";"
    STAGE = "stage"  # of SPOTIO: the stage's id within its type
    USER = "user"


Direction = Literal["both", "to_salesforce", "to_spotio"]
Policy = Literal["salesforce", "spotio", "newest", "ask"]
Blanks = Literal["keep", "clear"]
Scope = Literal["historical_and_forward", "historical_only", "forward_only"]
Leaving = Literal["last_update", "stop", "unlink"]
Deletes = Literal["report", "follow"]
Test = Literal[
    "equals", "not_equals", "contains", "not_contains", "starts_with", "greater", "greater_or_equal", "less",
    "less_or_equal", "is_blank", "is_not_blank", "within_last_days", "not_within_last_days",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One side of a mapped field: where its value stands in that side's frame, and what the system takes there."""

    name: str  # Salesforce: the API name, or a path as Owner.Name; SPOTIO: the field's id, or stage, owner, value, ...
    label: str
    kind: Kind
    createable: bool = True
    updateable: bool = True
    required: bool = False  # on create
    length: int | None = None
    choices: Mapping[str, str] | None = None  # value -> label
    restricted: bool = False  # nothing but one of the choices is taken
    digits: int | None = None  # of a number, before the point
    scale: int | None = None  # of a number, after the point
    nillable: bool = True  # whether it may be emptied
    computed: bool = False  # a formula or a roll-up: its value changes without the record's stamp (F-03)


@dataclass(frozen=True)
class FieldRule:
    """A pair of fields that are kept in step."""

    key: str  # "<spotio name>~<role>.<salesforce name>": as long as a pair is mapped, its key stays
    spotio: Column
    salesforce: Column
    direction: Direction = "both"
    conflict: Policy = "ask"
    blanks: Blanks = "keep"
    group: str = ""  # fields of one group are decided together; empty: the field alone
    backfill: bool = False  # whether a mapping that came later fills links that stand
    to_salesforce: Mapping[str, str] | None = None  # value -> value; None: as it is
    to_spotio: Mapping[str, str] | None = None
    stopped: str = ""  # why nothing travels for now: the description of one side changed under it
    role: str = "lead"

    @property
    def unit(self) -> str:
        """What is decided as one: the group, or the field by itself."""
        return self.group or self.key

    def column(self, side: Side) -> Column:
        return self.spotio if side is Side.SPOTIO else self.salesforce

    def towards(self, side: Side) -> bool:
        """Whether values may travel to that side."""
        return self.direction in ("both", f"to_{side}")


@dataclass(frozen=True)
class Part:
    """A piece of a template: text as it stands, or the value of the other side's column."""

    text: str = ""
    column: str = ""


@dataclass(frozen=True)
class Fill:
    """A field that a new record gets without being mapped (F-04): text and values of the other side, or a date."""

    side: Side  # on which the record is created
    column: Column
    parts: tuple[Part, ...] = ()
    days_from_now: int | None = None  # a date so many days after the plan
    wording: str = ""  # as it is written in the configuration


@dataclass(frozen=True)
class Clause:
    """One condition on one side's value. Several values: any of them (equals), none of them (not_equals)."""

    side: Side
    column: Column
    test: Test
    values: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()  # the same for people


@dataclass(frozen=True)
class Filter:
    """Conditions that all hold, or of which one does. Without parts it passes everything."""

    parts: tuple[Clause | Filter, ...] = ()
    any_of: bool = False

    def clauses(self) -> tuple[Clause, ...]:
        """All conditions in it, in order."""
        found: list[Clause] = []
        for part in self.parts:
            found += part.clauses() if isinstance(part, Filter) else [part]
        return tuple(found)


@dataclass(frozen=True)
class Selective:
    """A named filter of the outbound direction."""

    name: str
    filter: Filter


@dataclass(frozen=True)
class Inbound:
    wanted: bool = False  # by the configuration; the state says whether it is on
    scope: Scope = "historical_and_forward"
    filter: Filter = Filter()
    updates_after_import: bool = True  # of historical_only: false is "import once, then stop updating"
    leaving: Leaving = "last_update"


@dataclass(frozen=True)
class Outbound:
    wanted: bool = False
    selective: tuple[Selective, ...] = ()  # a record that passes one of them is in scope; none: every record
    origins: frozenset[str] = frozenset({"human"})  # of new records: human, import, integration
    leaving: Leaving = "last_update"


@dataclass(frozen=True)
class MatchKey:
    """Fields that together say who a record is, as (rule key, how the value is compared)."""

    rules: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Guard:
    """What a run may do without being asked; None: no limit of that kind."""

    writes: int | None = 500  # of one class of actions
    share: float | None = 0.2  # of the linked records, from `share_from` records on
    share_from: int = 50
    deletes: int | None = 0
    owner_changes: int | None = 100
    empty_share: float = 0.5  # a source that shows less than this of what it showed is not believed


@dataclass(frozen=True)
class Definition:
    """One sync, as of one version of the configuration."""

    sync: str
    version: int
    type_id: str
    type_name: str
    sobject: str = "Lead"
    external_id: str = "SPOTIO_Id__c"
    fields: tuple[FieldRule, ...] = ()
    fills: tuple[Fill, ...] = ()
    inbound: Inbound = Inbound()
    outbound: Outbound = Outbound()
    match: tuple[MatchKey, ...] = ()
    deletes: Deletes = "report"
    allow_duplicates: bool = False  # whether Salesforce's duplicate rules are told to let a write pass
    auto_assign: bool = False  # whether Salesforce's assignment rules may choose another owner
    guard: Guard = Guard()
    default_spotio_user: str = ""
    default_salesforce_user: str = ""
    explicit_users: Mapping[str, str] = field(default_factory=dict)  # SPOTIO user -> Salesforce user, by id
    own_users: frozenset[str] = frozenset()  # users of either system in whose name Fieldline writes
    integration_users: frozenset[str] = frozenset()  # users of either system who are other integrations
    user_names: Mapping[str, str] = field(default_factory=dict)  # id of either system -> name, for texts

    @property
    def standing_still(self) -> list[str]:
        """The mapped fields of which nothing travels for now, a sentence each."""
        return [f"{rule.spotio.label} stands still. {rule.stopped}" for rule in self.fields if rule.stopped]

    def rule(self, key: str) -> FieldRule:
        return next(rule for rule in self.fields if rule.key == key)

    def clauses(self) -> list[Clause]:
        """The conditions of all filters of both directions."""
        filters = [self.inbound.filter, *(named.filter for named in self.outbound.selective)]
        return [clause for filter in filters for clause in filter.clauses()]

    @property
    def by_the_day(self) -> bool:
        """Whether records enter and leave a scope as days pass, without anybody touching them (L-06)."""
        return any(clause.test.endswith("within_last_days") for clause in self.clauses())

    @property
    def computed(self) -> tuple[Column, ...]:
        """What Salesforce computes of what the engine looks at."""
        return tuple(column for column in self.needed(Side.SALESFORCE) if column.computed)

    def needed(self, side: Side) -> tuple[Column, ...]:
        """Every column of a side that the engine looks at, each once."""
        found = {rule.column(side).name: rule.column(side) for rule in self.fields}
        for clause in self.clauses():
            if clause.side is side:
                found.setdefault(clause.column.name, clause.column)
        for fill in self.fills:
            if fill.side is not side:
                for part in fill.parts:
                    if part.column:
                        found.setdefault(part.column, Column(part.column, part.column, Kind.TEXT))
        return tuple(found.values())
