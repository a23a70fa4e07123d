"""What a new record is given, what is agreed from then on, and what keeps it from being made (F-04, SF-14, SF-16)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

from sync.engine.definition import Column, FieldRule, Fill, Kind, Part, Side
from tests.engine.model.values import blank, same, translated
from tests.engine.worlds import Record, Text, World

Write = tuple[
    Text, Text, Text, Text, str, Text, Text
]  # field, column, before, after, reason, and the agreement


@dataclass
class New:
    """A record to be made, or the (code, label of the field) that blocks it."""

    writes: list[Write] = field(default_factory=list)
    blocked: tuple[str, str] | None = None


@dataclass
class _Value:
    rule: FieldRule
    column: Column
    source: Text
    after: Text
    code: Text
    travels: bool
    sent: bool = False


def new_record(world: World, record: Record, side: Side) -> New:
    """What `record` becomes on `side`."""
    definition = world.definition
    rules = [rule for rule in definition.fields if not rule.stopped]
    values = [_value(world, rule, record, side) for rule in rules]
    for each in values:
        bad_sibling = each.rule.group and any(
            other.code for other in values if other.rule.group == each.rule.group
        )
        each.sent = each.after is not None and not each.code and not bad_sibling
    filled: dict[str, tuple[str, Text]] = {}  # column -> (label, value)
    faults: dict[str, tuple[str, str]] = {}
    for fill in _fills(world, side):
        name = fill.column.name
        mapped = any(each.column.name == name and (each.after is not None or each.code) for each in values)
        value = _filled(world, fill, record)
        code = None if value is None else wrong(fill.column, value, unmapped=False, creating=True)
        if code:
            faults[name] = (code, fill.column.label)
        if value is not None and not code and not mapped and name not in filled:
            filled[name] = (fill.column.label, value)
    new = New(blocked=_blocked(world, values, filled, faults, side))
    for each in values:
        new.writes.append(_agreement(each, filled, side))
    for name, (_, value) in filled.items():
        new.writes.append((None, name, None, value, "constant", None, None))
    return new


def _value(world: World, rule: FieldRule, record: Record, side: Side) -> _Value:
    column, source = rule.column(side), record[rule.column(side.other).name]
    travels = rule.towards(side) and column.createable
    after = translated(world, source, rule, side) if travels else None
    unmapped = travels and after is None and not blank(source)
    code = wrong(column, after, unmapped=unmapped, creating=True) if travels else None
    return _Value(rule, column, source, after, code, travels)


def _agreement(each: _Value, filled: dict[str, tuple[str, Text]], side: Side) -> Write:
    column = each.column
    later = each.rule.towards(side) and column.updateable and not column.createable and not blank(each.source)
    stopped = bool(each.code) or (each.after is not None and not each.sent) or later
    mine = each.after if each.sent else filled.get(each.column.name, ("", None))[1]
    theirs = None if stopped else each.source
    reason = "withheld" if stopped else "created" if each.travels else "not_sent"
    ours = (mine, theirs) if side is Side.SPOTIO else (theirs, mine)
    sent = each.after if each.sent else None
    return each.rule.key, each.column.name if each.sent else None, None, sent, reason, *ours


def _fills(world: World, side: Side) -> list[Fill]:
    definition = world.definition
    fills = [fill for fill in definition.fills if fill.side is side]
    owned = any(fill.column.name == "owner" for fill in fills) or any(
        rule.spotio.name == "owner" and rule.towards(side) and not rule.stopped for rule in definition.fields
    )
    if side is Side.SPOTIO and not owned and definition.default_spotio_user:
        owner = Column("owner", "Owner", Kind.USER, required=True)
        fills.append(Fill(side, owner, (Part(definition.default_spotio_user),)))
    return fills


def _filled(world: World, fill: Fill, record: Record) -> Text:
    if fill.days_from_now is not None:
        day = (world.now + timedelta(days=fill.days_from_now)).date().isoformat()
        return f"{day}T00:00:00Z" if fill.column.kind is Kind.DATETIME else day
    text = "".join((record[part.column] or "") if part.column else part.text for part in fill.parts)
    if any(part.column for part in fill.parts):
        text = re.sub(r"( ?,)+", ",", re.sub(r"\s+", " ", text)).strip(" ,")
    return text or None


def _blocked(
    world: World, values: list[_Value], filled: dict[str, tuple[str, Text]], faults: dict[str, tuple[str, str]], side: Side
) -> tuple[str, str] | None:  # fmt: skip
    """The first demand of the target that is not met: the fault that keeps the value back, or that there is none."""
    definition = world.definition
    columns = [rule.column(side) for rule in definition.fields] + [
        fill.column for fill in _fills(world, side)
    ]
    demanded = {column.name: column.label for column in columns if column.required}
    for name, label in demanded.items():
        mine = [each for each in values if each.column.name == name]
        if name in filled or any(each.sent for each in mine):
            continue
        groups = {each.rule.group for each in mine} - {""}
        kin = [each for each in values if each.rule.group in groups and each not in mine]
        for each in mine:
            if each.code:
                return each.code, each.column.label
        for each in kin:
            if each.code:
                return each.code, each.column.label
        return faults.get(name, ("required_missing", label))
    return None


def wrong(column: Column, after: Text, *, unmapped: bool, creating: bool) -> Text:
    """The first thing that is wrong with a value for a column (SF-16)."""
    if unmapped:
        return "owner_unmatched" if column.kind is Kind.USER else "value_unmapped"
    if not (column.createable if creating else column.updateable):
        return "not_writeable"
    if after is None or blank(after):
        return None if creating or column.nillable else "required_blank"
    if column.length and len(after) > column.length:
        return "too_long"
    if column.choices and column.restricted:
        chosen = after.split(";") if column.kind is Kind.CHOICES else [after]
        if not set(chosen) <= set(column.choices):
            return "not_a_choice"
    if column.kind is Kind.NUMBER and not _is_number(after, column.digits or 18):
        return "not_a_number"
    if column.kind is Kind.EMAIL and not re.search(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", after):
        return "not_an_email"
    if column.kind in (Kind.DATE, Kind.DATETIME) and not re.match(r"\d{4}-\d{2}-\d{2}", after):
        return "not_a_date"
    return None


def _is_number(text: str, digits: int) -> bool:
    try:
        return abs(float(text)) < 10.0**digits
    except ValueError:
        return False


def linked_agreement(world: World, spotio: Record, salesforce: Record) -> list[Write]:
    """Two records that exist already: nothing is written, each side's value is its own base (L-01)."""
    found: list[Write] = []
    for rule in world.definition.fields:
        if rule.stopped:
            continue
        ours, theirs = spotio[rule.spotio.name], salesforce[rule.salesforce.name]
        forth = translated(world, ours, rule, Side.SALESFORCE)
        back = translated(world, theirs, rule, Side.SPOTIO)
        equal = (same(forth, theirs, rule.salesforce.kind) and not (forth is None and not blank(ours))) or (
            same(back, ours, rule.spotio.kind) and not (back is None and not blank(theirs))
        )
        found.append((rule.key, None, None, None, "linked" if equal else "standing", ours, theirs))
    return found
