"""What a sync could not write, mended on the page Errors: the next run writes exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from console.causes import wording
from console.context import Context, set_context
from console.identity import Visitor, on_behalf_of
from console.readers import errors as reading
from console.services import errors as acts
from data.store import Store
from sync.operations import Operations
from sync.settings import Settings
from tests.store.conftest import url_of
from tests.syncs.conftest import Opener
from tests.syncs.office import FIRST, LAST, Office, Pair, Sync

CONTACTED = 3
FIXES = (
    ("REQUIRED_FIELD_MISSING", "constant", "North"),
    ("value_unmapped", "value", "Working - Contacted"),
)


@dataclass
class Mending:
    """The office, who is kept from being written, and what the page said before and after."""

    office: Office
    pair: Pair
    new: str = ""
    too_early: tuple[str, ...] = ()
    before: dict[str, int] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)
    after: dict[str, int] = field(default_factory=dict)


def configured(sync: Sync) -> None:
    sync["outbound"]["on"] = True
    del sync["value_maps"]["stage"]["Contacted"]


@contextmanager
def an_admin_at_the_console(office: Office) -> Iterator[None]:
    """The readers and services over the office's store."""
    with Store.open(url_of(office.program.store)) as store:
        operations = Operations(store, None, Settings.load())
        systems = ("spotio", "salesforce")
        set_context(Context(store, lambda _: True, systems, "America/Denver", command=lambda name, asked: operations.run(name, dict(asked), lambda _: None)))  # fmt: skip
        try:
            with on_behalf_of(Visitor(role="admin")):
                yield
        finally:
            set_context(None)


def causes() -> dict[str, int]:
    return {wording.title(cause): cause.number for cause in reading.causes().rows}


@pytest.fixture(scope="module")
def mending(open_office: Opener) -> Mending:
    office = open_office()
    office.publish(configured)
    office.turn_on(outbound=True)
    office.ended("sync", "--no-pull")
    pair = next(pair for pair in office.pairs() if str(office.record(pair.spotio)["stageId"]) == "1")
    story = Mending(office, pair)
    office.spotio.set(pair.spotio, stageId=CONTACTED)
    office.act("add_field", object="Lead", field={"name": "Region__c", "label": "Region", "type": "string", "flags": "cu"})  # fmt: skip
    story.new = office.new_record({FIRST: "Rita", LAST: "Region"})
    office.ended("sync")
    office.ended("sync")
    with an_admin_at_the_console(office):
        story.before = causes()
        waiting = {cause.code: cause for cause in reading.causes().rows}
        story.too_early = acts.draft(waiting["value_unmapped"], "value", "Working - Contacted").mistakes
        for code, way, choice in FIXES:
            drafted = acts.draft(waiting[code], way, choice)
            story.released.append(acts.publish(waiting[code], drafted).text)
    office.ended("sync")
    with an_admin_at_the_console(office):
        story.after = causes()
    return story


@pytest.mark.requirement("CO-14", "SF-10", "SF-17")
def test_what_was_blocked_and_what_was_refused_are_causes_with_their_records(mending: Mending) -> None:
    assert mending.before["Stage “Contacted” has no counterpart in Salesforce"] >= 1
    assert mending.before["Salesforce requires Region"] == 1


@pytest.mark.requirement("CO-14", "SF-10")
def test_the_run_after_a_value_was_mapped_on_the_spot_writes_what_it_kept_back(mending: Mending) -> None:
    assert mending.office.lead(mending.pair.salesforce)["Status"] == "Working - Contacted"


@pytest.mark.requirement("CO-14", "SF-02")
def test_a_field_that_salesforce_requires_since_gets_a_constant_and_the_refused_record_is_made(
    mending: Mending,
) -> None:
    made = mending.office.pair_of(mending.new).salesforce
    assert mending.office.lead(made)["Region__c"] == "North"


@pytest.mark.requirement("CO-14")
def test_what_is_mended_is_no_cause_any_more(mending: Mending) -> None:
    assert all("the next run writes" in text for text in mending.released)
    assert mending.after == {}


@pytest.mark.requirement("SF-16")
def test_as_long_as_a_required_field_is_filled_by_nothing_no_other_fix_can_be_published(
    mending: Mending,
) -> None:
    [mistake] = mending.too_early
    assert "Salesforce creates no Lead without Region (Region__c), and nothing fills it" in mistake
