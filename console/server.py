"""The ASGI application with the console: Streamlit, the runner's lifespan and its routes, on one port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from console import fonts
from console.context import Context, set_context
from sync.application import Application
from sync.runner import Request

SCRIPT = Path(__file__).parent / "app.py"


def with_console(application: Application) -> st.App:
    """The console around an application: what it starts in its lifespan, the pages reach through the context."""

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
        middleware=application.middleware(),
    )


def _context(application: Application) -> Context:
    running = application.running
    if running is None:
        raise RuntimeError("the application has not started")
    systems = application.settings.configured()
    return Context(
        store=running.store,
        request_run=lambda asked_by: running.schedule.wish(Request(systems, asked_by)) if systems else False,
        systems=systems,
        timezone=application.settings.schedule.timezone,
    )
