"""Write the tables of data/export_tables.py into a folder as Parquet.

All tables are read in one transaction, so they fit each other. Each file is written beside its place and renamed, and
the manifest comes last; files that the manifest before it named and this export does not are removed after it. So
somebody who reads at any moment sees whole files, and nothing in the folder that is not ours is ever touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from data.errors import ExportRefusedError
from data.export_tables import TABLES, ExportTable
from data.literals import text
from data.store import Store

MANIFEST = "manifest.json"
_MADE_BY = "fieldline"
_NO_MONTH = "__HIVE_DEFAULT_PARTITION__"  # how Hive, and who reads its folders, calls a missing value


@dataclass(frozen=True)
class Written:
    """An export: when it was made, and of each table its rows and files (path in the folder -> rows)."""

    folder: Path
    written_at: datetime
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, dict[str, int]] = field(default_factory=dict)

    def manifest(self, schema: int) -> dict[str, Any]:
        return {
            "made_by": _MADE_BY,
            "schema": schema,
            "written_at": self.written_at.isoformat().replace("+00:00", "Z"),
            "tables": [
                {
                    "name": table.name,
                    "text": table.text,
                    "rows": self.rows[table.name],
                    "by_month_of": table.day,
                    "columns": [{"name": c.name, "type": c.type, "text": c.text} for c in table.columns],
                    "files": [{"path": path, "rows": rows} for path, rows in self.files[table.name].items()],
                }
                for table in TABLES
                if table.name in self.rows
            ],
        }


def write_folder(store: Store, folder: Path, now: datetime) -> Written:
    """Export every table into `folder`, which is made when it is not there; an earlier export in it is replaced.

    Raises ExportRefusedError for a folder that holds something else, or that cannot be written.
    """
    written = Written(folder, now)
    schema = store.schema_version()
    try:
        before = _claim(folder, schema, now)
        with store.cursor() as cursor:
            cursor.execute("begin")
            for table in TABLES:
                files = dict(_write_table(cursor, table, folder))
                written.files[table.name] = files
                written.rows[table.name] = sum(files.values())
            cursor.execute("rollback")
        _write_manifest(folder, written.manifest(schema))
        _remove(folder, before - {path for files in written.files.values() for path in files})
    except (OSError, duckdb.IOException) as error:
        raise ExportRefusedError(
            f"The export could not be written to {folder} ({str(error).splitlines()[0]}); what stood there before is whole."
            " Free some space or change the permission, then export again."
        ) from error
    return written


def _claim(folder: Path, schema: int, now: datetime) -> set[str]:
    """Make sure that the folder is ours; return the files of the export that stands in it."""
    if folder.exists() and not folder.is_dir():
        raise ExportRefusedError(f"{folder} is a file; nothing was written. Choose a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / MANIFEST
    if manifest.exists():
        try:
            found = json.loads(manifest.read_text())
            if found["made_by"] == _MADE_BY:
                _remove_halves(folder)
                return {file["path"] for table in found["tables"] for file in table["files"]}
        except (ValueError, TypeError, KeyError):
            pass
    if any(folder.iterdir()):
        raise ExportRefusedError(
            f"The folder {folder} holds something that is no export of Fieldline; nothing was written."
            " Choose an empty folder, or a new one."
        )
    # Before the first file: what a crash leaves behind is known for ours.
    _write_manifest(folder, Written(folder, now).manifest(schema))
    return set()


def _remove_halves(folder: Path) -> None:
    """Remove what an export that was cut off had begun; only names that an export gives."""
    for table in TABLES:
        name = f"{table.name}.parquet.part"
        for part in (folder / name, *folder.glob(f"{table.name}/month=*/{name}")):
            part.unlink(missing_ok=True)


def _write_table(
    cursor: duckdb.DuckDBPyConnection, table: ExportTable, folder: Path
) -> Iterator[tuple[str, int]]:
    """Write a table's files; gives each one's path in the folder and its rows."""
    sql = table.sql if _is_there(cursor, table.source) else table.empty_sql
    if table.day is None:
        path = f"{table.name}.parquet"
        yield path, _write_file(cursor, sql, folder / path)
        return
    months = cursor.sql(
        f"select distinct date_trunc('month', {table.day})::date from ({sql}) order by 1 nulls last"
    ).fetchall()
    # A table without rows still has a file, which tells its columns.
    for (month,) in months or [(None,)]:
        path = f"{table.name}/month={_name(month)}/{table.name}.parquet"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        chosen = f"select * from ({sql}) where {_in_month(table.day, month)}"
        yield path, _write_file(cursor, chosen, folder / path)


def _write_file(cursor: duckdb.DuckDBPyConnection, sql: str, target: Path) -> int:
    part = target.with_name(target.name + ".part")
    try:
        [(rows,)] = cursor.execute(
            f"copy ({sql}) to {text(str(part))} (format parquet, compression zstd)"
        ).fetchall()
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return int(rows)


def _is_there(cursor: duckdb.DuckDBPyConnection, source: str) -> bool:
    schema, _, name = source.partition(".")
    found = cursor.sql(
        "select 1 from information_schema.tables where table_catalog = current_database()"
        " and table_schema = $schema and table_name = $name",
        params={"schema": schema, "name": name},
    )
    return bool(found.fetchall())


def _name(month: date | None) -> str:
    return _NO_MONTH if month is None else f"{month:%Y-%m}"


def _in_month(day: str, month: date | None) -> str:
    if month is None:
        return f"{day} is null"
    return f"{day} >= date '{month}' and {day} < date '{month}' + interval 1 month"


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    part = folder / f"{MANIFEST}.part"
    part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    os.replace(part, folder / MANIFEST)


def _remove(folder: Path, paths: set[str]) -> None:
    """Remove files of an earlier export, and the folders that are empty without them."""
    for path in paths:
        file = folder / path
        if not file.resolve().is_relative_to(folder.resolve()):
            continue  # a manifest that somebody wrote by hand
        file.unlink(missing_ok=True)
        if file.parent != folder and not any(file.parent.iterdir()):
            file.parent.rmdir()
