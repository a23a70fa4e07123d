"""Salesforce by a person's sign-in: the way there and back, what is refused on it, and the refresh that keeps it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from data import connections
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.grant import SharedGrant
from sync.errors import FieldlineError, SignInError, UsageError
from tests.connections.office import ADMIN, KEY, Office, allowed


def refresh_token(office: Office) -> str:
    stored = connections.read_all(office.store)["salesforce"]
    return office.runner.connections.seal.opened(stored.sealed, "it")["refresh_token"]


@pytest.mark.requirement("SF-01")
def test_an_org_is_connected_by_a_sign_in_and_read_from_then_on(office: Office) -> None:
    with pytest.raises(UsageError):
        office.runner.chosen("salesforce")
    connected = office.sign_in()
    assert connected.facts["username"] == ADMIN
    assert "Brightwater" in connected.facts["organization"]
    assert connected.facts["organization_id"] in connected.facts["organization"]
    assert office.changed == ["salesforce"]
    assert office.runner.chosen() == ("salesforce",)
    report = office.pull("salesforce")
    assert (report.outcome, [table.table for table in report.tables]) == ("done", ["user", "lead"])
    assert office.store.rows('select count(*) as n from salesforce."lead"')[0]["n"] > 0


@pytest.mark.requirement("SF-01")
def test_the_sign_in_outlives_its_session_and_a_restart(office: Office) -> None:
    office.sign_in()
    first = refresh_token(office)
    for _ in range(2):
        office.advance(2 * 3600 + 1)
        assert office.pull("salesforce").outcome == "done"
        office.reopen()
        assert office.pull("salesforce").outcome == "done"
    assert refresh_token(office) != first


@pytest.mark.requirement("SF-01")
def test_without_rotation_the_refresh_token_stays_as_it_is(office: Office) -> None:
    office.act("set_app", rotation=False)
    office.sign_in()
    first = refresh_token(office)
    office.advance(2 * 3600 + 1)
    assert office.pull("salesforce").outcome == "done"
    assert refresh_token(office) == first


@pytest.mark.requirement("SF-01")
def test_many_who_need_a_new_access_at_once_refresh_once_and_nothing_is_withdrawn(office: Office) -> None:
    office.sign_in()
    office.advance(2 * 3600 + 1)
    settings = office.runner.settings.salesforce
    begin = threading.Barrier(8)

    def one(_: int) -> str | None:
        with SalesforceApi(settings) as api:
            begin.wait()
            return api.user_id()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    office.reopen()
    assert office.pull("salesforce").outcome == "done"


@pytest.mark.requirement("SF-01")
def test_a_withdrawn_sign_in_is_one_sentence_and_stops_neither_spotio_nor_the_next_connecting(
    office: Office,
) -> None:
    office.connecting.use_key("spotio", office.key("spotio"), "priya@example.com")
    office.sign_in()
    office.act("revoke_grants")
    for _ in range(2):
        report = office.pull("spotio", "salesforce")
        assert report.outcome == "partial"
        [failure] = report.failures
        assert str(failure) == (
            "Salesforce has withdrawn the sign-in that Fieldline used (expired access/refresh token). "
            "Connect Salesforce again on the page Connections."
        )
        assert {table.system for table in report.tables} == {"spotio"}
    problems = office.store.rows("select code, text from sync.problem where resolved_at is null")
    assert [problem["code"] for problem in problems] == ["sign_in_refused"]
    office.sign_in()
    assert office.pull("salesforce").outcome == "done"


@pytest.mark.requirement("SF-01")
def test_a_withdrawn_sign_in_is_asked_for_once_and_again_when_a_person_tests_it(office: Office) -> None:
    office.sign_in()
    office.act("revoke_grants")
    grant = office.runner.settings.salesforce.grant
    assert isinstance(grant, SharedGrant)
    with pytest.raises(SignInError):
        grant.access(stale=grant.access().token)
    order = {"match": {"path": "/oauth2/token"}, "action": "status", "status": 400, "times": 1}
    faults = f"{office.sandbox.urls[0]}/__sandbox__/faults"
    httpx.post(faults, json=[order]).raise_for_status()
    with pytest.raises(SignInError, match="expired access/refresh token"):
        grant.access()  # said without a call, so the fault is still there
    office.runner.connections.ask_anew("salesforce")
    with pytest.raises(SignInError) as raised:
        grant.access()
    assert "expired" not in str(raised.value)


@pytest.mark.requirement("SF-01")
def test_who_denies_or_is_refused_is_told_why_and_nothing_is_stored(office: Office) -> None:
    begun = office.begin()
    url, _ = office.connecting.leave(begun.ticket)
    with pytest.raises(
        SignInError, match=r"Access was denied on Salesforce's page .*Sign in again and allow it"
    ):
        office.come_back(begun, allowed(url, decision="deny"))
    assert "denied" in begun.failed
    with pytest.raises(SignInError, match="the consumer secret is not the connected app's"):
        office.sign_in(client_secret="not-the-one")  # noqa: S106 (nobody's)
    assert connections.read_all(office.store) == {}
    assert office.changed == []


@pytest.mark.requirement("SF-01")
def test_a_code_that_is_used_expired_or_somebody_elses_connects_nothing(office: Office) -> None:
    begun = office.begin()
    url, _ = office.connecting.leave(begun.ticket)
    told = allowed(url)
    with pytest.raises(SignInError, match=r"did not take the sign-in .invalid authorization code"):
        office.come_back(begun, told | {"code": "aPrx"})

    begun = office.begin()
    told = allowed(office.connecting.leave(begun.ticket)[0])
    office.advance(15 * 60)
    with pytest.raises(SignInError, match="expired authorization code"):
        office.come_back(begun, told)

    begun, other = office.begin(), office.begin()
    told = allowed(office.connecting.leave(begun.ticket)[0])
    office.connecting.leave(other.ticket)
    with pytest.raises(SignInError, match="invalid code verifier"):
        office.come_back(other, told | {"state": other.state})
    assert connections.read_all(office.store) == {}


@pytest.mark.requirement("SF-01")
def test_nobody_ends_a_sign_in_that_another_browser_began_nor_one_twice(office: Office) -> None:
    begun = office.begin()
    with pytest.raises(UsageError, match="begun more than ten minutes ago"):
        office.connecting.arriving(begun.state, begun.binding)  # its ticket was not used
    told = allowed(office.connecting.leave(begun.ticket)[0])
    for state, binding in ((told["state"], "of another browser"), ("made up", begun.binding), ("", "")):
        with pytest.raises(UsageError, match="in another browser"):
            office.connecting.arriving(state, binding)
    with pytest.raises(UsageError):
        office.connecting.leave(begun.ticket)
    office.come_back(begun, told)
    with pytest.raises(UsageError):
        office.connecting.arriving(told["state"], begun.binding)


@pytest.mark.requirement("SF-01")
def test_a_sign_in_that_would_end_by_itself_is_not_stored(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.connectors.salesforce.grant.SCOPES", "api id")
    with pytest.raises(SignInError, match=r"without a refresh token.*refresh_token\)"):
        office.sign_in()
    assert connections.read_all(office.store) == {}


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("http://127.0.0.1:9", "does not answer"),
        ("http://login.salesforce.com", "unencrypted"),
        ("ftp://acme.my.salesforce.com", "no web address"),
    ],
)
def test_a_host_that_cannot_be_used_is_said(office: Office, host: str, said: str) -> None:
    def connect() -> None:
        begun = office.begin(host=host)
        office.connecting.leave(begun.ticket)
        office.connecting.end(office.connecting.arriving(begun.state, begun.binding), {"code": "any"})

    with pytest.raises(FieldlineError, match=said):
        connect()


def test_something_else_than_salesforce_is_said_to_be_that(office: Office) -> None:
    begun = office.begin(host=office.sandbox.urls[2])
    office.connecting.leave(begun.ticket)
    with pytest.raises(SignInError, match="not as Salesforce does"):
        office.connecting.end(office.connecting.arriving(begun.state, begun.binding), {"code": "any"})


def test_a_fault_at_the_token_endpoint_passes_and_is_no_refusal(office: Office) -> None:
    office.sign_in()
    office.advance(2 * 3600 + 1)
    order = {"match": {"path": "/oauth2/token"}, "action": "status", "status": 503, "times": 1}
    httpx.post(f"{office.sandbox.urls[0]}/__sandbox__/faults", json=[order]).raise_for_status()
    assert office.pull("salesforce").outcome == "done"


def test_signing_in_again_takes_the_stored_secret_of_the_same_app(office: Office) -> None:
    office.sign_in()
    again = office.sign_in(client_secret="")
    assert connections.read_all(office.store)["salesforce"].id == again.id
    assert office.pull("salesforce").outcome == "done"


@pytest.mark.requirement("SF-01")
def test_what_runs_goes_on_with_its_own_sign_in_and_the_next_one_takes_the_new(office: Office) -> None:
    office.sign_in()
    running = office.runner.settings.salesforce
    office.sign_in()
    assert office.runner.settings.salesforce.grant is not running.grant
    with SalesforceApi(running) as api:
        assert api.user_id()


def test_disconnecting_ends_the_sign_in_at_salesforce_too(office: Office) -> None:
    office.sign_in()
    token = refresh_token(office)
    office.connecting.disconnect("salesforce")
    form = {"grant_type": "refresh_token", "refresh_token": token, **{k: office.app[k] for k in ("client_id", "client_secret")}}  # fmt: skip
    answer = httpx.post(f"{office.sandbox.urls[0]}/services/oauth2/token", data=form)
    assert answer.json()["error"] == "invalid_grant"
    with pytest.raises(UsageError):
        office.runner.chosen("salesforce")
    with pytest.raises(UsageError, match="was not connected on this page"):
        office.connecting.disconnect("salesforce")


def test_the_environment_wins_over_a_stored_sign_in(office: Office) -> None:
    office.sign_in()
    office.reopen(KEY, **office.key("salesforce"))
    settings = office.runner.settings.salesforce
    assert settings.grant is None
    assert settings.client_id == office.app["client_id"]
    with pytest.raises(UsageError, match="is set by FIELDLINE_SALESFORCE__ settings"):
        office.begin()
    assert office.pull("salesforce").outcome == "done"
