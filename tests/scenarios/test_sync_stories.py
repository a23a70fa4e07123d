"""Seeded histories of the two-way sync against the stand-ins: whatever people do, both systems come to the same end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from sync.syncs import settling
from tests.scenarios.sync_batch import STORIES, Batch, Fieldline
from tests.scenarios.sync_checks import judge
from tests.scenarios.sync_setting import Setting
from tests.scenarios.two_systems import BARE, Both

# The first thirty of a plain setting and of one in which everything goes on; `make soak` has the rest.
SEEDS = [int(seed) for seed in os.environ.get("FIELDLINE_SEEDS", "").split(",") if seed] or [
    *range(30), *range(STORIES, STORIES + 30),
]  # fmt: skip
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


@pytest.fixture
def told(
    bare_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Fieldline, Both]]:
    """An empty company, nobody at work in it yet, and a new store."""
    httpx.post(f"{bare_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    # The stand-in shows at once what it took; nobody has to wait for it.
    monkeypatch.setattr(settling, "SETTLING", timedelta())
    both = Both(bare_sandbox)
    try:
        with Fieldline(bare_sandbox, tmp_path / "store.duckdb") as fieldline:
            yield fieldline, both
    finally:
        both.close()


@pytest.mark.requirement("SF-15")
@pytest.mark.requirement("SF-19")
@pytest.mark.requirement("SF-21")
@pytest.mark.requirement("SF-24")
@pytest.mark.rule("L-01")
@pytest.mark.soak
@pytest.mark.parametrize(("number", "seeds"), BATCHES, ids=[f"setting {number}" for number, _ in BATCHES])
def test_both_systems_come_to_rest_in_step(
    number: int, seeds: list[int], told: tuple[Fieldline, Both]
) -> None:
    fieldline, both = told
    batch = Batch(fieldline, both, Setting.of(number), seeds)
    batch.tell()
    judge(batch)
    again = ",".join(str(seed) for seed in (seeds if -1 in batch.broken else sorted(batch.broken)))
    told_again = _AGAIN.format(seeds=again, test="come_to_rest")
    assert not batch.broken, f"{told_again}\n{batch.setting}\n{batch.verdict()}"
