"""`fieldline run`: it owns the store, and other commands ask it to do their work."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from sync.sandbox.server import Sandbox
from tests.commands.program import Fieldline, Server, free_port, sentence, until


@pytest.fixture(scope="module")
def program(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Fieldline:
    """A program whose schedule comes round only once: at the start."""
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    return Fieldline(tmp_path_factory.mktemp("server"), running_sandbox.env | settings())


def settings() -> dict[str, str]:
    return {
        "FIELDLINE_PORT": str(free_port()),
        "FIELDLINE_SALESFORCE__OBJECTS": "Lead,Account",
        "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "36000",
        "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "36000",
    }


@pytest.fixture(scope="module")
def server(program: Fieldline) -> Iterator[Server]:
    """The runner, once its first pulls are done."""
    with program.serving("run", "--json") as server:
        until(lambda: len(finished(program, server)) == 3, "the end of the first pulls")
        yield server


def owner(program: Fieldline) -> dict[str, Any]:
    return dict(json.loads((program.folder / "fieldline.duckdb.owner.json").read_text()))


def ask(program: Fieldline, command: str, **arguments: Any) -> list[dict[str, Any]]:
    """The lines of the owner's answer to a command."""
    found = owner(program)
    answer = httpx.post(
        f"{found['url']}/api/commands/{command}",
        json=arguments,
        headers={"Authorization": f"Bearer {found['token']}"},
        timeout=60,
    ).raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


def rows(program: Fieldline, sql: str) -> list[list[Any]]:
    (line,) = ask(program, "query", sql=sql)
    return list(line["result"]["rows"])


def finished(program: Fieldline, server: Server) -> list[list[Any]]:
    return rows(program, "select asked_by, outcome from sync.run where finished_at is not null")


def test_it_says_where_it_is_and_how_it_is(program: Fieldline, server: Server) -> None:
    assert server.ready == {"ready": True, "url": f"http://127.0.0.1:{program.settings['FIELDLINE_PORT']}"}
    health = httpx.get(f"{server.url}/api/health").raise_for_status().json()
    assert {"status", "version", "store", "schema"} <= set(health)
    assert (health["status"], health["store"]) == ("ok", "duckdb:///fieldline.duckdb")
    assert {"spotio", "salesforce", "salesscreen", "nightly", "log"} <= set(health["next"])


@pytest.mark.requirement("CO-01")
def test_it_pulls_every_system_at_its_start(program: Fieldline, server: Server) -> None:
    assert finished(program, server)[:3] == [["schedule", "done"]] * 3
    assert rows(program, "select count(*) > 0 from spotio.record")[0] == [True]
    assert rows(program, "select count(*) > 0 from salesforce.lead")[0] == [True]


def test_commands_have_it_do_their_work(program: Fieldline, server: Server) -> None:
    asked = program.run("query", "select count(*) as leads from salesforce.lead", "--json")
    assert (asked.code, asked.err) == (0, "")
    assert asked.json["columns"] == ["leads"]
    pulled = program.run("pull", "--system", "salesforce", "--json")
    assert (pulled.code, pulled.json["outcome"]) == (0, "done")
    assert {table["table"] for table in pulled.json["tables"]} == {"lead", "account"}
    copied = program.run("backup", "copy.duckdb", "--json")
    assert copied.code == 0, copied.err
    copy = program.here(
        "query", "select count(*) from salesforce.lead", "--store", "duckdb:///copy.duckdb", "--json"
    )
    assert copy.json["rows"] == asked.json["rows"]


def test_a_pull_asked_of_it_tells_how_far_it_is(program: Fieldline, server: Server) -> None:
    *told, last = ask(program, "pull", system="spotio", reconcile=False)
    assert last["result"]["outcome"] == "done"
    assert {"record", "activity"} <= {line["progress"]["table"] for line in told}
    assert all({"system", "table", "read", "expected"} <= set(line["progress"]) for line in told)


def test_what_it_refuses_it_refuses_with_its_own_words_and_exit_code(
    program: Fieldline, server: Server
) -> None:
    ended = program.run("query", "drop table sync.run", "--json")
    assert (ended.code, ended.json["exit"]) == (3, 3)
    assert "Only SELECT" in sentence(ended.err)
    ended = program.run("pull", "--system", "hubspot")
    assert ended.code == 2
    assert "'hubspot'" in sentence(ended.err)


@pytest.mark.requirement("CO-01")
@pytest.mark.skipif(
    not hasattr(psutil, "RLIMIT_FSIZE"), reason="no limit of another process's files can be set here"
)
@pytest.mark.parametrize("room", [0, 3_000], ids=["from the start", "in the middle of a run"])
def test_on_a_full_disk_it_says_so_and_goes_on_once_there_is_room(
    program: Fieldline, server: Server, room: int
) -> None:
    journal = program.folder / "fieldline.duckdb.wal"
    full = (journal.stat().st_size if journal.exists() else 0) + room
    process = psutil.Process(server.pid)
    unlimited = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (full, unlimited[1]))
    try:
        ended = program.run("pull", "--system", "spotio", "--json")
        assert (ended.code, ended.json["exit"]) == (3, 3)
        assert "disk is full" in sentence(ended.err)
        # What was stored before can be read meanwhile.
        assert rows(program, "select count(*) > 0 from spotio.record") == [[True]]
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, unlimited)
    pulled = program.run("pull", "--system", "spotio", "--json")
    assert (pulled.code, pulled.json["outcome"]) == (0, "done")
    assert rows(program, "select count(*) from sync.run where outcome = 'running'") == [[0]]
    if room:
        told = rows(program, "select text from sync.run where outcome = 'failed' order by number")
        assert "disk is full" in told[-1][0]
    assert "Traceback" not in server.err


def test_a_store_that_it_owns_is_not_restored_over(program: Fieldline, server: Server) -> None:
    ask(program, "backup", target=str(program.folder / "kept.duckdb"))
    ended = program.run("restore", "kept.duckdb")
    assert ended.code == 3
    said = sentence(ended.err)
    assert f"process {server.pid}" in said
    assert server.url in said


def test_a_second_server_over_its_store_is_refused_with_its_address(
    program: Fieldline, server: Server
) -> None:
    second = Fieldline(program.folder, program.settings | {"FIELDLINE_PORT": str(free_port())})
    ended = second.run("run", "--json")
    assert (ended.code, ended.json["exit"]) == (3, 3)
    said = sentence(ended.err)
    assert f"process {server.pid} at {server.url}" in said
    assert owner(program)["pid"] == server.pid


def test_its_port_is_refused_to_another_and_nothing_is_left_behind(
    program: Fieldline, server: Server, tmp_path: Path
) -> None:
    other = Fieldline(tmp_path, program.settings)
    ended = other.run("run")
    assert (ended.code, ended.out) == (2, "")
    assert program.settings["FIELDLINE_PORT"] in sentence(ended.err)
    assert "FIELDLINE_PORT" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_only_its_user_can_read_the_token_and_no_other_token_is_taken(
    program: Fieldline, server: Server
) -> None:
    file = program.folder / "fieldline.duckdb.owner.json"
    assert file.stat().st_mode & 0o777 == 0o600
    token = owner(program)["token"]
    for given in (None, b"Bearer", f"Bearer {token}x".encode(), f"Bearer ü{token}".encode()):
        headers = [(b"Authorization", given)] if given else []
        answer = httpx.post(f"{server.url}/api/commands/query", json={"sql": "select 1"}, headers=headers)
        assert answer.status_code == 401
        assert token not in answer.text
    assert httpx.get(f"{server.url}/api/commands/query").status_code == 405


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b'{"nonsense": true}', b'{"sql": "select 1", "progress": 1}']
)
def test_a_command_that_cannot_be_meant_is_refused_and_it_goes_on(
    program: Fieldline, server: Server, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {owner(program)['token']}"}
    answer = httpx.post(f"{server.url}/api/commands/query", content=body, headers=headers)
    assert answer.status_code == 400 or json.loads(answer.text)["exit"] == 2
    assert httpx.get(f"{server.url}/api/health").status_code == 200
    (line,) = ask(program, "no-such-command")
    assert line["exit"] == 2


def test_a_page_of_another_site_cannot_reach_it_through_a_name_of_its_own(server: Server) -> None:
    answer = httpx.get(f"{server.url}/api/health", headers={"Host": "evil.example.com"})
    assert answer.status_code == 400
    for name in ("localhost", "127.0.0.1", "localhost:8501"):
        assert httpx.get(f"{server.url}/api/health", headers={"Host": name}).status_code == 200


def test_asked_to_end_it_ends_with_0_and_gives_the_store_back(
    running_sandbox: Sandbox, tmp_path: Path
) -> None:
    program = Fieldline(tmp_path, running_sandbox.env | settings())
    with program.serving("run", "--json") as server:
        assert server.terminate() == 0
        assert server.err == ""
    assert not (tmp_path / "fieldline.duckdb.owner.json").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/api/health")
    assert program.here("query", "select count(*) from sync.run where outcome = 'running'", "--json").json[
        "rows"
    ] == [[0]]


def test_asked_to_end_while_it_starts_it_ends_with_0_too(running_sandbox: Sandbox, tmp_path: Path) -> None:
    program = Fieldline(tmp_path, running_sandbox.env | settings())
    with program.started("run", "--json") as server:
        until((tmp_path / "fieldline.duckdb").exists, "the store")
        assert server.terminate() == 0
    assert not (tmp_path / "fieldline.duckdb.owner.json").exists()


@pytest.mark.requirement("CO-01")
def test_after_a_kill_the_next_command_finds_the_store_whole_and_the_run_closed(
    running_sandbox: Sandbox, tmp_path: Path
) -> None:
    program = Fieldline(tmp_path, running_sandbox.env | settings())
    with program.serving("run", "--json") as server:
        until(lambda: rows(program, "select 1 from sync.run"), "a run")
        server.kill()
    assert owner(program)["pid"] == server.pid
    ended = program.here("pull", "--json")
    assert (ended.code, ended.json["outcome"]) == (0, "done")
    outcomes = program.here("query", "select distinct outcome from sync.run", "--json").json["rows"]
    assert ["running"] not in outcomes
    record = next(t for t in ended.json["tables"] if (t["system"], t["table"]) == ("spotio", "record"))
    assert record["mirror_count"] == record["source_count"]


def test_it_listens_where_it_is_told(running_sandbox: Sandbox, tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    program = Fieldline(tmp_path, settings() | {"FIELDLINE_HOST": "::1"})
    with program.serving("run", "--json") as server:
        assert server.url == f"http://[::1]:{program.settings['FIELDLINE_PORT']}"
        assert httpx.get(f"{server.url}/api/health").status_code == 200
        assert program.run("query", "select 1 as one", "--json").json["rows"] == [[1]]
        assert server.terminate() == 0
