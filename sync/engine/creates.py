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
from sync.engine.inputs import TEXT, Inputs, empty
from sync.engine.outcome import FIELDS, action_digest
from sync.engine.reconcile import persons_towards
from sync.engine.values import blank, same, translated

_NOTHING = pl.lit(None, TEXT)
_BLOCKED = dict.fromkeys(("id", "field", "code", "text", "change", "seen"), TEXT)


@dataclass(frozen=True)
class New:
    """Records to be made, by the id of their source, what they are given, and who cannot be made."""

    made: pl.DataFrame  # id, action
    fields: pl.DataFrame  # FIELDS
    blocked: pl.DataFrame  # id, field, code, text, change, seen


@dataclass
class _Given:
    """One column of the target for all new records: the value, where it came from, what is wrong with it."""

    column: Column
    rule: FieldRule | None
    frame: pl.DataFrame  # after, source, unmapped, code
    reason: str
    withheld: pl.Series
    filled: pl.Series | None = None  # what a constant or template puts in its place where it is withheld


def new_records(definition: Definition, inputs: Inputs, rows: pl.DataFrame, side: Side, now: datetime) -> New:
    """What is created on `side` for `rows` of the other one.

    A value that does not pass the checks, or that the mapping does not let travel, is not sent, with the whole group
    that it belongs to. Its agreement is "nothing on either side", so that it travels as soon as it can. A record that
    lacks what the target demands is not made.
    """
    persons = persons_towards(side, definition, inputs)
    given = [_mapped(rule, rows, side, persons) for rule in definition.fields if not rule.stopped]
    _withhold_groups(given)
    given += [_filled(fill, rows, side, now) for fill in _fills(definition, side)]
    sent: dict[str, pl.Series] = {}
    for each in given:
        name = each.column.name
        if each.rule is None and name in sent:
            each.withheld = each.withheld | sent[name]  # a filled value gives way to a mapped one
        sent[name] = sent.get(name, pl.Series([False] * rows.height, dtype=pl.Boolean)) | ~each.withheld
    _note_filled(given)
    blocked = _blocked(definition, rows, side, given, sent)
    nothing = pl.lit(None, TEXT)
    digest = action_digest(
        definition, "create", pl.lit(str(side)),
        pl.col("id") if side is Side.SALESFORCE else nothing, pl.col("id") if side is Side.SPOTIO else nothing,
        nothing, pl.col("values"),
    )  # fmt: skip
    frame = rows.select("id").with_columns(values=_values(given)).select("id", action=digest)
    keep = ~rows["id"].is_in(blocked["id"].implode())
    fields = [_fields(each, frame["action"], side, keep) for each in given]
    return New(frame.filter(keep), pl.concat([empty(FIELDS), *fields]), blocked)


def _mapped(rule: FieldRule, rows: pl.DataFrame, side: Side, persons: dict[str, str]) -> _Given:
    column, source = rule.column(side), pl.col(rule.column(side.other).name)
    travels = rule.towards(side) and column.createable
    value = translated(source, rule, side, persons) if travels else _NOTHING
    frame = (
        rows.lazy()
        .select(after=value, source=source)
        .with_columns(unmapped=(~blank(pl.col("source")) & pl.col("after").is_null()) & pl.lit(travels))
        .with_columns(code=code_of(column, creating=True) if travels else _NOTHING)
        .collect()
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


def _note_filled(given: Sequence[_Given]) -> None:
    """A filled value is what the new record shows of a mapped field: the agreement says so, else it came back as an edit."""
    fills = {each.column.name: each for each in given if each.rule is None}
    for each in given:
        fill = fills.get(each.column.name)
        if each.rule is not None and fill is not None:
            each.filled = pl.select(pl.when(~fill.withheld).then(fill.frame["after"])).to_series()


def _fills(definition: Definition, side: Side) -> list[Fill]:
    fills = [fill for fill in definition.fills if fill.side is side]
    taken = {fill.column.name for fill in fills} | {rule.spotio.name for rule in definition.fields}
    if side is Side.SPOTIO and "owner" not in taken and definition.default_spotio_user:
        # Every record of SPOTIO has an owner, and none but the default one is said (SF-14).
        column = Column("owner", "Owner", Kind.USER, required=True)
        fills.append(Fill(side, column, (Part(definition.default_spotio_user),)))
    return fills


def _filled(fill: Fill, rows: pl.DataFrame, side: Side, now: datetime) -> _Given:
    if fill.days_from_now is not None:
        value = pl.lit((now + timedelta(days=fill.days_from_now)).date().isoformat(), TEXT)
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
        rows.lazy()
        .select("id", after=value)
        .select("after", source="after", unmapped=pl.lit(False))
        .with_columns(code=code_of(fill.column, creating=True))
        .collect()
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
        refused = [each for each in given if each.column.name == name]
        for each in refused:
            failing = lacking & each.frame["code"].is_not_null()
            part = rows.select("id").with_columns(each.frame).filter(failing)
            told = explained(definition, part.with_columns(side=pl.lit(str(side)), column=pl.lit(name)))
            found.append(told.select("id", "code", "text", "change", field=pl.lit(label), seen="source").select(list(_BLOCKED)))  # fmt: skip
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


def _fields(each: _Given, actions: pl.Series, side: Side, keep: pl.Series) -> pl.DataFrame:
    """FIELDS of one column. What is withheld is part of the agreement and of no write."""
    filled = _NOTHING if each.filled is None else each.filled
    told = each.frame.with_columns(action=actions, withheld=each.withheld, filled=filled).filter(keep)
    rule = each.rule
    if rule is None:
        told = told.filter(~pl.col("withheld"))
    stopped = pl.col("withheld") & pl.col("after").is_not_null() | pl.col("code").is_not_null()
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
    persons = {side: persons_towards(side, definition, inputs) for side in Side}
    both = found
    for side, rows in ((Side.SPOTIO, inputs.spotio), (Side.SALESFORCE, inputs.salesforce)):
        named = rows.rename({name: f"{side}.{name}" for name in rows.columns if name != "id"})
        both = both.join(named, left_on=f"{side}_id", right_on="id", how="left")
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
