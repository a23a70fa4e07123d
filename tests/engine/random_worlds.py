"""Random definitions and worlds, small enough to hold every rule against every other one; the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Literal, TypeVar, cast

from sync.engine.definition import (
    Clause,
    Column,
    Definition,
    FieldRule,
    Fill,
    Filter,
    Inbound,
    Kind,
    MatchKey,
    Outbound,
    Part,
    Selective,
    Side,
)
from sync.engine.inputs import State, Switch
from tests.engine.worlds import NOW, ON_AT, Agreed, Edit, Link, Person, Resolution, Text, World

T = TypeVar("T")
Direction = Literal["both", "to_salesforce", "to_spotio"]
_ORIGINS = ("human", "human", "human", "automation", "fieldline", "integration", "import", "bulk")
_LETTER = {Side.SPOTIO: "s", Side.SALESFORCE: "f"}
_STAGES = {"1": "New", "2": "Attempted", "3": "Pitched", "4": "Sold", "5": "Lost"}
_STATUSES = ("Open", "Working", "Closed", "Nurturing")
_POOLS: dict[str, Sequence[Text]] = {
    "company": ("Acme", "Acme ", "Brown & Co", "Caf\u00e9", "Cafe\u0301", "A name that is far too long", "", None),
    "first": ("Ann", "Bob", "Cy", None, " "),
    "last": ("Smith", "SMITH", "Jones", "O'Neil", None, None),
    "email": ("ann@x.com", "Ann@X.com", "bob@x.com", "cy@x.com", "none", None, None),
    "phone": ("(555) 010-1111", "5550101111", "+1 555 010 1111", "555-010-2222", "n/a", "12", None, None),
    "zip": ("10115", "10117", None),
    "stage": ("1", "2", "3", "4", "5"),
    "status": _STATUSES,
    "owner": ("u1", "u2", "u3", "u4", "u9"),
    "OwnerId": ("U1", "U2", "U3", "Q1", "U9"),
    "amount": ("1", "1.0", "1.24", "1.25", "-0.5", "0.5", "-0", "0", "1e9", "many", None),
    "tags": ("a", "a;b", "b;a", "b; a;", "c", None),
    "due": ("2026-11-30T10:00:00Z", "2026-11-30T10:00:00.000+0000", "2026-11-29T23:00:00Z", "2026-09-01T00:00:00Z", None),
    "day": ("2026-11-30", "2026-11-29", "2026-09-01", None),
    "score": ("7", "8", "9"),
    "flag": ("true", "false", "True"),
}  # fmt: skip


def _column(name: str, kind: Kind, **limits: object) -> Column:
    return Column(name, name.capitalize(), kind, **limits)  # type: ignore[arg-type]


def _rule(spotio: Column, salesforce: Column, **members: object) -> FieldRule:
    return FieldRule(f"{spotio.name}~lead.{salesforce.name}", spotio, salesforce, **members)  # type: ignore[arg-type]


_CHOICES = {"a": "A", "b": "B"}
RULES = {
    "company": _rule(_column("company", Kind.TEXT), _column("Company", Kind.TEXT, length=12)),
    "first": _rule(_column("first", Kind.TEXT), _column("FirstName", Kind.TEXT), group="name"),
    "last": _rule(_column("last", Kind.TEXT), _column("LastName", Kind.TEXT, required=True, nillable=False), group="name"),
    "email": _rule(_column("email", Kind.EMAIL), _column("Email", Kind.EMAIL)),
    "phone": _rule(_column("phone", Kind.PHONE), _column("Phone", Kind.PHONE)),
    "zip": _rule(_column("zip", Kind.TEXT), _column("PostalCode", Kind.TEXT), direction="to_salesforce"),
    "stage": _rule(
        _column("stage", Kind.STAGE, choices=_STAGES, required=True), _column("Status", Kind.CHOICE, choices=dict.fromkeys(_STATUSES, ""), restricted=True),
        to_salesforce={"1": "Open", "2": "Open", "3": "Working", "4": "Closed"}, to_spotio={"Open": "1", "Working": "3", "Closed": "4"},
    ),
    "owner": _rule(_column("owner", Kind.USER), _column("OwnerId", Kind.USER)),
    "amount": _rule(_column("value", Kind.NUMBER), _column("Amount", Kind.NUMBER, scale=1, digits=6)),
    "tags": _rule(
        _column("tags", Kind.CHOICES, choices=_CHOICES, restricted=True), _column("Tags__c", Kind.CHOICES),
        to_spotio={"x": "a", "y": "b", "a": "a"}, to_salesforce={"a": "x", "b": "y"},
    ),
    "due": _rule(_column("due", Kind.DATETIME), _column("Due__c", Kind.DATE)),
    "score": _rule(_column("score", Kind.TEXT), _column("Score__c", Kind.TEXT, createable=False, updateable=False), direction="to_spotio"),
    "size": _rule(_column("size", Kind.NUMBER), _column("Size__c", Kind.NUMBER, createable=False)),
    "flag": _rule(_column("flag", Kind.BOOLEAN), _column("Flag__c", Kind.BOOLEAN)),
}  # fmt: skip
_POOL_OF = {
    "company": "company", "Company": "company", "first": "first", "FirstName": "first", "last": "last", "LastName": "last",
    "email": "email", "Email": "email", "phone": "phone", "Phone": "phone", "zip": "zip", "PostalCode": "zip",
    "stage": "stage", "Status": "status", "owner": "owner", "OwnerId": "OwnerId", "value": "amount", "Amount": "amount",
    "tags": "tags", "Tags__c": "tags", "due": "due", "Due__c": "day", "score": "score", "Score__c": "score",
    "flag": "flag", "Flag__c": "flag", "size": "amount", "Size__c": "amount",
}  # fmt: skip


class Maker:
    """Draws one world."""

    def __init__(self, seed: int, size: int) -> None:
        self.random = Random(seed)  # noqa: S311 (worlds, no secrets)
        self.size = size

    def one(self, several: Sequence[T]) -> T:
        return self.random.choice(several)

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def value(self, column: str) -> Text:
        return self.one(_POOLS[_POOL_OF[column]])

    def definition(self) -> Definition:
        names = [name for name in RULES if self.often(0.7)] or ["company", "email"]
        rules = [self._varied(RULES[name]) for name in names]
        groups = [rule.group for rule in rules]
        rules = [replace(rule, group=rule.group if groups.count(rule.group) > 1 else "") for rule in rules]
        keys = {rule.spotio.name: rule.key for rule in rules}
        wanted = [("email",), ("phone", "last"), ("last", "zip"), ("company",)]
        return Definition(
            "doors", 1, "10", "Prospect", fields=tuple(rules), fills=tuple(fill for fill in self._fills() if self.often(0.4)),
            inbound=Inbound(
                True, self.one(("historical_and_forward", "historical_and_forward", "historical_only", "forward_only")),
                self._filter(Side.SALESFORCE, rules), self.often(0.7), self.one(("last_update", "stop", "unlink")),
            ),
            outbound=Outbound(
                True, tuple(Selective(f"s{n}", self._filter(Side.SPOTIO, rules)) for n in range(self.one((0, 0, 1, 2)))),
                frozenset(self.one((("human",), ("human", "import")))), self.one(("last_update", "stop", "unlink")),
            ),
            match=tuple(
                MatchKey(tuple(keys[name] for name in key), "+".join(key))
                for key in wanted if set(key) <= set(keys) and self.often(0.6)
            ),
            deletes=self.one(("report", "follow")),
            default_spotio_user=self.one(("", "u1")), default_salesforce_user=self.one(("", "U1")),
        )  # fmt: skip

    def _varied(self, rule: FieldRule) -> FieldRule:
        directions: tuple[Direction, ...] = ("both", "both", "both", "to_salesforce", "to_spotio")
        direction = self.one(directions) if rule.direction == "both" else rule.direction
        return replace(
            rule, direction=direction, conflict=self.one(("ask", "newest", "salesforce", "spotio")),
            blanks=self.one(("keep", "keep", "clear")), backfill=self.often(0.3),
            group=rule.group or self.one(("", "", "", "pair")), stopped="Gone." if self.often(0.05) else "",
        )  # fmt: skip

    def _fills(self) -> list[Fill]:
        salesforce, spotio = Side.SALESFORCE, Side.SPOTIO
        last = Column("LastName", "LastName", Kind.TEXT, required=True, nillable=False)
        return [
            Fill(salesforce, last, (Part("Resident"),)),
            Fill(salesforce, Column("Company", "Company", Kind.TEXT, length=12), (Part(column="first"), Part(" "), Part(column="last"))),
            Fill(salesforce, Column("CloseDate", "Close date", Kind.DATE), days_from_now=30),
            Fill(spotio, Column("address", "Address", Kind.TEXT, required=True), (Part(column="PostalCode"), Part(", "), Part("Town"))),
            Fill(spotio, Column("source", "Source", Kind.TEXT), (Part("Sales  force"),)),
        ]  # fmt: skip

    def _filter(self, side: Side, rules: Sequence[FieldRule], depth: int = 0) -> Filter:
        parts: list[Clause | Filter] = []
        for _ in range(self.one((0, 1, 1, 2)) if depth == 0 else 2):
            if depth == 0 and self.often(0.2):
                parts.append(self._filter(side, rules, 1))
            else:
                parts.append(self._clause(side, self.one(rules).column(side)))
        return Filter(tuple(parts), any_of=self.often(0.4))

    def _clause(self, side: Side, column: Column) -> Clause:
        tests = ["equals", "not_equals", "not_equals", "is_blank", "is_not_blank"]
        if column.kind in (Kind.TEXT, Kind.EMAIL, Kind.CHOICES):
            tests += ["contains", "not_contains"]
        if column.kind in (Kind.TEXT, Kind.EMAIL):
            tests += ["starts_with"]
        if column.kind in (Kind.NUMBER, Kind.DATE, Kind.DATETIME):
            tests += ["greater", "less_or_equal", "greater_or_equal", "less"]
        if column.kind in (Kind.DATE, Kind.DATETIME):
            tests += ["within_last_days", "not_within_last_days"]
        test = self.one(tests)
        values = [v for v in (self.value(column.name) for _ in range(self.one((1, 2)))) if v and v.strip()]
        if test.endswith("within_last_days"):
            values = [self.one(("1", "30"))]
        return Clause(side, column, test, tuple(values or ["1"]))  # type: ignore[arg-type]

    def world(self) -> World:
        switches = ("on", "on", "on", "on", "paused", "off")
        inbound, outbound = (cast(Switch, self.one(switches)) for _ in range(2))
        on_at = ON_AT if outbound != "off" or self.often(0.5) else None
        world = World(self.definition(), State(inbound, outbound, ON_AT, on_at), NOW)
        self._persons(world)
        for side in Side:
            for number in range(self.size):
                self._record(world, side, f"{_LETTER[side]}{number}")
        self._links(world)
        self._memory(world)
        return world

    def _persons(self, world: World) -> None:
        pairs = {"u1": "U1", "u2": "U2", "u3": None, "u4": "U2"}
        world.persons += [Person(Side.SPOTIO, id, pairs[id], self.often(0.8)) for id in pairs]
        world.persons += [
            Person(Side.SALESFORCE, id, partner, self.often(0.8))
            for id, partner in (("U1", "u1"), ("U2", "u2"), ("U3", None), ("Q1", None))
        ]

    def _record(self, world: World, side: Side, id: str) -> None:
        names = {column.name for column in world.definition.needed(side)}
        values = {name: self.value(name) for name in sorted(names)}
        record = world.add(side, id, values, deleted=self.often(0.08), visible=self.often(0.94))
        if self.often(0.1):
            record.outside = f"{_LETTER[side.other]}{self.random.randrange(self.size + 1)}"
        if side is Side.SPOTIO:
            record.origin = self.one((*_ORIGINS, None))
        else:
            record.converted = self.often(0.05)
            if record.deleted and self.often(0.4):
                record.merged_into = "f0"
        if self.often(0.06):
            world.excluded.add((side, id))
        if self.often(0.06):
            world.barred.add((side, id))
        if self.often(0.6):
            world.snapshot[side, id] = self.often(0.6)

    def _links(self, world: World) -> None:
        ours, theirs = sorted(world.spotio), sorted(world.salesforce)
        self.random.shuffle(theirs)
        for s, f in zip(ours, theirs, strict=True):
            if not self.often(0.6):
                continue
            link = Link(
                f"l-{s}", s, f, self.one(("active",) * 8 + ("deleted", "unlinked", "case")),
                self.one(("spotio", "salesforce", "matched")), self.often(0.9), self.often(0.9),
                self.one((None, None, None, None, "left_filter")),
            )  # fmt: skip
            world.links[link.link] = link
            for rule in world.definition.fields:
                self._agreement(world, link, rule)
            if self.often(0.2):
                shown = self.one((("deleted", "edited"), ("edited", "deleted")))
                world.resolutions.append(Resolution(link.link, "deletion", self.one(tuple(Side)), *shown))

    def _agreement(self, world: World, link: Link, rule: FieldRule) -> None:
        """What was agreed, then perhaps an edit on a side or both, which may be told of, and a decision."""
        spotio, salesforce = world.spotio[link.spotio_id], world.salesforce[link.salesforce_id]
        if self.often(0.92):
            shown = spotio[rule.spotio.name], salesforce[rule.salesforce.name]
            reason = self.one(("edited", "linked", "automation", "withheld"))
            base = Agreed(*shown, reason, ON_AT + timedelta(days=self.one((-3, 3))))
            if reason == "withheld":
                base = replace(base, spotio=None) if self.often(0.5) else replace(base, salesforce=None)
            world.agreed[link.link, rule.key] = base
        for record, column in ((spotio, rule.spotio), (salesforce, rule.salesforce)):
            if self.often(0.25):
                record.values[column.name] = self.value(column.name)
        if self.often(0.15):
            seen = [
                record[column.name] if self.often(0.8) else self.value(column.name)
                for record, column in ((spotio, rule.spotio), (salesforce, rule.salesforce))
            ]
            take = self.one(("spotio", "salesforce", "value"))
            typed = self.value(rule.spotio.name) if take == "value" else None
            world.resolutions.append(Resolution(link.link, rule.key, take, seen[0], seen[1], typed))

    def _memory(self, world: World) -> None:
        """Who changed what, and what stood at the turn-on of the outbound direction."""
        for side in Side:
            for record in world.rows(side).values():
                for name in [*record.values, None]:
                    if self.often(0.3):
                        at = ON_AT + timedelta(days=self.one((-2, 4)), seconds=self.one((0, 200, 400)))
                        by = self.one(("Ann", "Bob", None))
                        world.edits.append(Edit(side, record.id, name, at, by, self.one(_ORIGINS)))
        for side, id in world.snapshot:
            if side is Side.SPOTIO:
                for name, value in world.spotio[id].values.items():
                    if self.often(0.9):
                        world.held[id, name] = value if self.often(0.7) else self.value(name)
        for _ in range(self.size // 4):
            pair = f"s{self.random.randrange(self.size)}", f"f{self.random.randrange(self.size)}"
            world.verdicts[pair] = self.often(0.5)


def random_world(seed: int, size: int) -> World:
    """The world of a seed, with so many records on each side."""
    return Maker(seed, size).world()
