"""Sending a write: repeated only while it is certain that the system did not begin with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from sync.connectors.http import NOT_BEGUN, TRANSIENT, Client, TransientError, retry_after
from sync.connectors.outcome import Outcome
from sync.errors import FieldlineError, LostAnswerError


def send(
    client: Client,
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Send one write and give its final answer, refusals included.

    Raises LostAnswerError when it was sent and nothing tells what became of it, UnreachableError when it was not
    taken until the retries were used up; and as `Client.request` does. After any but the first, nothing was written.
    """

    def attempt() -> httpx.Response:
        response = client.request(
            method, path, params=params, json=json, content=content, headers=headers, repeatable=False
        )
        if _not_begun(response):
            raise TransientError(f"HTTP {response.status_code}", retry_after(response.headers), response)
        if response.status_code in TRANSIENT or response.status_code >= 500:
            raise client.lost(f"HTTP {response.status_code}")
        return response

    return client.repeating(attempt)


def _not_begun(response: httpx.Response) -> bool:
    """Whether the system says that it did not take the request; a 503 without a word may come from a gateway."""
    if response.status_code == 503:
        return bool(response.content) or "Retry-After" in response.headers
    return response.status_code in NOT_BEGUN


def unwritten(rows: Iterable[tuple[int, str | None]], error: FieldlineError) -> list[Outcome]:
    """Outcomes of (index, id) that never reached the system, or that it did not take."""
    return [Outcome(index, "retry", id, error.code, error.text) for index, id in rows]


def unknown(rows: Iterable[tuple[int, str | None]], error: LostAnswerError) -> list[Outcome]:
    """Outcomes of (index, id) that were sent and of which nobody told what became."""
    return [Outcome(index, "unknown", id, error.code, error.text) for index, id in rows]
