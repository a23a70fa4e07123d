"""`kill -9` between any two statements or requests of a pull: the next pull reaches the same end, with no repair."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox.server import Sandbox
from tests.scenarios.company import REPORTED, Company
from tests.scenarios.killed_pull import PullKiller
from tests.scenarios.mirroring import Mirror

# One object of each way of reading: by stamp, with a flag, without one, whole.
OBJECTS = ("User", "Lead", "Task", "LeadStatus", "OpportunityHistory")
SHARES = [share / 100 for share in range(4, 100, 16)]
ROUND = int(os.environ.get("FIELDLINE_SEEDS", "1").split(",")[0])


@pytest.fixture(scope="module")
def killer(running_sandbox: Sandbox) -> Iterator[PullKiller]:
    with PullKiller(running_sandbox.env) as killer:
        yield killer


@pytest.fixture(scope="module")
def points() -> dict[str, int]:
    """How many points a whole pull of a kind passes, once known."""
    return {}


def small(**salesforce: Any) -> dict[str, Any]:
    return {"salesforce": {"objects": ",".join(OBJECTS), **salesforce}}


def killed_at(
    share: float, kind: str, points: dict[str, int], killer: PullKiller, store: Path, **how: Any
) -> None:
    """Kill a pull after about this share of its points."""
    if kind not in points:
        whole = store.with_name("whole.duckdb")
        if store.exists():
            shutil.copyfile(store, whole)
        points[kind] = killer.pull(whole, **how)["points"]
        assert points[kind] > 100
    jitter = random.Random(f"{ROUND}:{kind}:{share}").uniform(-0.05, 0.05)  # noqa: S311
    killer.pull(store, max(1, int(points[kind] * (share + jitter))), **how)


def assert_recovers(sandbox: Sandbox, store: Path, *, reconcile: bool, **settings: Any) -> None:
    """The interrupted run is said to be so, one pull goes on from there, and everything is equal."""
    with Mirror(sandbox, store, **settings) as mirror:
        assert mirror.store.rows("select id from sync.run where outcome = 'running'") == []
        assert mirror.store.rows("select run from sync.run_table where outcome = 'running'") == []
        report = mirror.pull(reconcile=reconcile)
        assert report.outcome == "done", [str(each) for each in report.failures]
        assert [str(each) for each in mirror.differences(reconciled=True)] == []
        doubled = mirror.store.rows(
            "select system, object, id from history.change where operation = 'insert' group by all having count(*) > 1"
        )
        assert doubled == []


@pytest.mark.requirement("CO-01")
@pytest.mark.requirement("CO-16")
@pytest.mark.parametrize("share", SHARES)
def test_a_pull_of_changes_killed_anywhere_is_made_up_by_the_next(
    share: float,
    killer: PullKiller,
    points: dict[str, int],
    sandbox: Sandbox,
    first_load: Path,
    tmp_path: Path,
) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copyfile(first_load, store)
    with Company(sandbox, ROUND) as company:
        company.backdates = False
        company.work(25, only=REPORTED)
    killed_at(share, "window", points, killer, store, **small())
    assert_recovers(sandbox, store, reconcile=False, **small())


@pytest.mark.requirement("CO-01")
@pytest.mark.parametrize("share", SHARES[::2])
@pytest.mark.parametrize("bulk_from", [0, 1], ids=["in pages", "in bulk"])
def test_a_first_load_killed_anywhere_goes_on(
    share: float, bulk_from: int, killer: PullKiller, points: dict[str, int], sandbox: Sandbox, tmp_path: Path
) -> None:
    store, settings = tmp_path / "store.duckdb", small(bulk_from=bulk_from)
    killed_at(share, f"first {bulk_from}", points, killer, store, **settings)
    with Company(sandbox, ROUND) as company:
        company.backdates = False
        company.work(10, only=REPORTED)
    assert_recovers(sandbox, store, reconcile=False, **settings)


@pytest.mark.requirement("CO-01")
@pytest.mark.parametrize("share", SHARES[1::2])
def test_a_reconciliation_killed_anywhere_is_made_up_by_the_next(
    share: float,
    killer: PullKiller,
    points: dict[str, int],
    sandbox: Sandbox,
    first_load: Path,
    tmp_path: Path,
) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copyfile(first_load, store)
    with Company(sandbox, ROUND) as company:
        company.fields_change = False
        company.work(40)
    killed_at(share, "reconcile", points, killer, store, reconcile=True, **small())
    assert_recovers(sandbox, store, reconcile=True, **small())
