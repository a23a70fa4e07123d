"""One HTTP client a system: timeouts always, bounded retries with jitter, one token bucket, one sign-in at a time.

Only what can be repeated without harm is repeated: reads, requests that the caller declares repeatable, and any
request for which no connection came about.
A 401 signs in once more and replays the request with all its headers; a second one is a SignInError.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
import tenacity

from sync.errors import (
    LostAnswerError,
    RejectedError,
    SignInError,
    StoppedError,
    StopSystemError,
    UnreachableError,
)

TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=60)
ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 60.0
# 406 and 420 come from Salesforce's edge with an empty body and pass by themselves (reference: airbyte's connector).
TRANSIENT = frozenset({406, 408, 420, 425, 429, 500, 502, 503, 504})
# With these the system says that it did not begin.
NOT_BEGUN = frozenset({408, 420, 425, 429, 503})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@cache
def trusted() -> ssl.SSLContext:
    """Whom this machine trusts: read once a process, since a run makes several clients and reading takes longer than a call."""
    return httpx.create_ssl_context()


class TokenBucket:
    """At most `rate` calls a second over time, a second's worth at once; safe for threads."""

    def __init__(self, rate: float, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = max(1.0, burst if burst is not None else rate)
        self._tokens = self._burst
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def take(self, stop: threading.Event) -> None:
        """Wait until a call may be made, or until `stop` is set."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            self._tokens -= 1
            wait = -self._tokens / self._rate
        if wait > 0:
            stop.wait(wait)


@dataclass
class Meter:
    """What a client has used so far: calls, the seconds they took together, and how the system counts."""

    calls: int = 0
    seconds: float = 0.0
    used: int | None = None
    allowance: int | None = None


@dataclass(frozen=True)
class Session:
    """The outcome of a sign-in: where to send requests, and the headers that authorise them."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)


Result = TypeVar("Result")


class TransientError(Exception):
    """An answer, or the lack of one, that may be better the next time; `sent` unless no connection came about."""

    def __init__(
        self,
        reason: str,
        wait: float | None,
        response: httpx.Response | None = None,
        *,
        sent: bool = True,
    ) -> None:
        self.reason, self.wait, self.response, self.sent = reason, wait, response, sent
        super().__init__(reason)


_growing = tenacity.wait_exponential(multiplier=0.3, max=20.0) + tenacity.wait_random(0, 0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    """Seconds before the next attempt: what the system asked for, else growing with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TransientError) and error.wait is not None:
        return error.wait
    return _growing(state)


class Client:
    """Requests to one system. `sign_in` makes a session; `observe` sees every answer (quotas stand in headers).

    When `stop` is set, no further request is sent and no wait goes on.
    """

    def __init__(
        self,
        system: str,
        sign_in: Callable[[], Session],
        *,
        rate: float,
        concurrency: int,
        observe: Callable[[httpx.Response, Meter], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        attempts: int = ATTEMPTS,
        stop: threading.Event | None = None,
    ) -> None:
        self.system = system
        self.concurrency = concurrency
        self.meter = Meter()
        self._sign_in = sign_in
        self._session: Session | None = None
        self._sign_in_lock = threading.Lock()
        self._bucket = TokenBucket(rate)
        self._slots = threading.BoundedSemaphore(concurrency)
        self._meter_lock = threading.Lock()
        self._observe = observe
        self._attempts = attempts
        self._stop = stop or threading.Event()
        self._http = httpx.Client(
            timeout=TIMEOUT, transport=transport, follow_redirects=False, verify=trusted()
        )

    def close(self) -> None:
        self._http.close()

    @property
    def stop(self) -> threading.Event:
        """Set when no further request is to be sent."""
        return self._stop

    def session(self, stale: Session | None = None) -> Session:
        """The current session; a new one when there is none or the current one is `stale`. One sign-in at a time."""
        with self._sign_in_lock:
            if self._session is None or self._session is stale:
                self._session = self.repeating(self._counted_sign_in)
            return self._session

    def _counted_sign_in(self) -> Session:
        started = time.monotonic()
        try:
            return self._sign_in()
        finally:
            self.count(time.monotonic() - started)

    def count(self, seconds: float) -> None:
        """Count one call, made here or by a library on our behalf."""
        with self._meter_lock:
            self.meter.calls += 1
            self.meter.seconds += seconds

    @contextmanager
    def slot(self) -> Iterator[None]:
        """The right to make one call now, within rate and concurrency."""
        with self._slots:
            self._bucket.take(self._stop)
            yield

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> httpx.Response:
        """Send one request and give whatever final answer came, refusals included.

        `path` is relative to the session's base. `repeatable` says whether it may be sent twice (default: GET).
        Raises SignInError when a fresh session is refused too, UnreachableError when retries are used up, and
        LostAnswerError when what may not be repeated was sent and not answered.
        """
        may_repeat = method == "GET" if repeatable is None else repeatable

        def send(session: Session) -> httpx.Response:
            return self._send(
                method, path, session, params=params, json=json, content=content, headers=headers
            )

        session = self.session()
        response = self._with_retries(lambda: send(session), may_repeat)
        if response.status_code == 401:
            session = self.session(stale=session)
            response = self._with_retries(lambda: send(session), may_repeat)
            if response.status_code == 401:
                raise self._refused_again()
        return response

    def _refused_again(self) -> SignInError:
        return SignInError(
            self.system,
            f"{self.system} refuses the session it has just given out.",
            "Check the permissions of the account behind the key, then run again.",
        )

    def download(self, path: str, target: Path, *, params: Mapping[str, Any] | None = None) -> httpx.Headers:
        """GET a large body into `target` without holding it; return the answer's headers.

        NUL bytes are left out: Salesforce lets them into text, and no CSV reader takes them.
        Raises as `request` does, RejectedError included.
        """

        def fetch(session: Session) -> httpx.Response:
            if self._stop.is_set():
                raise StoppedError
            started = time.monotonic()
            try:
                with (
                    self.slot(),
                    self._http.stream(
                        "GET", session.base_url + path, params=params, headers=dict(session.headers)
                    ) as response,
                    target.open("wb") as file,
                ):
                    if response.status_code >= 300:
                        response.read()
                    else:
                        for chunk in response.iter_bytes(1 << 20):
                            if self._stop.is_set():
                                raise StoppedError
                            file.write(chunk.replace(b"\0", b""))
            except httpx.RequestError as error:
                raise TransientError(type(error).__name__, None) from error
            except OSError as error:
                raise StopSystemError(
                    self.system,
                    f"What {self.system} sent could not be put into {target.parent} ({error.strerror}).",
                    "Free some space there, or set TMPDIR to a folder with more.",
                ) from error
            finally:
                self.count(time.monotonic() - started)
            return self._checked(response)

        session = self.session()
        response = self._with_retries(lambda: fetch(session), may_repeat=True)
        if response.status_code == 401:
            session = self.session(stale=session)
            response = self._with_retries(lambda: fetch(session), may_repeat=True)
            if response.status_code == 401:
                raise self._refused_again()
        if response.status_code >= 300:
            raise RejectedError(
                self.system,
                f"{self.system} refused the file {path}.",
                "The next run asks for it anew.",
                status=response.status_code,
            )
        return response.headers

    def _with_retries(self, send: Callable[[], httpx.Response], may_repeat: bool) -> httpx.Response:
        if may_repeat:
            return self.repeating(send)

        def send_once() -> httpx.Response:
            try:
                return send()
            except TransientError as error:
                if not error.sent:
                    raise
                if error.response is not None:
                    return error.response
                raise self.lost(error.reason) from error

        return self.repeating(send_once)

    def lost(self, reason: str) -> LostAnswerError:
        """The error for a request that was sent and whose outcome nobody told."""
        return LostAnswerError(
            self.system,
            f"{self.system} did not say what became of a request ({reason}).",
            "Look whether it was carried out before it is sent again.",
        )

    def repeating(self, work: Callable[[], Result]) -> Result:
        """Do `work` again, with growing pauses, as long as it raises TransientError.

        Raises UnreachableError when the attempts are used up. For calls that a library makes on our behalf, too.
        """
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_pause,
            retry=tenacity.retry_if_exception_type(TransientError),
            sleep=tenacity.sleep_using_event(self._stop),
            reraise=True,
        )
        try:
            return retrying(work)
        except TransientError as error:
            raise self._unanswered(error, self._attempts) from error

    def _unanswered(self, error: TransientError, attempts: int) -> UnreachableError:
        return UnreachableError(
            self.system,
            f"{self.system} did not answer ({error.reason}) in {attempts} attempts.",
            "Nothing is lost: the next run goes on from here.",
        )

    def _send(self, method: str, path: str, session: Session, **kwargs: Any) -> httpx.Response:
        headers = {**session.headers, **(kwargs.pop("headers") or {})}
        if self._stop.is_set():
            raise StoppedError
        started = time.monotonic()
        try:
            with self.slot():
                started = time.monotonic()
                response = self._http.request(method, session.base_url + path, headers=headers, **kwargs)
        except httpx.RequestError as error:
            sent = not isinstance(error, _NEVER_SENT)
            raise TransientError(type(error).__name__, None, sent=sent) from error
        finally:
            self.count(time.monotonic() - started)
        return self._checked(response)

    def _checked(self, response: httpx.Response) -> httpx.Response:
        """Note what the answer says of quotas; raise for what will pass by itself."""
        if self._observe is not None:
            self._observe(response, self.meter)
        raise_if_transient(self.system, response.status_code, response.headers, response)
        if response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html"):
            # An edge or a maintenance page answers for the system; neither of ours ever sends HTML.
            raise TransientError("a web page instead of data", None)
        return response


def raise_if_transient(
    system: str, status: int, headers: Mapping[str, str], response: httpx.Response | None = None
) -> None:
    """Raise TransientError for an answer that will be better the next time, UnreachableError when that is too far off."""
    if status not in TRANSIENT:
        return
    wait = retry_after(headers)
    if wait is not None and wait > LONGEST_WAIT_SECONDS and status in NOT_BEGUN:
        raise UnreachableError(
            system,
            f"{system} asks to wait {wait:.0f} s before the next call.",
            "The next scheduled run tries again.",
        )
    raise TransientError(f"HTTP {status}", wait, response)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait, from its Retry-After header (seconds or a date)."""
    value = headers.get("Retry-After")
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    sent = headers.get("Date")
    # Both by the system's own clock, where it tells: ours may be hours off.
    now = parsedate_to_datetime(sent).timestamp() if sent else time.time()
    return max(0.0, date.timestamp() - now)
