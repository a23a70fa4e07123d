"""What enters from Salesforce and when (three scopes, filters), and what becomes of a lead that leaves the filters (three ways).

One office for each scope and one story in order; the tests read what was seen and told on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, NAME, Office, Sync

FILTERS = {
    "all": [
        {"field": "Industry", "is": "equals", "value": ["Chemicals"]},
        {"field": "Owner.Name", "is": "not_equals", "value": ["Alex Admin"]},
    ]
}
# Scope and what becomes of a lead that leaves, tried together: a company's day for each is enough.
WAYS = {"historical_and_forward": "last_update", "historical_only": "stop", "forward_only": "unlink"}


# Of whom it is asked why they stayed out, where each scope gives a reason of its own.
ASKED = {
    "historical_and_forward": ("excepted", "later retail", "blank"),
    "historical_only": ("later retail", "retail"),
    "forward_only": ("chemicals",),
}


@dataclass
class Left:
    """What became of the pair of a lead that left the filters while somebody edited it."""

    name: str
    spotio: str
    record: dict[str, Any]
    link: list[list[Any]]  # (state, reason)
    told: Any


@dataclass
class Story:
    """One office whose sync has a scope, and leads that passed or did not pass, before and after the turn-on."""

    office: Office
    scope: str
    leads: dict[str, str] = field(default_factory=dict)
    shown: Any = None
    stood: tuple[Any, Any] = (None, None)
    unchanged: tuple[Any, Any] = (None, None)
    entered: set[str] = field(default_factory=set)  # which of the leads have a record in SPOTIO
    told: dict[str, Any] = field(default_factory=dict)
    left: Left | None = None

    def leave(self, name: str) -> Left:
        office, pair = self.office, self.office.pair_of(self.leads[name])
        office.salesforce.update("Lead", pair.salesforce, Industry="Retail", Company="Last Word")
        office.sync()
        link = office.rows(f"select state, reason from sync.link where link = '{pair.link}'")
        told = office.why(f"spotio:{pair.spotio}")
        return Left(name, pair.spotio, office.record(pair.spotio), link, told)


@pytest.fixture(scope="module", params=list(WAYS))
def story(request: pytest.FixtureRequest, open_office: Opener) -> Story:
    story = Story(open_office(), request.param)
    office = story.office
    user = office.salesforce_user("sync@")

    def lead(name: str, **fields: Any) -> None:
        given = {"LastName": name.title(), "Company": f"{name.title()} House", "OwnerId": user}
        story.leads[name] = office.new_lead(**{**given, **fields})

    lead("chemicals", Industry="Chemicals")
    lead("retail", Industry="Retail")
    lead("blank")
    lead("excepted", Industry="Chemicals", OwnerId=office.salesforce_user("admin@"))
    office.run("pull", "--system", "salesforce")

    def configured(sync: Sync) -> None:
        sync["inbound"] |= {"scope": story.scope, "filters": FILTERS, "leaving": WAYS[story.scope]}

    story.stood = office.state()
    office.publish(configured)
    office.run("plan", "--sync", NAME)
    assert office.sync()["run"] == ""
    story.shown = office.run("sync-on", NAME, code=3)
    office.turn_on()
    story.unchanged = office.state()
    office.sync("--no-pull")
    lead("later", Industry="Chemicals")
    lead("later retail", Industry="Retail")
    office.salesforce.update("Lead", story.leads["retail"], Industry="Chemicals")
    office.sync()
    linked = {pair.salesforce for pair in office.pairs()}
    story.entered = {name for name, id in story.leads.items() if id in linked}
    story.told = {name: office.why(f"salesforce:{story.leads[name]}") for name in ASKED[story.scope]}
    story.left = story.leave("later" if story.scope == "forward_only" else "chemicals")
    return story


@pytest.mark.requirement("SF-15")
def test_nothing_is_written_to_either_system_before_the_first_run(story: Story) -> None:
    for before, after in zip(story.stood, story.unchanged, strict=True):
        assert before == after


@pytest.mark.requirement("SF-20", "CO-07")
def test_before_it_is_turned_on_it_says_how_many_would_be_written_and_shows_them(story: Story) -> None:
    shown, passing = story.shown, {story.leads["chemicals"]}
    assert shown["turned_on"] is False
    if story.scope == "forward_only":
        passing = set()
    made = [each for each in shown["actions"] if each["action"] == "create"]
    assert {each["salesforce_id"] for each in made} == passing
    assert shown["counts"].get("create_spotio", 0) == len(passing)
    assert all(each["fields"][COMPANY]["to"] == "Chemicals House" for each in made)
    assert shown["projected_calls"]["salesforce"] > 0


@pytest.mark.requirement("SF-05", "SF-06")
@pytest.mark.rule("T-01", "T-02", "L-07")
def test_each_scope_lets_in_exactly_what_it_says(story: Story) -> None:
    assert (
        story.entered
        == {
            "historical_and_forward": {"chemicals", "later", "retail"},  # retail passes by now
            "historical_only": {"chemicals"},
            "forward_only": {"later"},
        }[story.scope]
    )


@pytest.mark.requirement("CO-06", "SF-06")
def test_who_stays_out_is_told_the_condition_the_value_seen_and_what_would_do(story: Story) -> None:
    texts = {name: told["text"] for name, told in story.told.items()}
    if story.scope == "historical_and_forward":
        assert texts["excepted"] == "Owner Name is 'Alex Admin'; the filter wants anything but Alex Admin."
        assert texts["later retail"] == "Industry is 'Retail'; the filter wants Chemicals."
        failure = story.told["later retail"]["first_failure"]
        assert failure["change"] == "Set Industry to Chemicals, or let the filter take it."
        assert texts["blank"] == "Industry is blank; the filter wants Chemicals."
    elif story.scope == "historical_only":
        assert texts["later retail"] == (
            "It came after the sync was turned on, and only what stood then is brought in."
        )
        assert texts["retail"] == (
            "It did not pass the filters when the sync was turned on, and only what did is brought in."
        )
    else:
        assert texts["chemicals"] == (
            "It stood before the sync was turned on, and only what comes later is brought in."
        )


@pytest.mark.requirement("SF-25")
@pytest.mark.rule("L-06")
def test_a_lead_that_leaves_the_filters_is_handled_as_was_chosen_and_never_deleted(story: Story) -> None:
    left, way = story.left, WAYS[story.scope]
    assert left is not None
    assert left.record[COMPANY] == ("Last Word" if way == "last_update" else f"{left.name.title()} House")
    if way == "unlink":
        assert left.link[0][0] == "unlinked"
        assert left.told["text"] == "Its link was undone."
    else:
        assert left.link == [["active", "left_filter"]]
        assert left.told["text"] == "It left the inbound filters; nothing travels until it passes them again."
    assert left.record["id"] == left.spotio
