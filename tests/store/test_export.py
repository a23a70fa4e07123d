"""A result as a file: the values come through whole, as what they are, and nothing in it is run as a formula."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.auditing import write_down_export
from data.errors import ExportRefusedError
from data.export import XLSX_COLUMNS_MAX, XLSX_ROWS_MAX, XLSX_TEXT_MAX, encoded, file_name
from data.store import Store
from tests.store.conftest import NOON

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULAS = ["=1+1", "+49 30 123", "-5", "@sum(a1)", "\tx", "\rx", '=HYPERLINK("http://x")', "＝1+1"]


def result(sql: str) -> pa.Table:
    """What DuckDB answers, with its types."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.sql(sql).to_arrow_table()


def csv_rows(file: bytes) -> list[list[str]]:
    assert file.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def xlsx_rows(file: bytes) -> list[list[tuple[str, str]]]:
    """Each cell as (kind, value): kind is "text", "number", "boolean", or "" for none."""
    with zipfile.ZipFile(io.BytesIO(file)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (a file of our own)
    rows = []
    for row in sheet.iter(f"{_SHEET}row"):
        cells: dict[str, tuple[str, str]] = {}
        for cell in row:
            assert cell.find(f"{_SHEET}f") is None, "a formula"
            column = "".join(c for c in cell.attrib["r"] if c.isalpha())
            kind = {"inlineStr": "text", "b": "boolean"}.get(cell.attrib.get("t", ""), "number")
            cells[column] = (kind, "".join(cell.itertext()))
        rows.append([cells[name] for name in cells])
    return rows


def test_values_stay_what_they_are_in_csv() -> None:
    table = result(
        "select -5 as number, 2.50::decimal(9, 2) as price, true as yes, null as nothing, 'größer, \"ja\"' as text,"
        " date '2026-03-01' as day, timestamptz '2026-03-01 10:00:00+01' as moment, timestamp '2026-03-01 10:00:00' as local,"
        " ['a', 'b'] as list, {'b': 1} as struct, interval 90 minutes as span, 9007199254740993 as big, time '08:30' as clock"
    )
    assert csv_rows(encoded(table, "csv", zone="America/Denver")) == [
        ["number", "price", "yes", "nothing", "text", "day", "moment (America/Denver)", "local", "list", "struct", "span", "big", "clock"],
        ["-5", "2.50", "true", "", 'größer, "ja"', "2026-03-01", "2026-03-01 02:00:00", "2026-03-01 10:00:00", '["a", "b"]', '{"b": 1}',
         "P0M0DT5400S", "9007199254740993", "08:30:00"],
    ]  # fmt: skip


def test_values_stay_what_they_are_in_xlsx() -> None:
    table = result(
        "select -5 as number, 2.5::decimal(9, 2) as price, true as yes, 'text' as text, date '2026-03-01' as day,"
        " timestamptz '2026-03-01 12:00:00Z' as moment, 9007199254740993 as big, 'nan'::double as unknown, date '1815-06-18' as old"
    )
    heading, row = xlsx_rows(encoded(table, "xlsx"))
    assert [value for _, value in heading] == [
        "number", "price", "yes", "text", "day", "moment (UTC)", "big", "unknown", "old",
    ]  # fmt: skip
    assert row == [
        ("number", "-5"), ("number", "2.50"), ("boolean", "1"), ("text", "text"), ("number", "46082"), ("number", "46082.5"),
        # Excel keeps 15 digits and no day before 1900: these are text, and whole.
        ("text", "9007199254740993"), ("text", "nan"), ("text", "1815-06-18"),
    ]  # fmt: skip


def test_parquet_keeps_every_type() -> None:
    table = result(
        "select 1::tinyint as small, timestamptz '2026-03-01 12:00:00Z' as moment, ['a'] as list, 'x' as name, 'y' as name,"
        " interval 90 minutes as span"
    )
    read = pyarrow.parquet.read_table(io.BytesIO(encoded(table, "parquet")))
    assert read.column_names == ["small", "moment", "list", "name", "name (2)", "span"]
    assert read.schema.field("small").type == pa.int8()
    assert read.to_pylist()[0]["moment"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read.to_pylist()[0]["span"] == "P0M0DT5400S"


def test_a_polars_frame_is_exported_as_well() -> None:
    frame = pl.DataFrame({"rep": ["Ada"], "knocks": [7]})
    assert csv_rows(encoded(frame, "csv")) == [["rep", "knocks"], ["Ada", "7"]]
    assert xlsx_rows(encoded(frame, "xlsx"))[1] == [("text", "Ada"), ("number", "7")]
    assert pl.read_parquet(io.BytesIO(encoded(frame, "parquet"))).equals(frame)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_no_rows_are_a_file_with_its_headings(kind: str) -> None:
    file = encoded(result("select 1 as n, 'x' as t where false"), kind)
    if kind == "csv":
        assert csv_rows(file) == [["n", "t"]]
    elif kind == "xlsx":
        assert xlsx_rows(file) == [[("text", "n"), ("text", "t")]]
    else:
        assert pl.read_parquet(io.BytesIO(file)).shape == (0, 2)


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    table = pa.table({"said": [text, "plain"], text: [1, -2]})
    heading, first, second = csv_rows(encoded(table, "csv"))
    assert heading == ["said", f"'{text}"]
    assert first == [f"'{text}", "1"]
    assert second == ["plain", "-2"]
    if "\r" not in text:  # XML has one line end
        assert xlsx_rows(encoded(table, "xlsx"))[1] == [("text", text), ("number", "1")]


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_comes_through_csv_and_begins_no_formula(texts: list[str]) -> None:
    file = encoded(pa.table({"n": range(len(texts)), "text": pa.array(texts, pa.string())}), "csv")
    rows = csv_rows(file)[1:]
    for row, text in zip(rows, texts, strict=True):
        assert row[1] in (text, f"'{text}")
        assert not row[1].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_more_rows_or_columns_than_a_sheet_holds_are_refused_in_one_sentence() -> None:
    with pytest.raises(
        ExportRefusedError, match=r"holds 1,048,575 rows and this result has 1,048,576; nothing was written"
    ):
        encoded(pa.table({"n": range(XLSX_ROWS_MAX + 1)}), "xlsx")
    with pytest.raises(ExportRefusedError, match="16,385"):
        encoded(pa.table({f"c{n}": [1] for n in range(XLSX_COLUMNS_MAX + 1)}), "xlsx")


@pytest.mark.parametrize("text", ["x" * (XLSX_TEXT_MAX + 1), "\U0001f600" * (XLSX_TEXT_MAX // 2 + 1)])
def test_a_longer_text_than_a_cell_holds_is_refused_and_never_cut(text: str) -> None:
    with pytest.raises(ExportRefusedError, match="column 'note'"):
        encoded(pa.table({"note": [None, text]}), "xlsx")
    assert csv_rows(encoded(pa.table({"note": [text]}), "csv"))[1] == [text]
    longest = "ü" * XLSX_TEXT_MAX
    assert xlsx_rows(encoded(pa.table({"note": [longest]}), "xlsx"))[1] == [("text", longest)]


def test_a_name_of_a_file_says_what_and_when() -> None:
    assert file_name("Doors knocked: Süd / 2026", "csv", NOON) == "doors-knocked-süd-2026-20261012-1200.csv"
    assert file_name("../..", "xlsx", NOON) == "export-20261012-1200.xlsx"


def test_an_export_is_written_down_with_who_took_what(store: Store) -> None:
    source: dict[str, Any] = {"sql": "select * from spotio.user"}
    write_down_export(store, person="dana@example.com", source=source, kind="csv", rows=55, now=NOON)
    [said] = store.rows("select * from config.audit")
    assert (said["happened_at"], said["person"], said["what"]) == (NOON, "dana@example.com", "export")
    assert json.loads(said["after"]) == {"sql": "select * from spotio.user", "kind": "csv", "rows": 55}
    assert said["text"] == "Exported 55 rows as CSV: select * from spotio.user"
