"""What stands beside the numbers: the rows behind them, each knock with its reason, ranks, targets, the dictionary."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from data.access import EVERYTHING, Scope
from data.kpi import ask, docs, standings, targets
from data.kpi.dictionary import DICTIONARY
from data.kpi.settings import KpiSettings
from data.kpi.targets import Target
from data.spotio_views import make_record_views
from data.store import Store
from sync.connectors.spotio.tables import FIELD
from tests.store.small_field import (
    DAY,
    HOUR,
    LOST,
    MINUTE,
    MONDAY,
    NEW,
    PITCHED,
    RESULTS,
    SOLD,
    SmallField,
    manager,
    october,
    rep,
)

TUESDAY, WEDNESDAY = MONDAY + DAY, MONDAY + 2 * DAY


@pytest.fixture
def field(store: Store) -> SmallField:
    field = SmallField(store)
    for record in ("r1", "r2", "r3"):
        field.record(record)
    return field


def busy(field: SmallField) -> None:
    """Something of everything, some of it left out."""
    field.record("r4", source="Import")
    for number, record in enumerate(("r1", "r2", "r3")):
        field.knock(f"k{number}", MONDAY, record, user=f"u{number + 1}", result="Interested")
        field.knock(
            f"l{number}", MONDAY + HOUR, record, user=f"u{number + 1}", result="Left a flyer", distance=None
        )
        field.appoint(f"{number}", MONDAY + 2 * HOUR, TUESDAY, record, setter=f"u{number + 1}")
    field.knock("far", MONDAY + 20 * MINUTE, "r2", verified=False, distance="200", createdAt=MONDAY + HOUR)
    field.knock("call", TUESDAY, activityTemplateId="2", resultId=None)
    field.outcome("0", "Sat - sold", TUESDAY, "r1", made=MONDAY)
    field.outcome("1", "Rescheduled", TUESDAY, "r2", made=MONDAY)
    field.move("w1", TUESDAY + HOUR, NEW, SOLD, "r1")
    field.move("w2", TUESDAY + HOUR, NEW, SOLD, "r2", user="u3")
    field.move("w3", WEDNESDAY, SOLD, LOST, "r2")
    field.settle()


@pytest.mark.requirement("KP-09")
@pytest.mark.parametrize("scope", [EVERYTHING, manager("north"), rep("u3")], ids=lambda scope: scope.role)
def test_every_number_opens_onto_as_many_rows_as_it_counts(field: SmallField, scope: Scope) -> None:
    busy(field)
    for kpi in DICTIONARY.values():
        value = field.value(kpi.key, scope=scope)
        shown = {"numerator": value.numerator, "denominator": value.denominator, **value.extra}
        if kpi.unit == "money" or kpi.key == "sold_net":
            del shown["numerator"]  # amounts, and a difference
        if kpi.median:
            del shown["numerator"]
        for part, count in shown.items():
            if part in {"sample_too_small", "not_filtered_by"} or count is None:
                continue
            rows = ask.behind(field.store, october(scope=scope), kpi.key, part)
            assert len(rows) == count, (kpi.key, part)


def test_the_rows_behind_come_in_pages_newest_first_without_a_gap(field: SmallField) -> None:
    for number in range(7):
        field.knock(str(number), MONDAY if number < 4 else TUESDAY)
    field.settle()
    seen: list[str] = []
    after = None
    while not (page := ask.behind(field.store, october(), "visits", limit=3, after=after)).is_empty():
        assert page["happened_at"].is_sorted(descending=True)
        seen += page["id"].to_list()
        after = (page["happened_at"][-1], page["id"][-1])
    assert seen == [f"activity:{number}" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert page.is_empty()


def test_a_number_has_no_part_that_it_is_not_made_of(field: SmallField) -> None:
    field.settle()
    with pytest.raises(ValueError, match="Visits has no denominator"):
        ask.behind(field.store, october(), "visits", "denominator")


@pytest.mark.requirement("CO-19")
def test_a_masked_column_is_in_no_row_and_no_number(field: SmallField) -> None:
    busy(field)
    masks = frozenset({"spotio.record.value", "spotio.record.address"})
    scope = Scope("analyst", "ana@example.com", None, None, masks)
    value = field.value("sales_value", scope=scope)
    assert (value.value, value.extra) == (None, {"masked": True})
    question = october(scope=scope)
    assert ask.behind(field.store, question, "sales_value").is_empty()
    for kpi in ("sold", "doors", "close_rate", "set"):
        rows = ask.behind(field.store, question, kpi)
        assert rows["address"].null_count() == len(rows) > 0
        assert rows["name"].null_count() == 0
        assert {"net", "sold_value"}.isdisjoint(rows.columns)
    assert ask.knocks(field.store, question)["address"].null_count() == 7
    assert ask.matrix(field.store, question)["value"].null_count() == 3
    assert ask.by(field.store, question, ["sales_net"], "user")["sales_net_n"].null_count() == len(
        ask.by(field.store, question, ["sales_net"], "user")
    )


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize("mask", ["spotio.record.value", "spotio.record.f_900", "spotio.record_lead.worth"])
def test_money_is_masked_by_whichever_of_its_names(field: SmallField, mask: str) -> None:
    """SPOTIO's system field `value` has a column of its own too, and a readable name in the view of its type."""
    busy(field)
    field.see(FIELD, {"id": "10:900", "typeId": "10", "fieldId": "900", "systemRole": "value"})
    with field.store.write() as cursor:
        cursor.execute("alter table spotio.record add column f_900 varchar")
    make_record_views(field.store, [("10", "Lead", [("f_900", "Worth")])])
    question = october(scope=Scope("analyst", "ana@example.com", None, None, frozenset({mask})))
    assert ask.values(field.store, question, ["sales_value"])["sales_value"].extra == {"masked": True}
    assert ask.behind(field.store, question, "sales_net").is_empty()
    assert "net" not in ask.behind(field.store, question, "sold").columns
    assert ask.matrix(field.store, question)["value"].null_count() == 3


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-19")
def test_what_is_masked_is_no_filter_no_group_and_in_no_row(field: SmallField) -> None:
    busy(field)
    masks = frozenset({"spotio.activity.distance", "spotio.activity.resultid"})
    question = october(scope=Scope("analyst", "ana@example.com", None, None, masks))
    assert ask.values(field.store, question, ["verified_share"])["verified_share"].extra == {"masked": True}
    visits = ask.behind(field.store, question, "visits")
    assert len(visits) == 7
    assert {"result_id", "verification", "distance"}.isdisjoint(visits.columns)
    knocks = ask.knocks(field.store, question)
    for column in ("result_id", "verification", "distance", "verified"):
        assert knocks[column].null_count() == 7
    assert not any(" m from the pin" in (reason or "") for reason in knocks["reason"])
    assert ask.by(field.store, question, ["visits"], "result").is_empty()
    for narrowed in (replace(question, verification="verified"), replace(question, results=("1:1",))):
        for kpi in ("visits", "doors"):
            assert ask.values(field.store, narrowed, [kpi])[kpi].value == 0
            assert ask.behind(field.store, narrowed, kpi).is_empty()


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-19")
def test_where_results_are_hidden_no_number_tells_what_came_of_a_visit_or_an_appointment(
    field: SmallField,
) -> None:
    busy(field)
    question = october(
        scope=Scope("analyst", "ana@example.com", None, None, frozenset({"spotio.activity.resultid"}))
    )
    told = (
        "contact_rate",
        "run_rate",
        "sit_rate",
        "cancel_rate",
        "no_show_rate",
        "closer_sit_rate",
        "sat",
        "close_rate",
    )
    for kpi, value in ask.values(field.store, question, told).items():
        assert (value.value, value.extra) == (None, {"masked": True}), kpi
        assert ask.behind(field.store, question, kpi).is_empty(), kpi
    pairs = ask.matrix(field.store, question)
    assert pairs["set"].sum() == ask.matrix(field.store, october())["set"].sum() > 0
    for column in ("run", "sat", "cancelled", "no_show", "sold", "value"):
        assert pairs[column].null_count() == len(pairs), column
    for view, steps in (("activity", {"contacts", "run", "sat"}), ("cohort", {"run", "sat", "sold"})):
        found = ask.funnel(field.store, question, view)
        assert set(found.filter(found["n"].is_null())["step"]) == steps


@pytest.mark.requirement("CO-19", "KP-09")
def test_a_record_that_left_a_managers_teams_stays_a_row_behind_their_number_without_its_present_name(
    field: SmallField,
) -> None:
    field.knock("k1", MONDAY, "r1", user="u1")
    field.knock("k2", MONDAY, "r2", user="u1")
    field.spotio.at(MONDAY + DAY).record("r2", ownerId="u3", createdById="u3", name="New name")
    field.settle()
    question = october(scope=manager("north"))
    rows = ask.behind(field.store, question, "doors")
    assert len(rows) == field.number("doors", scope=manager("north")) == 2
    assert dict(rows.select("record_id", "name").iter_rows()) == {"r1": "Name r1", "r2": None}
    assert rows.filter(rows["record_id"] == "r2")["address"].to_list() == [None]
    mine = ask.behind(field.store, october(scope=rep("u1")), "doors")
    assert set(mine["name"]) == {"Name r1", "New name"}, "a rep knows where they were"


@pytest.mark.requirement("CO-19", "KP-13")
def test_a_pair_names_the_partner_outside_of_a_managers_teams_and_counts_no_other_pair_of_theirs(
    field: SmallField,
) -> None:
    field.appoint("1", MONDAY, TUESDAY, "r1", setter="u1", closer="u3")
    field.appoint("2", MONDAY, TUESDAY, "r2", setter="u3", closer="u3")
    field.settle()
    pairs = ask.matrix(field.store, october(scope=manager("north")))
    assert pairs.select("setter_id", "closer_id").rows() == [("u1", "u3")]


@pytest.mark.requirement("KP-14")
def test_each_knock_says_whether_it_counted_and_why(store: Store) -> None:
    field = SmallField(store, start=date(2026, 10, 12), integration_users=frozenset({"u9"}))
    field.record("r1")
    field.record("r2", lat=None)
    field.knock("early", MONDAY - DAY)
    field.knock("good", MONDAY)
    field.knock("again", MONDAY + HOUR)
    field.knock("third", MONDAY + 2 * HOUR, verified=False, distance="139.6")
    field.knock("desk", TUESDAY, distance=None)
    field.knock("no pin", TUESDAY, "r2", distance=None)
    field.knock("nowhere", TUESDAY + HOUR, None)
    field.knock("robot", TUESDAY + HOUR, user="u9")
    field.settle()
    found = ask.knocks(store, october())
    told = {
        row["activity_id"]: (row["door"], row["verified"], row["reason"])
        for row in found.iter_rows(named=True)
    }
    assert told == {
        "early": (False, False, "not counted: before the start of the numbers"),
        "good": (True, True, None),
        "again": (False, True, "second visit to this door that day"),
        "third": (False, False, "third visit to this door that day; not verified: 140 m from the pin"),
        "desk": (True, False, "not verifiable: not logged on the phone"),
        "no pin": (True, False, "not verifiable: the record had no pin"),
        "nowhere": (False, True, "no record: a visit, but no door"),
        "robot": (False, False, "not counted: logged by an integration, not by a person"),
    }
    assert found["door"].sum() == field.number("doors")
    assert found["verified"].sum() == field.value("verified_share").numerator
    own = ask.knocks(store, october(scope=rep("u1"), users=("u9",)))
    assert own.is_empty()
    first = found.filter(activity_id="good").row(0, named=True)
    assert (first["local_time"].isoformat(), first["address"]) == ("2026-10-12T15:00:00", "r1 Main Street")


@pytest.mark.requirement("KP-14")
def test_whether_there_was_a_pin_is_told_as_of_the_visit(field: SmallField) -> None:
    field.record("later", lat=None, lng=None)
    field.knock("before the pin", MONDAY, "later", distance=None)
    field.spotio.at(TUESDAY).record("later", lat="40", lng="-105", updatedAt=TUESDAY)
    field.knock("with the pin", WEDNESDAY, "later", distance=None)
    field.knock("pin there", MONDAY, "r1", distance=None)
    field.spotio.at(TUESDAY).record("r1", lat=None, lng=None, updatedAt=TUESDAY)
    field.knock("pin gone", WEDNESDAY, "r1", distance=None)
    field.settle()
    told = ask.knocks(field.store, october()).select("activity_id", "reason").rows()
    desk, no_pin = "not verifiable: not logged on the phone", "not verifiable: the record had no pin"
    assert dict(told) == {
        "before the pin": no_pin, "with the pin": desk, "pin there": desk, "pin gone": no_pin,
    }  # fmt: skip


def placed(field: SmallField, kpi: str, **question: Any) -> list[tuple[str, int | None, float | None]]:
    """user, rank, gap: in the order of the standings."""
    frame = standings.standings(field.store, october(**question), kpi)
    return [(row["user_id"], row["rank"], row["gap"]) for row in frame.iter_rows(named=True)]


def test_equal_counts_share_a_rank_and_who_got_there_first_comes_first(field: SmallField) -> None:
    days = {
        "u1": (MONDAY, WEDNESDAY),
        "u2": (MONDAY, TUESDAY),
        "u3": (MONDAY,),
        "u4": (MONDAY,),
        "u5": (MONDAY, TUESDAY, WEDNESDAY),
    }
    for user, moments in days.items():
        for at in moments:
            field.knock(f"{user} {at:%a}", at, user=user)
    field.settle()
    assert placed(field, "doors") == [("u5", 1, None), ("u2", 2, 1), ("u1", 2, 1), ("u3", 4, 1), ("u4", 4, 1)]


def test_a_share_below_its_minimum_sample_is_shown_last_and_without_a_rank(store: Store) -> None:
    field = SmallField(store, minimum_sample={"contact_rate": 2})
    field.record("r1")
    field.record("r2")
    for user, results in {
        "u1": ("Interested",),
        "u2": ("Interested", "Not Home"),
        "u3": ("Not Home", "Not Home"),
    }.items():
        for number, result in enumerate(results, 1):
            field.knock(f"{user}{number}", MONDAY, f"r{number}", user=user, result=result)
    field.settle()
    assert placed(field, "contact_rate") == [("u2", 1, None), ("u3", 2, 0.5), ("u1", None, None)]
    assert field.value("contact_rate", users=("u1",)).extra["sample_too_small"] is True


def test_where_less_is_better_the_lowest_is_first(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, PITCHED, "r1", user="u1")
    field.move("2", WEDNESDAY, NEW, PITCHED, "r2", user="u2")
    field.settle()
    field.settings = field.settings.model_copy(update={"minimum_sample": {"time_in_stage": 1}})
    field.settle()
    assert placed(field, "time_in_stage") == [("u1", 1, None), ("u2", 2, 1)]


def test_movement_is_measured_against_another_period_or_an_earlier_moment(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", TUESDAY, user="u2")
    field.knock("3", TUESDAY, "r2", user="u2")
    earlier = field.settle()
    now = october(first=TUESDAY.date())
    found = standings.standings(
        field.store, now, "doors", replace(now, first=MONDAY.date(), last=MONDAY.date())
    )
    assert found.select("user_id", "rank", "previous_rank", "moved").rows() == [("u2", 1, None, None)]
    for number in range(2):
        field.knock(f"late{number}", WEDNESDAY, f"r{number + 1}")
    field.settle()
    found = standings.standings(field.store, october(), "doors", october(as_of=earlier))
    assert found.select("user_id", "rank", "previous_rank", "moved").rows() == [
        ("u1", 1, 2, 1),
        ("u2", 2, 1, -1),
    ]


@pytest.mark.requirement("KP-14")
def test_a_rep_learns_their_own_rank_and_the_gap_and_nothing_of_the_others(field: SmallField) -> None:
    for number, user in enumerate(("u1", "u1", "u2", "u3")):
        field.knock(str(number), MONDAY + number * DAY, user=user)
    field.settle()
    [(spell, place)] = standings.own_places(field.store, october(scope=rep("u2")), "doors")
    assert (spell.team, spell.first, spell.last) == ("north", date(2026, 10, 1), date(2026, 10, 31))
    assert place is not None
    assert (place.rank, place.of, place.value, place.gap) == (2, 2, 1, 1)
    assert len(standings.standings(field.store, october(scope=rep("u2")), "doors")) == 1
    assert standings.own_places(field.store, october(scope=rep("u9")), "doors") == []


# -- targets ---------------------------------------------------------------------------------------------------

NOW = datetime(2026, 10, 20, tzinfo=UTC)
MONTH = date(2026, 10, 1)


def test_the_newest_target_holds_until_a_later_one_and_can_be_taken_back(store: Store) -> None:
    def held(day: date) -> list[float]:
        values: list[float] = targets.current(store, day)["value"].to_list()
        return values

    targets.set_target(store, Target("doors", "month", MONTH, 100), "m@example.com", NOW)
    targets.set_target(store, Target("doors", "month", MONTH, 120), "m@example.com", NOW + HOUR)
    targets.set_target(store, Target("doors", "month", date(2026, 12, 1), 80), "m@example.com", NOW)
    assert [held(date(2026, month, 15)) for month in (9, 10, 11, 12)] == [[], [120], [120], [80]]
    targets.set_target(store, Target("doors", "month", date(2026, 12, 1), None), "m@example.com", NOW + HOUR)
    assert held(date(2026, 12, 15)) == []
    then = targets.current(store, date(2026, 10, 15), as_of=NOW)
    assert then["value"].to_list() == [100], "what was set later was not known then"
    assert targets.current(store, date(2026, 10, 15), as_of=NOW - HOUR).is_empty()
    assert len(store.rows("select * from kpi.target")) == 4


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (Target("luck", "month", MONTH, 1), "There is no KPI called luck."),
        (Target("doors", "week", date(2026, 10, 13), 1), "13.10.2026 is not the first day of a week."),
        (Target("doors", "quarter", date(2026, 11, 1), 1), "01.11.2026 is not the first day of a quarter."),
        (Target("doors", "month", MONTH, 0), "A target must be above 0."),
        (Target("close_rate", "month", MONTH, 40), "A target of a share is at most 100 percent."),
        (
            Target("doors", "month", MONTH, 1, "north", "u1"),
            "A target is for a team or for a user, not for both.",
        ),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_in_a_sentence(
    store: Store, target: Target, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        targets.set_target(store, target, "m@example.com", NOW)
    assert store.rows("select * from kpi.target") == []


@pytest.mark.requirement("KP-08")
def test_the_pace_follows_the_working_days_of_the_four_weeks_before(field: SmallField) -> None:
    # Mondays, Tuesdays and Saturdays were worked; a single Sunday was not the rule.
    start = datetime(2026, 9, 7, 15, tzinfo=UTC)
    for number in range(21):
        if (day := start + number * DAY).weekday() in {0, 1, 5} or number == 6:
            field.knock(f"before{number}", day)
    field.knock("1", datetime(2026, 10, 5, 15, tzinfo=UTC))
    field.knock("2", datetime(2026, 10, 6, 15, tzinfo=UTC))
    field.settle()
    targets.set_target(field.store, Target("doors", "week", date(2026, 10, 5), 6), "m@example.com", NOW)
    week = october(first=date(2026, 10, 5), last=date(2026, 10, 11))
    pace = targets.pace(field.store, week, "doors", date(2026, 10, 8))
    assert pace is not None
    assert (pace.target, pace.actual, pace.expected, pace.projected) == (6, 2, 4, 3)
    assert (pace.days_done, pace.days_all) == (2, 3)
    saturday = targets.pace(field.store, week, "doors", date(2026, 10, 10))
    assert saturday is not None
    assert saturday.expected == 6


@pytest.mark.requirement("KP-08")
def test_a_day_that_has_only_begun_pulls_no_pace_down(field: SmallField) -> None:
    for number in range(2):
        field.knock(f"m{number}", datetime(2026, 10, 5, 15, number, tzinfo=UTC), f"r{number}")
    field.knock("t", datetime(2026, 10, 6, 15, tzinfo=UTC))
    field.settle()
    targets.set_target(field.store, Target("doors", "week", date(2026, 10, 5), 20), "m@example.com", NOW)
    week = october(first=date(2026, 10, 5), last=date(2026, 10, 11))

    def comes_to(day: int) -> float | None:
        pace = targets.pace(field.store, week, "doors", date(2026, 10, day))
        assert pace is not None
        assert pace.actual == 3
        return pace.projected

    # Nothing is known on Monday; Tuesday's one door is no reason to expect less than Monday's two a day.
    assert [comes_to(day) for day in (5, 6, 7, 10, 12)] == [None, 10, 7.5, 3, 3]


@pytest.mark.requirement("KP-08")
def test_a_target_is_measured_against_those_it_is_for(field: SmallField) -> None:
    field.knock("1", MONDAY)
    field.knock("2", MONDAY, user="u3")
    field.settle()
    for target in (
        Target("doors", "month", MONTH, 10),
        Target("doors", "month", MONTH, 4, team_id="north"),
        Target("doors", "month", MONTH, 2, user_id="u3"),
        Target("contact_rate", "month", MONTH, 0.5),
    ):
        targets.set_target(field.store, target, "m@example.com", NOW)

    def pace(kpi: str = "doors", **members: Any) -> tuple[float, float | None, float] | None:
        found = targets.pace(field.store, october(**members), kpi, date(2026, 11, 30))
        return None if found is None else (found.target, found.actual, found.expected)

    assert pace() == (10, 2, 10)
    assert pace(teams=("north",)) == pace(scope=manager("north")) == (4, 1, 4)
    assert pace(users=("u3",)) == pace(scope=rep("u3")) == (2, 1, 2)
    assert pace("contact_rate") == (0.5, 0, 0.5)
    assert pace(users=("u1",)) is None
    assert pace(teams=("north",), scope=manager("south")) is None
    for part in ("results", "hours", "setters", "closers", "from_stages", "to_stages"):
        narrowed: dict[str, Any] = {part: (0,) if part == "hours" else ("1:1",)}
        assert pace(**narrowed) is None
        asked = october(teams=("north",), **narrowed)
        assert targets.unpaced(field.store, asked, MONDAY.date()) == {"doors"}
    assert targets.unpaced(field.store, october(), MONDAY.date()) == frozenset()
    assert pace(as_of=NOW - HOUR) is None
    assert pace(first=date(2026, 10, 14), last=date(2026, 10, 14)) is None


# -- the dictionary and what counts ----------------------------------------------------------------------------


@pytest.mark.requirement("KP-09")
def test_the_page_of_the_dictionary_is_the_one_that_computes() -> None:
    assert docs.FILE.read_text() == docs.text(), "run: python -m data.kpi.docs"


def test_classes_are_proposed_for_names_that_are_known_and_for_no_other(field: SmallField) -> None:
    results = KpiSettings.suggested(field.store).results
    assert results["1:1"] == {"no_contact"}
    assert results[f"1:{RESULTS['Appointment set']}"] == {"contact", "set"}
    assert results["5:21"] == {"contact", "run", "sat", "sold"}
    assert results["5:23"] == {"no_contact", "run", "no_show"}
    assert f"1:{RESULTS['Left a flyer']}" not in results


def test_settings_are_plain_data_there_and_back(field: SmallField) -> None:
    settings = KpiSettings.suggested(field.store).model_copy(
        update={
            "start": date(2026, 1, 1),
            "origins": frozenset({"human", "import"}),
            "minimum_sample": {"sat": 3},
        }
    )
    assert KpiSettings.parse(settings.document()) == settings
    assert KpiSettings.parse(settings.document()).digest() == settings.digest()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            {"results": {"1:2": ["contact", "no_contact"]}},
            "The result 1:2 cannot be both contact and no_contact.",
        ),
        ({"results": {"1:2": ["run", "sold"]}}, "The result 1:2 is run and sold, so it must be sat too."),
        ({"results": {"2": ["sat"]}}, "The result '2' must be written as activity type id:result id."),
        (
            {"zones": {"company": "Denver"}},
            "zones.company: 'Denver' is no time zone; use a name such as America/Denver.",
        ),
        ({"origins": []}, "No origin counts, so nothing would be counted; name at least human."),
        ({"minimum_sample": {"sat": -1}}, "The minimum sample of sat is -1, it must not be below 0."),
        ({"rescission_days": -1}, "rescission_days: Input should be greater than or equal to 0."),
        ({"colour": "red"}, "colour: Extra inputs are not permitted."),
    ],
)
def test_each_mistake_in_the_settings_is_one_sentence(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        KpiSettings.parse(document)


def test_a_store_that_mirrors_nothing_yet_answers_with_nothing(store: Store) -> None:
    found = ask.values(store, october(), list(DICTIONARY))
    assert all(not value.value for value in found.values())
    assert ask.values(store, october(as_of=NOW), list(DICTIONARY)).keys() == found.keys()
    assert ask.matrix(store, october()).is_empty()
    assert ask.knocks(store, october(groups_now=True)).is_empty()
    assert standings.standings(store, october(), "doors").is_empty()
    assert ask.by(store, october(groups_now=True), ["doors"], "team").is_empty()
