"""The `/__sandbox__/` routes of a stand-in, and the faults that a caller can order for its real paths.

Faults belong to one port. Those for requests are carried out here, around the stand-in's own application;
those for webhooks are taken by whoever sends webhooks, through `Faults.take`.

What is the same in truth in several systems belongs to none of them: it is told on every port, when it is asked for
by name.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.sandbox.clock import Clock
from sync.sandbox.standin import Refused, StandIn

PREFIX = "/__sandbox__"
FOREVER = -1
HELD_SECONDS_MAX = 2.0
"""How long a reordered request waits for the one that is to overtake it."""
TRUTH = ("pairs", "copies")
"""Objects of the state that no system has: the same household, business or deal across systems, and within one."""

Target = Literal["requests", "webhooks"]
Action = Literal["status", "delay", "drop_before", "drop_after", "duplicate", "reorder"]
Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Fault:
    """One ordered fault: which deliveries it meets, what it does, and how often still (-1: for ever)."""

    action: Action
    target: Target = "requests"
    method: str | None = None
    path: str | None = None
    status: int | None = None
    seconds: float = 0.0
    times: int = 1

    def meets(self, target: str, method: str, path: str) -> bool:
        return (
            self.times != 0
            and self.target == target
            and (self.method is None or self.method.upper() == method.upper())
            and (self.path is None or re.search(self.path, path) is not None)
        )

    def listed(self) -> dict[str, Any]:
        match = {"method": self.method, "path": self.path}
        return {
            "match": {key: value for key, value in match.items() if value is not None},
            "target": self.target,
            "action": self.action,
            "status": self.status,
            "seconds": self.seconds,
            "times": self.times,
        }


def read_fault(order: Any) -> Fault:
    """A fault from its JSON form; raises Refused with the reason."""
    if not isinstance(order, dict):
        raise Refused("a fault is an object with action, match, target, status, seconds and times")
    unknown = set(order) - {"match", "target", "action", "status", "seconds", "times"}
    if unknown:
        raise Refused(f"unknown key in a fault: {', '.join(sorted(unknown))}")
    match = order.get("match") or {}
    if not isinstance(match, dict) or set(match) - {"method", "path"}:
        raise Refused("match holds method and path, nothing else")
    if order.get("action") not in get_args(Action):
        raise Refused(f"action is one of {', '.join(get_args(Action))}")
    if order.get("target", "requests") not in get_args(Target):
        raise Refused(f"target is one of {', '.join(get_args(Target))}")
    if order["action"] == "status" and not isinstance(order.get("status"), int):
        raise Refused("a status fault names its status")
    try:
        re.compile(match.get("path") or "")
    except re.error as error:
        raise Refused(f"match.path is not a regular expression: {error}") from None
    return Fault(
        action=order["action"],
        target=order.get("target", "requests"),
        method=match.get("method"),
        path=match.get("path"),
        status=order.get("status"),
        seconds=float(order.get("seconds") or 0.0),
        times=int(order.get("times", 1)),
    )


class Faults:
    """The faults still to come on one port, in the order in which they were ordered."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def order(self, faults: list[Fault]) -> None:
        self._ordered.extend(faults)

    def clear(self) -> None:
        self._ordered.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [fault.listed() for fault in self._ordered]

    def take(self, target: Target, method: str, path: str) -> Fault | None:
        """The first fault that meets this delivery, used once; None when it goes undisturbed."""
        for fault in self._ordered:
            if fault.meets(target, method, path):
                if fault.times != FOREVER:
                    fault.times -= 1
                self._ordered = [other for other in self._ordered if other.times != 0]
                return fault
        return None


class FaultMiddleware:
    """Carries out the faults ordered for requests. `cut` ends a request's connection without an answer."""

    def __init__(
        self, app: ASGIApp, faults: Faults, cut: Callable[[Scope], None], error_body: Callable[[int], Any]
    ) -> None:
        self._app, self._faults, self._cut, self._error_body = app, faults, cut, error_body
        self._overtaken = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        path = f"{scope['path']}?{query}" if query else scope["path"]
        fault = self._faults.take("requests", scope["method"], path)
        if fault is None or fault.action != "reorder":
            try:
                await self._answer(fault, scope, receive, send)
            finally:
                self._overtaken.set()
        else:
            self._overtaken.clear()
            with contextlib.suppress(TimeoutError):  # nothing came to overtake it
                await asyncio.wait_for(self._overtaken.wait(), fault.seconds or HELD_SECONDS_MAX)
            await self._app(scope, receive, send)

    async def _answer(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.action if fault else None:
            case None:
                await self._app(scope, receive, send)
            case "delay":
                await asyncio.sleep(fault.seconds if fault else 0)
                await self._app(scope, receive, send)
            case "status":
                await self._refusal(fault.status if fault and fault.status else 500)(scope, receive, send)
            case "drop_before":
                await self._drop(scope, receive)
            case "drop_after":
                await self._app(scope, receive, _swallow)
                await self._drop(scope, receive)
            case "duplicate":
                body = await Request(scope, receive).body()
                await self._app(dict(scope), _replay(body), _swallow)
                await self._app(scope, _replay(body), send)

    def _refusal(self, status: int) -> Response:
        headers = {"Retry-After": "1"} if status in (429, 503) else None
        return json_response(self._error_body(status), status, headers)

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        self._cut(scope)
        while (await receive())["type"] != "http.disconnect":
            pass


async def _swallow(message: Message) -> None:
    """Takes an answer that nobody is to see."""


def _replay(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def control_app(
    standin: StandIn,
    faults: Faults,
    clock: Clock,
    reset_all: Callable[[], None],
    url: str,
    truth: Callable[[], dict[str, list[dict[str, Any]]]],
) -> Starlette:
    """The control routes of one port.

    `reset_all` takes every stand-in back to the state at ready; `truth` tells the objects named in TRUTH.
    """

    async def state(request: Request) -> Response:
        object, since = request.query_params.get("object"), request.query_params.get("since")
        if object in TRUTH:
            return json_response({object: truth()[object]})
        return json_response(standin.state(object, _instant(since) if since else None))

    async def list_faults(request: Request) -> Response:
        return json_response(faults.listed())

    async def order_faults(request: Request) -> Response:
        orders = await _json(request)
        if not isinstance(orders, list):
            raise Refused("faults are ordered as a list")
        faults.order([read_fault(order) for order in orders])
        return json_response(faults.listed())

    async def clear_faults(request: Request) -> Response:
        faults.clear()
        return json_response([])

    async def move_clock(request: Request) -> Response:
        seconds = (await _object(request)).get("advance_seconds")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise Refused("advance_seconds is a number, not below 0")
        clock.advance(seconds)
        return json_response({"now": clock.now()})

    async def read_clock(request: Request) -> Response:
        return json_response({"now": clock.now()})

    async def reset(request: Request) -> Response:
        reset_all()
        return json_response({"reset": True})

    async def token(request: Request) -> Response:
        user = (await _object(request)).get("user")
        if not isinstance(user, str) or not user:
            raise Refused("user is an id or an e-mail address")
        return json_response({"access_token": standin.token(user), "url": url})

    async def act(request: Request) -> Response:
        arguments = await _object(request)
        action = arguments.pop("action", None)
        if not isinstance(action, str):
            raise Refused("action is missing")
        return json_response(standin.act(action, arguments))

    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/state", state),
        ("GET", "/faults", list_faults),
        ("POST", "/faults", order_faults),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/clock", read_clock),
        ("POST", "/clock", move_clock),
        ("POST", "/reset", reset),
        ("POST", "/token", token),
        ("POST", "/act", act),
    ]
    return Starlette(
        routes=[Route(PREFIX + path, handler, methods=[method]) for method, path, handler in routes],
        exception_handlers={Refused: _refused},
    )


async def _refused(request: Request, error: Exception) -> Response:
    return json_response({"error": str(error)}, 400)


async def _json(request: Request) -> Any:
    try:
        return msgspec.json.decode(await request.body() or b"{}")
    except msgspec.DecodeError as error:
        raise Refused(f"the body is not JSON: {error}") from None


async def _object(request: Request) -> dict[str, Any]:
    body = await _json(request)
    if not isinstance(body, dict):
        raise Refused("the body is a JSON object")
    return body


def _instant(text: str) -> datetime:
    try:
        # A plus sign that was not percent-encoded arrives as a blank.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(f"since is not an ISO instant: {text}") from None
    if instant.tzinfo is None:
        raise Refused("since needs a time zone")
    return instant
