"""What people are asked of the two-way sync, and what was decided: conflicts, standing differences, undecided matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from console.context import context
from console.identity import only_for, require
from data import naming
from data import records as mirrored
from data.errors import QueryRefusedError
from data.naming import Pointer

Of = Literal["open", "standing", "matches", "decided"]
ROWS = 50  # a page
LEAD = ("salesforce", "lead")
RECORD = ("spotio", "record")


@dataclass(frozen=True)
class MappedField:
    """A mapped pair of fields; `choices` are, by system, what a value is called, `n` how many of it are listed."""

    sync: str
    key: str
    label: str
    salesforce_field: str | None
    kind: str | None
    choices: Mapping[str, Mapping[str, str]]
    n: int


@dataclass(frozen=True)
class Held:
    """What one system holds: the value as it is there and as people call it; who changed it and when, where that is known."""

    value: str | None
    said: str | None
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Clash:
    """A conflict, or a standing difference (`standing`): two values of one field, and what is known of them.

    `name` is the record's. `take` is what was decided and no run has carried out, `unit` what is decided as one.
    """

    id: str
    sync: str
    link: str
    name: str
    spotio_id: str | None
    salesforce_id: str | None
    field: MappedField
    unit: str
    standing: bool
    spotio: Held
    salesforce: Held
    base: tuple[str | None, str | None]
    agreed_at: datetime | None
    proposed: str | None
    why: str
    since: datetime
    take: str | None
    value: str | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class Said:
    """What somebody said of two records."""

    spotio_id: str
    salesforce_id: str
    same: bool
    person: str
    at: datetime
    note: str


@dataclass(frozen=True)
class MatchCase:
    """Records that may be the same: (id, name) of either system, by which key, and what was said of pairs of them."""

    id: str
    sync: str
    key: str
    text: str
    spotio: tuple[tuple[str, str], ...]
    salesforce: tuple[tuple[str, str], ...]
    since: datetime
    said: tuple[Said, ...]
    fields: tuple[MappedField, ...]

    def said_of(self, spotio_id: str, salesforce_id: str) -> Said | None:
        """What was said of a pair."""
        pair = (spotio_id, salesforce_id)
        return next((one for one in self.said if (one.spotio_id, one.salesforce_id) == pair), None)


@dataclass(frozen=True)
class Decided:
    """What was decided, by a person or, where `person` is None, by the mapping or by both sides coming to the same.

    `kind` is conflict, standing or match; `take` spotio, salesforce, value, same, different or None; `loser` the system
    and the value that can be restored.
    """

    kind: str
    id: str
    sync: str
    name: str
    spotio_id: str | None
    salesforce_id: str | None
    field: MappedField | None
    spotio: Held
    salesforce: Held
    take: str | None
    value: str | None
    person: str | None
    at: datetime
    written: bool
    agreed: bool
    note: str
    loser: tuple[str, str | None] | None


@dataclass(frozen=True)
class Page:
    """One page of one kind: `counts` of every kind as narrowed, `offset` where it begins."""

    rows: Sequence[Any]
    counts: Mapping[str, int]
    fields: tuple[MappedField, ...]
    syncs: tuple[str, ...]
    changed_by: tuple[str, ...]
    offset: int


@only_for("admin")
def page(
    of: Of, *, sync: str | None = None, field: str | None = None, offset: int = 0, id: str | None = None
) -> Page:
    """A page of what there is of a kind, narrowed to a sync and to a field's key; the last one when it begins past the end.

    With an `id`, the page on which that one stands, where there is one.
    """
    answer = _page(of, sync, field, offset, id)
    total = answer["counts"][of]
    if answer["offset"] and answer["offset"] >= total:
        answer = _page(of, sync, field, max(total - 1, 0) // ROWS * ROWS, None)
    fields = {(each["sync"], each["key"]): MappedField(**each) for each in answer["fields"]}
    rows = answer["rows"]
    names = _names(rows, fields)
    made: Sequence[Any]
    if of == "matches":
        made = [_case(row, names, tuple(f for f in fields.values() if f.sync == row["sync"])) for row in rows]
    elif of == "decided":
        made = [_decided(row, fields, names) for row in rows]
    else:
        made = [_clash(row, fields, names, standing=of == "standing") for row in rows]
    return Page(
        made,
        answer["counts"],
        tuple(fields.values()),
        tuple(answer["syncs"]),
        tuple(answer["changed_by"]),
        answer["offset"],
    )


def _page(of: Of, sync: str | None, field: str | None, offset: int, id: str | None) -> dict[str, Any]:
    asked = {"of": of, "sync": sync, "field": field, "offset": offset, "limit": ROWS, "around": id}
    answer: dict[str, Any] = context().command("conflict_page", asked)
    return answer


@only_for("admin")
def compared(case: MatchCase, spotio_id: str, salesforce_id: str) -> list[tuple[str, str | None, str | None]]:
    """Two records side by side: (label, SPOTIO's value, Salesforce's) of every mapped field that one of them fills."""
    held = {
        "spotio": _values(*RECORD, spotio_id),
        "salesforce": _values(*LEAD, salesforce_id),
    }
    rows = [
        (
            field.label,
            held["spotio"].get(field.label.casefold()),
            held["salesforce"].get((field.salesforce_field or "").casefold()),
        )
        for field in case.fields
    ]
    return [row for row in dict.fromkeys(rows) if row[1] or row[2]]


def _values(system: str, object: str, id: str) -> dict[str, str | None]:
    """A record's values as people read them, by the name and by the label of their field, in lower case."""
    try:
        record = mirrored.record(context().store, require("admin").scope, system, object, id)
    except QueryRefusedError:  # not mirrored any more
        return {}
    found: dict[str, str | None] = {}
    for value in record.values if record else ():
        said = value.said or (None if value.value in (None, "") else str(value.value))
        for name in (value.label.casefold(), value.column.casefold()):
            found[name] = found.get(name) or said
    return found


Fields = Mapping[tuple[str, str], MappedField]


def _names(rows: Iterable[Mapping[str, Any]], fields: Fields) -> Mapping[Pointer, str]:
    """What the records and the people are called whose ids stand in the rows."""
    wanted: set[Pointer] = set()
    for row in rows:
        spotio = row.get("spotio_ids") or [row.get("spotio_id")]
        salesforce = row.get("salesforce_ids") or [row.get("salesforce_id")]
        wanted |= {Pointer(RECORD, id) for id in spotio if id} | {
            Pointer(LEAD, id) for id in salesforce if id
        }
        field = fields.get((row["sync"], row.get("field") or ""))
        if field is not None and field.kind == "user":
            for name in ("spotio", "salesforce", "base_spotio", "base_salesforce", "value"):
                wanted |= set(_owners(row.get(name)))
    return naming.names(context().store, require("admin").scope, wanted)


def _owners(id: str | None) -> Iterable[Pointer]:
    """Whoever an owner's id may stand for."""
    if id:
        yield from (Pointer(("spotio", "user"), id), Pointer(("salesforce", "user"), id))
        yield Pointer(("salesforce", "group"), id)


def _said(value: str | None, system: str, field: MappedField, names: Mapping[Pointer, str]) -> str | None:
    """A value as people call it: the label of a choice or a stage, the name of a person."""
    if not value:
        return None
    if field.kind == "user":
        return next((names[one] for one in _owners(value) if one in names), value)
    labels = field.choices.get(system, {})
    if field.kind == "choices":
        return ", ".join(labels.get(one, one) for one in value.split(";"))
    return labels.get(value, value)


def _field(row: Mapping[str, Any], fields: Fields) -> MappedField:
    known = fields.get((row["sync"], row["field"]))
    return known or MappedField(row["sync"], row["field"], row["field"], None, None, {}, 0)


def _name(row: Mapping[str, Any], names: Mapping[Pointer, str]) -> str:
    spotio, salesforce = row["spotio_id"], row["salesforce_id"]
    found = names.get(Pointer(RECORD, spotio or "")) or names.get(Pointer(LEAD, salesforce or ""))
    return found or spotio or salesforce or row["link"] or ""


def _clash(row: Mapping[str, Any], fields: Fields, names: Mapping[Pointer, str], *, standing: bool) -> Clash:
    field = _field(row, fields)
    by, at = row.get("changed_by") or {}, row.get("changed_at") or {}
    held = {
        system: Held(
            row[system], _said(row[system], system, field, names), by.get(system), _moment(at.get(system))
        )
        for system in ("spotio", "salesforce")
    }
    return Clash(
        id=row["id"], sync=row["sync"], link=row["link"], name=_name(row, names), spotio_id=row["spotio_id"],
        salesforce_id=row["salesforce_id"], field=field, unit=row.get("unit") or field.key, standing=standing,
        spotio=held["spotio"], salesforce=held["salesforce"],
        base=(
            _said(row.get("base_spotio"), "spotio", field, names),
            _said(row.get("base_salesforce"), "salesforce", field, names),
        ),
        agreed_at=_moment(row.get("agreed_at")), proposed=row.get("proposed"), why=row.get("why") or "",
        since=_since(row["seen_at"] if standing else row["detected_at"]), take=row["take"],
        value=_said(row["value"], "spotio", field, names), decided_by=row["decided_by"],
        decided_at=_moment(row["decided_at"]),
    )  # fmt: skip


def _case(row: Mapping[str, Any], names: Mapping[Pointer, str], fields: tuple[MappedField, ...]) -> MatchCase:
    def called(object: tuple[str, str], ids: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((id, names.get(Pointer(object, id), id)) for id in ids)

    said = tuple(
        Said(each["spotio_id"], each["salesforce_id"], each["same"], each["person"], _since(each["said_at"]), each["note"] or "")
        for each in row["said"]
    )  # fmt: skip
    return MatchCase(
        row["id"], row["sync"], row["key"], row["text"], called(RECORD, row["spotio_ids"]),
        called(LEAD, row["salesforce_ids"]), _since(row["opened_at"]), said, fields,
    )  # fmt: skip


def _decided(row: Mapping[str, Any], fields: Fields, names: Mapping[Pointer, str]) -> Decided:
    field = _field(row, fields) if row["field"] else None
    held = {
        system: Held(row[system], _said(row[system], system, field, names) if field else None)
        for system in ("spotio", "salesforce")
    }
    lost = row["loser"]
    said = _said(lost["value"], lost["side"], field, names) if lost and field else None
    return Decided(
        kind=row["kind"], id=row["id"], sync=row["sync"], name=_name(row, names), spotio_id=row["spotio_id"],
        salesforce_id=row["salesforce_id"], field=field, spotio=held["spotio"], salesforce=held["salesforce"],
        take=row["take"],
        value=_said(row["value"], row["value_of"] or "spotio", field, names) if field else row["value"],
        person=row["decided_by"], at=_since(row["acted_at"]), written=row["settled_by"] == "written",
        agreed=row["settled_by"] == "agreed", note=row["note"] or "",
        loser=(lost["side"], said) if lost else None,
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _since(text: str) -> datetime:
    return datetime.fromisoformat(text)
