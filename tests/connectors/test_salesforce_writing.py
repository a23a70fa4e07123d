"""Salesforce's writer: one outcome a row, whatever becomes of the others and of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from sync.connectors.outcome import Outcome
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.writing import SalesforceWriter
from sync.sandbox.server import Sandbox
from tests.connectors.conftest import Fault
from tests.connectors.test_salesforce import settings_for
from tests.sandbox.salesforce_client import Salesforce

COLLECTIONS = "/composite/sobjects"
Fields = dict[str, Any]


Write = Callable[..., SalesforceWriter]


@pytest.fixture
def writing(sandbox: Sandbox) -> Iterator[Write]:
    """A writer as a test wants it, that does not wait long for locks."""
    with ExitStack() as opened:

        def write(
            auto_assign: bool = False,
            allow_duplicates: bool = False,
            lock_pauses: Sequence[float] = (0.01, 0.02),
        ) -> SalesforceWriter:
            api = opened.enter_context(SalesforceApi(settings_for(sandbox)))
            return SalesforceWriter(
                api, auto_assign=auto_assign, allow_duplicates=allow_duplicates, lock_pauses=lock_pauses
            )

        yield write


@pytest.fixture
def writer(writing: Write) -> SalesforceWriter:
    return writing()


@pytest.fixture
def org(sandbox: Sandbox) -> Iterator[Salesforce]:
    """The org as another person sees and changes it."""
    with Salesforce(sandbox.urls[0]) as org:
        yield org


def leads(count: int, **more: Any) -> list[Fields]:
    return [
        {"LastName": f"Lake {n}", "Company": f"Company {n}", "SPOTIO_Id__c": f"{n:024x}", **more}
        for n in range(count)
    ]


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.kind for outcome in outcomes]


def only(outcomes: Sequence[Outcome]) -> Outcome:
    [outcome] = outcomes
    return outcome


def written(org: Salesforce) -> int:
    return org.count("SELECT COUNT() FROM Lead WHERE LastName LIKE 'Lake %'")


@pytest.mark.requirement("SF-17")
def test_three_bad_rows_of_450_fail_with_their_reason_and_the_others_are_written(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    org.act(
        "add_validation_rule", name="no", object="Lead", condition="Company = 'Nowhere'", message="Not there."
    )
    rows = leads(450)
    rows[3]["Company"] = "Nowhere"
    rows[250]["LastName"] = "x" * 81
    del rows[449]["Company"]
    outcomes = writer.create("Lead", rows)
    assert [outcome.index for outcome in outcomes] == list(range(450))
    failed = {o.index: (o.kind, o.code, o.fields) for o in outcomes if o.kind != "done"}
    assert failed == {
        3: ("failed", "FIELD_CUSTOM_VALIDATION_EXCEPTION", ()),
        250: ("failed", "STRING_TOO_LONG", ("LastName",)),
        449: ("failed", "REQUIRED_FIELD_MISSING", ("Company",)),
    }
    assert outcomes[3].text == "Not there."
    done = [outcome for outcome in outcomes if outcome.kind == "done"]
    stored = writer.retrieve("Lead", [str(o.id) for o in done], ["SPOTIO_Id__c"])
    assert [stored[str(o.id)]["SPOTIO_Id__c"] for o in done] == [rows[o.index]["SPOTIO_Id__c"] for o in done]
    assert written(org) == 447


def test_rows_of_a_call_are_announced_before_it_and_told_as_it_ends(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    announced: list[int] = []

    def about_to_send(indexes: Sequence[int]) -> None:
        assert not set(indexes) & set(announced)
        announced.extend(indexes)

    told: list[int] = []
    for indexes, outcomes in writer.create_batches("Lead", leads(450), about_to_send):
        assert set(indexes) <= set(announced)
        assert [outcome.index for outcome in outcomes] == indexes
        told += indexes
    assert sorted(told) == sorted(announced) == list(range(450))


@pytest.mark.rule("L-05")
@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
def test_a_create_whose_answer_is_lost_is_unknown_and_found_by_its_external_id_or_not(
    writer: SalesforceWriter, org: Salesforce, fault: Fault, action: str
) -> None:
    org.count("SELECT COUNT() FROM Lead")
    fault(0, COLLECTIONS, action=action)
    rows = leads(3)
    outcomes = writer.create("Lead", rows)
    assert kinds(outcomes) == ["unknown"] * 3
    found = writer.find_by_external_id(
        "Lead", "SPOTIO_Id__c", [row["SPOTIO_Id__c"] for row in rows], ["Company"]
    )
    if action == "drop_before":
        assert found == {}
    else:
        assert [found[row["SPOTIO_Id__c"]]["Company"] for row in rows] == [row["Company"] for row in rows]
