"""Open the store by URL and hand out cursors; nothing outside this package knows that it is DuckDB.

Choices. One process owns the file (DuckDB gives it to one at a time) and one writer at a time writes:
without keys, two open transactions that add the same key would both succeed. So every write goes through
`Store.write`, one lock and one short transaction, with no network inside. Reads take a cursor of their own
and see the last committed state. Timestamps are handed out as Arrow, in UTC.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import psutil

from data.ceiling import wait_for_no_reader
from data.errors import (
    StoreError,
    StoreInvalidatedError,
    StoreOwnedError,
    StoreUnusableError,
    StoreVersionError,
)

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

MIGRATIONS = Path(__file__).parent / "migrations"
QUERIES = Path(__file__).parent / "queries"
DEFAULT_URL = "duckdb:///fieldline.duckdb"
# How long the file's change waits for reads under way to end; a reader's own limit is longer only for a command.
SWAP_PATIENCE_SECONDS = 60.0
_MEGABYTE = 1024 * 1024
_LASTING_MAX = 10_000
_T = TypeVar("_T")
_READER_ENDS_SECONDS = 20.0
_SCHEMAS = frozenset(
    {"spotio", "salesforce", "salesscreen", "history", "sync", "config", "kpi", "main", "temp", "system"}
)


@dataclass(frozen=True)
class StoreLimits:
    """What DuckDB may take: memory in MB and a spill folder.

    By default a 200th of the machine's memory (128 to 1,024 MB); a `roomy` one has a 48th (256 to 1,024 MB): that of a
    server, whose readers ask the same tables again and again, and of a plan, which joins all that a sync knows.
    """

    memory_mb: int | None = None
    temp_directory: str | None = None
    roomy: bool = False

    def memory(self) -> int:
        if self.memory_mb is not None:
            return self.memory_mb
        # A first load runs faster within a small limit than without one: less is cached that nobody reads again.
        least, part = (256, 48) if self.roomy else (128, 200)
        share = psutil.virtual_memory().total // part // _MEGABYTE
        return int(min(1024, max(least, share)))


def path_of(url: str) -> Path:
    """The file behind a store URL: duckdb:///relative or duckdb:////absolute; a StoreError for anything else."""
    prefix = "duckdb:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        raise StoreError(
            f"'{url}' is not a store URL. Use duckdb:///name.duckdb (beside you) or duckdb:////full/path.duckdb."
        )
    path = Path(url[len(prefix) :])
    if path.stem.lower() in _SCHEMAS:
        # DuckDB calls a catalog by its file's name, and "sync.run" would mean two things.
        raise StoreError(
            f"A store cannot be called '{path.name}': {path.stem} is the name of a part of it. Choose another."
        )
    return path


@cache
def query(name: str) -> str:
    """The text of data/queries/<name>.sql."""
    return (QUERIES / f"{name}.sql").read_text()


class Store:
    """An open catalog. Close it, or use it as a context manager; a second process is refused while it is open."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, limits: StoreLimits) -> None:
        self.path = path
        self._connection = connection
        self._limits = limits
        self._writer = threading.RLock()
        # Cursors in use, and whether new ones wait because the file behind them is being changed.
        self._cursors = 0
        self._changing_file = False
        self._cursors_changed = threading.Condition()
        self._mine = threading.local()
        self._lasting: dict[Hashable, Any] = {}

    @classmethod
    def open(cls, url: str = DEFAULT_URL, limits: StoreLimits | None = None) -> Store:
        """Open, make or migrate the store at `url`.

        Before a migration touches a store that holds data, the file is copied beside itself.
        Raises StoreOwnedError, StoreVersionError or StoreUnusableError; then nothing was changed.
        """
        path = path_of(url)
        limits = limits or StoreLimits()
        connection = _connect(path, limits)
        try:
            known = _known_migrations()
            applied = _applied_migrations(connection)
            if applied and max(applied) > max(known):
                raise StoreVersionError(str(path), max(applied), max(known))
            pending = [number for number in sorted(known) if number not in applied]
            if pending and applied:
                connection.execute("checkpoint")
                connection.close()
                _copy(path, path.with_name(f"{path.name}.before-{pending[-1]:04d}"))
                connection = _connect(path, limits)
            for number in pending:
                _apply(connection, number, known[number])
        except duckdb.Error as error:
            connection.close()
            raise unusable(path, error) from error
        except StoreError:
            connection.close()
            raise
        return cls(path, connection, limits)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go, with everything committed folded into it."""
        with self._writer:
            self._connection.close()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of one's own for reading, closed afterwards."""
        with self._cursors_changed:
            # A thread that has one already gets its next at once: the change waits for the first one's end.
            if not getattr(self._mine, "cursors", 0):
                self._cursors_changed.wait_for(lambda: not self._changing_file)
            self._count_cursors(1)
        try:
            cursor = self._connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()
        finally:
            with self._cursors_changed:
                self._count_cursors(-1)

    def _count_cursors(self, change: int) -> None:
        self._cursors += change
        self._mine.cursors = getattr(self._mine, "cursors", 0) + change
        self._cursors_changed.notify_all()

    def release_memory(self) -> None:
        """Have DuckDB return to the system, now, the memory that nothing uses: it does so when its limit is set."""
        with self.cursor() as cursor:
            cursor.execute(f"set global memory_limit = '{self._limits.memory()}MB'")

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The one writer: a cursor inside a transaction, committed at the end and rolled back on any error.

        Raises StoreUnusableError when the disk is full or the file cannot be written; nothing of the block is kept.
        """
        with self._writer, self.cursor() as cursor:
            try:
                cursor.execute("begin")
                yield cursor
                cursor.execute("commit")
                self._lasting = {}
            except duckdb.Error as error:
                _roll_back(cursor)
                if _is_of_the_machine(error):
                    raise unusable(self.path, error) from error
                raise
            except BaseException:
                _roll_back(cursor)
                raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other writer, and one thread: what DuckDB does then takes the least memory."""
        with self._writer:
            self._connection.execute("set threads = 1")
            try:
                yield
            finally:
                self._connection.execute("reset threads")

    def arrow(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Run a read and give its rows as an Arrow table."""
        try:
            return self._arrow(sql, params)
        except duckdb.OutOfMemoryException:
            # A statement typed by a reader may have taken it all; it is ended soon, and gives it back.
            wait_for_no_reader(_READER_ENDS_SECONDS)
            return self._arrow(sql, params)

    def _arrow(self, sql: str, params: Mapping[str, Any] | None) -> pa.Table:
        with self.cursor() as cursor:
            # Not `sql`, which plans a statement once to know its columns and again to run it.
            return cursor.execute(sql, dict(params or {})).to_arrow_table()

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run a read of few rows and give them as dicts."""
        return list(self.arrow(sql, params).to_pylist())

    def frame(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Run a read and give its rows as a polars frame."""
        import polars as pl  # late: a command that only pulls never needs it

        frame = pl.from_arrow(self.arrow(sql, params))
        if not isinstance(frame, pl.DataFrame):
            raise TypeError("a query gives a table")
        return frame

    def lasting(self, key: Hashable, read: Callable[[], _T]) -> _T:
        """What `read` finds in the store, kept under `key` until the next write: for what is looked up at every step.

        What is kept is shared; nobody may change it.
        """
        kept = self._lasting  # a write puts another in its place, so nothing read before it is found after it
        try:
            found: _T = kept[key]
        except KeyError:
            if len(kept) >= _LASTING_MAX:
                kept.clear()
            found = kept[key] = read()
        return found

    def schema_version(self) -> int:
        """The number of the newest migration applied."""
        return int(self.rows("select max(number) as number from sync.migration")[0]["number"])

    def backup(self, target: Path) -> int:
        """Write a consistent copy of the store to `target` while others go on reading; return its size in bytes.

        An existing target is refused. The copy is made beside it and renamed, so a half-written backup never bears
        its name.
        """
        if target.exists():
            raise StoreError(f"{target} exists already; nothing was written. Choose another name.")
        part = target.with_name(target.name + ".part")
        with self._writer:
            self._copy_rows(part)
            try:
                os.replace(part, target)
            except OSError as error:
                part.unlink(missing_ok=True)
                raise unusable(target, error) from error
        return target.stat().st_size

    def rewrite(self) -> int:
        """Write the store's file anew from the rows that it shows now; return its size in bytes.

        DuckDB keeps rows that were deleted or overwritten until their blocks are needed for others, so what must be
        gone from the file is gone only after this. Needs room for a second copy. Reads go on while the copy is made;
        for the moment of the change they wait. Raises StoreError when reads under way do not end; then nothing was
        changed.
        """
        part = self.path.with_name(self.path.name + ".rewriting")
        with self._writer:
            try:
                self._copy_rows(part)
                self._change_file(part)
            finally:
                part.unlink(missing_ok=True)
        return self.path.stat().st_size

    def _copy_rows(self, target: Path) -> None:
        """Copy every row that stands into a new file; the caller is the writer, so nothing changes in between."""
        try:
            try:
                self._copy_tables(target)
            except duckdb.OutOfMemoryException:
                with self.alone():
                    self._copy_tables(target)
        except (duckdb.Error, OSError) as error:
            target.unlink(missing_ok=True)
            raise unusable(target, error) from error

    def _copy_tables(self, target: Path) -> None:
        """The same, a table a transaction: a whole store in one takes more memory than a small machine gives."""
        for left in (target, target.with_name(target.name + ".wal")):  # by a copy that was cut off
            left.unlink(missing_ok=True)
        with self.cursor() as cursor:
            cursor.execute("checkpoint")
            [(source,)] = cursor.sql("select current_database()").fetchall()
            cursor.execute(f"attach {_literal(str(target))} as copied_store")
            # The order in which changes were written is part of what history.change tells.
            cursor.execute("set preserve_insertion_order = true")
            try:
                cursor.execute(f'copy from database "{source}" to copied_store (schema)')
                tables = cursor.sql(
                    "select schema_name, table_name from duckdb_tables()"
                    " where database_name = current_database() and not temporary and not internal"
                ).fetchall()
                for schema, table in tables:
                    name = f'"{schema}"."{table}"'
                    cursor.execute(f"insert into copied_store.{name} from {name}")
            finally:
                cursor.execute("set preserve_insertion_order = false")
                cursor.execute("detach copied_store")

    def _change_file(self, new: Path) -> None:
        """Let the file `new`, which holds the same rows, take the place of the open one; the caller is the writer."""
        with self._cursors_changed:
            self._changing_file = True
            try:
                if not self._cursors_changed.wait_for(lambda: not self._cursors, SWAP_PATIENCE_SECONDS):
                    raise StoreError(
                        f"The file of the store {self.path} could not be changed because something is being read"
                        " from it; nothing was lost. Try again when it is done."
                    )
                self._connection.execute("checkpoint")
                self._connection.close()
                try:
                    # DuckDB would give the old file's rows for the new name, as long as anything holds it open,
                    # and a log that is left would be taken for the new file's.
                    if _is_open(self.path) or self.path.with_name(self.path.name + ".wal").exists():
                        raise StoreError(f"The file of the store {self.path} could not be let go; try again.")
                    os.replace(new, self.path)
                finally:
                    self._connection = _connect(self.path, self._limits)
            except (duckdb.Error, OSError) as error:
                raise unusable(self.path, error) from error
            finally:
                self._changing_file = False
                self._cursors_changed.notify_all()


def restore(backup: Path, url: str) -> Path | None:
    """Put a backup in the place of the store at `url`; return where the store that stood there was kept.

    A store in use is refused, a damaged one is not: it is what backups are for. The backup is opened and its version
    checked before anything is moved. Raises StoreError.
    """
    target = path_of(url)
    if not backup.is_file():
        raise StoreError(f"There is no backup at {backup}; nothing was changed.")
    _let_go(target)
    part = target.with_name(target.name + ".part")
    _copy(backup, part)
    try:
        try:
            with Store.open(f"duckdb:///{part}" if not part.is_absolute() else f"duckdb:////{str(part)[1:]}"):
                pass  # it opens, is a store of ours, and is migrated to this version
        except StoreError as error:
            raise StoreError(str(error).replace(str(part), str(backup))) from error
        kept = None
        if target.exists():
            _let_go(target)
            kept = target.with_name(f"{target.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
            os.replace(target, kept)
            log = target.with_name(target.name + ".wal")
            if log.exists():  # of a damaged store: the restored one must not take it for its own
                os.replace(log, kept.with_name(kept.name + ".wal"))
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return kept


def _is_open(path: Path) -> bool:
    """Whether this process has the file open."""
    return str(path.resolve()) in {file.path for file in psutil.Process().open_files()}


def _let_go(target: Path) -> None:
    """Raise StoreOwnedError when a process holds the store; else fold its log into it, unless it is damaged."""
    if not target.exists():
        return
    try:
        _connect(target, StoreLimits()).close()
    except StoreUnusableError:
        return


def unusable(path: Path, error: Exception) -> StoreUnusableError:
    """Say in one sentence why the store at `path` did not work, from what DuckDB or the system said."""
    text = str(error)
    lowered = text.lower()
    if isinstance(error, duckdb.FatalException) or "has been invalidated" in lowered:
        return StoreInvalidatedError(
            f"DuckDB gave the store {path} up ({text.splitlines()[0]}); what was committed is kept. Start Fieldline again."
        )
    if "no space left" in lowered or "disk full" in lowered or "file too large" in lowered:
        advice = "The disk is full. Free some space and try again; what was stored before is intact."
    elif "out of memory" in lowered:
        advice = "The work needed more memory than FIELDLINE_STORE_MEMORY_MB allows. Raise it, or free disk for spilling."
    elif "permission denied" in lowered or "read-only" in lowered:
        advice = "This user may not write there. Change the permission, or choose another place with --store."
    elif "not a valid duckdb database" in lowered or "is a directory" in lowered:
        advice = "It is not a Fieldline store. Choose another file with --store."
    elif "no such file or directory" in lowered or "cannot open file" in lowered:
        advice = (
            "Its folder does not exist or cannot be opened. Make the folder, or choose another with --store."
        )
    else:
        advice = f"DuckDB said: {text.splitlines()[0]}"
    return StoreUnusableError(f"The store {path} could not be used. {advice}")


def _connect(path: Path, limits: StoreLimits) -> duckdb.DuckDBPyConnection:
    temp = limits.temp_directory or f"{path}.tmp"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{limits.memory()}MB",
        "temp_directory": temp,
        "max_temp_directory_size": f"{_spill_mb(path)}MB",
        # Rows have no order of their own here, and keeping one costs memory.
        "preserve_insertion_order": False,
        # Folding the log into the file at DuckDB's 16 MB made half of a first load's time.
        "checkpoint_threshold": "96MB",
        # What a merge leaves behind goes back to the system at once, not when the next one needs it.
        "allocator_background_threads": True,
        # A name in a statement never means a variable of ours.
        "python_enable_replacements": False,
        # Nothing is downloaded at run time; what is needed is installed.
        "autoinstall_known_extensions": False,
    }
    try:
        connection = duckdb.connect(str(path), config=config)
        connection.execute("load icu")  # built in; without it there are no time zones
        connection.execute(
            "set global TimeZone = 'UTC'"
        )  # for every cursor; setting it in each costs as much as a read
        return connection
    except duckdb.Error as error:
        text = str(error)
        if "could not set lock" in text.lower() or "conflicting lock" in text.lower():
            found = re.search(r"PID (\d+)", text)
            raise StoreOwnedError(str(path), int(found.group(1)) if found else None, None) from error
        raise unusable(path, error) from error


def _spill_mb(path: Path) -> int:
    """How much may be spilled to disk: a quarter of what is free, at most 20 GB, so that no statement fills the disk."""
    try:
        free = shutil.disk_usage(path.absolute().parent).free
    except OSError:
        free = 0  # no such folder: opening says so
    return min(20 * 1024, max(256, free // 4 // _MEGABYTE))


def _known_migrations() -> dict[int, Path]:
    return {int(file.name[:4]): file for file in sorted(MIGRATIONS.glob("[0-9]*.sql"))}


def _applied_migrations(connection: duckdb.DuckDBPyConnection) -> set[int]:
    tables = connection.sql(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    if not tables:
        return set()
    if ("sync.migration",) not in tables:
        raise StoreUnusableError(
            "This DuckDB file holds tables but is not a Fieldline store; nothing was changed. Choose another file with --store."
        )
    return {row[0] for row in connection.sql("select number from sync.migration").fetchall()}


def _apply(connection: duckdb.DuckDBPyConnection, number: int, file: Path) -> None:
    connection.execute("begin")
    try:
        connection.execute("create schema if not exists sync")
        connection.execute(
            "create table if not exists sync.migration (number integer, name varchar, applied_at timestamptz)"
        )
        connection.execute(file.read_text())
        connection.execute(
            "insert into sync.migration values ($number, $name, $applied_at)",
            {"number": number, "name": file.stem, "applied_at": datetime.now(UTC)},
        )
        connection.execute("commit")
    except BaseException:
        _roll_back(connection)
        raise


def _is_of_the_machine(error: duckdb.Error) -> bool:
    """Whether disk or memory is the reason, and not the statement; a commit that cannot be written says it in words."""
    if isinstance(error, duckdb.TransactionException):
        return "could not write file" in str(error).lower()
    return isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.OutOfMemoryException)


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("rollback")
    except duckdb.Error:
        return  # DuckDB has already ended the transaction, or the whole instance


def _copy(source: Path, target: Path) -> None:
    """Copy a closed store, whole or not at all."""
    part = target.with_name(target.name + ".copying")
    try:
        shutil.copyfile(source, part)
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unusable(target, error) from error


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
