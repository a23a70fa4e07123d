"""Reps, a rep's page, and a rep's own day: who is listed, what is held against what, and which knocks counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from console import board_words
from console.board_bar import LIKELY
from console.context import Context, set_context
from console.filters import Span
from console.identity import Visitor, on_behalf_of
from console.readers import board as boards
from data.kpi.targets import Target, first_of, set_target
from data.store import Store
from tests.console.conftest import Open, texts
from tests.console.field import (
    AMARA,
    BEA,
    CALEB,
    DANA,
    DAY,
    ELI,
    FINN,
    FIRST,
    INTERESTED,
    MINUTE,
    MONDAY,
    PERIOD,
    ZONE,
    Field,
)


@pytest.fixture
def field(store: Store) -> Field:
    return Field(store)


def column(app: AppTest, name: str, table: int = 0) -> list[Any]:
    assert not app.exception
    return list(app.dataframe[table].value[name])


def tiles(app: AppTest) -> dict[str, str]:
    return {str(tile.label): str(tile.value) for tile in app.metric}


def told(app: AppTest) -> list[str]:
    """What My day says of each knock, newest first, without its icon."""
    assert not app.exception
    return [str(cell).split("] ", 1)[1].replace("\\", "") for cell in app.table[0].value["Counted"]]


# -- reps -----------------------------------------------------------------------------------------------------


def test_reps_are_listed_with_their_numbers_most_doors_first(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 9)
    field.knocks(BEA, 6, result=INTERESTED)
    field.knocks(BEA, 6, MONDAY + 60 * MINUTE)
    field.count()
    app = open_page("reps", **PERIOD)
    assert column(app, "rep") == ["Bea Lindqvist", "Amara Osei"]
    assert column(app, "team") == ["Ridge", "Ridge"]
    assert column(app, "doors") == [12, 9]
    # Nine doors are fewer than a contact rate is told of; nobody had anything due.
    assert column(app, "contact_rate") == [" 50.0%", "too few"]
    assert column(app, "sit_rate") == [None, None]


@pytest.mark.requirement("KP-07")
def test_a_rep_is_listed_from_the_first_activity_and_shown_as_new(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 1)
    yesterday = datetime.now(UTC) - DAY
    field.call(CALEB, yesterday)
    field.count()
    app = open_page("reps")
    assert sorted(column(app, "rep")) == ["Amara Osei", "Caleb Trask · new"]
    assert yesterday.date() - column(app, "first")[1] < timedelta(days=2)


def test_a_rep_is_found_by_a_part_of_the_name(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 1)
    field.knocks(BEA, 1)
    field.count()
    app = open_page("reps", find="lind")
    assert [name.removesuffix(" · new") for name in column(app, "rep")] == ["Bea Lindqvist"]
    app.text_input(key="find").set_value("zz").run()
    assert "No rep is called “zz”" in texts(app)
    app.button(key="clear-filters").click().run()
    assert len(column(app, "rep")) == 2


@pytest.mark.requirement("CO-08")
def test_a_manager_finds_no_rep_of_another_team(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 1)
    field.knocks(ELI, 1)
    field.count()
    assert column(open_page("reps", role="manager", user_id=DANA, **PERIOD), "team") == ["Ridge"]
    app = open_page("rep", role="manager", user_id=DANA, id=ELI)
    assert "No such rep" in texts(app)
    assert not app.dataframe


def test_reps_are_not_for_a_rep(open_page: Open, field: Field) -> None:
    for page in ("reps", "rep"):
        app = open_page(page, role="rep", user_id=AMARA, id=BEA)
        assert "You chose the view of Amara Osei, rep." in texts(app)
        assert not app.dataframe


# -- a rep's page ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("KP-06")
def test_a_rep_is_held_against_team_and_own_past_with_samples(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 10, result=INTERESTED)
    field.knocks(AMARA, 10, MONDAY + 60 * MINUTE)
    field.knocks(BEA, 10)
    field.knocks(AMARA, 2, MONDAY - 7 * DAY)
    field.knocks(ELI, 50)
    field.count()
    app = open_page("rep", id=AMARA, **PERIOD)
    frame = app.dataframe[0].value.set_index("kpi")
    assert list(frame.loc["Doors knocked"]) == ["20", "15.0", "2", "–", "30 in all", "–"]
    assert list(frame.loc["Contact rate"]) == ["50.0%", "33.3%", "too few", "10 of 20", "10 of 30", "0 of 2"]
    assert "one of its 2 active reps on average" in texts(app)


@pytest.mark.requirement("KP-06")
def test_a_rep_who_changed_teams_is_held_against_the_team_of_each_day(
    open_page: Open, field: Field, store: Store
) -> None:
    later = MONDAY + 3 * DAY
    field.knocks(AMARA, 4)
    field.knocks(BEA, 6)
    field.knocks(ELI, 40)  # Delta, while she was in Ridge
    field.knocks(AMARA, 2, later)
    field.knocks(ELI, 10, later, result=INTERESTED)
    field.knocks(BEA, 20, later)  # Ridge, when she was there no more
    field.to_delta(AMARA, MONDAY + 2 * DAY)
    field.count()
    app = open_page("rep", id=AMARA, **PERIOD | {"mix-result-table": "true"})
    frame = app.dataframe[0].value.set_index("kpi")
    plain = store.rows(
        "select count(distinct dataObjectId) as doors, count(distinct dataObjectId) filter (resultId = $interested) as held"
        " from spotio.activity where (ownerId in ($amara, $bea) and date < $moved) or (ownerId in ($amara, $eli) and date >= $moved)",
        {"amara": AMARA, "bea": BEA, "eli": ELI, "moved": MONDAY + 2 * DAY, "interested": INTERESTED},
    )[0]
    told = list(frame.loc["Doors knocked"])
    # An average member knocked (4 + 6) / 2 in Ridge, then (2 + 10) / 2 in Delta.
    assert (told[0], told[1], told[4]) == ("6", "11.0", f"{plain['doors']} in all")
    assert list(frame.loc["Contact rate"])[4] == f"{plain['held']} of {plain['doors']}"
    assert "The team is that of each day: Ridge " in texts(app)
    mixed = app.dataframe[1].value
    assert {row["side"]: row["of"] for _, row in mixed.iterrows()} == {
        "Amara Osei": 6,
        "Ridge and Delta": plain["doors"],
    }
    led = open_page("rep", role="manager", user_id=DANA, id=AMARA, **PERIOD)
    assert list(led.dataframe[0].value.set_index("kpi").loc["Doors knocked"])[4] == "10 in all"


@pytest.mark.requirement("KP-06")
def test_the_mix_of_types_and_results_is_of_the_rep_and_of_the_team(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 3, result=INTERESTED)
    field.call(AMARA, MONDAY)
    field.knocks(BEA, 6)
    field.knocks(AMARA, 2, MONDAY - 7 * DAY)
    field.count()
    app = open_page("rep", id=AMARA, **{"mix-activity-table": "true", "mix-result-table": "true"} | PERIOD)
    types, results = app.dataframe[1].value, app.dataframe[2].value
    assert list(types.itertuples(index=False, name=None)) == [
        ("Visit", "Amara Osei", 3, 4, 75.0),
        ("Visit", "Ridge", 9, 10, 90.0),
        ("Call", "Amara Osei", 1, 4, 25.0),
        ("Call", "Ridge", 1, 10, 10.0),
    ]
    assert list(results["label"])[:2] == ["Visit: Interested", "Visit: Interested"]
    app.segmented_control(key="against").set_value("Own past").run()
    assert [tuple(row) for row in app.dataframe[1].value[["side", "n", "of"]].to_numpy()][:2] == [
        ("Amara Osei", 3, 4),
        ("7 days before", 2, 2),
    ]


def test_the_knocks_of_a_day_say_what_counted_and_why_not(open_page: Open, field: Field) -> None:
    house = field.door(AMARA)
    field.knock(AMARA, MONDAY, record=house, away=140.0)
    field.knock(AMARA, MONDAY + 5 * MINUTE, record=house)
    field.knock(AMARA, MONDAY + 9 * MINUTE, record=house)
    field.knock(AMARA, MONDAY + 30 * MINUTE, away=None)
    field.count()
    app = open_page("rep", id=AMARA, day=FIRST.isoformat(), **PERIOD)
    knocks = app.dataframe[-1].value
    assert [list(chips) for chips in knocks["counted"]] == [
        ["Not counted"],
        ["Counted"],
        ["Not counted"],
        ["Not counted"],
    ]
    assert list(knocks["why"].fillna("")) == [
        "140 m from the pin",
        "",
        "this door counted already that day",
        "not logged on the phone",
    ]
    assert "4 visits, 2 doors, 1 of them verified" in texts(app)
    assert list(knocks["time"]) == ["09:00", "09:05", "09:09", "09:30"]


def test_a_target_of_the_rep_is_shown_with_its_pace(open_page: Open, store: Store, field: Field) -> None:
    now = datetime.now(UTC)
    field.knocks(AMARA, 2, now - timedelta(seconds=90))
    field.count()
    assert "No target for Amara Osei" in texts(open_page("rep", id=AMARA))
    quarter = first_of("quarter", now.astimezone(ZoneInfo(ZONE)).date())
    set_target(store, Target("doors", "quarter", quarter, 40.0, user_id=AMARA), "dana", now)
    assert "**Doors knocked** 2 of 40" in texts(open_page("rep", id=AMARA))


# -- my day ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("KP-14")
def test_a_rep_sees_rank_count_and_gap_and_for_each_knock_whether_it_counted(
    open_page: Open, field: Field
) -> None:
    now = datetime.now(UTC)
    for second in (50, 40, 30):
        field.knock(BEA, now - timedelta(seconds=second))
    field.knock(AMARA, now - timedelta(seconds=20))
    field.knock(AMARA, now - timedelta(seconds=15), away=140.0)
    field.knock(AMARA, now - timedelta(seconds=10), away=None)
    field.knock(ELI, now - timedelta(seconds=5))
    field.count()
    app = open_page("my_day", role="rep", user_id=AMARA)
    assert tiles(app) == {"Rank of 2": "2", "Verified": "1", "To the next": "2"}
    assert told(app) == ["not counted: not logged on the phone", "not counted: 140 m from the pin", "counted"]
    assert "3 visits, 1 counted" in texts(app)
    assert "Bea" not in texts(app) + str(app.table[0].value)
    app.selectbox(key="board-own").set_value("doors").run()
    assert tiles(app) == {"Rank of 2": "1", "Doors": "3", "To the next": "–"}
    assert told(app) == ["counted", "counted", "counted"]


def test_the_counted_knocks_are_as_many_as_the_number(open_page: Open, field: Field) -> None:
    now = datetime.now(UTC)
    house = field.door(AMARA)
    for second, away in ((50, 500.0), (45, 12.0), (40, 12.0), (35, None)):
        field.knock(AMARA, now - timedelta(seconds=second), record=house, away=away)
    field.knock(AMARA, now - timedelta(seconds=5), record=field.door(AMARA), away=300.0)
    field.count()
    for number in ("doors", "verified_doors"):
        app = open_page("my_day", role="rep", user_id=AMARA, number=number)
        assert tiles(app)[LIKELY[number]] == str(told(app).count("counted")), number


def test_who_changed_teams_is_held_against_the_team_of_each_day(
    open_page: Open, field: Field, store: Store
) -> None:
    field.knocks(AMARA, 2)
    for rep, doors in ((BEA, 3), (CALEB, 1)):
        field.knocks(rep, doors)
    field.to_delta(AMARA, MONDAY + 2 * DAY)
    field.knocks(AMARA, 4, MONDAY + 3 * DAY)
    field.knocks(ELI, 1, MONDAY + 3 * DAY)
    field.count()
    set_context(Context(store, lambda _: True, ("spotio",), ZONE))
    with on_behalf_of(Visitor(role="rep", user_id=AMARA)):
        week = boards.my_day("doors", Span(FIRST, FIRST + timedelta(days=6)))
        monday = boards.my_day("doors", Span(FIRST, FIRST))
    set_context(None)
    assert week.value == 6
    assert [(stay.team, stay.first, stay.last) for stay in week.stays] == [
        ("Ridge", FIRST, FIRST + timedelta(days=1)),
        ("Delta", FIRST + timedelta(days=2), FIRST + timedelta(days=6)),
    ]
    assert [(stay.place.rank, stay.place.of) for stay in week.stays if stay.place] == [(2, 3), (1, 2)]
    assert "in Delta: rank 1 of 2" in board_words.stays(week)
    assert "in Ridge: rank 2 of 3" in board_words.stays(week)
    assert [(stay.team, stay.place and stay.place.rank) for stay in monday.stays] == [("Ridge", 2)]


def test_yesterdays_rank_is_that_of_yesterdays_team(open_page: Open, field: Field) -> None:
    yesterday = datetime.now(UTC) - DAY
    field.knock(AMARA, yesterday)
    for minute in (5, 10):
        field.knock(BEA, yesterday - minute * MINUTE / 100)
    field.to_delta(AMARA, datetime.now(UTC))
    field.count()
    app = open_page("my_day", role="rep", user_id=AMARA, period="Yesterday", number="doors")
    assert tiles(app) == {"Rank of 2": "2", "Doors": "1", "To the next": "1"}
    assert "Ridge" in app.caption[0].value


def test_yesterday_is_one_press_away(open_page: Open, field: Field) -> None:
    field.knock(AMARA, datetime.now(UTC) - DAY)
    field.count()
    app = open_page("my_day", role="rep", user_id=AMARA)
    assert "No knocks today" in texts(app)
    app.segmented_control(key="board-period").set_value("Yesterday").run()
    assert told(app) == ["counted"]
    assert tiles(app)["Verified"] == "1"
    assert app.query_params["period"] in ("Yesterday", ["Yesterday"])


def test_a_rep_in_no_team_sees_their_knocks_and_no_rank(open_page: Open, field: Field) -> None:
    field.knock(FINN, datetime.now(UTC) - timedelta(seconds=5))
    field.count()
    app = open_page("my_day", role="rep", user_id=FINN)
    assert tiles(app)["Rank"] == "–"
    assert told(app) == ["counted"]
