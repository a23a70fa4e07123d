"""Why a record does not sync, told of any id; what Salesforce refuses one record for; and values that Salesforce computes.

One office and one story in order; the tests read what was told on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, FIRST, LAST, Office, Sync

BILL = "23"
NOBODY = {"spotio": "0123456789abcdef01234567", "salesforce": "00QZZ0000000001AAA"}
FILTERS = {
    "all": [
        {"field": "Industry", "is": "equals", "value": ["Chemicals"]},
        {"field": "Score__c", "is": "greater", "value": ["10"]},
    ]
}


@dataclass
class Reasons:
    """The office, leads and records by story, what `why` told of them, and what runs and plans reported."""

    office: Office
    leads: dict[str, str] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    reports: dict[str, Any] = field(default_factory=dict)
    bills: dict[str, str | None] = field(default_factory=dict)
    failures: list[Any] = field(default_factory=list)

    def ask(self, story: str, record: str) -> None:
        self.told[story] = self.office.why(record)

    def lead(self, story: str, score: float, **fields: Any) -> None:
        """Somebody enters a lead, and a formula gives it a score."""
        self.leads[story] = self.office.new_lead(LastName=story.title(), Company=story.title(), **fields)
        self.office.act("recalculate", id=self.leads[story], fields={"Score__c": score})


def configured(sync: Sync) -> None:
    sync["inbound"]["filters"] = FILTERS
    sync["outbound"]["on"] = True
    sync["fields"].append({"spotio": "Monthly bill", "salesforce": "lead.Score__c", "direction": "to_spotio"})


@pytest.fixture(scope="module")
def reasons(open_office: Opener) -> Reasons:
    office = open_office()
    story = Reasons(office)
    office.act(
        "add_field", object="Lead",
        field={"name": "Score__c", "label": "Score", "type": "double", "flags": "nk"},
    )  # fmt: skip
    story.lead("scored", 20, Industry="Chemicals")
    story.lead("retail", 20, Industry="Retail")
    story.lead("low", 5, Industry="Chemicals")
    office.run("pull", "--system", "salesforce")
    story.ask("without a sync", f"salesforce:{story.leads['scored']}")
    story.reports["both ways"] = office.publish(_both_ways, code=3)
    office.publish(configured)
    office.turn_on(outbound=True)
    office.sync("--no-pull")
    _ask_of_all_kinds(story)
    _compute_anew(story)
    office.publish(configured, beside=_second)
    story.ask("of another sync", f"salesforce:{story.leads['scored']}")
    _refuse(story)
    return story


def _both_ways(sync: Sync) -> None:
    configured(sync)
    sync["fields"][-1]["direction"] = "both"


def _second(sync: Sync) -> None:
    """Another sync of the same records, told apart by what it lets in, and never turned on."""
    sync["name"] = "shops"
    sync["inbound"]["filters"] = {"all": [{"field": "Industry", "is": "equals", "value": ["Energy"]}]}
    sync["outbound"]["on"] = False


def _ask_of_all_kinds(story: Reasons) -> None:
    office = story.office
    for system, id in NOBODY.items():
        story.ask(f"never mirrored in {system}", f"{system}:{id}")
    [[account], *_] = office.rows("select id from spotio.record where typeId <> '1' limit 1")
    story.ask("another type of SPOTIO", f"spotio:{account}")
    story.ask("another object of Salesforce", f"salesforce:{office.salesforce_user('sync@')}")
    story.ask("the other system's id", f"spotio:{story.leads['scored']}")
    story.ask("no id", "salesforce:Scored")
    story.ask("kept out by a filter", f"salesforce:{story.leads['retail']}")
    story.ask("kept out by what is computed", f"salesforce:{story.leads['low']}")
    story.ask("in step", f"salesforce:{story.leads['scored']}")


def _compute_anew(story: Reasons) -> None:
    """Formulas come to something else, which moves no stamp: only a complete reading shows it."""
    office, pair = story.office, story.office.pair_of(story.leads["scored"])
    office.later(3600)  # past the minutes of which every pull reads again
    office.run("pull", "--system", "salesforce")
    for name, score in (("scored", 30), ("low", 15)):
        office.act("recalculate", id=story.leads[name], fields={"Score__c": score})
    story.reports["unseen"] = office.sync()
    story.bills["unseen"] = office.record(pair.spotio)[BILL]
    office.run("pull", "--system", "salesforce", "--reconcile")
    story.reports["plan"] = office.run("plan")
    story.reports["seen"] = office.sync("--no-pull")
    story.bills["seen"] = office.record(pair.spotio)[BILL]


def _refuse(story: Reasons) -> None:
    """An owner who is not active any more, and a field that Salesforce requires since the sync was published."""
    office = story.office
    people = {user["Email"]: user["Id"] for user in office.state()[0]["User"] if user["IsActive"]}
    rep = next(
        user for user in office.state()[1]["users"]
        if user["role"] != "Admin" and user["status"] == "active" and user["email"] in people
    )  # fmt: skip
    owned = office.pair_of(story.leads["low"]).spotio
    office.act("deactivate_user", id=people[rep["email"]])
    office.spotio.set(owned, ownerId=int(rep["id"]))
    office.spotio.set_field(office.pair_of(story.leads["scored"]).spotio, COMPANY, "Went On")
    office.act(
        "add_field", object="Lead",
        field={"name": "Region__c", "label": "Region", "type": "string", "flags": "cu"},
    )  # fmt: skip
    story.records["new"] = office.new_record({FIRST: "Rita", LAST: "Region"}, stage=4)
    office.run("pull", "--system", "spotio")
    story.reports["refused"] = office.sync("--no-pull", code=1)
    story.failures = office.run("failures")
    story.ask("an owner who is not active", f"spotio:{owned}")
    story.ask("a field that is required", f"spotio:{story.records['new']}")


@pytest.mark.requirement("CO-06")
@pytest.mark.parametrize(
    ("story", "outcome", "step", "seen", "text", "change"),
    [
        pytest.param("without a sync", "no_sync", "sync", None, "No sync is published.", "Publish one: `fieldline config sample` shows how one looks.", id="no sync"),
        pytest.param("never mirrored in spotio", "not_mirrored", "mirrored", None, "SPOTIO has shown us no such record.", "Check the id; if it is right, see whether our account in SPOTIO may see it, then run `fieldline pull`.", id="never mirrored in SPOTIO"),
        pytest.param("never mirrored in salesforce", "not_mirrored", "mirrored", None, "Salesforce has shown us no such record.", "Check the id; if it is right, see whether our account in Salesforce may see it, then run `fieldline pull`.", id="never mirrored in Salesforce"),
        pytest.param("another type of SPOTIO", "other_type", "type", "Account", "It is an Account; doors syncs Lead records.", "Ask for the id of a Lead, or use a sync of its type.", id="another type of SPOTIO"),
        pytest.param("another object of Salesforce", "other_type", "type", "User", "It is a User; doors syncs Lead records.", "Ask for the id of a Lead, or use a sync of its type.", id="another object of Salesforce"),
        pytest.param("no id", "no_id", "id", "Scored", "'Scored' is no id of a record of Salesforce, which has 15 or 18 digits and letters.", "Copy the id from the record's address.", id="no id"),
        pytest.param("kept out by a filter", "out_of_scope", "scope", "Retail", "Industry is 'Retail'; the filter wants Chemicals.", "Set Industry to Chemicals, or let the filter take it.", id="kept out by a filter"),
        pytest.param("kept out by what is computed", "out_of_scope", "scope", "5", "Score is '5'; the filter wants more than 10.", "Set Score to more than 10, or let the filter take it.", id="kept out by a computed value"),
    ],
)  # fmt: skip
def test_why_tells_of_any_id_the_first_step_that_failed_what_was_seen_and_what_would_change_it(
    reasons: Reasons, story: str, outcome: str, step: str, seen: str | None, text: str, change: str
) -> None:
    told = reasons.told[story]
    failure = told["first_failure"]
    assert (told["outcome"], told["text"]) == (outcome, text)
    assert (failure["step"], failure["seen"], failure["change"]) == (step, seen, change)


@pytest.mark.requirement("CO-06")
def test_an_id_of_the_other_system_is_known_by_its_form(reasons: Reasons) -> None:
    told, lead = reasons.told["the other system's id"], reasons.leads["scored"]
    assert told["text"] == f"'{lead}' has the form of an id of Salesforce."
    assert told["first_failure"]["change"] == f"Ask for salesforce:{lead}."


@pytest.mark.requirement("CO-06")
@pytest.mark.rule("L-03")
def test_a_record_of_another_sync_is_told_of_by_each_and_first_by_the_one_that_has_it(
    reasons: Reasons,
) -> None:
    told = reasons.told["of another sync"]
    texts = {each["sync"]: each["text"] for each in told["syncs"]}
    assert texts == {
        "doors": "Both sides agree.",
        "shops": "It is linked by doors, and a record belongs to one sync.",
    }
    assert (told["outcome"], told["text"]) == ("in_step", texts["doors"])


@pytest.mark.requirement("CO-06", "SF-06")
def test_each_condition_of_a_filter_is_told_with_the_value_seen(reasons: Reasons) -> None:
    found = [step for step in reasons.told["kept out by a filter"]["trace"] if step["step"] == "condition"]
    assert [(step["passed"], step["seen"]) for step in found] == [(False, "Retail"), (True, "20")]


@pytest.mark.requirement("SF-09")
@pytest.mark.rule("F-03")
def test_what_salesforce_computes_is_inbound_only(reasons: Reasons) -> None:
    sentence = "Score (Score__c) in Salesforce is not written by others; set `direction: to_spotio`."
    assert any(sentence in text for text in reasons.reports["both ways"]["mistakes"])


@pytest.mark.rule("F-03")
def test_what_salesforce_computes_is_read_again_though_no_stamp_moved_and_shown_as_of_then(
    reasons: Reasons,
) -> None:
    office, lead = reasons.office, reasons.leads["scored"]
    assert reasons.reports["unseen"]["counts"]["planned"] == 0
    assert reasons.bills == {"unseen": "20", "seen": "30"}
    planned = {action["salesforce_id"]: action for action in reasons.reports["plan"]["actions"]}
    given = planned[lead]["fields"][BILL]
    before = reasons.told["in step"]["as_of"]["Score"]
    assert (given["to"], given["as_of"] > before) == ("30", True)
    assert planned[reasons.leads["low"]]["action"] == "create"  # the filter sees it, too
    text = office.ended("why", f"salesforce:{lead}").out.replace("\n", " ")
    assert f"Salesforce computes Score; it is shown as of {given['as_of']}." in text


@pytest.mark.requirement("SF-17", "SF-16", "CO-06")
@pytest.mark.parametrize(
    ("story", "reason"),
    [
        pytest.param("an owner who is not active", "operation performed with inactive user", id="an inactive owner"),
        pytest.param("a field that is required", "Required fields are missing: [Region__c]", id="a required field"),
    ],
)  # fmt: skip
def test_what_salesforce_refuses_is_said_of_that_record_and_the_rest_goes_on(
    reasons: Reasons, story: str, reason: str
) -> None:
    told = reasons.told[story]
    assert told["outcome"] == "blocked"
    assert told["text"].startswith("Salesforce refused: ")
    assert reason in told["text"]
    assert told["first_failure"]["step"] == "apply"
    assert [failure["text"] for failure in reasons.failures if reason in failure["text"]] == [told["text"]]
    report = reasons.reports["refused"]
    assert told["text"] in [each["text"] for each in report["records"] if each["outcome"] == "failed"]
    counts = report["counts"]
    assert (counts["planned"], counts["written"], counts["failed"]) == (3, 1, 2)
