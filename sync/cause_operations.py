"""What a page does about records that are not written: list the causes, mend one, try again, let be, give to somebody (CO-14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from data import config, publishing
from data.changes import changes
from data.errors import NotOpenError
from data.people import names as people_names
from data.store import Store
from data.syncs import causes, failures
from data.syncs.described import Described
from sync.engine.definition import Definition
from sync.errors import UsageError
from sync.settings import Settings
from sync.syncs import blocking, configuration, mending
from sync.syncs.checking import check
from sync.syncs.planning import engine_state, make_plan
from sync.syncs.resolving import published

Rows = list[dict[str, Any]]
PLANNED_MOST = 2_000  # records of a cause that are planned while somebody waits for the answer
_NOT_TOLD: dict[str, Any] = {"released": None, "written": None}
Masked = Mapping[str, Sequence[str]]


class CauseOperations:
    """The commands over one open store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings

    def commands(self) -> dict[str, Callable[..., Any]]:
        """The commands by name."""
        return {
            "causes": self.causes, "cause_records": self.records, "cause_retry": self.retry, "cause_ignore": self.ignore,
            "cause_restore": self.restore, "cause_assign": self.assign, "cause_fixes": self.fixes, "cause_draft": self.draft,
            "cause_publish": self.publish,
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

    def fixes(self, *, cause: str) -> Rows:
        """What can be done on the spot about a cause, the likeliest first: way, about, options, typed (sync/syncs/mending.py)."""
        row, made = self._cause(cause)
        return [
            vars(fix) | {"options": dict(fix.options)}
            for fix in mending.fixes(row, made, Described(self._store))
        ]

    def draft(self, *, cause: str, way: str, choice: str, person: str) -> dict[str, Any]:
        """Keep a fix as a draft of the person's and say what publishing it would do: `{based_on, changes, mistakes, warnings, released,
        written, of}`.

        `released` of the cause's records would not be blocked any more, and the next run would write `written` of them; both
        are null of a cause with too many records to be planned while somebody waits.
        """
        row, made = self._cause(cause)
        if made is None:
            raise UsageError("The sync cannot be read as it is published; nothing was kept.")
        newest = config.current(self._store)
        ids = newest.resolved.get(made.sync, {})
        document = mending.mended(row, way, choice, newest.document, ids, made, Described(self._store))
        checked = check(self._store, document)
        if checked.mistakes:
            publishing.drop_draft(self._store, person, _draft(cause))  # of a former choice
        else:
            publishing.save_draft(
                self._store, person, _draft(cause), document, based_on=newest.number, now=datetime.now(UTC)
            )
        told = self._changes(newest.document, document)
        before = set(check(self._store, newest.document).warnings)
        wanted = next((each for each in checked.definitions if each.sync == made.sync), None)
        return {
            "based_on": newest.number, "changes": told, "mistakes": list(checked.mistakes),
            "warnings": [each for each in checked.warnings if each not in before],
            **self._released(cause, None if checked.mistakes else wanted),
        }  # fmt: skip

    def publish(self, *, cause: str, seen: Sequence[str], person: str) -> dict[str, Any]:
        """Publish the draft that a person kept for a cause, as `fieldline config publish` does, and say what it releases.

        `seen` is what it changes, as it was shown; another draft of the same person, from another window, is refused.

        StaleConfigurationError when somebody published since the draft was kept; then nothing is overwritten.
        """
        kept = config.draft(self._store, person, _draft(cause))
        if kept is None:
            raise UsageError(
                "There is no draft of this fix any more; nothing was published. Choose it again."
            )
        if self._changes(config.version(self._store, kept.based_on).document, kept.content) != list(seen):
            raise UsageError(
                "You chose something else for it in another window; nothing was published. Choose it again."
            )
        # Its records are those of now: once it is published, a plan may find that they have no cause any more.
        records = self._sources(cause)
        said = configuration.publish_document(
            self._store,
            kept.content,
            based_on=kept.based_on,
            author=person,
            note="",
            left=(person, _draft(cause)),
        )
        made = next((each for each in self._definitions() if each.sync == records[0]), None)
        released = self._planned(made, records[1]) if said["published"] and made else _NOT_TOLD
        return {**said, **released, "of": len(records[1])}

    def _changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        return [change.text for change in changes(before, after, people_names(self._store))]

    def _released(self, cause: str, made: Definition | None) -> dict[str, Any]:
        _, ids = self._sources(cause)
        return {**(self._planned(made, ids) if made else _NOT_TOLD), "of": len(ids)}

    def _planned(self, made: Definition, ids: Sequence[str]) -> dict[str, Any]:
        """What the engine would decide of some records by a definition."""
        if not ids or len(ids) > PLANNED_MOST:
            return _NOT_TOLD
        state = engine_state(self._store, made.sync, self._settings.schedule.salesforce_seconds)
        plan = make_plan(self._store, made, state, now=datetime.now(UTC), only=ids).plan
        outcomes = dict(plan.decisions.select("id", "outcome").iter_rows())
        found = [outcomes.get(id) for id in ids]
        released = sum(outcome not in (None, "blocked") for outcome in found)
        return {"released": released, "written": found.count("planned")}

    def _sources(self, cause: str) -> tuple[str, list[str]]:
        """The sync of a cause, and its records by the ids that stand in decisions; NotOpenError without any."""
        rows = self._chosen(cause, None, ignored=False)
        return rows[0]["sync"], [row["spotio_id"] or row["salesforce_id"] for row in rows]

    def _cause(self, cause: str) -> tuple[dict[str, Any], Definition | None]:
        definitions = self._definitions()
        rows = causes.listed(self._store, blocking.labels(definitions), cause=cause, limit=1)
        if not rows:
            raise NotOpenError("cause", [], "What was shown waits for nobody any more")
        return rows[0], next((each for each in definitions if each.sync == rows[0]["sync"]), None)

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


def _draft(cause: str) -> str:
    """The section under which a draft is kept: a person may have one a cause."""
    return f"cause.{cause}"


def _blocked(rows: Rows) -> list[tuple[str, str]]:
    """Those that were blocked before a write, by the id under which they stand in the store."""
    return [
        ("spotio", row["spotio_id"]) if row["spotio_id"] else ("salesforce", row["salesforce_id"])
        for row in rows
        if not row["write"]
    ]


def _ids(rows: Rows) -> list[str]:
    return [row["who"] for row in rows]
