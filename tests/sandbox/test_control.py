"""The control routes: state, faults of every kind, clock, reset, tokens, and the server as a command."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.sandbox.server import PortInUseError, Sandbox, bind
from tests.sandbox.salesforce_client import Salesforce, refusal

LIMITS = {"method": "GET", "path": "/limits"}
CREATES = {"method": "POST", "path": r"/sobjects/Lead/?$"}
LEAD = {"LastName": "Faulty", "Company": "Fault"}


def order(salesforce: Salesforce, **fault: Any) -> Any:
    return salesforce.control("faults", [fault])


def faulty_leads(salesforce: Salesforce) -> int:
    return salesforce.count("SELECT COUNT() FROM Lead WHERE LastName = 'Faulty'")


def test_a_status_fault_answers_in_the_systems_own_shape_so_many_times(salesforce: Salesforce) -> None:
    order(salesforce, match=LIMITS, action="status", status=503, times=2)
    for _ in range(2):
        answer = salesforce.call("GET", "/limits")
        assert refusal(answer) == (503, "SERVER_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "1"
        assert "Date" in answer.headers
    assert salesforce.call("GET", "/limits").status_code == 200


def test_a_fault_meets_only_its_method_and_path(salesforce: Salesforce) -> None:
    order(salesforce, match={"path": r"q=.*LeadHistory"}, action="status", status=500)
    order(salesforce, match={"method": "DELETE"}, action="status", status=401, times=-1)
    assert salesforce.count("SELECT COUNT() FROM Lead") > 0
    failed = salesforce.call("GET", "/query", params={"q": "SELECT COUNT() FROM LeadHistory"})
    assert failed.status_code == 500
    assert salesforce.count("SELECT COUNT() FROM LeadHistory") > 0
    id = salesforce.create("Lead", **LEAD)
    for _ in range(3):
        refused = salesforce.call("DELETE", f"/sobjects/Lead/{id}")
        assert refusal(refused) == (401, "INVALID_SESSION_ID")


def test_a_connection_dropped_before_leaves_nothing_and_one_dropped_after_keeps_the_write(
    salesforce: Salesforce,
) -> None:
    order(salesforce, match=CREATES, action="drop_before")
    with pytest.raises(httpx.TransportError):
        salesforce.call("POST", "/sobjects/Lead", json=LEAD)
    assert faulty_leads(salesforce) == 0
    order(salesforce, match=CREATES, action="drop_after")
    with pytest.raises(httpx.TransportError):
        salesforce.call("POST", "/sobjects/Lead", json=LEAD)
    assert faulty_leads(salesforce) == 1


def test_a_duplicated_request_is_carried_out_twice(salesforce: Salesforce) -> None:
    order(salesforce, match=CREATES, action="duplicate")
    salesforce.create("Lead", **LEAD)
    assert faulty_leads(salesforce) == 2
    salesforce.create("Lead", **LEAD)
    assert faulty_leads(salesforce) == 3


def test_a_delayed_request_is_answered_all_the_same(salesforce: Salesforce) -> None:
    order(salesforce, match=LIMITS, action="delay", seconds=0.05)
    assert salesforce.call("GET", "/limits").status_code == 200


def test_a_reordered_request_is_overtaken_by_the_next(salesforce: Salesforce, sandbox: Sandbox) -> None:
    id = salesforce.create("Lead", **LEAD)
    order(salesforce, match={"method": "PATCH", "path": id}, action="reorder", seconds=30)
    first = threading.Thread(target=lambda: salesforce.update("Lead", id, Title="sent first"))
    with Salesforce(sandbox.urls[0]) as other:
        first.start()
        while other.http.get("/__sandbox__/faults").json():
            pass
        other.update("Lead", id, Title="sent second")
        first.join()
        assert other.read("Lead", id)["Title"] == "sent first"


def test_faults_are_listed_until_they_are_used_and_can_be_cleared(salesforce: Salesforce) -> None:
    listed = order(salesforce, match=LIMITS, action="delay", seconds=0, times=2)
    assert [(each["action"], each["times"], each["match"]) for each in listed] == [("delay", 2, LIMITS)]
    salesforce.call("GET", "/limits")
    assert salesforce.http.get("/__sandbox__/faults").json()[0]["times"] == 1
    salesforce.call("GET", "/limits")
    assert salesforce.http.get("/__sandbox__/faults").json() == []
    order(salesforce, action="status", status=500, times=-1)
    assert salesforce.http.delete("/__sandbox__/faults").json() == []
    assert salesforce.call("GET", "/limits").status_code == 200


def test_faults_belong_to_one_port(salesforce: Salesforce, sandbox: Sandbox) -> None:
    httpx.post(
        f"{sandbox.urls[1]}/__sandbox__/faults", json=[{"action": "status", "status": 500, "times": -1}]
    )
    assert salesforce.call("GET", "/limits").status_code == 200
    assert httpx.get(f"{sandbox.urls[1]}/anything").status_code == 500


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"action": "explode"}, "action is one of status"),
        ({"action": "status"}, "names its status"),
        ({"action": "delay", "target": "planets"}, "target is one of"),
        ({"action": "delay", "match": {"path": "("}}, "not a regular expression"),
        ({"action": "delay", "match": {"colour": "red"}}, "match holds"),
        ({"action": "delay", "how": "slowly"}, "unknown key"),
        ("delay", "a fault is an object"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(salesforce: Salesforce, fault: Any, reason: str) -> None:
    answer = salesforce.http.post("/__sandbox__/faults", json=[fault])
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("faults", b"{}"),
        ("clock", b'{"advance_seconds": -1}'),
        ("clock", b"{}"),
        ("token", b"{}"),
        ("token", b'{"user": "nobody@example.com"}'),
        ("act", b"{}"),
        ("act", b"not json"),
        ("act", b"[]"),
    ],
)
def test_a_control_request_that_cannot_be_done_is_a_400(sandbox: Sandbox, path: str, content: bytes) -> None:
    for url in sandbox.urls:
        answer = httpx.post(f"{url}/__sandbox__/{path}", content=content)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_state_shows_rows_as_the_wire_does_deleted_ones_too(salesforce: Salesforce) -> None:
    id = salesforce.create("Lead", **LEAD)
    salesforce.delete("Lead", id)
    rows = salesforce.http.get("/__sandbox__/state", params={"object": "lead"}).json()["Lead"]
    found = next(row for row in rows if row["Id"] == id)
    wire = salesforce.query(f"SELECT FIELDS(ALL) FROM Lead WHERE Id = '{id}' LIMIT 1", deleted=True)[0]
    assert found == {name: value for name, value in wire.items() if name != "Address"}
    assert found["IsDeleted"] is True


def test_state_begins_at_an_instant_and_its_first_user_is_an_active_administrator(
    salesforce: Salesforce,
) -> None:
    salesforce.advance(60)
    now = salesforce.http.get("/__sandbox__/clock").json()["now"]
    id = salesforce.create("Lead", **LEAD)
    state = salesforce.http.get("/__sandbox__/state", params={"since": now[:19] + "Z"}).json()
    assert [row["Id"] for row in state["Lead"]] == [id]
    assert state["Account"] == []
    everything = salesforce.http.get("/__sandbox__/state").json()
    first = everything["User"][0]
    assert (first["IsActive"], first["Username"]) == (True, "admin@brightwater.example.com")
    assert salesforce.http.get("/__sandbox__/state", params={"object": "Nothing"}).status_code == 400
    assert salesforce.http.get("/__sandbox__/state", params={"since": "yesterday"}).status_code == 400


@pytest.mark.parametrize("port", [0, 1, 2])
def test_each_port_shows_its_objects(sandbox: Sandbox, port: int) -> None:
    expected = (
        {"Lead", "Account", "User", "Task", "OpportunityStage"},
        {"dataObjects", "activities", "appointments", "users", "teams", "territories"},
        {"records", "users", "teams"},
    )
    assert expected[port] <= httpx.get(f"{sandbox.urls[port]}/__sandbox__/state").json().keys()


def test_a_reset_takes_every_system_back_and_keeps_tokens_and_time(
    salesforce: Salesforce, sandbox: Sandbox
) -> None:
    def everything() -> list[Any]:
        return [httpx.get(f"{url}/__sandbox__/state").json() for url in sandbox.urls]

    before = everything()
    kept = salesforce.query("SELECT Id FROM Lead LIMIT 1")[0]["Id"]
    salesforce.delete("Lead", kept)
    created = salesforce.create("Lead", **LEAD)
    salesforce.act("add_field", object="Lead", field={"name": "Roof__c", "type": "string"})
    salesforce.act("lock_row", id=created)
    salesforce.act("commit_late", object="Account", fields={"Name": "Too late"}, seconds=1)
    order(salesforce, action="status", status=500, times=-1)
    salesforce.advance(3600)
    now = salesforce.http.get("/__sandbox__/clock").json()["now"]
    assert httpx.post(f"{sandbox.urls[2]}/__sandbox__/reset").status_code == 200
    assert everything() == before
    assert salesforce.http.get("/__sandbox__/clock").json()["now"] >= now
    assert salesforce.create("Lead", **LEAD) == created


def test_one_clock_serves_all_three(sandbox: Sandbox) -> None:
    def times() -> list[str]:
        return [httpx.get(f"{url}/__sandbox__/clock").json()["now"] for url in sandbox.urls]

    before = times()
    httpx.post(f"{sandbox.urls[1]}/__sandbox__/clock", json={"advance_seconds": 86_400})
    assert all(after[:10] > earlier[:10] for earlier, after in zip(before, times(), strict=True))


def test_a_taken_port_is_named() -> None:
    sockets = bind(0)
    port = sockets[0].getsockname()[1]
    try:
        with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is in use"):
            bind(port)
    finally:
        for each in sockets:
            each.close()


@pytest.mark.parametrize("live", [False, True])
def test_the_server_says_where_it_is_and_ends_with_0_on_sigterm(live: bool) -> None:
    program = (
        "import json, sys; from sync.sandbox.server import serve\n"
        f"serve(0, 1, 'tiny', {live}, lambda env: print(json.dumps(env), flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        env = json.loads(process.stdout.readline())
        asks: list[Callable[[], httpx.Response]] = [
            lambda: httpx.get(env["FIELDLINE_SALESFORCE__URL"] + "/services/data"),
            lambda: httpx.get(env["FIELDLINE_SPOTIO__URL"] + "/__sandbox__/clock"),
            lambda: httpx.get(env["FIELDLINE_SALESSCREEN__URL"] + "/__sandbox__/clock"),
        ]
        assert [ask().status_code for ask in asks] == [200, 200, 200]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(("port", "system"), [(0, "Salesforce"), (1, "SPOTIO"), (2, "SalesScreen")])
def test_the_page_about_the_stand_ins_lists_every_action_and_no_other(
    sandbox: Sandbox, port: int, system: str
) -> None:
    answer = httpx.post(f"{sandbox.urls[port]}/__sandbox__/act", json={"action": "none such"})
    known = set(re.split(r", ", re.split(r"known are |is not one of ", answer.json()["error"])[1]))
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    section = re.split(r"^#+ ", page.split(f"### Actions of {system}\n")[1], flags=re.MULTILINE)[0]
    first_cells = re.findall(r"^\| (`[^|]+) \|", section, flags=re.MULTILINE)
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} == known
