"""For what records are not written: causes with their records, which of them wait for whom, and what is ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from console.context import context
from console.identity import current, only_for, require
from data import config, naming
from data.access_settings import AccessSettings
from data.errors import NotOpenError
from data.masks import Masks
from data.naming import Pointer

ROLES = ("admin", "analyst")
CAUSES, RECORDS = 20, 50  # a page
_RECORD, _LEAD = ("spotio", "record"), ("salesforce", "lead")


@dataclass(frozen=True)
class Cause:
    """What keeps records of one sync from being written; `system` is the one that is not written to, None where that is not told.

    `refused`: the system said no; else the checks did before anything was sent. `code` as either has it, `field` what people
    call the field, `value` the one that makes the cause. `open` records wait, `ignored` ones are let be; `number` is how
    many of them are listed. `newer`: a configuration was published since the sync was planned last. `set_up` is (label, address) of where Salesforce keeps what would have to be changed.
    """

    id: str
    sync: str
    system: str | None
    refused: bool
    code: str
    key: str | None
    field: str | None
    salesforce_field: str | None
    value: str | None
    open: int
    ignored: int
    number: int
    writes: int
    since: datetime
    text: str
    change: str
    assigned: str | None
    due: date | None
    set_up: tuple[str, str] | None
    newer: bool


@dataclass(frozen=True)
class Causes:
    """A page of them: how many there are, how many records they keep back, and how many are not for the reader's eyes."""

    rows: tuple[Cause, ...]
    causes: int
    records: int
    left_out: int
    syncs: tuple[str, ...]


@dataclass(frozen=True)
class Fix:
    """A change of the configuration that mends a cause: `options` are what can be chosen (as written -> as people know it); without
    any, a text is typed where `typed` says so, and else there is nothing to choose."""

    way: str
    about: str
    options: Mapping[str, str]
    typed: bool


@dataclass(frozen=True)
class Kept:
    """A record that is not written. `who` names it within its cause; `url` is its own address in Salesforce."""

    who: str
    name: str
    link: str | None
    spotio_id: str | None
    salesforce_id: str | None
    seen: str | None
    text: str
    since: datetime
    write: str | None
    times: int
    note: str | None
    url: str | None

    @property
    def record(self) -> tuple[str, str, str]:
        """(system, object, id) of it."""
        return (*_RECORD, self.spotio_id) if self.spotio_id else (*_LEAD, self.salesforce_id or "")


@only_for(*ROLES)
def causes(
    *, sync: str | None = None, ignored: bool = False, id: str | None = None, offset: int = 0
) -> Causes:
    """A page of the causes, most records first; with an `id` that one alone, when it is one of them."""
    asked = {
        "sync": sync,
        "ignored": ignored,
        "cause": id,
        "limit": CAUSES,
        "offset": offset,
        "masked": _masked(),
    }
    answer = context().command("causes", asked)
    rows = tuple(_cause(row, ignored=ignored) for row in answer["rows"])
    return Causes(rows, answer["causes"], answer["records"] or 0, answer["left_out"], tuple(answer["syncs"]))


@only_for(*ROLES)
def records(cause: Cause, *, ignored: bool = False, after: tuple[datetime, str] | None = None) -> list[Kept]:
    """A page of the records of a cause, the last first, behind the one of that (since, who)."""
    key = [after[0].isoformat(), after[1]] if after else None
    asked = {"cause": cause.id, "ignored": ignored, "after": key, "limit": RECORDS, "masked": _masked()}
    rows = context().command("cause_records", asked)
    names = _names(rows)
    return [
        Kept(
            who=row["who"], name=_name(row, names), link=row["link"], spotio_id=row["spotio_id"],
            salesforce_id=row["salesforce_id"], seen=row["seen"], text=row["text"] or "",
            since=datetime.fromisoformat(row["since"]), write=row["write"], times=row["times"], note=row["note"],
            url=row["url"],
        )
        for row in rows
    ]  # fmt: skip


@only_for("admin")
def fixes(cause: Cause) -> list[Fix]:
    """What can be done on the spot, the likeliest first; empty where the records or a system have to be changed."""
    try:
        found = context().command("cause_fixes", {"cause": cause.id})
    except NotOpenError:
        return []  # mended since it was read
    return [Fix(**each) for each in found]


@only_for(*ROLES)
def helpers() -> list[str]:
    """To whom a cause can be given: the reader, and the admins and analysts on the list of people."""
    listed = AccessSettings.of(config.current(context().store).document).people
    emails = [person.email for person in listed if person.role in ROLES]
    sign_in = context().sign_in
    return list(dict.fromkeys([current().author, *(sign_in.admins if sign_in else ()), *emails]))


def _masked() -> dict[str, list[str]]:
    """The columns of records that are hidden from the reader, by system."""
    scope = require(*ROLES).scope
    if not scope.masks:
        return {}
    masks = Masks.of(context().store, scope.masks)
    return {key[0]: sorted(masks.names(key)) for key in (_RECORD, _LEAD)}


def _cause(row: Mapping[str, Any], *, ignored: bool) -> Cause:
    mapped, set_up = row["mapped"] or {}, row["set_up"]
    return Cause(
        id=row["cause"], sync=row["sync"], system=row["system"], refused=row["stage"] == "refused", code=row["code"] or "",
        key=mapped.get("key"), field=row["label"], salesforce_field=mapped.get("salesforce_field"), value=row["said"],
        open=row["open"], ignored=row["ignored"], number=row["ignored" if ignored else "open"], writes=row["writes"],
        since=datetime.fromisoformat(row["since"]), text=row["text"] or "", change=row["change"] or "",
        assigned=row["assigned"], due=date.fromisoformat(row["due"]) if row["due"] else None,
        set_up=(set_up["label"], set_up["url"]) if set_up else None, newer=row["newer"],
    )  # fmt: skip


def _names(rows: Sequence[Mapping[str, Any]]) -> Mapping[Pointer, str]:
    wanted = {Pointer(_RECORD, row["spotio_id"]) for row in rows if row["spotio_id"]}
    wanted |= {Pointer(_LEAD, row["salesforce_id"]) for row in rows if row["salesforce_id"]}
    return naming.names(context().store, require(*ROLES).scope, wanted)


def _name(row: Mapping[str, Any], names: Mapping[Pointer, str]) -> str:
    found = [names.get(Pointer(table, row[column])) for table, column in ((_RECORD, "spotio_id"), (_LEAD, "salesforce_id")) if row[column]]  # fmt: skip
    return (
        next((name for name in found if name), None) or row["spotio_id"] or row["salesforce_id"] or row["who"]
    )
