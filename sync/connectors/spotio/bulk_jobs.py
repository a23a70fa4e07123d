"""Bulk jobs: files of lines that SPOTIO works off by itself, each line refused or taken on its own.

A job is made, gets its lines, is started and ends; until it is started nothing is written, so a job that went wrong
before is left behind and another one made. Started, it is never sent a second time.
Source: SPOTIO's developer portal, working with bulk jobs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sync.connectors.sending import send
from sync.connectors.spotio.api import SpotioApi, accepted, decoded
from sync.errors import (
    FieldlineError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
    StoppedError,
    UnreachableError,
)

# No size is published; this much is assumed to be safe (reference: "thousands of records per job").
LINES_A_JOB, BYTES_A_JOB = 5000, 10_000_000
PATIENCE_SECONDS = 1800.0
"""How long a job may stand still before nobody waits for it any more."""
_TRIES = 3
_ENDED = frozenset({"jobcomplete", "failed", "aborted"})
_JOBS = "/api/jobs/dataObjects/bulk"

Line = Mapping[str, Any]


@dataclass
class JobResult:
    """What became of the lines of a started job, by their key; those in neither are unknown."""

    author: str | None = None
    """The user in whose name the job wrote."""
    done: dict[str, str] = field(default_factory=dict)
    """Key -> record id."""
    failed: dict[str, str] = field(default_factory=dict)
    """Key -> SPOTIO's words."""
    error: FieldlineError | None = None
    """Why the lines that are in neither are unknown."""


def run_job(
    api: SpotioApi,
    operation: str,
    type_id: Any,
    lines: Sequence[Line],
    key: str,
    patience_seconds: float = PATIENCE_SECONDS,
) -> JobResult:
    """Run a `create` or `patch` job over lines of one type; `key` is the member that tells lines apart.

    Raises StopSystemError, StoppedError or RejectedError only when nothing was started.
    """
    job = _loaded(api, operation, type_id, lines)
    result = JobResult(_text(job.get("createdById")))
    job_id = str(job["id"])
    try:
        _start(api, job_id)
    except LostAnswerError as error:
        result.error = error
        return result
    try:
        _wait(api, job_id, patience_seconds)
        for row in _result(api, job_id, "failed"):
            result.failed[_key_of(row, key)] = _text(_member(row, "Error")) or "SPOTIO did not say why."
        for row in _result(api, job_id, "succeeded"):
            result.done[_key_of(row, key)] = str(_member(row, "DataObjectId"))
    except FieldlineError as error:
        result.error = error
    else:
        _clean_up(api, job_id)
    return result


def _loaded(api: SpotioApi, operation: str, type_id: Any, lines: Sequence[Line]) -> dict[str, Any]:
    """A job with its lines, not started; one whose lines may have come twice is left for another."""
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    order = {"operation": operation, "dataObjectTypeId": type_id}
    for _ in range(_TRIES):
        made = decoded(api.client.request("POST", _JOBS, json=order, repeatable=True), dict[str, Any])
        try:
            headers = {"Content-Type": "application/octet-stream"}
            accepted(send(api.client, "PUT", f"{_JOBS}/{made['id']}/data", content=content, headers=headers))
        except LostAnswerError:
            _clean_up(api, str(made["id"]))
            continue
        return made
    raise UnreachableError(
        "spotio",
        "SPOTIO did not take the file of a bulk job.",
        "Nothing was written; the next run tries again.",
    )


def _start(api: SpotioApi, job: str) -> None:
    """Start a job. Only an open one can be started, so it begins once, however often it is asked.

    Raises LostAnswerError when it may or may not have begun.
    """
    for _ in range(_TRIES):
        try:
            accepted(send(api.client, "POST", f"{_JOBS}/{job}/start", content=b""))
        except LostAnswerError as lost:
            try:
                state = decoded(api.client.request("GET", f"{_JOBS}/{job}"), dict[str, Any])
            except FieldlineError:
                raise lost from None
            if str(state.get("state")).lower() == "open":
                continue
        return
    raise api.client.lost("a bulk job that does not begin")


def _wait(api: SpotioApi, job: str, patience_seconds: float) -> None:
    """Wait until the job has ended; raises LostAnswerError when it stands still for too long."""
    pause, before, moved_at = 0.1, None, time.monotonic()
    while True:
        now = decoded(api.client.request("GET", f"{_JOBS}/{job}/progress"), dict[str, Any])
        if str(now.get("state")).lower() in _ENDED:
            return
        at = (now.get("state"), now.get("recordsProcessed"), now.get("recordsFailed"))
        if at != before:
            before, moved_at = at, time.monotonic()
        elif time.monotonic() - moved_at > patience_seconds:
            raise api.client.lost("a bulk job that stands still")
        if api.client.stop.wait(pause):
            raise StoppedError
        pause = min(pause * 1.6, 5.0)


def _result(api: SpotioApi, job: str, which: str) -> Iterator[Line]:
    """The lines of a result file; of a job without such lines there may be none."""
    try:
        answer = accepted(api.client.request("GET", f"{_JOBS}/{job}/results/{which}"))
    except NotFoundError:
        return
    for line in answer.content.splitlines():
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise RejectedError(
                    "spotio", "The result of a bulk job cannot be read.", status=answer.status_code
                ) from error


def _key_of(row: Line, key: str) -> str:
    data = _member(row, "Data")
    value = _member(data, key) if isinstance(data, Mapping) else None
    if value is None and key == "id":
        value = _member(row, "DataObjectId")
    return str(value)


def _member(row: Line, name: str) -> Any:
    """A member in whatever case: the published example spells lines in capitals, requests do not."""
    return next((value for key, value in row.items() if key.lower() == name.lower()), None)


def _clean_up(api: SpotioApi, job: str) -> None:
    """Let SPOTIO forget a job; one that stays lapses by itself."""
    body = {"dropDataTable": True, "deleteResultFiles": True, "deleteUploadedFiles": True}
    with suppress(FieldlineError):
        api.client.request("DELETE", f"{_JOBS}/{job}/cleanup", json=body, repeatable=True)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
