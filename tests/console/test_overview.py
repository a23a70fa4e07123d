"""Overview: what it says of the systems, what it warns of, what it lists, and what its button does."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from data.store import Store
from sync.exports import export_by_schedule
from tests.console.conftest import Open, Runner, texts
from tests.console.seed import Seed, ago, company


def test_before_the_first_run_the_page_says_what_a_run_does_and_offers_it(
    open_page: Open, runner: Runner
) -> None:
    app = open_page(systems=("spotio", "salesforce"))
    assert "Nothing is mirrored yet" in texts(app)
    assert "reads SPOTIO and Salesforce into the mirror" in texts(app)
    assert "An admin connects it" in texts(app)

    app.button(key="run-now").click().run()
    assert runner.asked == ["console"]
    assert "A run was asked for and begins in a moment." in texts(app)


def test_without_any_connected_system_the_page_says_how_to_connect_one_and_offers_no_run(
    open_page: Open,
) -> None:
    app = open_page(systems=())
    assert "No system is connected" in texts(app)
    assert "fieldline doctor" in texts(app)
    assert not [button.key for button in app.button]


def test_a_run_that_is_waiting_already_is_not_asked_for_twice(
    open_page: Open, seed: Seed, runner: Runner
) -> None:
    company(seed, hours=6)
    runner.waiting = True
    app = open_page()
    app.button(key="run-now").click().run()
    assert runner.asked == []
    assert "A run is waiting to begin already; no second one was added." in texts(app)


def test_what_was_asked_for_is_no_longer_announced_once_the_run_has_begun(
    open_page: Open, seed: Seed
) -> None:
    company(seed, hours=6)
    app = open_page()
    app.button(key="run-now").click().run()
    assert "A run was asked for" in texts(app)
    seed.run(outcome="running", started_at=ago(seconds=-1), asked_by="console")
    app.run()
    assert "A run was asked for" not in texts(app)


def test_the_first_load_shows_how_far_it_is_and_what_is_still_to_come(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="running", started_at=ago(seconds=60))
    seed.table(run, "spotio", "record", mode="first_load", read=10_204, inserted=10_204)
    seed.table(run, "salesforce", "lead", outcome="running", mode="first_load", expected=51_900, read=31_400)
    app = open_page()
    assert "Reading Salesforce, lead: 31,400 of about 51,900 records, " in texts(app)
    assert "s left" in texts(app)
    assert "SPOTIO read: 10,204 records, 10,204 changes" in texts(app)
    assert ":gray[:material/schedule: SalesScreen]" in texts(app)
    assert ":blue-badge[:material/progress_activity: Reading]" in texts(app)


def test_a_table_of_unknown_length_is_counted_without_a_bar(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="running", started_at=ago(seconds=60), systems="spotio")
    seed.table(run, "spotio", "activity", outcome="running", mode="first_load", read=4_200)
    app = open_page()
    assert "Reading SPOTIO, activity: 4,200 records so far" in texts(app)
    assert len(app.progress) == 0


def test_a_short_run_over_a_full_mirror_does_not_push_the_page_down(open_page: Open, seed: Seed) -> None:
    company(seed, hours=6)
    run = seed.run(outcome="running", started_at=ago(seconds=1), systems="spotio")
    seed.table(run, "spotio", "record", outcome="running", read=12)
    assert "Reading SPOTIO" not in texts(open_page())


def test_each_card_tells_when_it_was_read_how_much_of_the_source_is_mirrored_and_the_calls_used(
    open_page: Open, seed: Seed
) -> None:
    company(seed)
    said = texts(open_page())
    assert "73,834 of 73,834 records" in said
    assert "46,746 of 46,748 records" in said
    assert "7 tables · 2 differ" in said
    assert "5 tables · counts equal · last webhook" in said
    assert "1.2 of 4 calls a second" in said
    assert "41,208 of 100,000 calls today" in said
    assert "24 of 200 calls a minute" in said


def test_a_system_without_a_known_limit_shows_our_own_calls(open_page: Open, seed: Seed) -> None:
    run = seed.run()
    seed.table(run, "spotio", "record", read=3)
    seed.api_use("spotio", run, calls=212)
    assert "212 calls of ours in 24 hours" in texts(open_page())


def test_a_system_that_cannot_be_read_is_a_banner_with_the_reason_and_the_age_of_its_numbers(
    open_page: Open, seed: Seed
) -> None:
    company(seed)
    run = seed.run(outcome="failed", started_at=ago(seconds=30), systems="salesforce")
    seed.problem(
        "salesforce", "sign_in", "The secret is not valid any more.", advice="Set the new one.", run=run
    )
    app = open_page()
    assert app.warning[0].proto.title == "Salesforce could not be read"
    assert app.warning[0].value.startswith(
        "The secret is not valid any more. Set the new one. Its numbers are as of "
    )
    assert "46,746 of 46,748 records" in texts(app)
    assert ":red-badge[:material/error: Failing]" in texts(app)

    app.button(key="show-run").click().run()
    assert app.title[0].value == "Log"
    assert app.query_params["run"] == run


def test_a_refused_sign_in_before_anything_was_read_says_that_nothing_is_mirrored(
    open_page: Open, seed: Seed
) -> None:
    run = seed.run(outcome="failed", systems="spotio")
    seed.problem("spotio", "sign_in", "SPOTIO refused the key.", run=run)
    app = open_page()
    assert app.warning[0].proto.title == "SPOTIO could not be read"
    assert "SPOTIO refused the key. Nothing of it is mirrored yet" in app.warning[0].value


def test_a_system_that_was_read_again_since_is_no_banner(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="failed", systems="spotio", started_at=ago(hours=1), text="SPOTIO did not answer.")
    seed.table(run, "spotio", "record", outcome="failed", text="SPOTIO did not answer.")
    seed.problem("spotio", "unreachable", "SPOTIO did not answer.", run=run, resolved_at=ago(minutes=4))
    seed.table(seed.run(systems="spotio"), "spotio", "record", read=2)
    app = open_page()
    assert not app.warning
    assert ":green-badge[:material/check_circle: Connected]" in texts(app)


def test_a_failed_run_stays_a_banner_when_another_system_is_read_after_it(
    open_page: Open, seed: Seed
) -> None:
    seed.run(
        outcome="failed",
        systems="salesforce",
        started_at=ago(minutes=9),
        text="A fault of ours ended the run.",
    )
    seed.table(seed.run(systems="spotio"), "spotio", "record", read=2)
    app = open_page()
    assert app.warning[0].proto.title == "Run r-1 failed"
    assert app.warning[0].value == "A fault of ours ended the run."


def test_two_systems_that_are_read_at_the_same_time_are_both_watched(open_page: Open, seed: Seed) -> None:
    first = seed.run(outcome="running", started_at=ago(seconds=20), systems="spotio")
    seed.table(first, "spotio", "record", outcome="running", mode="first_load", expected=100, read=40)
    second = seed.run(outcome="running", started_at=ago(seconds=19), systems="salesforce,salesscreen")
    seed.table(second, "salesforce", "lead", outcome="running", mode="first_load", expected=200, read=20)
    seed.table(second, "salesscreen", "record", mode="ledger")
    said = texts(open_page())
    assert "Reading SPOTIO, record: 40 of about 100 records" in said
    assert "Reading Salesforce, lead: 20 of about 200 records" in said
    assert "SalesScreen read: 0 records, 0 changes" in said


def test_salesscreen_is_shown_as_the_ledger_of_what_was_sent(open_page: Open, seed: Seed) -> None:
    company(seed)
    assert "**3,158 records** in the ledger of what was sent" in texts(open_page())


def test_one_table_that_fails_is_told_on_the_card_and_is_no_banner(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="partial", systems="salesforce")
    seed.table(run, "salesforce", "lead", read=5)
    seed.table(run, "salesforce", "task", outcome="failed", text="Not visible to this user.")
    app = open_page()
    assert not app.warning
    assert ":orange-badge[:material/warning: Part failing]" in texts(app)
    assert "1 failed" in texts(app)


@pytest.mark.parametrize(
    ("outcome", "title"),
    [
        pytest.param("failed", "Run r-2 failed", id="failed"),
        pytest.param("interrupted", "Run r-2 was interrupted", id="interrupted"),
    ],
)
def test_a_last_run_that_did_not_end_well_is_a_banner(
    open_page: Open, seed: Seed, outcome: str, title: str
) -> None:
    seed.table(seed.run(started_at=ago(hours=1), systems="spotio"), "spotio", "record", read=1)
    run = seed.run(outcome=outcome, systems="spotio", text="The disk is full.")
    seed.table(run, "spotio", "record", read=1)
    assert open_page().warning[0].proto.title == title


def test_a_mirror_whose_first_load_was_stopped_is_said_to_be_incomplete(open_page: Open, seed: Seed) -> None:
    run = seed.run(outcome="stopped", systems="spotio")
    seed.table(run, "spotio", "record", read=10)
    seed.table(run, "spotio", "activity", outcome="stopped", mode="first_load", expected=100, read=10)
    app = open_page()
    assert app.warning[0].proto.title == "The mirror of SPOTIO is not complete"
    assert ":orange-badge[:material/pause_circle: Unfinished]" in texts(app)


def test_many_records_with_one_cause_need_a_person_once_and_the_oldest_cause_stands_first(
    open_page: Open, seed: Seed
) -> None:
    company(seed)
    said = texts(open_page())
    assert said.index("**SPOTIO, table record**") < said.index("**Salesforce, 23 records**")
    assert "Shorten it in Salesforce; the next run reads it again." in said
    assert "**Salesforce changed Lead**" in said
    assert "And 1 more change." in said


def test_when_no_problem_is_open_nothing_waits(open_page: Open, seed: Seed) -> None:
    run = seed.run()
    seed.problem("spotio", "gone", "Solved since.", run=run, resolved_at=ago(minutes=1))
    assert "Nothing waits" in texts(open_page())


def test_words_of_a_foreign_system_cannot_format_the_page(open_page: Open, seed: Seed) -> None:
    run = seed.run()
    seed.problem(
        "salesforce", "odd", "Value **bold** [here](https://elsewhere.example) `x`", run=run, table="lead"
    )
    # The joiner, which nobody sees, keeps the address from becoming a link.
    shown = texts(open_page())
    assert "\u2060" in shown
    assert r"\*\*bold\*\* \[here\]\(https\://elsewhere.example\) \`x\`" in shown.replace("\u2060", "")


def test_tables_that_differ_from_their_source_are_listed_before_those_that_do_not(
    open_page: Open, seed: Seed
) -> None:
    company(seed)
    counts = next(table.value for table in open_page().dataframe if "difference" in table.value)
    assert counts["table"][0] == "Salesforce lead"
    assert counts["difference"][0] == ["2 fewer"]
    assert counts["difference"][1] == ["Equal"]


def test_runs_of_single_webhooks_do_not_crowd_out_the_others(open_page: Open, seed: Seed) -> None:
    seed.table(seed.run(started_at=ago(minutes=30)), "spotio", "record", read=77)
    for minute in range(20):
        seed.table(seed.run(started_at=ago(minutes=minute), asked_by="webhook"), "spotio", "record", read=1)
    runs = next(table.value for table in open_page().dataframe if "systems" in table.value)
    assert runs["read"].tolist() == [77]


def test_the_rows_of_each_hour_can_be_read_as_a_table(open_page: Open, seed: Seed) -> None:
    run = seed.run(started_at=ago(minutes=1), seconds=10)
    seed.table(run, "spotio", "record", read=40, inserted=1, changed=4, deleted=2)
    app = open_page()
    app.toggle(key="hourly-as-table").set_value(True).run()
    hours = app.dataframe[-1].value
    assert (hours["read"].tolist(), hours["changed"].tolist()) == ([40], [7])


def test_a_fault_becomes_a_sentence_with_the_reference_that_the_log_bears(
    open_page: Open, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with store.write() as cursor:
        cursor.execute("drop table sync.problem")
        cursor.execute(
            "insert into sync.run (number, id, outcome, started_at) values (1, 'r-1', 'done', now())"
        )
    with caplog.at_level(logging.ERROR):
        app = open_page()
    assert not app.exception
    assert app.error[0].proto.title == "Could not load the overview"
    assert "Nothing was changed." in app.error[0].value
    reference = app.error[0].value.split("Reference ")[1].rstrip(".")
    assert reference in caplog.text


def test_a_page_without_the_server_around_it_says_how_to_start_it(open_page: Open) -> None:
    from streamlit.testing.v1 import AppTest

    from console.context import set_context
    from tests.console.conftest import APP

    set_context(None)
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    assert app.error[0].proto.title == "Fieldline is not running here"
    assert "fieldline up" in app.error[0].value


@pytest.mark.requirement("CO-18")
def test_a_daily_export_that_was_not_written_needs_a_person_until_one_is(
    open_page: Open, seed: Seed, tmp_path: Path
) -> None:
    seed.run()
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "holiday.txt").write_text("not ours")
    for _ in range(2):
        export_by_schedule(seed.store, folder)
    said = texts(open_page()).replace("\\", "")
    assert "Fieldline, daily export" in said
    assert f"The folder {folder} holds something that is no export of Fieldline; nothing was written." in said
    assert "the command fieldline export writes it anew at once" in said
    export_by_schedule(seed.store, tmp_path / "another")
    assert "daily export" in texts(open_page()), "another folder is another export"
    (folder / "holiday.txt").unlink()
    export_by_schedule(seed.store, folder)
    assert "Nothing waits" in texts(open_page())


def test_an_export_that_ends_with_a_fault_of_ours_is_told_too(
    open_page: Open, seed: Seed, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seed.run()
    with seed.store.write() as cursor:
        cursor.execute(
            "alter table history.event drop column due_day"
        )  # as a store that somebody changed by hand
    export_by_schedule(seed.store, tmp_path / "facts")
    assert "ended with a fault of its own" in texts(open_page())
    assert "due_day" in caplog.text
