"""The web server flow: the login and its question, codes with PKCE, refresh with rotation, and all that is refused."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sync.sandbox.server import Sandbox
from tests.sandbox.salesforce_client import Salesforce

CALLBACK = "http://localhost:8599/callback"
ADMIN = "admin@brightwater.example.com"
EVERYBODYS = "sandbox"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


class Browser:
    """A person at the login page and an app at the token endpoint."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.http = httpx.Client(base_url=sandbox.urls[0])
        self.id = sandbox.env["FIELDLINE_SALESFORCE__CLIENT_ID"]
        self.secret = sandbox.env["FIELDLINE_SALESFORCE__CLIENT_SECRET"]

    def asked(self, **changed: str) -> dict[str, str]:
        asked = {
            "response_type": "code", "client_id": self.id, "redirect_uri": CALLBACK, "scope": "api id refresh_token",
            "state": "st&te", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in (asked | changed).items() if value}

    def authorize(self, **changed: str) -> httpx.Response:
        return self.http.get("/services/oauth2/authorize", params=self.asked(**changed))

    def submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Send the form of a page, as a browser would."""
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        form = {name: unescape(value) for name, value in hidden} | typed
        return self.http.post("/services/oauth2/authorize", data=form)

    def log_in(self, username: str = ADMIN, password: str = EVERYBODYS, **changed: str) -> httpx.Response:
        return self.submit(self.authorize(**changed), username=username, password=password)

    def code(self, **changed: str) -> str:
        return came_back(self.submit(self.log_in(**changed), decision="allow"))["code"]

    def token(self, **form: str) -> httpx.Response:
        form = {"client_id": self.id, "client_secret": self.secret} | form
        return self.http.post("/services/oauth2/token", data={k: v for k, v in form.items() if v})

    def exchange(self, code: str, **changed: str) -> httpx.Response:
        usual = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER} | changed
        return self.token(grant_type="authorization_code", code=code, **usual)

    def given(self, **changed: str) -> dict[str, Any]:
        answer = self.exchange(self.code(**changed))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refresh(self, token: str, **changed: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **changed)

    def works(self, token: str) -> bool:
        asked = self.http.get("/services/data/v62.0/limits", headers={"Authorization": f"Bearer {token}"})
        return asked.status_code == 200


def came_back(answer: httpx.Response) -> dict[str, str]:
    """What the browser takes back to the app."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


@pytest.fixture
def browser(sandbox: Sandbox) -> Iterator[Browser]:
    browser = Browser(sandbox)
    yield browser
    browser.http.close()


def test_a_person_who_signs_in_and_allows_gives_the_app_a_session_of_their_own(browser: Browser) -> None:
    question = browser.log_in()
    assert ADMIN in question.text
    assert "Perform requests at any time" in question.text
    back = came_back(browser.submit(question, decision="allow"))
    assert back["state"] == "st&te"
    given = browser.exchange(back["code"]).json()
    assert {"access_token", "refresh_token", "instance_url", "id", "issued_at", "signature"} <= given.keys()
    assert given["scope"] == "api id refresh_token"
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    info = browser.http.get("/services/oauth2/userinfo", headers=bearer).json()
    assert info["preferred_username"] == ADMIN


def test_without_the_scope_for_it_there_is_no_refresh_token(browser: Browser) -> None:
    assert "refresh_token" not in browser.given(scope="api id")


@pytest.mark.parametrize(
    ("username", "password"), [(ADMIN, "wrong"), (ADMIN, ""), ("nobody@example.com", "sandbox")]
)
def test_a_wrong_password_leads_to_the_login_page_again(
    browser: Browser, username: str, password: str
) -> None:
    page = browser.log_in(username, password)
    assert page.status_code == 200
    assert "Please check your username and password" in page.text
    assert "Allow Access?" not in page.text


def test_who_denies_sends_the_app_away_with_nothing(browser: Browser) -> None:
    back = came_back(browser.submit(browser.log_in(), decision="deny"))
    assert back == {
        "error": "access_denied",
        "error_description": "end-user denied authorization",
        "state": "st&te",
    }


def test_a_question_is_answered_once(browser: Browser) -> None:
    question = browser.log_in()
    browser.submit(question, decision="allow")
    assert browser.submit(question, decision="allow").status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"redirect_uri": "https://elsewhere.example.com/callback"}, "redirect_uri_mismatch"),
        ({"redirect_uri": ""}, "redirect_uri_mismatch"),
    ],
)
def test_nobody_is_sent_to_an_address_that_may_not_be_the_apps(
    browser: Browser, changed: dict[str, str], error: str
) -> None:
    page = browser.authorize(**changed)
    assert page.status_code == 400
    assert error in page.text
    assert "location" not in page.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "api everything"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_other_mistakes_are_told_to_the_app(browser: Browser, changed: dict[str, str], error: str) -> None:
    assert came_back(browser.authorize(**changed))["error"] == error


def test_named_callbacks_are_taken_to_the_letter(browser: Browser, salesforce: Salesforce) -> None:
    salesforce.act("set_app", callbacks=[CALLBACK])
    assert browser.authorize().status_code == 200
    assert browser.authorize(redirect_uri=CALLBACK + "/").status_code == 400


def test_a_code_is_good_once_and_its_second_use_ends_what_the_first_one_gave(browser: Browser) -> None:
    code = browser.code()
    given = browser.exchange(code).json()
    assert browser.works(given["access_token"])
    assert refusal(browser.exchange(code)) == (400, "invalid_grant", "expired authorization code")
    assert not browser.works(given["access_token"])
    assert refusal(browser.refresh(given["refresh_token"]))[1] == "invalid_grant"


def test_a_code_lives_fifteen_minutes(browser: Browser, salesforce: Salesforce) -> None:
    code = browser.code()
    salesforce.advance(15 * 60)
    assert refusal(browser.exchange(code)) == (400, "invalid_grant", "expired authorization code")


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"code_verifier": "w" * 64}, ("invalid_grant", "invalid code verifier")),
        ({"code_verifier": ""}, ("invalid_grant", "invalid code verifier")),
        (
            {"redirect_uri": CALLBACK + "2"},
            ("redirect_uri_mismatch", "redirect_uri must match configuration"),
        ),
        ({"client_secret": "wrong"}, ("invalid_client", "invalid client credentials")),
        ({"client_secret": ""}, ("invalid_client", "invalid client credentials")),
        ({"client_id": "nobody"}, ("invalid_client_id", "client identifier invalid")),
    ],
)
def test_a_code_alone_is_worth_nothing(
    browser: Browser, changed: dict[str, str], refused: tuple[str, str]
) -> None:
    assert refusal(browser.exchange(browser.code(), **changed)) == (400, *refused)


def test_a_made_up_code_is_refused(browser: Browser) -> None:
    assert refusal(browser.exchange("aPrx")) == (400, "invalid_grant", "invalid authorization code")


def test_an_app_that_keeps_no_secret_needs_none(browser: Browser, salesforce: Salesforce) -> None:
    salesforce.act("set_app", secret_required=False)
    assert browser.exchange(browser.code(), client_secret="").status_code == 200
    assert refusal(browser.exchange(browser.code(), **{"client_secret": "wrong"}))[1] == "invalid_client"


def test_each_refresh_gives_another_refresh_token_and_an_old_one_ends_them_all(browser: Browser) -> None:
    first = browser.given()
    second = browser.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert browser.works(second["access_token"])
    third = browser.refresh(second["refresh_token"]).json()
    assert refusal(browser.refresh(first["refresh_token"]))[1:] == (
        "invalid_grant",
        "expired access/refresh token",
    )
    assert refusal(browser.refresh(third["refresh_token"]))[1] == "invalid_grant"
    assert not browser.works(third["access_token"])


def test_without_rotation_the_refresh_token_stays(browser: Browser, salesforce: Salesforce) -> None:
    salesforce.act("set_app", rotation=False)
    first = browser.given()
    for _ in range(2):
        again = browser.refresh(first["refresh_token"]).json()
        assert "refresh_token" not in again
        assert browser.works(again["access_token"])


def test_a_revoked_refresh_token_takes_its_sessions_with_it_and_an_access_token_goes_alone(
    browser: Browser,
) -> None:
    given = browser.given()
    browser.http.post("/services/oauth2/revoke", data={"token": given["access_token"]}).raise_for_status()
    assert not browser.works(given["access_token"])
    again = browser.refresh(given["refresh_token"]).json()
    browser.http.post("/services/oauth2/revoke", data={"token": again["refresh_token"]}).raise_for_status()
    assert not browser.works(again["access_token"])
    assert refusal(browser.refresh(again["refresh_token"]))[1] == "invalid_grant"
    assert (
        browser.http.post("/services/oauth2/revoke", data={"token": again["refresh_token"]}).status_code
        == 400
    )


def test_an_administrator_ends_what_a_user_allowed(browser: Browser, salesforce: Salesforce) -> None:
    given = browser.given()
    assert salesforce.act("revoke_grants")["revoked"] >= 1
    assert refusal(browser.refresh(given["refresh_token"]))[1] == "invalid_grant"


def test_a_user_has_five_refresh_tokens_and_the_oldest_goes(browser: Browser) -> None:
    given = [browser.given()["refresh_token"] for _ in range(6)]
    assert refusal(browser.refresh(given[0]))[1] == "invalid_grant"
    assert all(browser.refresh(token).status_code == 200 for token in given[1:])


def test_who_has_left_refreshes_nothing(browser: Browser, salesforce: Salesforce) -> None:
    left = salesforce.query("SELECT Id, Username FROM User WHERE IsActive = true AND Alias != 'sync'")[-1]
    code = came_back(browser.submit(browser.log_in(left["Username"]), decision="allow"))["code"]
    given = browser.exchange(code).json()
    salesforce.act("deactivate_user", id=left["Id"])
    assert refusal(browser.refresh(given["refresh_token"])) == (400, "inactive_user", "user is inactive")
