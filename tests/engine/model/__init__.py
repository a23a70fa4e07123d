"""A plain reference of one plan: a record at a time, in ordinary Python, after the rules and not after the frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sync.engine.definition import Side
from tests.engine.model import creating, deciding
from tests.engine.model.creating import Write
from tests.engine.model.entering import kept_out, unlinked
from tests.engine.model.fields import Field, decide_unit, observed, rebased
from tests.engine.model.lives import Life, life
from tests.engine.model.matching import Found, key_values, matched
from tests.engine.worlds import Text, World

Key = tuple[str, Text, Text, Text, Text]  # kind, system, SPOTIO's id, Salesforce's id, link
_NO_PERSON = ("automation", "fieldline", "integration", "import")


@dataclass
class Planned:
    """What the rules say of a world, in the shapes in which it is compared with the frames."""

    actions: dict[Key, str] = field(default_factory=dict)  # -> class
    refused: dict[Key, str] = field(default_factory=dict)  # -> code: not tried again by itself
    writes: dict[Key, set[Write]] = field(default_factory=dict)
    decisions: dict[tuple[str, str], deciding.Decision] = field(default_factory=dict)
    conflicts: set[tuple[Text, ...]] = field(default_factory=set)
    moments: dict[tuple[str, str], tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    rebases: dict[tuple[str, str], tuple[Text, Text, bool]] = field(default_factory=dict)
    standing: set[tuple[Text, ...]] = field(default_factory=set)
    cases: set[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = field(default_factory=set)
    link_states: dict[str, tuple[str, bool, bool, Text, bool]] = field(
        default_factory=dict
    )  # ..., waits for a write


@dataclass
class Deletion:
    """A deletion on one side that meets an edit of a person on the other (C-04)."""

    take: Text = None


def planned(world: World, refused: dict[Key, str]) -> Planned:
    """The plan of a world; `refused` are actions that were refused before."""
    plan = Planned()
    entering: dict[Side, dict[str, Text]] = {
        side: {record.id: kept_out(world, side, record) for record in unlinked(world, side)} for side in Side
    }
    may_enter = {side: {id for id, code in entering[side].items() if code is None} for side in Side}
    found = matched(world, may_enter)
    plan.cases = found.cases
    _link_found(world, plan, found)
    blocked = _create(world, plan, found, may_enter, refused)
    by_link = {link.link: _linked(world, plan, life(world, link)) for link in world.links.values()}
    plan.refused = {key: refused[key] for key in plan.actions if key in refused}
    for key in plan.refused:
        del plan.actions[key]
        plan.writes.pop(key, None)
    for look in by_link.values():
        _follow(plan, look)
    plan.decisions = deciding.decisions(world, plan, entering, found, blocked, by_link)
    return plan


def _link_found(world: World, plan: Planned, found: Found) -> None:
    for s, f in found.pairs:
        key = ("link", None, s, f, None)
        plan.actions[key] = "link"
        plan.writes[key] = set(creating.linked_agreement(world, world.spotio[s], world.salesforce[f]))


def _create(
    world: World, plan: Planned, found: Found, may_enter: dict[Side, set[str]], refused: dict[Key, str]
) -> dict[tuple[Side, str], tuple[str, str]]:
    blocked: dict[tuple[Side, str], tuple[str, str]] = {}
    linking = {Side.SPOTIO: {s for s, _ in found.pairs}, Side.SALESFORCE: {f for _, f in found.pairs}}
    for side in Side:
        source = side.other
        taken: set[tuple[str, str]] = set()  # values of keys of whom one is made
        for id in sorted(may_enter[source] - linking[source]):
            if (source, id) in found.undecided:
                continue
            new = creating.new_record(world, world.rows(source)[id], side)
            if new.blocked:
                blocked[source, id] = new.blocked
                continue
            ids = (id, None) if source is Side.SPOTIO else (None, id)
            key = ("create", str(side), *ids, None)
            told = key_values(world, source, id)
            if key not in refused:
                if told & taken:
                    found.undecided.add((source, id))
                    continue
                taken |= told
            plan.actions[key] = f"create_{side}"
            plan.writes[key] = set(new.writes)
    return blocked


@dataclass
class Look:
    """What a plan found of one link."""

    life: Life
    fields: list[Field] = field(default_factory=list)
    faults: list[tuple[int, int, str, str]] = field(default_factory=list)  # order, code, label
    deletion: Deletion | None = None


def _linked(world: World, plan: Planned, alive: Life) -> Look:
    look = Look(alive)
    link = alive.link
    gone = alive.code is not None
    if gone and not (link.state == "active" and str(alive.code).startswith("deleted_in_")):
        return look
    for unit in _units(world, alive):
        decide_unit(world, unit)
        look.fields += unit
    look.fields.sort(key=lambda each: world.definition.fields.index(each.rule))
    if gone:
        _deletion(world, plan, look)
        look.fields = []
        return look
    _note(plan, look)
    for side in Side:
        _update(plan, look, side)
    if alive.unlink:
        plan.actions["unlink", None, link.spotio_id, link.salesforce_id, link.link] = "unlink"
    return look


def _units(world: World, alive: Life) -> Iterator[list[Field]]:
    units: dict[str, list[Field]] = {}
    for rule in world.definition.fields:
        if not rule.stopped:
            seen = observed(world, rule, alive.link, alive.spotio, alive.salesforce, alive.open_to)
            units.setdefault(rule.unit, []).append(seen)
    yield from units.values()


def _note(plan: Planned, look: Look) -> None:
    for each in look.fields:
        link, key = each.link.link, each.rule.key
        if each.conflict:
            plan.conflicts.add((
                link, each.rule.unit, key, each.base_spotio, each.base_salesforce, each.spotio, each.salesforce,
                each.by[Side.SPOTIO], each.by[Side.SALESFORCE], each.rule.conflict, each.winner,
            ))  # fmt: skip
            plan.moments[link, key] = (each.at[Side.SPOTIO], each.at[Side.SALESFORCE])
        new = rebased(each)
        if new is not None:
            plan.rebases[link, key] = new
        if each.verdict in ("standing", "left_apart"):
            plan.standing.add((link, key, each.spotio, each.salesforce))


def _update(plan: Planned, look: Look, side: Side) -> None:
    """One write of all units that travel to a side and of which every value passes the checks."""
    units: dict[str, list[tuple[Field, Write, Text]]] = {}
    for each in look.fields:
        if each.verdict == f"to_{side}" or (each.verdict == "to_both" and side is Side.SPOTIO):
            units.setdefault(each.rule.unit, []).append((each, *_write(each, side)))
    writes: set[Write] = set()
    for members in units.values():
        faults = [
            (
                2 if each.verdict == "to_both" else list(Side).index(side),
                look.fields.index(each),
                code,
                each.rule.spotio.label,
            )
            for each, _, code in members
            if code
        ]
        look.faults += faults
        if not faults:
            writes |= {write for _, write, _ in members}
    if writes:
        link = look.life.link
        key = ("update", str(side), link.spotio_id, link.salesforce_id, link.link)
        of_owner = any(write[1] == ("owner" if side is Side.SPOTIO else "OwnerId") for write in writes)
        plan.actions[key] = f"owner_{side}" if of_owner else f"update_{side}"
        plan.writes[key] = writes


def _write(each: Field, side: Side) -> tuple[Write, Text]:
    column = each.rule.column(side)
    before = each.spotio if side is Side.SPOTIO else each.salesforce
    if each.verdict == "to_both":
        after, unmapped, agreement = each.value, False, (each.spotio, each.salesforce)
    elif side is Side.SPOTIO:
        after, unmapped, agreement = each.as_spotio, each.unmapped_spotio, (each.as_spotio, each.salesforce)
    else:
        after, unmapped, agreement = each.as_salesforce, each.unmapped_salesforce, (each.spotio, each.as_salesforce)  # fmt: skip
    code = creating.wrong(column, after, unmapped=unmapped, creating=False)
    return (each.rule.key, column.name, before, after, each.reason, *agreement), code


def _deletion(world: World, plan: Planned, look: Look) -> None:
    alive, link = look.life, look.life.link
    kept = alive.kept
    if kept is None:
        return
    changed = [
        each
        for each in look.fields
        if (each.spotio_changed if kept is Side.SPOTIO else each.salesforce_changed)
        and each.origin[kept] not in _NO_PERSON
    ]
    if changed:
        seen = ("edited", "deleted") if kept is Side.SPOTIO else ("deleted", "edited")
        take = None
        for said in world.resolutions:
            if (said.link, said.field) == (link.link, "deletion"):
                take = said.take if (said.spotio, said.salesforce) == seen else None
        look.deletion = Deletion(take)
        times = [moment for each in changed if (moment := each.at[kept])]
        names = [name for each in changed if (name := each.by[kept])]
        by = names[0] if names else None
        whose = (by, None) if kept is Side.SPOTIO else (None, by)
        plan.conflicts.add((link.link, "deletion", "deletion", None, None, *seen, *whose, "ask", take))
        at = max(times) if times else None
        plan.moments[link.link, "deletion"] = (at, None) if kept is Side.SPOTIO else (None, at)
    accepted = look.deletion is None or (look.deletion.take is not None and look.deletion.take != kept)
    if accepted and world.definition.deletes == "follow":
        key = ("delete", str(kept), link.spotio_id, link.salesforce_id, link.link)
        plan.actions[key] = f"delete_{kept}"


def _follow(plan: Planned, look: Look) -> None:
    """What becomes of a link, and whether that waits for a write."""
    alive, link = look.life, look.life.link
    after = alive.next
    if look.deletion and alive.kept and look.deletion.take == alive.kept:
        after = ("unlinked", after[1], after[2], "kept_apart")
    refused = [key for key in plan.refused if key[4] == link.link]
    still = [key for key in plan.actions if key[4] == link.link and key[0] in ("update", "delete")]
    if after == (link.state, link.to_spotio, link.to_salesforce, link.reason) or alive.unlink:
        return
    if look.deletion and look.deletion.take is None:
        return
    if any(key[0] == "delete" for key in refused):
        return
    open_matter = (
        bool(look.faults)
        or any(each.verdict in ("conflict", "held") for each in look.fields)
        or any(key[0] == "update" for key in refused)
    )
    if open_matter and not alive.at_once:
        return
    waits = bool(still) and not (alive.at_once and alive.code is None)
    plan.link_states[link.link] = (*after, waits)
