"""What two-way syncs are known to stumble over, and what an admin does by hand: an office of its own, runs shared.

The first four are what Heroku Connect's documentation warns of: updates that come while one is under way, rows that revive
or come again after a deletion, and automation that rewrites what was just written.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, FIRST, LAST, NAME, PHONE, Office, Pair, Sync, mapped


@dataclass
class Trouble:
    """The office, each story's pair, and what its runs reported."""

    office: Office
    pairs: dict[str, Pair] = field(default_factory=dict)
    reports: list[Any] = field(default_factory=list)
    again: str = ""  # the record that was entered anew
    told_again: Any = None  # what `why` said of it
    matches: list[Any] = field(default_factory=list)  # the cases that waited for a word

    def companies(self, story: str) -> tuple[str, str]:
        """(SPOTIO's, Salesforce's) company of a story's pair."""
        pair = self.pairs[story]
        return self.office.record(pair.spotio)[COMPANY], self.office.lead(pair.salesforce)["Company"]


def configured(sync: Sync) -> None:
    sync["outbound"]["on"] = True
    mapped(sync, "Company")["conflict"] = "ask"


@pytest.fixture(scope="module")
def trouble(open_office: Opener) -> Trouble:
    office = open_office()
    trouble = Trouble(office)
    office.publish(configured)
    office.turn_on(outbound=True)
    office.sync("--no-pull")
    free = [pair for pair in office.pairs() if pair.born == "matched"]
    for story in (
        "rapid",
        "upper",
        "phone",
        "again",
        "paused",
        "chosen",
        "apart",
        "excluded",
        "planned",
        "moved",
    ):
        trouble.pairs[story] = free.pop(0)
    office.act(
        "add_field_update", object="Lead", name="Upper", field="Company", case="upper",
        condition="Company LIKE 'Auto%'",
    )  # fmt: skip
    office.act(
        "add_field_update", object="Lead", name="Phones", field="Phone", case="phone",
        condition="Phone LIKE '303555%'",
    )  # fmt: skip
    spotio = office.spotio
    spotio.set_field(trouble.pairs["rapid"].spotio, COMPANY, "First")
    spotio.set_field(trouble.pairs["upper"].spotio, COMPANY, "Auto Works")
    spotio.set_field(trouble.pairs["phone"].spotio, PHONE, "3035557100")
    lost = trouble.pairs["again"].spotio
    kept = office.record(lost)
    office.delete_record(lost)
    trouble.again = office.new_record(
        {name: kept[name] for name in (FIRST, LAST, PHONE, "100006") if kept.get(name)}
    )
    trouble.reports.append(_with_an_edit_under_way(trouble))
    trouble.reports.append(office.sync())
    trouble.reports.append(office.sync())
    trouble.told_again = office.why(f"spotio:{trouble.again}")
    trouble.matches = office.run("conflicts", "--matches")["matches"]
    return trouble


def _with_an_edit_under_way(trouble: Trouble) -> Any:
    """A run during whose write to Salesforce somebody edits the same field in SPOTIO again."""
    office, pair = trouble.office, trouble.pairs["rapid"]
    fault = {
        "match": {"method": "PATCH", "path": "/services/data/v62.0/composite/sobjects"},
        "action": "delay", "seconds": 1.0, "times": 1,
    }  # fmt: skip
    httpx.post(f"{office.sandbox.urls[0]}/__sandbox__/faults", json=[fault]).raise_for_status()
    done = threading.Event()

    def edit() -> None:
        while not done.is_set():
            if not httpx.get(f"{office.sandbox.urls[0]}/__sandbox__/faults").json():
                office.spotio.set_field(pair.spotio, COMPANY, "Second")
                return
            done.wait(0.02)

    person = threading.Thread(target=edit)
    person.start()
    try:
        return office.sync()
    finally:
        done.set()
        person.join()


@pytest.mark.requirement("SF-24")
@pytest.mark.rule("F-09")
def test_an_edit_while_a_write_is_under_way_is_carried_on_and_never_flips_back(trouble: Trouble) -> None:
    assert trouble.companies("rapid") == ("Second", "Second")


@pytest.mark.requirement("SF-19")
@pytest.mark.rule("F-06")
def test_what_automation_rewrites_flows_back_once_and_rests(trouble: Trouble) -> None:
    assert trouble.companies("upper") == ("AUTO WORKS", "AUTO WORKS")
    [[reason]] = trouble.office.rows(
        f"select reason from sync.agreed where link = '{trouble.pairs['upper'].link}' and field = '{COMPANY}~lead.Company'"
    )
    assert reason == "automation"


@pytest.mark.rule("F-01", "F-06")
def test_another_format_of_what_was_written_is_adopted_and_not_written_back(trouble: Trouble) -> None:
    pair = trouble.pairs["phone"]
    assert trouble.office.lead(pair.salesforce)["Phone"] == "(303) 555-7100"
    assert trouble.office.record(pair.spotio)[PHONE] == "3035557100"
    assert trouble.office.why(f"spotio:{pair.spotio}")["outcome"] == "in_step"


@pytest.mark.requirement("SF-23", "SF-27")
@pytest.mark.rule("C-04", "L-02")
def test_a_record_entered_again_after_a_deletion_makes_no_second_lead_and_waits_for_a_word(
    trouble: Trouble,
) -> None:
    office, pair = trouble.office, trouble.pairs["again"]
    assert trouble.told_again["outcome"] == "undecided"
    assert "belongs to a link already" in trouble.told_again["text"]
    [case] = [each for each in trouble.matches if trouble.again in each["spotio_ids"]]
    assert case["salesforce_ids"] == [pair.salesforce]
    leads = [lead for lead in office.state()[0]["Lead"] if lead["SPOTIO_Id__c"] == trouble.again]
    assert leads == []
    assert office.lead(pair.salesforce)["IsDeleted"] is False


def test_a_quiet_run_writes_nothing(trouble: Trouble) -> None:
    counts = trouble.reports[-1]["counts"]
    assert (counts["planned"], counts["written"]) == (0, 0)


@pytest.mark.requirement("SF-28")
@pytest.mark.rule("L-01")
def test_a_link_made_by_hand_writes_nothing_and_lists_what_differs(trouble: Trouble) -> None:
    office, pair = trouble.office, trouble.pairs["again"]
    refused = office.ended("link", trouble.again, pair.salesforce)
    assert refused.code == 2
    assert f"fieldline unlink salesforce:{pair.salesforce}" in refused.err.replace("\n", " ")
    before = office.state()
    office.run("unlink", f"salesforce:{pair.salesforce[:15]}")
    linked = office.run("link", trouble.again, pair.salesforce[:15])
    assert "Company" in linked["differing"]
    assert office.pair_of(trouble.again).salesforce == pair.salesforce
    for was, now in zip(before, office.state(), strict=True):
        assert was == now
    standing = office.run("conflicts", "--standing")["standing"]
    assert {each["field"] for each in standing if each["link"] == linked["link"]} == set(linked["differing"])


class TestPausedAndChosen:
    """Edits while the sync is paused, a run on a few records, and records kept out by hand."""

    @pytest.fixture(scope="class")
    @staticmethod
    def seen(trouble: Trouble) -> dict[str, dict[str, tuple[str, str]]]:
        """Moment -> story -> both companies."""
        office, spotio, stories = (
            trouble.office,
            trouble.office.spotio,
            ("paused", "chosen", "apart", "excluded"),
        )
        office.sync()
        for story in stories:
            spotio.set_field(trouble.pairs[story].spotio, COMPANY, f"Named {story.title()}")
        office.run("unlink", f"spotio:{trouble.pairs['apart'].spotio}")
        office.run("exclude", f"salesforce:{trouble.pairs['excluded'].salesforce}", "--note", "a test")
        office.run("sync-pause", NAME)
        assert office.sync()["run"] == ""
        moments = {"while paused": {story: trouble.companies(story) for story in stories}}
        office.run("sync-resume", NAME)
        office.sync("--only", f"spotio:{trouble.pairs['chosen'].spotio}")
        moments["one chosen"] = {story: trouble.companies(story) for story in stories}
        office.sync("--no-pull")
        moments["whole run"] = {story: trouble.companies(story) for story in stories}
        return moments

    @pytest.mark.requirement("SF-35")
    @pytest.mark.rule("T-04")
    def test_a_sync_is_tried_on_chosen_records_and_a_paused_one_catches_up(
        self, seen: dict[str, dict[str, tuple[str, str]]]
    ) -> None:
        named = {
            moment: {story for story, (_, lead) in stories.items() if lead == f"Named {story.title()}"}
            for moment, stories in seen.items()
        }
        assert named == {"while paused": set(), "one chosen": {"chosen"}, "whole run": {"chosen", "paused"}}

    @pytest.mark.requirement("SF-28")
    @pytest.mark.usefixtures("seen")
    def test_what_is_taken_apart_or_excluded_stays_as_it_is_and_comes_back_by_hand(
        self, trouble: Trouble
    ) -> None:
        office, apart, out = trouble.office, trouble.pairs["apart"], trouble.pairs["excluded"]
        assert trouble.companies("apart")[1] != "Named Apart"
        assert office.why(f"salesforce:{apart.salesforce}")["text"] == "Its link was undone."
        assert trouble.companies("excluded")[1] != "Named Excluded"
        assert office.why(f"spotio:{out.spotio}")["text"] == "It is excluded by hand."
        assert (
            office.ended("include", f"spotio:{out.spotio}").code == 2
        )  # the lead is excluded, not the record
        office.run("include", f"salesforce:{out.salesforce}")
        office.run("link", apart.spotio, apart.salesforce)
        office.sync("--no-pull")
        assert trouble.companies("excluded")[1] == "Named Excluded"
        assert trouble.companies("apart")[1] != "Named Apart"  # linked as they stand


@pytest.mark.requirement("SF-27", "SF-28")
def test_a_person_says_which_of_two_that_may_be_the_same_it_is(trouble: Trouble) -> None:
    office = trouble.office
    [case] = [each for each in trouble.matches if trouble.again not in each["spotio_ids"]]
    [lead], [one, other] = case["salesforce_ids"], case["spotio_ids"]
    assert "2 in SPOTIO and 1 in Salesforce may be the same" in case["text"]
    office.run("match", "different", one, lead)
    office.run("match", "same", other, lead)
    office.sync("--no-pull")
    assert office.pair_of(lead).spotio == other
    assert case["id"] not in [each["id"] for each in office.run("conflicts", "--matches")["matches"]]


class TestASavedPlan:
    """A plan that was shown, records that moved since, limits on what is allowed, and Salesforce's calls."""

    @pytest.mark.requirement("CO-07")
    @pytest.mark.rule("C-06")
    def test_it_is_carried_out_without_the_records_that_moved_since_and_not_under_another_configuration(
        self, trouble: Trouble
    ) -> None:
        office, spotio = trouble.office, trouble.office.spotio
        office.sync()
        for story in ("planned", "moved"):
            spotio.set_field(trouble.pairs[story].spotio, COMPANY, "As Planned")
        office.run("pull")
        plan = office.run("plan", "--save")
        shown = {action["spotio_id"]: action["fields"]["Company"]["to"] for action in plan["actions"]}
        assert shown == {trouble.pairs[story].spotio: "As Planned" for story in ("planned", "moved")}
        spotio.set_field(trouble.pairs["moved"].spotio, COMPANY, "Moved On")
        report = office.sync("--plan", plan["plan_id"])
        counts = report["counts"]
        assert (counts["planned"], counts["written"], counts["skipped"]) == (2, 1, 1)
        assert report["waiting"] == [
            f"1 planned write was not begun (it is not in {plan['plan_id']}, or has moved since); the next run looks again."
        ]
        assert trouble.companies("planned")[1] == "As Planned"
        assert trouble.companies("moved")[1] not in ("As Planned", "Moved On")

        def held(sync: Sync) -> None:
            configured(sync)
            sync["guard"]["writes"] = 0

        office.publish(held)
        stale = office.ended("sync", "--plan", plan["plan_id"], "--no-pull")
        office.publish(configured)
        assert stale.code == 3
        assert "nothing was written" in stale.err.replace("\n", " ")
