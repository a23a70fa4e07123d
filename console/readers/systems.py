"""The three systems as their cards show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from console import signs, words
from console.context import context
from console.identity import only_for
from console.readers.here import connected, now
from console.signs import Sign
from data import run_log
from sync.errors import SignInError


@dataclass(frozen=True)
class ApiUse:
    """A system's API budget in words, and the share of it that is used (None when no limit is known)."""

    text: str
    share: float | None


@dataclass(frozen=True)
class Trouble:
    """Why a whole system cannot be read: the reason with its advice, the last try, the run that met it.

    `sign_in`: it does not take how we sign in, so it has to be connected anew.
    """

    text: str
    tried_at: datetime
    run: str
    sign_in: bool = False


@dataclass(frozen=True)
class System:
    """One connected system as its card shows it; `last` is the latest finished run that was to read it."""

    name: str
    sign: Sign
    read_at: datetime | None
    records: int
    source: int | None
    differing: int
    tables: int
    tables_failed: int
    trouble: Trouble | None
    last: Attempt | None
    api: ApiUse | None
    webhook_at: datetime | None


@dataclass(frozen=True)
class Attempt:
    """How a run ended, as far as the systems it was to read are concerned."""

    run: str
    sign: Sign
    text: str | None


@only_for("admin", "analyst")
def systems() -> list[System]:
    """The three systems in the order of the product, whether or not they are connected."""
    store = context().store
    known = _by_system(run_log.system_states(store))
    troubles = _by_system(run_log.system_problems(store))
    attempts = _by_system(run_log.system_attempts(store))
    uses = _by_system(run_log.api_use(store, now() - timedelta(days=1)))
    called = _by_system(run_log.webhooks(store))
    reading = {name for row in run_log.running(store).to_dicts() for name in words.split(row["systems"])}
    return [
        _system(
            name,
            known.get(name, {}),
            trouble=_trouble(troubles[name]) if name in troubles else None,
            last=_attempt(attempts[name]) if name in attempts else None,
            api=_api_use(uses[name]) if name in uses else None,
            webhook_at=called[name]["received_at"] if name in called else None,
            reading=name in reading,
        )
        for name in words.SYSTEMS
    ]


def _by_system(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["system"]: row for row in frame.to_dicts()}


def _trouble(row: dict[str, Any]) -> Trouble:
    text = words.sentences(row["text"], row["advice"])
    return Trouble(text, row["last_seen_at"], row["run"], row["code"] == SignInError.code)


def _attempt(row: dict[str, Any]) -> Attempt:
    return Attempt(row["run"], signs.outcome(row["outcome"]), row["text"])


def _system(
    name: str,
    known: dict[str, Any],
    *,
    trouble: Trouble | None,
    last: Attempt | None,
    api: ApiUse | None,
    webhook_at: datetime | None,
    reading: bool,
) -> System:
    source = known.get("compared_source")
    return System(
        name=name,
        sign=_system_sign(
            known, failing=trouble is not None, reading=reading, configured=name in connected()
        ),
        read_at=known.get("read_at"),
        # Beside the source's own count stand the same tables of the mirror, else "of" would compare unlike things.
        records=(known.get("records") or 0) if source is None else known["compared_mirror"],
        source=source,
        differing=known.get("differing") or 0,
        tables=known.get("tables") or 0,
        tables_failed=known.get("tables_failed") or 0,
        trouble=trouble,
        last=last,
        api=api,
        webhook_at=webhook_at,
    )


def _system_sign(known: dict[str, Any], *, failing: bool, reading: bool, configured: bool) -> Sign:
    never_read = not known.get("read_at")
    missing = known.get("tables_never_read", 0) > 0
    if not configured and never_read:
        return signs.NOT_SET_UP
    if failing:
        return signs.FAILING
    if reading and (never_read or missing):
        return signs.READING
    if known.get("tables_failed"):
        return signs.PARTLY
    if missing or known.get("tables_unfinished"):
        return signs.UNFINISHED
    return signs.NOT_READ if never_read else signs.CONNECTED


def _api_use(use: dict[str, Any]) -> ApiUse:
    used, allowance, period = use["used"], use["allowance"], use["period"]
    if used is not None and allowance:
        when = "today" if period == "day" else f"a {period}"
        return ApiUse(f"{used:,} of {allowance:,} calls {when}", min(used / allowance, 1.0))
    if allowance and period == "second" and use["run_seconds"]:
        rate = use["run_calls"] / max(use["run_seconds"], 1.0)
        return ApiUse(f"{rate:.1f} of {allowance:,} calls a second", min(rate / allowance, 1.0))
    return ApiUse(f"{words.counted(use['calls_since'], 'call')} of ours in 24 hours", None)
