"""Pairs that exist on both sides already (L-01, L-02), one value of one key at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sync.engine.definition import Column, Kind, MatchKey, Side
from tests.engine.model.values import canonical
from tests.engine.worlds import Record, Text, World

Pair = tuple[str, str]  # SPOTIO's id, Salesforce's id


@dataclass
class Found:
    pairs: dict[Pair, str] = field(default_factory=dict)  # with the key
    cases: set[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=set
    )  # kind, key, ids
    undecided: set[tuple[Side, str]] = field(default_factory=set)


def matched(world: World, entering: dict[Side, set[str]]) -> Found:
    """By a person's word, by ids, then by the keys in order: exactly one on each side links."""
    found = Found()
    lives = {
        side: {
            id: record
            for id, record in world.rows(side).items()
            if not record.deleted and not record.converted and (side, id) not in world.excluded
        }
        for side in Side
    }
    linked = {(side, id) for side in Side for id in world.linked_ids(side, live=True)}
    linked |= {(side, id) for side in Side for id, record in lives[side].items() if not record.visible}
    _by_word(world, lives, linked, found)
    steps: list[tuple[str, Iterable[set[Pair]]]] = [("the other system's id", _groups_by_id(lives))]
    steps += [(key.label, _groups_by_key(world, key, lives)) for key in world.definition.match]
    for label, groups in steps:
        before = found.undecided | {
            who for s, f in found.pairs for who in ((Side.SPOTIO, s), (Side.SALESFORCE, f))
        }
        asking = {(side, id) for side in Side for id in entering[side]} - before
        held = linked | {who for s, f in found.pairs for who in ((Side.SPOTIO, s), (Side.SALESFORCE, f))}
        for group in groups:
            _decide(world, label, group, asking, held, linked | before, found)
    return found


def _members(pairs: Iterable[Pair]) -> set[tuple[Side, str]]:
    return {who for s, f in pairs for who in ((Side.SPOTIO, s), (Side.SALESFORCE, f))}


def _decide(
    world: World, label: str, group: set[Pair], asking: set[tuple[Side, str]], held: set[tuple[Side, str]],
    taken: set[tuple[Side, str]], found: Found,
) -> None:  # fmt: skip
    pairs = {
        (s, f)
        for s, f in group
        if world.verdicts.get((s, f)) is not False
        and not ((Side.SPOTIO, s) in taken and (Side.SALESFORCE, f) in taken)
    }
    rest: set[Pair] = set()
    doubtful: set[Pair] = set()
    for s, f in pairs:
        alone = [pair for pair in pairs if pair[0] == s or pair[1] == f] == [(s, f)]
        free = (Side.SPOTIO, s) not in taken and (Side.SALESFORCE, f) not in taken
        if alone and free:
            if not _members([(s, f)]) & asking:
                continue
            if label != "the other system's id" and _names_differ(world, s, f):
                doubtful.add((s, f))
            else:
                found.pairs[s, f] = label
        else:
            rest.add((s, f))
    if rest and _members(pairs) & asking:
        _case(found, label, rest, linked=bool(_members(rest) & held))
    for pair in doubtful:
        found.cases.add(("doubtful", label, (pair[0],), (pair[1],)))
        found.undecided |= _members([pair])


def _names_differ(world: World, s: str, f: str) -> bool:
    """Whether a text that any key names begins with another letter on either side: two of one household."""
    for rule in (world.definition.rule(name) for key in world.definition.match for name in key.rules):
        if rule.spotio.kind is rule.salesforce.kind is Kind.TEXT:
            ours = _told_apart(world.spotio[s][rule.spotio.name], Kind.TEXT)
            theirs = _told_apart(world.salesforce[f][rule.salesforce.name], Kind.TEXT)
            if ours and theirs and ours[0] != theirs[0]:
                return True
    return False


def _case(found: Found, label: str, pairs: set[Pair], *, linked: bool) -> None:
    kind = "linked_already" if linked else "several"
    found.cases.add((kind, label, tuple(sorted({s for s, _ in pairs})), tuple(sorted({f for _, f in pairs}))))
    found.undecided |= _members(pairs)


def _by_word(
    world: World, lives: dict[Side, dict[str, Record]], linked: set[tuple[Side, str]], found: Found
) -> None:
    said = {
        (s, f)
        for (s, f), same in world.verdicts.items()
        if same
        and s in lives[Side.SPOTIO]
        and f in lives[Side.SALESFORCE]
        and not _members([(s, f)]) & linked
    }
    unclear = {pair for pair in said if any(o != pair and (o[0] == pair[0] or o[1] == pair[1]) for o in said)}
    for pair in said - unclear:
        found.pairs[pair] = "a person's word"
    for group in _hanging_together(unclear):
        _case(found, "a person's word", group, linked=False)


def _groups_by_id(lives: dict[Side, dict[str, Record]]) -> list[set[Pair]]:
    """What hangs together by the ids that records of either side bear."""
    pairs = {
        (record.outside, record.id)
        for record in lives[Side.SALESFORCE].values()
        if record.outside in lives[Side.SPOTIO]
    } | {
        (record.id, record.outside)
        for record in lives[Side.SPOTIO].values()
        if record.outside in lives[Side.SALESFORCE]
    }
    return _hanging_together({(str(s), str(f)) for s, f in pairs})


def _hanging_together(pairs: set[Pair]) -> list[set[Pair]]:
    groups: list[set[Pair]] = []
    left = set(pairs)
    while left:
        group = {left.pop()}
        while more := {pair for pair in left if any(pair[0] == s or pair[1] == f for s, f in group)}:
            group |= more
            left -= more
        groups.append(group)
    return groups


def _groups_by_key(world: World, key: MatchKey, lives: dict[Side, dict[str, Record]]) -> list[set[Pair]]:
    rules = [world.definition.rule(name) for name in key.rules]
    valued: dict[Side, dict[str, list[str]]] = {side: defaultdict(list) for side in Side}
    for side in Side:
        for record in lives[side].values():
            value = _key_value(record, [rule.column(side) for rule in rules])
            if value is not None:
                valued[side][value].append(record.id)
    return [
        {(s, f) for s in ids for f in valued[Side.SALESFORCE][value]}
        for value, ids in valued[Side.SPOTIO].items()
        if value in valued[Side.SALESFORCE]
    ]


def key_values(world: World, side: Side, id: str) -> set[tuple[str, str]]:
    """The values of the match keys by which a record is told, with the key's label."""
    found = set()
    for key in world.definition.match:
        columns = [world.definition.rule(name).column(side) for name in key.rules]
        value = _key_value(world.rows(side)[id], columns)
        if value is not None:
            found.add((key.label, value))
    return found


def _key_value(record: Record, columns: Sequence[Column]) -> Text:
    parts = [_told_apart(record[column.name], column.kind) for column in columns]
    return None if None in parts else "\x1f".join(part for part in parts if part)


def _told_apart(text: Text, kind: Kind) -> Text:
    value = canonical(text, kind)
    if value is None:
        return None
    if kind is Kind.EMAIL:
        return value if "@" in value else None
    if kind is Kind.PHONE:
        return value if re.fullmatch(r"\d{7,}", value) else None
    return re.sub(r"[^\w@]+|_+", " ", value.lower()).strip() or None
