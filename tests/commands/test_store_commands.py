"""Commands and the store: it is made when it is missing, refused when it cannot be used, and loses nothing."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from data.store import Store
from tests.commands.program import Ended, Fieldline, sentence

COMMANDS = {
    "query": ("query", "select 1 as one"),
    "pull": ("pull", "--system", "salesscreen"),
    "backup": ("backup", "copy.duckdb"),
}
_HOLDING = "import sys; from data.store import Store; s = Store.open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def refused(ended: Ended, *words: str) -> None:
    """The command was refused (exit 3) in one sentence with these words, and left its store alone."""
    assert ended.code == 3, ended.err
    said = sentence(ended.err)
    for word in words:
        assert word in said


@pytest.fixture
def program(bare: Fieldline) -> Fieldline:
    """The program with the settings of a SalesScreen, whose pull calls nobody."""
    bare.settings["FIELDLINE_SALESSCREEN__API_KEY"] = "unused"
    return bare


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_store_is_made(program: Fieldline, command: str) -> None:
    elsewhere = "duckdb:///other.duckdb"
    ended = program.here(*COMMANDS[command], "--store", elsewhere, "--json")
    assert ended.code == 0, ended.err
    assert program.here("query", "select count(*) from sync.migration", "--store", elsewhere).code == 0
    assert not program.store.exists()


def test_doctor_makes_a_missing_store_and_says_what_is_not_set_up(bare: Fieldline) -> None:
    ended = bare.here("doctor", "--json")
    assert ended.code == 0
    checks = {check["name"]: check for check in ended.json["checks"]}
    assert all(set(check) == {"name", "state", "text"} for check in ended.json["checks"])
    assert checks["store"]["state"] == checks["disk"]["state"] == "ok"
    assert {checks[system]["state"] for system in ("spotio", "salesforce")} == {"off"}
    assert "FIELDLINE_SPOTIO__SECRET" in checks["spotio"]["text"]
    assert bare.store.exists()


def test_doctor_signs_in_everywhere(fieldline: Fieldline) -> None:
    ended = fieldline.here("doctor", "--json")
    assert ended.code == 0, ended.out
    assert {check["state"] for check in ended.json["checks"]} == {"ok"}
    fieldline.settings |= {
        "FIELDLINE_SPOTIO__SECRET": "not-the-one",
        "FIELDLINE_SALESFORCE__OBJECTS": "Lead,Shipment__c",
    }
    ended = fieldline.here("doctor")
    assert ended.code == 1
    failed = [line for line in ended.out.splitlines() if line.startswith("failed")]
    assert len(failed) == 2
    assert "did not accept the API key" in failed[0]
    assert "Shipment__c" in failed[1]


def test_an_answer_is_columns_and_rows_of_plain_json(bare: Fieldline) -> None:
    sql = (
        "select timestamptz '2026-03-01 10:00:00+01' as moment, date '2026-03-01' as day, 1.50::decimal(9, 2) as price,"
        " 9007199254740993 as big, ['a', null] as list, {'b': 1} as struct, null as nothing, true as yes,"
        " interval 90 minutes as span, 'größer \U0001f600' as text"
    )
    ended = bare.here("query", sql, "--json")
    assert ended.code == 0, ended.err
    assert ended.out.count("\n") == 1
    assert ended.json == {
        "columns": ["moment", "day", "price", "big", "list", "struct", "nothing", "yes", "span", "text"],
        "rows": [
            [
                "2026-03-01T09:00:00Z", "2026-03-01", 1.5, 9007199254740993, ["a", None], {"b": 1}, None, True,
                "P0M0DT5400S", "größer \U0001f600",
            ]
        ],
    }  # fmt: skip
    assert bare.here("query", "select 1 as one where false", "--json").json == {
        "columns": ["one"],
        "rows": [],
    }
    shown = bare.here("query", "select 7 as seven, null as nothing")
    assert [line.split() for line in shown.out.splitlines()] == [
        ["seven", "nothing"],
        ["7", "–"],
        ["1", "rows"],
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "drop table sync.run",
        "select * from read_text('/etc/hostname')",
        "select * from config.secret",
        "select nonsense from sync.run",
        "selec 1",
        "",
        "select 1; select 2",
        "copy sync.run to 'runs.csv'",
    ],
)
def test_a_statement_that_may_not_run_is_refused(bare: Fieldline, sql: str) -> None:
    ended = bare.here("query", sql, "--json")
    assert ended.code == 3
    assert set(ended.json) == {"error", "exit"}
    assert ended.json["exit"] == 3
    assert "Traceback" not in ended.err
    assert bare.here("query", "select count(*) from sync.run").code == 0
    assert {path.name for path in bare.folder.iterdir()} == {"fieldline.duckdb"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_of_a_newer_version_is_refused_and_left_alone(program: Fieldline, command: str) -> None:
    Store.open(f"duckdb:////{str(program.store)[1:]}").close()
    with duckdb.connect(program.store) as connection:
        connection.execute("insert into sync.migration values (9999, 'of_tomorrow', now())")
    before = program.store.read_bytes()
    refused(program.here(*COMMANDS[command]), "newer Fieldline", "Upgrade")
    assert program.store.read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_store_is_refused_and_left_alone(program: Fieldline, command: str) -> None:
    program.store.write_text("my shopping list\n" * 1000)
    before = program.store.read_bytes()
    refused(program.here(*COMMANDS[command]), "not a Fieldline store")
    assert program.store.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("postgres://there", "duckdb:///"),
        ("duckdb:///", "duckdb:///"),
        ("duckdb:///no/folder/s.duckdb", "folder"),
    ],
)
def test_a_place_that_cannot_hold_a_store_is_said(bare: Fieldline, url: str, word: str) -> None:
    refused(bare.here("query", "select 1", "--store", url), word)


@pytest.mark.parametrize("command", [*COMMANDS, "restore"])
def test_a_store_that_another_process_holds_is_refused_with_its_pid(
    program: Fieldline, held: Callable[[Path], int], command: str
) -> None:
    assert program.here("backup", "kept.duckdb").code == 0
    pid = held(program.store)
    refused(program.here(*(COMMANDS | {"restore": ("restore", "kept.duckdb")})[command]), f"process {pid}")
    doctor = program.here("doctor", "--json").json["checks"][0]
    assert (doctor["name"], doctor["state"]) == ("store", "ok")
    assert f"process {pid}" in doctor["text"]


@pytest.fixture
def held() -> Iterator[Callable[[Path], int]]:
    """Have a process that is no server hold a store; gives its id."""
    holders: list[subprocess.Popen[str]] = []

    def hold(store: Path) -> int:
        command = (sys.executable, "-c", _HOLDING, f"duckdb:////{str(store)[1:]}")
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        return holder.pid

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


@pytest.mark.requirement("CO-17")
def test_a_backup_never_takes_the_place_of_a_file(program: Fieldline) -> None:
    (program.folder / "copy.duckdb").write_text("mine")
    refused(program.here("backup", "copy.duckdb"), "exists already")
    assert (program.folder / "copy.duckdb").read_text() == "mine"


@pytest.mark.requirement("CO-17")
def test_what_is_no_backup_is_not_restored(program: Fieldline) -> None:
    assert program.here("pull").code == 0
    refused(program.here("restore", "nowhere.duckdb"), "no backup")
    (program.folder / "notes.txt").write_text("not a backup\n" * 1000)
    refused(program.here("restore", "notes.txt"))
    runs = program.here("query", "select outcome from sync.run", "--json").json
    assert runs["rows"] == [["done"]]
    assert {path.name for path in program.folder.iterdir()} == {"fieldline.duckdb", "notes.txt"}


@pytest.mark.requirement("CO-01")
@pytest.mark.parametrize("room", [4_096, 400_000])
def test_a_full_disk_is_one_sentence_and_the_next_pull_loses_nothing(fieldline: Fieldline, room: int) -> None:
    fieldline.settings["FIELDLINE_SALESFORCE__OBJECTS"] = "Lead,Account,Task"
    assert fieldline.here("pull", "--system", "salesforce").code == 0
    before = fieldline.here("query", "select count(*) from salesforce.task", "--json").json

    def no_more_room() -> None:
        # A file that may not grow any more is what a full disk is to a process.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    ended = fieldline.run("pull", preexec=no_more_room)
    assert ended.code == 3, ended.err
    assert "disk is full" in sentence(ended.err)
    assert fieldline.here("query", "select count(*) from salesforce.task", "--json").json == before
    ended = fieldline.here("pull", "--json")
    assert (ended.code, ended.json["outcome"]) == (0, "done")
    for table in ended.json["tables"]:
        if table["source_count"] is not None:
            assert table["mirror_count"] == table["source_count"]
    log = fieldline.here("query", "select outcome from sync.run order by number", "--json").json["rows"]
    assert log[-1] == ["done"]
    assert ["running"] not in log
