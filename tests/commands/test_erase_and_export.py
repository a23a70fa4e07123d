"""`fieldline erase` and `fieldline export`, over a mirror of the stand-ins, in their own process and through a server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from typer.testing import CliRunner

from sync.cli import app
from sync.sandbox.server import Sandbox
from tests.commands.program import Fieldline, Server, free_port, sentence

NUMBERS = (
    "select kind, user_id, team_id, territory_id, type_id, result_id, verification, local_day, count(*), sum(value)"
    " from history.event where known_until is null group by all order by all"
)


@pytest.fixture(scope="module")
def pulled(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store after its first pull, to be copied."""
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    program = Fieldline(tmp_path_factory.mktemp("pulled"), running_sandbox.env)
    assert program.here("pull").code == 0
    return program.store


@pytest.fixture
def program(fieldline: Fieldline, pulled: Path) -> Fieldline:
    shutil.copyfile(pulled, fieldline.store)
    return fieldline


def rows(program: Fieldline, sql: str) -> list[list[Any]]:
    ended = program.here("query", sql, "--json")
    assert ended.code == 0, ended.out
    found: list[list[Any]] = ended.json["rows"]
    return found


def somebody(program: Fieldline) -> tuple[str, str]:
    """Id and name of a record that much was done with."""
    [[id, name]] = rows(
        program,
        "select r.id, r.name from spotio.record r join spotio.activity a on a.dataObjectId = r.id"
        " where a.text is not null or a.notes is not null group by all order by count(*) desc, r.id limit 1",
    )
    return id, name


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-17")
def test_a_person_stays_erased_after_everything_is_read_again_and_no_number_moves(program: Fieldline) -> None:
    id, _ = somebody(program)
    numbers = rows(program, NUMBERS)
    assert numbers
    ended = program.here("erase", f"spotio:{id}", "--yes", "--why", "asked in writing", "--json")
    assert ended.code == 0, ended.err
    assert (ended.json["erased"], ended.json["id"]) == (True, id)
    assert {"spotio.record", "spotio.activity"} <= set(ended.json["rows"])

    again = program.here("pull", "--reconcile", "--json")
    assert (again.code, again.json["outcome"]) == (0, "done")
    assert {table["changed"] for table in again.json["tables"] if table["system"] == "spotio"} == {0}
    assert rows(program, f"select name, address, lat from spotio.record where id = '{id}'") == [
        [None, None, None]
    ]
    assert rows(
        program, f"select count(coalesce(text, notes)) from spotio.activity where dataObjectId = '{id}'"
    ) == [[0]]
    assert rows(program, NUMBERS) == numbers
    assert rows(program, "select id, why from history.erased") == [[id, "asked in writing"]]


def test_without_a_yes_nothing_is_erased(program: Fieldline) -> None:
    id, name = somebody(program)
    shown = program.here("erase", f"spotio:{id}", "--json")
    assert (shown.code, shown.json["erased"]) == (3, False)
    assert shown.json["rows"]["spotio.record"] == 1
    unanswered = program.run("erase", f"spotio:{id}")  # nobody is at its stdin
    assert unanswered.code == 3
    assert "Nothing was erased" in unanswered.err
    assert "spotio.record" in unanswered.out
    assert rows(program, f"select name from spotio.record where id = '{id}'") == [[name]]


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 3)])
def test_the_question_is_answered_by_a_person(
    program: Fieldline, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    id, name = somebody(program)
    monkeypatch.chdir(program.folder)
    result = CliRunner().invoke(app, ["erase", f"spotio:{id}"], input=answer)
    assert result.exit_code == code
    assert rows(program, f"select name from spotio.record where id = '{id}'") == [
        [None if code == 0 else name]
    ]


def test_an_id_of_nobody_is_refused_in_one_sentence(program: Fieldline) -> None:
    ended = program.here("erase", "salesforce:00Q000000000000MAA", "--yes")
    assert ended.code == 3
    assert "nothing was changed" in sentence(ended.err)


@pytest.mark.requirement("CO-17")
def test_whoever_was_erased_since_a_backup_stays_erased_when_it_is_restored(program: Fieldline) -> None:
    id, _ = somebody(program)
    assert program.here("backup", "early.duckdb").code == 0
    assert program.here("erase", f"spotio:{id}", "--yes").code == 0
    ended = program.here("restore", "early.duckdb", "--json")
    assert (ended.code, ended.json["erased_again"]) == (0, [f"spotio:{id}"])
    assert rows(program, f"select name from spotio.record where id = '{id}'") == [[None]]


def test_copies_that_upgrades_left_are_named_and_deleted_when_asked(program: Fieldline) -> None:
    id, _ = somebody(program)
    copy = program.folder / "fieldline.duckdb.before-0003"
    shutil.copyfile(program.store, copy)
    said = program.here("erase", f"spotio:{id}", "--yes")
    assert copy.name in said.out
    assert program.here("erase", f"spotio:{id}", "--yes", "--delete-copies", "--json").json["copies"] == []
    assert not copy.exists()


@pytest.mark.requirement("CO-18")
def test_an_export_goes_where_it_is_told_and_is_written_down(program: Fieldline) -> None:
    ended = program.here("export", "--to", "facts", "--json")
    assert ended.code == 0, ended.err
    folder = program.folder / "facts"
    assert ended.json["folder"] == str(folder)
    assert (
        ended.json["tables"]["events"]
        == rows(program, "select count(*) from history.event where known_until is null")[0][0]
    )
    doors = pl.read_parquet(folder / "doors/*/*.parquet")
    assert doors.height == rows(program, "select count(*) from kpi.door")[0][0] > 0
    assert json.loads((folder / "manifest.json").read_text())["written_at"] == ended.json["written_at"]
    program.settings["FIELDLINE_EXPORT__FOLDER"] = "facts"
    assert "events" in program.here("export").out


def test_an_export_needs_a_folder_and_refuses_one_that_holds_something_else(program: Fieldline) -> None:
    ended = program.here("export")
    assert ended.code == 2
    assert "FIELDLINE_EXPORT__FOLDER" in sentence(ended.err)
    ended = program.here("export", "--to", ".")
    assert ended.code == 3
    assert "Choose an empty folder" in sentence(ended.err)


@pytest.fixture
def server(program: Fieldline) -> Iterator[Server]:
    program.settings |= {
        "FIELDLINE_PORT": str(free_port()),
        "FIELDLINE_EXPORT__FOLDER": "daily",
        "FIELDLINE_EXPORT__HOUR": "5",
        "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "36000",
        "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "36000",
    }
    with program.serving("run", "--json") as server:
        yield server


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-18")
def test_a_server_erases_and_exports_for_others_and_goes_on(program: Fieldline, server: Server) -> None:
    health = httpx.get(f"{server.url}/api/health").raise_for_status().json()
    assert "T05:00:00" in health["next"]["export"]
    id = somebody_asked(program)
    erased = program.run("erase", f"spotio:{id}", "--yes", "--json")
    assert erased.code == 0, erased.err
    assert asked(program, f"select name from spotio.record where id = '{id}'") == [[None]]
    exported = program.run("export", "--json")
    assert exported.code == 0, exported.err
    assert (program.folder / "daily/manifest.json").exists()
    assert program.run("pull", "--system", "spotio").code == 0
    assert asked(program, f"select name from spotio.record where id = '{id}'") == [[None]]
    assert server.terminate() == 0
    assert rows(program, f"select name from spotio.record where id = '{id}'") == [[None]]


def asked(program: Fieldline, sql: str) -> list[list[Any]]:
    """The rows of a query that the server answers."""
    found: list[list[Any]] = program.run("query", sql, "--json").json["rows"]
    return found


def somebody_asked(program: Fieldline) -> str:
    [[id]] = asked(
        program,
        "select id from spotio.record where name is not null order by visitsCount desc, id limit 1",
    )
    return str(id)
