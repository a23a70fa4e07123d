"""Exports as files: asked for, prepared in the background, fetched as CSV from an address that needs no token."""

import csv
import io
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.sandbox.clock import Clock
from sync.sandbox.spotio.background import Background
from sync.sandbox.spotio.errors import SpotioError, not_found
from sync.sandbox.spotio.stamps import precise

Rows = Callable[[], Iterable[Mapping[str, Any]]]
"""Reads the rows when the file is made, by column."""


@dataclass
class FileExport:
    """One file; `secret` is the part of its address that nobody can guess."""

    id: str
    type_name: str
    filter_id: str | None
    owner_id: str
    created: str
    updated: str
    secret: str
    rows: Rows
    columns: tuple[str, ...]
    data: bytes | None = None

    def step(self) -> bool:
        written = io.StringIO()
        writer = csv.DictWriter(written, self.columns, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(self.rows())
        self.data = written.getvalue().encode()
        return False


class FileExports:
    def __init__(self, clock: Clock, background: Background) -> None:
        self._clock, self._background = clock, background
        self._exports: dict[str, FileExport] = {}

    def start(
        self, owner_id: str, type_name: str, filter_id: str | None, columns: Iterable[str], rows: Rows
    ) -> FileExport:
        now = precise(self._clock.now())
        export = FileExport(
            secrets.token_hex(12),
            type_name,
            filter_id,
            owner_id,
            now,
            now,
            secrets.token_urlsafe(24),
            rows,
            tuple(columns),
        )
        self._exports[export.id] = export
        self._background.start(export)
        return export

    def get(self, export_id: str, owner_id: str) -> FileExport:
        """The caller's own export."""
        export = self._exports.get(export_id)
        if export is None or export.owner_id != owner_id:
            raise not_found("Export", export_id)
        return export

    def look(self, export: FileExport) -> None:
        """Let a file that is being prepared move on."""
        if export.data is None:
            self._background.look(export)
            export.updated = precise(self._clock.now())

    def file(self, export_id: str, secret: str) -> bytes:
        """What a finished export's address leads to."""
        export = self._exports.get(export_id)
        if export is None or export.data is None or not secrets.compare_digest(export.secret, secret):
            raise SpotioError({"_": "There is no such file."}, 404)
        return export.data

    def forget(self) -> None:
        self._exports.clear()
