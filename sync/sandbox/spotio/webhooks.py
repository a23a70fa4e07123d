"""Sending webhooks: events of one moment go out together, signed, and are tried again when they are not taken.

Now and then a delivery that was taken comes again.

Each endpoint's batches leave in order, but a batch that has to wait for another try does not hold up the next one:
receivers can count on neither order nor singleness, as with the real sender. Only addresses on this machine are
called; a stand-in has no business elsewhere.
"""

import asyncio
import contextlib
import hashlib
import hmac
import ipaddress
import logging
import secrets
import ssl
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import msgspec

from sync.sandbox.spotio.store import Row, Store

TIMEOUT_SECONDS = 10.0
BATCH_SECONDS = 0.05
"""Events closer together than this share a delivery."""

DOUBLED_EVERY = 10
"""One delivery in so many comes twice, as it does from the real sender now and then."""

RETRY_SECONDS = (0.5, 1.0, 2.0)
HELD_SECONDS = 2.0
"""How long a reordered delivery waits for the one that is to overtake it."""

log = logging.getLogger(__name__)


class Fault(Protocol):
    action: str
    status: int | None
    seconds: float


class Faults(Protocol):
    def take(self, target: Any, method: str, path: str) -> Any: ...


class Webhooks:
    """Collects events and delivers them from the running event loop; without one they are not sent."""

    def __init__(self, store: Store, faults: Faults | None) -> None:
        self.secret = secrets.token_hex(16)
        self._store, self._faults = store, faults
        self._pending: list[Row] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._delivered = asyncio.Event()
        self._taken = 0
        # No certificates are needed on this machine, and loading them would take longer than a delivery.
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def collect(self, kind: str, data: Row) -> None:
        """Take an event that has happened for good."""
        if not self._listening():
            return
        event = {"data": data, "type": kind, "date": self._store.now()}
        self._pending.append(event)
        # A task that its event loop did not live to run counts as done, and the next event starts another one.
        if self._flushing is None or self._flushing.done():
            self._flushing = self._start(self._flush())

    def forget(self) -> None:
        """Drop what has not been sent, as when the state is reset."""
        self._pending.clear()

    def _listening(self) -> bool:
        found = self._store.db.execute("select 1 from endpoints where active limit 1").fetchone()
        return found is not None

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        try:
            task = asyncio.get_running_loop().create_task(work)
        except RuntimeError:
            work.close()
            self._pending.clear()
            return None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _flush(self) -> None:
        await asyncio.sleep(BATCH_SECONDS)
        events, self._pending = self._pending, []
        for endpoint in self._store.rows("endpoints", "active"):
            wanted = [event for event in events if event["type"] in endpoint["scopes"]]
            if wanted and _is_here(endpoint["callback"]):
                self._start(self._deliver(endpoint, msgspec.json.encode({"payload": wanted})))

    async def _deliver(self, endpoint: Row, body: bytes) -> None:
        callback = endpoint["callback"]
        for wait in (0.0, *RETRY_SECONDS):
            await asyncio.sleep(wait)
            fault = self._fault(callback)
            if fault is not None and fault.action == "reorder":
                await self._let_another_pass(fault.seconds or HELD_SECONDS)
                fault = None
            if await self._attempt(endpoint, body, fault):
                self._delivered.set()
                self._taken += 1
                if self._taken % DOUBLED_EVERY == 0:
                    await self._post(endpoint, body)
                return
        log.info("webhook to %s given up after %d attempts", callback, 1 + len(RETRY_SECONDS))

    async def _attempt(self, endpoint: Row, body: bytes, fault: Fault | None) -> bool:
        """Whether the sender believes that this try succeeded."""
        match fault.action if fault else None:
            case "delay":
                await asyncio.sleep(fault.seconds if fault else 0.0)
            case "drop_before" | "status":
                return False  # the call does not arrive
            case "drop_after":
                await self._post(endpoint, body)
                return False  # it arrives, the answer does not
            case "duplicate":
                await self._post(endpoint, body)
        return await self._post(endpoint, body)

    async def _post(self, endpoint: Row, body: bytes) -> bool:
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {header["name"]: header["value"] for header in endpoint["customHeaders"]}
        headers |= {"Content-Type": "application/json", "X-Signature": signature}
        async with self._turn[endpoint["id"]]:
            try:
                async with httpx.AsyncClient(verify=self._tls, timeout=TIMEOUT_SECONDS) as client:
                    answer = await client.post(endpoint["callback"], content=body, headers=headers)
            except httpx.HTTPError:
                return False
        return answer.is_success

    def _fault(self, callback: str) -> Any:
        if self._faults is None:
            return None
        parts = urlsplit(callback)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return self._faults.take("webhooks", "POST", path)

    async def _let_another_pass(self, seconds: float) -> None:
        self._delivered.clear()
        with contextlib.suppress(TimeoutError):  # nothing came to overtake it
            await asyncio.wait_for(self._delivered.wait(), seconds)


def _is_here(callback: str) -> bool:
    host = urlsplit(callback).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
