"""How the Why page calls outcomes, steps and links, and by which page or command each smallest change is made."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from console.readers import why as reading
from console.readers.why import Failure, Hit, Told, Why
from console.signs import Sign

_CHECK, _CLOCK, _WARNING = ":material/check_circle:", ":material/schedule:", ":material/warning:"
_OUT, _UNKNOWN = ":material/do_not_disturb_on:", ":material/help:"

# An outcome as its state, and as the verdict.
_OUTCOMES: Mapping[str, tuple[Sign, str]] = {
    "in_step": (Sign("In step", "green", _CHECK), "In step"),
    "planned": (Sign("To be written", "blue", _CLOCK), "Not yet: the next run writes it"),
    "waiting": (Sign("Waits", "gray", _CLOCK), "Not yet: it waits"),
    "blocked": (Sign("Blocked", "red", ":material/block:"), "Blocked: not all of it is written"),
    "conflict": (Sign("Conflict", "orange", _WARNING), "Waits for a person: both sides changed it"),
    "undecided": (Sign("Undecided", "orange", _WARNING), "Waits for a person: it may be somebody who is there already"),
    "out_of_scope": (Sign("Not in scope", "gray", _OUT), "Kept out: it is not in scope"),
    "frozen": (Sign("Stands still", "gray", ":material/pause_circle:"), "Stands still: nothing of it travels"),
    "excluded": (Sign("Left out", "gray", ":material/link_off:"), "Left out: a person said so"),
    "deleted": (Sign("Deleted", "gray", ":material/delete:"), "Deleted: nothing of it travels"),
    "not_mirrored": (Sign("Not mirrored", "gray", _UNKNOWN), "Unknown: it is not in the mirror"),
    "other_type": (Sign("Other type", "gray", _OUT), "Not synced: it is of another type"),
    "no_id": (Sign("No id", "gray", _UNKNOWN), "Unknown: no record has such an id there"),
    "erased": (Sign("Erased", "gray", ":material/person_off:"), "Erased: no sync looks at it"),
    "another_sync": (Sign("Another sync", "gray", _OUT), "Not synced here: it belongs to another sync"),
    "no_sync": (Sign("No sync", "gray", _OUT), "Not synced: there is no sync"),
}  # fmt: skip
_STEPS: Mapping[str, str] = {
    "sync": "A sync is published",
    "id": "A record’s id",
    "type": "Of the sync’s type",
    "erased": "Not erased",
    "another_sync": "In no other sync",
    "mirrored": "In the mirror",
    "scope": "In scope",
    "match": "Partner clear",
    "life_cycle": "Alive on both sides",
    "fields": "Fields decided",
    "people": "Owner known",
    "checks": "Values taken",
    "apply": "Not refused",
}
_LINKS: Mapping[str, Sign] = {
    "active": Sign("Linked", "green", ":material/link:"),
    "deleted": Sign("One deleted", "gray", ":material/delete:"),
    "case": Sign("Waits", "orange", _WARNING),
    "unlinked": Sign("Taken apart", "gray", ":material/link_off:"),
}
NO_LINK = Sign("No link", "gray", ":material/link_off:")
BORN = {"spotio": "made from SPOTIO", "salesforce": "made from Salesforce", "matched": "matched"}

# What is put right in the configuration, and what by linking two records by hand.
_CONFIGURED = frozenset(
    {
        *("filtered", "left_filter", "left_selection", "came_later", "origin"),
        *("value_unmapped", "owner_unmatched", "not_a_choice", "not_writeable", "required_blank"),
    }
)
_LINKED_BY_HAND = frozenset({"stood_before", "failed_at_turn_on", "unlinked", "kept_apart", "merged_in_salesforce"})  # fmt: skip


@dataclass(frozen=True)
class Way:
    """Where a change is made: a page with its address, or else commands to type, one a line. `label` says what it does."""

    label: str
    page: str = ""
    query: dict[str, str] = field(default_factory=dict)
    commands: str = ""


def outcome(name: str) -> Sign:
    """The state of an outcome."""
    return _OUTCOMES[name][0]


def verdict(name: str) -> str:
    """An outcome as a headline."""
    return _OUTCOMES[name][1]


def step(name: str) -> str:
    """What a step asks for, said so that it can be ticked off."""
    return _STEPS[name]


def link(one: Hit) -> Sign:
    """How the link of a record that was found stands."""
    return _LINKS.get(one.state, NO_LINK)


def link_state(state: str) -> Sign:
    """How a link stands."""
    return _LINKS[state]


def way(why: Why, told: Told) -> Way | None:
    """Where the smallest change of a sync's verdict is made; None where it is made in SPOTIO or Salesforce, or needs none."""
    record, sync = shlex.quote(why.reference), shlex.quote(told.sync)
    if told.outcome == "planned":
        return Way("Not to wait for it", commands=f"fieldline sync --sync {sync} --only {record}")
    if told.failure is None:
        return None
    failure = told.failure
    if failure.step in _STEPS_OF_NO_RECORD:
        return _of_no_record(why, failure)
    if failure.code in _CONFIGURED:
        edit = "fieldline config export > fieldline.yaml\nfieldline config import fieldline.yaml --publish"
        return Way("To change the configuration: export, edit, import", commands=edit)
    if failure.code in ("direction_off", "direction_paused", "direction_closed"):
        return _of_direction(why, told, sync)
    if failure.code in _LINKED_BY_HAND:
        return Way("To link it by hand", commands=f"fieldline link {_pair(why)} --sync {sync}")
    if failure.code == "undecided_match":
        return Way("Say who it is", page="views/conflicts.py", query={"tab": "Undecided matches"})
    if failure.code == "excluded":
        return Way("To include it again", commands=f"fieldline include {record} --sync {sync}")
    if failure.code == "another_sync" and failure.seen:
        return Way("To unlink it there", commands=f"fieldline unlink {record} --sync {shlex.quote(failure.seen)}")  # fmt: skip
    if failure.step == "fields":
        if told.conflict:
            return Way("Decide it", page="views/conflicts.py", query={"id": told.conflict})
        return Way("Conflicts lists it after the next run", page="views/conflicts.py")
    if failure.step == "apply" and told.outcome == "blocked":
        return Way("When it is corrected", commands=f"fieldline retry {record}")
    return Way("The last runs", page="views/log.py") if failure.step == "apply" else None


_STEPS_OF_NO_RECORD = ("sync", "id", "mirrored")


def _of_no_record(why: Why, failure: Failure) -> Way | None:
    if failure.step == "sync":
        return Way("A sample to begin with", commands="fieldline config sample > fieldline.yaml")
    if failure.step == "mirrored":
        return Way("Run now, on Overview", page="views/overview.py")
    other = "salesforce" if why.record.system == "spotio" else "spotio"
    if reading.has_form(other, why.record.id):
        return Way("Ask for it there", page="views/why.py", query={"record": f"{other}:{why.record.id}"})
    return None


def _of_direction(why: Why, told: Told, sync: str) -> Way:
    if told.paused:
        return Way("To resume it", commands=f"fieldline sync-resume {sync}")
    outbound = " --outbound" if "outbound" in told.off and why.record.system == "spotio" else ""
    return Way("To turn it on", commands=f"fieldline sync-on {sync}{outbound}")


def _pair(why: Why) -> str:
    """The ids of both sides for a command; a partner whom the record does not have is left to be filled in."""
    own, other = shlex.quote(why.record.id), shlex.quote(why.partner.id) if why.partner else ""
    if why.record.system == "spotio":
        return f"{own} {other or 'SALESFORCE_ID'}"
    return f"{other or 'SPOTIO_ID'} {own}"
