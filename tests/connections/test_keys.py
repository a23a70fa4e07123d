"""Keys that are entered: tried before they are stored, stored encrypted, used by the next run."""

from __future__ import annotations

import json

import pytest

from data import connections
from data.errors import SecretKeyError
from sync.doctor import systems
from sync.errors import FieldlineError, SignInError, UsageError
from tests.connections.office import KEY, OTHER_KEY, Office

BY = "priya@example.com"


@pytest.mark.requirement("CO-02")
@pytest.mark.parametrize("system", ["spotio", "salesforce", "salesscreen"])
def test_a_key_that_works_is_stored_and_used(office: Office, system: str) -> None:
    assert office.runner.settings.configured() == ()
    office.connecting.use_key(system, office.key(system), BY)
    assert office.runner.settings.configured() == (system,)
    assert office.changed == [system]
    assert office.pull(system).outcome == "done"
    checks = systems(office.runner.settings, system)
    assert "failed" not in {check.state for check in checks}


@pytest.mark.requirement("CO-02")
@pytest.mark.parametrize(
    ("system", "wrong"),
    [("spotio", "secret"), ("salesforce", "client_secret"), ("salesscreen", "api_key")],
)
def test_a_key_that_is_refused_does_not_take_the_place_of_one_that_works(
    office: Office, system: str, wrong: str
) -> None:
    kept = office.connecting.use_key(system, office.key(system), BY)
    with pytest.raises(SignInError, match="did not accept"):
        office.connecting.use_key(system, office.key(system) | {wrong: "not-the-one"}, BY)
    assert connections.read_all(office.store)[system].id == kept.id
    assert office.pull(system).outcome == "done"


def test_what_is_left_out_is_named(office: Office) -> None:
    with pytest.raises(UsageError, match="the client id and the secret are missing"):
        office.connecting.use_key("spotio", {}, BY)


@pytest.mark.requirement("CO-17")
def test_no_secret_stands_in_the_stores_file_or_a_backup_and_only_the_last_four_can_be_seen(
    office: Office,
) -> None:
    for system in ("spotio", "salesscreen"):
        office.connecting.use_key(system, office.key(system), BY)
    office.sign_in()
    office.advance(2 * 3600 + 1)
    office.pull("salesforce")
    stored = connections.read_all(office.store)
    secrets = {
        value
        for each in stored.values()
        for value in office.runner.connections.seal.opened(each.sealed, "it").values()
    }
    assert len(secrets) == 4
    for system, name in (("spotio", "secret"), ("salesscreen", "api_key")):
        assert stored[system].facts["last"] == office.key(system)[name][-4:]
    shown = repr(stored) + json.dumps([dict(each.facts) for each in stored.values()])
    office.store.backup(office.path.with_name("kept.backup"))
    written = office.bytes_of_the_store()
    assert len(written) > 100_000
    for secret in secrets:
        assert secret not in shown
        assert secret.encode() not in written


@pytest.mark.requirement("CO-17")
def test_without_a_key_for_secrets_nothing_is_stored_and_it_is_said_how_to_set_one(office: Office) -> None:
    office.reopen("")
    with pytest.raises(SecretKeyError, match="FIELDLINE_SECRET_KEY"):
        office.connecting.use_key("spotio", office.key("spotio"), BY)
    with pytest.raises(SecretKeyError, match="FIELDLINE_SECRET_KEY"):
        office.begin()


@pytest.mark.requirement("CO-17")
@pytest.mark.parametrize(
    ("keys", "said"),
    [("", "FIELDLINE_SECRET_KEY is not set"), (OTHER_KEY, "was stored with another FIELDLINE_SECRET_KEY")],
)
def test_a_missing_or_other_key_keeps_one_system_from_being_read_and_no_other(
    office: Office, keys: str, said: str
) -> None:
    office.connecting.use_key("spotio", office.key("spotio"), BY)
    office.reopen(keys, **office.key("salesforce"))
    report = office.pull("spotio", "salesforce")
    assert report.outcome == "partial"
    assert [failure.code for failure in report.failures] == ["sign_in_refused"]
    assert said in str(report.failures[0])
    assert {table.system for table in report.tables} == {"salesforce"}
    [check] = systems(office.runner.settings, "spotio")
    assert check.state == "failed"
    assert said in check.text
    office.reopen(KEY)
    assert office.pull("spotio").outcome == "done"


@pytest.mark.requirement("CO-17")
def test_a_new_key_beside_the_former_one_takes_over_what_is_stored(office: Office) -> None:
    office.connecting.use_key("spotio", office.key("spotio"), BY)
    office.sign_in()
    office.reopen(f"{OTHER_KEY}, {KEY}")
    assert office.pull("spotio", "salesforce").outcome == "done"
    office.reopen(OTHER_KEY)
    assert office.pull("spotio", "salesforce").outcome == "done"
    office.reopen(KEY)
    with pytest.raises(FieldlineError, match="another FIELDLINE_SECRET_KEY"):
        office.runner.settings.spotio.check()


def test_the_environment_wins_value_by_value(office: Office) -> None:
    office.connecting.use_key("salesforce", office.key("salesforce"), BY)
    office.reopen(KEY, client_id="of-the-environment")
    settings = office.runner.settings.salesforce
    assert (settings.client_id, settings.url) == ("of-the-environment", office.app["host"])
    office.reopen(KEY, client_id="", url="")
    settings = office.runner.settings.salesforce
    assert (settings.client_id, settings.url) == (office.app["client_id"], office.app["host"])
