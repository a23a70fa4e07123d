"""Events after pulls from a SPOTIO at work: each is there, right and once, whatever was done to what it came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data import ledger
from sync.runner import Request
from sync.sandbox.server import Sandbox
from sync.webhooks import notes_of
from tests.scenarios.company import Company
from tests.scenarios.events_known import events_known
from tests.scenarios.mirroring import Mirror

Row = dict[str, Any]
SPOTIO = ("spotio",)
# What the whole company does in SPOTIO itself, without what hides from a pull that asks for everything.
WORK = frozenset(
    {
        "create_record", "edit_record", "move_stage", "reassign", "delete_record", "restore_record", "visit",
        "visit_from_phone", "edit_activity", "delete_activity", "change_team", "change_territory", "book",
        "move_appointment", "finish_appointment", "delete_appointment", "merge_records",
    }
)  # fmt: skip


@pytest.fixture
def company(sandbox: Sandbox) -> Iterator[Company]:
    with Company(sandbox, seed=1) as company:
        yield company


def pinned(company: Company) -> Row:
    """A record with a place, of somebody who is at work."""
    active = {user["id"] for user in company.spotio.state("users") if user["status"] == "active"}
    rows = sorted(company.spotio.state("dataObjects"), key=lambda row: str(row["updatedAt"]))
    return next(row for row in rows if row["pin"] and row["ownerId"] in active)


def knock(company: Company, record: Row, *, metres: float = 0, **members: Any) -> str:
    """A visit from the phone of the record's owner, so far from its pin; returns its id."""
    place = {"lat": record["pin"]["lat"] + metres / 111_195, "lng": record["pin"]["lng"]}
    return str(
        company.spotio.act(
            "log_visit_mobile", dataObjectId=record["id"], userId=record["ownerId"], **place, **members
        )["id"]
    )  # fmt: skip


def event(mirror: Mirror, event_id: str) -> Row | None:
    rows = mirror.store.rows(
        "select * from history.event where id = $id and known_until is null", {"id": event_id}
    )
    assert len(rows) <= 1
    return rows[0] if rows else None


def hook(mirror: Mirror, kind: str, record_id: str, moment: datetime) -> None:
    """A delivery of SPOTIO's webhook arrives, and the pull that it wakes runs."""
    delivery = {"payload": [{"type": kind, "data": {"id": record_id}, "date": moment.isoformat()}]}
    assert ledger.add_notes(mirror.store, notes_of(delivery), datetime.now(UTC)) == 1
    report = mirror.runner.pull(Request(SPOTIO, "webhook", named=True))
    assert report is not None
    assert report.outcome == "done"


@pytest.mark.rule("E-02")
def test_all_of_a_first_load_lay_there_before_and_nothing_that_comes_later_did(
    loaded: Mirror, company: Company
) -> None:
    first = loaded.store.rows(
        "select kind, bool_and(first_load) as old, count(*) as many from history.event group by all"
    )
    assert {row["kind"] for row in first if row["old"] and row["many"]} == {
        "created", "stage_moved", "scheduled", "logged",
    }  # fmt: skip
    assert all(row["old"] for row in first)
    imported = loaded.store.rows(
        "select distinct e.origin as origin from history.event e join spotio.record r on r.id = e.record_id"
        " where e.kind = 'created' and r.source ilike 'import'"
    )
    assert imported == [{"origin": "import"}]
    visit = knock(company, pinned(company))
    loaded.pull(systems=SPOTIO)
    logged = event(loaded, f"activity:{visit}")
    assert logged is not None
    assert (logged["first_load"], logged["origin"]) == (False, "human")


@pytest.mark.rule("E-01")
def test_a_visit_that_is_logged_edited_dated_back_and_deleted_is_followed_by_its_event(
    loaded: Mirror, company: Company
) -> None:
    record = pinned(company)
    visit = knock(company, record, resultId="1")
    loaded.pull(systems=SPOTIO)
    logged = event(loaded, f"activity:{visit}")
    assert logged is not None
    assert (logged["user_id"], logged["who"]) == (str(record["ownerId"]), "activity_owner")
    assert (logged["record_id"], logged["result_id"]) == (str(record["id"]), "1")
    assert (logged["stage_id"], logged["territory_id"]) == (str(record["stageId"]), record["territoryId"])

    company.spotio.call("PATCH", f"/api/v2/activities/{visit}", {"resultId": "2"})
    loaded.pull(systems=SPOTIO)
    edited = event(loaded, f"activity:{visit}")
    assert edited is not None
    assert (edited["result_id"], edited["happened_at"]) == ("2", logged["happened_at"])

    earlier = company.now() - timedelta(days=2)
    company.spotio.call("PATCH", f"/api/v2/activities/{visit}", {"date": earlier.isoformat()})
    loaded.pull(systems=SPOTIO)
    dated = event(loaded, f"activity:{visit}")
    assert dated is not None
    assert abs(dated["happened_at"] - earlier) < timedelta(milliseconds=1)
    assert dated["local_day"] == earlier.date()
    assert dated["received_at"] == logged["received_at"]

    company.spotio.act("delete_activity", id=visit)
    loaded.pull(systems=SPOTIO)
    assert event(loaded, f"activity:{visit}") is None
    versions = loaded.store.rows("select count(*) as n from history.event where activity_id = $id", {"id": visit})  # fmt: skip
    assert versions == [{"n": 3}]


@pytest.mark.rule("E-03")
def test_only_a_measured_visit_near_its_pin_is_verified(loaded: Mirror, company: Company) -> None:
    record = pinned(company)
    near, far = knock(company, record, metres=3), knock(company, record, metres=5_000)
    body = {"dataObjectId": record["id"], "done": True, "activityTemplateId": "1", "resultId": "1"}
    by_api = company.spotio.call("POST", "/api/v2/activities", body)["id"]
    loaded.pull(systems=SPOTIO)
    [row] = loaded.store.rows("select verified from spotio.activity where id = $id", {"id": str(by_api)})
    assert row["verified"], "SPOTIO says so of whatever did not come from a phone"
    found = [(event(loaded, f"activity:{each}") or {}).get("verification") for each in (near, far, by_api)]
    assert found == ["verified", "not_verified", "not_verifiable"]


@pytest.mark.rule("E-05")
@pytest.mark.rule("E-01")
def test_a_visit_saved_together_with_a_stage_change_stands_after_it_and_one_before_it_does_not(
    loaded: Mirror, company: Company
) -> None:
    record = pinned(company)
    before, after = str(record["stageId"]), "3" if str(record["stageId"]) != "3" else "2"
    earlier = (company.now() - timedelta(hours=1)).isoformat()
    knocked = knock(company, record, date=earlier)
    company.advance(60)
    operations = [{"op": "replace", "path": "/stageId", "value": after}]
    activity = {"activityTemplateId": "1", "resultId": "1", "done": True, "type": "event", "date": earlier}
    assert company.spotio.call(
        "PATCH", f"/api/DataObjects/{record['id']}/jsonp/withActivity?validateRequiredFields=false",
        {"dataObject": operations, "activity": activity},
    )  # fmt: skip
    loaded.pull(systems=SPOTIO)
    rows = loaded.store.rows(
        "select * from history.event where record_id = $id and known_until is null and not first_load order by length(id), id",
        {"id": str(record["id"])},
    )
    stages = {row["id"]: row["stage_id"] for row in rows if row["kind"] == "logged"}
    assert stages.pop(f"activity:{knocked}") == before
    assert list(stages.values()) == [after]
    [moved] = [row for row in rows if row["kind"] == "stage_moved"]
    assert (moved["from_stage_id"], moved["to_stage_id"], moved["who"]) == (before, after, "made_the_change")
    asking = next(user["id"] for user in company.spotio.state("users") if user["role"] == "Admin")
    assert moved["user_id"] == asking


@pytest.mark.rule("E-01")
def test_a_new_record_counts_for_its_first_owner_also_after_it_was_given_away(
    loaded: Mirror, company: Company
) -> None:
    company.work(1, only=frozenset({"create_record"}))
    made = max(company.spotio.state("dataObjects"), key=lambda row: str(row["createdAt"]))
    others = [u["id"] for u in company.spotio.state("users") if u["status"] == "active" and u["id"] != made["ownerId"]]  # fmt: skip
    body = [{"op": "replace", "path": "/ownerId", "value": others[0]}]
    assert company.spotio.call("PATCH", f"/api/DataObjects/{made['id']}/jsonp?validateRequiredFields=false", body)  # fmt: skip
    loaded.pull(systems=SPOTIO)
    created = event(loaded, f"record:{made['id']}:created")
    assert created is not None
    assert (created["user_id"], created["who"]) == (made["ownerId"], "record_owner")


@pytest.mark.rule("E-01")
def test_a_webhook_brings_the_event_and_its_correction_without_a_whole_pull(
    loaded: Mirror, company: Company
) -> None:
    visit = knock(company, pinned(company), resultId="1")
    hook(loaded, "activity.created", visit, company.now())
    logged = event(loaded, f"activity:{visit}")
    assert logged is not None
    assert (logged["result_id"], logged["verification"]) == ("1", "verified")
    company.spotio.act("delete_activity", id=visit)
    hook(loaded, "activity.deleted", visit, company.now())
    assert event(loaded, f"activity:{visit}") is None


@pytest.mark.rule("A-04")
def test_a_series_counts_as_scheduled_once_also_when_one_of_its_dates_is_moved(
    loaded: Mirror, company: Company
) -> None:
    record = pinned(company)
    weekly = {"periodicity": "weeks", "interval": 1, "count": 4}
    body = {
        "dataObjectId": record["id"],
        "ownerId": record["ownerId"],
        "title": "Roof",
        "recurringDefinition": weekly,
    }
    body |= {"date": (company.now() + timedelta(days=1)).isoformat()}
    first = company.spotio.call("POST", "/api/v2/appointments", body)
    hook(loaded, "appointment.created", first["id"], company.now())
    count = "select count(*) as n from history.event where kind = 'scheduled' and known_until is null and record_id = $id"
    [before] = loaded.store.rows(count, {"id": record["id"]})
    coming = company.spotio.call("GET", f"/api/DataObjects/{record['id']}/appointments/upcoming")
    series = first["recurringDefinition"]["id"]
    second = next(
        each["id"]
        for each in coming["items"]
        if "-" in each["id"] and each["recurringDefinition"]["id"] == series
    )
    moved = company.spotio.call(
        "PATCH", f"/api/v2/appointments/{second}",
        {"date": (company.now() + timedelta(days=9)).isoformat(), "intention": "single"},
    )  # fmt: skip
    assert moved["id"] != first["id"]
    hook(loaded, "appointment.updated", moved["id"], company.now())
    saved = loaded.store.rows(
        "select count(*) as n from spotio.appointment where dataObjectId = $id and recurringDefinition is not null",
        {"id": record["id"]},
    )
    assert saved == [{"n": 2}]
    assert loaded.store.rows(count, {"id": record["id"]}) == [before]


@pytest.mark.rule("E-01")
@pytest.mark.parametrize("seed", [11, 12])
def test_events_are_what_spotio_holds_after_a_whole_company_worked_and_stay_known_as_they_were(
    loaded: Mirror, sandbox: Sandbox, seed: int
) -> None:
    """People log, plan, edit, date back by weeks, delete, restore, merge and reassign between the pulls."""
    moments = [(datetime.now(UTC), events_known(loaded.store, datetime.now(UTC)))]
    with Company(sandbox, seed) as company:
        for turn in range(3):
            company.work(30, only=WORK)
            company.advance(3_600)
            assert loaded.pull(systems=SPOTIO, reconcile=turn == 2).outcome == "done"
            now = datetime.now(UTC)
            moments.append((now, events_known(loaded.store, now)))
        activities = company.spotio.state("activities")
        created = {f"record:{row['id']}:created" for row in company.spotio.state("dataObjects")}
    rows = moments[-1][1]
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["id"] for row in rows if row["kind"] == "created"} == created
    told = Counter((r["kind"], r["user_id"], r["result_id"], r["local_day"]) for r in rows if r["kind"] in {"logged", "stage_moved"})  # fmt: skip
    kinds = {"event": "logged", "transition": "stage_moved"}
    held = Counter(
        (kinds[r["type"]], r["ownerId"], r["resultId"], datetime.fromisoformat(r["date"]).date())
        for r in activities
        if r["type"] in kinds and r["done"]
    )
    assert told - held == Counter()
    assert held - told == Counter()
    for moment, stood in moments:
        assert events_known(loaded.store, moment) == stood
