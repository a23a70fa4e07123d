"""The tables for other tools: what they hold, that a reader never sees half of one, and whose folder it is."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from data import events, export_tables
from data.errors import ExportRefusedError
from data.export_folder import write_folder
from data.export_tables import TABLES
from data.schema import prepare
from data.store import Store
from sync.connectors.spotio import tables
from tests.store import people
from tests.store.conftest import NOON

DOCUMENT = Path(__file__).parents[2] / "docs/exports.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


def write_events(store: Store, *moments: datetime, known_until: datetime | None = None) -> None:
    rows = pa.Table.from_pylist(
        [
            {"id": f"activity:{moment:%m%d%H%M}", "kind": "logged", "happened_at": moment, "local_day": moment.date(),
             "known_until": known_until}
            for moment in moments
        ],
        schema=pa.schema({
            "id": pa.string(), "kind": pa.string(), "happened_at": pa.timestamp("us", "UTC"), "local_day": pa.date32(),
            "known_until": pa.timestamp("us", "UTC"),
        }),
    )  # fmt: skip
    with store.write() as cursor:
        cursor.register("given_events", rows)
        cursor.execute("insert into history.event by name select * from given_events")


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.requirement("CO-18")
def test_the_tables_hold_what_the_store_holds_and_the_manifest_says_so(store: Store, folder: Path) -> None:
    people.fill(store)
    prepare(store, tables.STAGE, "r-1", NOON)
    prepare(store, tables.TEMPLATE, "r-1", NOON)
    people.bring(
        store,
        tables.STAGE,
        {"id": "1:2", "typeId": "1", "stageId": "2", "name": "Sold", "groupName": "won", "position": 2},
    )
    people.bring(
        store,
        tables.TEMPLATE,
        {
            "id": "1",
            "name": "Visit",
            "active": True,
            "results": '[{"id": "6", "name": "Sold", "active": true}]',
        },
    )
    people.bring(store, tables.TEAM, {"id": "t1", "name": "North", "usersIds": [people.REP]})
    events.refresh(store, events.EventSettings())
    written = write_folder(store, folder, NOON)

    facts = pl.read_parquet(folder / "events/*/*.parquet", hive_partitioning=False)
    plain = store.frame(
        "select id as event_id, happened_at, value, record_id from history.event where known_until is null"
    )
    assert facts.select(plain.columns).sort("event_id").equals(plain.sort("event_id"))
    assert facts.height == written.rows["events"] > 0
    with duckdb.connect() as other:  # as a BI tool reads it, months included
        assert other.sql(f"select distinct month from '{folder}/events/*/*.parquet'").fetchall() == [
            ("2026-10",)
        ]
    assert pl.read_parquet(folder / "users.parquet").rows(named=True) == [
        {"user_id": people.REP, "name": "reptrace last", "email": "reptrace@example.com", "role": "Sales", "suspended": False, "deleted": False}
    ]  # fmt: skip
    assert pl.read_parquet(folder / "team_members.parquet").rows() == [("t1", people.REP)]
    assert pl.read_parquet(folder / "stages.parquet").rows() == [("1", "2", "Sold", "won", 2, False)]
    assert pl.read_parquet(folder / "results.parquet").rows() == [("1", "6", "Sold", True)]

    said = manifest(folder)
    assert said["written_at"] == "2026-10-12T12:00:00Z"
    assert [table["name"] for table in said["tables"]] == [table.name for table in TABLES]
    for table in said["tables"]:
        rows = {
            file["path"]: pyarrow.parquet.read_metadata(folder / file["path"]).num_rows
            for file in table["files"]
        }
        assert rows == {file["path"]: file["rows"] for file in table["files"]}
        assert sum(rows.values()) == table["rows"]
    assert {file["path"] for table in said["tables"] for file in table["files"]} | {"manifest.json"} == files(
        folder
    )


@pytest.mark.requirement("CO-18")
@pytest.mark.parametrize("filled", [True, False], ids=["after a pull", "before the first pull"])
def test_every_file_has_the_columns_and_types_that_are_documented(
    store: Store, folder: Path, filled: bool
) -> None:
    if filled:
        people.fill(store)
        events.refresh(store, events.EventSettings())
    write_folder(store, folder, NOON)
    with duckdb.connect() as other:
        for table in manifest(folder)["tables"]:
            for file in table["files"]:
                path = folder / file["path"]
                described = other.sql(
                    f"describe select * from read_parquet('{path}', hive_partitioning = false)"
                ).fetchall()
                types = {"timestamptz": "timestamp with time zone"}
                assert [(name, kind.lower()) for name, kind, *_ in described] == [
                    (column["name"], types.get(column["type"], column["type"])) for column in table["columns"]
                ]


@pytest.mark.requirement("CO-18")
def test_the_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text() == export_tables.document()


def test_only_what_is_known_now_is_exported_by_the_month_in_which_it_happened(
    store: Store, folder: Path
) -> None:
    october, november = NOON, NOON + timedelta(days=30)
    write_events(store, october, november)
    write_events(store, NOON + timedelta(days=1), known_until=november)
    write_folder(store, folder, november)
    assert {file for file in files(folder) if file.startswith("events/")} == {
        "events/month=2026-10/events.parquet",
        "events/month=2026-11/events.parquet",
    }
    assert pl.read_parquet(folder / "events/month=2026-10/events.parquet").height == 1


def test_a_month_that_is_no_more_goes_and_what_is_not_ours_stays(store: Store, folder: Path) -> None:
    write_events(store, NOON, NOON + timedelta(days=30))
    write_folder(store, folder, NOON)
    (folder / "events/month=2026-11/notes.txt").write_text("mine")
    (folder / "report.xlsx").write_text("mine")
    with store.write() as cursor:
        cursor.execute("delete from history.event")
    write_events(store, NOON + timedelta(days=60))
    write_folder(store, folder, NOON + timedelta(hours=1))
    assert {file for file in files(folder) if not file.endswith(".parquet")} == {
        "manifest.json", "events/month=2026-11/notes.txt", "report.xlsx",
    }  # fmt: skip
    assert {file for file in files(folder) if file.startswith("events/") and file.endswith(".parquet")} == {
        "events/month=2026-12/events.parquet"
    }
    assert not (folder / "events/month=2026-10").exists()
    assert manifest(folder)["written_at"] == "2026-10-12T13:00:00Z"


@pytest.mark.parametrize(
    "content",
    [
        {"budget.xlsx": "mine"},
        {"manifest.json": '{"made_by": "somebody"}'},
        {"manifest.json": "[]"},
        {"manifest.json": "not json"},
    ],
    ids=["a file", "a manifest of another program", "a list", "no JSON"],
)
def test_a_folder_that_holds_something_else_is_refused_and_left_alone(
    store: Store, folder: Path, content: dict[str, str]
) -> None:
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text)
    with pytest.raises(ExportRefusedError, match="nothing was written"):
        write_folder(store, folder, NOON)
    assert {name: (folder / name).read_text() for name in files(folder)} == content
    with pytest.raises(ExportRefusedError, match="is a file"):
        write_folder(store, folder / next(iter(content)), NOON)


def test_an_export_that_fails_leaves_the_one_before_and_the_next_one_goes_through(
    store: Store, folder: Path
) -> None:
    write_events(store, NOON)
    obstacle = folder / "users.parquet"
    write_folder(store, folder, NOON)
    before = manifest(folder)
    obstacle.unlink()
    obstacle.mkdir()
    with pytest.raises(ExportRefusedError, match="could not be written"):
        write_folder(store, folder, NOON + timedelta(hours=1))
    assert manifest(folder) == before
    assert not [file for file in files(folder) if file.endswith(".part")]
    obstacle.rmdir()
    write_folder(store, folder, NOON + timedelta(hours=2))
    assert manifest(folder)["written_at"] == "2026-10-12T14:00:00Z"


def test_a_first_export_that_was_cut_off_leaves_a_folder_that_is_known_for_ours(
    store: Store, folder: Path
) -> None:
    (folder / "events/month=2026-09").mkdir(parents=True)
    (folder / "manifest.json").write_text('{"made_by": "fieldline", "tables": []}')
    (folder / "events/month=2026-09/events.parquet.part").write_text("half of one")
    write_folder(store, folder, NOON)
    assert manifest(folder)["tables"]
    assert not [file for file in files(folder) if file.endswith(".part")]


def test_somebody_who_reads_all_the_time_sees_whole_files_only(store: Store, folder: Path) -> None:
    write_events(store, *(NOON + timedelta(minutes=minute) for minute in range(200)))
    write_folder(store, folder, NOON)
    stop = threading.Event()

    def read() -> int:
        reads = 0
        while not stop.is_set():
            assert pl.read_parquet(folder / "events/*/*.parquet", hive_partitioning=False).height == 200
            assert {column["name"] for column in manifest(folder)["tables"][0]["columns"]} >= {
                "event_id",
                "day",
            }
            reads += 1
        return reads

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for minutes in range(5):
            write_folder(store, folder, NOON + timedelta(minutes=minutes))
        stop.set()
        assert all(reader.result() > 0 for reader in readers)
