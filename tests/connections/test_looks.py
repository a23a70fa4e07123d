"""What a test says of SPOTIO's key, and that doctor looks at what was connected on the page."""

from __future__ import annotations

import httpx
import pytest

from sync import webhooks
from sync.looking import spotio
from tests.commands.program import Fieldline
from tests.connections.office import KEY, Office

BY = "priya@example.com"
HERE = "https://fieldline.example.com"


@pytest.fixture
def connected(office: Office) -> Office:
    office.connecting.use_key("spotio", office.key("spotio"), BY)
    return office


def look(office: Office, public_url: str = "") -> dict[str, tuple[str, str]]:
    checks = spotio.look(office.runner.settings.spotio, public_url)
    return {check.name: (check.state, check.text) for check in checks}


@pytest.mark.requirement("CO-02")
def test_what_the_key_may_not_read_is_named(connected: Office) -> None:
    assert look(connected)["spotio rights"][0] == "ok"
    order = {"match": {"path": "/api/Teams/all"}, "action": "status", "status": 403, "times": 1}
    httpx.post(f"{connected.sandbox.urls[1]}/__sandbox__/faults", json=[order]).raise_for_status()
    state, text = look(connected)["spotio rights"]
    assert (state, "may not read teams." in text) == ("failed", True)


def test_whether_spotio_sends_its_events_to_us_is_said(connected: Office) -> None:
    assert "FIELDLINE_PUBLIC_URL is not set" in look(connected)["spotio webhook"][1]
    state, text = look(connected, HERE)["spotio webhook"]
    assert (state, "is not registered" in text) == ("warning", True)
    webhooks.register(connected.runner.settings.model_copy(update={"public_url": HERE}))
    state, text = look(connected, HERE)["spotio webhook"]
    assert (state, f"sends its events to {HERE}/hooks/spotio" in text) == ("ok", True)


def test_the_command_doctor_looks_at_what_was_connected_on_the_page(connected: Office) -> None:
    connected.store.close()
    env = {
        "FIELDLINE_STORE": f"duckdb:////{str(connected.path).lstrip('/')}",
        "FIELDLINE_SPOTIO__URL": connected.sandbox.urls[1],
    }
    folder = connected.path.parent
    said = Fieldline(folder, {**env, "FIELDLINE_SECRET_KEY": KEY}).here("doctor", "--json")
    checks = {check["name"]: check for check in said.json["checks"]}
    assert (checks["spotio"]["state"], checks["salesforce"]["state"]) == ("ok", "off")
    said = Fieldline(folder, env).here("doctor", "--json")
    assert said.code == 1
    checks = {check["name"]: check for check in said.json["checks"]}
    assert "FIELDLINE_SECRET_KEY is not set" in checks["spotio"]["text"]
    connected.open()
