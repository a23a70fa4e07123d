"""One Collections call: what was answered, as one outcome a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.connectors.http import Client
from sync.connectors.outcome import Outcome
from sync.connectors.salesforce.api import accepted
from sync.connectors.salesforce.ids import full_id
from sync.connectors.sending import send, unknown, unwritten
from sync.errors import FieldlineError, LostAnswerError, RejectedError, StoppedError, StopSystemError

LOCKED = "UNABLE_TO_LOCK_ROW"
# Refusals of one row that pass by themselves; every other one needs a person (reference: SOAP API, StatusCode).
_PASSING = frozenset({LOCKED, "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"})
_HOLDER = re.compile(r"record with id: ([0-9A-Za-z]{18}|[0-9A-Za-z]{15})\b")
_NO_COLUMN = re.compile(r"No such column '([^']+)'")

Result = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """Outcomes of all rows of a call; with an error nothing further is to be sent."""

    outcomes: list[Outcome]
    error: FieldlineError | None = None


@dataclass(frozen=True)
class Call:
    """How rows are sent: `request` gives what `sending.send` takes for some of them, by index."""

    client: Client
    method: str
    path: str
    request: Callable[[Sequence[int]], dict[str, Any]]
    ids: Sequence[str] | None = None
    """The id of each row, where the records exist."""
    rows: Sequence[Mapping[str, Any]] = ()
    """The fields of each row, where there are any."""


def answered(call: Call, indexes: Sequence[int]) -> Answered:
    """Send rows in one call.

    Where Salesforce refuses the call as a whole, nothing of it was written: rows that name a field which is not there
    are told apart, else the call is halved until the row that it stumbles over stands alone.
    """
    known = [(index, call.ids[index] if call.ids else None) for index in indexes]
    try:
        response = accepted(send(call.client, call.method, call.path, **call.request(indexes)))
        results = msgspec.json.decode(response.content, type=list[Result])
        if len(results) != len(indexes):
            raise call.client.lost("an answer for other rows")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Answered(unknown(known, call.client.lost("an answer that is none")))
    except LostAnswerError as error:
        return Answered(unknown(known, error))
    except (StopSystemError, StoppedError) as error:
        return Answered(unwritten(known, error), error)
    except RejectedError as error:
        return _in_pieces(call, known, error)
    return Answered([_outcome(*row, result) for row, result in zip(known, results, strict=True)])


def _in_pieces(call: Call, known: Sequence[tuple[int, str | None]], error: RejectedError) -> Answered:
    outcomes = {
        index: Outcome(index, "failed", id, error.remote_code or error.code, error.text)
        for index, id in known
    }
    halted: FieldlineError | None = None
    for piece in _pieces(call, list(outcomes), error.text):
        rows = [row for row in known if row[0] in piece]
        part = Answered(unwritten(rows, halted)) if halted else answered(call, piece)
        halted = halted or part.error
        outcomes |= {outcome.index: outcome for outcome in part.outcomes}
    return Answered(list(outcomes.values()), halted)


def _pieces(call: Call, indexes: list[int], refusal: str) -> list[list[int]]:
    """Which rows of a refused call are to be sent again, and with which others."""
    column = _NO_COLUMN.search(refusal)
    if column is not None and call.rows:
        without = [index for index in indexes if column[1] not in call.rows[index]]
        if len(without) < len(indexes):
            return [without] if without else []
    half = len(indexes) // 2
    return [indexes[:half], indexes[half:]] if half else []


def _outcome(index: int, id: str | None, result: Result) -> Outcome:
    """SaveResult or DeleteResult: `{id, success, errors: [{statusCode, message, fields}]}`."""
    if result.get("success"):
        return Outcome(index, "done", str(result.get("id") or id or "") or None)
    errors = [each for each in result.get("errors") or [] if isinstance(each, dict)]
    first = errors[0] if errors else {}
    code = str(first.get("statusCode") or first.get("errorCode") or "UNKNOWN_EXCEPTION")
    text = "; ".join(str(each["message"]).strip() for each in errors if each.get("message"))
    holder = _HOLDER.search(text) if code == "DUPLICATE_VALUE" and id is None else None
    return Outcome(
        index,
        "retry" if code in _PASSING else "failed",
        full_id(holder[1]) if holder else id,
        code,
        text or "Salesforce refused the record without saying why.",
        tuple(dict.fromkeys(str(name) for each in errors for name in each.get("fields") or [])),
    )
