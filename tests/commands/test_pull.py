"""`fieldline pull`: what it reports, and what it says when a system does not let it in."""

from __future__ import annotations

import json
import signal
from typing import Any

import httpx
import pytest

from sync.sandbox.server import Sandbox
from tests.commands.gate import Gate
from tests.commands.program import PATIENCE_SECONDS, Ended, Fieldline, free_port, only, sentence

SALESFORCE, SPOTIO = 0, 1
COUNTS = {
    "system",
    "table",
    "read",
    "inserted",
    "changed",
    "deleted",
    "calls",
    "source_count",
    "mirror_count",
}


def order(sandbox: Sandbox, system: int, **fault: Any) -> None:
    """Order a fault at the Salesforce or SPOTIO stand-in."""
    httpx.post(f"{sandbox.urls[system]}/__sandbox__/faults", json=[fault]).raise_for_status()


def act(sandbox: Sandbox, system: int, **action: Any) -> Any:
    return httpx.post(f"{sandbox.urls[system]}/__sandbox__/act", json=action).raise_for_status().json()


def log_of(fieldline: Fieldline) -> list[dict[str, Any]]:
    """The runs in the store, the first one first."""
    asked = fieldline.here("query", "select * from sync.run order by number", "--json").json
    return [dict(zip(asked["columns"], row, strict=True)) for row in asked["rows"]]


def problems_of(fieldline: Fieldline) -> list[list[Any]]:
    sql = "select system, code from sync.problem where resolved_at is null order by all"
    rows: list[list[Any]] = fieldline.here("query", sql, "--json").json["rows"]
    return rows


def test_a_first_pull_makes_the_store_and_reports_each_table_on_one_line_of_json(
    fieldline: Fieldline, sandbox: Sandbox
) -> None:
    ended = fieldline.run("pull", "--json")
    assert ended.code == 0, ended.err
    assert ended.out.count("\n") == 1
    assert ended.err == ""
    report = ended.json
    assert {"run", "outcome", "tables", "problems"} == set(report)
    assert (report["outcome"], report["problems"]) == ("done", [])
    tables = {(table["system"], table["table"]): table for table in report["tables"]}
    assert all(set(table) >= COUNTS for table in report["tables"])
    state = httpx.get(f"{sandbox.urls[SPOTIO]}/__sandbox__/state").json()
    for table, rows in (("record", "dataObjects"), ("user", "users"), ("territory", "territories")):
        assert tables["spotio", table]["mirror_count"] == len(state[rows])
    state = httpx.get(f"{sandbox.urls[SALESFORCE]}/__sandbox__/state").json()
    for sobject in ("Lead", "Account", "Task", "User"):
        live = sum(not row.get("IsDeleted") for row in state[sobject])
        counted = tables["salesforce", sobject.lower()]
        assert (counted["source_count"], counted["mirror_count"]) == (live, live)
    assert [run["outcome"] for run in log_of(fieldline)] == ["done"]


def test_a_pull_for_people_is_a_table_and_a_line(fieldline: Fieldline, sandbox: Sandbox) -> None:
    fieldline.settings = only(sandbox.env, "salesforce") | {"FIELDLINE_SALESFORCE__OBJECTS": "Lead,Account"}
    ended = fieldline.here("pull")
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].split()[:4] == ["System", "Table", "Read", "New"]
    assert [line.split()[:2] for line in lines[1:3]] == [["salesforce", "lead"], ["salesforce", "account"]]
    assert lines[-1] == "Run r-1: done."


def test_one_system_needs_only_its_own_settings(fieldline: Fieldline, sandbox: Sandbox) -> None:
    for system in ("spotio", "salesforce", "salesscreen"):
        fieldline.settings = only(sandbox.env, system) | {"FIELDLINE_SALESFORCE__OBJECTS": "Lead"}
        ended = fieldline.here("pull", "--system", system, "--json")
        assert ended.code == 0, ended.out
        assert {table["system"] for table in ended.json["tables"]} == {system}


def test_settings_that_are_missing_are_named(bare: Fieldline) -> None:
    ended = bare.here("pull", "--system", "salesforce", "--json")
    assert ended.code == 2
    assert ended.json["exit"] == 2
    said = sentence(ended.err)
    assert "FIELDLINE_SALESFORCE__URL" in said
    assert "FIELDLINE_SALESFORCE__CLIENT_ID" in said
    assert "FIELDLINE_SALESFORCE__CLIENT_SECRET" in said
    assert "SPOTIO" not in said
    ended = bare.here("pull")
    assert (ended.code, ended.out) == (2, "")
    assert "FIELDLINE_SPOTIO__SECRET" in sentence(ended.err)


def test_a_system_that_does_not_exist_is_bad_usage(fieldline: Fieldline) -> None:
    ended = fieldline.here("pull", "--system", "hubspot")
    assert ended.code == 2
    assert "'hubspot'" in sentence(ended.err)


def refused(ended: Ended, *words: str) -> None:
    """A pull that could not be done says so in one problem with these words, and exits with 1."""
    assert ended.code == 1, ended.err
    assert "Traceback" not in ended.err
    (problem,) = ended.json["problems"]
    for word in words:
        assert word in f"{problem['text']} {problem['advice']}"


@pytest.mark.parametrize(
    ("system", "setting"), [("spotio", "SECRET"), ("spotio", "CLIENT_ID"), ("salesforce", "CLIENT_SECRET")]
)
def test_wrong_credentials_are_one_sentence_and_a_failed_run(
    fieldline: Fieldline, system: str, setting: str
) -> None:
    fieldline.settings[f"FIELDLINE_{system.upper()}__{setting}"] = "not-the-one"
    ended = fieldline.here("pull", "--system", system, "--json")
    refused(ended, "did not accept", f"FIELDLINE_{system.upper()}__CLIENT_ID")
    assert (ended.json["outcome"], ended.json["problems"][0]["code"]) == ("failed", "sign_in_refused")
    assert "not-the-one" not in ended.out + ended.err
    (run,) = log_of(fieldline)
    assert run["outcome"] == "failed"
    assert "did not accept" in run["text"]
    assert problems_of(fieldline) == [[system, "sign_in_refused"]]


def test_one_system_that_refuses_leaves_the_other_done_and_is_forgotten_once_it_lets_us_in(
    fieldline: Fieldline, sandbox: Sandbox
) -> None:
    fieldline.settings |= {
        "FIELDLINE_SALESFORCE__OBJECTS": "Lead",
        "FIELDLINE_SALESFORCE__CLIENT_SECRET": "not-the-one",
    }
    ended = fieldline.here("pull", "--json")
    refused(ended, "Salesforce did not accept")
    assert ended.json["outcome"] == "partial"
    records = next(t for t in ended.json["tables"] if (t["system"], t["table"]) == ("spotio", "record"))
    assert records["mirror_count"] == records["source_count"] > 0
    fieldline.settings["FIELDLINE_SALESFORCE__CLIENT_SECRET"] = sandbox.env[
        "FIELDLINE_SALESFORCE__CLIENT_SECRET"
    ]
    assert fieldline.here("pull", "--json").code == 0
    assert [run["outcome"] for run in log_of(fieldline)] == ["partial", "done"]
    assert problems_of(fieldline) == []


def test_a_token_revoked_in_the_middle_is_replaced_and_nothing_is_missing(
    fieldline: Fieldline, sandbox: Sandbox
) -> None:
    fieldline.settings["FIELDLINE_SALESFORCE__OBJECTS"] = "Lead"
    for system, path in ((SALESFORCE, "/queryAll"), (SPOTIO, "/api/Exports/dataObjects/data")):
        order(sandbox, system, action="status", status=401, match={"path": path})
    ended = fieldline.here("pull", "--json")
    assert (ended.code, ended.json["problems"]) == (0, [])
    for table in ended.json["tables"]:
        if (table["system"], table["table"]) in {("salesforce", "lead"), ("spotio", "record")}:
            assert table["mirror_count"] == table["source_count"] > 0


@pytest.mark.parametrize("system", ["spotio", "salesforce"])
def test_a_key_whose_access_was_withdrawn_ends_the_pull_in_one_sentence(
    fieldline: Fieldline, sandbox: Sandbox, system: str
) -> None:
    number = SPOTIO if system == "spotio" else SALESFORCE
    path = "/api/users$" if system == "spotio" else "/queryAll"
    order(sandbox, number, action="status", status=401, match={"path": path}, times=-1)
    ended = fieldline.here("pull", "--system", system, "--json")
    refused(ended, "refuses the session", "permissions")
    assert log_of(fieldline)[0]["outcome"] == "failed"


def test_an_integration_user_who_was_deactivated_is_said(fieldline: Fieldline, sandbox: Sandbox) -> None:
    act(sandbox, SALESFORCE, action="deactivate_user", id=sandbox.salesforce.org.integration_user_id)
    refused(fieldline.here("pull", "--system", "salesforce", "--json"), "inactive user")


def test_a_permission_that_is_missing_is_said_with_what_to_give(
    fieldline: Fieldline, sandbox: Sandbox
) -> None:
    order(sandbox, SPOTIO, action="status", status=403, match={"path": "/api/workflow"}, times=-1)
    ended = fieldline.here("pull", "--system", "spotio", "--json")
    refused(ended, "SPOTIO refuses this to our API key", "Admin")
    assert ended.json["problems"][0]["code"] == "permission_missing"
    assert log_of(fieldline)[0]["outcome"] == "failed"


def test_an_object_that_the_account_does_not_see_fails_alone(fieldline: Fieldline) -> None:
    fieldline.settings["FIELDLINE_SALESFORCE__OBJECTS"] = "Lead,Shipment__c,Account"
    ended = fieldline.here("pull", "--system", "salesforce", "--json")
    refused(ended, "Shipment__c", "FIELDLINE_SALESFORCE__OBJECTS")
    assert ended.json["outcome"] == "partial"
    counts = {table["table"]: table["mirror_count"] for table in ended.json["tables"]}
    assert counts["lead"] > 0
    assert counts["account"] > 0


@pytest.mark.parametrize("system", ["spotio", "salesforce"])
def test_a_system_that_is_not_there_is_said_with_its_address(fieldline: Fieldline, system: str) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    fieldline.settings[f"FIELDLINE_{system.upper()}__URL"] = nowhere
    refused(fieldline.here("pull", "--system", system, "--json"), "does not answer", nowhere)


def test_something_else_at_the_address_is_said_and_is_no_fault_of_ours(
    fieldline: Fieldline, sandbox: Sandbox
) -> None:
    fieldline.settings["FIELDLINE_SPOTIO__URL"] = sandbox.urls[SALESFORCE]
    ended = fieldline.here("pull", "--system", "spotio", "--json")
    refused(ended, "SPOTIO")


@pytest.mark.requirement("CO-01")
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_pull_asked_to_end_ends_between_two_steps_and_the_next_goes_on(
    fieldline: Fieldline, sandbox: Sandbox, asked: signal.Signals
) -> None:
    with Gate(sandbox.urls[SPOTIO]) as gate:
        fieldline.settings |= {"FIELDLINE_SPOTIO__URL": gate.url}
        gate.hold("/api/v2/activities/feed")
        with fieldline.started("pull", "--system", "spotio", "--json") as pull:
            assert gate.waiting.wait(PATIENCE_SECONDS)
            pull.process.send_signal(asked)
            gate.open()
            out, _ = pull.process.communicate(timeout=PATIENCE_SECONDS)
        assert pull.process.returncode == 1
        assert json.loads(out)["outcome"] == "stopped"
        assert pull.err == ""
        ended = fieldline.here("pull", "--system", "spotio", "--json")
    assert (ended.code, ended.json["outcome"]) == (0, "done")
    assert [run["outcome"] for run in log_of(fieldline)] == ["stopped", "done"]
    activities = next(table for table in ended.json["tables"] if table["table"] == "activity")
    assert activities["mirror_count"] == activities["source_count"]


@pytest.mark.requirement("CO-17")
def test_a_backup_put_back_undoes_what_was_pulled_since(fieldline: Fieldline, sandbox: Sandbox) -> None:
    fieldline.settings = only(sandbox.env, "salesforce") | {"FIELDLINE_SALESFORCE__OBJECTS": "Lead"}
    assert fieldline.here("pull").code == 0
    backup = fieldline.here("backup", "kept.duckdb", "--json")
    assert backup.code == 0
    assert set(backup.json) == {"path", "bytes", "schema"}
    assert (fieldline.folder / "kept.duckdb").stat().st_size == backup.json["bytes"]
    digest = "select count(*) as rows, bit_xor(hash(l)) as held, max(_pulled_at) as at from salesforce.lead l"
    before = fieldline.here("query", digest, "--json").json
    lead = httpx.get(f"{sandbox.urls[SALESFORCE]}/__sandbox__/state?object=Lead").json()["Lead"][0]
    act(sandbox, SALESFORCE, action="system_update", id=lead["Id"], fields={"Company": "Renamed Ltd"})
    assert fieldline.here("pull").code == 0
    assert fieldline.here("query", digest, "--json").json != before
    restored = fieldline.here("restore", "kept.duckdb", "--json")
    assert restored.code == 0
    assert set(restored.json) == {"restored", "kept", "erased_again"}
    assert fieldline.here("query", digest, "--json").json == before
    assert [run["outcome"] for run in log_of(fieldline)] == ["done"]
    # The store of before the restore is whole beside it, and the restored one goes on from where it stood.
    kept = f"duckdb:///{restored.json['kept']}"
    later = fieldline.here("query", "select count(*) from sync.run", "--store", kept, "--json")
    assert later.json["rows"] == [[2]]
    assert fieldline.here("pull").code == 0
    renamed = "select Company from salesforce.lead where Company = 'Renamed Ltd'"
    assert len(fieldline.here("query", renamed, "--json").json["rows"]) == 1
