"""The settings: what they take, what they refuse and in which words, and that a secret is never shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.errors import UsageError
from sync.settings import SALESFORCE_OBJECTS, Settings

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Load settings from these variables alone, written without their prefix."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FIELDLINE_")]:
        monkeypatch.delenv(name)

    def loaded(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(f"FIELDLINE_{name}", value)
        return Settings.load()

    return loaded


def test_without_any_setting_nothing_is_configured_and_everything_stays_on_this_machine(load: Load) -> None:
    settings = load()
    assert (settings.host, settings.store) == ("127.0.0.1", "duckdb:///fieldline.duckdb")
    assert settings.configured() == ()
    assert settings.missing("spotio") == ["FIELDLINE_SPOTIO__CLIENT_ID", "FIELDLINE_SPOTIO__SECRET"]


def test_the_list_of_objects_replaces_the_default(load: Load) -> None:
    assert load().salesforce.objects == SALESFORCE_OBJECTS
    assert load(SALESFORCE__OBJECTS=" Lead, Shipment__c ,").salesforce.objects == ("Lead", "Shipment__c")


def test_a_file_beside_the_program_is_read_and_the_environment_goes_before_it(
    load: Load, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("FIELDLINE_PORT=9001\nFIELDLINE_SPOTIO__CLIENT_ID=from-the-file\n")
    settings = load(PORT="9002")
    assert (settings.port, settings.spotio.client_id) == (9002, "from-the-file")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
def test_a_stand_in_on_this_machine_may_be_reached_without_encryption(load: Load, host: str) -> None:
    assert load(SALESFORCE__URL=f"http://{host}:8700/").salesforce.url == f"http://{host}:8700"


@pytest.mark.parametrize("setting", ["SALESFORCE__URL", "SPOTIO__URL", "SALESSCREEN__URL", "PUBLIC_URL"])
@pytest.mark.parametrize(
    "url",
    ["http://example.com", "http://10.0.0.8:8700", "http://localhost.example.com", "http://127.0.0.1.nip.io", "http://0.0.0.0"],
)  # fmt: skip
def test_secrets_never_leave_this_machine_unencrypted(load: Load, setting: str, url: str) -> None:
    with pytest.raises(UsageError, match="unencrypted; use https") as refused:
        load(**{setting: url})
    assert f"FIELDLINE_{setting}" in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("STORE_MEMORY_MB", "5"),
        ("SPOTIO__URL", "api.spotio2.com"),
        ("SPOTIO__URL", "ftp://127.0.0.1"),
        ("SALESFORCE__URL", "https://"),
        ("SALESFORCE__API_VERSION", "latest"),
        ("SALESFORCE__CONCURRENCY", "0"),
        ("SALESFORCE__REQUESTS_PER_SECOND", "-1"),
        ("SPOTIO__CONCURRENCY", "many"),
        ("SCHEDULE__SPOTIO_SECONDS", "1"),
        ("SCHEDULE__NIGHTLY_HOUR", "24"),
        ("SCHEDULE__TIMEZONE", "Mars/Olympus"),
        ("PUBLIC_URL", "fieldline"),
    ],
)
def test_a_value_that_cannot_be_meant_is_one_sentence_that_names_its_setting(
    load: Load, setting: str, value: str
) -> None:
    with pytest.raises(UsageError) as refused:
        load(**{setting: value})
    said = str(refused.value)
    assert f"FIELDLINE_{setting} " in said
    assert "\n" not in said
    assert "pydantic" not in said


def test_a_secret_is_hidden_wherever_settings_are_shown(load: Load) -> None:
    names = ("SALESFORCE__CLIENT_SECRET", "SPOTIO__SECRET", "SPOTIO__WEBHOOK_SECRET", "SALESSCREEN__API_KEY")  # fmt: skip
    settings = load(**{name: f"hidden-{number}" for number, name in enumerate(names)})
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.spotio)):
        assert "hidden-" not in shown
    assert settings.spotio.secret.get_secret_value() == "hidden-1"


def test_a_value_that_is_refused_does_not_show_a_secret_beside_it(load: Load) -> None:
    with pytest.raises(UsageError) as refused:
        load(SPOTIO__SECRET="hidden-1", SPOTIO__CONCURRENCY="many")  # noqa: S106
    assert "hidden-1" not in str(refused.value)
