"""Changing records that have no version: read, compare, merge, write, read again, and ask who wrote in between (F-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sync.connectors.batches import Ended
from sync.connectors.outcome import Outcome
from sync.connectors.sameness import same
from sync.connectors.sending import send, unknown, unwritten
from sync.connectors.spotio.api import IDS_A_CALL, HiddenError, SpotioApi
from sync.connectors.spotio.bulk_jobs import JobResult, run_job
from sync.connectors.spotio.notes import Note, notes_since, replaced
from sync.connectors.spotio.wire import SpotioUpdate, held, refusal, transition
from sync.errors import FieldlineError, LostAnswerError, RejectedError, StoppedError, StopSystemError

Item = Mapping[str, Any]
# Stamps of an answer hold whole seconds, and a feed may list a note a little later than it was made.
_MARGIN = timedelta(seconds=5)
_LOOKS = 3
_LOOK_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Written:
    """A change that SPOTIO took: the record before and after it, and who it says made it."""

    index: int
    update: SpotioUpdate
    before: Item
    after: Item
    author: str | None
    read_at: datetime
    """SPOTIO's clock when the record was read before."""


class Updates:
    """The changes of one request, carried out one by one or as a job; both make an outcome for each index."""

    def __init__(self, api: SpotioApi, rows: Sequence[SpotioUpdate], patience_seconds: float) -> None:
        self._api, self._rows, self._patience = api, rows, patience_seconds

    def singly(self, indexes: Sequence[int]) -> Ended:
        """One after the other by JSON Patch; SPOTIO's notes are asked for once, for all of them."""
        results: list[Outcome | Written] = []
        halted: FieldlineError | None = None
        for place, index in enumerate(indexes):
            try:
                results.append(self._one(index))
            except (StopSystemError, StoppedError) as error:
                results += unwritten(self._known(indexes[place:]), error)
                halted = error
                break
        return Ended(self._told(results), error=halted)

    def by_job(self, indexes: Sequence[int]) -> Ended:
        """As a bulk `patch`, which leaves alone what it does not name; one job for each type among the records.

        A line that is refused because its stage requires a field is sent singly, where that can be left to people.
        """
        try:
            read_at, before = self._read(indexes)
        except (StopSystemError, StoppedError) as error:
            return Ended(unwritten(self._known(indexes), error), error=error)
        results: list[Outcome | Written] = []
        by_type: dict[Any, list[int]] = {}
        alone = [index for index in indexes if self._rows[index].id not in before]
        for index in indexes:
            record = before.get(self._rows[index].id)
            if record is not None:
                settled = self._settled(index, record)
                if settled is not None:
                    results.append(settled)
                else:
                    by_type.setdefault(record["typeId"], []).append(index)
        halted: FieldlineError | None = None
        for type_id, some in by_type.items():
            if halted is not None:
                results += unwritten(self._known(some), halted)
                continue
            lines = [self._rows[index].line(before[self._rows[index].id]) for index in some]
            try:
                result = run_job(self._api, "patch", type_id, lines, "id", self._patience)
            except RejectedError as error:
                results += [Outcome(i, "failed", self._rows[i].id, error.code, error.text) for i in some]
                continue
            except (StopSystemError, StoppedError) as error:
                results += unwritten(self._known(some), error)
                halted = error
                continue
            told, again = self._of_job(some, result, before, read_at)
            results, alone = results + told, alone + again
            if isinstance(result.error, StoppedError):
                halted = result.error
        outcomes = self._told(results)
        if halted is not None:
            return Ended(outcomes + unwritten(self._known(alone), halted), error=halted)
        rest = self.singly(alone)
        return Ended(outcomes + rest.outcomes, error=rest.error)

    def _one(self, index: int) -> Outcome | Written:
        update = self._rows[index]
        try:
            before = self._api.record(update.id)
        except HiddenError as error:
            return Outcome(index, "failed", update.id, "forbidden", error.text)
        except RejectedError as error:
            return Outcome(index, "failed", update.id, error.code, error.text)
        read_at = self._api.server_time
        if before is None:
            return Outcome(index, "failed", update.id, "not_found", "SPOTIO has no such record any more.")
        settled = self._settled(index, before)
        if settled is not None:
            return settled
        # The account may fill what a stage requires later; a single field must not wait for that.
        path, body = f"/api/DataObjects/{update.id}/jsonp", update.operations(before)
        request: Any = body
        if update.loss_reasons and any(each["path"] == "/stageId" for each in body):
            path += "/withActivity"
            request = {"dataObject": {"operations": body}, "activity": transition(update, before)}
        try:
            answer = send(
                self._api.client, "PATCH", path, params={"validateRequiredFields": "false"}, json=request
            )
        except LostAnswerError as error:
            [outcome] = unknown([(index, update.id)], error)
            return outcome
        if answer.status_code >= 300:
            return refusal(index, update.id, answer)
        try:
            patched = msgspec.json.decode(answer.content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            patched = {}
        after = self._read_again(update.id) or patched
        return Written(index, update, before, after, _author(patched), read_at)

    def _settled(self, index: int, record: Item) -> Outcome | None:
        """The outcome of a row for which nothing is to be written."""
        update = self._rows[index]
        if update.fits(record):
            return Outcome(index, "done", update.id, record=record)
        moved = update.moved(record)
        if moved:
            text = f"Somebody changed {', '.join(moved)} since this was planned."
            return Outcome(index, "moved", update.id, "moved", text, moved, record)
        return None

    def _of_job(
        self, indexes: Sequence[int], result: JobResult, before: Mapping[str, Item], read_at: datetime
    ) -> tuple[list[Outcome | Written], list[int]]:
        """What became of a job's rows, and which of them are to be sent singly."""
        told: list[Outcome | Written] = []
        again: list[int] = []
        written = [index for index in indexes if self._rows[index].id in result.done]
        try:
            _, after = self._read(written)
        except FieldlineError:
            after = {}
        for index in indexes:
            id = self._rows[index].id
            if id in result.failed:
                if _for_want_of_a_field(result.failed[id]):
                    again.append(index)
                else:
                    told.append(Outcome(index, "failed", id, "validation", result.failed[id]))
            elif id in result.done:
                shown = after.get(id, {})
                told.append(Written(index, self._rows[index], before[id], shown, result.author, read_at))
            else:
                told.append(not_told(index, id, result))
        return told, again

    def _told(self, results: Sequence[Outcome | Written]) -> list[Outcome]:
        """The outcomes, those of written rows with what they replaced."""
        written = {each.update.id: each for each in results if isinstance(each, Written)}
        notes = self._notes(written) if written else {}
        return [
            _verified(each, notes.get(each.update.id)) if isinstance(each, Written) else each
            for each in results
        ]

    def _notes(self, written: Mapping[str, Written]) -> dict[str, list[Note]]:
        """SPOTIO's notes of each record that was written, once they show our own change; without it none."""
        records = {id: each.before for id, each in written.items()}
        since = min(each.read_at for each in written.values()) - _MARGIN
        found: dict[str, list[Note]] = {}
        for look in range(_LOOKS):
            if look and self._api.client.stop.wait(_LOOK_PAUSE_SECONDS * look):
                break
            try:
                noted = notes_since(self._api, since, records)
            except FieldlineError:
                break
            for id in list(records):
                author = written[id].author
                if any(author in (None, note.author) for note in noted.get(id, [])):
                    found[id] = noted[id]
                    del records[id]
            if not records:
                break
        return found

    def _read(self, indexes: Sequence[int]) -> tuple[datetime, dict[str, Item]]:
        """SPOTIO's clock after the first answer, and the records that it shows, by id."""
        ids = [self._rows[index].id for index in indexes]
        read_at: datetime | None = None
        records: dict[str, Item] = {}
        for start in range(0, len(ids), IDS_A_CALL):
            for record in self._api.records_named(ids[start : start + IDS_A_CALL]):
                records[str(record["id"])] = record
            read_at = read_at or self._api.server_time
        return read_at or self._api.server_time, records

    def _read_again(self, id: str) -> Item | None:
        """The record after a write; what the write itself answered stands in for it where it cannot be read."""
        try:
            return self._api.record(id)
        except FieldlineError:
            return None

    def _known(self, indexes: Sequence[int]) -> list[tuple[int, str | None]]:
        return [(index, self._rows[index].id) for index in indexes]


def not_told(index: int, id: str | None, result: JobResult) -> Outcome:
    """The outcome of a line of which a started job said nothing."""
    text = result.error.text if result.error else "SPOTIO's bulk job ended without a word on this record."
    return Outcome(index, "unknown", id, LostAnswerError.code, text)


def _verified(written: Written, notes: list[Note] | None) -> Outcome:
    update, before, after = written.update, written.before, written.after
    outcome = Outcome(written.index, "done", update.id, record=after or None, unproven=notes is None)
    if notes is not None:
        outcome = replace(outcome, overwrote=replaced(before, notes, written.author))
    noted = {note.name for note in notes or []}
    # What neither shows nor was noted as changed was taken and dropped; what was noted, somebody changed again.
    dropped = tuple(
        name
        for name, value in update.changes().items()
        if after
        and not same(held(after, name), value)
        and same(held(after, name), held(before, name))
        and name not in noted
    )
    if dropped:
        text = f"SPOTIO took the change of {', '.join(dropped)} and did not keep it."
        return replace(outcome, kind="failed", code="not_kept", text=text, fields=dropped)
    return outcome


def _author(record: Item) -> str | None:
    return None if record.get("updatedById") is None else str(record["updatedById"])


def _for_want_of_a_field(refusal: str) -> bool:
    """Whether a line was refused because the stage requires a field (assumed wording)."""
    return "required" in refusal.lower()
