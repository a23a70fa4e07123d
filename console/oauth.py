"""The way of a browser to Salesforce's sign-in and back: two routes of our own server.

The first trades the page's ticket for the way there and gives the browser a cookie; the second is the callback, which
takes only the browser with that cookie. Neither tells anybody anything else, so they need no sign-in of their own; what
is done at the end is done for the admin who began, if they still are one.
"""

from __future__ import annotations

import asyncio
from html import escape
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from console import services
from console.context import connecting
from console.services.connections import Done
from sync.connecting import CALLBACK_PATH, START_PATH
from sync.errors import FieldlineError

_COOKIE, _SECONDS = "fieldline_sign_in", 600
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
_STYLE = "font: 15px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem"


async def _start(request: Request) -> Response:
    try:
        url, begun = connecting().leave(request.query_params.get("ticket", ""))
    except FieldlineError as error:
        return _page(Done(str(error), refused=True))
    answer = RedirectResponse(url, status_code=302, headers=_HEADERS)
    secure = urlsplit(connecting().callback).scheme == "https"
    answer.set_cookie(
        _COOKIE, begun.binding, max_age=_SECONDS, path=CALLBACK_PATH, secure=secure, httponly=True, samesite="lax"
    )  # fmt: skip
    return answer


async def _callback(request: Request) -> Response:
    told = dict(request.query_params)
    try:
        arriving = connecting().arriving(told.get("state", ""), request.cookies.get(_COOKIE, ""))
    except FieldlineError as error:
        return _page(Done(str(error), refused=True))
    # In a thread: Salesforce is asked, and the event loop serves the console meanwhile.
    answer = _page(await asyncio.to_thread(services.end_sign_in, arriving, told))
    answer.delete_cookie(_COOKIE, path=CALLBACK_PATH)
    return answer


def _page(done: Done) -> Response:
    """What the browser's tab says at the end; the page Connections, in the tab before it, goes on by itself."""
    title = "Not connected" if done.refused else "Connected"
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{title} · Fieldline</title></head><body style='{_STYLE}'><main><h1>{title}</h1><p>{escape(done.text)}</p>"
        "<p>This tab can be closed: the page Connections, from which you came, goes on by itself.</p></main></body></html>"
    )
    return HTMLResponse(html, 400 if done.refused else 200, _HEADERS)


routes = [
    Route(START_PATH, _start, methods=["GET"]),
    Route(CALLBACK_PATH, _callback, methods=["GET"]),
]
