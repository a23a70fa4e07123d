"""Board: ranks, ties, samples and moves of any number, whose board each role sees, and what a line opens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import words
from console.board_period import CUSTOM, MONTH, TODAY, WEEK, Chosen
from console.filters import Span
from data.kpi import rollups, state
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
    LAST,
    MINUTE,
    MONDAY,
    PERIOD,
    RIDGE,
    Field,
)
from tests.console.seed import Seed, ago


@pytest.fixture
def field(store: Store) -> Field:
    return Field(store)


def lines(app: AppTest, *columns: str) -> list[tuple[Any, ...]]:
    """The board's lines, of these columns."""
    assert not app.exception
    frame = app.dataframe[0].value
    return list(frame[list(columns)].itertuples(index=False, name=None))


def asked(app: AppTest, name: str) -> str | None:
    """What the address says; a list before the page has written it."""
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def board(open_page: Open, **query: str) -> AppTest:
    return open_page("board", **(PERIOD | query))


@pytest.mark.requirement("KP-01")
def test_reps_stand_by_their_verified_doors_and_the_rest_is_counted_apart(
    open_page: Open, field: Field
) -> None:
    field.knocks(AMARA, 2)
    field.knock(AMARA, MONDAY + 30 * MINUTE, away=140.0)
    field.knocks(BEA, 3)
    field.knock(BEA, MONDAY + 30 * MINUTE, away=None)
    field.count()
    app = board(open_page)
    assert lines(app, "rank", "rep", "value", "verified", "team") == [
        ("1", "Bea Lindqvist", 3, 100.0, "Ridge"),
        ("2", "Amara Osei", 2, 66.7, "Ridge"),
    ]
    assert "1 visit that cannot be verified is not counted." in texts(app)
    assert f"{words.days(FIRST, LAST)}, each rep’s local day · all teams" in app.caption[0].value


def test_ties_share_a_rank_and_who_got_there_first_stands_first(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 2, MONDAY + 60 * MINUTE)
    field.knocks(BEA, 2)
    field.knocks(CALEB, 1)
    field.count()
    assert lines(board(open_page, number="doors"), "rank", "rep") == [
        ("1", "Bea Lindqvist"),
        ("1", "Amara Osei"),
        ("3", "Caleb Trask"),
    ]


def test_a_share_below_its_minimum_sample_is_listed_without_a_rank(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 9)
    field.knocks(AMARA, 1, MONDAY + 60 * MINUTE, away=500.0)
    field.knocks(BEA, 9)
    field.count()
    app = board(open_page, number="verified_share")
    assert lines(app, "rank", "rep", "value", "sample") == [
        ("1", "Amara Osei", 90.0, "9 of 10"),
        ("–", "Bea Lindqvist", 100.0, "9 of 9"),
    ]
    assert "Under 10 visits that can be verified there is no rank." in texts(app)


def test_the_move_is_told_against_the_days_before(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 3, MONDAY - 7 * DAY)
    field.knocks(BEA, 1, MONDAY - 7 * DAY)
    field.knocks(AMARA, 1)
    field.knocks(BEA, 2)
    field.knocks(CALEB, 1, MONDAY + 60 * MINUTE)
    field.count()
    app = board(open_page, number="doors")
    assert lines(app, "rep", "move") == [
        ("Bea Lindqvist", "▲ 1"),
        ("Amara Osei", "▼ 1"),
        ("Caleb Trask", "new"),
    ]
    assert "Move: ranks won or lost against the 7 days before." in texts(app)


def test_without_an_earlier_standing_no_move_is_shown_and_that_is_said_once(
    open_page: Open, field: Field
) -> None:
    field.knocks(AMARA, 1)
    field.count()
    app = board(open_page, number="doors")
    assert "move" not in app.dataframe[0].value.columns
    assert "Who moved is shown once there is an earlier standing." in texts(app)
    field.knocks(AMARA, 1, MONDAY - 7 * DAY)
    field.count()
    assert lines(board(open_page, number="doors"), "rep", "move") == [("Amara Osei", None)]


def test_a_rep_who_changed_teams_sees_the_board_of_the_team_of_the_day(open_page: Open, field: Field) -> None:
    field.knocks(BEA, 1)
    field.knocks(AMARA, 2)
    field.knocks(ELI, 1, MONDAY + 3 * DAY)
    field.knocks(AMARA, 3, MONDAY + 3 * DAY)
    field.to_delta(AMARA, MONDAY + 2 * DAY)
    field.count()

    def seen(first: date, last: date) -> list[tuple[Any, ...]]:
        days = {"period": CUSTOM, "from": first.isoformat(), "to": last.isoformat()}
        return lines(open_page("board", role="rep", user_id=AMARA, number="doors", **days), "rep", "value")

    assert seen(FIRST, FIRST) == [("Amara Osei (you)", 2), ("Bea Lindqvist", 1)]
    assert seen(FIRST, LAST) == [("Amara Osei (you)", 3), ("Eli Navarro", 1)]


@pytest.mark.requirement("KP-07")
def test_a_new_rep_is_on_every_board_from_the_first_activity(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 2)
    field.count()
    assert [rep for (rep,) in lines(board(open_page, number="doors"), "rep")] == ["Amara Osei"]
    field.call(CALEB, MONDAY + 60 * MINUTE)
    field.count()
    for number in ("doors", "verified_doors", "close_rate"):
        assert ("–", "Caleb Trask") in lines(board(open_page, number=number), "rank", "rep"), number
    field.knock(CALEB, MONDAY + 61 * MINUTE)
    field.count()
    assert ("2", "Caleb Trask") in lines(board(open_page, number="doors"), "rank", "rep")


def test_any_number_of_the_dictionary_has_a_board(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 2)
    field.call(BEA, MONDAY)
    field.count()
    app = board(open_page, number="calls")
    assert lines(app, "rank", "rep", "value")[0] == ("1", "Bea Lindqvist", 1)
    assert app.selectbox(key="board-other").value == "calls"
    app.segmented_control(key="board-likely").set_value("doors").run()
    assert lines(app, "rank", "rep", "value")[0] == ("1", "Amara Osei", 2)
    assert asked(app, "number") == "doors"
    app.selectbox(key="board-other").set_value("visits").run()
    assert asked(app, "number") == "visits"
    assert app.segmented_control(key="board-likely").value is None


@pytest.mark.requirement("KP-04")
def test_a_team_a_territory_and_a_type_narrow_the_board(open_page: Open, field: Field, store: Store) -> None:
    field.territory("north", "North")
    field.territory("hill", "Hill", "north")
    field.territory("south", "South")
    for user, territory, kind, count in (
        (AMARA, "hill", "10", 2), (AMARA, "south", "10", 4), (BEA, "north", "20", 3), (ELI, "north", "10", 1),
    ):  # fmt: skip
        for turn in range(count):
            record = field.door(user, territoryId=territory, typeId=kind)
            field.knock(user, MONDAY + turn * MINUTE, record=record)
    field.count()
    app = board(open_page, number="doors", territory="north", type="10")
    plain = store.rows(
        "select u.firstName || ' ' || u.lastName as rep, count(distinct a.dataObjectId) as doors"
        ' from spotio.activity a join spotio.record r on r.id = a.dataObjectId join spotio."user" u on u.id = a.ownerId'
        " where r.territoryId in ('north', 'hill') and r.typeId = '10' group by all order by doors desc"
    )
    assert lines(app, "rep", "value") == [(row["rep"], row["doors"]) for row in plain]
    assert lines(app, "rep", "value") == [("Amara Osei", 2), ("Eli Navarro", 1)]
    assert "North" in app.caption[0].value
    app.selectbox(key="board-type").set_value("").run()
    assert asked(app, "type") is None
    assert lines(app, "rep", "value") == [("Bea Lindqvist", 3), ("Amara Osei", 2), ("Eli Navarro", 1)]
    app.selectbox(key="board-team").set_value(RIDGE).run()
    assert asked(app, "team") == RIDGE
    assert lines(app, "rep", "value") == [("Bea Lindqvist", 3), ("Amara Osei", 2)]
    app.selectbox(key="board-territory").set_value("").run()
    assert lines(app, "rep", "value") == [("Amara Osei", 6), ("Bea Lindqvist", 3)]


def test_the_hours_and_appointments_stand_beside_the_number(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 2)
    field.appointment(AMARA, BEA, MONDAY)
    field.count()
    app = board(open_page, number="doors")
    [(made, hours)] = [row[1:] for row in lines(app, "rep", "set", "hours") if row[0] == "Amara Osei"]
    assert made == 1
    assert (hours[0], sum(hours)) == (2, 2), "nine o'clock is the first hour that is drawn"


def test_nobody_yet_is_said_with_what_changes_it(open_page: Open, field: Field) -> None:
    assert "No numbers yet" in texts(open_page("board"))
    field.knocks(ELI, 1)
    field.count()
    app = board(open_page, team=RIDGE)
    assert "Nobody there has logged anything in these days" in texts(app)
    app.button(key="clear-filters").click().run()
    assert lines(app, "rep") == [("Eli Navarro",)]


@pytest.mark.requirement("CO-08")
def test_a_manager_sees_the_teams_they_lead_and_no_link_shows_more(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 1)
    field.knocks(ELI, 2)
    field.count()
    app = board(open_page, role="manager", user_id=DANA)
    assert lines(app, "rank", "rep") == [("1", "Amara Osei")]
    elsewhere = board(open_page, role="manager", user_id=DANA, team="t-delta")
    assert lines(elsewhere, "rank", "rep") == [("1", "Amara Osei")]
    assert "narrowed to what you may see" in elsewhere.caption[0].value


def test_a_rep_sees_the_ranks_of_the_own_team_and_nothing_else_of_it(open_page: Open, field: Field) -> None:
    field.knocks(AMARA, 1)
    field.knocks(BEA, 2)
    field.knocks(ELI, 3)
    field.count()
    app = board(open_page, role="rep", user_id=AMARA, number="doors")
    assert lines(app, "rank", "rep", "value") == [("1", "Bea Lindqvist", 2), ("2", "Amara Osei (you)", 1)]
    assert list(app.dataframe[0].value.columns) == ["rank", "rep", "value", "team"]
    assert "Ridge" in app.caption[0].value
    narrowed = board(open_page, role="rep", user_id=AMARA, number="doors", team="t-delta")
    assert lines(narrowed, "rank", "rep", "value") == lines(app, "rank", "rep", "value")


def test_a_rep_without_a_team_is_told_so(open_page: Open, field: Field) -> None:
    field.knocks(FINN, 1)
    field.count()
    assert "You are in no team" in texts(board(open_page, role="rep", user_id=FINN))


def read(seed: Seed, *, outcome: str = "done", **ago_: float) -> None:
    """A run that looked at what numbers are made of."""
    run = seed.run(started_at=ago(**ago_), outcome="done" if outcome == "done" else "partial")
    for table in ("record", "activity", "appointment"):
        seed.table(run, "spotio", table, outcome=outcome if table == "activity" else "done")


def warned(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(f"{one.proto.title}: {one.value}" for one in app.warning)


def test_the_board_is_live_only_while_spotio_is_being_read(open_page: Open, field: Field, seed: Seed) -> None:
    field.knocks(AMARA, 1)
    field.count()
    read(seed, hours=2)
    for page, who in (
        ("board", {}), ("dashboard", {}), ("my_day", {"role": "rep", "user_id": AMARA}),
        ("board", {"role": "rep", "user_id": AMARA}),
    ):  # fmt: skip
        app = open_page(page, **who)
        assert "The numbers are as of" in warned(app), page
        assert "SPOTIO is not being read any more." in warned(app)
        assert "live" not in app.caption[0].value
    then = (MONDAY + DAY).strftime("%Y-%m-%dT%H:%M")
    assert not open_page("dashboard", as_of=then).warning
    read(seed, minutes=2)
    app = open_page("board")
    assert "· live, read 2 min ago" in app.caption[0].value
    assert not app.warning
    assert not open_page("dashboard").warning


def test_a_pull_that_failed_or_cannot_begin_is_said_with_the_age_of_the_numbers(
    open_page: Open, field: Field, seed: Seed
) -> None:
    field.knocks(AMARA, 1)
    field.count()
    read(seed, minutes=3)
    read(seed, minutes=1, outcome="failed")
    app = open_page("board")
    assert "SPOTIO could not be read to the end. Last tried " in warned(app)
    assert "· as of " in app.caption[0].value
    seed.problem("spotio", "unreachable", "SPOTIO does not answer.", advice="Look at its status page.")
    told = warned(open_page("board"))
    assert "SPOTIO does not answer. Look at its status page. Last tried " in told
    assert "next try about " in told
    told = warned(open_page("board", role="rep", user_id=AMARA))
    assert "SPOTIO does not answer. Last tried " in told


def test_while_spotio_is_read_and_counted_for_the_first_time_nothing_is_told_as_a_fact(
    open_page: Open, field: Field, seed: Seed
) -> None:
    first = seed.run(started_at=ago(minutes=4), outcome="running")
    seed.table(first, "spotio", "record", started_at=ago(minutes=4))
    seed.table(first, "spotio", "activity", outcome="running", started_at=ago(minutes=2))
    field.knocks(AMARA, 1)
    field.count()
    for page in ("board", "dashboard"):
        told = warned(open_page(page))
        assert "The numbers are not complete yet" in told, page
        assert "SPOTIO is being read for the first time since " in told
    run = seed.run(started_at=ago(seconds=-60))  # it ends after the numbers were last counted
    for table in ("record", "activity", "appointment"):
        seed.table(run, "spotio", table, started_at=ago(seconds=-60))
    assert "SPOTIO was read for the first time, and is being counted." in warned(open_page("board"))


def test_sales_of_salesforce_are_flagged_by_its_own_pulls_and_no_other_number_is(
    open_page: Open, field: Field, seed: Seed, store: Store
) -> None:
    field.knocks(AMARA, 1)
    field.count()
    read(seed, minutes=1)
    run = seed.run(started_at=ago(hours=3))
    for table in ("opportunity", "lead", "user"):
        seed.table(run, "salesforce", table, started_at=ago(hours=3))
    assert not open_page("board", number="sold").warning
    standing = state.settings(store)
    rollups.refresh(store, standing.model_copy(update={"sold_source": "salesforce_won"}), None)
    for page, who in (
        ("board", {}), ("dashboard", {}), ("my_day", {"role": "rep", "user_id": AMARA}),
        ("board", {"role": "rep", "user_id": AMARA}),
    ):  # fmt: skip
        told = warned(open_page(page, number="sold", **who))
        assert "The sales are as of" in told, page
        assert "Salesforce is not being read any more." in told
    assert "The sales are as of" in warned(open_page("board", number="close_rate"))
    assert not open_page("board", number="doors").warning
    run = seed.run(started_at=ago(minutes=1), outcome="partial")
    seed.table(run, "salesforce", "opportunity", started_at=ago(minutes=1), outcome="failed")
    assert "Salesforce could not be read to the end." in warned(open_page("board", number="sold"))
    alone = open_page("dashboard", systems=("spotio",))
    assert "Salesforce is not connected, and its won opportunities are the sales." in warned(alone)
    run = seed.run(started_at=ago(minutes=1))
    for table in ("opportunity", "lead", "user"):
        seed.table(run, "salesforce", table, started_at=ago(minutes=1))
    assert not open_page("board", number="sold").warning


NOW = datetime(2026, 10, 14, 18, 7, 30, tzinfo=UTC)  # a Wednesday, 12:07 in Denver


@pytest.mark.parametrize(
    ("chosen", "span", "before", "against"),
    [
        pytest.param(
            Chosen(TODAY), Span(date(2026, 10, 14), date(2026, 10, 14)),
            Span(date(2026, 10, 14), date(2026, 10, 14)), "since 11:05, an hour ago", id="today",
        ),
        pytest.param(
            Chosen(WEEK), Span(date(2026, 10, 12), date(2026, 10, 14)),
            Span(date(2026, 10, 12), date(2026, 10, 13)), "since yesterday evening", id="week",
        ),
        pytest.param(
            Chosen(MONTH), Span(date(2026, 10, 1), date(2026, 10, 14)),
            Span(date(2026, 10, 1), date(2026, 10, 7)), "since a week ago", id="month",
        ),
        pytest.param(
            Chosen(CUSTOM, date(2026, 10, 5), date(2026, 10, 6)), Span(date(2026, 10, 5), date(2026, 10, 6)),
            Span(date(2026, 10, 3), date(2026, 10, 4)), "against the 2 days before", id="custom",
        ),
    ],
)  # fmt: skip
def test_each_period_is_held_against_what_fits_it(
    chosen: Chosen, span: Span, before: Span, against: str
) -> None:
    race = chosen.race(NOW, "America/Denver")
    assert (race.span, race.before, race.against) == (span, before, against)


def test_a_period_that_has_just_begun_is_held_against_nothing() -> None:
    monday = datetime(2026, 10, 12, 6, 30, tzinfo=UTC)  # half past midnight in Denver
    for period in (TODAY, WEEK):
        assert Chosen(period).race(monday, "America/Denver").before is None
    assert Chosen(MONTH).race(datetime(2026, 10, 5, 18, tzinfo=UTC), "America/Denver").before is None


def test_a_period_of_a_link_stays_when_the_browser_says_that_its_widget_shows_none(
    open_page: Open, field: Field
) -> None:
    app = open_page("board", period="Month")
    app.segmented_control(key="board-period").set_value(None).run()
    assert app.segmented_control(key="board-period").value == "Month"
    assert app.query_params["period"] in ("Month", ["Month"])
