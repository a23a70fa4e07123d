"""Answers that are not what was asked for: none at all, somebody else's, and members that are null or left out."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tenacity

from data.schema import Field, MirrorTable
from sync.connectors import http
from sync.connectors.http import Client, Session
from sync.connectors.salesforce import session
from sync.connectors.salesforce.api import Reader, SalesforceApi
from sync.connectors.spotio import api as spotio_api
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import SpotioApi
from sync.errors import LostAnswerError, RejectedError, SignInError, StopSystemError, UnreachableError
from sync.settings import SalesforceSettings, SpotioSettings
from tests.connectors.scripted import Asked, Says, Scripted

PAGE = b"<!doctype html><title>Welcome</title><h1>It works</h1>"


def salesforce_at(url: str) -> SalesforceSettings:
    return SalesforceSettings.model_validate({"url": url, "client_id": "c", "client_secret": "s"})


def spotio_at(url: str) -> SpotioSettings:
    return SpotioSettings.model_validate({"url": url, "client_id": "c", "secret": "s"})


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timeouts of a moment and no pauses, so that a test need not wait for the real ones."""
    short = httpx.Timeout(0.1)
    monkeypatch.setattr(http, "TIMEOUT", short)
    monkeypatch.setattr(spotio_api, "TIMEOUT", short)
    monkeypatch.setattr(session, "_TIMEOUT_SECONDS", (0.1, 0.1))
    monkeypatch.setattr(http, "_growing", tenacity.wait_none())


def test_no_call_waits_without_end() -> None:
    limits = (http.TIMEOUT.connect, http.TIMEOUT.read, http.TIMEOUT.write, http.TIMEOUT.pool)
    assert all(limit is not None and limit > 0 for limit in (*limits, *session._TIMEOUT_SECONDS))


@pytest.mark.usefixtures("impatient")
def test_a_server_that_never_answers_is_given_up(silent: str) -> None:
    client = Client("spotio", lambda: Session(silent, {}), rate=100, concurrency=2, attempts=2)
    with pytest.raises(UnreachableError, match=r"ReadTimeout.* in 2 attempts"):
        client.request("GET", "/api/users")
    with pytest.raises(LostAnswerError, match="what became"):
        client.request("POST", "/api/Webhooks", json={})
    client.close()


@pytest.mark.usefixtures("impatient")
def test_a_sign_in_that_is_never_answered_is_given_up(silent: str) -> None:
    with (
        SpotioApi(spotio_at(silent)) as spotio,
        pytest.raises(UnreachableError, match="spotio did not answer"),
    ):
        spotio.users()
    with (
        SalesforceApi(salesforce_at(silent)) as salesforce,
        pytest.raises(UnreachableError, match="salesforce did not answer"),
    ):
        salesforce.server_time()


@pytest.mark.parametrize("body", [PAGE, b"", b"[]", b'{"accessToken": null}', b'{"token": "t"}', b"\xff"])
def test_an_address_that_is_not_spotios_is_said(body: bytes) -> None:
    with Scripted(lambda _: Says(200, body)).running() as server, SpotioApi(spotio_at(server.url)) as api:
        with pytest.raises(StopSystemError) as refused:
            api.users()
        assert "FIELDLINE_SPOTIO__URL" in str(refused.value)


@pytest.mark.parametrize("body", [PAGE, b"", b"[]", b'{"token": "t"}', b"\xff"])
def test_an_address_that_is_not_salesforces_is_said(body: bytes) -> None:
    with Scripted(lambda _: Says(200, body)).running() as server:
        with SalesforceApi(salesforce_at(server.url)) as api, pytest.raises(SignInError) as refused:
            api.server_time()
        assert "\n" not in str(refused.value)


def _signed_in(answer: Callable[[Asked], Says]) -> Callable[[Asked], Says]:
    """A SPOTIO that signs anybody in and answers the rest like this."""
    token = json.dumps({"accessToken": "t"}).encode()
    return lambda asked: Says(200, token) if asked.path.endswith("/apitoken") else answer(asked)


@pytest.mark.parametrize("body", [PAGE, b"", b'{"items": [', b"7", b"null"])
def test_an_answer_that_is_no_json_of_spotios_fails_that_request_alone(body: bytes) -> None:
    with (
        Scripted(_signed_in(lambda _: Says(200, body))).running() as server,
        SpotioApi(spotio_at(server.url)) as api,
    ):
        with pytest.raises(RejectedError, match="SPOTIO"):
            list(api.records(None))
        with pytest.raises(RejectedError, match="SPOTIO"):
            api.workflow()


@pytest.mark.parametrize(
    "body", [PAGE, b"", b'{"totalSize": 1, "done": true, "records": [{"Id": "1"}, [{"errorCode"', b"[]"]
)
def test_a_page_of_salesforce_that_breaks_off_fails_its_table_alone(body: bytes) -> None:
    token = json.dumps({"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}).encode()
    with (
        Scripted(lambda asked: Says(200, token if "oauth2" in asked.path else body)).running() as server,
        SalesforceApi(salesforce_at(server.url)) as api,
        pytest.raises(RejectedError, match="Salesforce"),
    ):
        api.first_page(
            Reader(MirrorTable("salesforce", "lead", "Lead", "Id", (Field("Id", "id", "varchar"),))),
            "SELECT Id FROM Lead",
        )


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_with_our_token(status: int) -> None:
    with Scripted(lambda _: Says(200, b"{}")).running() as elsewhere:
        moved = _signed_in(lambda _: Says(status, b"", {"Location": elsewhere.url}))
        with (
            Scripted(moved).running() as server,
            SpotioApi(spotio_at(server.url)) as api,
            pytest.raises(RejectedError),
        ):
            api.users()
        assert elsewhere.asked == []


def workflow(**members: Any) -> dict[str, Any]:
    return {"dataObjects": [{"id": 1, "name": "Lead", **members}], **members}


@pytest.mark.parametrize(
    "members", [{}, {"fields": None, "stages": None, "activities": None}, {"fields": [], "stages": {}}]
)
def test_a_workflow_without_fields_and_stages_is_taken(members: dict[str, Any]) -> None:
    described = workflow(**members)
    table = tables.record_table(described)
    assert tables.custom_columns(table) == []
    assert (
        tables.stage_rows(described) == tables.field_rows(described) == tables.template_rows(described) == []
    )


def test_members_that_are_null_and_members_that_are_left_out_are_the_same() -> None:
    field = {"id": 7, "name": "Roof", "type": "multiChoice", "activeOptions": None}
    table = tables.record_table(workflow(fields=[field]))
    custom = tables.custom_columns(table)
    left_out: dict[str, Any] = {"id": 5, "typeId": 1}
    nulls = dict.fromkeys(table.columns) | left_out | {"pin": None, "fields": None, "callsCount": None}
    half = left_out | {
        "pin": {"lat": None},
        "fields": [{"fieldId": 7}, {"fieldId": 8, "value": None, "values": None}],
    }
    rows = [tables.record_row(item, custom) for item in (left_out, nulls, half)]
    read = tables.rows_table(table, rows).to_pylist()
    assert read[0] == read[1] == read[2]
    assert (read[0]["id"], read[0]["typeId"], read[0]["f_7"], read[0]["lat"]) == ("5", "1", None, None)

    bare: dict[str, Any] = {"id": 9}
    empty: dict[str, Any] = {
        "id": "9",
        "dataObject": None,
        "transition": None,
        "ownerChanged": None,
        "lossReasons": [],
    }
    activities = [tables.activity_row(item) for item in (bare, empty)]
    one, other = tables.rows_table(tables.ACTIVITY, activities).to_pylist()
    assert one == other


def test_an_id_is_the_same_text_whether_it_came_as_a_number_or_as_text() -> None:
    table = tables.record_table(workflow())
    rows = [tables.record_row({"id": value, "ownerId": value}, []) for value in (12, "12")]
    one, other = tables.rows_table(table, rows).to_pylist()
    assert one == other
    assert one["id"] == "12"


def _bulk(headers: dict[str, str]) -> Callable[[Asked], Says]:
    token = json.dumps({"access_token": "00D!x", "instance_url": "https://x", "id": "x"}).encode()
    return lambda asked: Says(200, token) if "oauth2" in asked.path else Says(200, b'"Id"\n"1"\n', headers)


@pytest.mark.requirement("CO-16")
def test_a_page_of_bulk_results_that_does_not_say_what_follows_is_not_taken_for_the_last(
    tmp_path: Path,
) -> None:
    said: dict[str, str | None] = {}
    for locator in ("null", "more"):
        with (
            Scripted(_bulk({"Sforce-Locator": locator})).running() as server,
            SalesforceApi(salesforce_at(server.url)) as api,
        ):
            said[locator] = api.bulk_page("750", None, 10, tmp_path / "page.csv")
    assert said == {"null": None, "more": "more"}
    with (
        Scripted(_bulk({})).running() as server,
        SalesforceApi(salesforce_at(server.url)) as api,
        pytest.raises(RejectedError, match="whether more rows follow"),
    ):
        api.bulk_page("750", None, 10, tmp_path / "page.csv")


def test_a_historys_old_value_may_be_of_any_type() -> None:
    table = MirrorTable("salesforce", "leadhistory", "LeadHistory", "Id", (
        Field("Id", "id", "varchar"), Field("OldValue", "anyType", "varchar"),
    ))  # fmt: skip
    values: list[Any] = ["New", 12, 2.5, True, None]
    body = {
        "totalSize": 5,
        "done": True,
        "records": [{"Id": str(n), "OldValue": v} for n, v in enumerate(values)],
    }
    page = Reader(table).decode(json.dumps(body).encode())
    assert page.rows.column("OldValue").to_pylist() == ["New", "12", "2.5", "true", None]
