"""Writes to Salesforce by sObject Collections: 200 rows a call, one outcome a row, several calls under way.

A refused row leaves the others of its call alone (allOrNone off), and a locked one is sent again by itself. No call
is repeated unless Salesforce said that it did not take it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from sync.connectors.batches import Ended, Part, carried_out
from sync.connectors.outcome import AboutToSend, Batches, Outcome, in_order, silent
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.lookup import by_external_id, retrieved
from sync.connectors.salesforce.results import LOCKED, Answered, Call, answered
from sync.connectors.sameness import same
from sync.connectors.sending import unwritten
from sync.errors import RejectedError, StoppedError, StopSystemError

ROWS_A_CALL = 200
# Locks are held for the time of one save, a few seconds at most; a row that is locked for longer waits for the next run.
LOCK_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)

Fields = Mapping[str, Any]
Row = tuple[str, Fields]
Look = Callable[[Sequence[int]], list[Outcome]]


class SalesforceWriter:
    """Creates, updates and deletes records of one org.

    `auto_assign` lets the org's assignment rules choose owners (U-03); `allow_duplicates` saves in spite of duplicate
    rules that only alert.
    """

    def __init__(
        self,
        api: SalesforceApi,
        *,
        auto_assign: bool,
        allow_duplicates: bool,
        lock_pauses: Sequence[float] = LOCK_PAUSES_SECONDS,
    ) -> None:
        self._api = api
        self._lock_pauses = lock_pauses
        # Salesforce assigns unless told not to, and refuses possible duplicates unless told to save them
        # (REST API guide, Assignment Rule Header and Duplicate Rule Header).
        self._headers: dict[str, str] = {}
        if not auto_assign:
            self._headers["Sforce-Auto-Assign"] = "FALSE"
        if allow_duplicates:
            self._headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"

    def create(self, sobject: str, rows: Sequence[Fields]) -> list[Outcome]:
        """See `create_batches`; when it raises, what was known by then is lost with it."""
        return in_order(self.create_batches(sobject, rows))

    def create_batches(
        self, sobject: str, rows: Sequence[Fields], about_to_send: AboutToSend = silent
    ) -> Batches:
        """Create any number of records; yields (indexes, outcomes) as each call ends, locked rows when they are through.

        A row holds values as JSON takes them, its unique external id among them: DUPLICATE_VALUE is failed with the
        id of the record that has it (L-05). `about_to_send` is called once for each row, before the first call with it.
        Raises BudgetSpentError and other StopSystemErrors when all that was sent has been yielded; rows of a call that
        Salesforce did not take are yielded as retry, later ones were neither announced nor sent.
        """

        def request(indexes: Sequence[int]) -> dict[str, Any]:
            return self._records(sobject, [rows[index] for index in indexes])

        return self._batches(self._call("POST", request, rows=rows), len(rows), about_to_send)

    def update(
        self, sobject: str, rows: Sequence[Row], expected: Sequence[Fields | None] | None = None
    ) -> list[Outcome]:
        """See `update_batches`; when it raises, what was known by then is lost with it."""
        return in_order(self.update_batches(sobject, rows, expected))

    def update_batches(
        self,
        sobject: str,
        rows: Sequence[Row],
        expected: Sequence[Fields | None] | None = None,
        about_to_send: AboutToSend = silent,
    ) -> Batches:
        """Change (id, fields) rows; yields and raises as `create_batches` does. No id stands in `rows` twice.

        `expected` tells for each row what some of its fields held when it was planned: each call's rows are read just
        before, and one that differs is not sent but moved, with `fields` that moved and `record` as it is now.
        """
        if len({id for id, _ in rows}) < len(rows):
            raise ValueError("a record stands in the request twice; its changes belong into one row")

        def request(indexes: Sequence[int]) -> dict[str, Any]:
            return self._records(sobject, [{"id": rows[index][0], **rows[index][1]} for index in indexes])

        def look(indexes: Sequence[int]) -> list[Outcome]:
            asked = {index: (expected[index] or {}) if expected else {} for index in indexes}
            return self._moved(sobject, {rows[index][0]: (index, asked[index]) for index in indexes})

        ids, fields = [id for id, _ in rows], [fields for _, fields in rows]
        call = self._call("PATCH", request, ids, fields)
        return self._batches(call, len(rows), about_to_send, look if expected else None)

    def delete(self, sobject: str, ids: Sequence[str]) -> list[Outcome]:
        """See `delete_batches`; when it raises, what was known by then is lost with it."""
        return in_order(self.delete_batches(sobject, ids))

    def delete_batches(
        self, sobject: str, ids: Sequence[str], about_to_send: AboutToSend = silent
    ) -> Batches:
        """Move records to the recycle bin; yields and raises as `create_batches` does.

        One that is there already is failed with ENTITY_IS_DELETED.
        """

        def request(indexes: Sequence[int]) -> dict[str, Any]:
            return {"params": {"ids": ",".join(ids[index] for index in indexes), "allOrNone": "false"}}

        return self._batches(self._call("DELETE", request, ids), len(ids), about_to_send)

    def retrieve(
        self, sobject: str, ids: Sequence[str], fields: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        """See `lookup.retrieved`."""
        return retrieved(self._api, sobject, ids, fields)

    def find_by_external_id(
        self, sobject: str, field: str, values: Sequence[str], fields: Collection[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """See `lookup.by_external_id`."""
        return by_external_id(self._api, sobject, field, values, fields)

    def _call(
        self,
        method: str,
        request: Callable[[Sequence[int]], dict[str, Any]],
        ids: Sequence[str] | None = None,
        rows: Sequence[Fields] = (),
    ) -> Call:
        return Call(self._api.client, method, f"{self._api.path}/composite/sobjects", request, ids, rows)

    def _records(self, sobject: str, rows: Sequence[Fields]) -> dict[str, Any]:
        records = [{"attributes": {"type": sobject}, **row} for row in rows]
        return {"json": {"allOrNone": False, "records": records}, "headers": self._headers}

    def _batches(
        self, call: Call, count: int, about_to_send: AboutToSend, look: Look | None = None
    ) -> Batches:
        def part(rows: tuple[int, ...], attempt: int = 0, locked: Sequence[Outcome] = ()) -> Part:
            pause = self._lock_pauses[attempt - 1] if attempt else 0.0
            return Part(rows, lambda: work(rows, attempt), time.monotonic() + pause, list(locked))

        def work(rows: tuple[int, ...], attempt: int) -> Ended:
            answer = _looked(call, look, rows)
            locked = [each for each in answer.outcomes if each.code == LOCKED]
            if not locked or answer.error or attempt == len(self._lock_pauses):
                return Ended(answer.outcomes, error=answer.error)
            told = [each for each in answer.outcomes if each.code != LOCKED]
            return Ended(told, part(tuple(each.index for each in locked), attempt + 1, locked))

        return carried_out(
            (part(rows) for rows in _chunks(range(count))),
            concurrency=self._api.client.concurrency,
            stop=self._api.client.stop,
            about_to_send=about_to_send,
        )

    def _moved(self, sobject: str, planned: Mapping[str, tuple[int, Fields]]) -> list[Outcome]:
        """Which of `{id: (index, expected)}` no longer hold what was expected; a missing one is left to the write."""
        fields = sorted({name for _, expected in planned.values() for name in expected})
        if not fields:
            return []
        now = self.retrieve(sobject, [id for id, (_, expected) in planned.items() if expected], fields)
        moved = []
        for id, (index, expected) in planned.items():
            record = now.get(id)
            if record is None:
                continue
            names = tuple(name for name, value in expected.items() if not same(record.get(name), value))
            if names:
                text = f"Somebody changed {', '.join(names)} since this was planned."
                moved.append(Outcome(index, "moved", id, "moved", text, names, record))
        return moved


def _looked(call: Call, look: Look | None, rows: Sequence[int]) -> Answered:
    """Send what has not moved."""
    if look is None:
        return answered(call, rows)
    known = [(row, call.ids[row] if call.ids else None) for row in rows]
    try:
        moved = look(rows)
    except RejectedError as error:
        code = error.remote_code or error.code
        return Answered([Outcome(row, "failed", id, code, error.text) for row, id in known])
    except (StopSystemError, StoppedError) as error:
        return Answered(unwritten(known, error), error)
    gone = {outcome.index for outcome in moved}
    left = [row for row in rows if row not in gone]
    answer = answered(call, left) if left else Answered([])
    return Answered(moved + answer.outcomes, answer.error)


def _chunks(indexes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(indexes), ROWS_A_CALL):
        yield tuple(indexes[start : start + ROWS_A_CALL])
