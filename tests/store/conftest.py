"""A real store in a folder of the test's own, and a table to fill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from data.schema import Field, MirrorTable
from data.store import Store

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)


def url_of(path: Path) -> str:
    return f"duckdb:////{str(path).lstrip('/')}"


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return url_of(tmp_path / "fieldline.duckdb")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


def lead_table(*more: Field, without: str = "") -> MirrorTable:
    """A small Lead: `more` fields replace those of the same name, `without` leaves one out."""
    fields = {
        field.name: field
        for field in (
            Field("Id", "id", "varchar"),
            Field("Name", "string", "varchar"),
            Field("Amount", "currency", "double"),
            Field("IsDeleted", "boolean", "boolean"),
            Field("SystemModstamp", "datetime", "timestamptz"),
            *more,
        )
        if field.name != without
    }
    return MirrorTable(
        "salesforce", "lead", "Lead", "Id", tuple(fields.values()), "SystemModstamp", "IsDeleted"
    )


def lead_rows(*rows: tuple[str, str | None, float | None, bool, str]) -> pa.Table:
    """(Id, Name, Amount, IsDeleted, SystemModstamp) as a page of Salesforce brings them."""
    names = ["Id", "Name", "Amount", "IsDeleted", "SystemModstamp"]
    types = [pa.string(), pa.string(), pa.float64(), pa.bool_(), pa.string()]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)], names=names
    )
