"""What the next run of a sync would write: a saved plan, a page of its rows, what a guard holds of it and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from console.context import context
from console.identity import only_for, require
from console.readers.conflicts import MappedField
from console.readers.here import now
from data import config, naming
from data.naming import Pointer
from data.syncs import plans, states
from sync.engine.guards import class_name, counted

ROWS = 50  # a page


@dataclass(frozen=True)
class Written:
    """A field of an action, as people read its values; `by` and `at` of the change that it carries on, where that is known."""

    label: str
    before: str | None
    after: str | None
    reason: str
    by: str | None
    at: datetime | None


@dataclass(frozen=True)
class Row:
    """An action, or a record that is blocked (`kind` "blocked", with `field`, `seen` and the `change` that would free it)."""

    place: int
    kind: str
    held: bool
    system: str | None
    object: str | None
    id: str | None
    link: str | None
    spotio_id: str | None
    salesforce_id: str | None
    name: str
    why: str
    field: str | None
    seen: str | None
    change: str | None
    fields: tuple[Written, ...]

    @property
    def reference(self) -> str:
        """The record as Why takes it."""
        return f"spotio:{self.spotio_id}" if self.spotio_id else f"salesforce:{self.salesforce_id}"


@dataclass(frozen=True)
class Cause:
    """What `n` held actions have in common: the field, its one new value or how many there are, who did it and when."""

    label: str
    after: str | None
    afters: int
    by: str | None
    first: datetime | None
    last: datetime | None
    n: int


@dataclass(frozen=True)
class HeldClass:
    """A class of actions of which a limit lets only `allowed` through; `causes` the most frequent first."""

    name: str
    planned: int
    allowed: int
    limit: str
    text: str
    causes: tuple[Cause, ...]

    @property
    def held(self) -> int:
        return self.planned - self.allowed

    @property
    def called(self) -> str:
        """The planned ones as people call them: "owner changes in SPOTIO"."""
        return class_name(self.name, self.planned)


@dataclass(frozen=True)
class Approval:
    """What somebody approved of a plan. `run` made use of it; without one it holds until then, or has ended."""

    name: str
    most: int
    by: str
    at: datetime
    until: datetime | None
    run: str | None

    @property
    def told(self) -> str:
        """So many of the class: "7 owner changes in SPOTIO"."""
        return counted(self.name, self.most)


@dataclass(frozen=True)
class Limit:
    """A limit of the guard: how many actions, or what share of the `linked` records; None: no such limit."""

    name: str
    most: int | float | None


@dataclass(frozen=True)
class Plan:
    """A saved plan of one sync. `preview`: of a sync that is off, as if it were turned on.

    `outdated`: another version of the configuration is in force by now. `ran_since` is the run of the syncs that has
    ended since it was made, if any. `counts`: {kind, class, object, n, held, causes}.
    """

    id: str
    sync: str
    version: int
    made_at: datetime
    made_by: str
    mirrored_to: datetime | None
    preview: bool
    outdated: bool
    ran_since: str | None
    counts: Sequence[Mapping[str, Any]]
    unsettled: int
    held: tuple[HeldClass, ...]
    approvals: tuple[Approval, ...]
    limits: tuple[Limit, ...]
    linked: int
    mapped: Mapping[str, MappedField]

    def number(self, kind: str | None = None) -> int:
        """How many rows it has, of a kind or in all."""
        return sum(each["n"] for each in self.counts if kind in (None, each["kind"]))

    def held_of(self, kind: str) -> int:
        """How many of a kind are held."""
        return sum(each["held"] for each in self.counts if each["kind"] == kind)

    @property
    def writes(self) -> int:
        """How many actions write to a system and are not held."""
        free = ("link", "unlink", "blocked")
        return sum(each["n"] - each["held"] for each in self.counts if each["kind"] not in free)


@only_for("admin")
def syncs() -> list[tuple[str, str]]:
    """The published syncs and whether each is on, paused or off, in the order of the configuration."""
    kept = {state.sync: state for state in states.read_all(context().store)}
    found = []
    for name in _published():
        state = kept.get(name)
        on = state is not None and state.on
        found.append((name, "on" if on else "paused" if state and not state.off else "off"))
    return found


def _published() -> list[str]:
    current = config.current(context().store)
    document = current.document if current else {}
    return [str(each["name"]) for each in document.get("syncs", [])]


@only_for("admin")
def newest(sync: str) -> str | None:
    """The id of the newest plan of a sync that was made from the version in force; None when there is none."""
    store = context().store
    id = plans.newest(store, sync)
    saved = plans.read(store, id) if id else None
    return id if saved and saved["version"] == config.number(store) else None


@only_for("admin")
def plan(id: str, sync: str) -> Plan | None:
    """A saved plan as far as it is of one sync; None when there is no such plan."""
    store = context().store
    saved = plans.read(store, id)
    if saved is None or sync not in saved["syncs"]:
        return None
    document = saved["document"]
    mapped = {each["key"]: MappedField(**each, n=0) for each in document["mapped"] if each["sync"] == sync}
    guards = document["guards"][sync]
    mirrored = document["mirrored_to"].get(sync)
    return Plan(
        id=id, sync=sync, version=saved["version"], made_at=saved["made_at"], made_by=saved["made_by"],
        mirrored_to=datetime.fromisoformat(mirrored) if mirrored else None, preview=sync in document["preview"],
        outdated=saved["version"] != config.number(store), ran_since=plans.ran_since(store, saved["made_at"]),
        counts=plans.counts(store, id, sync), unsettled=document["unsettled"],
        held=tuple(_held(id, sync, each, mapped) for each in document["held"] if each["sync"] == sync),
        approvals=tuple(
            Approval(each["class"], each["most"], each["approved_by"], each["approved_at"], each["until"], each["used_run"])
            for each in plans.approvals(store, id, sync)
        ),
        limits=(
            Limit("writes", guards["writes"]), Limit("share", guards["share"]), Limit("owner_changes", guards["owner_changes"]),
            Limit("deletes", guards["deletes"]), Limit("empty", guards["empty_share"]),
        ),
        linked=guards["linked"], mapped=mapped,
    )  # fmt: skip


def _held(plan: str, sync: str, held: Mapping[str, Any], mapped: Mapping[str, MappedField]) -> HeldClass:
    found = plans.held_causes(context().store, plan, sync, held["class"])
    system = str(held["class"]).rpartition("_")[2]
    said = _said_of((mapped.get(each["field"]), each["after"], system) for each in found)
    causes = tuple(
        Cause(each["label"], after, each["afters"], each["by"], each["first"], each["last"], each["n"])
        for each, after in zip(found, said, strict=True)
    )
    return HeldClass(held["class"], held["planned"], held["allowed"], held["limit"], held["text"], causes)


@only_for("admin")
def rows(shown: Plan, *, kind: str | None = None, text: str = "", offset: int = 0) -> tuple[list[Row], int]:
    """A page of a plan's rows, held ones first, and how many there are in all; narrowed by a kind and a text."""
    store = context().store
    counted = plans.counts(store, shown.id, shown.sync, text) if text else shown.counts
    total = sum(each["n"] for each in counted if kind in (None, each["kind"]))
    found = plans.rows(
        store, shown.id, shown.sync, kind=kind, text=text, limit=ROWS, offset=min(offset, max(total - 1, 0) // ROWS * ROWS)
    )  # fmt: skip
    return _rows(found, shown), total


@only_for("admin")
def all_rows(shown: Plan, *, kind: str | None = None, text: str = "") -> pl.DataFrame:
    """Every row with a line for each field that it writes, as people read them; what an export holds."""
    found = plans.rows(context().store, shown.id, shown.sync, kind=kind, text=text, limit=None)
    lines = [
        {
            "action": row.kind, "held": row.held, "system": row.system, "object": row.object, "record": row.name,
            "spotio_id": row.spotio_id, "salesforce_id": row.salesforce_id, "field": each.label if each else row.field,
            "now": each.before if each else row.seen, "after": each.after if each else None,
            "changed_by": each.by if each else None, "changed_at": each.at if each else None, "why": row.why,
            "change": row.change,
        }
        for row in _rows(found, shown)
        for each in (row.fields or (None,))
    ]  # fmt: skip
    kinds: Mapping[str, pl.DataType | type[pl.DataType]] = {
        "held": pl.Boolean,
        "changed_at": pl.Datetime("us", "UTC"),
    }
    names = (
        "action", "held", "system", "object", "record", "spotio_id", "salesforce_id", "field", "now", "after", "changed_by",
        "changed_at", "why", "change",
    )  # fmt: skip
    return pl.DataFrame(lines, schema={name: kinds.get(name, pl.String) for name in names})


def _rows(found: Sequence[Mapping[str, Any]], shown: Plan) -> list[Row]:
    flat = [(row, field) for row in found for field in row["fields"]]
    said = iter(
        _said_of(
            (shown.mapped.get(field["key"]), field[end], row["system"])
            for row, field in flat
            for end in ("from", "to")
        )
    )
    made = []
    for row in found:
        fields = tuple(
            Written(
                each["label"], next(said), next(said), each["reason"], each["by"],
                datetime.fromisoformat(each["at"]) if each["at"] else None,
            )
            for each in row["fields"]
        )  # fmt: skip
        made.append(
            Row(
                row["place"], row["kind"], row["held"], row["system"], row["object"], row["id"], row["link"],
                row["spotio_id"], row["salesforce_id"], row["name"] or row["spotio_id"] or row["salesforce_id"] or "",
                row["why"] or "", row["field"], row["seen"], row["change"], fields,
            )
        )  # fmt: skip
    return made


def _said_of(values: Iterable[tuple[MappedField | None, str | None, str | None]]) -> list[str | None]:
    """Values as people call them: (the field, the value, in which system's form)."""
    given = list(values)
    people = {value for field, value, _ in given if field is not None and field.kind == "user" and value}
    tables = (("spotio", "user"), ("salesforce", "user"), ("salesforce", "group"))
    wanted = {Pointer(table, id) for id in people for table in tables}
    called = naming.names(context().store, require("admin").scope, wanted) if wanted else {}
    found: list[str | None] = []
    for field, value, system in given:
        if not value or field is None:
            found.append(value or None)
        elif field.kind == "user":
            found.append(
                next((called[Pointer(t, value)] for t in tables if Pointer(t, value) in called), value)
            )
        else:
            labels = field.choices.get(system or "", {})
            found.append(
                ", ".join(
                    labels.get(one, one) for one in (value.split(";") if field.kind == "choices" else [value])
                )
            )
    return found


def holds(approval: Approval) -> bool:
    """Whether a run may still make use of an approval."""
    return approval.run is None and (approval.until is None or approval.until > now())
