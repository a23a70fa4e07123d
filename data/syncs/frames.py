"""Frames into DuckDB and out of it, as Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl


def give(cursor: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Let a frame be read under a name; a column without any value is text."""
    cursor.register(name, frame.with_columns(pl.col(pl.Null).cast(pl.String)).to_arrow())


def fetch(
    cursor: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """The rows of a query as a frame."""
    frame = pl.from_arrow(cursor.execute(sql, dict(params or {})).to_arrow_table())
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("a query gives a table")
    return frame


def count(cursor: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, Any] | None = None) -> int:
    """The one number that a query gives."""
    return int(cursor.execute(sql, dict(params or {})).fetchall()[0][0])
