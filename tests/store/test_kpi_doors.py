"""Doors, visits, verification and contacts: what is counted, for whom, and what is left out and said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from data.kpi import ask
from data.kpi.settings import Zones
from data.store import Store
from sync.connectors.spotio.tables import TEMPLATE
from tests.store.small_field import DAY, HOUR, MINUTE, MONDAY, SmallField, manager, october, on, rep

TUESDAY = MONDAY + DAY


@pytest.fixture
def field(store: Store) -> SmallField:
    field = SmallField(store)
    field.record("r1")
    field.record("r2", territoryId="t2")
    return field


@pytest.mark.requirement("KP-01")
def test_a_door_is_a_rep_at_a_record_on_a_day_however_many_visits(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY + HOUR)
    field.knock("3", MONDAY + 2 * HOUR, user="u2")
    field.knock("4", TUESDAY)
    field.knock("5", TUESDAY, "r2")
    field.settle()
    doors = field.value("doors")
    assert (doors.value, doors.extra["visits"]) == (4, 5)
    assert field.by("doors", "user") == {"u1": 3, "u2": 1}
    assert field.by("doors", "territory") == {"t1": 3, "t2": 1}
    assert field.by("doors", "team") == {"north": 4}
    assert [field.number("doors", **on(day)) for day in (MONDAY.date(), TUESDAY.date())] == [2, 2]


def test_a_visit_without_a_record_is_a_visit_and_no_door(field: SmallField) -> None:
    field.knock("1", MONDAY, None)
    field.settle()
    assert field.number("visits") == 1
    assert field.number("doors") == 0


def test_other_activities_are_counted_by_their_type_and_are_no_doors(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY, activityTemplateId="2", resultId=None)
    field.settle()
    found = field.values("doors", "activities", "calls", "texts")
    assert {key: value.value for key, value in found.items()} == {
        "doors": 1,
        "activities": 2,
        "calls": 1,
        "texts": 0,
    }
    assert field.by("activities", "template") == {"1": 1, "2": 1}


@pytest.mark.requirement("KP-01")
@pytest.mark.rule("E-03")
def test_the_verified_share_leaves_out_what_cannot_be_verified_and_says_how_much(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY, "r2", verified=False, distance="140")
    field.knock("3", TUESDAY, distance=None)
    field.settle()
    share = field.value("verified_share")
    assert (share.numerator, share.denominator, share.value) == (1, 2, 0.5)
    assert share.extra["not_verifiable"] == 1
    assert field.number("verified_doors") == 1
    assert field.number("doors", verification="not_verifiable") == 1


def test_a_door_is_verified_by_any_of_its_visits(field: SmallField) -> None:
    field.knock("1", MONDAY, distance=None)
    field.knock("2", MONDAY + HOUR)
    field.settle()
    assert field.number("verified_doors") == 1


def test_a_contact_is_a_door_with_a_result_that_says_so_and_an_unknown_result_is_shown(
    field: SmallField,
) -> None:
    field.knock("1", MONDAY, result="Not Home")
    field.knock("2", MONDAY + HOUR, result="Interested")
    field.knock("3", MONDAY, "r2", result="Left a flyer")
    field.knock("4", TUESDAY, result="Not Home")
    field.knock("5", TUESDAY, "r2", resultId=None)
    field.settle()
    rate = field.value("contact_rate")
    assert (rate.numerator, rate.denominator, rate.extra["unclassified"]) == (1, 4, 2)


@pytest.mark.requirement("KP-02")
def test_doors_can_be_narrowed_to_those_where_a_result_was_given(field: SmallField) -> None:
    field.knock("1", MONDAY, result="Not Home")
    field.knock("2", MONDAY + HOUR, result="Interested")
    field.knock("3", MONDAY, "r2", result="Not Home")
    field.settle()
    assert field.number("doors", results=("1:1",)) == 2
    assert field.number("doors", results=("1:2",)) == 1
    assert field.number("visits", results=("1:1", "1:2")) == 3
    assert field.by("doors", "result") == {"1:1": 2, "1:2": 1}
    assert field.number("visits", templates=("2",)) == 0
    moves = field.value("stage_moves", results=("1:1",))
    assert moves.extra["not_filtered_by"] == ["results"]


def test_a_day_is_the_reps_own(store: Store) -> None:
    field = SmallField(store, zones=Zones(company="UTC", by_user={"u1": "Pacific/Auckland"}))
    field.record("r1")
    field.knock("1", MONDAY)
    field.knock("2", MONDAY, user="u2")
    field.settle()
    assert field.number("doors", **on(MONDAY.date()), users=("u1",)) == 0
    assert field.number("doors", **on(TUESDAY.date()), users=("u1",)) == 1
    assert field.number("doors", **on(MONDAY.date()), users=("u2",)) == 1


@pytest.mark.rule("E-02")
def test_other_origins_and_what_lies_before_the_start_are_counted_apart(store: Store) -> None:
    field = SmallField(store, start=date(2026, 10, 13), integration_users=frozenset({"u9"}))
    field.record("r1")
    field.record("r2", TUESDAY, source="Import")
    field.knock("1", MONDAY)
    field.knock("2", TUESDAY)
    field.knock("3", TUESDAY, user="u9")
    field.settle()
    for kpi in ("doors", "visits", "activities"):
        found = field.value(kpi)
        assert (found.value, found.extra["before_start"], found.extra["other_origin"]) == (1, 1, 1)
    created = field.value("created")
    assert (created.value, created.extra["before_start"], created.extra["other_origin"]) == (0, 1, 1)
    assert field.number("created", first=date(2026, 10, 13)) == 0


def test_an_origin_that_is_configured_counts(store: Store) -> None:
    field = SmallField(store, origins=frozenset({"human", "import"}))
    field.record("r1", source="Import")
    field.record("r2")
    field.settle()
    assert field.number("created") == 2


def test_a_type_of_activity_that_becomes_a_visit_changes_the_numbers_of_all_days(field: SmallField) -> None:
    field.knock("1", MONDAY, activityTemplateId="77")
    field.settle()
    assert field.number("visits") == 0
    field.see(TEMPLATE, {"id": "77", "name": "Knock", "systemRole": "visit", "results": []})
    field.settle()
    assert field.number("visits") == 1


def test_team_and_territory_are_those_of_the_event_and_as_now_is_a_switch(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.spotio.at(TUESDAY).record("r1", territoryId="t9", updatedAt=TUESDAY)
    field.spotio.at(TUESDAY).team("north", ["u2"])
    field.spotio.team("south", ["u3", "u1"])
    field.settle()
    assert field.by("doors", "team") == {"north": 1}
    assert field.by("doors", "team", groups_now=True) == {"south": 1}
    assert field.by("doors", "territory", groups_now=True) == {"t9": 1}
    assert field.number("doors", teams=("south",), groups_now=True) == 1
    # Who may see it is decided by the team that it was done in, whatever it is grouped by.
    assert field.number("doors", scope=manager("south"), groups_now=True) == 0
    assert field.by("visits", "team", scope=manager("north"), groups_now=True) == {"south": 1}


@pytest.mark.requirement("KP-04")
def test_a_territory_means_those_below_it_and_nothing_beside_it(field: SmallField, store: Store) -> None:
    with store.write() as cursor:
        cursor.execute(
            "create table spotio.territory as"
            " select * from (values ('all', null), ('t1', 'all'), ('t2', null)) t(id, parentId)"
        )
    field.record("r3", typeId="20", territoryId="t1")
    for number, record in enumerate(("r1", "r2", "r3")):
        field.knock(str(number), MONDAY, record)
    field.settle()
    assert field.number("doors", territories=("all",)) == 2
    assert field.number("doors", territories=("all",), types=("10",)) == 1
    assert field.number("doors", territories=("t2",)) == 1


def test_hours_are_those_of_the_week_and_of_a_doors_first_visit(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY + 3 * HOUR)
    field.knock("3", TUESDAY)
    field.settle()
    assert field.by("doors", "hour") == {15: 1, 39: 1}
    assert field.by("visits", "hour") == {15: 1, 18: 1, 39: 1}


def test_a_series_has_every_step_of_the_period(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", TUESDAY)
    field.settle()
    question = october(first=date(2026, 10, 11), last=date(2026, 10, 14))
    days = ask.series(field.store, question, ["doors", "contact_rate"])
    assert days["doors_n"].to_list() == [0, 1, 1, 0]
    assert days["contact_rate_d"].to_list() == [0, 1, 1, 0]
    weeks = ask.series(field.store, question, ["doors"], "week")
    assert weeks.rows() == [(date(2026, 10, 5), 0, None), (date(2026, 10, 12), 2, None)]


def test_the_median_of_log_latency_flags_what_was_uploaded_later(field: SmallField) -> None:
    for number, late in enumerate((0, 2, 30)):
        at = MONDAY + number * HOUR
        field.knock(str(number), at, createdAt=at + late * MINUTE)
    field.knock("ahead", MONDAY + 5 * HOUR, createdAt=MONDAY)
    field.settle()
    latency = field.value("log_latency")
    assert (latency.value, latency.denominator, latency.extra["offline"]) == (60, 4, 1)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda f: f.knock("1", MONDAY - 2 * DAY), id="back-dated"),
        pytest.param(lambda f: f.knock("1", MONDAY, "r2"), id="moved to another record"),
        pytest.param(lambda f: f.knock("1", MONDAY, user="u3"), id="given to another rep"),
        pytest.param(lambda f: f.spotio.at(TUESDAY).delete("activity", "1"), id="deleted"),
        pytest.param(lambda f: f.knock("1", MONDAY, result="Interested"), id="another result"),
    ],
)
@pytest.mark.requirement("CO-09")
def test_a_correction_changes_the_numbers_and_as_of_before_it_they_stay(
    field: SmallField, edit: Callable[[SmallField], Any]
) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY, "r2", user="u3")
    before = field.settle()

    def shown(**question: Any) -> list[list[tuple[Any, ...]]]:
        asked, kpis = october(**question), ("doors", "visits", "contact_rate", "created")
        frames = [ask.by(field.store, asked, kpis, group) for group in ("user", "team", "territory")]
        return [frame.rows() for frame in (ask.series(field.store, asked, kpis), *frames)]

    then = shown()
    edit(field)
    field.settle()
    assert shown() != then
    assert shown(as_of=before) == then


def test_a_manager_counts_their_teams_and_a_rep_themselves(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY, user="u2")
    field.knock("3", MONDAY, user="u3")
    field.settle()
    for seen, number in ((manager("north"), 2), (manager(), 0), (rep("u3"), 1), (rep(""), 0)):
        assert field.number("doors", scope=seen) == number
        assert field.number("visits", scope=seen, results=("1:1",)) == number
        assert field.number("visits", scope=seen, as_of=MONDAY + timedelta(days=3650)) == number
        assert len(ask.behind(field.store, october(scope=seen), "doors")) == number
        assert len(ask.knocks(field.store, october(scope=seen))) == number
    assert field.number("doors", scope=manager("north"), users=("u3",)) == 0
    assert field.number("doors", scope=manager("north"), teams=("south",)) == 0


@pytest.mark.rule("E-04")
def test_one_activity_counts_once_under_each_number_that_it_is_part_of_however_often_it_is_read(
    store: Store,
) -> None:
    field = SmallField(store, sold_source="result")
    field.record("r1")

    def told() -> tuple[list[str], dict[str, float | None]]:
        ids = field.store.rows(
            "select id from history.event where activity_id = 'k1' and known_until is null"
        )
        return [row["id"] for row in ids], {
            key: value.numerator
            for key, value in field.values("visits", "doors", "contact_rate", "sold").items()
        }

    field.knock("k1", MONDAY, result="Sold")
    field.settle()
    [event], numbers = told()
    assert numbers == {"visits": 1, "doors": 1, "contact_rate": 1, "sold": 1}
    field.knock("k1", MONDAY, result="Sold", distance="6")
    field.settle()
    field.settle(everything=True)
    assert told() == ([event], numbers), "a correction is the same event, and its id lasts"
