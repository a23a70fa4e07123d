"""Log: the list of runs, its filters and pages, one run with its tables and problems, and the links into it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from console import readers
from console.identity import Visitor, on_behalf_of
from tests.console.conftest import Open, texts
from tests.console.seed import Seed, ago, company


def listed(app: object) -> list[str]:
    """The ids of the runs in the list."""
    return list(app.dataframe[0].value["run"])  # type: ignore[attr-defined]


def three_outcomes(seed: Seed) -> None:
    seed.run(
        outcome="failed", started_at=ago(days=3), systems="salesforce", text="Salesforce did not answer."
    )
    seed.run(outcome="interrupted", started_at=ago(hours=5), systems="spotio", asked_by="console")
    seed.run(outcome="done", started_at=ago(hours=1))


def test_before_the_first_run_the_log_says_where_to_ask_for_one(open_page: Open) -> None:
    said = texts(open_page("log"))
    assert "No run yet" in said
    assert "Overview has the button" in said


def test_runs_stand_newest_first_with_the_sums_of_their_tables(open_page: Open, seed: Seed) -> None:
    three_outcomes(seed)
    seed.table("r-3", "spotio", "record", read=10, inserted=1, changed=2, deleted=3)
    seed.table("r-3", "salesforce", "lead", read=5, inserted=1)
    app = open_page("log")
    assert listed(app) == ["r-3", "r-2", "r-1"]
    newest = app.dataframe[0].value.iloc[0]
    assert [newest[name] for name in ("read", "inserted", "changed", "deleted")] == [15, 2, 2, 3]
    assert app.caption[0].value == "3 runs in the last 7 days · times in Denver"


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        pytest.param({"outcome": "Failed"}, ["r-1"], id="outcome"),
        pytest.param({"outcome": "Stopped"}, ["r-2"], id="stopped runs include interrupted ones"),
        pytest.param({"system": "SPOTIO"}, ["r-3", "r-2"], id="system"),
        pytest.param({"period": "24 hours"}, ["r-3", "r-2"], id="period"),
        pytest.param({"asked": "Console"}, ["r-2"], id="who asked"),
        pytest.param({"outcome": "Done", "system": "SPOTIO", "period": "30 days"}, ["r-3"], id="all three"),
        pytest.param(
            {"outcome": "Nonsense", "before": "x"}, ["r-3", "r-2", "r-1"], id="unknown values are ignored"
        ),
    ],
)
def test_a_link_opens_the_list_as_narrowed_as_it_was_shared(
    open_page: Open, seed: Seed, query: dict[str, str], runs: list[str]
) -> None:
    three_outcomes(seed)
    assert listed(open_page("log", **query)) == runs


def test_filters_that_match_nothing_are_named_and_can_be_cleared(open_page: Open, seed: Seed) -> None:
    three_outcomes(seed)
    app = open_page("log")
    app.segmented_control(key="outcome").set_value("Failed").run()
    app.selectbox(key="system").set_value("SPOTIO").run()
    assert "No runs match “Failed” and “SPOTIO” in the last 7 days" in texts(app)
    assert "Without the filters there are 3 runs." in texts(app)

    app.button(key="clear-filters").click().run()
    assert listed(app) == ["r-3", "r-2", "r-1"]


def test_a_long_log_is_leafed_through_by_key_and_each_run_is_met_once(open_page: Open, seed: Seed) -> None:
    for number in range(120):
        seed.run(started_at=ago(minutes=200 - number))
    app = open_page("log")
    assert "1–50 of 120" in texts(app)
    assert app.button(key="newer").disabled
    seen = listed(app)
    app.button(key="older").click().run()
    # A run that comes in meanwhile moves nothing between the pages.
    seed.run(started_at=ago(seconds=1))
    seen += listed(app)
    app.button(key="older").click().run()
    seen += listed(app)
    assert seen == [f"r-{number}" for number in range(120, 0, -1)]
    assert app.button(key="older").disabled
    app.button(key="newer").click().run()
    assert listed(app) == seen[50:100]
    assert "52–101 of 121" in texts(app)


def test_a_link_to_a_run_opens_its_counts_its_failures_and_its_tables(open_page: Open, seed: Seed) -> None:
    company(seed)
    app = open_page("log", run="r-20")
    said = texts(app)
    assert "Run r-20" in said
    assert "read 1,160 · inserted 53 · changed 118 · deleted 0 · 33 calls · took 17.8 s" in said
    assert app.warning[0].proto.title == "1 of 14 tables failed"
    assert "**Salesforce opportunityfieldhistory**" in said
    assert "the field NewValue is not visible to this user." in said
    tables = app.dataframe[1].value
    assert tables["table"][0] == "opportunityfieldhistory"
    assert len(tables) == 14


def test_the_tables_of_a_run_compare_the_count_of_the_source_with_the_mirror(
    open_page: Open, seed: Seed
) -> None:
    run = seed.run()
    seed.table(run, "salesforce", "account", source=7, mirror=7)
    seed.table(run, "salesforce", "lead", source=1_204, mirror=1_202)
    seed.table(run, "salesforce", "task", source=5, mirror=6)
    seed.table(run, "salesscreen", "record", mirror=40)
    tables = open_page("log", run=run).dataframe[1].value.set_index("table")
    assert tables["difference"].map(list).to_dict() == {
        "account": ["Equal"],
        "lead": ["2 fewer"],
        "task": ["1 more"],
        "record": [],
    }


def test_the_problems_a_run_met_stand_with_their_advice(open_page: Open, seed: Seed) -> None:
    run = seed.run()
    seed.table(run, "salesforce", "lead")
    seed.problem(
        "salesforce",
        "long",
        "A value is too long.",
        advice="Shorten it.",
        table="lead",
        record="00Q1",
        run=run,
        times=3,
    )
    said = texts(open_page("log", run=run))
    assert "**Salesforce lead 00Q1 · met 3 times**" in said
    assert "A value is too long. Shorten it." in said


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("window", "what changed since the run before"),
        ("first_load", "the first load of what was not mirrored yet"),
        ("named", "only the records that webhooks named"),
    ],
)
def test_a_run_says_what_it_was_to_read(open_page: Open, seed: Seed, mode: str, words: str) -> None:
    run = seed.run(systems="spotio")
    seed.table(run, "spotio", "record", mode=mode)
    assert words in texts(open_page("log", run=run))


def test_a_problem_that_was_settled_since_is_said_to_be(open_page: Open, seed: Seed) -> None:
    run = seed.run()
    seed.problem(
        "spotio", "counts", "The counts differ.", table="activity", run=run, resolved_at=ago(minutes=1)
    )
    assert ":green[:material/check_circle:] **SPOTIO activity · settled since**" in texts(
        open_page("log", run=run)
    )


def test_a_failed_table_is_told_once_though_it_is_a_problem_too(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="partial")
    seed.table(run, "salesforce", "task", outcome="failed", text="Not visible. Give the user access.")
    seed.problem(
        "salesforce", "refused", "Not visible.", advice="Give the user access.", table="task", run=run
    )
    said = texts(open_page("log", run=run))
    assert said.count("Not visible.") == 1
    assert "Not visible. Give the user access." in said


def test_a_run_that_failed_says_why_and_one_that_was_interrupted_says_what_was_kept(
    open_page: Open, seed: Seed
) -> None:
    three_outcomes(seed)
    assert open_page("log", run="r-1").error[0].value == "Salesforce did not answer."
    interrupted = open_page("log", run="r-2")
    assert "the next run goes on from there" in interrupted.warning[0].value
    assert "The run ended before it had begun a table." in texts(interrupted)


def test_a_run_that_does_not_exist_is_said_so_and_can_be_closed(open_page: Open, seed: Seed) -> None:
    three_outcomes(seed)
    app = open_page("log", run="r-77*")
    assert "There is no run r\\-77\\*" in texts(app)
    app.button(key="close-run").click().run()
    assert "There is no run" not in texts(app)
    assert "run" not in app.query_params


def test_the_run_under_way_shows_its_progress(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="running", started_at=ago(seconds=20), systems="salesforce")
    seed.table(run, "salesforce", "lead", outcome="running", expected=200, read=50)
    assert "Reading Salesforce, lead: 50 of about 200 records" in texts(open_page("log"))


def test_the_export_holds_the_runs_that_the_filters_chose(open_page: Open, seed: Seed) -> None:
    three_outcomes(seed)
    open_page("log")
    chosen = readers.run_filter(("failed", "done"), "salesforce", timedelta(days=7))
    with on_behalf_of(Visitor(role="analyst")):
        rows = readers.all_runs(chosen)
    assert rows["id"].to_list() == ["r-3", "r-1"]
    assert rows["text"].to_list() == [None, "Salesforce did not answer."]
