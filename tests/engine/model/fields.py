"""Three-way, a field of one link at a time, and a unit of fields as a whole (F-01, F-02, F-05, F-06, SF-07, SF-24, SF-26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.engine.definition import FieldRule, Side
from tests.engine.model.values import blank, same, translated
from tests.engine.worlds import Link, Record, Text, World


@dataclass
class Field:
    """One mapped field of one link: what it shows, what it was agreed to be, and what becomes of it."""

    rule: FieldRule
    link: Link
    spotio: Text
    salesforce: Text
    base_spotio: Text
    base_salesforce: Text
    known: bool
    last_reason: Text
    as_spotio: Text
    as_salesforce: Text
    unmapped_spotio: bool
    unmapped_salesforce: bool
    equal: bool
    spotio_changed: bool
    salesforce_changed: bool
    history: bool
    can_spotio: bool
    can_salesforce: bool
    may_spotio: bool
    may_salesforce: bool
    at: dict[Side, datetime | None]
    by: dict[Side, Text]
    origin: dict[Side, Text]
    take: Text = None
    value: Text = None
    conflict: bool = False
    winner: Text = None
    verdict: Text = None
    reason: str = "edited"

    @property
    def form_moved(self) -> bool:
        return self.spotio != self.base_spotio or self.salesforce != self.base_salesforce


def observed(
    world: World, rule: FieldRule, link: Link, spotio: Record, salesforce: Record, open_to: dict[Side, bool]
) -> Field:
    """A field as it stands, before anything is decided."""
    ours, theirs = spotio[rule.spotio.name], salesforce[rule.salesforce.name]
    base = world.agreed.get((link.link, rule.key))
    base_s, base_f = (base.spotio, base.salesforce) if base else (None, None)
    here, there = rule.spotio.kind, rule.salesforce.kind
    as_f, as_s = translated(world, ours, rule, Side.SALESFORCE), translated(world, theirs, rule, Side.SPOTIO)
    unmapped_f = not blank(ours) and as_f is None
    unmapped_s = not blank(theirs) and as_s is None
    equal = (not unmapped_f and same(as_f, theirs, there)) or (not unmapped_s and same(as_s, ours, here))
    changed_s = base is not None and not same(ours, base_s, here)
    changed_f = base is not None and not same(theirs, base_f, there)
    on_at = world.state.outbound_on_at
    was_held = (spotio.id, rule.spotio.name) in world.held
    stood = (
        on_at is not None and base is not None and was_held and base.at < on_at
        and same(ours, world.held[spotio.id, rule.spotio.name], here)
    )  # fmt: skip
    can = {side: rule.towards(side) and rule.column(side).updateable for side in Side}
    told = {side: _told(world, side, record.id, rule.column(side).name)
            for side, record in ((Side.SPOTIO, spotio), (Side.SALESFORCE, salesforce))}  # fmt: skip
    found = Field(
        rule, link, ours, theirs, base_s, base_f, base is not None, base.reason if base else None, as_s, as_f,
        unmapped_s, unmapped_f, equal, changed_s, changed_f, stood and changed_s,
        can[Side.SPOTIO], can[Side.SALESFORCE], can[Side.SPOTIO] and open_to[Side.SPOTIO],
        can[Side.SALESFORCE] and open_to[Side.SALESFORCE],
        {side: told[side][0] for side in Side}, {side: told[side][1] for side in Side},
        {side: told[side][2] for side in Side},
    )  # fmt: skip
    for said in world.resolutions:
        if (said.link, said.field) == (link.link, rule.key):
            holds = same(said.spotio, ours, here) and same(said.salesforce, theirs, there)
            found.take, found.value = (said.take, said.value) if holds else (None, None)
            if found.take == "value" and same(said.value, ours, here):
                found.take = "spotio"
            if found.take != "value":
                found.value = None
    return found


def _told(world: World, side: Side, id: str, column: str) -> tuple[datetime | None, Text, Text]:
    """When, by whom and with which origin a column changed; of a whole record only by whom."""
    mine = [edit for edit in world.edits if edit.system is side and edit.id == id]
    for edit in mine:
        if edit.column == column:
            return edit.at, edit.by, edit.origin
    for edit in mine:
        if edit.column is None:
            return None, edit.by, edit.origin
    return None, None, None


def decide_unit(world: World, unit: Sequence[Field]) -> None:
    """Set conflict, winner, verdict and reason of the fields of one unit."""
    moved_s, moved_f, clashing_s = False, False, False
    flips = False
    for each in unit:
        keep = each.rule.blanks == "keep"
        s = (
            each.spotio_changed
            and not (keep and blank(each.spotio))
            and not _system_default(each, Side.SPOTIO)
        )
        f = each.salesforce_changed and not (keep and blank(each.salesforce))
        f = f and not _system_default(each, Side.SALESFORCE)
        fills = not each.known and not each.equal and each.rule.backfill
        this_s = (s and not each.equal and not each.history) or (
            fills and blank(each.salesforce) and each.may_salesforce
        )
        this_f = (f and not each.equal) or (fills and blank(each.spotio) and each.may_spotio)
        moved_s, moved_f = moved_s or this_s, moved_f or this_f
        clashing_s = clashing_s or (s and not each.equal)
        by_automation = each.origin[Side.SALESFORCE] == "automation" and each.last_reason == "automation"
        flips = flips or (by_automation and this_f)
    is_open = any(each.may_spotio or each.may_salesforce for each in unit)
    clash = is_open and ((moved_s and moved_f) or (clashing_s and moved_f) or flips)
    fighting = [each for each in unit if clash and not each.equal]
    for each in fighting:
        each.conflict = True
    resolved = _settle(world, fighting, flips=flips)
    typed = any(each.take == "value" for each in fighting)
    for each in unit:
        target = _target(each, moved_s=moved_s, moved_f=moved_f, resolved=resolved)
        each.verdict = _verdict(each, target, beside_typed=each.conflict and resolved and typed)
        each.reason = _reason(each, target, resolved=each.conflict and resolved)


def _system_default(each: Field, side: Side) -> bool:
    """A record that we made lacked this value, and its system filled in another: nobody's change."""
    made_by_us = each.link.born == side.other
    base = each.base_spotio if side is Side.SPOTIO else each.base_salesforce
    told = each.at[side] is not None and each.origin[side] != "fieldline"
    return made_by_us and each.last_reason == "withheld" and base is None and not told


def _settle(world: World, fighting: Sequence[Field], *, flips: bool) -> bool:
    """Set the winners; whether it was a person who decided."""
    if not fighting:
        return False
    sides = {each.take for each in fighting} - {"value", None}
    if all(each.take for each in fighting) and len(sides) <= 1:
        for each in fighting:
            each.winner = each.take
        return True
    by_policy = {None if flips else _by_policy(each, world.state.poll_seconds) for each in fighting}
    if len(by_policy) == 1:
        for each in fighting:
            each.winner = next(iter(by_policy))
    return False


def _by_policy(each: Field, poll_seconds: int) -> Text:
    policy = each.rule.conflict
    if policy in ("spotio", "salesforce"):
        return policy
    ours, theirs = each.at[Side.SPOTIO], each.at[Side.SALESFORCE]
    if policy == "ask" or ours is None or theirs is None:
        return None
    apart = (ours - theirs).total_seconds()
    if abs(apart) <= poll_seconds:
        return None
    return "spotio" if apart > 0 else "salesforce"


def _target(each: Field, *, moved_s: bool, moved_f: bool, resolved: bool) -> Text:
    to = {"spotio": "to_salesforce", "salesforce": "to_spotio", "value": "to_both", None: "conflict"}
    if each.conflict:
        if not resolved and not moved_s and each.winner == "spotio":
            return "left_apart"  # what was there before the outbound direction is not exported by a policy
        return to[each.winner]
    if each.take:
        return to[each.take]
    if moved_s and moved_f:
        return "held"
    return "to_salesforce" if moved_s else "to_spotio" if moved_f else None


def _verdict(each: Field, target: Text, *, beside_typed: bool) -> Text:
    anew = each.form_moved or not each.known
    if each.equal and target != "to_both":
        return "agree" if anew else None
    if target in ("conflict", "left_apart", "held"):
        return target
    keep = each.rule.blanks == "keep" and each.take is None
    source = {"to_spotio": each.salesforce, "to_salesforce": each.spotio}
    emptied = (each.spotio_changed and blank(each.spotio)) or (each.salesforce_changed and blank(each.salesforce))  # fmt: skip
    if keep and ((target in source and blank(source[str(target)])) or (target is None and emptied)):
        return "blank_kept" if anew else None
    if target is None:
        if each.history or not each.known:
            return "standing"
        return "agree" if each.form_moved and not (each.spotio_changed or each.salesforce_changed) else None
    can = each.can_spotio if target == "to_spotio" else each.can_salesforce if target == "to_salesforce" else True  # fmt: skip
    if (not can and each.conflict) or (beside_typed and target == "to_salesforce"):
        return "loser_rebased"
    if not can:
        return None
    may = each.may_salesforce if target == "to_salesforce" else each.may_spotio
    return target if may else "held"


def _reason(each: Field, target: Text, *, resolved: bool) -> str:
    if resolved or each.take:
        return "resolved"
    if each.conflict:
        return "conflict"
    if not each.known:
        return "backfill"
    by_automation = target == "to_spotio" and each.origin[Side.SALESFORCE] == "automation"
    return "automation" if by_automation else "edited"


def rebased(each: Field) -> tuple[Text, Text, bool] | None:
    """The new agreement of a field that needs no write, and whether the two sides still differ all the same."""
    if each.verdict in ("agree", "blank_kept", "left_apart") or (each.verdict == "standing" and not each.known):  # fmt: skip
        return each.spotio, each.salesforce, each.verdict == "agree" and not each.equal
    if each.verdict == "loser_rebased":
        if each.winner == "spotio":
            return each.base_spotio, each.salesforce, False
        return each.spotio, each.base_salesforce, False
    return None
