"""Event facts from small mirrors: who is credited and why, when and where it counts, and what stood then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from data import events, mirror
from data.events import EventSettings
from data.store import Store
from tests.store.small_spotio import BEGAN, TABLES, SmallSpotio

MONDAY = datetime(2026, 10, 12, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def spotio(store: Store) -> SmallSpotio:
    """A record r1 of u1 in stage 1, with a pin in territory t1, and nothing done on it yet."""
    spotio = SmallSpotio(store)
    spotio.team("north", ["u1", "u2"])
    spotio.at(MONDAY).record(
        "r1", typeId="10", ownerId="u1", createdById="u1", stageId="1", territoryId="t1", value="100",
        createdAt=MONDAY, updatedAt=MONDAY, source="Ios",
    )  # fmt: skip
    return spotio


def told(store: Store, settings: EventSettings | None = None, **having: Any) -> list[dict[str, Any]]:
    """The current events, after a refresh, that have these members."""
    events.refresh(store, settings or EventSettings())
    rows = store.rows("select * from history.event where known_until is null order by happened_at, id")
    return [row for row in rows if all(row[name] == value for name, value in having.items())]


def only(store: Store, settings: EventSettings | None = None, **having: Any) -> dict[str, Any]:
    [row] = told(store, settings, **having)
    return row


# -- who ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("E-01")
def test_each_kind_is_credited_with_its_reason(store: Store, spotio: SmallSpotio) -> None:
    spotio.at(MONDAY + HOUR).visit("1", ownerId="u2", resultId="7")
    spotio.move("2", "1", "2", ownerId="u3")
    spotio.appointment("5", ownerId="u1", createdById="u2", activityTemplateId="6")
    said = {row["kind"]: (row["user_id"], row["who"], row["by_user_id"]) for row in told(store)}
    assert said == {
        "created": ("u1", "record_owner", "u1"),
        "logged": ("u2", "activity_owner", "u2"),
        "stage_moved": ("u3", "made_the_change", "u3"),
        "scheduled": ("u1", "appointment_owner", "u2"),
    }
    assert only(store, kind="logged")["result_id"] == "7"
    assert only(store, kind="scheduled")["template_id"] == "6"


@pytest.mark.rule("E-01")
def test_a_new_record_counts_for_who_owned_it_then_not_for_who_got_it_later(
    store: Store, spotio: SmallSpotio
) -> None:
    told(store)
    for number, (before, after) in enumerate((("u1", "u2"), ("u2", "u3")), 1):
        spotio.at(MONDAY + number * DAY).record("r1", ownerId=after, updatedAt=spotio.now)
        spotio.see(
            "activity", str(number), type="ownerChanged", done=True, ownerId="boss", dataObjectId="r1",
            date=spotio.now, createdAt=spotio.now, previousOwnerId=before, newOwnerId=after,
        )  # fmt: skip
    assert only(store, kind="created")["user_id"] == "u1"


@pytest.mark.rule("E-01")
def test_a_mass_reassignment_that_left_no_activity_does_not_take_the_credit_along(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.at(MONDAY + DAY).record("r1", ownerId="u9", updatedAt=spotio.now)
    assert only(store, kind="created")["user_id"] == "u1"


def test_a_record_that_nobody_owned_at_first_is_credited_to_nobody(store: Store, spotio: SmallSpotio) -> None:
    spotio.see(
        "activity", "1", type="ownerChanged", done=True, ownerId="boss", dataObjectId="r1",
        date=MONDAY + HOUR, createdAt=MONDAY + HOUR, newOwnerId="u1",
    )  # fmt: skip
    assert only(store, kind="created")["user_id"] is None


def test_the_owner_that_a_record_got_as_it_was_made_is_its_first(store: Store, spotio: SmallSpotio) -> None:
    spotio.see(
        "activity", "1", type="ownerChanged", done=True, ownerId="u1", dataObjectId="r1",
        date=MONDAY + timedelta(seconds=1), createdAt=MONDAY, newOwnerId="u1",
    )  # fmt: skip
    assert only(store, kind="created")["user_id"] == "u1"


def test_only_done_activities_of_people_are_logged_whatever_the_case_of_their_type(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.visit("1", type="Event")
    spotio.visit("2", done=False)
    spotio.visit("3", type="note", activityTemplateId=None)
    spotio.visit("4", type="update")
    spotio.move("5", "1", "2", type="Transition")
    assert [row["activity_id"] for row in told(store, kind="logged")] == ["1"]
    assert only(store, kind="stage_moved")["to_stage_id"] == "2"


def test_an_activity_without_a_record_counts_for_its_owner_and_has_no_stage(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.visit("1", None)
    row = only(store, kind="logged")
    assert (row["user_id"], row["team_id"]) == ("u1", "north")
    assert (row["record_id"], row["stage_id"], row["territory_id"], row["value"]) == (None, None, None, None)
    spotio.visit("1", None, resultId="8", updatedAt=MONDAY + HOUR)
    assert only(store, kind="logged")["result_id"] == "8"


# -- when -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("E-01")
@pytest.mark.parametrize(
    ("settings", "day", "hour", "zone"),
    [
        (EventSettings("UTC"), date(2026, 10, 13), 3, "UTC"),
        (EventSettings("America/Denver"), date(2026, 10, 12), 21, "America/Denver"),
        (EventSettings("UTC", {"region": "America/New_York"}), date(2026, 10, 12), 23, "America/New_York"),
        (
            EventSettings("UTC", {"region": "America/New_York", "north": "Asia/Tokyo"}),
            date(2026, 10, 13),
            12,
            "Asia/Tokyo",
        ),
        (
            EventSettings("UTC", {"north": "Asia/Tokyo"}, {"u1": "Pacific/Honolulu"}),
            date(2026, 10, 12),
            17,
            "Pacific/Honolulu",
        ),
    ],
)
def test_the_local_day_is_that_of_the_rep_else_of_the_nearest_team_else_of_the_company(
    store: Store, spotio: SmallSpotio, settings: EventSettings, day: date, hour: int, zone: str
) -> None:
    spotio.at(BEGAN).team("region", ["u1", "u2"])
    spotio.team("north", ["u1", "u2"], "region")
    spotio.visit("1", date=datetime(2026, 10, 13, 3, tzinfo=UTC))
    row = only(store, settings, kind="logged")
    assert (row["local_day"], row["local_hour"], row["zone"]) == (day, hour, zone)


@pytest.mark.rule("E-01")
def test_a_day_has_its_own_length_when_the_clocks_change(store: Store, spotio: SmallSpotio) -> None:
    """In Denver the night to 1 November 2026 has two hours called one o'clock, and midnight is an hour later after it."""
    moments = [
        datetime(2026, 11, 1, 5, 59, tzinfo=UTC),  # the last minute of October, at UTC-6
        datetime(2026, 11, 1, 7, 30, tzinfo=UTC),  # half past one
        datetime(2026, 11, 1, 8, 30, tzinfo=UTC),  # half past one again
        datetime(2026, 11, 2, 6, 59, tzinfo=UTC),  # still the first, at UTC-7
        datetime(2026, 11, 2, 7, 0, tzinfo=UTC),
    ]
    for number, moment in enumerate(moments):
        spotio.visit(str(number), date=moment)
    found = [(r["local_day"].day, r["local_hour"]) for r in told(store, EventSettings("America/Denver"), kind="logged")]  # fmt: skip
    assert found == [(31, 23), (1, 1), (1, 1), (1, 23), (2, 0)]


@pytest.mark.rule("E-01")
def test_when_it_happened_and_when_spotio_had_it_are_kept_apart(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1", date=MONDAY, createdAt=MONDAY + 2 * DAY)
    row = only(store, kind="logged")
    assert (row["happened_at"], row["received_at"]) == (MONDAY, MONDAY + 2 * DAY)


def test_an_appointment_for_a_whole_day_is_due_on_that_day_in_every_zone(
    store: Store, spotio: SmallSpotio
) -> None:
    midnight = datetime(2026, 10, 20, tzinfo=UTC)
    spotio.appointment("5", date=midnight, allDay=True, allDayDate="2026-10-20")
    spotio.appointment("6", date=midnight)
    due = {
        r["appointment_id"]: r["due_day"] for r in told(store, EventSettings("America/Denver"), kind="scheduled")
    }  # fmt: skip
    assert due == {"5": date(2026, 10, 20), "6": date(2026, 10, 19)}


@pytest.mark.rule("E-02")
def test_what_spotio_had_before_the_mirror_began_is_marked_so(store: Store, spotio: SmallSpotio) -> None:
    early = BEGAN - timedelta(minutes=1)
    spotio.record("old", ownerId="u1", createdAt=early, updatedAt=early)
    spotio.visit("1", "old", date=early)
    spotio.visit(
        "2", "old", date=early, createdAt=BEGAN + HOUR
    )  # happened before, but came from a phone after
    spotio.move("3", "1", "2", "old", date=early)
    first = {row["id"]: row["first_load"] for row in told(store)}
    assert first == {
        "record:old:created": True,
        "activity:1": True,
        "activity:2": False,
        "transition:3": True,
        "record:r1:created": False,
    }


# -- origin and verification ----------------------------------------------------------------------------------


@pytest.mark.rule("E-02")
def test_imports_and_integrations_are_no_human_origin(store: Store, spotio: SmallSpotio) -> None:
    for record_id, source in (("web", "Web"), ("imported", "Import"), ("made", "Api"), ("lower", "import")):
        spotio.record(record_id, ownerId="u1", createdById="u1", source=source, createdAt=MONDAY, updatedAt=MONDAY)  # fmt: skip
    spotio.record("robot", ownerId="u1", createdById="bot", source="Web", createdAt=MONDAY, updatedAt=MONDAY)
    spotio.record("nobody", ownerId="u1", source=None, createdAt=MONDAY, updatedAt=MONDAY)
    spotio.visit("1", "imported")
    spotio.visit("2", ownerId="bot")
    spotio.move("3", "1", "2", ownerId="bot")
    spotio.appointment("4", ownerId="u1", createdById="bot")
    found = {row["id"]: row["origin"] for row in told(store, EventSettings(integration_users=frozenset({"bot"})))}  # fmt: skip
    assert found == {
        "record:r1:created": "human",
        "record:web:created": "human",
        "record:nobody:created": "human",
        "record:imported:created": "import",
        "record:lower:created": "import",
        "record:made:created": "integration",
        "record:robot:created": "integration",
        "activity:1": "human",
        "activity:2": "integration",
        "transition:3": "integration",
        "scheduled:4": "integration",
    }


@pytest.mark.rule("E-03")
def test_a_visit_is_verified_only_when_its_distance_was_measured(store: Store, spotio: SmallSpotio) -> None:
    """The flag is true of everything that did not come from the mobile app, so it proves nothing by itself."""
    spotio.visit("near", verified=True, distance="12.5")
    spotio.visit("far", verified=False, distance="900")
    spotio.visit("web", verified=True)
    spotio.visit("no pin", verified=False)
    spotio.visit("on it", verified=True, distance="0")
    found = {row["activity_id"]: row["verification"] for row in told(store, kind="logged")}
    assert found == {
        "near": "verified",
        "far": "not_verified",
        "web": "not_verifiable",
        "no pin": "not_verifiable",
        "on it": "verified",
    }


# -- what stood then ------------------------------------------------------------------------------------------


@pytest.mark.rule("E-05")
def test_a_stage_move_tells_from_where_and_to_where_and_stands_in_the_latter(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.at(MONDAY + HOUR).move("1", "1", "2")
    spotio.at(MONDAY + 2 * HOUR).move("2", "2", "1")
    found = [(r["from_stage_id"], r["to_stage_id"], r["stage_id"]) for r in told(store, kind="stage_moved")]
    assert found == [("1", "2", "2"), ("2", "1", "1")]


@pytest.mark.rule("E-05")
def test_of_two_moves_at_one_instant_both_count_and_the_one_noted_last_stands(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.at(MONDAY + HOUR).move("10", "2", "3")
    spotio.move("9", "1", "2")
    spotio.visit("11", date=MONDAY + 2 * HOUR)
    found = [(r["from_stage_id"], r["stage_id"]) for r in told(store, kind="stage_moved")]
    assert sorted(found) == [("1", "2"), ("2", "3")]
    assert only(store, kind="logged")["stage_id"] == "3"


@pytest.mark.rule("E-01")
def test_an_event_has_the_stage_of_its_time(store: Store, spotio: SmallSpotio) -> None:
    """Before the first move it is where that came from; a move that comes late changes what was between."""
    spotio.at(MONDAY + 3 * HOUR).move("5", "1", "2")
    spotio.record("r1", stageId="2", updatedAt=spotio.now)
    for number, hours in enumerate((1, 2, 4)):
        spotio.visit(str(number), date=MONDAY + hours * HOUR)
    assert [r["stage_id"] for r in told(store, kind="logged")] == ["1", "1", "2"]
    assert only(store, kind="created")["stage_id"] == "1"
    spotio.at(MONDAY + DAY).move("6", "1", "7", date=MONDAY + 1.5 * HOUR)
    assert [r["stage_id"] for r in told(store, kind="logged")] == ["1", "7", "2"]
    spotio.delete("activity", "6")
    assert [r["stage_id"] for r in told(store, kind="logged")] == ["1", "1", "2"]


@pytest.mark.rule("E-01")
def test_an_activity_saved_together_with_a_stage_change_takes_the_stage_after_it(
    store: Store, spotio: SmallSpotio
) -> None:
    """Also one that is dated back; one of somebody else, or saved by itself, keeps the stage of its date."""
    saved = MONDAY + 3 * HOUR
    spotio.at(saved).move("1", "1", "2")
    spotio.visit("together", date=saved - DAY, createdAt=saved + timedelta(seconds=1))
    spotio.visit("just before", date=saved - timedelta(seconds=1), createdAt=saved - timedelta(seconds=1))
    spotio.visit("somebody", ownerId="u2", date=saved - HOUR, createdAt=saved)
    spotio.visit("alone", date=saved - HOUR, createdAt=saved + timedelta(minutes=1))
    found = {row["activity_id"]: row["stage_id"] for row in told(store, kind="logged")}
    assert found == {"together": "2", "just before": "2", "somebody": "1", "alone": "1"}


def test_where_spotio_noted_no_move_the_records_own_history_tells_the_stage(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.at(MONDAY + HOUR).visit("1")
    told(store)
    spotio.at(MONDAY + 2 * HOUR).record("r1", stageId="4", updatedAt=spotio.now)
    spotio.at(MONDAY + 3 * HOUR).visit("2")
    assert [r["stage_id"] for r in told(store, kind="logged")] == ["1", "4"]


@pytest.mark.rule("E-01")
def test_territory_and_value_are_those_of_the_time_through_all_later_changes(
    store: Store, spotio: SmallSpotio
) -> None:
    """A territory that was redrawn moves no stamp of its records: it counts from when it was seen."""
    spotio.visit("1", date=MONDAY + HOUR)
    spotio.at(MONDAY + 4 * HOUR).record("r1", value="250", updatedAt=MONDAY + 2 * HOUR)
    spotio.visit("2", date=MONDAY + 3 * HOUR)
    told(store)
    spotio.at(MONDAY + 6 * HOUR).record("r1", territoryId="t2")
    spotio.visit("3", date=MONDAY + 5 * HOUR)
    spotio.visit("4", date=MONDAY + 7 * HOUR)
    spotio.at(MONDAY + 9 * HOUR).record("r1", value=None, territoryId="t3", updatedAt=MONDAY + 8 * HOUR)
    spotio.visit("5", date=MONDAY + 10 * HOUR)
    found = [(r["territory_id"], r["value"]) for r in told(store, kind="logged")]
    assert found == [("t1", 100), ("t1", 250), ("t1", 250), ("t2", 250), ("t3", None)]


@pytest.mark.rule("E-01")
def test_the_team_is_that_of_the_time_through_all_later_changes(store: Store, spotio: SmallSpotio) -> None:
    """Each day a visit at nine, each noon a change: events that stand keep their team, derived anew or not."""
    changes: list[Callable[[], None]] = [
        lambda: spotio.team("north", ["u2"]),
        lambda: spotio.team("south", ["u1"]),
        lambda: spotio.team("all", ["u1", "u2"]),
        lambda: spotio.team("south", ["u1"], "all"),
        lambda: spotio.delete("team", "south"),
        lambda: spotio.team("south", ["u1"], "all"),
        lambda: spotio.see("team", "south", name="Renamed"),
    ]
    for day, change in enumerate(changes):
        spotio.at(MONDAY + day * DAY).visit(str(day))
        told(store)
        spotio.at(MONDAY + day * DAY + 3 * HOUR)
        change()
    spotio.visit("last", date=spotio.now + HOUR)
    expected = ["north", None, "south", "south", "south", "all", "south", "south"]
    assert [r["team_id"] for r in told(store, kind="logged")] == expected
    events.touch_all(store)
    assert events.refresh(store, EventSettings()) == 0


@pytest.mark.rule("E-01")
def test_the_deepest_of_a_reps_teams_counts_and_its_zone_as_it_was_then(
    store: Store, spotio: SmallSpotio
) -> None:
    """SPOTIO lists a team's members in the teams above it, too."""
    settings = EventSettings("UTC", {"east": "America/New_York", "west": "America/Los_Angeles"})
    spotio.at(BEGAN).team("east", ["u5"])
    spotio.team("west", [])
    spotio.team("crew", ["u5"], "east")
    night = datetime(2026, 10, 14, 5, tzinfo=UTC)  # 1:00 in the east, 22:00 of the day before in the west
    spotio.visit("1", ownerId="u5", date=night)
    told(store, settings)
    spotio.at(night + HOUR).team("crew", ["u5"], "west")
    spotio.team("west", ["u5"])
    spotio.visit("2", ownerId="u5", date=night + DAY)
    found = [(r["team_id"], r["local_day"].day) for r in told(store, settings, kind="logged")]
    assert found == [("crew", 14), ("crew", 14)]


@pytest.mark.rule("E-01")
def test_what_is_dated_ahead_follows_a_team_that_changes_before_it(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1", date=MONDAY + 10 * DAY)
    assert only(store, kind="logged")["team_id"] == "north"
    spotio.at(MONDAY + DAY).team("north", ["u2"])
    spotio.team("south", ["u1"])
    assert only(store, kind="logged")["team_id"] == "south"


def test_teams_that_are_told_for_the_first_time_were_there_before(store: Store) -> None:
    """The pull that began the mirror ended before it came to them."""
    spotio = SmallSpotio(store).at(MONDAY)
    spotio.visit("1", date=BEGAN - DAY)
    assert only(store)["team_id"] is None
    spotio.at(MONDAY + DAY).team("north", ["u1"])
    assert only(store)["team_id"] == "north"


# -- appointments ---------------------------------------------------------------------------------------------


def series(series_id: str) -> dict[str, Any]:
    return {"recurringDefinition": {"id": series_id, "periodicity": "weeks", "interval": 1}}


@pytest.mark.rule("A-04")
def test_a_series_is_scheduled_once_however_its_occurrences_are_saved_moved_and_taken_away(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.at(MONDAY).appointment("9", **series("70"))
    spotio.at(MONDAY + 7 * DAY).appointment("10", **series("70"))
    spotio.appointment("12")
    first = only(store, id="scheduled:series:70")
    assert (first["appointment_id"], first["happened_at"]) == ("9", MONDAY)
    spotio.at(MONDAY + 8 * DAY).see("appointment", "9", date=MONDAY + 30 * DAY, updatedAt=spotio.now)
    moved = only(store, id="scheduled:series:70")
    assert (moved["happened_at"], moved["due_at"]) == (MONDAY, MONDAY + 30 * DAY)
    spotio.delete("appointment", "9")
    left = only(store, id="scheduled:series:70")
    assert (left["appointment_id"], left["happened_at"]) == ("10", MONDAY)
    assert len(told(store, kind="scheduled")) == 2
    spotio.delete("appointment", "10")
    assert [row["id"] for row in told(store, kind="scheduled")] == ["scheduled:12"]


@pytest.mark.rule("A-04")
@pytest.mark.parametrize("at_a_time", [1, 100])
def test_a_series_over_two_records_counts_once_and_goes_on_with_the_other(
    store: Store, spotio: SmallSpotio, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge of records moves its appointments one by one."""
    monkeypatch.setattr(events, "BATCH_RECORDS", at_a_time)
    for record_id in ("r0", "r2"):
        spotio.record(record_id, ownerId="u1")
    spotio.appointment("2", "r1", **series("70"))
    spotio.appointment("3", "r2", **series("70"))
    assert only(store, kind="scheduled")["record_id"] == "r1"
    spotio.appointment("1", "r0", **series("70"))
    assert only(store, kind="scheduled")["record_id"] == "r0"
    spotio.delete("appointment", "1")
    assert only(store, kind="scheduled")["record_id"] == "r1"
    spotio.see("appointment", "2", recurringDefinition=None)
    assert [(r["id"], r["record_id"]) for r in told(store, kind="scheduled")] == [
        ("scheduled:2", "r1"),
        ("scheduled:series:70", "r2"),
    ]


def test_an_appointment_was_scheduled_when_its_activity_was_made_else_when_it_first_bore_a_stamp(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.at(MONDAY + HOUR).appointment("5", activityId="50", updatedAt=None)
    assert told(store, kind="scheduled") == []
    spotio.see("appointment", "5", updatedAt=MONDAY + HOUR)
    spotio.at(MONDAY + DAY).see("appointment", "5", title="moved", updatedAt=spotio.now)
    assert only(store, kind="scheduled")["happened_at"] == MONDAY + HOUR
    spotio.visit("50", date=MONDAY + 2 * DAY, createdAt=MONDAY)
    row = only(store, kind="scheduled")
    assert (row["happened_at"], row["received_at"], row["activity_id"]) == (MONDAY, MONDAY, "50")


def test_a_deleted_appointment_is_scheduled_no_more(store: Store, spotio: SmallSpotio) -> None:
    spotio.appointment("5")
    spotio.appointment("6", None)
    assert len(told(store, kind="scheduled")) == 2
    spotio.delete("appointment", "5", "6")
    assert told(store, kind="scheduled") == []


# -- corrections ----------------------------------------------------------------------------------------------


def versions(store: Store, event_id: str) -> list[tuple[Any, ...]]:
    rows = store.rows(
        "select * from history.event where id = $id order by known_from", {"id": event_id}
    )  # fmt: skip
    for before, after in pairwise(rows):
        assert before["known_until"] <= after["known_from"]
    return [(row["record_id"], row["result_id"], row["known_until"] is None) for row in rows]


@pytest.mark.rule("E-01")
def test_a_correction_closes_one_version_and_opens_the_next(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1", resultId="7")
    told(store)
    spotio.visit("1", resultId="8", updatedAt=MONDAY + HOUR)
    told(store)
    spotio.visit("1", "r2", resultId="8", updatedAt=MONDAY + 2 * HOUR)
    told(store)
    spotio.delete("activity", "1")
    told(store)
    spotio.visit("1", "r2", resultId="8", updatedAt=MONDAY + 3 * HOUR)
    told(store)
    expected = [("r1", "7", False), ("r1", "8", False), ("r2", "8", False), ("r2", "8", True)]
    assert versions(store, "activity:1") == expected


def test_a_correction_names_the_days_and_records_it_concerns(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1")
    events.refresh(store, EventSettings())
    events.settled(store, events.touched(store))
    assert not events.touched(store)
    spotio.visit("1", "r2", date=MONDAY - 3 * DAY, updatedAt=MONDAY + HOUR)
    events.refresh(store, EventSettings())
    touched = events.touched(store)
    assert touched.days == frozenset({MONDAY.date(), (MONDAY - 3 * DAY).date()})
    assert touched.records == frozenset({"r1", "r2"})


def test_a_deleted_record_was_not_created_and_an_undeleted_one_was(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1")
    told(store)
    spotio.delete("record", "r1")
    spotio.delete("activity", "1")
    assert told(store) == []
    spotio.at(MONDAY + HOUR).record("r1", ownerId="u1", updatedAt=spotio.now)
    spotio.visit("1", date=MONDAY, updatedAt=spotio.now)
    assert [row["id"] for row in told(store)] == ["activity:1", "record:r1:created"]


@pytest.mark.rule("L-08")
def test_what_is_merely_not_visible_any_more_still_counts(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1")
    spotio.appointment("5")
    before = told(store)
    spotio.hide("record", "r1")
    spotio.hide("activity", "1")
    spotio.hide("appointment", "5")
    assert events.refresh(store, EventSettings()) == 0
    mirror.mark_visible(store, TABLES["activity"], ["1"], spotio.reading())
    spotio.visit("1")
    assert told(store) == before


def test_a_value_that_fits_no_column_any_more_leaves_the_other_events_as_they_are(
    store: Store, spotio: SmallSpotio
) -> None:
    """The mirror keeps it as text; such a moment or amount is unknown, and no refresh fails for it."""
    spotio.visit("1", distance="5", verified=True)
    spotio.appointment("5")
    before = told(store)
    spotio.record("r2", ownerId="u1", value="ten or so", createdAt="last week", updatedAt=MONDAY)
    spotio.visit("2", "r2", distance="near", verified="maybe")
    spotio.visit("3", "r2", date="soon", createdAt="today")
    spotio.appointment("6", "r2", date="some day", activityId="2")
    after = told(store)
    assert [row for row in after if row["record_id"] == "r1"] == before
    assert [(row["id"], row["verification"], row["value"]) for row in after if row["record_id"] == "r2"] == [
        ("activity:2", "not_verifiable", None),
        ("scheduled:6", None, None),
    ]


def test_other_time_zones_in_the_settings_give_other_days(store: Store, spotio: SmallSpotio) -> None:
    spotio.visit("1", date=datetime(2026, 10, 13, 3, tzinfo=UTC))
    assert only(store, kind="logged")["local_day"].day == 13
    assert only(store, EventSettings("America/Denver"), kind="logged")["local_day"].day == 12
    assert only(store, EventSettings("America/Denver"), kind="logged")["zone"] == "America/Denver"


def test_a_mirror_that_is_older_than_its_events_gets_them_at_the_first_refresh(
    store: Store, spotio: SmallSpotio
) -> None:
    spotio.visit("1")
    spotio.appointment("5", "r7")
    with store.write() as cursor:
        cursor.execute("delete from sync.touched")
    assert sorted(row["kind"] for row in told(store)) == ["created", "logged", "scheduled"]


def test_without_a_mirror_of_spotio_there_is_nothing_to_derive(store: Store) -> None:
    assert events.refresh(store, EventSettings()) == 0
    assert not events.touched(store)
