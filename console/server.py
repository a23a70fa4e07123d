"""The ASGI application with the console: Streamlit, the runner's lifespan and its routes, on one port.

Without a sign-in the console is for people at this machine: it listens on loopback and refuses what a proxy passes
on. With one it may be reached from elsewhere, over https.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from console import fonts, oauth, sign_in
from console.context import Context, SignIn, set_context
from sync.application import Application
from sync.connecting import Connecting
from sync.errors import UsageError
from sync.operations import Operations
from sync.runner import Request, SyncRequest
from sync.settings import Settings, is_loopback
from sync.webhooks import PATH

SCRIPT = Path(__file__).parent / "app.py"
_OPEN_PATHS = frozenset({PATH, "/api/health"})
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


def with_console(application: Application) -> st.App:
    """The console around an application: what it starts in its lifespan, the pages reach through the context."""

    settings = application.settings
    refused = _may_not_listen(settings)
    if refused:
        application.store.close()
        raise refused
    signing_in = sign_in.sign_in(settings, application.url)

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
        async with application.lifespan(app):
            set_context(_context(application, signing_in))
            try:
                yield {}
            finally:
                set_context(None)

    return st.App(
        SCRIPT,
        lifespan=lifespan,
        routes=[*application.routes(), *fonts.routes, *oauth.routes],
        middleware=[
            *application.middleware(),
            Middleware(sign_in.BackToThePage, url=signing_in.url)
            if signing_in
            else Middleware(RefuseForwarded),
        ],
        secrets=sign_in.auth_secrets(settings, application.url),
    )


def _may_not_listen(settings: Settings) -> UsageError | None:
    if is_loopback(settings.host):
        return None
    if not settings.oidc.on:
        return UsageError(
            f"The console has no sign-in, so it does not listen on {settings.host}.",
            "Leave FIELDLINE_HOST at 127.0.0.1, set up a sign-in with FIELDLINE_OIDC__METADATA_URL, or start the "
            "runner alone with 'fieldline run'.",
        )
    if not settings.public_url.startswith("https://"):
        return UsageError(
            f"The console does not listen on {settings.host}: what people sign in with would travel unencrypted.",
            "Set FIELDLINE_PUBLIC_URL to the https address of the proxy before it, or leave FIELDLINE_HOST at "
            "127.0.0.1.",
        )
    return None


class RefuseForwarded:
    """Without a sign-in the console is for people at this machine: what a proxy passes on is refused.

    Webhooks and health stay reachable through a proxy; they prove themselves or tell nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and scope["path"] not in _OPEN_PATHS:
            names = {name.lower() for name, _ in scope["headers"]}
            if names & _FORWARDED:
                await _refuse(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    text = "The console has no sign-in and answers only to people at its own machine."
    await PlainTextResponse(text, 403)(scope, receive, send)


def _context(application: Application, signing_in: SignIn | None) -> Context:
    running = application.running
    if running is None:
        raise RuntimeError("the application has not started")
    runner = running.runner
    url = application.settings.public_url or f"http://localhost:{application.settings.port}"
    return Context(
        store=running.store,
        # All are asked for before any answer counts: a system that is being read already must not stop the others.
        request_run=lambda asked_by: any(
            [running.schedule.wish(Request((system,), asked_by)) for system in runner.settings.configured()]
        ),
        systems=application.settings.configured(),
        timezone=application.settings.schedule.timezone,
        sign_in=signing_in,
        spotio_every=timedelta(seconds=application.settings.schedule.spotio_seconds),
        salesforce_every=timedelta(seconds=application.settings.schedule.salesforce_seconds),
        log_days=application.settings.log.keep_days,
        derive_numbers=lambda: running.schedule.derive_numbers(),
        request_sync=lambda sync, plan: running.schedule.wish(SyncRequest("console", (sync,), plan=plan)),
        command=lambda command, arguments: Operations(running.store, runner, runner.settings).run(
            command, dict(arguments), lambda _: None
        ),
        connecting=Connecting(lambda: runner.connections, url, application.connection_changed),
    )
