"""The Parquet export for other tools, asked for by a command or by the schedule; one at a time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from data.export import record_export
from data.export_folder import Written, write_folder
from data.store import Store

# Two exports into one folder would take each other's files away.
_turn = threading.Lock()


def export(store: Store, folder: Path, asked_by: str) -> Written:
    """Write every table into the folder and write down that it was done; waits for an export under way.

    Raises ExportRefusedError when the folder holds something else or cannot be written.
    """
    with _turn:
        now = datetime.now(UTC)
        written = write_folder(store, folder, now)
        record_export(
            store,
            person=asked_by,
            source={"folder": str(folder)},
            kind="parquet",
            rows=sum(written.rows.values()),
            now=now,
        )
    return written
