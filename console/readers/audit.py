"""The audit: all of it for admins, and for each person what they themselves took and asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.context import context
from console.identity import only_for, require
from data import audit
from data.audit import Wanted

EVERYBODY = ("admin", "analyst", "manager", "rep")
OWN_SHOWN = 20
# The first word of what a line is about -> what people call it.
KINDS: Mapping[str, str] = {
    "access": "Access",
    "kpis": "Numbers",
    "syncs": "Sync",
    "target": "Target",
    "conflict": "Conflict",
    "match": "Match",
    "plan": "Plan",
    "cause": "Error",
    "connection": "Connection",
    "export": "Export",
    "query": "Query",
    "erase": "Erasure",
}


@dataclass(frozen=True)
class AuditLine:
    """Something that somebody did. `path` is the part of the configuration that it changed, if it was that;
    `before` and `after` are what stood there, or the details of what was taken and asked."""

    happened_at: datetime
    person: str
    kind: str
    path: str
    text: str
    before: Any
    after: Any
    version: int | None


@only_for("admin")
def audit_lines(
    kinds: tuple[str, ...] = (), text: str = "", before: datetime | None = None
) -> list[AuditLine]:
    """A page of the audit, newest first, of some kinds, with a text, before a moment."""
    rows = audit.lines(context().store, Wanted(kinds=kinds, text=text, before=before)).to_dicts()
    return [_line(row) for row in rows]


@only_for("admin")
def audit_count(kinds: tuple[str, ...] = (), text: str = "", before: datetime | None = None) -> int:
    """How many such lines there are, before a moment."""
    return audit.count(context().store, Wanted(kinds=kinds, text=text, before=before))


def own_lines() -> list[AuditLine]:
    """What the reader took and asked last."""
    person = require(*EVERYBODY).author
    wanted = Wanted(kinds=("export", "query"), person=person, limit=OWN_SHOWN)
    return [_line(row) for row in audit.lines(context().store, wanted).to_dicts()]


def _line(row: Mapping[str, Any]) -> AuditLine:
    kind, _, path = row["what"].partition(".")
    return AuditLine(
        happened_at=row["happened_at"],
        person=row["person"],
        kind=KINDS.get(kind, kind.capitalize()),
        path=path,
        text=row["text"],
        before=_told(row["before"]),
        after=_told(row["after"]),
        version=row["version"],
    )


def _told(document: str | None) -> Any:
    return None if document is None else json.loads(document)
