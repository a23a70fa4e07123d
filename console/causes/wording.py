"""How the page calls a cause: by what is wrong, not by a code; the code stands behind, in small type."""

from __future__ import annotations

from console import words
from console.readers.errors import Cause

_BY_CHECKS = {
    "value_unmapped": "{field} “{value}” has no counterpart in {system}",
    "owner_unmatched": "{value} owns records and is nobody in {system}",
    "not_writeable": "{system} does not let {field} be written",
    "required_blank": "{system} does not let {field} be empty",
    "required_missing": "{system} requires {field}, and there is no value for it",
    "too_long": "{field} is longer than {system} takes",
    "not_a_choice": "{system} has no choice “{value}” for {field}",
    "not_a_number": "{field} is no number that {system} takes",
    "not_an_email": "{field} is no e-mail address",
    "not_a_date": "{field} is no date",
}
# What Salesforce says when it refuses (reference: SOAP API, StatusCode); SPOTIO's codes are our own (sync/connectors/spotio).
_REFUSED = {
    "REQUIRED_FIELD_MISSING": "{system} requires {field}",
    "STRING_TOO_LONG": "{field} is longer than {system} takes",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "{system} does not take “{value}” for {field}",
    "INACTIVE_OWNER_OR_USER": "{value} is not active in {system} any more and cannot own records there",
    "DUPLICATES_DETECTED": "{system} takes it for a duplicate",
    "INSUFFICIENT_ACCESS_OR_READONLY": "{system} does not let us write these records",
    "not_kept": "{system} did not keep {field}",
}


def title(cause: Cause) -> str:
    """The cause in a sentence without its full stop; foreign words in it are not made safe for markdown."""
    system = words.system(cause.system) if cause.system else "the other system"
    form = (_REFUSED if cause.refused else _BY_CHECKS).get(cause.code)
    needs = {name for name in ("field", "value") if form and f"{{{name}}}" in form}
    if form is None or any(getattr(cause, name) is None for name in needs):
        return cause.text.rstrip(".") or cause.code
    text = form.format(field=cause.field, value=cause.value, system=system)
    return text[:1].upper() + text[1:]


def advice(cause: Cause) -> str:
    """What would mend it, where the fix is not made on the spot."""
    if not cause.refused:
        return cause.change
    if cause.set_up:
        return f"Change it in Salesforce, in {cause.set_up[0]}, or correct the records; then try again."
    return "Correct the records, or what refused them; then try again."


def released(number: int | None, written: int | None, of: int, *, done: bool) -> str:
    """What a fix releases: "It releases 23 records; the next run writes them."; `done`: it was published."""
    releases = "releases" if done else "would release"
    if number is None:
        return f"It {releases} up to {words.counted(of, 'record')}."
    if not number:
        return (
            f"It {releases} none of the {words.counted(of, 'record')}: something else keeps them back, too."
        )
    if number == of:
        told = words.counted(of, "record") if of == 1 else f"all {of:,} records"
    else:
        told = f"{number:,} of {of:,} records"
    if written == number:
        rest = "the next run writes " + ("it" if number == 1 else "them")
    elif written:
        rest = f"the next run writes {written:,} of them, and the others need no write"
    else:
        rest = f"{'it needs' if number == 1 else 'they need'} no write, for both sides then mean the same"
    return f"It {releases} {told}; {rest}."
