"""Whole pulls that lose their place or their allowance in the middle, and how often an object is described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tenacity

from sync.connectors import http
from sync.runner import PullReport
from sync.sandbox.server import Sandbox
from tests.connectors.conftest import Fault
from tests.scenarios.mirroring import Mirror

SALESFORCE, SPOTIO = 0, 1
HOUR, DAY = 3600, 86_400
NEXT_PAGE = "/api/v2/activities/feed.*ScrollId"


@pytest.fixture
def mirror(sandbox: Sandbox, tmp_path: Path) -> Iterator[Mirror]:
    """An empty mirror of two objects and of SPOTIO."""
    with Mirror(sandbox, tmp_path / "store.duckdb", salesforce={"objects": "Lead,Account"}) as mirror:
        yield mirror


@pytest.fixture
def bulk_mirror(sandbox: Sandbox, tmp_path: Path) -> Iterator[Mirror]:
    """An empty mirror whose every reading goes through the Bulk API."""
    more = {"objects": "Lead", "bulk_from": 1}
    with Mirror(sandbox, tmp_path / "store.duckdb", salesforce=more) as mirror:
        yield mirror


def act(sandbox: Sandbox, **action: Any) -> None:
    httpx.post(f"{sandbox.urls[SALESFORCE]}/__sandbox__/act", json=action).raise_for_status()


def advance(sandbox: Sandbox, seconds: float) -> None:
    clock = {"advance_seconds": seconds}
    httpx.post(f"{sandbox.urls[SALESFORCE]}/__sandbox__/clock", json=clock).raise_for_status()


def salesforce(mirror: Mirror, asked_by: str = "schedule") -> PullReport:
    return mirror.pull(systems=("salesforce",), asked_by=asked_by)


def codes(report: PullReport) -> list[str]:
    return [error.code for error in report.failures]


def complete(report: PullReport, table: str) -> bool:
    """Whether a table of the report holds just what its source counts."""
    counts = next(each for each in report.tables if each.table == table)
    return counts.source_count == counts.mirror_count != 0


@pytest.mark.rule("N-02")
def test_on_schedule_an_object_is_described_once_an_hour_and_on_an_error(
    mirror: Mirror, sandbox: Sandbox, fault: Fault
) -> None:
    assert salesforce(mirror).outcome == "done"
    advance(sandbox, HOUR / 2)
    fault(SALESFORCE, "/describe$", action="status", status=404, times=-1)
    assert salesforce(mirror).outcome == "done"
    advance(sandbox, HOUR)
    assert codes(salesforce(mirror)) == ["not_found", "not_found"]
    httpx.delete(f"{sandbox.urls[SALESFORCE]}/__sandbox__/faults")
    assert salesforce(mirror).outcome == "done"
    act(sandbox, action="add_field", object="Lead", field={"name": "Roof__c", "type": "string"})
    assert salesforce(mirror, asked_by="command").outcome == "done"
    act(sandbox, action="remove_field", object="Lead", name="Roof__c")
    report = salesforce(mirror)
    assert (report.outcome, codes(report)) == ("done", [])
    assert complete(report, "lead")


@pytest.mark.rule("N-02")
def test_calls_kept_for_others_are_not_used_and_reading_goes_on_when_the_day_has_moved(
    mirror: Mirror, sandbox: Sandbox
) -> None:
    act(sandbox, action="set_limit", max=mirror.settings.salesforce.reserve)
    report = mirror.pull()
    assert (report.outcome, codes(report)) == ("partial", ["budget_spent"])
    assert complete(report, "record")
    used = mirror.store.rows("select calls, used, allowance from sync.api_use where system = 'salesforce'")
    assert [(row["used"], row["allowance"]) for row in used] == [(1, mirror.settings.salesforce.reserve)]
    act(sandbox, action="set_limit", max=100_000)
    report = mirror.pull()
    assert report.outcome == "done"
    assert complete(report, "lead")


@pytest.mark.rule("N-02")
@pytest.mark.requirement("CO-01")
def test_an_allowance_that_ends_in_the_middle_keeps_what_was_stored(
    mirror: Mirror, sandbox: Sandbox, fault: Fault
) -> None:
    fault(
        SALESFORCE,
        "/queryAll.*FROM%20Account|/queryAll.*FROM\\+Account",
        action="status",
        status=403,
        times=-1,
    )
    report = salesforce(mirror)
    assert (report.outcome, codes(report)) == ("failed", ["budget_spent"])
    leads = mirror.store.rows("select count(*) as n from salesforce.lead")[0]["n"]
    assert leads > 0
    httpx.delete(f"{sandbox.urls[SALESFORCE]}/__sandbox__/faults")
    advance(sandbox, DAY)
    report = salesforce(mirror)
    assert report.outcome == "done"
    assert complete(report, "lead")
    assert complete(report, "account")
    assert mirror.store.rows("select 1 from sync.problem where resolved_at is null") == []


@pytest.mark.requirement("CO-16")
def test_a_bulk_job_whose_result_is_gone_is_read_in_pages_instead(bulk_mirror: Mirror, fault: Fault) -> None:
    fault(SALESFORCE, "/jobs/query/[^/]+/results", action="status", status=404, times=-1)
    report = salesforce(bulk_mirror)
    assert report.outcome == "done", report.failures
    assert complete(report, "lead")


@pytest.mark.requirement("CO-16")
def test_a_bulk_job_that_lapsed_between_two_runs_is_made_up_for(
    bulk_mirror: Mirror, sandbox: Sandbox, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_growing", tenacity.wait_none())  # what this test waits for is not time
    fault(SALESFORCE, "/jobs/query/[^/]+/results", action="drop_before", times=http.ATTEMPTS)
    report = salesforce(bulk_mirror)
    assert (report.outcome, codes(report)) == ("failed", ["unreachable"])
    _forget_jobs(sandbox)
    report = salesforce(bulk_mirror)
    assert report.outcome == "done", report.failures
    assert complete(report, "lead")


def _forget_jobs(sandbox: Sandbox) -> None:
    """Delete every bulk job, as Salesforce does after seven days."""
    user = {"user": sandbox.salesforce.org.integration_user_id}
    token = httpx.post(f"{sandbox.urls[SALESFORCE]}/__sandbox__/token", json=user).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    jobs = f"{sandbox.urls[SALESFORCE]}/services/data/v62.0/jobs/query"
    left = httpx.get(jobs, headers=headers).json()["records"]
    assert left
    for job in left:
        assert httpx.delete(f"{jobs}/{job['id']}", headers=headers).status_code == 204


@pytest.mark.requirement("CO-16")
def test_a_scan_of_spotio_that_lost_its_place_starts_again_and_is_whole(mirror: Mirror, fault: Fault) -> None:
    fault(SPOTIO, NEXT_PAGE, action="status", status=400)
    report = mirror.pull(systems=("spotio",))
    assert report.outcome == "done", report.failures
    assert complete(report, "activity")


@pytest.mark.requirement("CO-16")
def test_a_scan_that_loses_its_place_again_and_again_is_made_up_by_the_next_run(
    mirror: Mirror, fault: Fault
) -> None:
    fault(SPOTIO, NEXT_PAGE, action="status", status=400, times=2)
    report = mirror.pull(systems=("spotio",))
    assert (report.outcome, codes(report)) == ("partial", ["locator_lost"])
    report = mirror.pull(systems=("spotio",))
    assert report.outcome == "done", report.failures
    assert complete(report, "activity")
