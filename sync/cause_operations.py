"""What a page does about records that are not written: list the causes, try again, let be, give to somebody (CO-14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from data.errors import NotOpenError
from data.store import Store
from data.syncs import causes, failures
from sync.engine.definition import Definition
from sync.errors import UsageError
from sync.settings import Settings
from sync.syncs import blocking
from sync.syncs.resolving import published

Rows = list[dict[str, Any]]
Masked = Mapping[str, Sequence[str]]


class CauseOperations:
    """The commands over one open store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings

    def commands(self) -> dict[str, Callable[..., Any]]:
        """The commands by name."""
        return {
            "causes": self.causes, "cause_records": self.records, "cause_retry": self.retry, "cause_ignore": self.ignore,
            "cause_restore": self.restore, "cause_assign": self.assign,
        }  # fmt: skip

    def causes(
        self, *, sync: str | None, ignored: bool, cause: str | None, limit: int, offset: int, masked: Masked
    ) -> dict[str, Any]:
        """A page of the causes, most records first; of one `cause` alone; see sync/syncs/blocking.py.

        `masked` are the columns by system that are hidden from who asks.
        """
        definitions = self._definitions()
        return blocking.page(
            self._store, definitions, self._url(), sync=sync, ignored=ignored, cause=cause, limit=limit, offset=offset,
            hidden=blocking.hidden(definitions, masked),
        )  # fmt: skip

    def records(
        self, *, cause: str, ignored: bool, after: Sequence[str] | None, limit: int, masked: Masked
    ) -> Rows:
        """A page of the records of a cause, the last first; `after` is (since, who) of the one before it."""
        key, definitions = (
            (datetime.fromisoformat(after[0]), after[1]) if after else None,
            self._definitions(),
        )
        return blocking.records(
            self._store, definitions, self._url(), cause, ignored=ignored, after=key, limit=limit,
            hidden=blocking.hidden(definitions, masked),
        )  # fmt: skip

    def retry(self, *, cause: str, which: Sequence[str] | None) -> dict[str, Any]:
        """Let the next run try the refused writes of a cause again: all of them, or those of some records.

        NotOpenError when none of them waits any more.
        """
        chosen = self._chosen(cause, which, ignored=False)
        writes = [row["write"] for row in chosen if row["write"]]
        if not writes:
            raise UsageError(
                "None of them was refused by a system; the next run looks at them again by itself."
            )
        return {"released": failures.release(self._store, writes, datetime.now(UTC)), "records": _ids(chosen)}

    def ignore(self, *, cause: str, which: Sequence[str] | None, note: str, person: str) -> dict[str, Any]:
        """Let the records of a cause be, or some of them, with a note that says why; others that come are listed."""
        if not note.strip():
            raise UsageError("Say why it is ignored; nothing was ignored.")
        chosen, now = self._chosen(cause, which, ignored=False), datetime.now(UTC)
        failures.ignore(self._store, [row["write"] for row in chosen if row["write"]], note.strip())
        causes.set_aside(self._store, cause, _blocked(chosen), note.strip(), person=person, now=now)
        return {"ignored": len(chosen), "records": _ids(chosen)}

    def restore(self, *, cause: str, which: Sequence[str] | None) -> dict[str, Any]:
        """List the ignored records of a cause again, or some of them."""
        chosen, now = self._chosen(cause, which, ignored=True), datetime.now(UTC)
        failures.ignore(self._store, [row["write"] for row in chosen if row["write"]], None)
        causes.bring_back(self._store, cause, _blocked(chosen), now=now)
        return {"restored": len(chosen), "records": _ids(chosen)}

    def assign(
        self, *, cause: str, to: str | None, due: str | None, seen: Sequence[str | None], person: str
    ) -> dict[str, Any]:
        """Note who sees to a cause, and until when; `seen` is (who, until when) as it was shown."""
        chosen = self._chosen(cause, None, ignored=False)
        day = date.fromisoformat(due) if due else None
        stood = (seen[0], date.fromisoformat(seen[1]) if seen[1] else None)
        causes.assign(self._store, cause, to, day, seen=stood, person=person, now=datetime.now(UTC))
        failures.assign(self._store, [row["write"] for row in chosen if row["write"]], to)
        return {"assigned": to, "due": due, "records": len(chosen)}

    def _chosen(self, cause: str, which: Sequence[str] | None, *, ignored: bool) -> Rows:
        """Its records as they are now; NotOpenError when those that are meant are none of it any more."""
        rows = causes.records(self._store, blocking.labels(self._definitions()), cause, ignored=ignored)
        chosen = [row for row in rows if which is None or row["who"] in which]
        if not chosen:
            raise NotOpenError("cause", [], "What was shown waits for nobody any more")
        return chosen

    def _definitions(self) -> list[Definition]:
        return [each.definition for each in published(self._store) if each.definition is not None]

    def _url(self) -> str:
        return self._settings.salesforce.url.rstrip("/")


def _blocked(rows: Rows) -> list[tuple[str, str]]:
    """Those that were blocked before a write, by the id under which they stand in the store."""
    return [
        ("spotio", row["spotio_id"]) if row["spotio_id"] else ("salesforce", row["salesforce_id"])
        for row in rows
        if not row["write"]
    ]


def _ids(rows: Rows) -> list[str]:
    return [row["who"] for row in rows]
