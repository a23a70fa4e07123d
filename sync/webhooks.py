"""SPOTIO's webhooks: check the signature, keep the named ids, wake a pull, answer at once.

Source: SPOTIO's help article "Webhooks": POST `{"payload": [{"data", "type", "date"}]}`, header X-Signature =
hex HMAC-SHA256 of the raw body with the company secret, 10 s to answer, up to three retries, no event id.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from data import ledger
from data.ledger import Note
from data.store import Store
from sync.connectors.spotio.api import SpotioApi
from sync.errors import FieldlineError
from sync.settings import SPOTIO_HOOK, Settings

log = logging.getLogger("fieldline")

PATH = SPOTIO_HOOK
# SPOTIO batches events; a body of more than this is none of its making.
MAX_BYTES = 1_000_000
_WANTED = (
    "lead.added", "lead.updated", "lead.deleted",
    "activity.created", "activity.updated", "activity.deleted", "activity.done",
    "appointment.created", "appointment.updated", "appointment.deleted",
)  # fmt: skip
_OBJECTS = {"lead": "record", "activity": "activity", "appointment": "appointment"}


class SpotioHook:
    """The route; `secret` is asked for at each delivery, since it becomes known when the webhook is registered."""

    def __init__(self, store: Store, secret: Callable[[], str], wake: Callable[[], object]) -> None:
        self._store, self._secret, self._wake = store, secret, wake

    async def __call__(self, request: Request) -> Response:
        try:
            body = await _limited_body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return _refusal(413, f"The body is larger than {MAX_BYTES:,} bytes; nothing was kept.")
        if not signed(body, request.headers.get("X-Signature", ""), self._secret()):
            return _refusal(401, "The signature does not match; nothing was kept.")
        try:
            notes = list(notes_of(json.loads(body)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return _refusal(400, "The body is not a SPOTIO delivery; nothing was kept.")
        # In a thread: the one writer may be busy with a merge, and the event loop serves the console.
        kept = await asyncio.to_thread(ledger.add_notes, self._store, notes, datetime.now(UTC))
        if kept:
            self._wake()
        return JSONResponse({"kept": kept})


async def _limited_body(request: Request) -> bytes | None:
    """The body, None as soon as it is larger than allowed: nothing more of it is read."""
    declared = request.headers.get("Content-Length", "0")
    if declared.isdigit() and int(declared) > MAX_BYTES:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` is the body's, compared in constant time; never without a secret."""
    if not secret:
        return False
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())


def notes_of(delivery: Any) -> Iterable[Note]:
    """The ids that a delivery names; an event of an unknown kind or without an id is passed over."""
    for event in delivery["payload"]:
        kind = str(event["type"])
        object = _OBJECTS.get(kind.partition(".")[0])
        data = event.get("data") or {}
        # Public consumers try both; either may be missing.
        record_id = data.get("id") or data.get("objectId")
        if object is None or not record_id:
            continue
        happened = event.get("date")
        yield Note(
            # SPOTIO gives events no id: the same kind, record and moment is the same delivery. Without a moment
            # nothing tells two events apart, and one asked for too often is better than one lost.
            id=ledger.note_id("spotio", kind, str(record_id), str(happened or uuid.uuid4())),
            system="spotio",
            kind=kind,
            object=object,
            record_id=str(record_id),
            happened_at=_moment(happened),
        )


def register(settings: Settings) -> str:
    """Make sure that SPOTIO sends its events to our public address; return the company secret that signs them.

    An endpoint that is there already is kept. A refusal is logged and leaves webhooks off: pulls go on.
    """
    callback = settings.public_url + PATH
    try:
        with SpotioApi(settings.spotio) as api:
            known = api.webhooks()
            active = [
                e
                for e in known.get("endpoints") or []
                if e.get("callback") == callback and e.get("active", True)
            ]
            if not active:
                offered = set(api.webhook_scopes())
                api.register_webhook(callback, [scope for scope in _WANTED if scope in offered])
                known = api.webhooks()
            return str(known.get("secret") or "")
    except FieldlineError as error:
        log.warning("Webhooks are off: %s Pulls go on by schedule.", error)
        return ""


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refusal(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=status)
