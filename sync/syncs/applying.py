"""Carry out a plan's actions: intent written down before each call, its end after it.

The two systems are written side by side; within one, links and creates go before changes, changes before deletions.
What a call came to decides what is known: done, refused, or unknown, which is looked up and never repeated.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import polars as pl

from data.store import Store
from data.syncs import journal
from sync.connectors.outcome import AboutToSend, Batches, Outcome
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.writing import SalesforceWriter
from sync.connectors.spotio.api import SpotioApi
from sync.connectors.spotio.writing import SpotioWriter
from sync.engine.definition import SYSTEM_NAMES, Definition, Side
from sync.engine.outcome import Plan
from sync.errors import FieldlineError
from sync.syncs import wire

log = logging.getLogger("fieldline")

_LINKS_AT_ONCE = 5_000
_STATES = {"done": "done", "failed": "failed", "unknown": "unknown", "retry": "dropped", "moved": "dropped"}


@dataclass
class Applied:
    """What carrying out came to: writes by state, and what stopped a system."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[FieldlineError] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)  # sentences: what somebody wrote while we did
    waiting: list[str] = field(
        default_factory=list
    )  # sentences: what the next run tries again, and why it has to
    refused: list[dict[str, Any]] = field(
        default_factory=list
    )  # system, spotio_id, salesforce_id, code, text
    again: set[str] = field(default_factory=set)  # those actions, which are not tried again in this run

    @property
    def ended(self) -> int:
        """How many writes were begun, however they ended."""
        return sum(self.counts.get(state, 0) for state in set(_STATES.values()))

    def add(self, state: str, number: int = 1) -> None:
        self.counts[state] = self.counts.get(state, 0) + number


@dataclass(frozen=True)
class Apis:
    """Open connections; None where nothing is to be written."""

    spotio: SpotioApi | None
    salesforce: SalesforceApi | None


def apply_plan(
    store: Store, definition: Definition, plan: Plan, actions: pl.DataFrame, apis: Apis, *, run: str
) -> Applied:
    """Carry out `actions`, those of the plan that a guard let through. What fails is in the report, and in the journal."""
    applier = _Applier(store, definition, plan, run)
    applier.link(actions.filter(pl.col("kind").is_in(["link", "unlink"])))
    work: list[Callable[[], None]] = []
    for side, api in ((Side.SPOTIO, apis.spotio), (Side.SALESFORCE, apis.salesforce)):
        mine = actions.filter(pl.col("system") == side)
        if api is not None and not mine.is_empty():
            work.append(lambda side=side, mine=mine, api=api: applier.write(side, mine, api))  # type: ignore[misc]
    with ThreadPoolExecutor(max(1, len(work)), "apply") as side_by_side:
        for done in [side_by_side.submit(each) for each in work]:
            done.result()
    return applier.applied


class _Applier:
    def __init__(self, store: Store, definition: Definition, plan: Plan, run: str) -> None:
        self._store, self._definition, self._plan, self._run = store, definition, plan, run
        self._calls = count(1)
        self._lock = threading.Lock()
        self.applied = Applied()

    def link(self, actions: pl.DataFrame) -> None:
        """Links and unlinks write to the store alone: intent and end are one step."""
        for start in range(0, actions.height, _LINKS_AT_ONCE):
            part = actions.slice(start, _LINKS_AT_ONCE)
            writes = self._intend(part, None)
            self._answer(writes.select("write", state=pl.lit("done")))
            with self._lock:
                self.applied.add("linked", part.height)

    def write(self, side: Side, actions: pl.DataFrame, api: Any) -> None:
        """All actions on one system; what stops the system ends it, and the rest waits for the next run."""
        try:
            for kind in ("create", "update", "delete"):
                mine = actions.filter(pl.col("kind") == kind)
                if not mine.is_empty():
                    self._of_kind(side, kind, mine, api)
        except FieldlineError as error:
            with self._lock:
                self.applied.failures.append(error)

    def _of_kind(self, side: Side, kind: str, actions: pl.DataFrame, api: Any) -> None:
        fields = self._fields_by_action(actions)
        rows = actions.to_dicts()
        writes: dict[int, str] = {}

        def about_to_send(indexes: Sequence[int]) -> None:
            # On the caller's thread, before the request: after a crash each row that may have gone out is known.
            intended = self._intend(actions[list(indexes)], f"{self._run}-{side}-{next(self._calls)}")
            writes.update(zip(indexes, intended["write"], strict=True))

        batches = self._batches(side, kind, rows, fields, api, about_to_send)
        for _, outcomes in batches:
            self._ended(side, kind, outcomes, rows, writes)

    def _batches(
        self,
        side: Side,
        kind: str,
        rows: Sequence[Mapping[str, Any]],
        fields: Mapping[str, list[dict[str, Any]]],
        api: Any,
        about_to_send: AboutToSend,
    ) -> Batches:
        definition = self._definition
        known = wire.columns(definition, side)
        said = [fields.get(row["action"], []) for row in rows]
        if side is Side.SALESFORCE:
            writer = SalesforceWriter(
                api, auto_assign=definition.auto_assign, allow_duplicates=definition.allow_duplicates
            )
            if kind == "create":
                new = [
                    {**wire.salesforce_row(known, f), definition.external_id: row["spotio_id"]}
                    for row, f in zip(rows, said, strict=True)
                ]
                return writer.create_batches(definition.sobject, new, about_to_send)
            if kind == "update":
                changes = [
                    (row["id"], wire.salesforce_row(known, f)) for row, f in zip(rows, said, strict=True)
                ]
                expected = [wire.salesforce_expected(known, f) for f in said]
                return writer.update_batches(definition.sobject, changes, expected, about_to_send)
            return writer.delete_batches(definition.sobject, [row["id"] for row in rows], about_to_send)
        spotio = SpotioWriter(api)
        if kind == "create":
            made = [
                wire.spotio_create(definition, known, f, row["salesforce_id"])
                for row, f in zip(rows, said, strict=True)
            ]
            return spotio.create_batches(made, about_to_send)
        if kind == "update":
            updates = [wire.spotio_update(known, row["id"], f) for row, f in zip(rows, said, strict=True)]
            return spotio.update_batches(updates, about_to_send)
        return spotio.delete_batches([row["id"] for row in rows], about_to_send)

    def _ended(
        self,
        side: Side,
        kind: str,
        outcomes: Sequence[Outcome],
        rows: Sequence[Mapping[str, Any]],
        writes: Mapping[int, str],
    ) -> None:
        known = [outcome for outcome in outcomes if outcome.index in writes]
        if not known:
            return
        results = pl.DataFrame(
            {
                "write": [writes[o.index] for o in known],
                "state": [_STATES[o.kind] for o in known],
                "code": [o.code or None for o in known],
                "text": [_text(side, o) for o in known],
                "error_fields": [", ".join(o.fields) or None for o in known],
                "record_id": [o.id if o.kind == "done" and kind == "create" else None for o in known],
            },
            schema=dict.fromkeys(("write", "state", "code", "text", "error_fields", "record_id"), pl.String),
        )
        self._answer(results)
        with self._lock:
            for outcome in known:
                self.applied.add(_STATES[outcome.kind])
                if outcome.kind == "retry":
                    self.applied.waiting.append(_waits(side, rows[outcome.index], outcome))
                    self.applied.again.add(rows[outcome.index]["action"])
                if outcome.kind == "moved":
                    self.applied.waiting.append(_moved(side, rows[outcome.index], outcome))
                if outcome.kind == "failed":
                    self.applied.refused.append(_refused(side, rows[outcome.index], outcome))
                if outcome.overwrote:
                    self.applied.overwritten.append(_overwrote(rows[outcome.index], outcome))

    def _fields_by_action(self, actions: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
        wanted = self._plan.fields.filter(pl.col("column").is_not_null()).join(
            actions.select("action"), on="action", how="semi"
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for row in wanted.iter_rows(named=True):
            found.setdefault(row["action"], []).append(row)
        return found

    def _intend(self, actions: pl.DataFrame, call: str | None) -> pl.DataFrame:
        definition = self._definition
        return journal.intend(
            self._store, actions, self._plan.fields, self._plan.link_states, run=self._run,
            sync=definition.sync, version=definition.version, call=call, now=datetime.now(UTC),
        )  # fmt: skip

    def _answer(self, results: pl.DataFrame) -> None:
        definition = self._definition
        journal.answer(
            self._store, results, sobject=definition.sobject, object=definition.type_name, run=self._run,
            now=datetime.now(UTC),
        )  # fmt: skip


def _text(side: Side, outcome: Outcome) -> str | None:
    if outcome.kind == "done":
        return None
    if outcome.kind == "failed":
        return f"{SYSTEM_NAMES[side]} refused: {outcome.text}"
    return outcome.text or None


def _overwrote(row: Mapping[str, Any], outcome: Outcome) -> str:
    what = ", ".join(f"{name} (was {value})" for name, value in outcome.overwrote.items())
    return f"While SPOTIO {row['id']} was written, somebody else changed {what}; their value is kept in the journal."


def _waits(side: Side, row: Mapping[str, Any], outcome: Outcome) -> str:
    record = row["id"] or row[f"{side.other}_id"]
    return f"{record} was not written to {SYSTEM_NAMES[side]} ({outcome.text.rstrip('.')}); the next run tries again."


def _moved(side: Side, row: Mapping[str, Any], outcome: Outcome) -> str:
    said = outcome.text.rstrip(".")
    return f"{row['id']} was not written to {SYSTEM_NAMES[side]} ({said}); it is planned anew."


def _refused(side: Side, row: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    ids = {name: row[name] for name in ("spotio_id", "salesforce_id")}
    return {"system": str(side), **ids, "code": outcome.code, "text": _text(side, outcome)}


@contextmanager
def connected(settings: Any, stop: threading.Event, *, spotio: bool, salesforce: bool) -> Iterator[Apis]:
    """Connections to the systems that are written to, closed at the end."""
    one = SpotioApi(settings.spotio, stop) if spotio else None
    other = SalesforceApi(settings.salesforce, stop) if salesforce else None
    try:
        yield Apis(one, other)
    finally:
        for api in (one, other):
            if api is not None:
                api.client.close()
