"""Opening, owning, migrating, copying and putting back a store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import duckdb
import pytest

import data.store
from data.errors import StoreError, StoreOwnedError, StoreUnusableError, StoreVersionError
from data.store import Store, StoreLimits, path_of, restore
from tests.store.conftest import url_of


def test_a_missing_store_is_made_and_opened_again_with_what_it_holds(store_url: str) -> None:
    with Store.open(store_url) as store, store.write() as cursor:
        cursor.execute("insert into sync.run (number, id) values (1, 'r-1')")
    with Store.open(store_url) as store:
        assert store.rows("select id from sync.run") == [{"id": "r-1"}]


@pytest.mark.parametrize("url", ["", "sqlite:///x", "duckdb:///", "fieldline.duckdb"])
def test_another_kind_of_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(StoreError, match="duckdb:///name"):
        path_of(url)


def test_a_relative_and_an_absolute_address_name_their_files() -> None:
    assert path_of("duckdb:///here.duckdb") == Path("here.duckdb")
    assert path_of("duckdb:////there/it.duckdb") == Path("/there/it.duckdb")


def test_a_write_is_kept_whole_or_not_at_all(store: Store) -> None:
    with pytest.raises(duckdb.CatalogException), store.write() as cursor:
        cursor.execute(
            "insert into sync.run (number, id) values (1, 'r-1'); select * from sync.no_such_table"
        )
    assert store.rows("select id from sync.run") == []


def test_readers_see_the_last_committed_state_while_a_write_is_under_way(store: Store) -> None:
    with store.write() as cursor:
        cursor.execute("insert into sync.run (number, id) values (1, 'r-1')")
        assert store.rows("select count(*) as n from sync.run") == [{"n": 0}]
    assert store.rows("select count(*) as n from sync.run") == [{"n": 1}]


def test_two_writers_racing_on_one_new_key_add_it_once(store: Store) -> None:
    ready = threading.Barrier(8)

    def add_when_missing() -> None:
        ready.wait()
        with store.write() as cursor:
            if not cursor.execute("select 1 from sync.cursor where table_name = 'lead'").fetchall():
                cursor.execute("insert into sync.cursor (system, table_name) values ('salesforce', 'lead')")

    writers = [threading.Thread(target=add_when_missing) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.rows("select count(*) as n from sync.cursor") == [{"n": 1}]


def test_a_store_that_another_process_holds_is_refused_with_its_pid(store_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import sys; from data.store import Store; s = Store.open({store_url!r}); print('open', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreOwnedError, match=str(holder.pid)) as refused:
            Store.open(store_url)
        assert refused.value.pid == holder.pid
    finally:
        holder.communicate("")


def test_what_was_committed_survives_a_killed_process(store_url: str) -> None:
    script = textwrap.dedent(f"""
        import os
        from data.store import Store
        store = Store.open({store_url!r})
        with store.write() as cursor:
            cursor.execute("insert into sync.run (number, id) values (1, 'kept')")
        with store.write() as cursor:
            cursor.execute("insert into sync.run (number, id) values (2, 'not committed')")
            os.kill(os.getpid(), {int(signal.SIGKILL)})
    """)
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    with Store.open(store_url) as store:
        assert store.rows("select id from sync.run") == [{"id": "kept"}]


def test_a_store_made_by_a_newer_version_is_refused_and_left_alone(store_url: str) -> None:
    with Store.open(store_url) as store, store.write() as cursor:
        cursor.execute("insert into sync.migration values (9999, '9999_later', now())")
    before = path_of(store_url).read_bytes()
    with pytest.raises(StoreVersionError, match=r"newer Fieldline.*9999"):
        Store.open(store_url)
    assert path_of(store_url).read_bytes() == before


@pytest.mark.requirement("CO-17")
def test_an_upgrade_copies_a_store_before_it_touches_it(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(store_url) as store, store.write() as cursor:
        version = store.schema_version()
        cursor.execute("insert into sync.run (number, id) values (1, 'old')")
    later = tmp_path / "migrations"
    later.mkdir()
    for file in data.store.MIGRATIONS.glob("*.sql"):
        (later / file.name).write_text(file.read_text())
    (later / f"{version + 1:04d}_later.sql").write_text(
        "create table sync.later (n integer); delete from sync.run;"
    )
    monkeypatch.setattr(data.store, "MIGRATIONS", later)

    with Store.open(store_url) as store:
        assert store.schema_version() == version + 1
        assert store.rows("select * from sync.run") == []
    copy = tmp_path / f"fieldline.duckdb.before-{version + 1:04d}"
    with duckdb.connect(str(copy), read_only=True) as kept:
        assert kept.execute("select id from sync.run").fetchall() == [("old",)]


def test_each_migration_has_a_number_of_its_own() -> None:
    numbers = [file.name[:4] for file in sorted(data.store.MIGRATIONS.glob("*.sql"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(store_url) as store:
        version = store.schema_version()
    later = tmp_path / "migrations"
    later.mkdir()
    for file in data.store.MIGRATIONS.glob("*.sql"):
        (later / file.name).write_text(file.read_text())
    broken = later / f"{version + 1:04d}_broken.sql"
    broken.write_text("create table sync.half (n integer); select * from sync.no_such_table;")
    monkeypatch.setattr(data.store, "MIGRATIONS", later)
    with pytest.raises(StoreUnusableError):
        Store.open(store_url)
    broken.unlink()
    with Store.open(store_url) as store:
        assert store.schema_version() == version
        assert store.rows("select 1 from information_schema.tables where table_name = 'half'") == []


def test_a_duckdb_file_of_somebody_else_is_refused_and_left_alone(store_url: str) -> None:
    with duckdb.connect(str(path_of(store_url))) as other:
        other.execute("create table theirs (n integer)")
    with pytest.raises(StoreUnusableError, match="not a Fieldline store"):
        Store.open(store_url)
    with duckdb.connect(str(path_of(store_url))) as other:
        assert other.execute("show tables").fetchall() == [("theirs",)]


def test_a_file_that_is_no_store_is_refused_in_one_sentence(store_url: str) -> None:
    path_of(store_url).write_text("Dear diary, " * 1000)
    with pytest.raises(StoreUnusableError, match="not a Fieldline store"):
        Store.open(store_url)


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match="folder does not exist"):
        Store.open(url_of(tmp_path / "nowhere" / "fieldline.duckdb"))


def test_a_full_disk_is_one_sentence_and_loses_nothing(store_url: str) -> None:
    script = textwrap.dedent(f"""
        import resource, signal, sys
        from data.errors import StoreUnusableError
        from data.store import Store
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = Store.open({store_url!r})
        with store.write() as cursor:
            cursor.execute("insert into sync.run (number, id) values (1, 'kept')")
        # A file that may not grow any more is what a full disk is to a process.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
        try:
            with store.write() as cursor:
                cursor.execute("insert into sync.run (number, id) select n, md5(n::varchar) || repeat(md5(n::varchar), 20) from range(200000) t(n)")
        except StoreUnusableError as error:
            print(error)
            sys.exit(7)
    """)
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert ended.returncode == 7, ended.stderr
    assert "The disk is full. Free some space" in ended.stdout
    with Store.open(store_url) as store:
        assert store.rows("select id from sync.run") == [{"id": "kept"}]


@pytest.mark.requirement("CO-17")
def test_a_backup_is_whole_while_others_read_and_write(store: Store, tmp_path: Path) -> None:
    stop = threading.Event()
    added: list[int] = []

    def write() -> None:
        while not stop.is_set():
            with store.write() as cursor:
                cursor.execute("insert into sync.run (number, id) values ($n, 'run')", {"n": len(added)})
                cursor.execute("insert into sync.run_table (run) values ('run')")
            added.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(added) < 20:
            pass
        target = tmp_path / "backup.duckdb"
        assert store.backup(target) == target.stat().st_size
    finally:
        stop.set()
        writer.join()
    with Store.open(url_of(target)) as copy:
        [counts] = copy.rows(
            "select (select count(*) from sync.run) as runs, (select count(*) from sync.run_table) as tables"
        )
        assert counts["runs"] == counts["tables"] >= 20
        assert copy.schema_version() == store.schema_version()


def test_a_backup_never_overwrites_a_file(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        store.backup(target)
    assert target.read_text() == "mine"


@pytest.mark.requirement("CO-17")
def test_a_restored_store_holds_what_the_backup_held_and_keeps_the_former_one(
    store_url: str, tmp_path: Path
) -> None:
    target = tmp_path / "backup.duckdb"
    with Store.open(store_url) as store:
        with store.write() as cursor:
            cursor.execute("insert into sync.run (number, id) values (1, 'before')")
        store.backup(target)
        with store.write() as cursor:
            cursor.execute("insert into sync.run (number, id) values (2, 'after')")
    kept = restore(target, store_url)
    with Store.open(store_url) as store:
        assert store.rows("select id from sync.run") == [{"id": "before"}]
    assert kept is not None
    with Store.open(url_of(kept)) as former:
        assert former.rows("select id from sync.run order by number") == [{"id": "before"}, {"id": "after"}]
    assert target.exists()


def test_restoring_what_is_no_backup_changes_nothing(store_url: str, tmp_path: Path) -> None:
    with Store.open(store_url) as store, store.write() as cursor:
        cursor.execute("insert into sync.run (number, id) values (1, 'mine')")
    wrong = tmp_path / "letter.txt"
    wrong.write_text("Dear diary, " * 1000)
    with pytest.raises(StoreError):
        restore(wrong, store_url)
    with pytest.raises(StoreError, match="no backup"):
        restore(tmp_path / "missing", store_url)
    with Store.open(store_url) as store:
        assert store.rows("select id from sync.run") == [{"id": "mine"}]
    assert sorted(os.listdir(tmp_path)) == ["fieldline.duckdb", "letter.txt"]


def test_a_backup_takes_the_place_of_a_damaged_store_and_of_its_log(store_url: str, tmp_path: Path) -> None:
    backup, damaged = tmp_path / "kept.duckdb", path_of(store_url)
    with Store.open(store_url) as store:
        store.backup(backup)
    log = damaged.with_name(damaged.name + ".wal")
    damaged.write_bytes(b"not a store any more" * 1000)
    log.write_bytes(b"nor is this its log")
    kept = restore(backup, store_url)
    assert kept is not None
    assert kept.read_bytes().startswith(b"not a store")
    assert kept.with_name(kept.name + ".wal").read_bytes() == b"nor is this its log"
    assert not log.exists()
    with Store.open(store_url) as store:
        assert store.schema_version() > 0


def test_a_store_in_use_is_not_restored_over(store: Store, store_url: str, tmp_path: Path) -> None:
    target = tmp_path / "backup.duckdb"
    store.backup(target)
    script = f"from pathlib import Path; from data.store import restore; restore(Path({str(target)!r}), {store_url!r})"
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert "StoreOwnedError" in ended.stderr
    assert str(os.getpid()) in ended.stderr


def test_the_memory_limit_is_what_the_settings_say(store_url: str) -> None:
    with Store.open(store_url, StoreLimits(memory_mb=200)) as store:
        [row] = store.rows("select current_setting('memory_limit') as shown")
    assert row["shown"] == "190.7 MiB"
    assert 128 <= StoreLimits().memory() <= 1024


@pytest.mark.requirement("CO-17")
def test_a_copy_keeps_the_order_in_which_rows_were_written(store: Store, tmp_path: Path) -> None:
    with store.write() as cursor:
        cursor.execute(
            "insert into history.change (system, id, run) select 'spotio', hash(n), n from range(400000) as made(n) order by n"
        )
    out_of_order = (
        "select count(*) as n from"
        " (select run::bigint as now, lag(run::bigint) over (order by rowid) as before from history.change) where now < before"
    )
    store.backup(tmp_path / "copy.duckdb")
    store.rewrite()
    assert store.rows(out_of_order) == [{"n": 0}]
    with Store.open(url_of(tmp_path / "copy.duckdb")) as copy:
        assert copy.rows(out_of_order) == [{"n": 0}]
        assert copy.rows("select count(*) as n from history.change") == [{"n": 400_000}]


@pytest.mark.requirement("CO-17")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_while_the_file_is_written_anew_leaves_a_whole_store(
    store_url: str, moment: str
) -> None:
    script = textwrap.dedent(f"""
        import os
        import data.store
        store = data.store.Store.open({store_url!r})
        with store.write() as cursor:
            cursor.execute("insert into sync.run (number, id) values (1, 'kept')")
        put_in_place = os.replace
        def killed(new, old):
            if {moment!r} == "after":
                put_in_place(new, old)
            os.kill(os.getpid(), {int(signal.SIGKILL)})
        os.replace = killed
        store.rewrite()
    """)
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    for _ in range(2):  # also over what the killed one left
        with Store.open(store_url) as store:
            assert store.rows("select id from sync.run") == [{"id": "kept"}]
            store.rewrite()


def test_what_is_kept_of_a_reading_lasts_until_the_next_write(store: Store) -> None:
    def count() -> int:
        return int(
            store.lasting("runs", lambda: store.rows("select count(*) as n from sync.touched"))[0]["n"]
        )

    assert count() == 0
    with store.write() as cursor:
        cursor.execute("insert into sync.touched values ('spotio', 'record', '1')")
        assert count() == 0, "what is not committed is nobody's to see"
    assert count() == 1
