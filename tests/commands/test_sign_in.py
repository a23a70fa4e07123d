"""The settings of the sign-in: what is refused before anything listens, and what a server with one sends."""

from __future__ import annotations

import stat

import httpx
import pytest

from console import sign_in
from sync.settings import Settings
from tests.commands.program import Fieldline, free_port, sentence

PROVIDER = {
    "FIELDLINE_OIDC__METADATA_URL": "https://login.example.com/.well-known/openid-configuration",
    "FIELDLINE_OIDC__CLIENT_ID": "fieldline",
    "FIELDLINE_OIDC__CLIENT_SECRET": "a secret",
}
EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(
            {"FIELDLINE_OIDC__CLIENT_ID": "fieldline"},
            "FIELDLINE_OIDC__METADATA_URL and FIELDLINE_OIDC__CLIENT_SECRET",
            id="half a provider",
        ),
        pytest.param(
            {**PROVIDER, "FIELDLINE_OIDC__ROLE_CLAIM": "groups", "FIELDLINE_OIDC__ROLES": "leads=boss"},
            "'leads=boss' makes no role",
            id="a role that does not exist",
        ),
        pytest.param(
            {**PROVIDER, "FIELDLINE_OIDC__ROLES": "leads=manager"},
            "FIELDLINE_OIDC__ROLE_CLAIM",
            id="roles of no claim",
        ),
        pytest.param(
            {**PROVIDER, "FIELDLINE_OIDC__METADATA_URL": "http://login.example.com/x"},
            "use https",
            id="a provider without encryption",
        ),
        pytest.param({"FIELDLINE_SECRET_KEY": "short"}, "32 characters", id="a short key"),
        pytest.param({**PROVIDER, "FIELDLINE_HOST": EVERYWHERE}, "unencrypted", id="others without https"),
        pytest.param(
            {**PROVIDER, "FIELDLINE_HOST": EVERYWHERE, "FIELDLINE_PUBLIC_URL": "http://127.0.0.1:9"},
            "unencrypted",
            id="others, and a public address for this machine alone",
        ),
    ],
)
def test_a_sign_in_that_cannot_be_meant_is_refused_in_a_sentence(
    bare: Fieldline, settings: dict[str, str], said: str
) -> None:
    bare.settings |= {"FIELDLINE_PORT": str(free_port()), **settings}
    refused = bare.run("up")
    assert (refused.code, refused.out) == (2, "")
    assert said in sentence(refused.err)
    assert "a secret" not in refused.err


@pytest.mark.slow
def test_with_a_sign_in_and_https_the_console_serves_others_and_keeps_its_cookies_to_https(
    bare: Fieldline,
) -> None:
    ours = "https://fieldline.example.com"
    bare.settings |= {
        **PROVIDER,
        "FIELDLINE_HOST": EVERYWHERE,
        "FIELDLINE_PORT": str(free_port()),
        "FIELDLINE_PUBLIC_URL": ours,
    }
    with bare.serving("up", "--json") as server:
        headers = {
            "Host": "fieldline.example.com",
            "X-Forwarded-For": "203.0.113.9",
            "Referer": f"{ours}/log?run=r-1",
        }
        assert httpx.get(server.url, headers=headers).status_code == 200
        answer = httpx.get(f"{server.url}/auth/login", headers=headers)
        (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "fieldline_wanted" in each]
        assert cookie.startswith("fieldline_wanted=%2Flog%3Frun%3Dr-1; ")
        assert {"HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
        key = bare.store.with_name(f"{bare.store.name}.cookie-key")
        first = key.read_text()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert server.terminate() == 0
    with bare.serving("up", "--json") as server:
        assert key.read_text() == first, "who was signed in stays so over a restart"
        assert server.terminate() == 0


def test_a_key_of_one_s_own_leaves_no_file_and_is_not_used_as_it_is(bare: Fieldline) -> None:
    own = "of this server, and rather longer than it need be"
    settings = Settings.load(store=f"duckdb:////{str(bare.store).lstrip('/')}", secret_key=own)
    key = sign_in.cookie_key(settings)
    assert key == sign_in.cookie_key(settings)
    assert own not in key
    assert len(key) == 64
    assert not bare.store.with_name(f"{bare.store.name}.cookie-key").exists()
