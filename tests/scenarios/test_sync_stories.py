"""Seeded histories of the two-way sync against the stand-ins: whatever people do, both systems come to the same end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from sync.syncs import settling
from tests.scenarios.sync_batch import STORIES, Batch, Fieldline
from tests.scenarios.sync_checks import Ended, judge, rest
from tests.scenarios.sync_setting import Setting
from tests.scenarios.two_systems import BARE, Both

# Three hundred, of four settings: a plain one, one in which everything goes on, and the two between; `make soak` has the rest.
SEEDS = [int(seed) for seed in os.environ.get("FIELDLINE_SEEDS", "").split(",") if seed] or [
    setting * STORIES + number for setting in range(4) for number in range(75)
]
BATCHES = [
    (number, list(some)) for number, some in groupby(sorted(set(SEEDS)), key=lambda seed: seed // STORIES)
]
_AGAIN = (
    "FIELDLINE_SEEDS={seeds} .venv/bin/python -m pytest 'tests/scenarios/test_sync_stories.py' -k '{test}'"
)


@pytest.fixture(scope="module")
def bare_sandbox() -> Iterator[Sandbox]:
    with running(scale=BARE, seed=1) as sandbox:
        yield sandbox


@contextmanager
def beginning(sandbox: Sandbox, store: Path) -> Iterator[tuple[Fieldline, Both]]:
    """An empty company, nobody at work in it yet, and a new store."""
    httpx.post(f"{sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    both = Both(sandbox)
    try:
        with Fieldline(sandbox, store) as fieldline:
            yield fieldline, both
    finally:
        both.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in shows at once what it took; nobody has to wait for it."""
    monkeypatch.setattr(settling, "SETTLING", timedelta())


@pytest.mark.requirement("SF-15")
@pytest.mark.requirement("SF-21")
@pytest.mark.requirement("SF-24")
@pytest.mark.parametrize(("number", "seeds"), BATCHES, ids=[f"setting {number}" for number, _ in BATCHES])
def test_both_systems_come_to_rest_in_step(
    number: int, seeds: list[int], bare_sandbox: Sandbox, tmp_path: Path
) -> None:
    with beginning(bare_sandbox, tmp_path / "store.duckdb") as (fieldline, both):
        batch = Batch(fieldline, both, Setting.of(number), seeds)
        batch.tell()
        judge(batch)
    again = ",".join(str(seed) for seed in (seeds if -1 in batch.broken else sorted(batch.broken)))
    told_again = _AGAIN.format(seeds=again, test="come_to_rest")
    assert not batch.broken, f"{told_again}\n{batch.setting}\n{batch.verdict()}"


def test_the_order_of_independent_events_does_not_matter(bare_sandbox: Sandbox, tmp_path: Path) -> None:
    ends = []
    for backwards in (False, True):
        with beginning(bare_sandbox, tmp_path / f"{backwards}.duckdb") as (fieldline, both):
            batch = Batch(fieldline, both, Setting.of(0), SEEDS[:20], backwards=backwards)
            batch.tell()
            ends.append(rest(Ended(batch)))
    assert ends[0] == ends[1]
