"""A result as a file for other programs: CSV, Parquet or XLSX; and the record of who took what.

Choices. A file holds the whole result or is refused in one sentence; nothing is cut. Text that a spreadsheet would
run as a formula is defused: in CSV by a leading apostrophe, in XLSX by being written as text; numbers stay numbers.
CSV is UTF-8 with a byte order mark, without which Excel takes it for another encoding (polars, pandas, DuckDB and
LibreOffice skip it), and its lines end as RFC 4180 says. Spreadsheets know no time zones: instants are shown in one
zone, which the column's heading names. Parquet keeps every type as it is.
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from data.errors import ExportRefusedError

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Of Excel (support.microsoft.com, "Excel specifications and limits"); the heading takes one row.
XLSX_ROWS_MAX = 1_048_576 - 1
XLSX_COLUMNS_MAX = 16_384
XLSX_TEXT_MAX = 32_767
_DIGITS_IN_EXCEL = 15  # of a number; more are lost
_FIRST_DAY_OF_EXCEL = date(1900, 3, 1)  # before it, Excel counts a 29 February 1900 that never was
# What begins a formula (OWASP, "CSV Injection"), also as the wide characters that some spreadsheets take for the same.
_FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")
_WIDTH_MAX = 60


def encoded(result: pa.Table | pl.DataFrame, kind: str, *, zone: str = "UTC") -> bytes:
    """The result as a file of a kind: csv, parquet or xlsx; instants of CSV and XLSX in the IANA time zone.

    Raises ExportRefusedError when that kind cannot hold all of it.
    """
    return _WRITERS[kind](result if isinstance(result, pa.Table) else result.to_arrow(), zone)


def refusal(result: pa.Table | pl.DataFrame, kind: str, *, zone: str = "UTC") -> str | None:
    """Why that kind cannot hold all of the result, in a sentence; None when it can. Nothing is made."""
    if kind != "xlsx":
        return None
    table = result if isinstance(result, pa.Table) else result.to_arrow()
    try:
        _refuse_what_excel_cannot_hold(table)
        _refuse_long_texts(_columns(table, zone))
    except ExportRefusedError as refused:
        return str(refused)
    return None


def file_name(title: str, kind: str, now: datetime) -> str:
    """A name that says what and when, of letters, digits and dashes."""
    plain = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    return f"{plain or 'export'}-{now:%Y%m%d-%H%M}.{kind}"


@dataclass(frozen=True)
class _Column:
    """A column as a spreadsheet can show it: its heading, its values, and whether they are text."""

    heading: str
    values: pl.Series
    is_text: bool


def _csv(table: pa.Table, zone: str) -> bytes:
    columns = _columns(table, zone)
    headings = _headings(
        _defused(pl.Series([column.heading for column in columns], dtype=pl.String)).to_list()
    )
    return (
        pl.DataFrame(
            {heading: _csv_values(column) for heading, column in zip(headings, columns, strict=True)}
        )
        .write_csv(include_bom=True, line_terminator="\r\n")
        .encode()
    )


def _csv_values(column: _Column) -> pl.Series:
    values = column.values
    if isinstance(values.dtype, pl.Datetime | pl.Time):
        return values.dt.to_string(_csv_format(values))
    return _defused(values) if column.is_text else values


def _xlsx(table: pa.Table, zone: str) -> bytes:
    _refuse_what_excel_cannot_hold(table)
    import xlsxwriter  # late: only who asks for such a file needs it

    columns = _columns(table, zone)
    _refuse_long_texts(columns)
    target = io.BytesIO()
    # Row by row into a temporary file: a large result does not stand in memory a second time.
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Result")
        formats = {name: book.add_format({"num_format": code}) for name, code in _XLSX_FORMATS.items()}
        # Without it, text such as "=1+1" becomes a formula when somebody edits its cell.
        formats["defused"] = book.add_format({"quote_prefix": True})
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, _width(column))
        for index, column in enumerate(columns):
            sheet.write_string(0, index, column.heading, bold)
        for number, row in enumerate(zip(*(column.values for column in columns), strict=True), start=1):
            for index, value in enumerate(row):
                _write_cell(sheet, number, index, value, formats)
    return target.getvalue()


def _parquet(table: pa.Table, zone: str) -> bytes:
    import pyarrow.parquet

    columns = {
        heading: _as_text(column) if pa.types.is_interval(column.type) else column
        for heading, column in zip(_headings(table.column_names), table.columns, strict=True)
    }
    target = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), target, compression="zstd")
    return target.getvalue()


_WRITERS: Mapping[str, Callable[[pa.Table, str], bytes]] = {"csv": _csv, "parquet": _parquet, "xlsx": _xlsx}
_XLSX_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss"}


def _columns(table: pa.Table, zone: str) -> list[_Column]:
    names = [
        f"{field.name} ({zone})" if pa.types.is_timestamp(field.type) and field.type.tz else field.name
        for field in table.schema
    ]
    return [
        _column(heading, column, zone)
        for heading, column in zip(_headings(names), table.columns, strict=True)
    ]


def _column(heading: str, column: pa.ChunkedArray, zone: str) -> _Column:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz:
        local = pl.Series(column).dt.convert_time_zone(zone).dt.replace_time_zone(None)
        return _Column(heading, local, is_text=False)
    if _is_plain(kind):
        return _Column(heading, pl.Series(column), is_text=False)
    return _Column(heading, pl.Series(_as_text(column), dtype=pl.String), is_text=True)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether a spreadsheet has a kind of cell for it that is not text."""
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_date(kind)
        or types.is_time(kind)
        or types.is_timestamp(kind)
    )


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any values as text: lists, structs and maps as JSON, bytes in base 64, spans as ISO 8601."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    return pa.chunked_array([pa.array([_text(value) for value in column.to_pylist()], pa.string())])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, pa.MonthDayNano):
        return f"P{value.months}M{value.days}DT{value.nanoseconds / 1e9:g}S"
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, default=_text, ensure_ascii=False)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _headings(names: list[str]) -> list[str]:
    """The names, with a number where one comes again: no program reads two columns of one name."""
    headings: dict[str, None] = {}
    for name in names:
        number, heading = 1, name
        while heading in headings:
            number += 1
            heading = f"{name} ({number})"
        headings[heading] = None
    return list(headings)


def _defused(values: pl.Series) -> pl.Series:
    """Text with an apostrophe before what a spreadsheet would run as a formula."""
    text = pl.col("text")
    return (
        pl.DataFrame({"text": values})
        .select(pl.when(text.str.contains(_FORMULA.pattern)).then("'" + text).otherwise(text))
        .to_series()
    )


def _csv_format(moments: pl.Series) -> str:
    """To the second, or to the fraction that the column has."""
    whole = "%H:%M:%S" if isinstance(moments.dtype, pl.Time) else "%Y-%m-%d %H:%M:%S"
    fractions = moments.drop_nulls().dt.nanosecond()
    if not (fractions != 0).any():
        return whole
    return f"{whole}%.9f" if (fractions % 1000 != 0).any() else f"{whole}%.6f"


def _refuse_what_excel_cannot_hold(table: pa.Table) -> None:
    if table.num_rows > XLSX_ROWS_MAX:
        raise ExportRefusedError(
            f"An XLSX file holds {XLSX_ROWS_MAX:,} rows and this result has {table.num_rows:,}; nothing was written."
            " Take CSV or Parquet, or narrow the result."
        )
    if table.num_columns > XLSX_COLUMNS_MAX:
        raise ExportRefusedError(
            f"An XLSX file holds {XLSX_COLUMNS_MAX:,} columns and this result has {table.num_columns:,}; nothing was"
            " written. Take CSV or Parquet, or choose fewer columns."
        )


def _refuse_long_texts(columns: list[_Column]) -> None:
    for column in columns:
        if not column.is_text:
            continue
        # Excel counts UTF-16 units; only what is long enough in bytes is counted so.
        for text in column.values.filter(column.values.str.len_bytes() > XLSX_TEXT_MAX):
            length = len(text.encode("utf-16-le")) // 2
            if length > XLSX_TEXT_MAX:
                raise ExportRefusedError(
                    f"A cell of an XLSX file holds {XLSX_TEXT_MAX:,} characters and one of the column"
                    f" '{column.heading}' has {length:,}; nothing was written. Take CSV or Parquet, or leave the column out."
                )


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, formats: Mapping[str, Any]) -> None:
    """One cell; what Excel has no exact number or date for is written as text."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and _is_exact(value):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value.date() >= _FIRST_DAY_OF_EXCEL:
        sheet.write_datetime(row, column, value, formats["datetime"])
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= _FIRST_DAY_OF_EXCEL:
        sheet.write_datetime(row, column, value, formats["date"])
    elif isinstance(value, time):
        sheet.write_datetime(row, column, value, formats["time"])
    else:
        text = str(value)
        sheet.write_string(row, column, text, formats["defused"] if _FORMULA.match(text) else None)


def _is_exact(value: float | Decimal) -> bool:
    """Whether Excel keeps the number: finite, and of an integer or decimal all 15 digits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return len(Decimal(value).normalize().as_tuple().digits) <= _DIGITS_IN_EXCEL


def _width(column: _Column) -> float:
    """Wide enough for the heading and the first values."""
    shown = [str(value) for value in column.values.head(100) if value is not None]
    return min(_WIDTH_MAX, max(map(len, [column.heading, *shown])) + 2)
