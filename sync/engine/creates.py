"""New records and new links: what a record is given when it is made on the other side, and what is agreed from then on.

A column at a time over all new records: a first plan makes a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from sync.engine.checks import code_of, explained, required
from sync.engine.definition import SYSTEM_NAMES, Column, Definition, FieldRule, Fill, Kind, Part, Side
from sync.engine.field_states import persons_towards
from sync.engine.inputs import TEXT, Inputs, empty
from sync.engine.outcome import FIELDS, action_digest
from sync.engine.values import Persons, blank, same, translated

_NOTHING = pl.lit(None, TEXT)
_BLOCKED = dict.fromkeys(("id", "field", "code", "text", "change", "seen"), TEXT)


@dataclass(frozen=True)
class New:
    """Records to be made, by the id of their source, what they are given, and who cannot be made."""

    made: pl.DataFrame  # id, action
    fields: pl.DataFrame  # FIELDS
    blocked: pl.DataFrame  # id, field, code, text, change, seen


@dataclass(eq=False)
class _Given:
    """One column of the target for all new records: the value, where it came from, what is wrong with it."""

    column: Column
    rule: FieldRule | None
    frame: pl.DataFrame  # after, source, unmapped, code
    reason: str
    withheld: pl.Series


def new_records(definition: Definition, inputs: Inputs, rows: pl.DataFrame, side: Side, now: datetime) -> New:
    """What is created on `side` for `rows` of the other one.

    A value that does not pass the checks is not sent, with the whole group that it belongs to. Its agreement is
    "nothing on either side", so that it travels as soon as it can. What a constant fills in is agreed on too, so that it
    does not come back as a change. A record that lacks what the target demands is not made.
    """
    if rows.is_empty():
        return New(
            pl.DataFrame(schema={"id": TEXT, "action": TEXT}), empty(FIELDS), pl.DataFrame(schema=_BLOCKED)
        )
    persons = persons_towards(side, definition, inputs)
    given = [_mapped(rule, rows, side, persons) for rule in definition.fields if not rule.stopped]
    _withhold_groups(given)
    fills = [_filled(fill, rows, side, now) for fill in _fills(definition, side)]
    filled = _give_way(given, fills)
    given += fills
    sent: dict[str, pl.Series] = {}
    for each in given:
        name = each.column.name
        sent[name] = sent[name] | ~each.withheld if name in sent else ~each.withheld
    blocked = _blocked(definition, rows, side, given, sent)
    nothing = pl.lit(None, TEXT)
    digest = action_digest(
        definition, "create", pl.lit(str(side)),
        pl.col("id") if side is Side.SALESFORCE else nothing, pl.col("id") if side is Side.SPOTIO else nothing,
        nothing, pl.col("values"),
    )  # fmt: skip
    frame = rows.select("id").with_columns(values=_values(given)).select("id", action=digest)
    keep = ~rows["id"].is_in(blocked["id"].implode())
    fields = [_fields(each, frame["action"], side, keep, filled.get(each.column.name)) for each in given]
    return New(frame.filter(keep), pl.concat([empty(FIELDS), *fields]), blocked)


def _mapped(rule: FieldRule, rows: pl.DataFrame, side: Side, persons: Persons) -> _Given:
    column, source = rule.column(side), pl.col(rule.column(side.other).name)
    travels = rule.towards(side) and column.createable
    value = translated(source, rule, side, persons) if travels else _NOTHING
    frame = (
        rows.select(after=value, source=source)
        .with_columns(unmapped=(~blank(pl.col("source")) & pl.col("after").is_null()) & pl.lit(travels))
        .with_columns(code=code_of(column, creating=True) if travels else _NOTHING)
    )
    withheld = frame["after"].is_null() | frame["code"].is_not_null()
    return _Given(column, rule, frame, "created" if travels else "not_sent", withheld)


def _withhold_groups(given: Sequence[_Given]) -> None:
    """What is wrong with one field of a group keeps the others back: half an address is no address (F-02)."""
    units: dict[str, list[_Given]] = {}
    for each in given:
        if each.rule is not None and each.rule.group:
            units.setdefault(each.rule.group, []).append(each)
    for members in units.values():
        bad = members[0].frame["code"].is_not_null()
        for each in members[1:]:
            bad = bad | each.frame["code"].is_not_null()
        for each in members:
            each.withheld = each.withheld | bad


def _give_way(mapped: Sequence[_Given], fills: Sequence[_Given]) -> dict[str, pl.Series]:
    """Withhold what is filled in where the mapping has a value, be it a faulty one; the filled values by column."""
    filled: dict[str, pl.Series] = {}
    for each in fills:
        name = each.column.name
        for other in mapped:
            if other.column.name == name:
                each.withheld = each.withheld | other.frame["after"].is_not_null() | other.frame["code"].is_not_null()  # fmt: skip
        if name in filled:
            each.withheld = each.withheld | filled[name].is_not_null()
        value = each.frame.select(pl.when(~each.withheld).then("after").otherwise(None)).to_series()
        filled[name] = filled[name].fill_null(value) if name in filled else value
    return filled


def _fills(definition: Definition, side: Side) -> list[Fill]:
    fills = [fill for fill in definition.fills if fill.side is side]
    mapped = [rule for rule in definition.fields if rule.towards(side) and not rule.stopped]
    taken = {fill.column.name for fill in fills} | {rule.spotio.name for rule in mapped}
    if side is Side.SPOTIO and "owner" not in taken and definition.default_spotio_user:
        # Every record of SPOTIO has an owner, and none but the default one is said (SF-14).
        column = Column("owner", "Owner", Kind.USER, required=True)
        fills.append(Fill(side, column, (Part(definition.default_spotio_user),)))
    return fills


def _filled(fill: Fill, rows: pl.DataFrame, side: Side, now: datetime) -> _Given:
    if fill.days_from_now is not None:
        day = (now + timedelta(days=fill.days_from_now)).date().isoformat()
        value = pl.lit(f"{day}T00:00:00Z" if fill.column.kind is Kind.DATETIME else day, TEXT)
    elif not any(part.column for part in fill.parts):
        value = pl.lit("".join(part.text for part in fill.parts), TEXT)
    else:
        pieces = [pl.col(p.column).fill_null("") if p.column else pl.lit(p.text) for p in fill.parts]
        # What is blank leaves no gap: two spaces become one, and nothing stands alone at the ends.
        joined = (
            pl.concat_str(pieces)
            .str.replace_all(r"\s+", " ")
            .str.replace_all(r"( ?,)+", ",")
            .str.strip_chars(" ,")
        )
        value = pl.when(joined.str.len_bytes() == 0).then(_NOTHING).otherwise(joined)
    frame = (
        rows.select("id", after=value)
        .select("after", source="after", unmapped=pl.lit(False))
        .with_columns(code=code_of(fill.column, creating=True))
    )
    withheld = frame["after"].is_null() | frame["code"].is_not_null()
    return _Given(fill.column, None, frame, "constant", withheld)


def _blocked(
    definition: Definition,
    rows: pl.DataFrame,
    side: Side,
    given: Sequence[_Given],
    sent: dict[str, pl.Series],
) -> pl.DataFrame:
    """Records that lack what the target demands, with the reason why it is not there where the checks know one."""
    system = SYSTEM_NAMES[side]
    found = [pl.DataFrame(schema=_BLOCKED)]
    nobody = pl.Series([False] * rows.height, dtype=pl.Boolean)
    for name, label in required(definition, side).items():
        lacking = ~sent.get(name, nobody)
        if not lacking.any():
            continue
        mine = [each for each in given if each.rule and each.column.name == name]
        groups = {each.rule.group for each in mine if each.rule and each.rule.group}
        # What is wrong with another field of its group keeps it back, too.
        mine += [each for each in given if each.rule and each.rule.group in groups and each not in mine]
        mine += [each for each in given if each.rule is None and each.column.name == name]
        for each in mine:
            failing = lacking & each.frame["code"].is_not_null()
            part = rows.select("id").with_columns(each.frame).filter(failing)
            told = explained(
                definition, part.with_columns(side=pl.lit(str(side)), column=pl.lit(each.column.name))
            )
            found.append(told.select("id", "code", "text", "change", field=pl.lit(each.column.label), seen="source").select(list(_BLOCKED)))  # fmt: skip
            lacking = lacking & ~failing
        found.append(
            rows.filter(lacking).select(
                "id", field=pl.lit(label), code=pl.lit("required_missing"),
                text=pl.lit(f"{system} requires {label}, and there is no value for it."),
                change=pl.lit(f"Give it a value, or map a constant or template to {label}."), seen=_NOTHING,
            )
        )  # fmt: skip
    return pl.concat(found).unique("id", keep="first", maintain_order=True)


def _values(given: Sequence[_Given]) -> pl.Series | pl.Expr:
    """Everything that is written, as one text a record."""
    if not given:
        return pl.lit("")
    columns = {
        f"{number}": pl.select(
            pl.when(each.withheld).then(pl.lit("")).otherwise(
                pl.concat_str(pl.lit(each.column.name + "\x1f"), each.frame["after"], pl.lit("\x1e"))
            )
        ).to_series()
        for number, each in enumerate(sorted(given, key=lambda each: each.column.name))
    }  # fmt: skip
    return pl.DataFrame(columns).select(pl.concat_str(pl.all()))["0"]


def _fields(
    each: _Given, actions: pl.Series, side: Side, keep: pl.Series, filled: pl.Series | None
) -> pl.DataFrame:
    """FIELDS of one column. What is withheld is part of the agreement and of no write."""
    given = pl.lit(None, TEXT) if filled is None else filled
    told = each.frame.with_columns(action=actions, withheld=each.withheld, filled=given).filter(keep)
    rule = each.rule
    if rule is None:
        told = told.filter(~pl.col("withheld"))
    # What can only be written once the record is there goes with its first update.
    later = rule is not None and rule.towards(side) and each.column.updateable and not each.column.createable
    stopped = (
        (pl.col("withheld") & pl.col("after").is_not_null())
        | pl.col("code").is_not_null()
        | (~blank(pl.col("source")) & pl.lit(later))
    )
    mine = pl.when(pl.col("withheld")).then("filled").otherwise("after")
    theirs = pl.when(stopped).then(_NOTHING).otherwise("source")
    if rule is None:
        mine = theirs = _NOTHING
    return told.select(
        "action", field=pl.lit(rule.key if rule else None, TEXT),
        column=pl.when(pl.col("withheld")).then(_NOTHING).otherwise(pl.lit(each.column.name)),
        label=pl.lit(each.column.label), before=_NOTHING,
        after=pl.when(pl.col("withheld")).then(_NOTHING).otherwise("after"),
        reason=pl.when(stopped).then(pl.lit("withheld")).otherwise(pl.lit(each.reason)),
        spotio=mine if side is Side.SPOTIO else theirs, salesforce=mine if side is Side.SALESFORCE else theirs,
    )  # fmt: skip


def agreement_of_linked(definition: Definition, inputs: Inputs, found: pl.DataFrame) -> pl.DataFrame:
    """Of pairs that are linked as they are: each mapped field with both values as its base (L-01).

    `found` has owner (the link's action), spotio_id, salesforce_id; gives owner, field, label, spotio, salesforce, and
    as the reason whether the two show the same (`linked`) or differ from the start (`standing`).
    """
    frames = [
        pl.DataFrame(
            schema=dict.fromkeys(("owner", "field", "label", "spotio", "salesforce", "reason"), TEXT)
        )
    ]
    if found.is_empty():
        return frames[0]
    persons = {side: persons_towards(side, definition, inputs) for side in Side}
    both = found
    for side, rows in ((Side.SPOTIO, inputs.spotio), (Side.SALESFORCE, inputs.salesforce)):
        # "owner" is a column of SPOTIO, too.
        named = rows.select(pl.col("id").alias(f"{side}_id"), pl.exclude("id").name.prefix(f"{side}."))
        both = both.join(named, on=f"{side}_id", how="left", maintain_order="left")
    for rule in definition.fields:
        if rule.stopped:
            continue
        here, there = pl.col(f"spotio.{rule.spotio.name}"), pl.col(f"salesforce.{rule.salesforce.name}")
        forth = translated(here, rule, Side.SALESFORCE, persons[Side.SALESFORCE])
        back = translated(there, rule, Side.SPOTIO, persons[Side.SPOTIO])
        equal = (same(forth, there, rule.salesforce.kind) & (forth.is_not_null() | blank(here))) | (
            same(back, here, rule.spotio.kind) & (back.is_not_null() | blank(there))
        )
        frames.append(
            both.select(
                "owner", field=pl.lit(rule.key), label=pl.lit(rule.spotio.label), spotio=here, salesforce=there,
                reason=pl.when(equal).then(pl.lit("linked")).otherwise(pl.lit("standing")),
            )
        )  # fmt: skip
    return pl.concat(frames)
