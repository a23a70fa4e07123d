"""`kill -9` at any step of carrying out a plan: the runs that follow reach the same end, and nothing is there twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from sync.syncs import settling
from tests.scenarios.killed_sync import SyncKiller
from tests.scenarios.sync_batch import MANNERS, Batch, Fieldline
from tests.scenarios.sync_checks import Ended, judge, rest
from tests.scenarios.sync_setting import Setting
from tests.scenarios.two_systems import BARE, Both

SEEDS = [int(seed) for seed in os.environ.get("FIELDLINE_SEEDS", "").split(",") if seed]
# A handful of places in `make test`; with seeds, as many as there are seeds, all of them when those suffice.
PLACES = len(SEEDS) or 6


@dataclass
class Prepared:
    """A batch right before a run that has much to do on both sides, and what comes of it when nothing ends it."""

    sandbox: Sandbox
    store: Path
    batch: Batch
    points: int
    end: list[str]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prepared, SyncKiller]]:
    folder = tmp_path_factory.mktemp("kill")
    kept = settling.SETTLING
    settling.SETTLING = timedelta()  # the stand-in shows at once what it took
    with running(scale=BARE, seed=1) as sandbox:
        both = Both(sandbox)
        with Fieldline(sandbox, folder / "before.duckdb") as fieldline:
            batch = Batch(fieldline, both, Setting.of(0), range(12))
            batch.prepare(turns=3)
            fieldline.pull(systems=("salesforce", "spotio"))
        # From here on a reset leads back to this moment.
        for standin in sandbox.standins:
            standin.save()
        with SyncKiller(sandbox.env, MANNERS) as killer:
            whole = folder / "whole.duckdb"
            shutil.copyfile(folder / "before.duckdb", whole)
            points = killer.run(whole)["points"]
            assert points > 50
            with Fieldline(sandbox, whole) as fieldline:
                batch.fieldline = fieldline
                batch.come_to_rest()
                end = rest(Ended(batch))
            yield Prepared(sandbox, folder / "before.duckdb", batch, points, end), killer
        both.close()
    settling.SETTLING = kept


@pytest.mark.soak
@pytest.mark.requirement("CO-01")
@pytest.mark.parametrize("place", range(PLACES))
def test_a_run_killed_anywhere_is_made_up_by_the_next(
    place: int, prepared: tuple[Prepared, SyncKiller], tmp_path: Path
) -> None:
    made, killer = prepared
    at = 1 + place * made.points // PLACES if made.points > PLACES else 1 + place
    if at > made.points:
        pytest.skip(f"the run has {made.points} steps")
    httpx.post(f"{made.sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    store = tmp_path / "store.duckdb"
    shutil.copyfile(made.store, store)
    assert killer.run(store, at)["killed"]
    with Fieldline(made.sandbox, store) as fieldline:
        batch = made.batch
        batch.fieldline, batch.broken, batch.last_runs = fieldline, {}, []
        batch.come_to_rest()
        judge(batch)
        assert not batch.broken, (at, batch.broken)
        assert rest(Ended(batch)) == made.end, at
