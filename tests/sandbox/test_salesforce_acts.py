"""What happens in an org beside its API: merges, purges, late commits, locks, changes by the system."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal

DAY = 86_400


def lead(salesforce: Salesforce, name: str = "Diaz") -> str:
    return salesforce.create("Lead", LastName=name, Company="Home")


def test_merged_records_point_to_their_winner_and_hand_over_their_children(salesforce: Salesforce) -> None:
    winner, loser = lead(salesforce, "Winner"), lead(salesforce, "Loser")
    task = salesforce.create("Task", WhoId=loser, Subject="Call")
    before = salesforce.read("Task", task)
    salesforce.advance(60)
    salesforce.act("merge_records", object="Lead", winner=winner, losers=[loser])
    soql = f"SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true AND Id = '{loser}'"
    assert salesforce.query(soql, deleted=True) == [{"Id": loser, "MasterRecordId": winner}]
    moved = salesforce.read("Task", task)
    assert moved["WhoId"] == winner
    assert moved["SystemModstamp"] > before["SystemModstamp"]
    assert moved["LastModifiedDate"] == before["LastModifiedDate"]
    assert salesforce.read("Lead", winner)["LastModifiedDate"] > before["LastModifiedDate"]
    history = salesforce.query(f"SELECT IsDeleted FROM LeadHistory WHERE LeadId = '{loser}'", deleted=True)
    assert history == [{"IsDeleted": True}]


def test_an_undeleted_record_comes_back_with_its_id(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    salesforce.delete("Lead", id)
    salesforce.act("undelete", id=id)
    assert salesforce.read("Lead", id)["IsDeleted"] is False


def test_a_purge_leaves_no_row_and_no_deletion(salesforce: Salesforce) -> None:
    one, other = lead(salesforce), lead(salesforce)
    for id in (one, other):
        salesforce.delete("Lead", id)
    assert one in salesforce.act("purge", id=one)["ids"]
    assert salesforce.count(f"SELECT COUNT() FROM Lead WHERE Id = '{one}'", deleted=True) == 0
    assert salesforce.count(f"SELECT COUNT() FROM Lead WHERE Id = '{other}'", deleted=True) == 1
    assert refusal(salesforce.call("GET", f"/sobjects/Lead/{one}")) == (404, "NOT_FOUND")
    salesforce.act("purge")
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE IsDeleted = true", deleted=True) == 0
    refused = salesforce.http.post("/__sandbox__/act", json={"action": "undelete", "id": one})
    assert refused.status_code == 400


def test_the_bin_lets_go_of_a_record_after_fifteen_days(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Best", AccountId=account, SPOTIO_Id__c="kept")
    salesforce.delete("Account", account)
    salesforce.advance(14 * DAY)
    later = lead(salesforce)
    salesforce.delete("Lead", later)
    both = f"SELECT COUNT() FROM Contact WHERE Id = '{contact}'"
    assert salesforce.count(both, deleted=True) == 1
    salesforce.advance(DAY + 60)
    assert salesforce.count(both, deleted=True) == 0
    assert refusal(salesforce.call("GET", f"/sobjects/Contact/{contact}")) == (404, "NOT_FOUND")
    assert account not in {row["Id"] for row in salesforce.control_state("Account")}
    refused = salesforce.http.post("/__sandbox__/act", json={"action": "undelete", "id": account})
    assert "recycle bin" in refused.json()["error"]
    salesforce.act("undelete", id=later)
    now = parsedate_to_datetime(salesforce.call("GET", "/limits").headers["Date"])
    window = {"start": (now - timedelta(days=14)).isoformat(), "end": now.isoformat()}
    listed = salesforce.get("/sobjects/Account/deleted/", **window)
    assert listed["deletedRecords"] == []
    assert listed["earliestDateAvailable"][:10] == (now - timedelta(days=15)).isoformat()[:10]


def test_a_late_insert_bears_the_stamp_of_its_start(salesforce: Salesforce) -> None:
    fields = {"LastName": "Late", "Company": "Home"}
    id = salesforce.act("commit_late", object="Lead", fields=fields, seconds=300)["id"]
    early = lead(salesforce, "Early")
    assert salesforce.count(f"SELECT COUNT() FROM Lead WHERE Id = '{id}'") == 0
    salesforce.advance(301)
    late = lead(salesforce, "After")
    record = salesforce.read("Lead", id)
    assert record["SystemModstamp"] <= salesforce.read("Lead", early)["SystemModstamp"]
    assert record["SystemModstamp"] < salesforce.read("Lead", late)["SystemModstamp"]


def test_a_late_update_stays_unseen_and_holds_back_replication(salesforce: Salesforce) -> None:
    id = lead(salesforce, "Before")
    salesforce.advance(3600)
    began = salesforce.http.get("/__sandbox__/clock").json()["now"]
    salesforce.act("commit_late", object="Lead", id=id, fields={"LastName": "After"}, seconds=600)
    salesforce.advance(300)
    assert salesforce.read("Lead", id)["LastName"] == "Before"
    now = salesforce.http.get("/__sandbox__/clock").json()["now"]
    covered = salesforce.get("/sobjects/Lead/updated", start=began, end=now)["latestDateCovered"]
    assert covered[:16] == began[:16]
    salesforce.advance(301)
    record = salesforce.read("Lead", id)
    assert (record["LastName"], record["SystemModstamp"][:19] <= began[:19]) == ("After", True)


def test_a_locked_row_cannot_be_written_until_it_is_let_go(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    salesforce.act("lock_row", id=id, seconds=60)
    for method in ("PATCH", "DELETE"):
        answer = salesforce.call(method, f"/sobjects/Lead/{id}", json={"Title": "x"})
        assert refusal(answer) == (400, "UNABLE_TO_LOCK_ROW")
    salesforce.advance(61)
    salesforce.update("Lead", id, Title="x")
    salesforce.act("lock_row", id=id)
    salesforce.advance(86_400)
    assert refusal(salesforce.call("DELETE", f"/sobjects/Lead/{id}")) == (400, "UNABLE_TO_LOCK_ROW")
    salesforce.act("unlock_row", id=id)
    salesforce.delete("Lead", id)


def test_a_system_change_moves_only_the_system_stamp(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    salesforce.advance(60)
    salesforce.act("system_update", id=id, fields={"EmailBouncedReason": "mailbox full"})
    record = salesforce.read("Lead", id)
    assert record["EmailBouncedReason"] == "mailbox full"
    assert record["SystemModstamp"] > record["LastModifiedDate"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"action": "levitate"}, "known are add_assignment_rule"),
        ({"action": "lock_row"}, "id is missing"),
        ({"action": "lock_row", "id": "nonsense"}, "not an id"),
        ({"action": "commit_late", "object": "Lead", "fields": {}, "seconds": 5}, "REQUIRED_FIELD_MISSING"),
        ({"action": "commit_late", "object": "Lead", "fields": {}, "seconds": "soon"}, "seconds is a number"),
        (
            {"action": "add_field", "object": "Lead", "field": {"name": "x__c", "type": "hologram"}},
            "type is one of",
        ),
        ({"action": "hide_field", "object": "Nothing", "name": "x"}, "no object Nothing"),
        (
            {
                "action": "add_field",
                "object": "Lead",
                "field": {"name": "x__c", "type": "picklist", "values": 5},
            },
            "not written as those in objects/",
        ),
        ({"action": "add_object", "name": "Survey"}, "ends in __c"),
        ({"action": "add_object", "name": "Survey__c", "fields": [5]}, "what add_field takes"),
        ({"action": "restrict_object", "object": "Lead", "allow": [[]]}, "allow lists some of read"),
        ({"action": "restrict_field", "object": "Lead", "name": "Nope"}, "Lead has no field Nope"),
        (
            {"action": "grant_permission", "permission": "Everything"},
            "permission is one of BulkApiHardDelete",
        ),
        (
            {"action": "add_assignment_rule", "object": "Lead", "name": "x", "entries": [5]},
            "owner is missing",
        ),
        ({"action": "add_duplicate_rule", "object": "Lead", "name": "x", "fields": [5]}, "list of names"),
        (
            {"action": "limit_picklist", "object": "Lead", "name": "Status", "record_type": "Nope"},
            "Lead has no record type Nope",
        ),
        (
            {"action": "add_field_update", "object": "Lead", "name": "x", "field": "Title", "case": "snake"},
            "case is one of upper",
        ),
    ],
)
def test_an_act_that_cannot_be_done_says_why(
    salesforce: Salesforce, body: dict[str, object], reason: str
) -> None:
    answer = salesforce.http.post("/__sandbox__/act", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
