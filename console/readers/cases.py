"""What needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from console import signs, words
from console.context import context
from console.identity import only_for
from console.readers.here import now
from console.signs import Sign
from data import run_log

SCHEMA_NEWS = timedelta(days=7)
# What Fieldline itself was to do, by the first word of the problem's code.
_OWN = {"export": "daily export"}


@dataclass(frozen=True)
class Case:
    """Something that needs a person: what, since when, and what to do."""

    sign: Sign
    title: str
    text: str
    since: datetime
    run: str | None
    system: str


@only_for("admin", "analyst")
def cases() -> list[Case]:
    """Open problems by cause, oldest first, then what the sources changed in their own shape this week."""
    store = context().store
    problems = [_problem_case(row) for row in run_log.open_problems(store).to_dicts()]
    changes = [_schema_case(row) for row in run_log.schema_changes(store, now() - SCHEMA_NEWS).to_dicts()]
    return problems + changes


def _problem_case(row: dict[str, Any]) -> Case:
    where = words.system(row["system"])
    what: str | None
    if row["records"]:
        what = words.counted(row["records"], "record")
    elif row["tables"] > 1:
        what = words.counted(row["tables"], "table")
    elif row["table_name"]:
        what = f"table {row['table_name']}"
    else:
        what = _OWN.get(row["code"].partition(" ")[0])
    return Case(
        # Something that stops a whole table or system has failed; single records wait for a person.
        sign=signs.WAITS if row["records"] else signs.FAILED,
        title=f"{where}, {words.plain(what)}" if what else where,
        text=words.sentences(row["text"], row["advice"]),
        since=row["first_seen_at"],
        run=row["run"],
        system=row["system"],
    )


def _schema_case(row: dict[str, Any]) -> Case:
    more = row["changes"] - 1
    return Case(
        sign=signs.NOTICE,
        title=f"{words.system(row['system'])} changed {words.plain(row['object'])}",
        text=words.plain(row["text"] or "") + (f" And {words.counted(more, 'more change')}." if more else ""),
        since=row["detected_at"],
        run=row["run"],
        system=row["system"],
    )
