"""SPOTIO's webhooks against a running server: what they wake, and what is not taken from just anybody."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from tests.commands.gate import Gate
from tests.commands.program import Fieldline, Server, free_port, only, until

NAMED_READ = "/api/DataObjects/many"
FIFTY_MEGABYTES = 50_000_000
LIMIT = 1_000_000
# What may be under way in buffers of both sides when the refusal comes.
BUFFERS = 20_000_000


@pytest.fixture(scope="module")
def office() -> Iterator[Sandbox]:
    """A sandbox of this module's own: its SPOTIO remembers who listens."""
    with running(scale="tiny", seed=2) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def gate(office: Sandbox) -> Iterator[Gate]:
    with Gate(office.urls[1]) as gate:
        yield gate


def program_over(folder: Path, office: Sandbox, gate: Gate) -> Fieldline:
    """A program whose schedule comes round only once, at the start, and whose SPOTIO is behind the gate."""
    port = free_port()
    return Fieldline(
        folder,
        only(office.env, "spotio")
        | {
            "FIELDLINE_SPOTIO__URL": gate.url,
            "FIELDLINE_PORT": str(port),
            "FIELDLINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "36000",
        },
    )


class Listening:
    """A running server, and what one can ask of it and of SPOTIO."""

    def __init__(self, program: Fieldline, server: Server, office: Sandbox) -> None:
        self.program, self.server, self.office = program, server, office
        owner = json.loads((program.folder / "fieldline.duckdb.owner.json").read_text())
        self._command = httpx.Client(
            base_url=owner["url"], headers={"Authorization": f"Bearer {owner['token']}"}, timeout=60
        )
        administrator = office.spotio.tenant.people.first_admin()
        assert administrator is not None
        token = httpx.post(f"{office.urls[1]}/__sandbox__/token", json={"user": administrator["id"]}).json()
        self.spotio = httpx.Client(
            base_url=office.urls[1], headers={"Authorization": f"Bearer {token['access_token']}"}
        )

    def __enter__(self) -> Listening:
        return self

    def __exit__(self, *_: object) -> None:
        self._command.close()
        self.spotio.close()

    def rows(self, sql: str) -> list[list[Any]]:
        line = self._command.post("/api/commands/query", json={"sql": sql}).json()
        assert "result" in line, line
        return list(line["result"]["rows"])

    def registered(self) -> list[dict[str, Any]]:
        """SPOTIO's endpoints that lead to this server."""
        known = self.spotio.get("/api/Webhooks").json()["endpoints"]
        return [each for each in known if each["callback"] == f"{self.server.url}/hooks/spotio"]

    def until_ready(self) -> None:
        """Wait for the registration and for the first pulls."""
        until(self.registered, "the registration")
        ended = "select 1 from sync.run where asked_by = 'schedule' and outcome = 'done'"
        until(lambda: self.rows(ended), "the first pull")

    def deliver(self, events: Any, **how: Any) -> httpx.Response:
        """Deliver as SPOTIO does, signed, or with another signature."""
        body = events if isinstance(events, bytes) else json.dumps({"payload": events}).encode()
        secret = how.get("secret", self.office.spotio.webhooks.secret)
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Signature": how.get("signature", signature), "Content-Type": "application/json"}
        return httpx.post(f"{self.server.url}/hooks/spotio", content=body, headers=headers, timeout=60)

    def notes(self) -> int:
        return int(self.rows("select count(*) from sync.webhook_note")[0][0])

    def some_record(self) -> str:
        return str(
            self.rows("select id from spotio.record where _deleted_at is null order by id limit 1")[0][0]
        )

    def edit(self, record_id: str, source: str) -> None:
        """Say where a record came from, as an administrator."""
        operations = [{"op": "replace", "path": "/source", "value": source}]
        path = f"/api/DataObjects/{record_id}/jsonp?validateRequiredFields=false"
        answer = self.spotio.patch(path, json=operations)
        assert answer.status_code == 200, answer.text

    def source_of(self, record_id: str) -> str | None:
        """Where a record came from, as the mirror holds it."""
        ((found,),) = self.rows(f"select source from spotio.record where id = '{record_id}'")
        return None if found is None else str(found)


def event(kind: str = "lead.updated", date: str = "2031-01-01T00:00:00Z", **data: Any) -> dict[str, Any]:
    return {"type": kind, "date": date, "data": data}


@pytest.fixture(scope="module")
def listening(office: Sandbox, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    program = program_over(tmp_path_factory.mktemp("webhooks"), office, gate)
    with program.serving("run", "--json") as server:
        with Listening(program, server, office) as listening:
            listening.until_ready()
            yield listening
        assert server.terminate() == 0


def test_the_server_registers_itself_once_for_what_it_follows(listening: Listening) -> None:
    (endpoint,) = listening.registered()
    assert endpoint["active"] is True
    assert {"lead.updated", "activity.done", "appointment.created"} <= set(endpoint["scopes"])


@pytest.mark.requirement("CO-01")
def test_an_edit_in_spotio_reaches_the_mirror_through_its_webhook_alone(listening: Listening) -> None:
    record = listening.some_record()
    scheduled = "select count(*) from sync.run where asked_by <> 'webhook'"
    before = listening.rows(scheduled)
    listening.edit(record, "Trade fair")
    until(lambda: listening.source_of(record) == "Trade fair", "the edit")
    followed = (
        "select n.run from sync.webhook_note n join sync.run r on r.id = n.run and r.outcome <> 'running'"
        f" where n.record_id = '{record}'"
    )
    ((run,),) = until(lambda: listening.rows(followed), "the end of the run that followed the note")
    assert listening.rows(scheduled) == before
    assert listening.rows(f"select asked_by, outcome from sync.run where id = '{run}'") == [
        ["webhook", "done"]
    ]
    # Just the named record was read, not the whole feed.
    read = f"select table_name, mode from sync.run_table where run = '{run}'"
    assert listening.rows(read) == [["record", "named"]]


def test_a_delivery_is_answered_while_a_pull_is_under_way_and_followed_after_it(
    listening: Listening, gate: Gate
) -> None:
    record = listening.some_record()
    gate.hold(NAMED_READ)
    listening.edit(record, "Referral")
    assert gate.waiting.wait(60)
    under_way = "select id from sync.run where outcome = 'running'"
    (run,) = listening.rows(under_way)
    answer = listening.deliver([event(objectId=record, date="2031-02-02T00:00:00Z")])
    assert answer.json() == {"kept": 1}
    assert listening.rows(under_way) == [run]
    gate.open()
    unhandled = "select 1 from sync.webhook_note where handled_at is null"
    until(lambda: not listening.rows(unhandled), "the end of all notes")
    assert listening.source_of(record) == "Referral"
    # The run under way ended without it: numbers wait for the end of a run, and notes may come without end.
    late = listening.rows("select run from sync.webhook_note where happened_at = '2031-02-02T00:00:00Z'")
    assert late != [[run]]


def test_a_doubled_delivery_leaves_one_note(listening: Listening) -> None:
    delivery = [event(objectId=listening.some_record(), date="2031-03-03T00:00:00Z")]
    before = listening.notes()
    assert [listening.deliver(delivery).json()["kept"] for _ in range(3)] == [1, 0, 0]
    assert listening.notes() == before + 1


def test_what_is_not_signed_by_spotio_is_refused(listening: Listening) -> None:
    before = listening.notes()
    delivery = [event(objectId="1")]
    for how in ({"signature": ""}, {"signature": "0" * 64}, {"secret": "guessed"}, {"secret": ""}):
        answer = listening.deliver(delivery, **how)
        assert answer.status_code == 401
        assert "signature" in answer.json()["error"]
    assert httpx.post(f"{listening.server.url}/hooks/spotio", content=b"{}").status_code == 401
    assert httpx.get(f"{listening.server.url}/hooks/spotio").status_code == 405
    assert listening.notes() == before


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"null", b"[]", b"{}", b'{"payload": 1}', b'{"payload": [1]}', b'{"payload": [{}]}',
     b'{"payload": [{"type": "lead.added", "data": 1}]}', b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_signed_body_that_is_no_delivery_is_refused(listening: Listening, body: bytes) -> None:
    before = listening.notes()
    assert listening.deliver(body).status_code == 400
    assert listening.notes() == before


def test_events_that_it_does_not_follow_are_passed_over(listening: Listening) -> None:
    before = listening.notes()
    delivery = [
        event("company.renamed", id="7"),
        event("lead.updated"),
        event("lead.updated", id=None),
        event("", id="1"),
    ]
    answer = listening.deliver(delivery)
    assert (answer.status_code, answer.json()) == (200, {"kept": 0})
    assert listening.deliver([]).json() == {"kept": 0}
    assert listening.notes() == before


class Raw:
    """A connection on which a body can be sent piece by piece until an answer comes."""

    def __init__(self, url: str, *headers: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
        lines = (
            "POST /hooks/spotio HTTP/1.1",
            f"Host: {parts.netloc}",
            "Connection: close",
            *headers,
            "",
            "",
        )
        self._socket.sendall("\r\n".join(lines).encode())

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send_until_answered(self, piece: bytes, most: int) -> int:
        """Send pieces until the other side says something or closes; gives the bytes that it took."""
        sent = 0
        self._socket.setblocking(False)
        try:
            while sent < most:
                try:
                    self._socket.recv(1, socket.MSG_PEEK)
                    break
                except BlockingIOError:
                    pass
                try:
                    sent += self._socket.send(piece)
                except BlockingIOError:
                    continue
                except OSError:
                    break
        finally:
            self._socket.settimeout(60)
        return sent

    def status(self) -> int:
        return int(self._socket.makefile("rb").readline().split()[1])


def test_a_body_that_says_it_is_huge_is_refused_before_it_is_sent(listening: Listening) -> None:
    with Raw(listening.server.url, f"Content-Length: {FIFTY_MEGABYTES}") as connection:
        assert connection.status() == 413


def test_a_huge_body_that_does_not_say_so_is_refused_without_being_read_to_its_end(
    listening: Listening,
) -> None:
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with Raw(listening.server.url, "Transfer-Encoding: chunked") as connection:
        sent = connection.send_until_answered(piece, FIFTY_MEGABYTES)
        assert LIMIT < sent < BUFFERS
        assert connection.status() == 413
    assert httpx.get(f"{listening.server.url}/api/health").status_code == 200


_LEFT = "select record_id from sync.webhook_note where handled_at is null"


@pytest.mark.requirement("CO-01")
def test_notes_that_a_killed_server_left_are_followed_after_the_restart(
    office: Sandbox, gate: Gate, tmp_path: Path
) -> None:
    program = program_over(tmp_path, office, gate)
    with program.serving("run", "--json") as server, Listening(program, server, office) as listening:
        listening.until_ready()
        record = listening.some_record()
        gate.hold(NAMED_READ)
        listening.edit(record, "Flyer")
        assert gate.waiting.wait(60)
        # The read that is held may be of an edit before this one, whose own note is still on its way.
        until(lambda: [record] in listening.rows(_LEFT), "the note")
        server.kill()
    gate.open()
    assert [record] in program.here("query", _LEFT, "--json").json["rows"]
    with program.serving("run", "--json") as server, Listening(program, server, office) as listening:
        followed = (
            "select r.asked_by, r.outcome from sync.webhook_note n join sync.run r on r.id = n.run"
            f" where n.record_id = '{record}' and r.outcome <> 'running'"
        )
        assert until(lambda: listening.rows(followed), "the end of the run") == [["webhook", "done"]]
        assert listening.source_of(record) == "Flyer"
        # The endpoint that is there already is kept, not doubled.
        until(lambda: len(listening.registered()) == 1, "the registration")
        assert server.terminate() == 0
