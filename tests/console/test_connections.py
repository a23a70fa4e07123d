"""Connections: what the page says of each system, what is tried before it is kept, and who may do it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from console import oauth, services, words
from console.context import Context, set_context
from console.identity import CHOSEN, NotYoursError, Visitor, on_behalf_of
from console.services import Begun, Done
from data import audit, connections
from sync.operations import Operations
from sync.sandbox.server import Sandbox, running
from tests.connections.office import KEY, OTHER_KEY, Office, allowed
from tests.console.conftest import APP, texts

ADMIN = Visitor(role="admin")
ICON = re.compile(r":violet\[:\S+: (.*)\]")


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def office(running_sandbox: Sandbox, tmp_path: Path) -> Iterator[Office]:
    for url in running_sandbox.urls:
        httpx.post(f"{url}/__sandbox__/reset").raise_for_status()
    with Office(running_sandbox, tmp_path / "office.duckdb") as office:
        serve(office)
        yield office
        set_context(None)


class Browser:
    """A browser at the two routes of the sign-in, which keeps its cookies."""

    def __init__(self) -> None:
        transport = httpx.ASGITransport(app=Starlette(routes=oauth.routes))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://localhost:8599")

    def get(self, url: str, told: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._client.get(url, params=told))

    def back(self, told: dict[str, str]) -> httpx.Response:
        return self.get("/oauth/salesforce/callback", told)


def begin(office: Office) -> Begun:
    with on_behalf_of(ADMIN):
        begun = services.begin_sign_in(
            **{name: office.app[name] for name in ("host", "client_id", "client_secret")}
        )
    assert isinstance(begun, Begun)
    return begun


def serve(office: Office) -> None:
    """Leave what the server leaves for the pages."""
    runner = office.runner
    set_context(
        Context(
            office.store,
            lambda asked_by: True,
            runner.connections.environment.configured(),
            "America/Denver",
            command=lambda command, arguments: Operations(office.store, runner, runner.settings).run(
                command, dict(arguments), lambda _: None
            ),
            connecting=office.connecting,
        )
    )


def page(role: str = "admin", name: str = "connections") -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state[CHOSEN] = Visitor(role=role)
    return app.switch_page(f"views/{name}.py").run()


def press(app: AppTest, label: str) -> AppTest:
    """Press the button that bears these words, whatever its icon."""
    [button] = [each for each in app.button if ICON.sub(r"\1", each.label) == label]
    return button.click().run()


def said(app: AppTest) -> str:
    """What a page says, as it is read."""
    return words.bare(texts(app))


def typed(app: AppTest, **values: str) -> None:
    for key, value in values.items():
        app.text_input(key=key.replace("__", "-")).input(value)


def lines(office: Office) -> list[dict[str, Any]]:
    return audit.lines(office.store, audit.Wanted(kinds=("connection",))).to_dicts()


@pytest.mark.requirement("CO-02")
def test_a_key_is_tried_kept_used_and_never_shown_again(office: Office) -> None:
    app = page()
    assert not app.exception
    assert "0 of 3 systems connected" in said(app)
    app = press(app, "Connect SPOTIO")
    key = office.key("spotio")
    typed(app, **{"spotio-client_id": key["client_id"], "spotio-secret": key["secret"]})
    app = press(app, "Connect")
    assert not app.exception
    told = said(app)
    assert "Connected SPOTIO. It is read in a moment." in told
    assert "1 of 3 systems connected" in told
    assert f"ending in `{key['secret'][-4:]}`" in told
    assert "Connected by admin at this machine" in told
    assert key["secret"] not in told + str([each.value for each in app.text_input])
    assert office.runner.settings.configured() == ("spotio",)
    [line] = lines(office)
    assert (line["text"], line["person"]) == ("Connected SPOTIO", "admin at this machine")
    assert json.loads(line["after"])["to"]["client_id"] == key["client_id"]


@pytest.mark.requirement("CO-02")
def test_a_refused_key_is_said_what_was_typed_stays_and_the_working_one_is_kept(office: Office) -> None:
    key = office.key("spotio")
    office.connecting.use_key("spotio", key, "omar@example.com")
    app = press(page(), "Change the key")
    typed(app, **{"spotio-client_id": key["client_id"], "spotio-secret": "secret-that-is-wrong"})
    app = press(app, "Connect")
    assert [error.proto.title for error in app.error] == ["Not connected"]
    assert "did not accept the API key" in app.error[0].value
    assert app.text_input(key="spotio-client_id").value == key["client_id"]
    assert connections.read_all(office.store)["spotio"].set_by == "omar@example.com"
    [line] = lines(office)
    assert line["text"].startswith("Could not connect SPOTIO: SPOTIO did not accept")
    assert "secret-that-is-wrong" not in str(line)


@pytest.mark.requirement("SF-01")
def test_salesforce_is_connected_by_a_button_and_the_browsers_way_there_and_back(office: Office) -> None:
    app = press(page(), "Connect Salesforce")
    assert "http://localhost:8599/oauth/salesforce/callback" in [code.value for code in app.code]
    app.segmented_control(key="salesforce-host").set_value("My Domain").run()
    app.text_input(key="salesforce-domain").input(office.app["host"])
    typed(
        app,
        **{
            "salesforce-client_id": office.app["client_id"],
            "salesforce-client_secret": office.app["client_secret"],
        },
    )
    app = press(app, "Continue")
    assert not app.exception
    [link] = app.get("link_button")
    assert "Waiting for the sign-in" in said(app)
    browser = Browser()
    away = browser.get(link.proto.url)
    assert away.status_code == 302
    assert "fieldline_sign_in" in away.headers["set-cookie"]
    assert "httponly" in away.headers["set-cookie"].lower()
    back = browser.back(allowed(away.headers["location"]))
    assert back.status_code == 200
    assert "Connected Salesforce as admin@brightwater.example.com" in back.text
    app.run()
    told = said(app)
    assert "Connected Salesforce as admin@brightwater.example.com to Brightwater" in told
    assert "by sign-in" in told
    assert office.app["client_secret"] not in told
    [line] = lines(office)
    assert office.app["client_secret"] not in str(line)
    assert "refresh" not in str(line)


@pytest.mark.requirement("SF-01")
def test_only_the_browser_that_left_comes_back_and_a_denial_is_told_on_both_tabs(office: Office) -> None:
    begun, browser = begin(office), Browser()
    told = allowed(browser.get(begun.url).headers["location"], decision="deny")
    stolen = Browser().back(told)
    assert (stolen.status_code, "in another browser" in stolen.text) == (400, True)
    denied = browser.back(told)
    assert (denied.status_code, "Access was denied" in denied.text) == (400, True)
    assert browser.get(begun.url).status_code == 400
    with on_behalf_of(ADMIN):
        state = services.sign_in_state(begun.ticket)
    assert isinstance(state, Done)
    assert state.refused
    assert connections.read_all(office.store) == {}


def test_what_comes_back_is_shown_as_text(office: Office) -> None:
    begun, browser = begin(office), Browser()
    away = httpx.URL(browser.get(begun.url).headers["location"])
    told = {"state": away.params["state"], "error": "x", "error_description": "<script>alert(1)</script>"}
    answer = browser.back(told)
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.requirement("CO-08")
def test_who_is_no_admin_any_more_ends_no_sign_in(office: Office) -> None:
    begun = office.connecting.begin(**office.app, by="dana@example.com", visitor=Visitor(role="analyst"))
    url, _ = office.connecting.leave(begun.ticket)
    told = allowed(url)
    done = services.end_sign_in(office.connecting.arriving(told["state"], begun.binding), told)
    assert done.refused
    assert "no admin any more" in done.text
    assert connections.read_all(office.store) == {}


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize("role", ["analyst", "manager", "rep"])
def test_the_page_and_what_it_does_are_for_admins(office: Office, role: str) -> None:
    app = page(role)
    assert not app.button
    assert "Connections is for admins" in said(app)
    for call in (
        lambda: services.connect("spotio", office.key("spotio")),
        lambda: services.begin_sign_in("", "", ""),
        lambda: services.sign_in_state(""),
        lambda: services.disconnect("spotio"),
        lambda: services.test("spotio"),
    ):
        with on_behalf_of(Visitor(role=role)), pytest.raises(NotYoursError):
            call()
    assert lines(office) == []


@pytest.mark.requirement("CO-02")
def test_a_test_says_what_the_account_may_do_and_is_written_down(office: Office) -> None:
    office.sign_in()
    app = press(page(), "Test")
    assert not app.exception
    told = said(app)
    assert "All is well" in told
    assert "Signed in as" in told
    [line] = lines(office)
    assert line["text"].startswith("Tested Salesforce: ")


def test_a_test_of_a_withdrawn_sign_in_says_what_to_do(office: Office) -> None:
    office.sign_in()
    office.act("revoke_grants")
    app = press(page(), "Test")
    told = said(app)
    assert "1 thing to do" in told
    assert "Salesforce has withdrawn the sign-in that Fieldline used" in told


def test_what_the_environment_sets_is_named_and_not_edited(office: Office) -> None:
    office.reopen(KEY, **office.key("salesforce"))
    serve(office)
    app = page()
    told = said(app)
    assert "FIELDLINE_SALESFORCE__CLIENT_SECRET" in told
    assert office.app["client_secret"] not in told
    assert "connect-salesforce" not in [button.key for button in app.button]
    office.reopen(KEY, client_id=office.app["client_id"])
    serve(office)
    app = press(page(), "Connect Salesforce")
    fixed = app.text_input(key="salesforce-client_id-fixed")
    assert (fixed.disabled, fixed.value) == (True, "set by FIELDLINE_SALESFORCE__CLIENT_ID")


@pytest.mark.parametrize(
    ("keys", "why"),
    [("", "FIELDLINE_SECRET_KEY is not set"), (OTHER_KEY, "was stored with another FIELDLINE_SECRET_KEY")],
)
def test_a_missing_or_other_key_is_said_where_it_matters(office: Office, keys: str, why: str) -> None:
    office.connecting.use_key("spotio", office.key("spotio"), "omar@example.com")
    office.reopen(keys)
    serve(office)
    app = page()
    assert not app.exception
    assert why in said(app)


def test_disconnecting_forgets_the_key_and_is_written_down(office: Office) -> None:
    office.connecting.use_key("spotio", office.key("spotio"), "omar@example.com")
    with on_behalf_of(ADMIN):
        assert not services.disconnect("spotio").refused
        assert services.disconnect("spotio").refused
    assert office.runner.settings.configured() == ()
    [line] = lines(office)
    assert line["text"] == "Disconnected SPOTIO"
    assert office.key("spotio")["secret"][-4:] not in str(line["after"])


@pytest.mark.parametrize("role", ["admin", "analyst"])
def test_the_overviews_cards_lead_admins_to_the_page(office: Office, role: str) -> None:
    office.connecting.use_key("spotio", office.key("spotio"), "omar@example.com")
    office.pull("spotio")
    app = page(role, "overview")
    assert not app.exception
    links = [link.proto.label for link in app.get("page_link") if "connections" in link.proto.page]
    assert links == (["Connection", "Connect Salesforce", "Connect SalesScreen"] if role == "admin" else [])


def test_a_withdrawn_sign_in_stands_on_the_overview_with_the_way_to_connect_anew(office: Office) -> None:
    office.sign_in()
    office.act("revoke_grants")
    office.pull("salesforce")
    app = page(name="overview")
    assert [warning.proto.title for warning in app.warning] == ["Salesforce could not be read"]
    assert "has withdrawn the sign-in that Fieldline used" in said(app)
    assert app.button(key="to-connections")
