"""Whatever happens on the other side, and on the way there: when it is over, the mirror equals its sources."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import httpx
import pytest

from sync.sandbox.server import Sandbox
from tests.scenarios.company import LATE_SECONDS_MAX, Company, faults
from tests.scenarios.mirroring import Mirror, moved

SEEDS = [int(seed) for seed in os.environ.get("FIELDLINE_SEEDS", "").split(",") if seed] or list(range(10))
_AGAIN = "FIELDLINE_SEEDS={seed} .venv/bin/python -m pytest 'tests/scenarios/test_convergence.py' -k '{test}'"


def trouble(sandbox: Sandbox, rng: random.Random, many: int) -> None:
    for url in sandbox.urls[:2]:
        httpx.post(f"{url}/__sandbox__/faults", json=faults(rng, many)).raise_for_status()


def calm(sandbox: Sandbox) -> None:
    for url in sandbox.urls[:2]:
        httpx.delete(f"{url}/__sandbox__/faults").raise_for_status()


def assert_equal(mirror: Mirror, seed: int, test: str, story: list[str], *, reconciled: bool) -> None:
    differences = mirror.differences(reconciled=reconciled)
    if differences:
        shown = "\n".join(str(each)[:400] for each in differences[:20])
        pytest.fail(
            f"{len(differences)} differences, reconciled={reconciled}:\n{shown}\n"
            f"after {' '.join(story)}\nAgain: {_AGAIN.format(seed=seed, test=test)}"
        )


def converges(mirror: Mirror, company: Company, seed: int, test: str, story: list[str]) -> None:
    """Let what is under way end; pull once, compare; reconcile, compare; and then nothing moves any more."""
    calm(mirror.sandbox)
    company.advance(LATE_SECONDS_MAX)
    report = mirror.pull()
    assert report.outcome == "done", [str(each) for each in report.failures]
    assert_equal(mirror, seed, test, story, reconciled=False)
    report = mirror.pull(reconcile=True)
    assert report.outcome == "done", [str(each) for each in report.failures]
    assert_equal(mirror, seed, test, story, reconciled=True)
    assert moved(mirror.pull()) == {}


@pytest.mark.requirement("CO-01")
@pytest.mark.requirement("CO-16")
@pytest.mark.rule("L-08")
@pytest.mark.rule("A-05")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_mirror_equals_its_sources_after_random_edits_and_faults(loaded: Mirror, seed: int) -> None:
    rng = random.Random(f"{seed}:trouble")  # noqa: S311
    story: list[str] = []
    with Company(loaded.sandbox, seed) as company:
        for turn in range(1, 3):
            story += company.work(rng.randrange(15, 45))
            company.advance(rng.choice((0, 1, 30, 400, 4000, 90_000)))
            trouble(loaded.sandbox, rng, turn)
            loaded.pull(reconcile=rng.random() < 0.2, asked_by=rng.choice(("command", "schedule")))
            story.append("|")
        converges(loaded, company, seed, "random_edits_and_faults", story)


@pytest.mark.requirement("CO-16")
@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize("bulk_from", [0, 1], ids=["in pages", "in bulk"])
def test_a_first_load_among_faults_and_edits_equals_its_sources(
    new_mirror: Callable[..., Mirror], sandbox: Sandbox, seed: int, bulk_from: int
) -> None:
    rng = random.Random(f"{seed}:first")  # noqa: S311
    mirror = new_mirror(salesforce={"bulk_from": bulk_from})
    with Company(sandbox, seed) as company:
        trouble(sandbox, rng, 3)
        mirror.pull()
        story = company.work(20)
        converges(mirror, company, seed, "a_first_load", story)
