"""What a pull carries with it: the store, its run, the wish to stop, and the counts of the table at hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from data import ledger, mirror, schema
from data.ledger import Problem, TableCounts
from data.mirror import CsvFile, Reading
from data.schema import MirrorTable, SchemaChange
from data.store import Store
from sync.connectors.http import Client
from sync.errors import FieldlineError, RejectedError, StoppedError

# A source that suddenly misses so many of its records is not believed: they are noted as not visible. A real org
# answers 404 also for a record that sharing hides, so the evidence by id is worth little then.
SUSPICIOUS_COUNT = 20
SUSPICIOUS_SHARE = 0.5


@dataclass
class Pull:
    """One run's way through the tables of one system."""

    store: Store
    run: str
    asked_by: str
    reconcile: bool
    stop: threading.Event
    progress: Callable[[TableCounts], None]
    tables: list[TableCounts] = field(default_factory=list)
    failures: list[FieldlineError] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def check_stop(self) -> None:
        """Raise StoppedError when a stop was asked for; called between two steps, never inside one."""
        if self.stop.is_set():
            raise StoppedError

    @contextmanager
    def table(self, client: Client | None, system: str, name: str, mode: str) -> Iterator[TableReading]:
        """Read one table inside: its row of the run log is kept, a refusal fails this table alone.

        StopSystemError and StoppedError pass on, after the row was closed.
        """
        self.check_stop()
        counts = TableCounts(system, name, mode)
        self.tables.append(counts)
        ledger.start_table(self.store, self.run, counts, self.now)
        reading = TableReading(self, counts, client)
        try:
            yield reading
        except StoppedError:
            reading.close("stopped", StoppedError().text)
            raise
        except RejectedError as error:
            self._table_failed(reading, error)
        except (msgspec.DecodeError, json.JSONDecodeError) as error:
            shown = schema.SYSTEM_NAMES[system]
            text = f"{shown} sent something for {name} that cannot be read ({error})."
            self._table_failed(reading, RejectedError(system, text, "The next run asks again.", status=200))
        except FieldlineError as error:
            reading.close("failed", str(error))
            raise
        else:
            reading.close("done", counts.text)
            ledger.resolve_problems(self.store, self.run, system, name, self.now)
            reading.compare_counts()

    def _table_failed(self, reading: TableReading, error: RejectedError) -> None:
        reading.close("failed", str(error))
        self.failures.append(error)
        counts = reading.counts
        self.note(Problem(counts.system, error.code, error.text, error.advice, table=counts.table))

    def note(self, problem: Problem) -> None:
        """Keep a problem for the people who look."""
        ledger.note_problem(self.store, self.run, problem, self.now)


@dataclass
class TableReading:
    """One table of the run while it is read: merges count up, calls are measured."""

    pull: Pull
    counts: TableCounts
    client: Client | None
    _calls_before: int = 0

    def __post_init__(self) -> None:
        self._calls_before = self.client.meter.calls if self.client else 0

    def merge(
        self,
        table: MirrorTable,
        rows: pa.Table | CsvFile,
        *,
        cursor: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> None:
        """Merge rows, move the cursor with them, and show how far we are."""
        reading = Reading(self.pull.run, self.pull.now, cursor, **how)
        merged = mirror.merge(self.pull.store, table, rows, reading)
        self.counts.read += merged.read
        self.counts.inserted += merged.inserted
        self.counts.changed += merged.changed
        self.counts.deleted += merged.deleted
        self.show()

    def move_cursor(self, table: MirrorTable, cursor: Mapping[str, Any]) -> None:
        """Move the cursor without rows."""
        mirror.move_cursor(self.pull.store, table, Reading(self.pull.run, self.pull.now, cursor))

    def mark_deleted(self, table: MirrorTable, deleted: Mapping[str, datetime | None], **how: Any) -> None:
        """Note deletions for which there is evidence."""
        reading = Reading(self.pull.run, self.pull.now, **how)
        self.counts.deleted += mirror.mark_deleted(self.pull.store, table, deleted, reading)

    def mark_not_visible(self, table: MirrorTable, ids: Sequence[str]) -> None:
        """Note records that the source no longer shows without saying why, and tell a person (L-08)."""
        if not ids:
            return
        reading = Reading(self.pull.run, self.pull.now)
        if mirror.mark_not_visible(self.pull.store, table, ids, reading):
            name = schema.SYSTEM_NAMES[table.system]
            self.pull.note(
                Problem(
                    table.system,
                    "not_visible",
                    f"{name} no longer shows {len(ids):,} records of {table.object} and does not say that they were"
                    " deleted. They are kept and marked as not visible.",
                    "See whether the account behind the connection lost access to them.",
                    table=table.name,
                )
            )

    def show(self) -> None:
        """Write the counts down and tell whoever watches."""
        self.counts.calls = self.client.meter.calls - self._calls_before if self.client else 0
        ledger.update_table(self.pull.store, self.pull.run, self.counts)
        self.pull.progress(self.counts)

    def close(self, outcome: str, text: str | None) -> None:
        """Close the table's row of the run log."""
        self.counts.text = text
        self.counts.calls = self.client.meter.calls - self._calls_before if self.client else 0
        ledger.update_table(self.pull.store, self.pull.run, self.counts, outcome, self.pull.now)
        self.pull.progress(self.counts)

    def compare_counts(self) -> None:
        """Tell a person when the source's own count and the mirror's differ after a complete reading."""
        counts = self.counts
        complete = counts.mode in {"reconcile", "first_load", "full"}
        if not complete or counts.source_count is None or counts.source_count == counts.mirror_count:
            return
        name = schema.SYSTEM_NAMES[counts.system]
        self.pull.note(
            Problem(
                counts.system,
                "counts_differ",
                f"{name} counts {counts.source_count:,} records of {counts.table}, the mirror {counts.mirror_count:,}.",
                "A few that changed while they were read are in the next run; for the rest run"
                f" 'fieldline pull --system {counts.system} --reconcile'.",
                table=counts.table,
            )
        )

    def prepare(self, table: MirrorTable) -> list[SchemaChange]:
        """Make the mirror's table fit its description and record what changed (SF-32)."""
        return schema.prepare(self.pull.store, table, self.pull.run, self.pull.now)

    def suspicious(self, missing: int, of: int) -> bool:
        """Whether so much of what was there is missing that the source is not believed."""
        return missing > SUSPICIOUS_COUNT and missing > SUSPICIOUS_SHARE * of
