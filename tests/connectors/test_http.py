"""The HTTP client: what it repeats and what never, who signs in, what a quota and a stop do; over real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from sync.connectors import http
from sync.connectors.http import Client, Meter, Session, TokenBucket, retry_after
from sync.errors import LostAnswerError, SignInError, StoppedError, UnreachableError
from tests.connectors.scripted import Asked, Says, Script, Scripted

AT_ONCE = {"Retry-After": "0"}  # what these tests wait for is not time
Connect = Callable[..., tuple[Client, Scripted]]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Start a scripted server and a client that signs in there with tokens token-1, token-2, ..."""
    with ExitStack() as open_things:

        def start(script: Script, **options: object) -> tuple[Client, Scripted]:
            server = open_things.enter_context(Scripted(script).running())
            numbers = iter(range(1, 100))

            def sign_in() -> Session:
                return Session(server.url, {"Authorization": f"Bearer token-{next(numbers)}"})

            client = Client("salesforce", sign_in, rate=1e6, concurrency=8, **options)  # type: ignore[arg-type]
            open_things.callback(client.close)
            return client, server

        yield start


def in_turn(*answers: Says) -> Script:
    """These answers one after the other, the last one for ever."""
    left = list(answers)

    def script(_: Asked) -> Says:
        return left.pop(0) if len(left) > 1 else left[0]

    return script


@pytest.mark.parametrize("status", sorted(http.TRANSIENT))
def test_a_read_that_met_passing_trouble_is_repeated(connect: Connect, status: int) -> None:
    client, server = connect(in_turn(Says(status, headers=AT_ONCE), Says(200)))
    assert client.request("GET", "/x").status_code == 200
    assert server.paths() == ["GET /x", "GET /x"]


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_refusal_is_an_answer_and_is_not_repeated(connect: Connect, status: int) -> None:
    client, server = connect(in_turn(Says(status, b"no"), Says(200)))
    assert client.request("GET", "/x").text == "no"
    assert len(server.asked) == 1


@pytest.mark.parametrize("says", [Says(503, headers=AT_ONCE), Says(429, headers=AT_ONCE)])
def test_a_write_is_never_repeated_of_its_own_accord(connect: Connect, says: Says) -> None:
    client, server = connect(in_turn(says, Says(200)))
    assert client.request("POST", "/x", json={"a": 1}).status_code == says.status
    assert len(server.asked) == 1


def test_a_write_whose_answer_was_cut_off_is_not_repeated_and_said(connect: Connect) -> None:
    client, server = connect(in_turn(Says(None), Says(200)))
    with pytest.raises(LostAnswerError, match="what became"):
        client.request("POST", "/x")
    assert len(server.asked) == 1


def test_a_request_declared_repeatable_is_repeated_with_its_body(connect: Connect) -> None:
    client, server = connect(in_turn(Says(500, headers=AT_ONCE), Says(200)))
    assert client.request("POST", "/x", json={"a": 1}, repeatable=True).status_code == 200
    assert [each.body for each in server.asked] == [b'{"a":1}', b'{"a":1}']


def test_trouble_without_end_ends_after_the_attempts_with_a_sentence(connect: Connect) -> None:
    client, server = connect(in_turn(Says(503, headers=AT_ONCE)), attempts=4)
    with pytest.raises(UnreachableError, match="HTTP 503") as raised:
        client.request("GET", "/x")
    assert len(server.asked) == 4
    assert "Nothing is lost" in str(raised.value)


def test_a_wait_that_is_too_long_to_wait_for_ends_at_once(connect: Connect) -> None:
    client, server = connect(in_turn(Says(429, headers={"Retry-After": "3600"})))
    with pytest.raises(UnreachableError, match="3600 s"):
        client.request("GET", "/x")
    assert len(server.asked) == 1


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert retry_after({"Retry-After": "7"}) == 7
    assert retry_after({"Retry-After": formatdate(0, usegmt=True)}) == 0
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({}) is None


def test_an_expired_session_is_replaced_once_and_the_request_keeps_its_headers(connect: Connect) -> None:
    def script(asked: Asked) -> Says:
        return Says(401 if asked.headers["Authorization"] == "Bearer token-1" else 200)

    client, server = connect(script)
    answer = client.request("POST", "/x", content=b"body", headers={"Sforce-Auto-Assign": "FALSE"})
    assert answer.status_code == 200
    assert [each.headers["Authorization"] for each in server.asked] == ["Bearer token-1", "Bearer token-2"]
    assert {each.headers["Sforce-Auto-Assign"] for each in server.asked} == {"FALSE"}
    assert {each.body for each in server.asked} == {b"body"}


def test_a_session_refused_again_is_an_error_and_no_loop(connect: Connect, tmp_path: Path) -> None:
    client, server = connect(in_turn(Says(401)))
    with pytest.raises(SignInError, match="just given out"):
        client.request("GET", "/x")
    assert len(server.asked) == 2
    with pytest.raises(SignInError, match="just given out"):
        client.download("/file", tmp_path / "file")


def test_many_threads_that_find_the_session_expired_sign_in_once(connect: Connect) -> None:
    gate = threading.Barrier(8)

    def script(asked: Asked) -> Says:
        if asked.headers["Authorization"] == "Bearer token-1":
            gate.wait()  # all of them have been sent with the old session
            return Says(401)
        return Says(200)

    client, server = connect(script)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.request("GET", "/x").status_code, range(8)))
    assert answers == [200] * 8
    assert {each.headers["Authorization"] for each in server.asked} == {"Bearer token-1", "Bearer token-2"}


def test_a_sign_in_that_met_passing_trouble_is_repeated() -> None:
    tries: list[int] = []

    def sign_in() -> Session:
        tries.append(1)
        http.raise_if_transient("spotio", 503 if len(tries) < 3 else 200, AT_ONCE)
        return Session("http://127.0.0.1:9", {})

    client = Client("spotio", sign_in, rate=1e6, concurrency=1)
    assert client.session().base_url == "http://127.0.0.1:9"
    assert client.meter.calls == 3
    client.close()


def test_what_an_answer_says_of_quotas_is_seen_also_when_it_refuses(connect: Connect) -> None:
    def observe(response: httpx.Response, meter: Meter) -> None:
        meter.used = int(response.headers["Used"])

    client, _ = connect(in_turn(Says(404, headers={"Used": "17"})), observe=observe)
    client.request("GET", "/x")
    assert client.meter.used == 17
    assert client.meter.calls == 2  # the sign-in counts


def test_a_file_comes_whole_without_its_nul_bytes_and_is_asked_for_again_when_cut_off(
    connect: Connect, tmp_path: Path
) -> None:
    cut = Says(200, b"Id\nhalf", cut=True)
    client, server = connect(in_turn(cut, Says(200, b"Id\nwh\0ole\n", {"Locator": "null"})))
    headers = client.download("/file", tmp_path / "file.csv")
    assert (tmp_path / "file.csv").read_bytes() == b"Id\nwhole\n"
    assert headers["Locator"] == "null"
    assert len(server.asked) == 2


def test_a_stop_ends_the_waiting_between_attempts(connect: Connect) -> None:
    stop = threading.Event()

    def script(_: Asked) -> Says:
        stop.set()
        return Says(503, headers={"Retry-After": "50"})

    client, server = connect(script, stop=stop)
    with pytest.raises(StoppedError):
        client.request("GET", "/x")
    assert len(server.asked) == 1


class OwnClock(threading.Event):
    """A stop that nobody asks for: waiting on it lets its own time pass instead of anybody's."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return False


def test_the_bucket_never_lets_more_through_than_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = OwnClock()
    monkeypatch.setattr("sync.connectors.http.time.monotonic", lambda: clock.now)
    bucket = TokenBucket(rate=4)
    taken = []
    for _ in range(41):
        bucket.take(clock)
        taken.append(clock.now)
    for start in taken:
        # A burst of one second's worth at the beginning, and then the second's own.
        assert sum(start <= at < start + 1 for at in taken) <= 8
    assert taken[-1] == pytest.approx((41 - 4) / 4)
