"""Rows for the run log, written as the runner writes them, so that a test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from data.store import Store


def ago(**span: float) -> datetime:
    """A moment before now: ago(minutes=5)."""
    return datetime.now(UTC) - timedelta(**span)


class Seed:
    """Fills a store's run log; every method returns what it wrote under its id."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._runs = 0
        self._problems = 0

    def run(
        self,
        *,
        outcome: str = "done",
        started_at: datetime | None = None,
        seconds: float = 14.2,
        systems: str = "spotio,salesforce,salesscreen",
        asked_by: str = "schedule",
        reconcile: bool = False,
        text: str | None = None,
    ) -> str:
        """A run; one that is running has no end."""
        self._runs += 1
        started = started_at or ago(minutes=5)
        run = f"r-{self._runs}"
        self._insert(
            "sync.run",
            number=self._runs,
            id=run,
            kind="pull",
            asked_by=asked_by,
            systems=systems,
            reconcile=reconcile,
            started_at=started,
            finished_at=None if outcome == "running" else started + timedelta(seconds=seconds),
            outcome=outcome,
            text=text,
        )
        return run

    def table(
        self,
        run: str,
        system: str,
        table: str,
        *,
        outcome: str = "done",
        mode: str = "window",
        started_at: datetime | None = None,
        seconds: float = 2.0,
        expected: int | None = None,
        read: int = 0,
        inserted: int = 0,
        changed: int = 0,
        deleted: int = 0,
        calls: int = 1,
        source: int | None = None,
        mirror: int | None = None,
        text: str | None = None,
    ) -> None:
        """One table of a run."""
        started = started_at or self._started(run)
        self._insert(
            "sync.run_table",
            run=run,
            system=system,
            table_name=table,
            mode=mode,
            started_at=started,
            finished_at=None if outcome == "running" else started + timedelta(seconds=seconds),
            outcome=outcome,
            window_from=None,
            window_to=None,
            expected=expected,
            rows_read=read,
            rows_inserted=inserted,
            rows_changed=changed,
            rows_deleted=deleted,
            calls=calls,
            source_count=source,
            mirror_count=mirror,
            text=text,
        )

    def problem(
        self,
        system: str,
        code: str,
        text: str,
        *,
        advice: str = "",
        table: str | None = None,
        record: str | None = None,
        run: str | None = None,
        since: datetime | None = None,
        times: int = 1,
        resolved_at: datetime | None = None,
    ) -> None:
        """Something that a run could not do."""
        self._problems += 1
        first = since or ago(hours=2)
        self._insert(
            "sync.problem",
            id=f"p-{self._problems}",
            system=system,
            table_name=table,
            record_id=record,
            code=code,
            text=text,
            advice=advice,
            run=run,
            first_seen_at=first,
            last_seen_at=datetime.now(UTC),
            times=times,
            resolved_at=resolved_at,
        )

    def api_use(
        self,
        system: str,
        run: str,
        *,
        calls: int,
        used: int | None = None,
        allowance: int | None = None,
        period: str | None = None,
        seconds: float = 10.0,
    ) -> None:
        """What a system counted of its budget."""
        self._insert(
            "sync.api_use",
            system=system,
            run=run,
            measured_at=datetime.now(UTC),
            calls=calls,
            seconds=seconds,
            used=used,
            allowance=allowance,
            period=period,
        )

    def schema_change(
        self, system: str, object_name: str, text: str, *, detected_at: datetime, run: str
    ) -> None:
        """A source changed its own shape."""
        self._insert(
            "sync.schema_change",
            system=system,
            object=object_name,
            field="Status",
            kind="choice_added",
            before=None,
            after=None,
            text=text,
            detected_at=detected_at,
            run=run,
        )

    def webhook(self, system: str, *, received_at: datetime) -> None:
        """A system called."""
        self._insert(
            "sync.webhook_note",
            id=f"n-{received_at:%H%M%S}",
            system=system,
            kind="lead.updated",
            object="record",
            record_id="1",
            happened_at=received_at,
            received_at=received_at,
            handled_at=received_at,
            run=None,
        )

    def read_so_far(self, run: str, rows: int) -> None:
        """Say how far the tables of a run under way are."""
        with self.store.write() as cursor:
            cursor.execute(
                "update sync.run_table set rows_read = $rows, rows_inserted = $rows where run = $run",
                {"run": run, "rows": rows},
            )

    def end_run(self, run: str, outcome: str = "done") -> None:
        """Close a run that is under way, with its tables."""
        change = {"run": run, "outcome": outcome, "now": datetime.now(UTC)}
        with self.store.write() as cursor:
            cursor.execute(
                "update sync.run set outcome = $outcome, finished_at = $now where id = $run", change
            )
            cursor.execute(
                "update sync.run_table set outcome = $outcome, finished_at = $now "
                "where run = $run and outcome = 'running'",
                change,
            )

    def _started(self, run: str) -> datetime:
        found: datetime = self.store.rows("select started_at from sync.run where id = $run", {"run": run})[0][
            "started_at"
        ]
        return found

    def _insert(self, table: str, **columns: Any) -> None:
        names, values = ", ".join(columns), ", ".join(f"${name}" for name in columns)
        with self.store.write() as cursor:
            # The names are this file's own; only the values come from a test.
            cursor.execute(f"insert into {table} ({names}) values ({values})", columns)


def company(seed: Seed, *, hours: int = 24) -> None:
    """A working day of a company with some troubles: what the pictures and the browser tests show."""
    for hour in range(hours, 0, -1):
        started = ago(hours=hour - 1, minutes=9)
        busy = 30 + (hour * 37) % 110
        first = hour == hours
        failed = hour in (6, 5)
        run = seed.run(
            outcome="partial" if failed else "done",
            started_at=started,
            seconds=48.1 if first else 9 + busy / 12,
            asked_by="console" if hour == 9 else "schedule",
            reconcile=hour == 8,
            text="1 of 14 tables could not be read; the others are up to date." if failed else None,
        )
        for position, (system, table, total) in enumerate(_TABLES):
            changed = 0 if position % 3 == 2 else busy // (position + 2)
            lost = failed and table == "opportunityfieldhistory"
            seed.table(
                run,
                system,
                table,
                outcome="failed" if lost else "done",
                mode="first_load" if first else "reconcile" if hour == 8 else "window",
                started_at=started + timedelta(seconds=position),
                seconds=1.4 + position / 5,
                read=0 if lost else busy * 3 // (position + 1) + changed,
                inserted=0 if lost else changed // 3,
                changed=0 if lost else changed - changed // 3,
                deleted=position % 2 if not lost and hour % 7 == 0 else 0,
                calls=1 + position % 4,
                source=None
                if system == "salesscreen"
                else total + (2 if hour == 1 and table == "lead" else 0),
                mirror=total,
                text="Salesforce refused: the field NewValue is not visible to this user." if lost else None,
            )
    for number in range(23):
        seed.problem(
            "salesforce",
            "value_too_long",
            "A value is longer than its field allows.",
            advice="Shorten it in Salesforce; the next run reads it again.",
            table="lead",
            record=f"00Q8a0000Kd{number:02}",
            run=run,
            since=ago(hours=2, minutes=number),
        )
    seed.problem(
        "spotio",
        "not_visible",
        "4 records are not returned any more, and no delete was reported.",
        advice="Check that the integration's user still sees their territories.",
        table="record",
        run=run,
        since=ago(days=1, hours=3),
    )
    seed.schema_change(
        "salesforce", "Lead", "Lead.Status has the new value “Nurture”.", detected_at=ago(minutes=40), run=run
    )
    seed.schema_change(
        "salesforce",
        "Lead",
        "Lead.Status has the new value “Recycled”.",
        detected_at=ago(minutes=40),
        run=run,
    )
    seed.webhook("spotio", received_at=ago(seconds=52))
    seed.api_use("spotio", run, calls=40, seconds=33.0, allowance=4, period="second")
    seed.api_use("salesforce", run, calls=61, used=41_208, allowance=100_000, period="day")
    seed.api_use("salesscreen", run, calls=4, used=24, allowance=200, period="minute")


_TABLES = (
    ("spotio", "record", 10_204),
    ("spotio", "activity", 60_118),
    ("spotio", "appointment", 3_407),
    ("spotio", "user", 44),
    ("spotio", "territory", 61),
    ("salesforce", "lead", 5_021),
    ("salesforce", "account", 2_488),
    ("salesforce", "contact", 2_502),
    ("salesforce", "opportunity", 1_874),
    ("salesforce", "opportunityfieldhistory", 9_931),
    ("salesforce", "task", 21_640),
    ("salesforce", "event", 3_290),
    ("salesscreen", "record", 3_118),
    ("salesscreen", "user", 40),
)
