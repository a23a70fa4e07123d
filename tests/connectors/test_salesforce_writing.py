"""Salesforce's writer: one outcome a row, whatever becomes of the others and of the call."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from sync.connectors import http, sending
from sync.connectors.outcome import Batches, Outcome
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.ids import full_id
from sync.connectors.salesforce.writing import SalesforceWriter
from sync.errors import BudgetSpentError, LostAnswerError, StoppedError, UnreachableError
from sync.sandbox.server import Sandbox
from sync.settings import SalesforceSettings
from tests.connectors.conftest import Fault
from tests.connectors.overheard import Overheard
from tests.connectors.scripted import Asked, Says, Scripted
from tests.connectors.test_salesforce import settings_for
from tests.sandbox.salesforce_client import Salesforce

COLLECTIONS = "/composite/sobjects"
Fields = dict[str, Any]
Write = Callable[..., SalesforceWriter]


@pytest.fixture
def writing(sandbox: Sandbox, overheard: Overheard, stop: threading.Event) -> Iterator[Write]:
    """A writer as a test wants it, that does not wait long for locks."""
    with ExitStack() as opened:

        def write(
            auto_assign: bool = False,
            allow_duplicates: bool = False,
            lock_pauses: Sequence[float] = (0.01, 0.02),
            **settings: Any,
        ) -> SalesforceWriter:
            api = opened.enter_context(SalesforceApi(settings_for(sandbox, **settings), stop, overheard))
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


def take(batches: Batches, hear: Callable[[list[Outcome]], object]) -> None:
    """Take all of a request, telling the outcomes as they come."""
    for indexes, outcomes in batches:
        assert [outcome.index for outcome in outcomes] == indexes
        hear(outcomes)


def written(org: Salesforce) -> int:
    return org.count("SELECT COUNT() FROM Lead WHERE LastName LIKE 'Lake %'")


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
    writer: SalesforceWriter, overheard: Overheard, fault: Fault, action: str
) -> None:
    fault(0, COLLECTIONS, action=action)
    rows = leads(3)
    assert kinds(writer.create("Lead", rows)) == ["unknown"] * 3
    assert overheard.count("POST", COLLECTIONS) == 0  # sent once, and never answered
    ids = [row["SPOTIO_Id__c"] for row in rows]
    found = writer.find_by_external_id("Lead", "SPOTIO_Id__c", ids, ["Company"])
    if action == "drop_before":
        assert found == {}
    else:
        assert [found[id]["Company"] for id in ids] == [row["Company"] for row in rows]


@pytest.mark.parametrize("trouble", [{"action": "drop_after"}, {"action": "status", "status": 500}])
def test_a_change_or_a_deletion_whose_answer_is_lost_is_unknown(
    writer: SalesforceWriter, fault: Fault, trouble: Fields
) -> None:
    made = only(writer.create("Lead", leads(1)))
    fault(0, COLLECTIONS, times=2, **trouble)
    changed = only(writer.update("Lead", [(str(made.id), {"Company": "Other"})]))
    deleted = only(writer.delete("Lead", [str(made.id)]))
    assert [(o.kind, o.id, o.code) for o in (changed, deleted)] == [("unknown", made.id, "no_answer")] * 2


@pytest.mark.parametrize("status", [429, 503])
def test_what_salesforce_did_not_take_is_sent_again_and_written_once(
    writer: SalesforceWriter, org: Salesforce, fault: Fault, status: int
) -> None:
    fault(0, COLLECTIONS, action="status", status=status)
    assert kinds(writer.create("Lead", leads(2))) == ["done"] * 2
    assert written(org) == 2


def test_rows_that_are_not_taken_until_the_end_are_to_be_tried_again(
    writer: SalesforceWriter, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "retry_after", lambda headers: 0.0)
    monkeypatch.setattr(sending, "retry_after", lambda headers: 0.0)
    fault(0, COLLECTIONS, action="status", status=503, times=-1)
    told: list[Outcome] = []
    with pytest.raises(UnreachableError) as raised:
        take(writer.create_batches("Lead", leads(3)), told.extend)
    assert not isinstance(raised.value, LostAnswerError)
    assert kinds(told) == ["retry"] * 3


def test_a_spent_allowance_leaves_known_what_was_written_and_the_rest_unsent(
    writing: Write, org: Salesforce
) -> None:
    writer = writing(concurrency=1)
    announced: list[int] = []
    told: list[Outcome] = []
    used = int(org.call("GET", "/limits").headers["Sforce-Limit-Info"].partition("=")[2].partition("/")[0])
    org.act("set_limit", max=used + 2)
    with pytest.raises(BudgetSpentError):
        take(writer.create_batches("Lead", leads(1000), announced.extend), told.extend)
    org.act("set_limit", max=250_000)
    assert announced == list(range(600))
    assert {o.index: o.kind for o in told} == {
        index: "done" if index < 400 else "retry" for index in announced
    }
    assert written(org) == 400


def test_a_stop_between_two_calls_ends_with_what_was_sent(
    writing: Write, org: Salesforce, stop: threading.Event
) -> None:
    told: list[Outcome] = []

    def hear(outcomes: list[Outcome]) -> None:
        stop.set()
        told.extend(outcomes)

    with pytest.raises(StoppedError):
        take(writing(concurrency=1).create_batches("Lead", leads(1000)), hear)
    assert written(org) == kinds(told).count("done") < 1000


def test_a_locked_row_is_sent_again_by_itself_until_it_is_free(
    writer: SalesforceWriter, org: Salesforce, overheard: Overheard
) -> None:
    ids = [str(outcome.id) for outcome in writer.create("Lead", leads(3))]
    org.act("lock_row", id=ids[1])
    told: list[Outcome] = []
    announced: list[int] = []
    changes = [(id, {"Company": "Other"}) for id in ids]
    for _, outcomes in writer.update_batches("Lead", changes, about_to_send=announced.extend):
        told += outcomes
        if len(told) == 2:
            org.act("unlock_row", id=ids[1])
    assert [(outcome.index, outcome.kind) for outcome in told] == [(0, "done"), (2, "done"), (1, "done")]
    assert announced == [0, 1, 2]
    sizes = [
        len(json.loads(request.content)["records"])
        for request, _ in overheard.asked
        if request.method == "PATCH"
    ]
    assert sizes[0] == 3
    assert set(sizes[1:]) == {1}


def test_a_row_that_stays_locked_is_left_for_another_time(
    writer: SalesforceWriter, org: Salesforce, overheard: Overheard
) -> None:
    ids = [str(outcome.id) for outcome in writer.create("Lead", leads(2))]
    org.act("lock_row", id=ids[0])
    locked, free = writer.update("Lead", [(id, {"Company": "Other"}) for id in ids])
    assert (locked.kind, locked.code, locked.id) == ("retry", "UNABLE_TO_LOCK_ROW", ids[0])
    assert free.kind == "done"
    assert overheard.count("PATCH", COLLECTIONS) == 3


def test_every_refusal_is_told_in_salesforces_words_and_harms_no_other_row(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    org.act(
        "add_field",
        object="Lead",
        field={"name": "Size__c", "type": "picklist", "values": ["S", "M"], "flags": "cunpr"},
    )
    leaver = org.query("SELECT Id FROM User WHERE IsActive = true AND UserType = 'Standard' LIMIT 5")[-1][
        "Id"
    ]
    org.act("deactivate_user", id=leaver)
    gone = only(writer.create("Lead", leads(1)))
    org.delete("Lead", str(gone.id))
    rows: list[Fields] = leads(5)
    rows[0]["Size__c"] = "XXL"
    rows[1]["OwnerId"] = leaver
    rows[2]["Email"] = "nobody"
    rows[3]["IsConverted"] = True
    created = writer.create("Lead", rows)
    assert [(o.kind, o.code, o.fields) for o in created] == [
        ("failed", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("Size__c",)),
        ("failed", "INACTIVE_OWNER_OR_USER", ("OwnerId",)),
        ("failed", "INVALID_EMAIL_ADDRESS", ("Email",)),
        ("done", "", ()),
        ("done", "", ()),
    ]
    assert "XXL" in created[0].text
    changes: list[tuple[str, Fields]] = [
        (str(gone.id), {"Company": "Other"}),
        ("00Q000000000001", {"Company": "Other"}),
        (str(created[4].id), {"Company": "Other"}),
    ]
    assert [(o.kind, o.code) for o in writer.update("Lead", changes)] == [
        ("failed", "ENTITY_IS_DELETED"),
        ("failed", "INVALID_CROSS_REFERENCE_KEY"),
        ("done", ""),
    ]


def test_what_our_account_may_not_do_is_said_of_each_record(
    writer: SalesforceWriter, org: Salesforce, sandbox: Sandbox
) -> None:
    ours = sandbox.salesforce.org.integration_user_id
    made = only(writer.create("Lead", leads(1)))
    org.act("restrict_field", user_id=ours, object="Lead", name="Rating", access="read")
    outcomes = writer.update("Lead", [(str(made.id), {"Rating": "Hot"})])
    assert (only(outcomes).code, only(outcomes).fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ("Rating",))
    org.act("restrict_object", user_id=ours, object="Lead", allow=["read"])
    for outcome in (
        *writer.update("Lead", [(str(made.id), {"Company": "B"})]),
        *writer.delete("Lead", [str(made.id)]),
    ):
        assert outcome.kind == "failed"
        assert outcome.text


@pytest.mark.rule("L-05")
def test_a_second_record_with_one_spotio_id_is_refused_and_names_the_first(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    first = only(writer.create("Lead", leads(1)))
    again = {**leads(1)[0], "Company": "Overwritten?"}
    refused = only(writer.create("Lead", [again]))
    assert (refused.kind, refused.code, refused.id) == ("failed", "DUPLICATE_VALUE", first.id)
    assert org.read("Lead", str(first.id))["Company"] == "Company 0"


@pytest.mark.rule("L-05")
def test_a_record_in_the_recycle_bin_is_found_by_its_spotio_id_until_a_live_one_has_it(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    row = leads(1)[0]
    key = row["SPOTIO_Id__c"]
    deleted = only(writer.create("Lead", [row]))
    assert kinds(writer.delete("Lead", [str(deleted.id)])) == ["done"]
    found = writer.find_by_external_id("Lead", "SPOTIO_Id__c", [key])[key]
    assert (found["Id"], found["IsDeleted"]) == (deleted.id, True)
    live = only(writer.create("Lead", [row]))
    found = writer.find_by_external_id("Lead", "SPOTIO_Id__c", [key])[key]
    assert (found["Id"], found["IsDeleted"]) == (live.id, False)


def test_values_with_quotes_and_more_of_them_than_one_query_holds_are_found(writer: SalesforceWriter) -> None:
    odd = ["O'Hara \\ sons", "back\\slash", "plain"]
    rows = leads(3)
    for row, key in zip(rows, odd, strict=True):
        row["SPOTIO_Id__c"] = key
    made = writer.create("Lead", rows)
    many = [f"{n:024x}" for n in range(1000, 1900)]
    found = writer.find_by_external_id("Lead", "SPOTIO_Id__c", [*odd, *many])
    assert {key: row["Id"] for key, row in found.items()} == {
        key: outcome.id for key, outcome in zip(odd, made, strict=True)
    }


@pytest.mark.rule("U-03")
@pytest.mark.parametrize("auto_assign", [False, True])
def test_assignment_rules_choose_the_owner_only_where_they_are_let(
    writing: Write, org: Salesforce, auto_assign: bool
) -> None:
    mapped, ruled = (row["Id"] for row in org.query("SELECT Id FROM User WHERE IsActive = true LIMIT 2"))
    org.act("add_assignment_rule", name="all", object="Lead", entries=[{"owner": ruled}])
    writer = writing(auto_assign=auto_assign)
    made = only(writer.create("Lead", leads(1, OwnerId=mapped)))
    assert org.read("Lead", str(made.id))["OwnerId"] == (ruled if auto_assign else mapped)
    writer.update("Lead", [(str(made.id), {"Company": "Other"})])
    assert org.read("Lead", str(made.id))["OwnerId"] == (ruled if auto_assign else mapped)


@pytest.mark.rule("U-03")
@pytest.mark.parametrize("allow", [False, True])
def test_duplicate_rules_are_respected_unless_configured_otherwise(
    writing: Write, org: Salesforce, allow: bool
) -> None:
    org.act("add_duplicate_rule", name="same", object="Lead", fields=["Email"])
    first, second = writing(allow_duplicates=allow).create("Lead", leads(2, Email="a@example.com"))
    assert first.kind == "done"
    assert (second.kind, second.code) == (("done", "") if allow else ("failed", "DUPLICATES_DETECTED"))


@pytest.mark.rule("U-03")
def test_a_session_renewed_in_the_middle_keeps_the_headers_of_a_guarded_write(
    writing: Write, org: Salesforce, overheard: Overheard
) -> None:
    mapped, ruled = (row["Id"] for row in org.query("SELECT Id FROM User WHERE IsActive = true LIMIT 2"))
    org.act("add_assignment_rule", name="all", object="Lead", entries=[{"owner": ruled}])
    org.act("add_duplicate_rule", name="same", object="Lead", fields=["Email"])
    writer = writing(allow_duplicates=True)
    rows = leads(400, OwnerId=mapped, Email="a@example.com")
    assert kinds(writer.create("Lead", rows[:1])) == ["done"]
    org.act("revoke_tokens")
    assert set(kinds(writer.create("Lead", rows[1:]))) == {"done"}
    assert [status for request, status in overheard.asked if request.method == "POST"].count(401) > 0
    assert (
        org.count(f"SELECT COUNT() FROM Lead WHERE OwnerId = '{mapped}' AND Email = 'a@example.com'") == 400
    )


def test_what_somebody_changed_since_the_plan_goes_back_to_planning_unsent(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    ids = [str(outcome.id) for outcome in writer.create("Lead", leads(3, AnnualRevenue=1200))]
    org.update("Lead", ids[1], Company="Theirs")
    expected = [{"Company": f"Company {n}", "AnnualRevenue": 1200.0, "Email": None} for n in range(2)]
    outcomes = writer.update("Lead", [(id, {"Company": "Ours"}) for id in ids], [*expected, None])
    assert kinds(outcomes) == ["done", "moved", "done"]
    assert outcomes[1].fields == ("Company",)
    assert outcomes[1].record is not None
    assert outcomes[1].record["Company"] == "Theirs"
    assert [org.read("Lead", id)["Company"] for id in ids] == ["Ours", "Theirs", "Ours"]


def test_an_edit_made_while_a_batch_is_on_its_way_is_seen_when_its_locked_row_is_sent_again(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    ids = [str(outcome.id) for outcome in writer.create("Lead", leads(2))]
    org.act("lock_row", id=ids[1])
    changes = [(id, {"Company": "Ours"}) for id in ids]
    told = []
    for _, outcomes in writer.update_batches(
        "Lead", changes, [{"Company": f"Company {n}"} for n in range(2)]
    ):
        told += outcomes
        if len(told) == 1:
            org.act("unlock_row", id=ids[1])
            org.update("Lead", ids[1], Company="Theirs")
    assert kinds(told) == ["done", "moved"]
    assert org.read("Lead", ids[1])["Company"] == "Theirs"


def test_a_field_that_is_gone_fails_the_rows_that_name_it_and_no_other(writer: SalesforceWriter) -> None:
    rows = leads(3)
    rows[1]["Gone__c"] = "x"
    outcomes = writer.create("Lead", rows)
    assert kinds(outcomes) == ["done", "failed", "done"]
    assert "Gone__c" in outcomes[1].text


@pytest.mark.parametrize(
    "refusal",
    [
        {"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize instance"},
        {"errorCode": "INVALID_FIELD", "message": "No such column 'Bad__c' on sobject of type Lead"},
    ],
)
def test_a_row_over_which_salesforce_refuses_the_whole_call_is_found_and_fails_alone(refusal: Fields) -> None:
    """Some orgs refuse a Collections call as a whole for what is wrong with one of its rows."""

    def script(asked: Asked) -> Says:
        if "oauth2" in asked.path:
            body = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}
            return Says(200, json.dumps(body).encode())
        records = json.loads(asked.body)["records"]
        if any("Bad__c" in record for record in records):
            return Says(400, json.dumps([refusal]).encode())
        done = [{"id": record["LastName"], "success": True, "errors": []} for record in records]
        return Says(200, json.dumps(done).encode())

    rows = leads(9)
    rows[4]["Bad__c"] = "x"
    with Scripted(script).running() as server:
        settings = SalesforceSettings(url=server.url, client_id="c", client_secret=SecretStr("s"))
        with SalesforceApi(settings) as api:
            outcomes = SalesforceWriter(api, auto_assign=False, allow_duplicates=False).create("Lead", rows)
    assert [o.id for o in outcomes if o.kind == "done"] == [f"Lake {n}" for n in range(9) if n != 4]
    assert (outcomes[4].kind, outcomes[4].code) == ("failed", refusal["errorCode"])


@pytest.mark.parametrize("body", [b"[]", b"<html>", b"", b"null", b'[{"success": tru'])
def test_an_answer_that_tells_nothing_leaves_the_rows_unknown(body: bytes) -> None:
    def script(asked: Asked) -> Says:
        if "oauth2" in asked.path:
            signed_in = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}
            return Says(200, json.dumps(signed_in).encode())
        return Says(200, body)

    with Scripted(script).running() as server:
        settings = SalesforceSettings(url=server.url, client_id="c", client_secret=SecretStr("s"))
        with SalesforceApi(settings) as api:
            writer = SalesforceWriter(api, auto_assign=False, allow_duplicates=False)
            assert kinds(writer.create("Lead", leads(2))) == ["unknown"] * 2


def test_more_records_than_one_call_gives_are_retrieved_and_what_is_not_there_is_absent(
    writer: SalesforceWriter, overheard: Overheard
) -> None:
    made = only(writer.create("Lead", leads(1)))
    nobody = [full_id(f"00Q00000000{n:04d}") for n in range(2100)]
    asked = overheard.count("POST", "/composite/sobjects/Lead")
    found = writer.retrieve("Lead", [*nobody, str(made.id)[:15]], ["Company", "Id", "Company"])
    assert found == {made.id: {"Id": made.id, "Company": "Company 0"}}
    assert overheard.count("POST", "/composite/sobjects/Lead") - asked == 2


def test_more_fields_than_one_query_names_are_retrieved_in_parts(
    writer: SalesforceWriter, org: Salesforce
) -> None:
    wide = [f"F{n}_{'x' * 36}__c" for n in range(320)]
    for name in wide:
        org.act("add_field", object="Lead", field={"name": name, "type": "boolean"})
    made = only(writer.create("Lead", leads(1, **{wide[-1]: True})))
    [(id, row)] = writer.retrieve("Lead", [str(made.id)], wide).items()
    assert id == made.id
    assert row == {"Id": made.id, **dict.fromkeys(wide[:-1], False), wide[-1]: True}


@pytest.mark.parametrize(
    ("short", "check"),
    [
        ("a01M00000062mPg", "IAI"),
        ("001M000000qfPyS", "IAU"),
        ("0F9E000000092w2", "KAA"),
        ("AbCdEfGhIjKlMnO", "VKV"),
    ],
)
def test_a_short_id_and_its_long_form_are_one(short: str, check: str) -> None:
    assert full_id(short) == short + check
    assert full_id(short + check) == short + check


def test_one_record_twice_in_a_request_is_a_mistake_of_the_caller(writer: SalesforceWriter) -> None:
    with pytest.raises(ValueError, match="twice"):
        writer.update("Lead", [("00Q000000000001AAA", {}), ("00Q000000000001AAA", {})])
