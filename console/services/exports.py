"""Take something away: the file, and the line in the audit that says who took what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from console.context import context
from console.identity import require
from console.readers import now, zone
from data import auditing, export

EVERYBODY = ("admin", "analyst", "manager", "rep")


def rows_as(kind: str, rows: pl.DataFrame, source: Mapping[str, Any]) -> bytes:
    """The rows as csv, xlsx or parquet; `source` says what they are, as {"page": ..., "filters": ...}.

    Raises ExportRefusedError when that kind cannot hold all of them.
    """
    person = require(*EVERYBODY)
    content = export.encoded(rows, kind, zone=zone())
    _write_down(person.author, kind, rows.height, source)
    return content


def refusal(kind: str, rows: pl.DataFrame) -> str | None:
    """Why there can be no such file of the rows, in a sentence; None when there can."""
    require(*EVERYBODY)
    return export.refusal(rows, kind, zone=zone())


def picture(content: bytes, source: Mapping[str, Any]) -> bytes:
    """A picture that somebody takes, unchanged; `source` names the numbers that it shows, too."""
    _write_down(require(*EVERYBODY).author, "png", None, source)
    return content


def file_name(title: str, kind: str) -> str:
    """A name that says what and when."""
    return export.file_name(title, kind, now())


def _write_down(person: str, kind: str, rows: int | None, source: Mapping[str, Any]) -> None:
    auditing.write_down_export(context().store, person=person, source=source, kind=kind, rows=rows, now=now())
