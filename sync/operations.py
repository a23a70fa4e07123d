"""What a command does, wherever it runs: in its own process, or in the server that owns the store."""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from data.erase import erase, plan, without_copies
from data.errors import QueryRefusedError, StoreError
from data.ledger import TableCounts
from data.persons import find
from data.reading import Limits, answer
from data.store import Store
from sync.connections import Connections
from sync.errors import FieldlineError, StalePlanError, UsageError
from sync.exports import export
from sync.settings import SYSTEMS, Settings

if TYPE_CHECKING:
    from sync.runner import Runner

Progress = Callable[[dict[str, Any]], None]


SYNC_COMMANDS = (
    "plan", "sync", "sync_on", "sync_pause", "sync_resume", "sync_off", "why", "conflicts", "resolve", "resolve_all",
    "conflict_page", "resolve_several", "approve_plan", "withdraw_approval",
)  # fmt: skip
CAUSES = (
    "causes", "cause_records", "cause_retry", "cause_ignore", "cause_restore", "cause_assign", "cause_fixes", "cause_draft",
    "cause_publish",
)  # fmt: skip
BY_HAND = ("link", "unlink", "exclude", "include", "failures", "retry", "ignore", "assign", "match")


class Operations:
    """The commands over one open store."""

    def __init__(self, store: Store, runner: Runner | None, settings: Settings) -> None:
        self._store, self._runner, self._settings = store, runner, settings

    def run(self, command: str, arguments: dict[str, Any], progress: Progress) -> Any:
        """Carry out a command by name with JSON arguments and give its JSON result.

        Raises UsageError for an unknown command or arguments that it does not take, else what the command raises.
        """
        known: dict[str, Callable[..., Any]] = {
            "pull": self.pull,
            "query": self.query,
            "backup": self.backup,
            "export": self.export,
            "erase": self.erase,
            "doctor": self.doctor,
        }
        if command in SYNC_COMMANDS:
            from sync.sync_operations import SyncOperations  # late: other commands need no frames

            known |= SyncOperations(self._store, self._runner, self._settings).commands()
        if command in BY_HAND:
            from sync.hand_operations import HandOperations

            known |= HandOperations(self._store, self._runner).commands()
        if command in CAUSES:
            from sync.cause_operations import CauseOperations

            known |= CauseOperations(self._store, self._connected().settings).commands()
        if command.startswith("config-"):
            known = self._configuring()
        if command not in known:
            raise UsageError(f"There is no command '{command}'.")
        takes = inspect.signature(known[command])
        tells = {"progress": progress} if "progress" in takes.parameters else {}
        try:
            call = takes.bind(**arguments, **tells)  # a TypeError also for what is given twice
        except TypeError as error:
            raise UsageError(
                f"The command '{command}' does not take these arguments ({error}).",
                "If Fieldline was upgraded while its server ran, start the server again.",
            ) from error
        answered = known[command](*call.args, **call.kwargs)
        return _plain(answered) if command in (*SYNC_COMMANDS, *BY_HAND, *CAUSES) else answered

    def _configuring(self) -> dict[str, Callable[..., Any]]:
        """The commands on the configuration; what they need is loaded when it is first asked for, as few commands do."""
        from sync.syncs import configuration

        return {name: partial(call, self._store) for name, call in configuration.COMMANDS.items()}

    def pull(self, *, system: str | None, reconcile: bool, progress: Progress) -> dict[str, Any]:
        """Pull one system or all that are configured; see PullReport for the result."""
        if self._runner is None:
            raise UsageError("This process does not pull.")
        from sync.runner import Request  # late: half of a command's start, and most pull nothing

        request = Request(self._runner.chosen(system), "command", reconcile=reconcile)

        def show(counts: TableCounts) -> None:
            progress({**counts.as_json(), "expected": counts.expected})

        report = self._runner.pull(request, show)
        if report is None:
            raise RuntimeError("a command names systems and no records, so it always gets a report")
        return report.as_json()

    def doctor(self, *, system: str | None = None) -> dict[str, Any]:
        """Look at the systems, or at one, with the settings and connections as they stand; a refused sign-in is tried anew."""
        from sync import doctor  # late: few commands look

        connections = self._connected()
        for each in (system,) if system else SYSTEMS:
            connections.ask_anew(each)
        checks = doctor.systems(connections.settings, system, self._store)
        return {"checks": [check.as_json() for check in checks]}

    def _connected(self) -> Connections:
        return self._runner.connections if self._runner else Connections(self._settings, self._store)

    def query(self, *, sql: str, as_of: str | None = None, progress: Progress) -> dict[str, Any]:
        """The rows of a SELECT over mirror and log, behind the readers' guard, without a limit of rows.

        `as_of` is an instant in ISO 8601, in UTC where it names no offset: the mirror is read as it was then.
        """
        moment = _moment(as_of) if as_of is not None else None
        return table_json(answer(self._store, sql, Limits(rows=None, seconds=600), as_of=moment))

    def backup(self, *, target: str, progress: Progress) -> dict[str, Any]:
        """Copy the store to a file of its own."""
        size = self._store.backup(Path(target))
        return {"path": target, "bytes": size, "schema": self._store.schema_version()}

    def export(self, *, folder: str, asked_by: str, progress: Progress) -> dict[str, Any]:
        """Write the tables for other tools into a folder."""
        written = export(self._store, Path(folder), asked_by)
        return {"folder": folder, "written_at": _plain(written.written_at), "tables": written.rows}

    def erase(
        self,
        *,
        person: str,
        confirmed: bool,
        delete_copies: bool,
        asked_by: str,
        why: str,
        progress: Progress,
    ) -> dict[str, Any]:
        """Erase a person, or say what that would remove when it is not confirmed."""
        found = find(self._store, person)
        if not confirmed:
            return {**plan(self._store, found).as_json(), "erased": False}
        erased = erase(self._store, found, asked_by=asked_by, why=why, now=datetime.now(UTC))
        if delete_copies:
            erased = without_copies(erased)
        return {**erased.as_json(), "erased": True}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"'{text}' is no moment. Write it as 2026-10-12T18:00, in UTC, or with an offset."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def table_json(table: pa.Table) -> dict[str, Any]:
    """`{columns, rows}` with plain JSON values: instants in ISO 8601 UTC, decimals as numbers."""
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    return {"columns": table.column_names, "rows": [list(row) for row in zip(*columns, strict=True)]}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, pa.MonthDayNano):
        return f"P{value.months}M{value.days}DT{value.nanoseconds / 1e9:g}S"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def exit_code(error: Exception) -> int:
    """What a command ends with: 2 for bad usage, 3 refused with nothing written, 1 not done, 70 a fault of ours."""
    if isinstance(error, UsageError):
        return 2
    if isinstance(error, QueryRefusedError | StoreError | StalePlanError):
        return 3
    return 1 if isinstance(error, FieldlineError) else 70


def encode(message: dict[str, Any]) -> bytes:
    """One line of the owner's answer."""
    return json.dumps(message).encode() + b"\n"
