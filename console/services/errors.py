"""Act on records that are not written: try again, let be, give to somebody. The program does it, and each act is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from console import words
from console.causes import wording
from console.context import context
from console.identity import only_for, require
from console.readers import now
from console.readers.errors import Cause
from console.services.commands import carried_out
from data import auditing


@dataclass(frozen=True)
class Answer:
    """What came of an act, in a sentence; `refused`: nothing was done, and this is why. `undo`: the ids of the records that
    were ignored, which can be listed again."""

    text: str
    refused: bool = False
    cause: str = ""
    undo: tuple[str, ...] = ()


def retry(cause: Cause, which: Sequence[str] | None) -> Answer:
    """Let the next run try the refused writes of a cause again: those of these records, or all."""
    require("admin")
    answer = carried_out("cause_retry", {"cause": cause.id, "which": _list(which)})
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    text = f"{_written(answer['released'])} tried again by the next run"
    _write_down(f"Retry: {text}", cause, {"records": answer["records"]})
    return Answer(f"{text}.")


def ignore(cause: Cause, which: Sequence[str] | None, note: str) -> Answer:
    """Let records of a cause be, with a note; others that come to the same cause are listed."""
    person = require("admin")
    asked = {"cause": cause.id, "which": _list(which), "note": note, "person": person.author}
    answer = carried_out("cause_ignore", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    text = f"Ignored {words.counted(answer['ignored'], 'record')}"
    _write_down(text, cause, {"note": note.strip(), "records": answer["records"]})
    return Answer(f"{text}: {wording.title(cause)}.", cause=cause.id, undo=tuple(answer["records"]))


def restore(cause_id: str, which: Sequence[str] | None) -> Answer:
    """List ignored records again."""
    require("admin")
    answer = carried_out("cause_restore", {"cause": cause_id, "which": _list(which)})
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    text = f"{words.counted(answer['restored'], 'record')} listed again"
    _write_down(text, cause_id, {"records": answer["records"]})
    return Answer(f"{text}.")


def assign(cause: Cause, to: str | None, due: date | None) -> Answer:
    """Give a cause to somebody, or to nobody; refused when somebody gave it away since it was shown."""
    person = require("admin")
    chosen = (to or "").strip() or None
    asked = {
        "cause": cause.id, "to": chosen, "due": due.isoformat() if due else None, "person": person.author,
        "seen": [cause.assigned, cause.due.isoformat() if cause.due else None],
    }  # fmt: skip
    answer = carried_out("cause_assign", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    text = f"Gave it to {chosen or 'nobody'}" + (f", due {due.day} {due:%b %Y}" if due else "")
    was = {"assigned": cause.assigned, "due": cause.due}
    _write_down(text, cause, {"from": was, "to": {"assigned": chosen, "due": due}})
    return Answer(f"{text}: {wording.title(cause)}.")


@dataclass(frozen=True)
class Draft:
    """A fix that was kept as a draft: what it changes, in words, what is wrong or doubtful about it, and how many of the `of` records
    publishing it would release; `refused` says why nothing was kept. Of very many records `released` is not told."""

    way: str
    choice: str
    changes: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    released: int | None = None
    written: int | None = None
    of: int = 0
    refused: str = ""


def draft(cause: Cause, way: str, choice: str) -> Draft:
    """Keep a fix as a draft of one's own; nothing is published."""
    person = require("admin")
    asked = {"cause": cause.id, "way": way, "choice": choice, "person": person.author}
    said = carried_out("cause_draft", asked)
    if isinstance(said, str):
        return Draft(way, choice, refused=said)
    return Draft(
        way, choice, tuple(said["changes"]), tuple(said["mistakes"]), tuple(said["warnings"]), said["released"],
        said["written"], said["of"],
    )  # fmt: skip


def publish(cause: Cause, drafted: Draft) -> Answer:
    """Publish the draft of a fix as it was shown; refused, with who published, when somebody did since it was kept."""
    person = require("admin")
    said = carried_out(
        "cause_publish", {"cause": cause.id, "seen": list(drafted.changes), "person": person.author}
    )
    if isinstance(said, str):
        return Answer(said, refused=True)
    if said["mistakes"]:
        return Answer(f"{' '.join(said['mistakes'])} Nothing was published.", refused=True)
    if not said["published"]:
        return Answer(f"This changes nothing; version {said['version']} stays.", refused=True)
    text = f"Published version {said['version']}: {' '.join(said['changes'])}"
    details = {"version": said["version"], "released": said["released"], "of": said["of"]}
    _write_down(f"Mended it with version {said['version']}", cause, details)
    return Answer(f"{text} {wording.released(said['released'], said['written'], said['of'], done=True)}")


def _written(number: int) -> str:
    return f"{words.counted(number, 'refused write')} {'is' if number == 1 else 'are'}"


def _list(which: Sequence[str] | None) -> list[str] | None:
    return None if which is None else list(which)


@only_for("admin")
def _write_down(text: str, cause: Cause | str, details: Mapping[str, Any]) -> None:
    told = f"{text}, of “{wording.title(cause)}” in {cause.sync}" if isinstance(cause, Cause) else text
    id = cause.id if isinstance(cause, Cause) else cause
    auditing.write_down(
        context().store, person=require("admin").author, what="cause", text=told, details={"cause": id, **details}, now=now()
    )  # fmt: skip
