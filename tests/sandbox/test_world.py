"""The invented company as plain objects: its numbers, its references, the order of what happened."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from sync.sandbox.spotio import geo
from sync.sandbox.spotio.sample import VERIFIED_DISTANCE_METRES, sample_workflow
from sync.sandbox.world import SCALES, Company, build
from sync.sandbox.world.company import DAY, HOUR, Activity, Record
from sync.sandbox.world.geography import Quad

NOW = datetime(2026, 3, 11, 23, 17, 5, 250_000, tzinfo=UTC)


@pytest.fixture(scope="module", params=["tiny", "small"])
def company(request: pytest.FixtureRequest) -> Company:
    return build(1, SCALES[request.param], NOW)


@pytest.fixture(scope="module")
def small() -> Company:
    return build(1, SCALES["small"], NOW)


def visits(company: Company) -> list[Activity]:
    return [activity for activity in company.activities if activity.template == "Visit"]


def by_record(company: Company) -> dict[Record, list[Activity]]:
    found: dict[Record, list[Activity]] = defaultdict(list)
    for activity in company.activities:
        found[activity.record].append(activity)
    return found


def inside(lat: float, lng: float, quad: Quad) -> bool:
    return geo.inside(lat, lng, [{"lat": corner[0], "lng": corner[1]} for corner in quad.corners])


def digest(company: Company) -> str:
    """One number for everything there is; people and records stand for themselves by their ids."""
    told = hashlib.sha256()
    for person in company.people:
        told.update(f"{person.mail} {person.spotio_id} {person.salesforce_id} {person.joined}".encode())
    for record in (*company.records, *company.deals):
        told.update(f"{record.id} {record.name} {record.stage} {record.owner.mail} {record.updated}".encode())
        told.update(f"{record.phone} {record.mail} {record.details} {record.house} {record.deleted}".encode())
    for activity in company.activities:
        told.update(
            f"{activity.id} {activity.record.id} {activity.type} {activity.at} {activity.logged}".encode()
        )
        told.update(f"{activity.result} {activity.distance} {activity.notes} {activity.owner.mail}".encode())
    for appointment in company.appointments:
        told.update(f"{appointment.id} {appointment.activity.id} {appointment.booked}".encode())
    told.update(repr(company.salesforce).encode())
    for kin in company.kin:
        told.update(f"{[record.id for record in kin.records]} {kin.rows}".encode())
    return told.hexdigest()


def test_one_seed_makes_one_world_and_another_seed_another() -> None:
    first, again, other = (build(seed, SCALES["tiny"], NOW) for seed in (1, 1, 2))
    assert digest(first) == digest(again)
    assert digest(first) != digest(other)


def test_another_process_makes_the_same_world(small: Company) -> None:
    """Hashes of text differ from process to process; no decision may depend on them."""
    program = (
        "from tests.sandbox.test_world import NOW, SCALES, build, digest;"
        "print(digest(build(1, SCALES['small'], NOW)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == digest(small)


def test_there_are_as_many_reps_records_and_activities_as_the_scale_says(company: Company) -> None:
    scale = company.scale
    working = [rep for rep in company.reps if rep.left is None and rep.accepted]
    assert len(working) == scale.reps
    assert len([team for team in company.teams if team.parent]) == scale.teams
    assert len(company.records) == scale.records
    assert len(company.activities) == pytest.approx(scale.activities, rel=0.05)


def test_the_scales_grow_to_two_hundred_thousand_leads_and_a_million_activities() -> None:
    sizes = [(scale.reps, scale.records, scale.activities) for scale in SCALES.values()]
    assert list(SCALES) == ["tiny", "small", "medium", "large"]
    assert sizes == sorted(sizes)
    assert sizes[-1][1] * 0.9 >= 200_000
    assert sizes[-1][2] >= 1_000_000


def test_every_id_is_given_once(company: Company) -> None:
    for ids in (
        [record.id for record in (*company.records, *company.deals)],
        [activity.id for activity in company.activities],
        [appointment.id for appointment in company.appointments],
        [person.spotio_id for person in company.people if person.spotio_id],
        [person.mail for person in company.people],
        [territory.id for territory in company.territories],
    ):
        assert len(set(ids)) == len(ids)
    assert all(len(record.id) == 24 and int(record.id, 16) for record in company.records)


def test_there_are_admins_invited_suspended_and_one_sided_people(company: Company) -> None:
    admin = company.people[0]
    assert admin.job == "admin"
    assert admin.spotio_id
    assert admin.salesforce_id
    assert any(not person.accepted for person in company.people)
    assert any(person.left for person in company.people)
    assert any(person.spotio_id and not person.salesforce_id for person in company.people)
    assert any(person.salesforce_id and not person.spotio_id for person in company.people)


def test_every_pin_lies_in_its_territory_and_every_territory_in_its_region(company: Company) -> None:
    leaves = [territory for territory in company.territories if territory.parent]
    for record in company.records:
        assert record.territory.parent
        assert inside(record.house.lat, record.house.lng, record.territory.quad)
    for leaf in leaves:
        assert leaf.parent
        middle = leaf.quad.point(0.5, 0.5)
        assert inside(*middle, leaf.parent.quad)
        assert [other for other in leaves if inside(*middle, other.quad)] == [leaf]


def test_stages_results_and_fields_are_those_of_the_tenant(company: Company) -> None:
    workflow = sample_workflow()
    for record in (*company.records, *company.deals):
        kind = workflow.type(record.kind)
        kind.stage(record.stage)
        for name, value in record.details.items():
            options = kind.field(name).active_options
            assert not options or set(value if isinstance(value, list) else [value]) <= set(options)
    for activity in company.activities:
        if activity.result:
            workflow.template(activity.template).result(activity.result)
        if activity.type == "transition":
            stage = workflow.type(activity.record.kind).stage(activity.now)
            assert not activity.reason or activity.reason in stage.loss_reasons


def test_stage_moves_follow_each_other_and_end_at_the_records_stage(company: Company) -> None:
    for record, activities in by_record(company).items():
        moves = sorted((a for a in activities if a.type == "transition"), key=lambda a: a.at)
        for earlier, later in pairwise(moves):
            assert earlier.now == later.was
        if moves:
            assert (moves[-1].now, moves[-1].at) == (record.stage, record.stage_at)
            assert moves[-1].owner is record.stage_by
        else:
            assert record.stage_at == record.created


def test_owner_changes_follow_each_other_and_end_at_the_records_owner(company: Company) -> None:
    for record, activities in by_record(company).items():
        changes = sorted((a for a in activities if a.type == "ownerChanged"), key=lambda a: a.at)
        for earlier, later in pairwise(changes):
            assert earlier.now == later.was
        if changes:
            assert (changes[-1].now, changes[-1].at) == (record.owner.spotio_id, record.assigned)


def test_field_changes_end_at_the_value_the_record_has(company: Company) -> None:
    own = {"Phone": "phone", "Email": "mail"}
    for record, activities in by_record(company).items():
        latest = {a.reason: a.now for a in sorted(activities, key=lambda a: a.at) if a.type == "update"}
        for name, value in latest.items():
            assert value == (getattr(record, own[name]) if name in own else record.details[name])


def test_a_record_is_updated_when_it_is_created_or_a_field_stage_or_owner_changes(company: Company) -> None:
    changing = ("create", "transition", "ownerChanged", "update")
    for record, activities in by_record(company).items():
        assert record.updated == max(a.at for a in activities if a.type in changing)


def test_nothing_happens_before_creation_after_deletion_or_in_the_future(company: Company) -> None:
    assert min(record.created for record in company.records) > company.now - 184 * DAY
    for activity in company.activities:
        record = activity.record
        assert record.created <= activity.logged <= company.now
        assert activity.logged >= activity.at or not activity.done or activity.appointment
        assert activity.at <= company.now or not activity.done
        assert record.created <= activity.at
        assert activity.edited <= company.now
        if record.deleted:
            assert max(activity.at, activity.logged, activity.edited) < record.deleted <= company.now
        assert activity.owner.spotio_id


def test_people_work_only_while_they_are_employed(company: Company) -> None:
    for activity in company.activities:
        assert activity.owner.joined <= activity.at
        assert activity.owner.left is None or activity.at <= activity.owner.left + HOUR


def test_visits_keep_working_hours_and_weekdays_apart(small: Company) -> None:
    hours = Counter(datetime.fromtimestamp(v.at / 1_000, UTC).hour for v in visits(small))
    days = Counter(datetime.fromtimestamp((v.at - 7 * HOUR) / 1_000, UTC).weekday() for v in visits(small))
    assert sum(hours[hour] for hour in range(5, 16)) < 0.01 * sum(hours.values())
    assert days[6] < days[5] < days[2]


def test_a_third_of_the_visits_find_somebody(small: Company) -> None:
    contacts = sum(visit.result != "Not Home" for visit in visits(small))
    assert 0.30 <= contacts / len(visits(small)) <= 0.40


def test_one_sit_in_three_sells(small: Company) -> None:
    results = Counter(a.result for a in small.activities if a.template == "Appointment" and a.done)
    sits = results["Sat - sold"] + results["Sat - not sold"]
    assert 0.25 <= results["Sat - sold"] / sits <= 0.42
    assert min(results["No show"], results["Cancelled"], results["Rescheduled"]) > 0.03 * sits


def test_verified_means_a_phone_near_the_pin(small: Company) -> None:
    for visit in visits(small):
        house = visit.record.house
        if not visit.mobile:
            assert visit.verified
            assert visit.distance is None
        elif visit.distance is None:
            assert not visit.verified
        else:
            assert visit.verified == (visit.distance <= VERIFIED_DISTANCE_METRES)
            assert visit.position
            measured = geo.distance_metres(visit.position, (house.lat, house.lng))
            assert measured == pytest.approx(visit.distance, rel=0.02, abs=1)
    measured_visits = [visit for visit in visits(small) if visit.distance is not None]
    assert 0.88 <= sum(visit.verified for visit in measured_visits) / len(measured_visits) <= 0.98


def test_some_visits_are_uploaded_late_some_entered_in_bursts_some_across_the_town(small: Company) -> None:
    late = [visit for visit in visits(small) if visit.logged - visit.at > HOUR]
    assert 0.02 <= len(late) / len(visits(small)) <= 0.2
    by_rep: dict[str, list[Activity]] = defaultdict(list)
    for visit in sorted(visits(small), key=lambda v: v.at):
        by_rep[visit.owner.mail].append(visit)
    minutes = [
        (later.at - first.at) / 60_000
        for knocked in by_rep.values()
        for first, later in zip(knocked, knocked[7:], strict=False)
        if later.at - first.at < HOUR
    ]
    assert sum(span < 6 for span in minutes) > 10
    assert sum((visit.distance or 0) > 5_000 for visit in visits(small)) > 5


def test_appointments_are_set_by_one_and_run_by_another_and_some_are_still_to_come(small: Company) -> None:
    assert sum(a.setter is not a.owner for a in small.appointments) > 0.7 * len(small.appointments)
    ahead = [a for a in small.appointments if not a.activity.done and a.activity.at > small.now]
    assert ahead
    assert all(a.record.next_active for a in ahead)
    assert any(a.repeat for a in small.appointments)
    assert all(a.booked < a.activity.at for a in small.appointments)


def test_deals_hang_on_accounts_and_end_as_those_do(small: Company) -> None:
    assert all(deal.parent and deal.parent.kind == "Account" for deal in small.deals)
    stages = Counter(deal.stage for deal in small.deals)
    assert len(stages) == 5
    for deal in small.deals:
        assert deal.parent
        assert (deal.stage == "Closed won") <= (deal.parent.stage == "Customer")
        assert deal.stage != "Closed won" or deal.value == deal.parent.value


def test_records_count_their_visits_and_remember_the_last_one(company: Company) -> None:
    for record, activities in by_record(company).items():
        seen = [a for a in activities if a.template == "Visit"]
        assert record.visits == len(seen)
        assert (record.last_visit and record.last_visit.at) == max((a.at for a in seen), default=None)
        planned = [a.at for a in activities if not a.done]
        assert record.next_active == min(planned, default=None)


def test_data_are_as_dirty_as_people_leave_them(small: Company) -> None:
    leads = [record for record in small.records if record.kind == "Lead"]
    assert sum(not lead.company for lead in leads) == len(leads)
    assert any(not lead.first for lead in leads)
    assert any(lead.last != lead.last.strip() for lead in leads)
    assert any(lead.last.isupper() and len(lead.last) > 1 for lead in leads)
    assert len({"".join("9" if c.isdigit() else c for c in lead.phone) for lead in leads}) > 6
    assert sum(lead.twin is not None for lead in leads) > 50
    doors = Counter((lead.house, lead.last.strip().lower()) for lead in leads if not lead.twin and lead.last)
    assert sum(count > 1 for count in doors.values()) > 50


def test_nobody_can_be_reached(small: Company) -> None:
    for record in small.records:
        assert "555" in record.phone or not record.phone
        host = record.mail.lower().partition("@")[2]
        assert not host or host.endswith((".example.com", ".example.org", ".example.net"))
