"""What holds a run: limits and what was approved beyond them, Salesforce's calls, a source that came back almost empty, a stop; and the end of a sync.

One office and one story in order; the tests read what its runs reported and what the leads held after them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.commands.program import Ended
from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, FIRST, LAST, NAME, Office, Pair, Sync, mapped


@dataclass
class Limited:
    """The office, each story's pair, what the runs reported, and the leads' companies after them."""

    office: Office
    pairs: dict[str, Pair] = field(default_factory=dict)
    others: list[Pair] = field(default_factory=list)
    reports: dict[str, Any] = field(default_factory=dict)
    companies: dict[str, dict[str, str]] = field(default_factory=dict)
    spent: Ended | None = None
    begun: str = ""  # the record of which a lead was being made when the stop came
    leads_of_begun: list[str] = field(default_factory=list)
    left: list[Pair] = field(default_factory=list)

    def edit(self, story: str, company: str) -> None:
        self.office.spotio.set_field(self.pairs[story].spotio, COMPANY, company)

    def run(self, name: str, *arguments: str, code: int = 0) -> None:
        """Run the sync; keep what it reported, and what the leads hold after it."""
        self.reports[name] = self.office.sync(*arguments, code=code)
        held = {lead["Id"]: lead for lead in self.office.state()[0]["Lead"]}
        self.companies[name] = {story: held[pair.salesforce]["Company"] for story, pair in self.pairs.items()}

    def held(self, name: str) -> list[tuple[str, int, int, str]]:
        """(class, planned, allowed, limit) of what a run held."""
        found = self.reports[name]["guard"]["held"]
        return [(each["class"], each["planned"], each["allowed"], each["limit"]) for each in found]


def guarded(**limits: int) -> Callable[[Sync], None]:
    def configured(sync: Sync) -> None:
        sync["outbound"]["on"] = True
        mapped(sync, "Company")["conflict"] = "ask"
        sync["guard"] |= limits

    return configured


@pytest.fixture(scope="module")
def limited(open_office: Opener) -> Limited:
    office = open_office()
    story = Limited(office)
    office.publish(guarded())
    office.turn_on(outbound=True)
    office.sync("--no-pull")
    free = [pair for pair in office.pairs() if pair.born == "matched"]
    story.pairs = {name: free.pop(0) for name in ("old", "other", "new", "late", "kept", "unbegun")}
    story.others = free
    office.publish(guarded(writes=0))
    _approve(story)
    office.publish(guarded())
    _spend(story)
    _lose(story)
    _stop(story)
    _turn_off(story)
    return story


def _approve(story: Limited) -> None:
    """Two are approved, of which one is locked; then it and a new one are planned, and one is approved."""
    office, old = story.office, story.pairs["old"]
    office.act("lock_row", id=old.salesforce)
    story.edit("old", "Tried Before")
    story.edit("other", "Went Through")
    story.run("two approved", "--approve", "update_salesforce=2")
    office.act("unlock_row", id=old.salesforce)
    story.edit("new", "Brand New")
    story.run("one approved", "--approve", "update_salesforce=1", code=1)


def _spend(story: Limited) -> None:
    """Salesforce's calls come near to the reserve that is left to others, and are more again."""
    office = story.office
    story.edit("late", "In Good Time")
    office.run("pull")
    used, allowance = _calls(office)
    office.run("pull", "--system", "salesforce")
    again, _ = _calls(office)
    office.act("set_limit", max=again + (again - used) + 1001)  # another such pull, and one call more
    office.run("pull", "--system", "salesforce")
    story.run("no calls left", "--no-pull", code=3)
    story.spent = office.ended("sync")
    office.act("set_limit", max=allowance)
    story.run("calls again")


def _calls(office: Office) -> tuple[int, int]:
    """(used, allowance) of Salesforce's calls, as the program was told last."""
    [[used, allowance]] = office.rows(
        "select max_by(used, measured_at), max_by(allowance, measured_at) from sync.api_use where system = 'salesforce'"
    )
    return used, allowance


def _lose(story: Limited) -> None:
    """More than half of the leads are gone at once; they come back; then they are gone for good, and a person says so."""
    office = story.office
    gone = story.others[: len(office.pairs()) // 2 + 1]
    _delete(office, gone)
    story.edit("kept", "While Doubted")
    story.edit("new", "Doubted Too")
    story.run("doubted", code=3)
    story.run("doubted still", "--no-pull", code=3)
    for pair in gone:
        office.act("undelete", id=pair.salesforce)
    story.run("back again")
    _delete(office, gone)
    story.edit("kept", "Approved")
    story.run("gone for good", code=3)
    story.run("believed", "--no-pull", "--approve", "update_salesforce=1")
    story.edit("kept", "As Ever")
    story.run("after it was believed")


def _delete(office: Office, pairs: list[Pair]) -> None:
    ids = ",".join(pair.salesforce for pair in pairs)
    office.salesforce.call("DELETE", f"/composite/sobjects?ids={ids}&allOrNone=true")


def _stop(story: Limited) -> None:
    """A run is stopped between two writes; the next one goes on."""
    office = story.office
    story.begun = office.new_record({FIRST: "Beda", LAST: "Begun"}, stage=4)
    story.edit("unbegun", "After The Stop")
    office.run("pull", "--system", "spotio")
    with _stopped_while_it_creates(office):
        story.run("stopped", "--no-pull", code=1)
    story.run("after the stop")
    story.leads_of_begun = [
        id for id, lead in office.seen().leads.items() if lead["SPOTIO_Id__c"] == story.begun
    ]


@contextmanager
def _stopped_while_it_creates(office: Office) -> Iterator[None]:
    """A person presses Ctrl-C while Salesforce has a run's leads to be made; they are made only then."""
    fault = {
        "match": {"method": "POST", "path": "/composite/sobjects$"},
        "action": "reorder", "seconds": 60.0, "times": 1,
    }  # fmt: skip
    faults = f"{office.sandbox.urls[0]}/__sandbox__/faults"
    httpx.post(faults, json=[fault]).raise_for_status()
    done = threading.Event()

    def press() -> None:
        while not done.is_set():
            if not httpx.get(faults).json():
                os.kill(os.getpid(), signal.SIGINT)
                office.salesforce.get("/limits")  # for this request the other one was kept waiting
                return
            done.wait(0.02)

    person = threading.Thread(target=press)
    person.start()
    try:
        yield
    finally:
        done.set()
        person.join()


def _turn_off(story: Limited) -> None:
    office = story.office
    story.left = office.pairs()
    story.edit("kept", "Never Caught Up")
    office.run("pull", "--system", "spotio")
    story.reports["asked"] = office.run("sync-off", NAME, code=3)
    assert office.pairs() == story.left
    story.reports["off"] = office.run("sync-off", NAME, "--yes")


@pytest.mark.requirement("SF-30", "SF-31")
@pytest.mark.rule("C-06")
def test_an_approval_lets_so_many_through_and_new_work_goes_before_old_errors(limited: Limited) -> None:
    counts = limited.reports["two approved"]["counts"]
    assert (counts["planned"], counts["written"], counts["skipped"]) == (2, 1, 1)
    assert limited.companies["two approved"]["other"] == "Went Through"
    assert limited.held("one approved") == [("update_salesforce", 2, 1, "writes")]
    assert limited.companies["one approved"]["new"] == "Brand New"
    assert limited.companies["one approved"]["old"] != "Tried Before"


@pytest.mark.requirement("SF-31")
@pytest.mark.rule("N-02")
def test_near_the_end_of_salesforces_calls_writes_are_held_and_go_on_when_there_are_calls_again(
    limited: Limited,
) -> None:
    assert limited.held("no calls left") == [("update_salesforce", 2, 0, "calls")]
    [held] = limited.reports["no calls left"]["guard"]["held"]
    assert "Salesforce's calls suffice for 0" in held["text"]
    assert limited.spent is not None
    assert limited.spent.code == 1
    assert "reserved for others" in limited.spent.err.replace("\n", " ")
    after = limited.companies["calls again"]
    assert (after["late"], after["old"]) == ("In Good Time", "Tried Before")


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_when_a_source_came_back_almost_empty_everything_is_held_until_its_rows_are_back(
    limited: Limited,
) -> None:
    for run in ("doubted", "doubted still"):
        assert limited.held(run) == [("update_salesforce", 2, 0, "empty")]
        [held] = limited.reports[run]["guard"]["held"]
        assert held["text"].startswith("2 updates of Salesforce records are planned; but ")
        assert held["text"].endswith(
            " linked records were deleted or hidden at once, which looks like a fault of a source."
        )
        assert limited.companies[run] == limited.companies["calls again"]
    assert limited.held("back again") == []
    after = limited.companies["back again"]
    assert (after["kept"], after["new"]) == ("While Doubted", "Doubted Too")


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_a_person_who_approves_what_is_held_says_that_the_rows_are_really_gone(limited: Limited) -> None:
    assert limited.held("gone for good") == [("update_salesforce", 1, 0, "empty")]
    assert limited.held("believed") == limited.held("after it was believed") == []
    assert limited.companies["believed"]["kept"] == "Approved"
    assert limited.companies["after it was believed"]["kept"] == "As Ever"


@pytest.mark.requirement("SF-17")
def test_what_a_stop_left_unbegun_is_said_and_written_by_the_next_run_and_nothing_twice(
    limited: Limited,
) -> None:
    stopped, after = limited.reports["stopped"], limited.reports["after the stop"]
    counts = stopped["counts"]
    assert (counts["planned"], counts["written"], counts["skipped"]) == (2, 1, 1)
    assert stopped["waiting"] == [
        "1 planned write was not begun (the run ended before); the next run looks again."
    ]
    assert [problem["code"] for problem in stopped["problems"]] == ["stopped"]
    assert limited.companies["stopped"]["unbegun"] != "After The Stop"
    assert limited.companies["after the stop"]["unbegun"] == "After The Stop"
    assert (after["counts"]["planned"], after["counts"]["written"], after["waiting"]) == (1, 1, [])
    assert len(limited.leads_of_begun) == 1


@pytest.mark.requirement("SF-35")
@pytest.mark.rule("T-04")
def test_turning_off_says_what_it_gives_up_and_does_it_only_when_told(limited: Limited) -> None:
    asked, done = limited.reports["asked"], limited.reports["off"]
    assert (asked["turned_off"], done["turned_off"]) == (False, True)
    assert asked["never_caught_up"] > 0
    assert asked["links"] >= len(limited.left) > 0
    assert limited.office.pairs() == []
    assert limited.office.sync()["run"] == ""
