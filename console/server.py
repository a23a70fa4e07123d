"""The ASGI application with the console: Streamlit, the runner's lifespan and its routes, on one port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from console import fonts
from console.context import Context, set_context
from sync.application import Application
from sync.errors import UsageError
from sync.runner import Request
from sync.settings import is_loopback
from sync.webhooks import PATH

SCRIPT = Path(__file__).parent / "app.py"
_OPEN_PATHS = frozenset({PATH, "/api/health"})
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


def with_console(application: Application) -> st.App:
    """The console around an application: what it starts in its lifespan, the pages reach through the context."""

    if not is_loopback(application.settings.host):
        application.store.close()
        raise UsageError(
            f"The console has no sign-in, so it does not listen on {application.settings.host}.",
            "Leave FIELDLINE_HOST at 127.0.0.1, or start the runner alone with 'fieldline run'.",
        )

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
        async with application.lifespan(app):
            set_context(_context(application))
            try:
                yield {}
            finally:
                set_context(None)

    return st.App(
        SCRIPT,
        lifespan=lifespan,
        routes=[*application.routes(), *fonts.routes],
        middleware=[*application.middleware(), Middleware(RefuseForwarded)],
    )


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


def _context(application: Application) -> Context:
    running = application.running
    if running is None:
        raise RuntimeError("the application has not started")
    systems = application.settings.configured()
    return Context(
        store=running.store,
        # All are asked for before any answer counts: a system that is being read already must not stop the others.
        request_run=lambda asked_by: any(
            [running.schedule.wish(Request((system,), asked_by)) for system in systems]
        ),
        systems=systems,
        timezone=application.settings.schedule.timezone,
    )
