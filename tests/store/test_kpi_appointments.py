"""Appointments: what is set once a cycle and by whom, what becomes of it, who feeds whom."""

from __future__ import annotations

from typing import Any

import pytest

from data.kpi import ask
from data.kpi.settings import Zones
from data.store import Store
from tests.store.small_field import (
    AFTERWARDS,
    DAY,
    HOUR,
    LOST,
    MONDAY,
    NEW,
    PITCHED,
    SOLD,
    SmallField,
    manager,
    october,
    on,
    rep,
)

TUESDAY, WEDNESDAY, THURSDAY = MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 3 * DAY


@pytest.fixture
def field(store: Store) -> SmallField:
    field = SmallField(store)
    for record in ("r1", "r2", "r3", "r4", "r5"):
        field.record(record)
    return field


def rates(field: SmallField, **question: Any) -> dict[str, tuple[float | None, float | None]]:
    """run, sit, cancel and no-show: numerator and denominator."""
    kpis = ("run_rate", "sit_rate", "cancel_rate", "no_show_rate")
    return {key: (v.numerator, v.denominator) for key, v in field.values(*kpis, **question).items()}


@pytest.mark.requirement("KP-02")
def test_the_setter_is_who_made_the_first_appointment_whoever_owns_it_later(field: SmallField) -> None:
    field.appoint("1", MONDAY, WEDNESDAY, setter="u2", closer="u3")
    field.settle()
    field.spotio.at(TUESDAY).see("appointment", "1", ownerId="u1", updatedAt=TUESDAY)
    field.settle()
    assert field.by("set", "user") == {"u2": 1}
    assert field.by("set", "team") == {"north": 1}
    assert field.parts("closer_sit_rate", users=("u1",)) == (0, 1)
    [row] = ask.matrix(field.store, october()).rows(named=True)
    assert (row["setter_id"], row["closer_id"], row["set"], row["due"]) == ("u2", "u1", 1, 1)


def test_the_day_of_setting_is_the_setters_own(store: Store) -> None:
    field = SmallField(store, zones=Zones(company="UTC", by_user={"u2": "Pacific/Auckland"}))
    field.record("r1")
    field.appoint("1", MONDAY, WEDNESDAY, setter="u2")
    field.settle()
    assert field.number("set", **on(TUESDAY.date())) == 1
    assert field.number("set", **on(MONDAY.date())) == 0


@pytest.mark.parametrize("result", ["Rescheduled", "No show", "Cancelled"])
def test_moving_it_or_setting_it_again_after_nobody_sat_is_no_second_set(
    field: SmallField, result: str
) -> None:
    field.appoint("1", MONDAY, TUESDAY, setter="u2")
    field.outcome("1", result, TUESDAY, made=MONDAY)
    field.appoint("2", WEDNESDAY, THURSDAY, setter="u3")
    field.settle()
    assert field.by("set", "user") == {"u2": 1}
    # Both are the first setter's: what becomes of the cycle that they began.
    due = 1 if result == "Rescheduled" else 2
    assert field.parts("sit_rate", users=("u2",)) == (0, due)
    assert field.parts("sit_rate", users=("u3",)) == (0, 0)
    assert ask.matrix(field.store, october())["setter_id"].unique().to_list() == ["u2"]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda f: f.outcome("1", "Sat - not sold", TUESDAY, made=MONDAY), id="sat"),
        pytest.param(lambda f: f.outcome("1", "Sat - sold", TUESDAY, made=MONDAY), id="sold"),
        pytest.param(lambda f: f.move("m", TUESDAY, NEW, SOLD), id="won"),
        pytest.param(lambda f: f.move("m", TUESDAY, NEW, LOST), id="lost"),
        pytest.param(lambda f: f.knock("k", TUESDAY, result="Sold"), id="sold at the door"),
    ],
)
def test_an_appointment_made_after_the_cycle_ended_is_set_anew(field: SmallField, end: Any) -> None:
    field.appoint("1", MONDAY, TUESDAY, setter="u2")
    end(field)
    field.appoint("2", TUESDAY, THURSDAY, setter="u3")  # at the very instant of the end: still the old cycle
    field.settle()
    assert field.by("set", "user") == {"u2": 1}
    field.appoint("3", WEDNESDAY, THURSDAY, setter="u3")
    field.settle()
    assert field.by("set", "user") == {"u2": 1, "u3": 1}


def test_a_move_between_open_stages_ends_nothing(field: SmallField) -> None:
    field.appoint("1", MONDAY, THURSDAY)
    field.move("m", TUESDAY, NEW, PITCHED)
    field.appoint("2", WEDNESDAY, THURSDAY)
    field.settle()
    assert field.number("set") == 1


def test_a_deleted_appointment_is_not_live_and_its_set_goes_to_the_next(field: SmallField) -> None:
    field.appoint("1", MONDAY, WEDNESDAY, setter="u2")
    field.appoint("2", TUESDAY, WEDNESDAY, setter="u3")
    before = field.settle()
    assert field.by("set", "user") == {"u2": 1}
    field.spotio.at(WEDNESDAY).delete("appointment", "1")
    field.settle()
    assert field.by("set", "user") == {"u3": 1}
    assert rates(field)["run_rate"] == (0, 1)
    assert field.by("set", "user", as_of=before) == {"u2": 1}


def test_a_series_is_set_once_and_is_one_appointment(field: SmallField) -> None:
    for number in range(3):
        field.spotio.at(MONDAY).appointment(
            f"s{number}", "r1", date=TUESDAY + number * DAY, recurringDefinition={"id": 7, "periodicity": "daily"},
            activityTemplateId="5",
        )  # fmt: skip
    field.settle()
    assert field.number("set") == 1
    assert rates(field)["run_rate"] == (0, 1)


@pytest.mark.requirement("KP-13")
def test_rates_are_of_what_was_due_by_now_without_the_rescheduled(field: SmallField) -> None:
    for number, result in enumerate(
        ("Sat - sold", "Sat - not sold", "No show", "Cancelled", "Rescheduled"), 1
    ):
        field.appoint(str(number), MONDAY, TUESDAY, f"r{number}")
        field.outcome(str(number), result, TUESDAY, f"r{number}", made=MONDAY)
    field.appoint("6", MONDAY + HOUR, TUESDAY, "r5")
    field.appoint("7", MONDAY + HOUR, THURSDAY, "r4")
    field.settle()
    seen = {"now": WEDNESDAY}
    assert rates(field, **seen) == {
        "run_rate": (3, 5),
        "sit_rate": (2, 5),
        "cancel_rate": (1, 5),
        "no_show_rate": (1, 5),
    }
    extra = field.value("run_rate", **seen).extra
    assert (extra["without_outcome"], extra["rescheduled"], extra["unclassified"]) == (1, 1, 0)
    assert rates(field)["run_rate"] == (3, 6)
    assert rates(field, **on(THURSDAY.date()))["run_rate"] == (0, 1)
    assert field.number("sat") == 2


def test_an_outcome_in_no_class_stays_in_the_denominator_and_is_shown(field: SmallField) -> None:
    field.appoint("1", MONDAY, TUESDAY)
    field.outcome("1", "Left a flyer", TUESDAY, made=MONDAY)
    field.settle()
    rate = field.value("run_rate")
    assert (rate.numerator, rate.denominator, rate.extra["unclassified"]) == (0, 1, 1)


def test_an_outcome_that_is_corrected_or_taken_back_corrects_the_rates(field: SmallField) -> None:
    field.appoint("1", MONDAY, TUESDAY)
    field.outcome("1", "No show", TUESDAY, made=MONDAY)
    field.settle()
    field.outcome("1", "Sat - not sold", TUESDAY, made=MONDAY)
    before = field.settle()
    assert rates(field)["sit_rate"] == (1, 1)
    field.spotio.at(WEDNESDAY).delete("activity", "a1")
    field.settle()
    assert rates(field)["sit_rate"] == (0, 1)
    assert rates(field, as_of=before)["sit_rate"] == (1, 1)


@pytest.mark.requirement("KP-13")
def test_the_close_rate_is_of_those_that_sat_and_shown_by_closer_by_setter_and_by_set_date(
    field: SmallField,
) -> None:
    field.appoint("1", MONDAY, TUESDAY, "r1", closer="u1")
    field.outcome("1", "Sat - sold", TUESDAY, "r1", closer="u1", made=MONDAY)
    field.move("w", TUESDAY + HOUR, NEW, SOLD, "r1")
    field.appoint("2", MONDAY, TUESDAY, "r2", closer="u3")
    field.outcome("2", "Sat - not sold", TUESDAY, "r2", closer="u3", made=MONDAY)
    field.move("door", TUESDAY, NEW, SOLD, "r3", user="u2")
    field.settle()
    assert field.parts("close_rate") == (1, 2)
    assert field.by("close_rate", "user") == {"u1": 1}
    assert field.by("close_rate_setter", "user") == {"u2": 1}
    assert field.parts("close_rate_setter", users=("u2",)) == (1, 2)
    assert field.parts("close_rate_cohort", **on(MONDAY.date())) == (1, 2)
    assert field.parts("close_rate_cohort", **on(TUESDAY.date())) == (0, 0)
    assert field.parts("sold_per_set") == (1, 2)
    assert field.number("sold") == 2  # the one at the door is a sale, and in no close rate


def test_a_sale_belongs_to_the_latest_cycle_unless_the_record_was_lost_since(field: SmallField) -> None:
    for record, between in (("r1", None), ("r2", LOST)):
        field.appoint(record, MONDAY, TUESDAY, record)
        field.outcome(record, "Sat - not sold", TUESDAY, record, made=MONDAY)
        if between:
            field.move(f"l{record}", WEDNESDAY, NEW, between, record)
        field.move(f"w{record}", THURSDAY, between or NEW, SOLD, record)
    field.settle()
    assert field.parts("close_rate") == (1, 2)


@pytest.mark.requirement("KP-13")
def test_the_matrix_tells_who_feeds_whom_with_samples_and_value(field: SmallField) -> None:
    field.appoint("1", MONDAY, TUESDAY, "r1", setter="u2", closer="u3")
    field.outcome("1", "Sat - sold", TUESDAY, "r1", closer="u3", made=MONDAY)
    field.move("w", TUESDAY + HOUR, NEW, SOLD, "r1", user="u3")
    field.appoint("2", MONDAY, TUESDAY, "r2", setter="u2", closer="u1")
    field.outcome("2", "Cancelled", TUESDAY, "r2", made=MONDAY)
    field.appoint("3", MONDAY, AFTERWARDS + DAY, "r3", setter="u3", closer="u3")
    field.settle()
    columns = ("setter_id", "closer_id", "set", "due", "run", "sat", "cancelled", "no_show", "sold", "value")
    assert ask.matrix(field.store, october()).select(columns).rows() == [
        ("u2", "u1", 1, 1, 0, 0, 1, 0, 0, 0.0),
        ("u2", "u3", 1, 1, 1, 1, 0, 0, 1, 100.0),
        ("u3", "u3", 1, 0, 0, 0, 0, 0, 0, 0.0),
    ]

    def pairs(**question: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = ask.matrix(field.store, october(**question)).select(columns[:2]).rows()
        return found

    # Whoever has one side of an appointment in their teams sees the other's name; nobody sees two strangers.
    assert pairs(scope=manager("south")) == [("u2", "u3"), ("u3", "u3")]
    assert pairs(scope=manager("north")) == [("u2", "u1"), ("u2", "u3")]
    assert pairs(scope=rep("u1")) == [("u2", "u1")]
    assert pairs(scope=manager()) == []
    assert pairs(teams=("south",)) == [("u2", "u3"), ("u3", "u3")]
    assert pairs(users=("u1",)) == [("u2", "u1")]
    # A number counts for one person: setting for the setter, whatever the matrix shows of the pair.
    assert field.number("set", scope=manager("south")) == 1
    assert field.number("sat", scope=manager("south")) == 1
    assert field.number("sat", scope=manager("north")) == 0


@pytest.mark.requirement("KP-09")
@pytest.mark.parametrize(
    "question",
    [
        {},
        {"scope": manager("south")},
        {"scope": manager("north")},
        {"scope": rep("u2")},
        {"teams": ("north",)},
        {"users": ("u2",)},
        {"results": ("5:21",)},
        {"scope": manager("south"), "users": ("u2",)},
    ],
    ids=str,
)
def test_a_pair_opens_onto_the_appointments_that_the_matrix_counts(
    field: SmallField, question: dict[str, Any]
) -> None:
    for number, (setter, closer, result) in enumerate(
        [("u2", "u3", "Sat - sold"), ("u2", "u3", "Sat - not sold"), ("u2", "u1", "Sat - sold"), ("u3", "u3", "Sat - sold")], 1
    ):  # fmt: skip
        field.appoint(f"{number}", MONDAY, TUESDAY, f"r{number}", setter=setter, closer=closer)
        field.outcome(f"{number}", result, TUESDAY, f"r{number}", closer=closer, made=MONDAY)
    field.settle()
    shown = ask.matrix(field.store, october(**question))
    assert shown["sat"].sum() > 0
    for pair in shown.iter_rows(named=True):
        asked = october(**question, setters=(pair["setter_id"],), closers=(pair["closer_id"],))
        assert ask.values(field.store, asked, ["close_rate"])["close_rate"].denominator == pair["sat"]
        assert ask.behind(field.store, asked, "close_rate", "denominator").height == pair["sat"]
    strangers = {"setters": ("u2",), "closers": ("u1",)}
    hidden = field.values("close_rate", scope=manager("south"), **strangers)["close_rate"]
    assert hidden.denominator == 0


@pytest.mark.requirement("KP-02")
def test_the_result_of_a_visit_is_no_filter_of_appointments_and_that_is_said(field: SmallField) -> None:
    field.knock("k1", MONDAY, "r1", result="Interested")
    field.knock("k2", MONDAY, "r2")
    for number, result in (("1", "Sat - sold"), ("2", "No show")):
        field.appoint(number, MONDAY, TUESDAY, f"r{number}")
        field.outcome(number, result, TUESDAY, f"r{number}", made=MONDAY)
    field.settle()
    asked = field.values("doors", "set", "sit_rate", "close_rate", results=("1:2",))
    assert [asked[key].numerator for key in ("doors", "set", "sit_rate")] == [1, 2, 1]
    assert "not_filtered_by" not in asked["doors"].extra
    assert [asked[key].extra["not_filtered_by"] for key in ("set", "sit_rate", "close_rate")] == [
        ["results"]
    ] * 3
    assert field.value("set", templates=("1",)).extra["not_filtered_by"] == ["templates"]
    assert ask.behind(field.store, october(results=("1:2",)), "sit_rate", "denominator").height == 2
    assert ask.matrix(field.store, october(results=("1:2",)))["due"].sum() == 2
    # A filter that names a kind of appointment narrows them, whatever else it names, also to none at all.
    both = field.value("sit_rate", results=("1:2", "5:23"))
    assert ((both.numerator, both.denominator), both.extra.get("not_filtered_by")) == ((0, 1), None)
    assert field.number("set", templates=("5",)) == 2
    assert field.number("sat", results=("5:24",)) == 0


def test_the_funnel_of_a_period_and_that_of_its_cohort(field: SmallField) -> None:
    field.knock("k1", MONDAY, "r1", result="Appointment set")
    field.knock("k2", MONDAY, "r2", result="Not Home")
    field.appoint("1", MONDAY, THURSDAY, "r1")
    field.outcome("1", "Sat - sold", THURSDAY, "r1", made=MONDAY)
    field.move("w", THURSDAY + HOUR, NEW, SOLD, "r1")
    field.settle()
    monday = on(MONDAY.date())
    steps = ["doors", "contacts", "set", "due", "run", "sat", "sold"]
    period = ask.funnel(field.store, october(**monday))
    assert dict(zip(period["step"], period["n"], strict=True)) == dict(
        zip(steps, [2, 1, 1, 0, 0, 0, 0], strict=True)
    )
    cohort = ask.funnel(field.store, october(**monday), "cohort")
    assert cohort.rows() == [("set", 1, None), ("due", 1, 1), ("run", 1, 1), ("sat", 1, 1), ("sold", 1, 1)]


@pytest.mark.requirement("KP-02")
def test_a_result_can_be_the_source_of_set_and_then_who_logged_it_is_the_setter(store: Store) -> None:
    field = SmallField(store, set_source="result")
    field.record("r1")
    field.knock("k1", MONDAY, result="Appointment set", user="u3")
    field.appoint("1", MONDAY + HOUR, WEDNESDAY, setter="u2", closer="u1")
    field.knock("k2", TUESDAY, result="Appointment set", user="u2")
    field.outcome("1", "Sat - not sold", WEDNESDAY, made=MONDAY)
    field.settle()
    assert field.by("set", "user") == {"u3": 1}
    assert field.by("run_rate", "user") == {"u3": 1}
    assert field.parts("run_rate") == (1, 1)
    field.knock("k3", THURSDAY, result="Appointment set", user="u2")
    field.settle()
    assert field.by("set", "user") == {"u2": 1, "u3": 1}


def test_a_setter_whose_team_is_told_late_sets_for_it(store: Store) -> None:
    field = SmallField(store)
    field.record("r1")
    field.appoint("1", MONDAY, WEDNESDAY, setter="u9", closer="u1")
    field.settle()
    assert field.by("set", "team") == {}
    with store.write() as cursor:  # as if the first reading of the teams had told so
        cursor.execute("update spotio.team set usersIds = ['u3', 'u9'] where id = 'south'")
    field.settle()
    assert field.by("set", "team") == {"south": 1}


def test_a_result_logged_on_another_record_is_not_this_appointments_outcome(field: SmallField) -> None:
    field.appoint("1", MONDAY, TUESDAY, "r1")
    field.outcome("1", "Sat - not sold", TUESDAY, "r2", made=MONDAY)
    field.settle()
    assert rates(field)["sit_rate"] == (0, 1)
    field.outcome("1", "Sat - not sold", TUESDAY, "r1", made=MONDAY)
    field.settle()
    assert rates(field)["sit_rate"] == (1, 1)
