"""Dashboard: its numbers are those of the mirror, its filters stand in the address, and each mark opens its records."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from console import charts, figures, identity, services, tiles, words
from console.context import Context, set_context
from console.figures import Seen
from console.figures.file import Shown
from console.filters import CUSTOM, FOUR_WEEKS, PERIODS, QUARTER, TODAY, WEEK, YEAR, Filters, Span, tree
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import kpi as numbers
from data.kpi import rollups, state
from data.store import Store
from tests.console.conftest import Open, texts
from tests.console.region import (
    ALMA,
    APPOINTED,
    BELA,
    DARA,
    DELTA,
    INTERESTED,
    MINA,
    NOBODYS,
    NORTH,
    NORTH_EAST,
    NORTH_WEST,
    RIDGE,
    SAT_SOLD,
    SET,
    SOUTH,
    VISIT,
    WEST,
    ZONE,
    Region,
    at,
    today,
)

NOW = datetime.fromisoformat("2026-10-13T15:42:00+00:00")
ADMIN = Visitor(role="admin")
MANAGER = Visitor(role="manager", user_id=MINA)  # leads Ridge


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    folder = tmp_path_factory.mktemp("region")
    with Store.open(f"duckdb:////{str(folder)[1:]}/region.duckdb") as store:
        yield Region(store)


@pytest.fixture
def store(region: Region) -> Store:
    return region.store


@pytest.fixture
def served(store: Store) -> Iterator[None]:
    """The readers' world, without a page."""
    set_context(Context(store, lambda _: True, ("spotio",), ZONE))
    yield
    set_context(None)


def seen(**chosen: Any) -> Seen:
    """What a page shows with these filters."""
    filters, _ = Filters(**chosen).within(numbers.choices())
    return Seen.of(filters, numbers.choices())


def visits(store: Store, first: date, last: date, where: str = "true") -> list[dict[str, Any]]:
    """The visits of some local days, straight from the mirror."""
    return store.rows(
        f"select *, timezone('{ZONE}', date)::date as day from spotio.activity where activityTemplateId = '{VISIT}' and done"
        f" and timezone('{ZONE}', date)::date between $first and $last and {where}",
        {"first": first, "last": last},
    )


def doors(rows: list[dict[str, Any]]) -> set[tuple[str, str, date]]:
    """Distinct rep, record and local day."""
    return {(row["ownerId"], row["dataObjectId"], row["day"]) for row in rows}


def four_weeks() -> tuple[date, date]:
    return today() - timedelta(days=28), today() - timedelta(days=1)


def tile(app: AppTest, label: str) -> str:
    return next(str(metric.value) for metric in app.metric if metric.label == label)


@pytest.mark.requirement("KP-09")
@pytest.mark.requirement("KP-01")
def test_the_tiles_are_what_a_plain_count_over_the_mirror_gives(open_page: Open, store: Store) -> None:
    app = open_page("dashboard")
    assert not app.exception
    rows = visits(store, *four_weeks())
    knocked = doors(rows)
    measured = [row for row in rows if row["distance"] is not None]
    contacts = doors([row for row in rows if row["resultId"] in (INTERESTED, SET)])
    outcomes = store.rows(
        f"select a.resultId as result from spotio.appointment p join spotio.activity a on a.id = p.activityId"
        f" where p.activityTemplateId = '{APPOINTED}' and timezone('{ZONE}', p.date)::date between $first and $last",
        dict(zip(("first", "last"), four_weeks(), strict=True)),
    )
    sat = [row for row in outcomes if row["result"] in (SAT_SOLD, "22")]
    assert tile(app, "Doors knocked") == f"{len(knocked):,}"
    verified = sum(row["verified"] for row in measured) / len(measured)
    assert tile(app, "Verified share") == words.number(verified, "share")
    assert tile(app, "Contact rate") == words.number(len(contacts) / len(knocked), "share")
    made = store.rows(
        f"select count(*) as n from spotio.appointment where timezone('{ZONE}', updatedAt)::date between $first and $last",
        dict(zip(("first", "last"), four_weeks(), strict=True)),
    )
    assert tile(app, "Appointments set") == f"{made[0]['n']:,}"
    assert tile(app, "Sit rate") == words.number(len(sat) / len(outcomes), "share")
    sold = sum(row["result"] == SAT_SOLD for row in sat)
    assert tile(app, "Close rate") == words.number(sold / len(sat), "share")


@pytest.mark.requirement("KP-04")
def test_filters_of_a_link_narrow_every_number_and_stand_in_the_line_below_the_title(
    open_page: Open, store: Store
) -> None:
    app = open_page("dashboard", period=WEEK, team=RIDGE, territory=NORTH, result=f"{VISIT}:{INTERESTED}")
    first, last = today() - timedelta(days=7), today() - timedelta(days=1)
    found = doors(
        visits(store, first, last, f"ownerId in ('{ALMA}', '{BELA}') and resultId = '{INTERESTED}'")
    )
    assert tile(app, "Doors knocked") == f"{len(found):,}"
    said = app.caption[0].value
    assert words.days(first, last) in said
    assert "against the 7 days before" in said
    assert "North, Ridge, Visit: Interested" in words.bare(said)
    assert "each rep’s local day" in said


def test_what_is_in_doubt_and_which_number_a_filter_does_not_narrow_is_said(
    open_page: Open, store: Store
) -> None:
    said = open_page("dashboard").caption[0].value
    unmeasured = visits(store, *four_weeks(), "distance is null")
    assert f"outside the verified share: {len(unmeasured):,} visits that cannot be verified" in said
    assert "not narrowed" not in said
    app = open_page("dashboard", verified="verified")
    sure = doors(visits(store, *four_weeks(), "verified and distance is not null"))
    assert tile(app, "Doors knocked") == f"{len(sure):,}"
    kept = "Appointments set, Sit rate, Close rate and Sales"
    assert f"not narrowed by verified: {kept}" in app.caption[0].value
    assert "not narrowed by verified, which it does not know" in words.bare(
        texts(open_page("behind", kpi="sold", verified="verified"))
    )


def test_a_tile_that_a_filter_cannot_narrow_says_so_and_keeps_its_number(open_page: Open) -> None:
    whole = open_page("dashboard")
    app = open_page("dashboard", result=f"{VISIT}:{INTERESTED}")
    for label in ("Appointments set", "Sit rate", "Close rate"):
        assert tile(app, label) == tile(whole, label)
    assert texts(app).count("Not narrowed by result") == 3
    assert "not narrowed by result: Appointments set, Sit rate, Close rate and Sales" in app.caption[0].value
    narrowed = open_page("dashboard", activity=APPOINTED, result=f"{APPOINTED}:{SAT_SOLD}")
    assert tile(narrowed, "Close rate") == "100.0%"
    assert "Not narrowed by" not in texts(narrowed)


def test_a_filter_that_is_changed_changes_the_address_and_the_numbers(open_page: Open, store: Store) -> None:
    app = open_page("dashboard")
    app.segmented_control(key="filter-period").set_value(WEEK).run()
    app.selectbox(key="filter-territory").set_value(SOUTH).run()
    app.multiselect(key="filter-reps").set_value([DARA]).run()
    assert app.query_params["period"] in (WEEK, [WEEK])
    assert app.query_params["territory"] in (SOUTH, [SOUTH])
    assert app.query_params["rep"] in (DARA, [DARA])
    rows = visits(store, today() - timedelta(days=7), today() - timedelta(days=1), f"ownerId = '{DARA}'")
    assert tile(app, "Doors knocked") == f"{len(doors(rows)):,}"
    app.button(key="filters-clear").click().run()
    assert not {"period", "territory", "rep"} & set(app.query_params)
    assert tile(app, "Doors knocked") == f"{len(doors(visits(store, *four_weeks()))):,}"


@pytest.mark.requirement("CO-08")
def test_a_manager_sees_their_teams_and_a_link_to_others_is_narrowed_and_says_so(
    open_page: Open, store: Store
) -> None:
    mine = doors(visits(store, *four_weeks(), f"ownerId in ('{ALMA}', '{BELA}')"))
    app = open_page("dashboard", role="manager", user_id=MINA)
    assert tile(app, "Doors knocked") == f"{len(mine):,}"
    assert "· Ridge ·" in app.caption[0].value
    app = open_page("dashboard", role="manager", user_id=MINA, team=DELTA, rep=DARA)
    assert tile(app, "Doors knocked") == f"{len(mine):,}"
    assert "2 filters of the link left out, not yours to see" in app.caption[0].value
    assert [option for option in app.multiselect(key="filter-teams").options] == ["Ridge"]
    behind = open_page("behind", role="manager", user_id=MINA, kpi="doors", team=DELTA)
    assert f"Doors with a visit: {len(mine):,}" in texts(behind)


def test_a_manager_who_leads_nothing_is_told_so(open_page: Open) -> None:
    app = open_page("dashboard", role="manager", user_id=NOBODYS)
    assert "You lead no team" in texts(app)
    assert not app.metric


@pytest.mark.requirement("CO-19")
def test_a_rep_is_refused_by_the_readers_and_sees_their_own_rows_behind_a_number(
    open_page: Open, store: Store, served: None
) -> None:
    with on_behalf_of(Visitor(role="rep", user_id=ALMA)):
        filters = Filters()
        span = Span(*four_weeks())
        for read in (numbers.by, numbers.sparks):
            with pytest.raises(NotYoursError):
                read(filters, span, ("doors",), "user" if read is numbers.by else "day")
        with pytest.raises(NotYoursError):
            numbers.matrix(filters, span)
        own = doors(visits(store, *four_weeks(), f"ownerId = '{ALMA}'"))
        assert numbers.whole(filters, span, "doors").value == len(own)
        assert numbers.whole(replace(filters, reps=(BELA,)), span, "doors").value == 0
        assert set(numbers.behind(filters, span, "doors", "numerator", 1000)["user_id"]) == {ALMA}


@pytest.mark.requirement("KP-09")
@pytest.mark.parametrize("visitor", [ADMIN, MANAGER], ids=["admin", "manager"])
def test_each_mark_of_each_figure_opens_as_many_records_as_it_shows(served: None, visitor: Visitor) -> None:
    with on_behalf_of(visitor):
        shown = seen()
        day = seen(period=CUSTOM, first=today() - timedelta(days=3), last=today() - timedelta(days=3))
        drawn = [
            (figures.trend(shown, "doors", charts.LIGHT), _by_step("value")),
            (figures.trend(day, "doors", charts.LIGHT), _by_step("value")),
            (figures.trend(shown, "contact_rate", charts.LIGHT), _by_step("n")),
            (figures.heat(shown, "contact_rate", charts.LIGHT), lambda row: (row["cell"], row["n"])),
            (figures.heat(shown, "doors", charts.DARK), lambda row: (row["cell"], row["value"])),
            (figures.territories(shown, "doors", charts.LIGHT), lambda row: (row["id"], row["n"])),
            (figures.territories(shown, "close_rate", charts.LIGHT), lambda row: (row["id"], row["n"])),
            (figures.funnel(shown, "Activity", charts.LIGHT), lambda row: (row["step"], row["n"])),
            (figures.setters(shown), lambda row: (f"{row['id']}:sat", row["sat"])),
            (figures.setters(shown), lambda row: (f"{row['id']}:set", row["set"])),
            (figures.stages(shown), lambda row: (row["id"], row["moves"])),
        ]
        drawn.append(
            (
                figures.pairs(shown, charts.LIGHT),
                lambda row: (f"{row['setter_id']}:{row['closer_id']}", row["sat"]),
            )
        )
        opened = 0
        for figure, mark_of in drawn:
            for row in figure.rows.iter_rows(named=True):
                mark, count = mark_of(row)
                address = figure.doors.get(str(mark)) if mark is not None else None
                if address is None or not count:
                    continue
                assert _rows_behind(address) == count, (figure.title, mark, address)
                opened += 1
        assert opened > 60


def _by_step(column: str) -> Any:
    """A row of the trend and its count; the door is named by the day or hour, which the row tells in words."""

    def mark_of(row: dict[str, Any]) -> tuple[str | None, float]:
        hour = re.match(r"(\d\d):00–", row["step"])
        if hour:
            day = today() - timedelta(days=3)
            return str((day.isoweekday() - 1) * 24 + int(hour[1])), row[column]
        return datetime.strptime(row["step"], "%a %d %b %Y").date().isoformat(), row[column]  # noqa: DTZ007

    return mark_of


def _rows_behind(address: Any) -> int:
    """How many rows the page behind shows, read to the end page by page."""
    filters, refused = Filters.of(address, ZONE).within(numbers.choices())
    assert refused == 0
    span = filters.span(datetime.now().astimezone(), ZONE)
    counted, after = 0, None
    while True:
        page = numbers.behind(
            filters, span, address["kpi"], address.get("part", "numerator"), limit=40, after=after
        )
        counted += page.height
        if page.height < 40:
            return counted
        after = page.select("happened_at", "id").row(-1)


@pytest.mark.requirement("CO-19")
def test_an_address_names_nobody_whom_the_reader_sees_nothing_of(open_page: Open) -> None:
    said = texts(
        open_page("behind", role="manager", user_id=MINA, kpi="close_rate", setter="u-ciro", rep="u-ciro")
    )
    assert "Ciro" not in said
    assert "set by u\\-ciro" in said
    # Alma closes what Dara of the other team sets: that pair is Mina's to see.
    said = texts(
        open_page("behind", role="manager", user_id=MINA, kpi="close_rate", setter=DARA, closer=ALMA)
    )
    assert "closed by Alma Seger" in said


@pytest.mark.requirement("KP-03")
def test_stage_moves_tell_from_where_to_where_and_open_their_records(open_page: Open, store: Store) -> None:
    moved = store.rows(
        f"select count(*) as n from spotio.activity where type = 'transition' and timezone('{ZONE}', date)::date"
        " between $first and $last",
        dict(zip(("first", "last"), four_weeks(), strict=True)),
    )[0]["n"]
    app = open_page("dashboard")
    table = app.dataframe[-1].value
    assert table[["left", "entered", "moves"]].values.tolist() == [["New", "Sold", moved]]
    app = open_page("behind", kpi="stage_moves_total", left="10:1", entered="10:3")
    assert app.title[0].value == f"Stage moves: {moved}"
    assert set(app.dataframe[0].value["stage"]) == {"New → Sold"}
    assert open_page("behind", kpi="stage_moves_total", left="10:3").title[0].value == "Stage moves: 0"


def test_behind_a_number_its_parts_and_rows_are_told_and_a_click_opens_the_record(
    open_page: Open, store: Store
) -> None:
    app = open_page("behind", kpi="verified_share", part="not_verifiable", period=WEEK)
    assert not app.exception
    first, last = today() - timedelta(days=7), today() - timedelta(days=1)
    unmeasured = visits(store, first, last, "distance is null")
    assert app.title[0].value == f"Not verifiable: {len(unmeasured):,}"
    assert "Verified visits / (visits - not verifiable)" in texts(app)
    assert len(app.dataframe[0].value) == min(len(unmeasured), 50)
    app.segmented_control(key="behind-part").set_value("numerator").run()
    assert app.query_params["part"] in ("numerator", ["numerator"])
    assert app.title[0].value.startswith("Verified visits: ")


def test_the_rows_behind_a_number_come_page_by_page(open_page: Open, store: Store) -> None:
    app = open_page("behind", kpi="doors")
    total = len(doors(visits(store, *four_weeks())))
    names: list[str] = []
    while True:
        names += app.dataframe[0].value["name"].tolist()
        if app.button(key="older").disabled:
            break
        app.button(key="older").click().run()
    assert len(names) == total
    app.button(key="newer").click().run()
    assert len(app.dataframe[0].value) == 50


def test_an_unknown_number_has_no_rows_behind_it(open_page: Open) -> None:
    assert "No such number" in texts(open_page("behind", kpi="nonsense"))


@pytest.mark.requirement("KP-13")
@pytest.mark.requirement("KP-02")
def test_setters_and_closers_have_run_cancel_and_close_rates_with_their_samples(
    served: None, store: Store
) -> None:
    plain = store.rows(
        "select p.createdById as setter, p.ownerId as closer, count(*) as due,"
        " count(*) filter (a.resultId in ('21', '22', '23')) as run, count(*) filter (a.resultId = '24') as cancelled,"
        " count(*) filter (a.resultId in ('21', '22')) as sat, count(*) filter (a.resultId = '21') as sold"
        " from spotio.appointment p join spotio.activity a on a.id = p.activityId"
        f" where timezone('{ZONE}', p.date)::date between $first and $last group by all",
        dict(zip(("first", "last"), four_weeks(), strict=True)),
    )
    with on_behalf_of(ADMIN):
        found = figures.pairs(seen(), charts.LIGHT)
        cells = {(row["setter_id"], row["closer_id"]): row for row in found.rows.iter_rows(named=True)}
        assert len(plain) == len(cells) == 4
        for row in plain:
            cell = cells[row["setter"], row["closer"]]
            assert {key: cell[key] for key in ("due", "sat", "sold")} == {
                key: row[key] for key in ("due", "sat", "sold")
            }
            assert cell["close"] == pytest.approx(row["sold"] / row["sat"])
            assert cell["value"] == row["sold"] * 1000
            of = next(
                one
                for one in figures.setters(seen()).rows.iter_rows(named=True)
                if one["id"] == row["setter"]
            )
            assert of["run"] == pytest.approx(row["run"] / row["due"])
            assert of["cancel"] == pytest.approx(row["cancelled"] / row["due"])
            assert (of["due"], of["sat"]) == (row["due"], row["sat"])


def test_a_rate_of_too_few_is_not_told_in_the_table_nor_in_the_file(
    open_page: Open, served: None, store: Store
) -> None:
    with on_behalf_of(ADMIN):
        many, few = figures.setters(seen()), figures.setters(seen(period=WEEK))
    assert min(many.rows["due"].to_list()) >= 10 > max(few.rows["due"].to_list())
    told = open_page("dashboard").dataframe[-2].value
    assert told["run"].tolist() == [f"{share:6.1%}" for share in many.rows["run"]]
    assert told["due"].tolist() == many.rows["due"].to_list()
    assert set(open_page("dashboard", period=WEEK).dataframe[-2].value["cancel"]) == {"too few"}
    rates = figures.sheet([], {"setters": few}, {}).filter(pl.col("Number").is_in(["Run", "Cancel"]))
    assert set(rates["Shown"]) == {"too few"}
    assert rates["Value"].null_count() == rates.height == 8


def test_a_pair_under_the_minimum_is_grey_and_one_above_it_is_coloured(served: None) -> None:
    with on_behalf_of(ADMIN):
        few = figures.pairs(seen(period=WEEK), charts.LIGHT).chart
        enough = figures.pairs(
            seen(period=CUSTOM, first=today() - timedelta(days=59), last=today() - timedelta(days=1)),
            charts.LIGHT,
        ).chart
    assert not few.rows["enough"].any()
    assert enough.rows.filter("drawn")["enough"].all()


def test_the_line_above_the_pairs_counts_those_who_are_drawn(served: None) -> None:
    with on_behalf_of(ADMIN):
        drawn = figures.pairs(seen(), charts.LIGHT)
        # Today nothing is over yet.
        none = figures.pairs(seen(period=TODAY, as_of=at(today(), 0, 1)), charts.LIGHT)
    cells = drawn.chart.rows.filter("drawn")
    setters = words.counted(cells["setter"].n_unique(), "setter")
    closers = words.counted(cells["closer"].n_unique(), "closer")
    assert f"Drawn: {setters} and {closers}." in drawn.caption
    assert none.chart is None
    assert none.caption == "No appointment of these has sat, so there is no close rate to draw."


@pytest.mark.requirement("KP-08")
def test_the_heat_map_has_each_hours_doors_and_contacts_as_a_plain_count_has_them(
    served: None, store: Store
) -> None:
    first: dict[tuple[str, str, date], datetime] = {}
    reached = set()
    for row in visits(store, *four_weeks()):
        door = (row["ownerId"], row["dataObjectId"], row["day"])
        first[door] = min(row["date"], first.get(door, row["date"]))
        if row["resultId"] in (INTERESTED, SET):
            reached.add(door)
    knocked, contacts = Counter[str](), Counter[str]()
    for door, moment in first.items():
        local = moment.astimezone(ZoneInfo(ZONE))
        cell = str(local.weekday() * 24 + local.hour)
        knocked[cell] += 1
        contacts[cell] += door in reached
    with on_behalf_of(ADMIN):
        rate = figures.heat(seen(), "contact_rate", charts.LIGHT)
        count = figures.heat(seen(), "doors", charts.LIGHT)
    assert dict(count.rows.select("cell", "value").iter_rows()) == knocked
    assert {cell: (n, d) for cell, n, d in rate.rows.select("cell", "n", "d").iter_rows()} == {
        cell: (contacts[cell], knocked[cell]) for cell in knocked
    }
    assert {row["cell"]: row["shown"] for row in count.chart.rows.filter("drawn").iter_rows(named=True)} == {
        cell: f"{doors_:,}" for cell, doors_ in knocked.items()
    }


def test_hours_with_too_few_doors_bear_a_dot_and_do_not_stretch_the_scale() -> None:
    rows = pl.DataFrame(
        {
            "weekday": [1, 1, 2], "hour": [9, 12, 9], "cell": ["9", "12", "33"], "value": [0.3, 0.4, 1.0],
            "few": [False, False, True], "shown": ["", "", ""], "label": ["", "", ""],
        }
    )  # fmt: skip
    drawn = charts.heat_map(rows, share=True, colors=charts.LIGHT)
    assert drawn.rows is not None
    told = drawn.rows.filter("drawn").sort("cell")
    assert told["tone"].to_list() == [0.4, 0.4, 0.3]
    assert told["few"].to_list() == [False, True, False]
    # Ten and eleven have a column too, though nobody was out.
    assert sorted(set(drawn.rows["at"])) == ["09", "10", "11", "12"]


@pytest.mark.requirement("KP-08")
def test_the_map_shows_territories_in_scope_with_those_below_them_counted_in(
    served: None, store: Store
) -> None:
    with on_behalf_of(ADMIN):
        drawn = figures.territories(seen(), "doors", charts.LIGHT)
        ground = drawn.chart.spec["layer"][0]["data"]["values"]
        assert [shape["name"] for shape in ground] == ["North East", "North West"]
        assert "1 territory without a shape, in the table" in drawn.caption
        knocked = {
            territory: len(doors(visits(store, *four_weeks(), f"ownerId in {reps}")))
            for territory, reps in (
                (NORTH_EAST, f"('{ALMA}')"), (NORTH_WEST, f"('{BELA}')"), (SOUTH, "('u-ciro', 'u-dara')"),
            )
        }  # fmt: skip
        assert dict(drawn.rows.select("id", "value").iter_rows()) == knocked
        # What stands on the map, and what it is coloured by, are these counts too.
        labels = drawn.chart.spec["layer"][1]["data"]["values"]
        assert [(shape["territory"], shape["value"], shape["shown"], shape["told"]) for shape in ground] == [
            (id, knocked[id], f"{knocked[id]:,}", True) for id in (NORTH_EAST, NORTH_WEST)
        ]
        assert [label["shown"] for label in labels] == [f"{knocked[id]:,}" for id in (NORTH_EAST, NORTH_WEST)]
        assert "Not on the map" not in drawn.caption
        narrowed = figures.territories(seen(territory=NORTH), "doors", charts.LIGHT)
        assert narrowed.rows["name"].to_list() == ["North East", "North West"]
    with on_behalf_of(MANAGER):
        assert SOUTH not in figures.territories(seen(), "doors", charts.LIGHT).rows["id"]


@pytest.mark.requirement("KP-08")
def test_what_happened_in_a_deleted_territory_is_said_below_the_map(
    served: None, region: Region, store: Store
) -> None:
    south = len(doors(visits(store, *four_weeks(), "ownerId in ('u-ciro', 'u-dara')")))
    west = len(doors(visits(store, *four_weeks(), f"ownerId = '{BELA}'")))
    try:
        region.delete_territory(SOUTH)
        with on_behalf_of(ADMIN):
            drawn = figures.territories(seen(), "doors", charts.LIGHT)
        assert f"Not on the map: {south:,} in South, since deleted" in drawn.caption
        gone = drawn.rows.filter(pl.col("id") == SOUTH)
        assert gone.select("name", "value").row(0) == ("South, deleted", south)
        region.delete_territory(NORTH_WEST)
        with on_behalf_of(ADMIN):
            both = figures.territories(seen(), "doors", charts.LIGHT)
            rate = figures.territories(seen(), "contact_rate", charts.LIGHT)
        assert f"{south + west:,} in North West and South, since deleted" in both.caption
        assert sum(both.rows["value"]) == len(doors(visits(store, *four_weeks())))
        assert re.search(rf"[\d,]+ of {south + west:,} in North West and South", rate.caption)
    finally:
        region.bring_territories()


def test_a_sample_is_too_small_below_what_is_configured(served: None, store: Store) -> None:
    standing = state.settings(store)
    asked = {"close_rate": 3}
    try:
        rollups.refresh(store, standing.model_copy(update={"minimum_sample": asked}), None)
        with on_behalf_of(ADMIN):
            drawn = figures.territories(seen(), "close_rate", charts.LIGHT)
            pairs = figures.pairs(seen(), charts.LIGHT)
        assert "grey is a sample under 3" in drawn.caption
        assert "pairs under 3 sits are grey" in pairs.caption
    finally:
        rollups.refresh(store, standing, None)


def test_the_funnel_tells_what_happened_and_what_came_of_what_was_set(served: None) -> None:
    with on_behalf_of(ADMIN):
        happened = figures.funnel(seen(), "Activity", charts.LIGHT)
        came = figures.funnel(seen(), "Cohort", charts.LIGHT)
        found = numbers.values(seen().filters, seen().span, tiles.KEYS)
    assert happened.rows["name"].to_list() == ["Doors", "Contacts", "Set", "Sat", "Sold"]
    assert happened.rows["n"].to_list() == [
        found["doors"].value, found["contact_rate"].numerator, found["set"].value, found["closer_sit_rate"].numerator,
        found["close_rate"].numerator,
    ]  # fmt: skip
    # Sold is a part of what sat; all sales of the period are a number of their own, with a door of its own.
    sat, sold = happened.rows.row(3, named=True), happened.rows.row(4, named=True)
    assert sold["share"] == sold["n"] / sat["n"]
    assert happened.beside is not None
    assert happened.beside[0] == f"{found['sold'].value:,.0f} sales in the period, by their own date"
    with on_behalf_of(ADMIN):
        assert _rows_behind(happened.beside[1]) == found["sold"].value
    assert came.rows["name"].to_list() == ["Set", "Sat", "Sold"]
    # Yesterday's appointments are for today.
    assert re.search(r"\d+ (is|are) not due yet", came.caption) or "until now" in came.caption


def test_of_a_period_without_a_door_no_step_has_a_share(served: None) -> None:
    quiet = date(2001, 1, 1)
    with on_behalf_of(ADMIN):
        shown = seen(period=CUSTOM, first=quiet, last=quiet)
        for view in ("Activity", "Cohort"):
            steps = figures.funnel(shown, view, charts.LIGHT).rows
            assert [n or 0 for n in steps["n"]] == [0] * len(steps)
            assert steps["share"].to_list() == [None] * len(steps)


@pytest.mark.requirement("CO-09")
def test_a_name_that_has_no_room_on_the_map_takes_two_lines_and_then_the_tooltip() -> None:
    def label(name: str, wide: float) -> tuple[str, str, str]:
        square = [(0.0, 0.0), (wide, 0.0), (wide, 1.0), (0.0, 1.0)]
        shape = charts.Shape("g", name, name, [square], 0.2, "11 of 20", "")
        drawn = charts.territory_map([shape], middle=0.2, share=True, colors=charts.LIGHT)
        (said,) = drawn.spec["layer"][1]["data"]["values"]
        return said["above"], said["name"], said["shown"]

    assert label("Platte Valley", 1.0) == ("", "Platte Valley", "11 of 20")
    assert label("Foothills Front Range", 0.45) == ("Foothills", "Front Range", "11 of 20")
    assert label("Foothills Front Range", 0.2) == ("", "", "")


def test_a_value_of_the_trend_without_a_neighbour_is_drawn_as_a_point() -> None:
    values = [1.0, None, 2.0, 3.0, None, 4.0]
    rows = pl.DataFrame(
        [(series, str(n), value) for series in (charts.NOW, "before") for n, value in enumerate(values)],
        schema=["series", "step", "value"],
        orient="row",
    )
    drawn = charts.trend(rows, share=False, hourly=True, colors=charts.LIGHT)
    assert drawn.rows is not None
    assert drawn.rows["alone"].to_list() == [True, False, False, False, False, True] * 2


def test_the_trend_is_told_in_a_sentence_above_it(open_page: Open, served: None) -> None:
    with on_behalf_of(ADMIN):
        by_day = figures.trend(seen(), "doors", charts.LIGHT).finding
        by_hour = figures.trend(
            seen(period=CUSTOM, first=today() - timedelta(days=1), last=today() - timedelta(days=1)),
            "doors",
            charts.LIGHT,
        ).finding
    assert by_day == "Doors knocked by day: 14 throughout"
    assert re.fullmatch(r"Doors knocked by hour: from \d+ at \d\d:00.* to \d+ at \d\d:00.*", by_hour)
    assert by_day in words.bare(texts(open_page("dashboard")))


def test_by_the_hour_nothing_is_told_of_what_came_after_the_moment(served: None) -> None:
    with on_behalf_of(ADMIN):
        then = seen(period=TODAY, as_of=at(today() - timedelta(days=1), 13, 30))
        told = figures.trend(then, "doors", charts.LIGHT).rows
    known = {int(step[:2]): value is not None for step, value in told.select("step", "value").iter_rows()}
    assert known == {hour: hour <= 13 for hour in known}
    assert {8, 13, 14, 20} <= known.keys()


def test_the_comparison_is_laid_over_the_same_steps(served: None) -> None:
    with on_behalf_of(ADMIN):
        shown = seen()
        drawn = figures.trend(shown, "doors", charts.LIGHT).chart
        before = numbers.series(shown.filters, shown.before, "doors", "day")
    assert drawn.rows is not None
    this, other = drawn.rows.partition_by("series", maintain_order=True)
    assert this["series"][0] == charts.NOW
    assert other["series"][0] == "28 days before"
    assert this["step"].to_list() == other["step"].to_list()
    assert other["value"].to_list() == before["value"].to_list()


@pytest.mark.requirement("KP-08")
def test_a_target_is_set_by_those_whose_team_it_is_and_its_pace_stands_on_the_tile(
    open_page: Open, served: None, store: Store
) -> None:
    with on_behalf_of(MANAGER):
        assert services.set_target("doors", "month", 100.0, team=DELTA) is not None
        assert services.set_target("doors", "month", 100.0) is not None
        assert services.set_target("doors", "month", 0.0, team=RIDGE) == "A target must be above 0."
        assert numbers.standing_targets().is_empty()
        assert services.set_target("doors", "month", 100.0, team=RIDGE) is None
        assert numbers.standing_targets()["team_id"].to_list() == [RIDGE]
    with on_behalf_of(Visitor(role="analyst")), pytest.raises(NotYoursError):
        services.set_target("doors", "month", 100.0, team=RIDGE)
    app = open_page("dashboard", role="manager", user_id=MINA)
    month = today().replace(day=1)
    actual = len(doors(visits(store, month, today(), f"ownerId in ('{ALMA}', '{BELA}')")))
    # On the first working day of a month nothing can be said of its course.
    assert re.search(r"(on course for )?[\d,]+ of 100\b", texts(app))
    assert any(f"{actual:,} so far" in str(one.proto.help) for one in app.markdown)
    part = texts(open_page("dashboard", role="manager", user_id=MINA, hour="10"))
    assert "No pacing: its target is of all work" in part
    assert not re.search(r"[\d,]+ of 100\b", part)
    assert not any("so far" in str(one.proto.help) for one in open_page("dashboard", role="analyst").markdown)
    with on_behalf_of(MANAGER):
        assert services.set_target("doors", "month", None, team=RIDGE) is None
        assert numbers.standing_targets().is_empty()


def test_a_target_that_is_not_set_is_not_offered_to_be_taken_back(
    open_page: Open, served: None, store: Store
) -> None:
    def offered() -> str:
        app = open_page("dashboard", role="manager", user_id=MINA)
        return str(app.button(key="targets-open").click().run().button(key="target-set").label)

    assert "Set the target" in offered()
    with on_behalf_of(MANAGER):
        assert services.set_target("doors", "month", 100.0, team=RIDGE) is None
        assert "Take the target back" in offered()
        assert services.set_target("doors", "month", None, team=RIDGE) is None


def test_money_bears_the_currency_that_spotio_names(
    open_page: Open, served: None, region: Region, store: Store
) -> None:
    address = {"kpi": "sales_value", "period": CUSTOM, "from": four_weeks()[0].isoformat()}
    plain = open_page("behind", **address).title[0].value
    assert re.fullmatch(r"Value of sales: [\d,]+", plain)
    region.currency("USD")
    told = open_page("behind", **address)
    assert told.title[0].value == f"{plain} USD"
    with on_behalf_of(ADMIN):
        trend = figures.trend(seen(), "sales_value", charts.LIGHT)
        heads = [column.label for column in (*figures.setters(seen()).columns, *trend.columns)]
        shown = figures.sheet([], {"trend": trend}, {})["Shown"]
        assert {"Value, USD", "Sales value, USD"} <= set(heads)
        assert trend.chart.rows["shown"].drop_nulls().str.ends_with("USD").any()
        assert not any(text.endswith("USD") for text in shown), "the head says it for all of them"
        standing = state.settings(store)
        try:  # an opportunity's amount is in the org's currency, whatever SPOTIO's is
            rollups.refresh(store, standing.model_copy(update={"sold_source": "salesforce_won"}), None)
            assert numbers.unit("sales_value") == "money"
        finally:
            rollups.refresh(store, standing, None)
    region.currency(None)
    assert open_page("behind", **address).title[0].value == plain


@pytest.mark.requirement("CO-18")
def test_the_export_holds_every_number_that_is_seen_and_no_cell_runs_as_a_formula(
    served: None, store: Store
) -> None:
    with on_behalf_of(ADMIN):
        shown = seen()
        told = {"Period": "these days", "Of": "=2+5", "Counted": "now"}
        sheet = figures.sheet(
            [Shown("Doors knocked", 5.0, "5", "+1.0%", 4.0, "6 visits")],
            {"setters": figures.setters(shown), "trend": figures.trend(shown, "doors", charts.LIGHT)},
            told,
        )
        csv = services.rows_as("csv", sheet, {"page": "Dashboard"}).decode("utf-8-sig")
        book = services.rows_as("xlsx", sheet, {"page": "Dashboard"})
    assert sheet.filter(pl.col("Part") == "Trend").height == 2 * 28
    assert set(sheet["Period"]) == {"these days"}
    assert "'=1+1 Dara" in csv
    assert not re.search(r'(^|,)"?=', csv, re.M)
    assert book.startswith(b"PK")
    taken = store.rows("select text from config.audit where what = 'export' order by 1")
    assert [row["text"].split(":")[0] for row in taken] == [
        f"Exported {sheet.height} rows as CSV",
        f"Exported {sheet.height} rows as XLSX",
    ]


def test_the_picture_is_drawn_without_any_other_host_in_the_colours_of_the_theme(
    served: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with on_behalf_of(ADMIN):
        shown = seen()
        for colors in (charts.LIGHT, charts.DARK):
            drawn = {
                "trend": figures.trend(shown, "close_rate", colors),
                "funnel": figures.funnel(shown, "Activity", colors),
                "heat": figures.heat(shown, "contact_rate", colors),
                "map": figures.territories(shown, "close_rate", colors),
                "pairs": figures.pairs(shown, colors),
                "setters": figures.setters(shown),
            }
            tile = Shown("Doors knocked", 5.0, "5", "+1.0%", 4.0, "6 visits")
            assert figures.picture("Dashboard", "28 days & all teams", [tile], drawn, colors).startswith(
                b"\x89PNG"
            )


def test_the_colours_of_pictures_are_those_of_the_theme() -> None:
    theme = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
    for name, colors in (("light", charts.LIGHT), ("dark", charts.DARK)):
        wanted = theme[name]
        assert colors.background == wanted["backgroundColor"]
        assert colors.text == wanted["textColor"]
        assert colors.gray_text == wanted["grayTextColor"]
        assert colors.accent == wanted["primaryColor"]
        assert list(colors.sequential) == wanted["chartSequentialColors"]
        assert list(colors.diverging) == wanted["chartDivergingColors"]


@pytest.mark.requirement("CO-09")
def test_as_of_a_moment_the_numbers_are_those_that_were_known_then(tmp_path: Path) -> None:
    with Store.open(f"duckdb:////{str(tmp_path)[1:]}/then.duckdb") as store:
        region = Region(store)
        span = Span(*four_weeks())
        knocked = doors(visits(store, span.first, span.last))
        gone = next(row["id"] for row in visits(store, span.first, span.last))
        moment = datetime.now(UTC)
        region.delete(gone)
        set_context(Context(store, lambda _: True, ("spotio",), ZONE))
        with on_behalf_of(ADMIN):
            present = numbers.values(Filters(), span, ("visits",))["visits"].value
            then = numbers.values(Filters(as_of=moment), span, ("visits", "doors"))
            before = numbers.values(Filters(as_of=moment - timedelta(hours=1)), span, ("doors",))["doors"]
        set_context(None)
        assert before.value == 0  # nothing was mirrored yet
        assert then["doors"].value == len(knocked)
        assert present == (then["visits"].value or 0) - 1


@pytest.mark.parametrize(
    ("filters", "first", "last", "before_first", "before_last"),
    [
        (Filters(TODAY), "2026-10-13", "2026-10-13", "2026-10-06", "2026-10-06"),
        (Filters(WEEK), "2026-10-06", "2026-10-12", "2026-09-29", "2026-10-05"),
        (Filters(FOUR_WEEKS), "2026-09-15", "2026-10-12", "2026-08-18", "2026-09-14"),
        (Filters(FOUR_WEEKS, compare=YEAR), "2026-09-15", "2026-10-12", "2025-09-16", "2025-10-13"),
        (Filters(QUARTER), "2026-10-01", "2026-10-12", "2026-07-01", "2026-07-12"),
        (
            Filters(CUSTOM, date(2026, 10, 20), date(2026, 10, 2)),
            "2026-10-02",
            "2026-10-02",
            "2026-09-25",
            "2026-09-25",
        ),
        (
            Filters(CUSTOM, date(2026, 10, 1), date(2030, 1, 1)),
            "2026-10-01",
            "2026-10-13",
            "2026-09-18",
            "2026-09-30",
        ),
    ],
)
def test_a_period_and_its_comparison_are_whole_days_of_the_same_number(
    filters: Filters, first: str, last: str, before_first: str, before_last: str
) -> None:
    span = filters.span(NOW, ZONE)
    assert span == Span(date.fromisoformat(first), date.fromisoformat(last))
    compared = filters.compared(span)
    assert compared == Span(date.fromisoformat(before_first), date.fromisoformat(before_last))
    assert compared.days == span.days


@given(
    period=st.sampled_from(PERIODS),
    first=st.dates(date(2020, 1, 1), date(2026, 1, 1)),
    length=st.integers(0, 400),
    teams=st.lists(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), unique=True, max_size=3),
    verified=st.sampled_from([None, "verified", "not_verified"]),
    hour=st.none() | st.integers(0, 167),
    now=st.booleans(),
)
def test_what_is_chosen_comes_back_from_the_address_as_it_was(
    period: str, first: date, length: int, teams: list[str], verified: str | None, hour: int | None, now: bool
) -> None:
    custom = period == CUSTOM
    filters = Filters(
        period,
        first if custom else None,
        first + timedelta(days=length) if custom else None,
        teams=tuple(teams),
        verified=verified,
        hour=hour,
        groups_now=now,
    )
    assert Filters.of(filters.query(ZONE), ZONE) == filters


def test_an_address_that_says_nonsense_shows_the_default(open_page: Open) -> None:
    wrong = {
        "period": "Forever",
        "compare": "x",
        "from": "yesterday",
        "as_of": "soon",
        "hour": "999",
        "verified": "?",
    }
    assert Filters.of(wrong, ZONE) == Filters()
    app = open_page("dashboard", **wrong)
    assert not app.exception
    assert app.segmented_control(key="filter-period").value == FOUR_WEEKS


def test_a_tree_of_teams_is_listed_each_below_its_parent_and_without_a_loss() -> None:
    rows = [("b", "Beta", "a"), ("a", "Alpha", None), ("c", "Gamma", "missing"), ("d", "delta", "a")]
    assert [(one.name, one.depth) for one in tree(rows)] == [
        ("Alpha", 0),
        ("Beta", 1),
        ("delta", 1),
        ("Gamma", 0),
    ]


def test_what_an_answer_was_kept_for_is_one_person_and_one_state_of_the_numbers(
    served: None, store: Store
) -> None:
    span = Span(*four_weeks())
    with on_behalf_of(ADMIN):
        everything = numbers.values(Filters(), span, ("doors",))["doors"].value
        assert identity.current().scope.teams is None
    with on_behalf_of(MANAGER):
        mine = numbers.values(Filters(), span, ("doors",))["doors"].value
        assert set(numbers.by(Filters(), span, ("doors",), "team")["doors"]) == {RIDGE}
    assert everything is not None
    assert mine is not None
    assert mine < everything
    with on_behalf_of(Visitor(role="analyst")):
        both = numbers.values(Filters(teams=(WEST,)), span, ("doors",))["doors"].value
    assert both == everything
