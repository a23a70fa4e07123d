"""Signing in, being signed out, and simple-salesforce as it comes from the package index."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce as SimpleSalesforce

from sync.sandbox.server import Sandbox
from tests.sandbox.salesforce_client import Salesforce, refusal


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.urls[0]) as client:
        yield client


def credentials(sandbox: Sandbox) -> dict[str, str]:
    return {
        "client_id": sandbox.env["FIELDLINE_SALESFORCE__CLIENT_ID"],
        "client_secret": sandbox.env["FIELDLINE_SALESFORCE__CLIENT_SECRET"],
    }


def sign_in(http: httpx.Client, sandbox: Sandbox) -> dict[str, Any]:
    form = {"grant_type": "client_credentials", **credentials(sandbox)}
    answer = http.post("/services/oauth2/token", data=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_client_credentials_give_a_signed_token(http: httpx.Client, sandbox: Sandbox) -> None:
    answer = sign_in(http, sandbox)
    assert answer.keys() == {
        "access_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
    }
    key = credentials(sandbox)["client_secret"].encode()
    digest = hmac.new(key, (answer["id"] + answer["issued_at"]).encode(), hashlib.sha256).digest()
    assert answer["signature"] == base64.b64encode(digest).decode()
    assert answer["instance_url"] == sandbox.urls[0]
    assert answer["access_token"].startswith("00D")
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    info = http.get("/services/oauth2/userinfo", headers=bearer).json()
    assert info["preferred_username"] == "sync@brightwater.example.com"
    identity = http.get(answer["id"], headers=bearer).json()
    assert identity["user_id"] == info["user_id"]


def test_credentials_may_come_as_basic(http: httpx.Client, sandbox: Sandbox) -> None:
    pair = tuple(credentials(sandbox).values())
    form = {"grant_type": "client_credentials"}
    assert http.post("/services/oauth2/token", data=form, auth=(pair[0], pair[1])).status_code == 200
    wrong = http.post("/services/oauth2/token", data=form, auth=(pair[0], "wrong"))
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "nobody"}, "invalid_client_id"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "invalid_grant"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_other_ways_to_sign_in_are_refused(http: httpx.Client, form: dict[str, str], error: str) -> None:
    answer = http.post("/services/oauth2/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def test_a_session_ends_when_revoked_unused_or_its_user_leaves(
    http: httpx.Client, sandbox: Sandbox, salesforce: Salesforce
) -> None:
    def limits(token: str) -> httpx.Response:
        return http.get("/services/data/v62.0/limits", headers={"Authorization": f"Bearer {token}"})

    revoked, idle, ended = (sign_in(http, sandbox)["access_token"] for _ in range(3))
    assert limits(revoked).status_code == 200
    assert http.post("/services/oauth2/revoke", data={"token": revoked}).status_code == 200
    refused = limits(revoked)
    assert refused.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert refused.status_code == 401
    salesforce.advance(3600)
    assert limits(ended).status_code == 200
    salesforce.advance(3601)
    assert limits(ended).status_code == 200
    assert limits(idle).status_code == 401
    assert salesforce.act("revoke_tokens")["revoked"] >= 1
    assert limits(ended).status_code == 401


def test_nothing_is_read_without_a_token(http: httpx.Client) -> None:
    assert http.get("/services/data").json()[-1] == {
        "label": "Summer '25",
        "url": "/services/data/v64.0",
        "version": "64.0",
    }
    for path in ("/services/data/v62.0", "/services/data/v62.0/sobjects", "/services/oauth2/userinfo"):
        assert refusal(http.get(path)) == (401, "INVALID_SESSION_ID")
        assert refusal(http.get(path, headers={"Authorization": "Bearer nonsense"})) == (
            401,
            "INVALID_SESSION_ID",
        )


def test_a_version_names_its_resources(salesforce: Salesforce) -> None:
    resources = salesforce.get("/services/data/v62.0")
    assert resources["queryAll"] == "/services/data/v62.0/queryAll"
    assert {"sobjects", "query", "limits", "composite", "jobs", "identity"} <= resources.keys()


def test_a_token_is_handed_out_by_id_or_mail_but_not_to_who_left(salesforce: Salesforce) -> None:
    user = salesforce.query("SELECT Id, Email FROM User WHERE IsActive = true AND Alias = 'sync'")[0]
    for key in (user["Id"], user["Email"]):
        assert salesforce.control("token", {"user": key})["access_token"].startswith("00D")
    salesforce.act("deactivate_user", id=user["Id"])
    assert salesforce.http.post("/__sandbox__/token", json={"user": user["Id"]}).status_code == 400


class PlainHttp(HTTPAdapter):
    """simple-salesforce speaks https only; a stand-in on loopback speaks http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **options)


def test_simple_salesforce_works_unmodified(sandbox: Sandbox, salesforce: Salesforce) -> None:
    url = sandbox.urls[0]
    token = salesforce.control("token", {"user": "sync@brightwater.example.com"})["access_token"]
    with requests.Session() as session:
        session.mount(url.replace("http://", "https://"), PlainHttp())
        sf: Any = SimpleSalesforce(instance_url=url, session_id=token, version="62.0", session=session)
        created = sf.Lead.create({"LastName": "Diaz", "Company": "Home", "SPOTIO_Id__c": "ss1"})
        sf.Lead.update(created["id"], {"Title": "Owner"})
        assert sf.Lead.get_by_custom_id("SPOTIO_Id__c", "ss1")["Title"] == "Owner"
        assert sf.Lead.upsert("SPOTIO_Id__c/ss1", {"Title": "Boss"}) == 200
        found = sf.query_all("SELECT Id, Title FROM Lead WHERE SPOTIO_Id__c = 'ss1'")
        assert [record["Title"] for record in found["records"]] == ["Boss"]
        assert len(sf.Lead.describe()["fields"]) > 40
        sf.Lead.delete(created["id"])
        assert sf.query_all("SELECT Id FROM Lead WHERE SPOTIO_Id__c = 'ss1'")["totalSize"] == 0
        pages = list(sf.bulk2.Lead.query("SELECT Id, Name FROM Lead", wait=0))
        lines = "".join(pages).splitlines()
        assert len(lines) == sf.query("SELECT COUNT() FROM Lead")["totalSize"] + 1
        assert sf.limits()["DailyApiRequests"]["Remaining"] > 0
        assert sf.api_usage["api-usage"].used > 0
