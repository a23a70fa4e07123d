"""Explore: tables that open as they were shared, filters by name, paging at both ends, SQL, saved queries, files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from console import services
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import explore
from console.readers.explore import Asked, Filter, QueryRefusedError, Table
from data import config, publishing
from data.store import Store
from tests.console.conftest import Open, texts
from tests.console.region import ALMA, CIRO, MINA, ZONE, Region

ADMIN, ANALYST = Visitor(role="admin"), Visitor(role="analyst")
MANAGER = Visitor(role="manager", user_id=MINA)  # leads Ridge: Alma and Bela


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


@pytest.fixture
def hidden(store: Store) -> Iterator[None]:
    """The addresses of records are hidden from analysts for as long as this lasts."""
    _publish(store, {"masks": {"analyst": ["spotio.record.address"]}})
    yield
    _publish(store, {})


def _publish(store: Store, access: dict[str, Any]) -> None:
    publishing.publish(
        store,
        {"access": access},
        author="admin",
        note="",
        based_on=config.number(store),
        now=datetime.now(UTC),
    )


def rows(app: AppTest) -> list[dict[str, Any]]:
    """What the page's table shows."""
    found: list[dict[str, Any]] = app.dataframe[0].value.to_dict("records")
    return found


def query(app: AppTest) -> dict[str, Any]:
    return dict(app.query_params)


def table(name: str) -> Table:
    return next(one for one in explore.tables() if one.full_name == name)


@pytest.mark.requirement("CO-03")
def test_a_table_opens_with_words_for_its_columns_and_names_for_its_ids(open_page: Open) -> None:
    app = open_page("explore")
    assert not app.exception
    assert rows(app)[0]["stageId"] == "New"
    assert {row["ownerId"] for row in rows(app)} <= {"Alma Seger", "Bela Mercer", "Ciro Haas", "=1+1 Dara"}
    said = json.loads(app.dataframe[0].proto.columns)
    assert (said["ownerId"]["label"], said["stageId"]["label"]) == ("Owner", "Stage")
    assert "50 of" in texts(app)


def test_an_id_is_named_also_where_what_it_is_told_within_is_not_shown(open_page: Open) -> None:
    assert rows(open_page("explore", columns="stageId"))[0] == {"stageId": "New"}
    moved = open_page(
        "explore", table="spotio.activity", where="type~in~transition", columns="fromStageId|toStageId"
    )
    assert rows(moved)[0] == {"fromStageId": "New", "toStageId": "Sold"}
    event = open_page(
        "explore", table="history.event", where="kind~in~stage_moved", columns="to_stage_id|kind"
    )
    assert rows(event)[0] == {"to_stage_id": "Sold", "kind": "Stage moved"}


def test_an_activity_tells_what_was_done_and_with_whom(open_page: Open, store: Store) -> None:
    app = open_page(
        "explore", table="spotio.activity", columns="activityTemplateId|resultId|dataObjectId|done"
    )
    shown = {(row["activityTemplateId"], row["resultId"], row["done"]) for row in rows(app)}
    assert ("Visit", "Not home", "yes") in shown
    assert all(row["dataObjectId"].startswith("Household r-") for row in rows(app))


@pytest.mark.requirement("CO-03")
def test_a_link_opens_exactly_what_was_seen(open_page: Open) -> None:
    app = open_page(
        "explore",
        table="spotio.record",
        where=[f"ownerId~in~{ALMA}", "stageId~in~10:1"],
        columns="name|ownerId|stageId|territoryId",
        sort="name",
        order="up",
    )
    names = [row["name"] for row in rows(app)]
    assert names == sorted(names)
    assert {row["ownerId"] for row in rows(app)} == {"Alma Seger"}
    assert list(rows(app)[0]) == ["name", "ownerId", "stageId", "territoryId"]
    assert "Owner is one of “Alma Seger”" in texts(app)
    assert "Stage is one of “Lead: New”" in texts(app).replace("\\", "")
    app.button(key="page-next").click().run()
    place = query(app)
    again = open_page("explore", **place)
    assert rows(again) == rows(app)
    assert rows(again)[0]["name"] > names[-1]


@pytest.mark.requirement("CO-03")
def test_pages_follow_each_other_to_the_end_and_back_without_a_gap(open_page: Open, store: Store) -> None:
    app = open_page("explore", columns="id", sort="id", order="up")
    first = [row["id"] for row in rows(app)]
    assert app.button(key="page-previous").disabled
    assert app.button(key="page-first").disabled
    seen = list(first)
    while not app.button(key="page-next").disabled:
        app.button(key="page-next").click().run()
        seen += [row["id"] for row in rows(app)]
    everything = [row["id"] for row in store.rows("select id from spotio.record order by id")]
    assert seen == everything
    assert not app.button(key="page-previous").disabled
    while not app.button(key="page-previous").disabled:
        app.button(key="page-previous").click().run()
    assert [row["id"] for row in rows(app)] == first
    app.button(key="page-next").click().run()
    app.button(key="page-first").click().run()
    assert [row["id"] for row in rows(app)] == first
    assert app.button(key="page-first").disabled


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("sort", ["name", "updatedAt", "value", "territoryId"])
@pytest.mark.parametrize("descending", [True, False])
def test_paging_keeps_rows_that_are_equal_or_empty_in_what_it_is_sorted_by(
    sort: str, descending: bool
) -> None:
    with on_behalf_of(ADMIN):
        records = table("spotio.record")
        asked = Asked(columns=("id",), sort=sort, descending=descending, limit=37)
        seen: list[str] = []
        page = explore.page(records, asked)
        while True:
            seen += page.rows["id"].to_list()
            if not page.later or page.edges is None:
                break
            page = explore.page(records, Asked(**{**asked.__dict__, "after": page.edges[1]}))
        assert len(seen) == len(set(seen)) == explore.all_rows(records, Asked()).height
        assert seen == explore.all_rows(records, asked)["id"].to_list()


def test_a_place_whose_rows_are_gone_leads_to_the_first_page(open_page: Open) -> None:
    app = open_page("explore", columns="id", sort="id", order="up", after='["zzz","zzz"]')
    assert rows(app)[0]["id"] == "r-0"


def test_a_filter_that_nothing_passes_says_so_and_can_be_taken_away(open_page: Open) -> None:
    app = open_page("explore", where="name~contains~nobody is called so")
    assert "No row matches" in texts(app)
    app.button(key="clear-filters").click().run()
    assert len(rows(app)) == 50
    assert "where" not in query(app)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("value~greater~a lot", "is no number"),
        ("updatedAt~less~yesterday", "is no day or moment"),
        ("nonsense~equals~1", "no column nonsense"),
        ("value~between~1", "needs two values"),
    ],
)
def test_a_filter_that_does_not_fit_is_told_in_words_and_leaves_the_others(
    open_page: Open, where: str, said: str
) -> None:
    app = open_page("explore", where=["name~contains~household", where], sort="name")
    assert said in texts(app)
    assert not app.exception
    app.button(key="leave-out-0").click().run()
    assert query(app) == {"where": "name~contains~household", "sort": "name"}
    assert len(rows(app)) == 50


@pytest.mark.parametrize(
    ("link", "left"),
    [
        ({"sort": "nonsense"}, "50 of"),
        ({"columns": "nonsense|name"}, "50 of"),
        ({"columns": "nonsense"}, "50 of"),
        ({"after": '["x","y"]'}, "50 of"),
        ({"after": "[1,2,3]"}, "50 of"),
        ({"before": "{"}, "50 of"),
        ({"order": "sideways", "tab": "Nonsense"}, "50 of"),
        ({"as_of": "yesterday"}, "“yesterday”, which is no moment of the past"),
        ({"as_of": "2999-01-01T00:00"}, "which is no moment of the past"),
        ({"as_of": "0001-01-01T00:00"}, "which is no moment of the past"),
    ],
)
def test_a_mistake_in_the_address_costs_no_filter(open_page: Open, link: dict[str, str], left: str) -> None:
    app = open_page("explore", where=f"ownerId~in~{ALMA}", **link)
    assert not app.exception
    assert not app.error
    assert left in texts(app).replace("\\", "")
    assert {row["ownerId"] for row in rows(app) if "ownerId" in row} <= {"Alma Seger"}
    assert "where Owner is one of “Alma Seger”" in texts(app)


def test_a_filter_of_a_link_that_cannot_be_read_is_said_to_be_left_out(open_page: Open) -> None:
    app = open_page("explore", where=["name~sounds like~Ann", f"ownerId~in~{ALMA}"])
    assert "cannot be read and is left out: “name~sounds like~Ann”" in texts(app).replace("\\", "")
    assert {row["ownerId"] for row in rows(app)} == {"Alma Seger"}


def test_a_moment_with_an_offset_of_its_own_is_that_moment(open_page: Open) -> None:
    app = open_page("explore", as_of="2020-01-01T12:00:30+00:00")
    assert "This is how it was on 1 Jan 2020, 05:00" in texts(app)


def test_a_press_adds_to_the_filters_that_stand_when_it_comes(open_page: Open) -> None:
    """Two quick edits: the second press was drawn before the first one's filter."""
    app = open_page("explore")
    add(app, "value", "greater", "10", meanwhile="name~contains~household")
    assert query(app)["where"] == ["name~contains~household", "value~greater~10"]
    add(app, "value", "greater", "10")
    assert len(query(app)["where"]) == 2, "the same filter twice is one"
    add(app, "value", "less", "a lot")
    assert len(query(app)["where"]) == 2
    assert "“a lot” is no number for Value" in texts(app)


def add(app: AppTest, column: str, how: str, value: str, meanwhile: str | None = None) -> None:
    """Fill in the filters' menu and press its button; `meanwhile` is a filter that came after it was drawn."""
    app.session_state["filters"] = True
    app.run()
    app.selectbox(key="filter-column").set_value(column).run()
    app.selectbox(key="filter-how").set_value(how).run()
    app.text_input(key=f"filter-spotio.record-{column}-{how}").set_value(value)
    if meanwhile:
        app.query_params["where"] = meanwhile
    app.button(key="add-filter").click().run()


def test_what_is_typed_into_the_editor_is_there_after_a_reload(open_page: Open, served: None) -> None:
    app = open_page("explore", role="analyst", tab="SQL")
    app.text_area(key="sql").set_value("select 1 as one").run()
    again = open_page("explore", role="analyst", tab="SQL")
    assert again.text_area(key="sql").value == "select 1 as one"
    assert (
        open_page("explore", role="manager", user_id=MINA, tab="SQL").text_area(key="sql").value
        != "select 1 as one"
    )
    with on_behalf_of(ANALYST):
        saved = services.save_query("Two", "select 2 as two", shared=False)
    opened = open_page("explore", role="analyst", tab="SQL", query=saved.id)
    assert opened.text_area(key="sql").value == "select 2 as two"
    opened.text_area(key="sql").set_value("select 2 as two, 3 as three").run()
    reloaded = open_page("explore", role="analyst", tab="SQL", query=saved.id)
    assert reloaded.text_area(key="sql").value == "select 2 as two, 3 as three"
    with on_behalf_of(ANALYST):
        services.delete_query(saved.id)


def test_an_answer_says_when_it_is_one_to_what_was_asked_before(open_page: Open) -> None:
    app = open_page("explore", tab="SQL")
    app.text_area(key="sql").set_value("select 1 as one").run()
    app.button(key="run-sql").click().run()
    assert "what was run last" not in texts(app)
    app.text_area(key="sql").set_value("select 2 as two").run()
    assert "The answer to what was run last" in texts(app)


@pytest.mark.usefixtures("served")
def test_a_day_means_the_day_of_the_companys_zone(store: Store) -> None:
    with on_behalf_of(ADMIN):
        activities = table("spotio.activity")
        day = store.rows(
            f"select timezone('{ZONE}', date)::date as day, count(*) as n from spotio.activity"
            " where _deleted_at is null group by 1 order by 2 desc limit 1"
        )[0]
        for how, expected in (("equals", "="), ("less", "<"), ("greater", ">")):
            plain = store.rows(
                f"select count(*) as n from spotio.activity where timezone('{ZONE}', date)::date {expected} $day",
                {"day": day["day"]},
            )[0]["n"]
            asked = Asked(filters=(Filter("date", how, (day["day"].isoformat(),)),), zone=ZONE)
            assert explore.counted(activities, asked) == plain


@pytest.mark.usefixtures("served")
def test_choices_are_names_within_the_readers_scope() -> None:
    with on_behalf_of(ADMIN):
        records, activities = table("spotio.record"), table("spotio.activity")
        assert set((explore.choices(records, "ownerId") or {}).values()) >= {"Alma Seger", "Ciro Haas"}
        assert explore.choices(records, "stageId") == {"10:1": "Lead: New", "10:3": "Lead: Sold"}
        assert (explore.choices(activities, "resultId") or {})["1:1"] == "Visit: Not home"
        assert explore.choices(records, "name") is None
    with on_behalf_of(MANAGER):
        assert ALMA in (explore.choices(records, "ownerId") or {})
        assert CIRO not in (explore.choices(records, "ownerId") or {})


@pytest.mark.requirement("CO-19")
def test_a_manager_finds_only_what_their_teams_hold(open_page: Open, store: Store) -> None:
    app = open_page("explore", role="manager", user_id=MINA, columns="name|ownerId", sort="id")
    assert {row["ownerId"] for row in rows(app)} <= {"Alma Seger", "Bela Mercer", "Mina Ortega"}
    assert "Ridge" in texts(app)
    for link in ({"where": f"ownerId~in~{CIRO}"}, {"where": f"ownerId~not_equals~{ALMA}"}):
        other = open_page("explore", role="manager", user_id=MINA, columns="ownerId", **link)
        shown = other.dataframe[0].value["ownerId"].tolist() if other.dataframe else []
        assert "Ciro Haas" not in shown
    refused = open_page("explore", role="manager", user_id=MINA, table="sync.run")
    assert "There is no table sync.run that you can see" in texts(refused).replace("\\", "")


@pytest.mark.requirement("CO-19")
@pytest.mark.usefixtures("hidden")
def test_a_hidden_column_is_nowhere_for_the_role_it_is_hidden_from(open_page: Open) -> None:
    analyst = open_page("explore", role="analyst")
    assert "address" not in rows(analyst)[0]
    assert "Fern Ave" not in str(rows(analyst))
    asked = open_page("explore", role="analyst", columns="name|address", where="address~contains~Fern")
    assert "no column address" in texts(asked)
    found = open_page("explore", role="analyst", q="Fern Ave")
    assert "No row matches" in texts(found)
    sql = open_page("explore", role="analyst", tab="SQL")
    sql.text_area(key="sql").set_value("select address from spotio.record").run()
    sql.button(key="run-sql").click().run()
    assert " rows" in texts(sql)
    assert all("Fern Ave" not in frame.value.to_string() for frame in sql.dataframe)
    with on_behalf_of(ANALYST):
        assert "address" not in explore.all_rows(table("spotio.record"), Asked()).columns
    assert "Fern Ave" in str(rows(open_page("explore")))


def test_a_rep_has_no_tables(open_page: Open, served: None) -> None:
    assert "Explore is for" in texts(open_page("explore", role="rep", user_id=ALMA))
    with on_behalf_of(Visitor(role="rep", user_id=ALMA)):
        for read in (explore.tables, explore.saved_queries):
            with pytest.raises(NotYoursError):
                read()
        with pytest.raises(NotYoursError):
            explore.run_sql("select 1")


@pytest.mark.requirement("CO-03")
def test_a_statement_is_run_and_its_text_stays_also_when_it_is_refused(open_page: Open, store: Store) -> None:
    app = open_page("explore", tab="SQL")
    counting = "select ownerId, count(*) as n from spotio.record group by all order by n desc"
    app.text_area(key="sql").set_value(counting).run()
    app.button(key="run-sql").click().run()
    plain = store.rows(counting)
    assert "4 rows" in texts(app)
    answers = [frame.value for frame in app.dataframe if "n" in frame.value.columns]
    assert answers[0]["n"].tolist() == [row["n"] for row in plain]
    for statement, said in (
        ("delete from spotio.record", "Only SELECT can be run here; nothing was changed"),
        ("select nam from spotio.record", "has a column nam"),
        ("select * from config.saved_query", "cannot be read from here"),
    ):
        app.text_area(key="sql").set_value(statement).run()
        app.button(key="run-sql").click().run()
        assert said in texts(app).replace("\\", "").replace("_query", "")
        assert app.text_area(key="sql").value == statement
    app.switch_page("views/overview.py").run()
    app.query_params["tab"] = "SQL"
    app.switch_page("views/explore.py").run()
    assert app.text_area(key="sql").value == "select * from config.saved_query"


@pytest.mark.requirement("CO-19")
def test_sql_of_a_manager_reads_their_teams_alone(open_page: Open) -> None:
    app = open_page("explore", role="manager", user_id=MINA, tab="SQL")
    app.text_area(key="sql").set_value("select distinct ownerId as who from spotio.record").run()
    app.button(key="run-sql").click().run()
    (answer,) = [frame.value for frame in app.dataframe if "who" in frame.value.columns]
    assert CIRO not in answer["who"].tolist()
    assert ALMA in answer["who"].tolist()


@pytest.mark.requirement("CO-03")
@pytest.mark.usefixtures("served")
def test_a_shared_query_runs_within_the_scope_of_who_runs_it_and_is_its_owners_to_change(
    store: Store,
) -> None:
    with on_behalf_of(ANALYST):
        own = services.save_query("Owners", "select distinct ownerId as who from spotio.record", shared=False)
    with on_behalf_of(MANAGER):
        assert own.id not in {query.id for query in explore.saved_queries()}
        with pytest.raises(QueryRefusedError):
            explore.saved_query(own.id)
    with on_behalf_of(ANALYST):
        again = services.save_query("Who owns", own.sql, shared=True, id=own.id)
        assert (again.version, again.name) == (2, "Who owns")
        everybody = set(explore.run_sql(own.sql)["who"])
    with on_behalf_of(MANAGER):
        shared = explore.saved_query(own.id)
        assert set(explore.run_sql(shared.sql)["who"]) < everybody
        with pytest.raises(QueryRefusedError, match="Save it under a name of your own"):
            services.save_query("Mine now", shared.sql, shared=False, id=own.id)
        with pytest.raises(QueryRefusedError, match="only they or an admin"):
            services.delete_query(own.id)
        copy = services.save_query("Who owns", shared.sql, shared=False)
        services.delete_query(copy.id)
    with on_behalf_of(ADMIN):
        services.delete_query(own.id)
        assert own.id not in {query.id for query in explore.saved_queries()}


def test_a_link_to_a_shared_query_opens_it(open_page: Open, served: None) -> None:
    with on_behalf_of(ANALYST):
        query = services.save_query("Stages", "select distinct stageId from spotio.record", shared=True)
    app = open_page("explore", role="manager", user_id=MINA, tab="SQL", query=query.id)
    assert app.text_area(key="sql").value == query.sql
    with on_behalf_of(ANALYST):
        services.delete_query(query.id)
    app = open_page("explore", role="manager", user_id=MINA, tab="SQL", query=query.id)
    assert "no such saved query" in texts(app)


def test_saved_queries_are_listed_opened_shared_and_taken_away(open_page: Open, served: None) -> None:
    with on_behalf_of(ADMIN):
        query = services.save_query("Doors", "select count(*) from spotio.activity", shared=False)
    app = open_page("explore", tab="Saved")
    assert "**Doors**" in texts(app)
    app.button(key=f"share-{query.id}").click().run()
    other = open_page("explore", role="analyst", tab="Saved")
    assert "By admin at this machine · shared" in texts(other)
    assert f"share-{query.id}" not in {button.key for button in other.button}
    app.button(key=f"open-{query.id}").click().run()
    assert app.text_area(key="sql").value == query.sql
    with on_behalf_of(ADMIN):
        services.delete_query(query.id)


@pytest.mark.requirement("CO-03")
@pytest.mark.usefixtures("served")
def test_files_hold_all_rows_within_the_scope_and_say_who_took_them(store: Store) -> None:
    with on_behalf_of(MANAGER):
        found = explore.all_rows(table("spotio.record"), Asked(columns=("id", "ownerId")))
        csv = services.rows_as("csv", found, {"page": "Explore", "table": "spotio.record"})
        parquet = services.rows_as("parquet", found, {"page": "Explore", "table": "spotio.record"})
    read = pl.read_parquet(io.BytesIO(parquet))
    assert read.height == found.height > 50
    assert CIRO not in read["ownerId"]
    assert pl.read_csv(csv).height == found.height
    lines = store.rows(
        "select person, text from config.audit where what = 'export' order by happened_at desc limit 2"
    )
    assert len(lines) == 2
    assert all("Mina" in line["person"] and "spotio.record" in line["text"] for line in lines)


def test_what_a_file_cannot_hold_is_said_before_it_is_asked_for(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("explore", tab="SQL")
    app.text_area(key="sql").set_value("select repeat('x', 40000) as note").run()
    app.button(key="run-sql").click().run()
    assert "No XLSX: A cell of an XLSX file holds 32,767 characters" in texts(app).replace("\\", "")
    monkeypatch.setattr(explore, "EXPORTED_MAX", 20)
    large = open_page("explore")
    large.session_state["export"] = True
    large.run()
    assert "is more than one file holds" in texts(large)
    wrong = open_page("explore", where="value~greater~a lot")
    wrong.session_state["export"] = True
    wrong.run()
    assert "there is nothing to take away" in texts(wrong)


@pytest.mark.requirement("CO-09")
def test_a_table_can_be_seen_as_it_was(open_page: Open) -> None:
    app = open_page("explore", as_of="2020-01-01T12:00")
    assert "This is how it was on 1 Jan 2020, 12:00" in texts(app)
    assert "no rows" in texts(app)
    app.button(key="back-to-now").click().run()
    assert len(rows(app)) == 50
    assert "as_of" not in query(app)
