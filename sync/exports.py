"""The Parquet export for other tools, asked for by a command or by the schedule; one at a time.

Nobody waits for one that the schedule began, so what keeps it from being written is a problem like those of the pulls:
it stands on Overview until an export into the same folder goes well.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from data import auditing, ledger
from data.errors import StoreError, StoreInvalidatedError
from data.export_folder import Written, write_folder
from data.ledger import Problem
from data.store import Store

log = logging.getLogger("fieldline")

_ADVICE = "Tools that read the folder have the export before this one; the command fieldline export writes it anew at once."
# Two exports into one folder would take each other's files away.
_turn = threading.Lock()


def export(store: Store, folder: Path, asked_by: str) -> Written:
    """Write every table into the folder and write down that it was done; waits for an export under way.

    Raises ExportRefusedError when the folder holds something else or cannot be written.
    """
    with _turn:
        now = datetime.now(UTC)
        written = write_folder(store, folder, now)
        auditing.write_down_export(
            store,
            person=asked_by,
            source={"folder": str(folder)},
            kind="parquet",
            rows=sum(written.rows.values()),
            now=now,
        )
        ledger.settle_problem(store, "fieldline", _cause(folder), now)
    return written


def export_by_schedule(store: Store, folder: Path) -> None:
    """As `export`, with nobody there to be told: what goes wrong becomes a problem.

    Raises StoreInvalidatedError alone, after which nothing can be written down any more.
    """
    try:
        export(store, folder, "schedule")
    except StoreInvalidatedError:
        raise
    except StoreError as error:
        log.error("%s", error)
        _note(store, folder, str(error))
    except Exception:
        log.exception("The export ended with a fault.")
        _note(
            store, folder, f"The export to {folder} ended with a fault of its own; the server's log has it."
        )


def _note(store: Store, folder: Path, text: str) -> None:
    try:
        ledger.note_problem(
            store, None, Problem("fieldline", _cause(folder), text, _ADVICE), datetime.now(UTC)
        )
    except StoreInvalidatedError:
        raise
    except StoreError as error:  # such as a full disk, which may have been the reason in the first place
        log.error("%s", error)


def _cause(folder: Path) -> str:
    """The code of the problem: another folder is another problem."""
    return f"export {folder}"
