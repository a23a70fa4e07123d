"""The CSV of the Bulk API: delimiters and line endings by the names that jobs give them, every cell quoted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.sandbox.salesforce.errors import SalesforceError

_DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
_LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
_CELL_MAX = 10_000_000


@dataclass(frozen=True)
class CsvForm:
    """How one job's data is written: `delimiter` and `ending` are names such as COMMA and LF."""

    delimiter: str
    ending: str

    def write(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
        written = io.StringIO()
        writer = csv.writer(
            written,
            delimiter=_DELIMITERS[self.delimiter],
            lineterminator=_LINE_ENDINGS[self.ending],
            quoting=csv.QUOTE_ALL,
        )
        writer.writerow(header)
        writer.writerows(rows)
        return written.getvalue().encode()

    def read(self, data: bytes) -> tuple[list[str], list[list[str]]]:
        """The header and the rows, each as long as the header; raises SalesforceError as a job fails with it."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _invalid("Failed to parse CSV: the data is not UTF-8") from None
        first = text.partition("\n")[0]
        if "\n" in text and first.endswith("\r") != (self.ending == "CRLF"):
            message = f"LineEnding is invalid on user data. Current LineEnding setting is {self.ending}"
            raise _invalid(message)
        csv.field_size_limit(_CELL_MAX)
        try:
            lines = csv.reader(
                io.StringIO(text, newline=""), delimiter=_DELIMITERS[self.delimiter], strict=True
            )
            header, *rows = [line for line in lines if line] or [[]]
        except csv.Error as error:
            raise _invalid(f"Failed to parse CSV: {error}") from None
        width = len(header)
        if any(len(row) > width for row in rows):
            raise _invalid("Failed to parse CSV: a row has more cells than the header")
        return [name.strip() for name in header], [row + [""] * (width - len(row)) for row in rows]


def read_form(order: Mapping[str, Any]) -> CsvForm:
    """The form that a new job asks for; raises INVALIDJOB for one that there is not."""
    form = CsvForm(str(order.get("columnDelimiter", "COMMA")), str(order.get("lineEnding", "LF")))
    known = form.delimiter in _DELIMITERS and form.ending in _LINE_ENDINGS
    if not known or order.get("contentType", "CSV") != "CSV":
        raise SalesforceError("INVALIDJOB", "unknown contentType, columnDelimiter or lineEnding")
    return form


def _invalid(message: str) -> SalesforceError:
    return SalesforceError("InvalidBatch", message)
