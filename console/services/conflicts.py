"""Decide what people are asked of the two-way sync. The program's own commands do it; every decision is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console import words
from console.context import context
from console.identity import only_for, require
from console.readers import now
from console.readers.conflicts import Clash, Decided, MatchCase
from console.services.commands import carried_out
from data import auditing


@dataclass(frozen=True)
class Answer:
    """What came of a decision, in a sentence; `refused`: nothing was decided, and this is why. `number` is how many it means."""

    text: str
    refused: bool = False
    number: int = 0


@dataclass(frozen=True)
class Rule:
    """Which open conflicts, or standing differences (`of_standing`), are meant: all of a sync that meet everything said."""

    sync: str
    field: str | None = None
    label: str = ""  # of the field
    changed_by: str | None = None
    of_standing: bool = False


def decide(cases: Sequence[Clash], take: str | None, value: str | None = None) -> Answer:
    """Take one side's value (spotio, salesforce), or another `value` as SPOTIO holds it, for cases as they were shown.

    What became another, or was decided by somebody else meanwhile, is refused, and then none is decided.
    """
    person = require("admin")
    seen = [
        {"id": each.id, "spotio": each.spotio.value, "salesforce": each.salesforce.value} for each in cases
    ]
    asked = {"seen": seen, "take": take, "value": value, "person": person.author}
    answer = carried_out("resolve_several", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    taken = _taken(take, value)
    if len(cases) == 1:
        [case] = cases
        text = f"{taken} {case.field.label} for {case.name}"
    else:
        text = f"{taken} value for {words.counted(len(cases), _called(cases[0].standing))}"
    beside = int(answer["decided"]) - len(cases)
    if beside > 0:
        text += f", and for {words.counted(beside, 'field')} decided together with it"
    _write_down("conflict", text, {"decided": _told(answer["cases"])})
    return Answer(f"{text}. The next run writes it.", number=int(answer["decided"]))


def count_by_rule(rule: Rule, take: str) -> Answer:
    """How many a rule would decide; nothing is decided."""
    return _by_rule(rule, take, None)


def decide_by_rule(rule: Rule, take: str, expected: int) -> Answer:
    """Decide all that a rule means, as long as they are as many as were `expected`."""
    return _by_rule(rule, take, expected)


def _by_rule(rule: Rule, take: str, expected: int | None) -> Answer:
    person = require("admin")
    asked = {
        "sync": rule.sync, "field": rule.field, "changed_by": rule.changed_by, "of_standing": rule.of_standing,
        "take": take, "expected": expected, "person": person.author,
    }  # fmt: skip
    answer = carried_out("resolve_all", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    number = int(answer["meant"])
    counted = words.counted(number, _called(rule.of_standing))
    if expected is None:
        return Answer(f"{counted} would be decided.", number=number)
    narrowed = [f"of {rule.label}"] if rule.label else []
    narrowed += [f"changed by {rule.changed_by}"] if rule.changed_by else []
    text = " ".join([f"{_taken(take, None)} value for {counted}", *narrowed, f"in {rule.sync}"])
    _write_down("conflict", text, {"rule": vars(rule), "decided": _told(answer["cases"])})
    return Answer(f"{text}. The next run writes it.", number=number)


def restore(settled: Decided) -> Answer:
    """Bring the value that lost a settled conflict back, against what both sides hold now."""
    person = require("admin")
    asked = {"id": settled.id, "take": None, "value": None, "restore": True, "person": person.author}
    answer = carried_out("resolve", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    system, value = settled.loser or ("", None)
    field = settled.field.label if settled.field else ""
    text = f"Restored {words.system(system)}'s {field} for {settled.name}"
    held = {"spotio": settled.spotio.value, "salesforce": settled.salesforce.value}
    to = held.get(system)
    _write_down("conflict", text, {"restores": settled.id, "as": answer["id"], "clashed": held, "to": to})
    shown = f": {words.quoted(value)}" if value else ""
    return Answer(f"{text}{shown}. The next run writes it.", number=1)


def say(case: MatchCase, spotio_id: str, salesforce_id: str, *, same: bool, note: str) -> Answer:
    """Say of two records of a case whether they are the same; refused when somebody said something of them meanwhile."""
    person = require("admin")
    asked = {
        "word": "same" if same else "different", "spotio_id": spotio_id, "salesforce_id": salesforce_id,
        "note": note.strip(), "sync": case.sync, "person": person.author, "of_case": case.id,
    }  # fmt: skip
    answer = carried_out("match", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    names = dict(case.spotio) | dict(case.salesforce)
    told = f"{names.get(spotio_id, spotio_id)} in SPOTIO and {names.get(salesforce_id, salesforce_id)} in Salesforce"
    text = f"Said that {told} are {'the same' if same else 'different'}"
    details = {"case": case.id, "from": None, "to": asked["word"], **{k: asked[k] for k in ("sync", "spotio_id", "salesforce_id", "note")}}  # fmt: skip
    _write_down("match", text, details)
    return Answer(f"{text}. The next run goes by it.", number=1)


def _taken(take: str | None, value: str | None) -> str:
    if take is None:
        return f"Took {words.quoted(value or '')} as"
    return "Filled each blank with the other side's" if take == "blanks" else f"Took {words.system(take)}'s"


def _called(standing: bool) -> str:
    return "standing difference" if standing else "conflict"


def _told(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was decided, each with what both sides held and what they are to hold."""
    return [
        {
            "id": each["id"], "link": each["link"], "field": each["field"],
            "from": {"spotio": each["spotio"], "salesforce": each["salesforce"]},
            "to": each["value"] if each["take"] == "value" else each[each["take"]],
        }
        for each in cases
    ]  # fmt: skip


@only_for("admin")
def _write_down(what: str, text: str, details: Mapping[str, Any]) -> None:
    auditing.write_down(
        context().store, person=require("admin").author, what=what, text=text, details=details, now=now()
    )
