"""What the page Plan calls things, and what came of the last press."""

from __future__ import annotations

from collections.abc import Callable

from console import pressing, readers, signs, words
from console.readers.plans import Cause, HeldClass, Plan, Row
from console.services.plans import Answer
from console.signs import Sign

_PAGE = "plan"
# Kinds of rows in the order of the tiles: their word, and what a row of it does.
KINDS = {
    "create": "Create", "update": "Update", "delete": "Delete", "link": "Link", "unlink": "Unlink", "blocked": "Blocked",
}  # fmt: skip
LIMITS = {
    "writes": "Actions of one kind a run", "share": "Share of the linked records that change",
    "owner_changes": "Owner changes a run", "deletes": "Deletions a run",
    "empty": "Share of the linked records that are gone at once",
}  # fmt: skip
HELD = signs.HELD
WILL_WRITE = Sign("Will write", "green", ":material/edit:")
NO_WRITE = Sign("Writes nothing", "gray", ":material/link:")
BLOCKED = Sign("Blocked", "red", ":material/block:")
SIGNS = (HELD, WILL_WRITE, NO_WRITE, BLOCKED)


def sign(row: Row) -> Sign:
    """What becomes of a row in the next run."""
    if row.kind == "blocked":
        return BLOCKED
    if row.kind in ("link", "unlink"):
        return NO_WRITE
    return HELD if row.held else WILL_WRITE


def about(row: Row) -> str:
    """What a row does, to whom: "Update Salesforce Lead 00Q…"."""
    if row.kind == "blocked":
        return f"{words.system(row.system or '')} · not written"
    if row.kind in ("link", "unlink"):
        verb = "Links" if row.kind == "link" else "Takes apart"
        return (
            f"{verb} SPOTIO {row.spotio_id} and Salesforce {row.salesforce_id}; nothing is written to either"
        )
    target = f"{words.system(row.system or '')} {row.object or 'record'}"
    return f"{KINDS.get(row.kind, row.kind)} {target} {row.id or ''}".strip()


def held_title(held: HeldClass) -> str:
    """ "Held: 1,204 owner changes in SPOTIO"."""
    part = f" of {held.planned:,}" if held.allowed else ""
    return f"Held: {held.held:,}{part} {held.called}"


def causes(held: HeldClass) -> str:
    """What the held actions have in common, the most frequent first, as sentences."""
    said = []
    for cause in held.causes[:2]:
        one = cause.n == 1
        share = (
            "All of them"
            if cause.n == held.held and not one
            else "It"
            if held.held == 1
            else f"{cause.n:,} of them"
        )
        if cause.afters > 1 or cause.after:
            to = f" to {words.quoted(cause.after)}" if cause.afters == 1 and cause.after else ""
            what = f"{'sets' if one else 'set'} {cause.label}{to}"
        else:
            what = f"{'empties' if one else 'empty'} {cause.label}"
        said.append(f"{share} {what}{_changed_by(cause)}.")
    return " ".join(said)


def _changed_by(cause: Cause) -> str:
    """Who made the changes that are carried on, and when; empty where nobody knows."""
    if not cause.by:
        return ""
    now, zone = readers.now(), readers.zone()
    first, last = (words.moment(at, now, zone) for at in (cause.first, cause.last))
    when = "" if cause.first is None else f", {first}" if first == last else f" between {first} and {last}"
    return f"; {cause.by} changed {'it' if cause.n == 1 else 'them'}{when}"


def undoable(name: str) -> str:
    """What can and what cannot be taken back of a class of actions (C-05)."""
    if name == "delete_salesforce":
        return "Salesforce keeps what is deleted in its recycle bin for 15 days; after that it is gone."
    if name == "delete_spotio":
        return "SPOTIO’s API brings no deleted record back."
    system = words.system(name.rpartition("_")[2])
    if name.startswith("create_"):
        return f"New records can be deleted again; what {system}'s automation sends when one appears cannot be taken back."
    return (
        f"The values that are replaced stay in the log; what {system}'s automation sends because of a change cannot "
        "be taken back."
    )


def act(do: Callable[[], Answer]) -> None:
    """Carry a press out and keep what came of it for the page."""
    pressing.press(_PAGE, do)


def tell() -> None:
    """What came of the last press; it stays until the next one."""
    answer: Answer | None = pressing.last(_PAGE)
    if answer is None or not answer.text:
        return
    until = f", until {words.moment(answer.until, readers.now(), readers.zone())}" if answer.until else ""
    pressing.tell(answer, "Nothing was done", after=until + ("" if answer.text.endswith(".") else "."))


def quiet() -> None:
    """What was said of the last press is of no interest any more."""
    pressing.quiet(_PAGE)


def facts(plan: Plan) -> str:
    """When and from what the plan was made."""
    now, zone = readers.now(), readers.zone()
    made = words.moment(plan.made_at, now, zone, seconds=True)
    told = [f"planned {made}" + (f" by {words.plain(plan.made_by)}" if plan.made_by else "")]
    if plan.mirrored_to:
        told.append(f"from the mirror of {words.moment(plan.mirrored_to, now, zone, seconds=True)}")
    told += [f"version {plan.version}", f"plan {plan.id}", f"times in {words.place(zone)}"]
    return " · ".join(told)
