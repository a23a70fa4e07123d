"""Sign-in: what Streamlit's own OpenID Connect needs from our settings, and the way back to the page asked for.

Streamlit takes its provider from `[auth]` secrets. They are handed over in memory (`st.App(secrets=...)`), so that no
file holds the client's secret a second time. The cookie that keeps a person signed in is signed with a key that
survives a restart: made from FIELDLINE_SECRET_KEY, or else kept beside the store for this user's eyes alone.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.context import SignIn
from data.store import path_of
from sync.settings import Settings

_LOGIN, _CALLBACK = "/auth/login", "/oauth2callback"
_WANTED = "fieldline_wanted"
_WANTED_SECONDS = 600


def sign_in(settings: Settings, url: str) -> SignIn | None:
    """How people sign in, None without a provider; `url` is where the server is reached when no public URL is set."""
    oidc = settings.oidc
    if not oidc.on:
        return None
    return SignIn(
        provider=urlsplit(oidc.metadata_url).hostname or "",
        url=settings.public_url or url,
        role_claim=oidc.role_claim,
        roles=oidc.role_pairs(),
        admins=oidc.admins,
        trust_email=oidc.trust_email,
    )


def auth_secrets(settings: Settings, url: str) -> dict[str, Any]:
    """What `st.App` takes as secrets; empty without a provider."""
    oidc = settings.oidc
    if not oidc.on:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{settings.public_url or url}{_CALLBACK}",
            "cookie_secret": cookie_key(settings),
            "client_id": oidc.client_id,
            "client_secret": oidc.client_secret.get_secret_value(),
            "server_metadata_url": oidc.metadata_url,
            "client_kwargs": {"scope": oidc.scopes},
        }
    }


def cookie_key(settings: Settings) -> str:
    """The key that signs cookies: the same at every start, another for every server."""
    if settings.secret_keys:
        # Derived, so that what leaks of a cookie's key says nothing of what else is made from the secret.
        return hmac.new(settings.secret_keys[0].encode(), b"fieldline cookie", hashlib.sha256).hexdigest()
    store = path_of(settings.store)
    file = store.with_name(f"{store.name}.cookie-key")
    try:
        return _kept(file)
    except FileNotFoundError:
        part = file.with_name(f"{file.name}.part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as target:
            target.write(secrets.token_hex(32))
        os.replace(part, file)
        return _kept(file)


def _kept(file: Path) -> str:
    return file.read_text().strip()


class BackToThePage:
    """After the sign-in a person is at the page they asked for, and on https their cookies travel on https alone.

    Streamlit leads everybody to the root. The page that sends one to the sign-in is named by the browser (Referer,
    whole within one origin); it waits in a cookie until the provider sends the person back. Only a path of our own is
    ever followed.
    """

    def __init__(self, app: ASGIApp, *, url: str) -> None:
        self._app = app
        self._https = urlsplit(url).scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                if path == _LOGIN and (wanted := _page(headers)):
                    told.append("set-cookie", _cookie(quote(wanted, safe=""), _WANTED_SECONDS))
                if path == _CALLBACK and told.get("location") == "/" and (wanted := _wanted(headers)):
                    told["location"] = wanted
                    told.append("set-cookie", _cookie("", 0))
                if self._https:
                    _keep_to_https(message)
            await send(message)

        await self._app(scope, receive, answer)


def _page(headers: Headers) -> str:
    """The page from which the browser came, when it is one of ours."""
    came = urlsplit(headers.get("referer", ""))
    if came.netloc != headers.get("host"):
        return ""
    return _ours(came.path + (f"?{came.query}" if came.query else ""))


def _wanted(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(_WANTED)
    except CookieError:
        return ""
    return _ours(unquote(morsel.value)) if morsel else ""


def _ours(path: str) -> str:
    """The path, when a browser cannot take it for an address elsewhere ("//host", "/\\host")."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain else ""


def _cookie(value: str, seconds: int) -> str:
    return f"{_WANTED}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def _keep_to_https(message: Message) -> None:
    message["headers"] = [
        (name, value + b"; Secure")
        if name.lower() == b"set-cookie" and b"; secure" not in value.lower()
        else (name, value)
        for name, value in message["headers"]
    ]
