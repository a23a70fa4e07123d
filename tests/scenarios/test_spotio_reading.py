"""What SPOTIO's feeds do not say by themselves, and how the mirror gets it all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from data.ledger import TableCounts
from sync.runner import Request
from sync.sandbox.server import Sandbox
from tests.scenarios.company import Company
from tests.scenarios.garbling import garbled
from tests.scenarios.mirroring import Mirror, moved

SPOTIO = ("spotio",)


@pytest.fixture
def company(sandbox: Sandbox) -> Iterator[Company]:
    with Company(sandbox, seed=1) as company:
        yield company


def record_of(company: Company, **having: Any) -> dict[str, Any]:
    rows = sorted(company.spotio.state("dataObjects"), key=lambda row: str(row["updatedAt"]))
    return next(row for row in rows if all(row[name] == value for name, value in having.items()))


def visit(company: Company, record_id: str, **members: Any) -> str:
    body = {"dataObjectId": record_id, "done": True, "activityTemplateId": "1", "resultId": "1"}
    return str(company.spotio.call("POST", "/api/v2/activities", body | members)["id"])


def mirrored(mirror: Mirror, table: str, record_id: str) -> dict[str, Any]:
    return mirror.store.rows(f"select * from spotio.{table} where id = $id", {"id": record_id})[0]


@pytest.mark.requirement("CO-16")
def test_a_record_edited_behind_a_long_scan_is_in_the_next_pull(
    new_mirror: Callable[..., Mirror], company: Company
) -> None:
    """The scan takes longer than the overlap: a later record, read with its newest stamp, must not hide an earlier one."""
    for number in range(320):
        fields = [{"fieldId": "100002", "value": "Row"}, {"fieldId": "100003", "value": str(number)}]
        company.spotio.call("POST", "/api/DataObjects", {"dataObject": {"typeId": 1, "fields": fields}})
    rows = sorted(company.spotio.state("dataObjects"), key=lambda row: str(row["updatedAt"]))
    first, last = str(rows[0]["id"]), str(rows[-1]["id"])
    pages: list[int] = []

    def rename(record_id: str) -> None:
        body = [{"op": "replace", "path": "/externalDataObjectId", "value": "behind"}]
        path = f"/api/DataObjects/{record_id}/jsonp?validateRequiredFields=false"
        assert company.spotio.call("PATCH", path, body)

    def between_pages(counts: TableCounts) -> None:
        if counts.table == "record" and counts.read and counts.read not in pages:
            pages.append(counts.read)
            if len(pages) == 1:
                rename(first)
            if len(pages) == 2:
                rename(last)
            company.advance(540)

    mirror = new_mirror()
    mirror.runner.pull(Request(SPOTIO, "command"), between_pages)
    assert len(pages) > 2
    assert mirrored(mirror, "record", last)["externalDataObjectId"] == "behind"
    mirror.pull(systems=SPOTIO)
    assert mirrored(mirror, "record", first)["externalDataObjectId"] == "behind"


@pytest.mark.rule("A-05")
def test_an_activity_done_ahead_of_its_date_does_not_move_the_window_past_the_others(
    loaded: Mirror, company: Company
) -> None:
    record_id = str(record_of(company)["id"])
    early = visit(company, record_id, date=(company.now() + timedelta(days=400)).isoformat())
    loaded.pull(systems=SPOTIO)
    late = visit(company, record_id, date=(company.now() - timedelta(days=6)).isoformat())
    loaded.pull(systems=SPOTIO)
    assert mirrored(loaded, "activity", early)["done"]
    assert mirrored(loaded, "activity", late)["done"]


@pytest.mark.requirement("CO-01")
def test_a_records_counters_follow_its_visits_also_when_a_run_ended_between_the_two(
    loaded: Mirror, company: Company
) -> None:
    record = record_of(company)
    visit(company, str(record["id"]))
    refused = [{"action": "status", "status": 403, "match": {"path": "DataObjects/many"}}]
    httpx.post(f"{loaded.sandbox.urls[1]}/__sandbox__/faults", json=refused).raise_for_status()
    assert loaded.pull(systems=SPOTIO).outcome == "failed"
    assert loaded.pull(systems=SPOTIO).outcome == "done"
    assert mirrored(loaded, "record", str(record["id"]))["visitsCount"] == record["visitsCount"] + 1


@pytest.mark.rule("A-05")
def test_a_deleted_activity_of_the_last_days_is_found_by_asking_for_it(
    loaded: Mirror, company: Company
) -> None:
    activity_id = visit(company, str(record_of(company)["id"]))
    loaded.pull(systems=SPOTIO)
    company.spotio.act("delete_activity", id=activity_id)
    report = loaded.pull(systems=SPOTIO)
    assert mirrored(loaded, "activity", activity_id)["_deleted_at"] is not None
    assert moved(report)["spotio.activity"] == (0, 0, 1)


@pytest.mark.rule("L-08")
def test_an_old_activity_that_is_merely_out_of_the_window_stays(loaded: Mirror, company: Company) -> None:
    before = loaded.store.rows("select count(*) as n from spotio.activity where _deleted_at is null")
    company.advance(20 * 86_400)
    visit(company, str(record_of(company)["id"]))
    loaded.pull(systems=SPOTIO)
    after = loaded.store.rows("select count(*) as n from spotio.activity where _deleted_at is null")
    assert after[0]["n"] == before[0]["n"] + 1


@pytest.mark.rule("L-08")
def test_what_a_list_no_longer_shows_is_kept_as_not_visible_and_said(
    loaded: Mirror, company: Company
) -> None:
    """Absence is no evidence, and a refusal to show the one that is missing is none either."""
    team = company.spotio.call("POST", "/api/Teams", {"name": "Short-lived", "usersIds": []})
    loaded.pull(systems=SPOTIO)
    company.spotio.call("DELETE", f"/api/Teams/{team['id']}")
    hidden = {"match": {"method": "GET", "path": f"/api/Teams/{team['id']}$"}, "action": "status"}
    company.spotio.control("faults", [{**hidden, "status": 403, "times": 1}])
    loaded.pull(systems=SPOTIO)
    row = mirrored(loaded, "team", str(team["id"]))
    assert row["_deleted_at"] is None
    assert row["_not_visible_at"] is not None
    told = loaded.store.rows(
        "select text from sync.problem where code = 'not_visible' and resolved_at is null"
    )
    assert len(told) == 1
    assert "team" in told[0]["text"]
    loaded.pull(systems=SPOTIO)  # the list is the same as before, but now its absence is proven
    assert mirrored(loaded, "team", str(team["id"]))["_deleted_at"] is not None


def test_a_list_that_is_told_again_unchanged_is_written_once(loaded: Mirror, company: Company) -> None:
    def told() -> list[Any]:
        rows = loaded.store.rows(
            "select rows_read, mirror_count from sync.run_table where table_name = 'team' order by started_at desc limit 1"
        )
        return [*rows[0].values()]

    def written() -> list[Any]:
        return loaded.store.rows("select value::varchar, run from sync.cursor where table_name = 'team'")

    loaded.pull(systems=SPOTIO)
    first, counted = written(), told()
    loaded.pull(systems=SPOTIO)
    assert (written(), told()) == (first, counted)
    company.spotio.call("POST", "/api/Teams", {"name": "One more", "usersIds": []})
    loaded.pull(systems=SPOTIO)
    assert told() == [counted[0] + 1, counted[1] + 1]


@pytest.mark.requirement("CO-16")
def test_a_record_deleted_and_restored_between_two_pulls_is_live_again(
    loaded: Mirror, company: Company
) -> None:
    record_id = str(record_of(company)["id"])
    company.spotio.call("DELETE", f"/api/DataObjects/{record_id}")
    loaded.pull(systems=SPOTIO)
    assert mirrored(loaded, "record", record_id)["_deleted_at"] is not None
    company.spotio.act("restore_record", id=record_id)
    loaded.pull(systems=SPOTIO)
    assert mirrored(loaded, "record", record_id)["_deleted_at"] is None
    said = loaded.store.rows(
        "select operation from history.change where object = 'record' and id = $id order by recorded_at",
        {"id": record_id},
    )
    assert [row["operation"] for row in said] == ["insert", "delete", "undelete"]


@pytest.mark.rule("A-05")
def test_a_kept_appointment_follows_its_activity_when_that_is_edited_or_deleted(
    loaded: Mirror, company: Company
) -> None:
    body = {"dataObjectId": str(record_of(company)["id"]), "date": company.now().isoformat(), "title": "Roof"}
    appointment = company.spotio.call("POST", "/api/v2/appointments", body)
    company.spotio.call("PATCH", f"/api/v2/appointments/{appointment['id']}", {"done": True})
    loaded.pull(systems=SPOTIO)
    company.spotio.call(
        "PATCH", f"/api/v2/activities/{appointment['activityId']}", {"notes": "sat, not sold"}
    )
    loaded.pull(systems=SPOTIO)
    assert mirrored(loaded, "appointment", str(appointment["id"]))["notes"] == "sat, not sold"
    company.spotio.act("delete_appointment", id=str(appointment["id"]))
    loaded.pull(systems=SPOTIO)
    assert mirrored(loaded, "appointment", str(appointment["id"]))["_deleted_at"] is not None


@pytest.mark.requirement("CO-16")
def test_the_activities_of_a_deleted_record_go_with_it_however_old_and_come_back_with_it(
    loaded: Mirror,
) -> None:
    [record] = loaded.store.rows(
        "select dataObjectId as id, count(*) as many from spotio.activity where _deleted_at is null"
        " and dataObjectId in (select id from spotio.record where _deleted_at is null)"
        " group by 1 having min(date) < max(date) - interval 30 day order by many desc, id limit 1"
    )
    live = "select count(*) as n from spotio.activity where _deleted_at is null and dataObjectId = $id"
    with Company(loaded.sandbox, seed=1) as company:
        loaded.pull(systems=("spotio",))
        company.spotio.call("DELETE", f"/api/DataObjects/{record['id']}", {"mode": "delete"})
        loaded.pull(systems=("spotio",))
        assert loaded.store.rows(live, {"id": record["id"]}) == [{"n": 0}]
        company.spotio.act("restore_record", id=record["id"])
        report = loaded.pull(systems=("spotio",))
        assert loaded.store.rows(live, {"id": record["id"]}) == [{"n": record["many"]}]
    [activities] = [table for table in report.tables if table.table == "activity"]
    assert activities.source_count == activities.mirror_count


@pytest.mark.rule("L-08")
def test_a_deleted_team_is_deleted_by_the_404_on_its_id(loaded: Mirror) -> None:
    with Company(loaded.sandbox, seed=1) as company:
        team = company.spotio.call("POST", "/api/Teams", {"name": "Night shift", "usersIds": []})["id"]
        loaded.pull(systems=SPOTIO)
        company.spotio.call("DELETE", f"/api/Teams/{team}")
    loaded.pull(systems=SPOTIO)
    row = mirrored(loaded, "team", str(team))
    assert row["_deleted_at"] is not None
    assert row["_not_visible_at"] is None


def unreadable(mirror: Mirror) -> list[str]:
    rows = mirror.store.rows(
        "select text from sync.problem where code = 'unreadable' and resolved_at is null order by text"
    )
    return [row["text"] for row in rows]


@pytest.mark.requirement("CO-16")
def test_a_stamp_that_is_none_costs_its_own_value_alone_and_is_told_until_it_comes_right(
    loaded: Mirror, company: Company
) -> None:
    record, other = company.spotio.state("dataObjects")[:2]
    record_id, other_id = str(record["id"]), str(other["id"])
    wrong_visit, visited = visit(company, record_id), visit(company, other_id)
    spoilt = {record_id: {"updatedAt": "soon"}, wrong_visit: {"date": "2026-13-45T10:00:00Z"}}
    with garbled(loaded, spoilt):
        report = loaded.pull(systems=SPOTIO)
    assert (report.outcome, report.failures) == ("done", [])
    row = mirrored(loaded, "activity", wrong_visit)
    assert (row["date"], row["dataObjectId"], row["done"]) == (None, record_id, True)
    assert mirrored(loaded, "record", record_id)["updatedAt"] is None
    assert mirrored(loaded, "activity", visited)["date"] is not None
    assert mirrored(loaded, "record", other_id)["visitsCount"] == other["visitsCount"] + 1
    kept = "which is no moment; it is mirrored without, and all else of it as SPOTIO has it."
    assert unreadable(loaded) == [
        f"SPOTIO's activity {wrong_visit} has date '2026-13-45T10:00:00Z', {kept}",
        f"SPOTIO's record {record_id} has updatedAt 'soon', {kept}",
    ]
    loaded.pull(systems=SPOTIO)
    assert unreadable(loaded) == []
    assert mirrored(loaded, "activity", wrong_visit)["date"] is not None
    assert mirrored(loaded, "record", record_id)["updatedAt"] is not None


@pytest.mark.rule("L-08")
@pytest.mark.parametrize("wrong", [pytest.param({"deletedAt": "yesterday"}, id="of the deletion"), pytest.param({}, id="of the record")])  # fmt: skip
def test_a_deletion_whose_moment_cannot_be_read_is_proven_by_the_record_itself(
    loaded: Mirror, company: Company, wrong: dict[str, Any]
) -> None:
    gone, stays = (str(row["id"]) for row in company.spotio.state("dataObjects")[:2])
    if not wrong:
        visit(company, gone)
        with garbled(loaded, {gone: {"updatedAt": "soon"}}):
            loaded.pull(systems=SPOTIO)
    company.spotio.call("DELETE", f"/api/DataObjects/{gone}")
    with garbled(loaded, {gone: wrong}):
        assert loaded.pull(systems=SPOTIO).outcome == "done"
    assert mirrored(loaded, "record", gone)["_deleted_at"] is not None
    assert mirrored(loaded, "record", stays)["_deleted_at"] is None
