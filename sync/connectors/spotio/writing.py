"""Writes to SPOTIO: one by one while they are few, as bulk jobs when they are many.

SPOTIO knows no key that makes a create repeatable, so nothing is sent twice unless it is certain that SPOTIO did not
take it; what may have happened is unknown, and found by a scan of the records changed since (`SpotioApi.records`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from sync.connectors.batches import Ended, Part, carried_out
from sync.connectors.outcome import AboutToSend, Batches, Outcome, in_order, silent
from sync.connectors.sending import send, unknown, unwritten
from sync.connectors.spotio.api import SpotioApi
from sync.connectors.spotio.bulk_jobs import BYTES_A_JOB, LINES_A_JOB, PATIENCE_SECONDS, run_job
from sync.connectors.spotio.updating import Updates, not_told
from sync.connectors.spotio.wire import SpotioUpdate, new_record, refusal
from sync.errors import LostAnswerError, RejectedError, StoppedError, StopSystemError

__all__ = ["BULK_FROM", "SpotioUpdate", "SpotioWriter"]

BULK_FROM = 30
"""Rows from which a job is cheaper than single calls: a job is five calls and some looks at it."""
# Changes are read before and after, so a smaller job keeps the time between reading and writing short.
_UPDATES_A_JOB = 1000
_UPDATES_A_GROUP = 10


class SpotioWriter:
    """Creates, changes and deletes records of one tenant."""

    def __init__(
        self, api: SpotioApi, *, bulk_from: int = BULK_FROM, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._api, self._bulk_from, self._patience = api, bulk_from, patience_seconds

    def create(self, rows: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """See `create_batches`; when it raises, what was known by then is lost with it."""
        return in_order(self.create_batches(rows))

    def create_batches(
        self, rows: Sequence[Mapping[str, Any]], about_to_send: AboutToSend = silent
    ) -> Batches:
        """Create records; yields (indexes, outcomes) as each call or job ends.

        A row is `{typeId, stageId, ownerId, externalDataObjectId, source, pin, fields: {field id: value | [values]},
        parentId}`, ids as text or number. `about_to_send` gets the indexes of each call or job before it begins, once
        for each row. Single creates carry the `record`. Raises StopSystemError and StoppedError when what was sent
        has been yielded; rows that SPOTIO did not take are yielded as retry, later ones were not announced.
        """
        return self._carried_out(self._creates(rows), about_to_send)

    def update(self, rows: Sequence[SpotioUpdate]) -> list[Outcome]:
        """See `update_batches`; when it raises, what was known by then is lost with it."""
        return in_order(self.update_batches(rows))

    def update_batches(self, rows: Sequence[SpotioUpdate], about_to_send: AboutToSend = silent) -> Batches:
        """Change records; yields and raises as `create_batches` does. No record stands in `rows` twice.

        Each record is read just before (F-09): where a value is no longer `expected` the row is moved and nothing
        written. A few are patched singly with their complete list of fields, many by a bulk `patch`, which leaves
        fields alone that it does not name: assumed of SPOTIO, kept by the stand-in, checked by what SPOTIO notes.
        Emptied fields, pins and loss reasons always go singly, since a patch line cannot say them. `overwrote` tells
        what somebody wrote between reading and writing, `unproven` that SPOTIO's notes did not show it in time.
        """
        if len({row.id for row in rows}) < len(rows):
            raise ValueError("a record stands in the request twice; its changes belong into one row")
        updates = Updates(self._api, rows, self._patience)
        many = [index for index, row in enumerate(rows) if _patchable(row)]
        if len(many) < self._bulk_from:
            many = []
        few = sorted(set(range(len(rows))) - set(many))
        parts = [_part(some, updates.by_job) for some in _chunks(many, _UPDATES_A_JOB)]
        parts += [_part(some, updates.singly) for some in _chunks(few, _UPDATES_A_GROUP)]
        return self._carried_out(iter(parts), about_to_send)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        """See `delete_batches`; when it raises, what was known by then is lost with it."""
        return in_order(self.delete_batches(ids))

    def delete_batches(self, ids: Sequence[str], about_to_send: AboutToSend = silent) -> Batches:
        """Move records, and the children that they have, to the deleted ones; yields and raises as `create_batches`.

        One that is gone already is failed with not_found.
        """

        def work(indexes: Sequence[int]) -> Ended:
            [index] = indexes
            body: dict[str, Any] = {
                "mode": "delete",
                "reassignTypesIds": [],
                "newParentId": None,
                "permanently": False,
            }
            return self._single(index, ids[index], "DELETE", f"/api/DataObjects/{ids[index]}", body)

        return self._carried_out((_part([index], work) for index in range(len(ids))), about_to_send)

    def _carried_out(self, parts: Iterator[Part], about_to_send: AboutToSend) -> Batches:
        client = self._api.client
        return carried_out(
            parts, concurrency=client.concurrency, stop=client.stop, about_to_send=about_to_send
        )

    def _creates(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
        def one(indexes: Sequence[int]) -> Ended:
            [index] = indexes
            body = {"dataObject": new_record(rows[index]), "activity": None}
            return self._single(index, None, "POST", "/api/DataObjects", body)

        def job(indexes: Sequence[int]) -> Ended:
            return self._create_job(rows, indexes)

        keys = Counter(row.get("externalDataObjectId") for row in rows)
        by_type: dict[str, list[int]] = {}
        few: list[int] = []
        for index, row in enumerate(rows):
            key = row.get("externalDataObjectId")
            # A job's results come in no order: without a key of its own a line could not be told from the others.
            if len(rows) >= self._bulk_from and key and keys[key] == 1:
                by_type.setdefault(str(row["typeId"]), []).append(index)
            else:
                few.append(index)
        for indexes in by_type.values():
            yield from (_part(some, job) for some in _job_sized(rows, indexes))
        yield from (_part([index], one) for index in few)

    def _create_job(self, rows: Sequence[Mapping[str, Any]], indexes: Sequence[int]) -> Ended:
        lines = [new_record(rows[index]) for index in indexes]
        try:
            result = run_job(
                self._api, "create", lines[0]["typeId"], lines, "externalDataObjectId", self._patience
            )
        except RejectedError as error:
            return Ended([Outcome(index, "failed", None, error.code, error.text) for index in indexes])
        except (StopSystemError, StoppedError) as error:
            return Ended(unwritten(((index, None) for index in indexes), error), error=error)
        outcomes = []
        for index in indexes:
            key = str(rows[index]["externalDataObjectId"])
            if key in result.done:
                outcomes.append(Outcome(index, "done", result.done[key]))
            elif key in result.failed:
                outcomes.append(Outcome(index, "failed", None, "validation", result.failed[key]))
            else:
                outcomes.append(not_told(index, None, result))
        return Ended(outcomes, error=result.error if isinstance(result.error, StoppedError) else None)

    def _single(self, index: int, id: str | None, method: str, path: str, body: Any) -> Ended:
        """One create or delete; what a create answers is the record."""
        try:
            answer = send(self._api.client, method, path, json=body)
            if answer.status_code >= 300:
                return Ended([refusal(index, id, answer)])
            if id is not None:
                return Ended([Outcome(index, "done", id)])
            record = msgspec.json.decode(answer.content, type=dict[str, Any])
            record = record.get("dataObject", record)
            return Ended([Outcome(index, "done", str(record["id"]), record=record)])
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            return Ended(unknown([(index, id)], self._api.client.lost("an answer that is none")))
        except LostAnswerError as error:
            return Ended(unknown([(index, id)], error))
        except (StopSystemError, StoppedError) as error:
            return Ended(unwritten([(index, id)], error), error=error)


def _patchable(row: SpotioUpdate) -> bool:
    """Whether a line of a bulk `patch` can say it: a null there means that nothing is said."""
    blank = any(value is None or value in ("", []) for value in row.fields.values())
    return not (blank or row.pin is not None or row.loss_reasons)


def _part(indexes: Sequence[int], work: Callable[[Sequence[int]], Ended]) -> Part:
    return Part(tuple(indexes), lambda: work(indexes))


def _chunks(indexes: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(indexes), size):
        yield indexes[start : start + size]


def _job_sized(rows: Sequence[Mapping[str, Any]], indexes: Sequence[int]) -> Iterator[list[int]]:
    """Rows in files that SPOTIO is assumed to take."""
    some: list[int] = []
    used = 0
    for index in indexes:
        size = len(msgspec.json.encode(new_record(rows[index])))
        if some and (len(some) == LINES_A_JOB or used + size > BYTES_A_JOB):
            yield some
            some, used = [], 0
        some.append(index)
        used += size + 1
    if some:
        yield some
