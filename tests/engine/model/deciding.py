"""The decision of every record looked at: outcome, step, code and the field that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sync.engine.definition import Side
from tests.engine.model.matching import Found
from tests.engine.worlds import Text, World

if TYPE_CHECKING:
    from tests.engine.model import Look, Planned

Decision = tuple[Text, str, Text, Text, Text]  # link, outcome, step, code, field
_EXCLUDED = ("unlinked", "excluded", "kept_apart")


def decisions(
    world: World, plan: Planned, entering: Mapping[Side, Mapping[str, Text]], found: Found,
    blocked: Mapping[tuple[Side, str], tuple[str, str]], by_link: Mapping[str, Look],
) -> dict[tuple[str, str], Decision]:  # fmt: skip
    decided: dict[tuple[str, str], Decision] = {}
    for side in Side:
        for id, code in entering[side].items():
            decided[str(side), id] = _of_unlinked(plan, side, id, code, found, blocked)
    for look in by_link.values():
        link = look.life.link
        told = _of_link(plan, look)
        decided[str(Side.SPOTIO), link.spotio_id] = told
        decided[str(Side.SALESFORCE), link.salesforce_id] = told
    return decided


def _of_unlinked(
    plan: Planned, side: Side, id: str, code: Text, found: Found, blocked: Mapping[tuple[Side, str], tuple[str, str]]
) -> Decision:  # fmt: skip
    at = 2 if side is Side.SPOTIO else 3
    mine = [key for key in (*plan.actions, *plan.refused) if key[4] is None and key[at] == id]
    if any(key in plan.actions for key in mine):
        return None, "planned", None, None, None
    if code in ("excluded", "deleted"):
        return None, code, "scope", code, None
    if code is not None:
        return None, "out_of_scope", "scope", code, None
    if (side, id) in found.undecided:
        return None, "undecided", "match", "undecided_match", None
    if (side, id) in blocked:
        fault, label = blocked[side, id]
        return None, "blocked", _step(fault), fault, label
    return None, "blocked", "apply", plan.refused[mine[0]], None


def _of_link(plan: Planned, look: Look) -> Decision:
    """The most urgent of what is true: its life, a conflict, a refusal, a faulty value, a write, a wait."""
    alive, link = look.life, look.life.link.link
    doing = any(key[4] == link for key in plan.actions)
    open_conflicts = [each for each in look.fields if each.conflict and each.winner is None]
    asked = bool(open_conflicts) or (look.deletion is not None and look.deletion.take is None)
    refused = [plan.refused[key] for key in plan.refused if key[4] == link]
    if alive.code is not None and not asked and not doing and not refused:
        return _stopped(link, alive.code)
    if asked:
        label = open_conflicts[0].rule.spotio.label if open_conflicts else "deletion"
        return link, "conflict", "fields", "conflict", label
    if refused:
        return link, "blocked", "apply", refused[0], None
    if look.faults:
        _, _, code, label = min(look.faults)
        return link, "blocked", _step(code), code, label
    if doing:
        return link, "planned", None, None, None
    if not (alive.next[1] and alive.next[2]):
        return link, "frozen", "life_cycle", alive.next[3], None
    held = [each for each in look.fields if each.verdict == "held"]
    if held:
        return link, "waiting", "scope", "direction_closed", held[0].rule.spotio.label
    return link, "in_step", None, None, None


def _stopped(link: str, code: str) -> Decision:
    if code.startswith("deleted_in_"):
        return link, "deleted", "life_cycle", code, None
    if code in _EXCLUDED:
        return link, "excluded", "scope", code, None
    return link, "frozen", "life_cycle", code, None


def _step(code: str) -> str:
    return "people" if code == "owner_unmatched" else "checks"
