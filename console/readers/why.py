"""Why a record does or does not sync: asked of the engine as `fieldline why` asks it, with what the mirror knows beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.context import context
from console.identity import only_for, require
from console.readers.here import now
from data import config, finding, records
from data.errors import StoreError as StoreError
from data.syncs import asked, links, states
from sync.errors import FieldlineError as FieldlineError

FOUND_MAX = 20
# Whom a sync may be about; users, teams and the like are no records of one.
RECORDS = frozenset(
    {("spotio", "record"), *(("salesforce", name) for name in ("lead", "account", "contact", "opportunity"))}
)
# Where the row of an id may be; people also ask for what is no record.
_OBJECTS = {
    "spotio": ("record", "activity", "appointment", "user"),
    "salesforce": ("lead", "account", "contact", "opportunity", "user"),
}
_REFERENCE = re.compile(r"\s*(spotio|salesforce|salesscreen)(\.\w+)?\s*:\s*(.*)", re.IGNORECASE)
# How the ids of either system look (reference: SPOTIO's API, "DataObject"; Salesforce Help, "Salesforce ID").
_FORMS = {"spotio": re.compile(r"[0-9a-f]{24}"), "salesforce": re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")}  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """A record that was found. `state` is how its link stands, of the sync `sync`; both empty without one."""

    system: str
    object: str
    id: str
    name: str | None
    email: str | None
    state: str = ""
    sync: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the trace: `passed` is None when it was not reached; `seen` is the value that it went by."""

    name: str
    passed: bool | None
    text: str
    seen: str | None


@dataclass(frozen=True)
class Failure:
    """The first step that was not passed, and the smallest change that would make it; empty where there is none."""

    step: str
    code: str
    text: str
    seen: str | None
    change: str


@dataclass(frozen=True)
class Told:
    """What one sync says of the record. `paused` and `off` are the directions of it that do not run.

    `as_of` tells since when what Salesforce computes of the record stands, by label.
    """

    sync: str
    outcome: str
    text: str
    failure: Failure | None
    steps: tuple[Step, ...]
    as_of: Mapping[str, datetime]
    paused: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    conflict: str | None = None  # the id of the one that waits longest


@dataclass(frozen=True)
class Side:
    """A record as the mirror has it; `name` and `read_at` are empty when it has it not."""

    system: str
    object: str
    id: str
    name: str | None
    read_at: datetime | None
    deleted_at: datetime | None = None
    not_visible_at: datetime | None = None


@dataclass(frozen=True)
class Link:
    """The newest link of the record; `state` as in data/syncs/links.py."""

    name: str
    sync: str
    state: str
    born: str
    linked_at: datetime


@dataclass(frozen=True)
class Why:
    """The record, what it is linked with, and what each sync says of it, the one that has it first."""

    record: Side
    partner: Side | None
    link: Link | None
    told: tuple[Told, ...]
    version: int
    asked_at: datetime

    @property
    def reference(self) -> str:
        """The record as the command line and the address name it."""
        return f"{self.record.system}:{self.record.id}"


def meant(text: str) -> str:
    """The record that a text names by itself, as SYSTEM:ID; empty when it has to be looked for."""
    named = _REFERENCE.fullmatch(text)
    return f"{named[1].lower()}:{named[3].strip()}" if named else ""


def guessed(text: str) -> str:
    """The record that a text may name by the form of an id alone, as SYSTEM:ID; empty for what has no such form."""
    for system, form in _FORMS.items():
        if form.fullmatch(text) and (system == "spotio" or any(map(str.isdigit, text))):
            return f"{system}:{text}"
    return ""


def has_form(system: str, id: str) -> bool:
    """Whether an id looks like one of that system."""
    return _FORMS[system].fullmatch(id) is not None


@only_for("admin")
def find(text: str) -> list[Hit]:
    """Records of both systems by id, or by a part of a name, an e-mail or a phone number: at most FOUND_MAX, by name."""
    store = context().store
    found = finding.search(store, require("admin").scope, text, each=FOUND_MAX, among=RECORDS)
    found.sort(key=lambda one: (one.id != text, (one.name or "").casefold(), one.system, one.object, one.id))
    found = found[:FOUND_MAX]
    linked = links.states(store, [(one.system, one.id) for one in found])
    return [
        Hit(one.system, one.object, one.id, one.name, one.email, *linked.get((one.system, one.id), ()))
        for one in found
    ]


@only_for("admin")
def found_count(text: str) -> int:
    """How many records there are of which `find` gives the first."""
    return finding.count(context().store, require("admin").scope, text, among=RECORDS)


@only_for("admin")
def why(reference: str) -> Why:
    """What there is to say of a record, SYSTEM:ID; FieldlineError or StoreError when it cannot be said, with the sentence."""
    answer = context().command("why", {"record": reference})
    store = context().store
    system, id = answer["system"], answer["id"]
    found = next(iter(links.find(store, system, id)), None)
    told = [_told(each) for each in answer["syncs"]] or [_told({**answer, "sync": ""})]
    # The one whose verdict the program gives comes first.
    first = next((n for n, each in enumerate(told) if each.text == answer["text"]), 0)
    return Why(
        record=_side(system, id, "" if system == "spotio" else str(answer["object"] or "").lower()),
        partner=_partner(system, found) if found else None,
        link=Link(found["link"], found["sync"], found["state"], found["born"], found["linked_at"])
        if found
        else None,
        told=(told[first], *told[:first], *told[first + 1 :]),
        version=config.number(store),
        asked_at=now(),
    )


def _told(answer: Mapping[str, Any]) -> Told:
    failed = answer["first_failure"]
    state = states.read(context().store, answer["sync"])
    switches = {direction: getattr(state, direction) for direction in ("inbound", "outbound")}
    return Told(
        sync=answer["sync"],
        outcome=answer["outcome"],
        text=answer["text"],
        failure=Failure(
            failed["step"], failed["code"] or "", failed["text"], failed["seen"], failed["change"] or ""
        )
        if failed
        else None,
        steps=tuple(Step(s["step"], s["passed"], s["text"], s["seen"]) for s in answer["trace"]),
        as_of={
            label: datetime.fromisoformat(moment) for label, moment in (answer.get("as_of") or {}).items()
        },
        paused=tuple(name for name, switch in switches.items() if switch == "paused"),
        off=tuple(name for name, switch in switches.items() if switch == "off"),
        conflict=asked.oldest_of(context().store, answer["link"]) if answer.get("link") else None,
    )


def _partner(system: str, found: Mapping[str, Any]) -> Side | None:
    other = "salesforce" if system == "spotio" else "spotio"
    id = found[f"{other}_id"]
    return _side(other, id) if id else None


def _side(system: str, id: str, first: str = "") -> Side:
    """The row of an id wherever the mirror has it, `first` looked at before all others."""
    objects = [object for object in (first, *_OBJECTS[system]) if object]
    for object in dict.fromkeys(objects):
        try:
            held = records.row(context().store, require("admin").scope, system, object, id)
        except StoreError:
            continue  # that table was never mirrored
        if held is not None:
            return Side(
                system,
                object,
                id,
                held["_name"],
                held["_pulled_at"],
                held.get("_deleted_at"),
                held.get("_not_visible_at"),
            )
    return Side(system, objects[0], id, None, None)
