"""Two systems and what a sync keeps of them, as plain records; and the same as the frames that the engine is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from sync.engine import inputs as shapes
from sync.engine.definition import Definition, Side
from sync.engine.inputs import Inputs, Pools, Schema, State

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ON_AT = datetime(2026, 11, 1, tzinfo=UTC)
Text = str | None


@dataclass
class Record:
    """A record of either system; `outside` is the other system's id that it bears."""

    id: str
    values: dict[str, Text] = field(default_factory=dict)
    deleted: bool = False
    visible: bool = True
    outside: Text = None
    origin: Text = "human"  # of SPOTIO
    merged_into: Text = None  # of Salesforce
    converted: bool = False

    def __getitem__(self, name: str) -> Text:
        return self.values.get(name)


@dataclass
class Link:
    link: str
    spotio_id: str
    salesforce_id: str
    state: str = "active"
    born: str = "matched"
    to_spotio: bool = True
    to_salesforce: bool = True
    reason: Text = None


@dataclass
class Agreed:
    """What a field of a link showed on each side when the two last agreed."""

    spotio: Text
    salesforce: Text
    reason: Text = "edited"
    at: datetime = ON_AT


@dataclass(frozen=True)
class Edit:
    system: Side
    id: str
    column: Text
    at: datetime
    by: Text = "Ann"
    origin: Text = "human"


@dataclass(frozen=True)
class Resolution:
    link: str
    field: str
    take: str
    spotio: Text
    salesforce: Text
    value: Text = None


@dataclass(frozen=True)
class Person:
    system: Side
    id: str
    partner: Text = None
    active: bool = True


@dataclass
class World:
    """Everything that one plan depends on."""

    definition: Definition
    state: State = field(default_factory=lambda: State("on", "on", ON_AT, ON_AT))
    now: datetime = NOW
    spotio: dict[str, Record] = field(default_factory=dict)
    salesforce: dict[str, Record] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    agreed: dict[tuple[str, str], Agreed] = field(default_factory=dict)  # by link and field
    edits: list[Edit] = field(default_factory=list)
    snapshot: dict[tuple[Side, str], bool] = field(default_factory=dict)  # by system and id: passed
    held: dict[tuple[str, str], Text] = field(default_factory=dict)  # by SPOTIO id and column, at the turn-on
    resolutions: list[Resolution] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    excluded: set[tuple[Side, str]] = field(default_factory=set)
    barred: set[tuple[Side, str]] = field(default_factory=set)
    verdicts: dict[tuple[str, str], bool] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # digest of an action -> code

    def rows(self, side: Side) -> dict[str, Record]:
        return self.spotio if side is Side.SPOTIO else self.salesforce

    def add(self, side: Side, id: str, values: Mapping[str, Text] | None = None, **flags: Any) -> Record:
        """A record with these values."""
        record = Record(id, dict(values or {}), **flags)
        self.rows(side)[id] = record
        return record

    def link(
        self,
        link: str,
        spotio: Record,
        salesforce: Record,
        *,
        agree: bool = True,
        at: datetime = ON_AT,
        **members: Any,
    ) -> Link:
        """Link two records; with `agree`, what they show now is what they agreed on."""
        made = Link(link, spotio.id, salesforce.id, **members)
        self.links[link] = made
        if agree:
            for rule in self.definition.fields:
                shown = spotio[rule.spotio.name], salesforce[rule.salesforce.name]
                self.agreed[link, rule.key] = Agreed(*shown, at=at)
        return made

    def linked_ids(self, side: Side, *, live: bool = False) -> set[str]:
        """Ids that a link names; with `live`, one that was not taken apart."""
        return {
            link.spotio_id if side is Side.SPOTIO else link.salesforce_id
            for link in self.links.values()
            if not live or link.state != "unlinked"
        }


def inputs(world: World) -> Inputs:
    """The world as the engine sees it."""
    unit = {rule.key: rule.unit for rule in world.definition.fields}
    return Inputs(
        spotio=_records(world, Side.SPOTIO),
        salesforce=_records(world, Side.SALESFORCE),
        links=_frame(shapes.LINKS, [vars(link) for link in world.links.values()]),
        agreed=_frame(
            shapes.AGREED,
            [
                {"link": link, "field": key, "spotio": each.spotio, "salesforce": each.salesforce,
                 "reason": each.reason, "agreed_at": each.at}
                for (link, key), each in world.agreed.items()
            ],
        ),
        edits=_frame(
            shapes.EDITS,
            [
                {"system": each.system, "id": each.id, "column": each.column, "changed_at": each.at,
                 "changed_by": each.by, "origin": each.origin}
                for each in world.edits
            ],
        ),
        snapshot=_frame(
            shapes.SNAPSHOT,
            [{"system": system, "id": id, "passed": passed} for (system, id), passed in world.snapshot.items()],
        ),
        snapshot_values=_frame(
            shapes.SNAPSHOT_VALUES,
            [{"id": id, "column": column, "value": value} for (id, column), value in world.held.items()],
        ),
        resolutions=_frame(
            shapes.RESOLUTIONS,
            [vars(each) | {"unit": unit.get(each.field, each.field)} for each in world.resolutions],
        ),
        persons=_frame(shapes.PERSONS, [vars(each) | {"name": f"User {each.id}"} for each in world.persons]),
        failures=_frame(
            shapes.FAILURES,
            [
                {"digest": digest, "code": code, "text": "Refused.", "field": None}
                for digest, code in world.refused.items()
            ],
        ),
        excluded=_ids(world.excluded, "excluded"),
        barred=_ids(world.barred, "barred"),
        verdicts=_frame(
            shapes.VERDICTS,
            [{"spotio_id": s, "salesforce_id": f, "same": same} for (s, f), same in world.verdicts.items()],
        ),
    )  # fmt: skip


def pools(world: World) -> Pools:
    """Everybody who lives, hidden ones as if they were linked; a converted lead is none any more."""
    frames = []
    for side in Side:
        names = [column.name for column in world.definition.needed(side)]
        outside = "_native_id" if side is Side.SPOTIO else "_spotio_id"
        linked = world.linked_ids(side, live=True)
        rows = [
            {
                "id": each.id,
                "linked": each.id in linked or not each.visible,
                outside: each.outside,
                **_values(each, names),
            }
            for each in world.rows(side).values()
            if not each.deleted and not each.converted
        ]
        schema: Schema = {**shapes.POOL, outside: shapes.TEXT, **dict.fromkeys(names, shapes.TEXT)}
        frames.append(_frame(schema, rows))
    return Pools(*frames)


def _records(world: World, side: Side) -> pl.DataFrame:
    names = [column.name for column in world.definition.needed(side)]
    flags = shapes.SPOTIO_FLAGS if side is Side.SPOTIO else shapes.SALESFORCE_FLAGS
    schema: Schema = {**flags, **dict.fromkeys(names, shapes.TEXT)}
    rows = []
    for each in world.rows(side).values():
        row: dict[str, Any] = {"id": each.id, "_deleted": each.deleted, "_visible": each.visible}
        row |= {"_origin": each.origin, "_native_id": each.outside} if side is Side.SPOTIO else {
            "_merged_into": each.merged_into, "_converted": each.converted, "_spotio_id": each.outside,
        }  # fmt: skip
        rows.append(row | _values(each, names))
    return _frame(schema, rows)


def _values(record: Record, names: Iterable[str]) -> dict[str, Text]:
    return {name: record[name] for name in names}


def _ids(pairs: Iterable[tuple[Side, str]], why: str) -> pl.DataFrame:
    return _frame(shapes.IDS, [{"system": system, "id": id, "why": why} for system, id in sorted(pairs)])


def _frame(schema: Schema, rows: list[dict[str, Any]]) -> pl.DataFrame:
    plain = [{k: str(v) if isinstance(v, Side) else v for k, v in row.items() if k in schema} for row in rows]
    return pl.DataFrame(plain, schema=schema, orient="row")
