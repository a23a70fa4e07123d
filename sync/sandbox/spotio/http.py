"""SPOTIO's HTTP manners: paths and query names without regard to case, JSON in and out, errors in its own shape.

A handler is a plain function from a Call to the JSON value of the answer (None: an empty body). It runs in one
savepoint, so a refused request leaves nothing behind.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.sandbox.spotio.errors import SpotioError, forbidden, invalid
from sync.sandbox.spotio.parse import camel_case, optional_int, optional_stamp
from sync.sandbox.spotio.store import Row

if TYPE_CHECKING:
    from sync.sandbox.spotio.standin import SpotioStandIn
    from sync.sandbox.spotio.tenant import Tenant

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Content:
    """An answer that is a file and not JSON."""

    data: bytes
    media_type: str


@dataclass
class Call:
    """One request: who asks (`user`), the parts of the path, the query with names in lower case, the body's JSON.

    `origin` is scheme and host as the caller reached them.
    """

    standin: "SpotioStandIn"
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    origin: str = ""
    user: Row = field(default_factory=dict)

    @property
    def tenant(self) -> "Tenant":
        return self.standin.tenant

    @property
    def user_id(self) -> str:
        return str(self.user["id"])

    def text(self, name: str) -> str | None:
        return self.query.get(name.lower()) or None

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value is not None and value.lower() not in ("true", "false"):
            raise invalid(name, f"{value} is neither true nor false.")
        return None if value is None else value.lower() == "true"

    def number(self, name: str) -> int | None:
        return optional_int({name: self.text(name)}, name)

    def instant(self, name: str) -> str | None:
        value = self.text(name)
        # A plus sign that was not percent-encoded arrives as a blank.
        return optional_stamp({name: value.replace(" ", "+") if value else None}, name)

    def names(self, name: str) -> list[str]:
        """A comma-separated list."""
        return [item.strip() for item in (self.text(name) or "").split(",") if item.strip()]

    def object(self) -> Mapping[str, Any]:
        """The body as an object, its members' first letters in lower case as the names on the wire are."""
        if not isinstance(self.body, dict):
            raise SpotioError({"_": "A JSON object is expected."}, 400)
        return camel_case(self.body)

    def list(self) -> list[Any]:
        if not isinstance(self.body, list):
            raise SpotioError({"_": "A JSON array is expected."}, 400)
        return [camel_case(item) if isinstance(item, dict) else item for item in self.body]

    def require_admin(self) -> None:
        if self.user["role"] != "Admin":
            raise forbidden("Only administrators may do this.")

    def require_manager(self) -> None:
        if self.user["role"] == "Sales":
            raise forbidden("Sales people may not do this.")


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    """An operation; `invalid` is the status of a validation error as its contract declares it.

    `files` names the content types of a body that is taken as bytes; JSON is expected without them.
    `documented` is false for what SPOTIO's guide names and its OpenAPI document leaves out.
    """

    method: str
    path: str
    handler: Handler
    invalid: int = 400
    public: bool = False
    files: tuple[str, ...] = ()
    documented: bool = True


class SpotioApp:
    """The ASGI application of all routes."""

    def __init__(self, standin: "SpotioStandIn", routes: Iterable[Route]) -> None:
        self._standin = standin
        # Fixed paths before those with a parameter, so that "/many" is not taken for an id.
        ordered = sorted(routes, key=lambda route: route.path.count("{"))
        self._routes = [(re.compile(_pattern(route.path), re.IGNORECASE), route) for route in ordered]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            response = self._answer(request, await request.body())
            await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        path = request.scope["path"].rstrip("/")
        found = [(match, route) for pattern, route in self._routes if (match := pattern.fullmatch(path))]
        if not found:
            return _response({"errors": {"_": "Not found."}}, 404)
        match, route = next(((m, r) for m, r in found if r.method == request.method), (None, None))
        if match is None or route is None:
            return _response({"errors": {"_": "Method not allowed."}}, 405)
        try:
            origin = str(request.base_url).rstrip("/")
            call = Call(self._standin, match.groupdict(), _query(request), None, origin)
            if not route.public:
                call.user = self._caller(request)
            call.body = _file(request, body, route.files) if route.files else _json(request, body)
            self._standin.background.catch_up()
            with self._standin.tenant.store.atomic():
                return _response(route.handler(call), 200)
        except SpotioError as error:
            status = error.status or route.invalid
            return _response({"errors": error.errors} if error.errors else None, status)

    def _caller(self, request: Request) -> Row:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user_id = self._standin.tokens.user_id(token.strip()) if scheme.lower() == "bearer" else None
        user = self._standin.tenant.store.row("users", user_id)
        if user is None or user["suspended"] or user["status"] != "active":
            raise SpotioError({}, 401)
        return user


def _pattern(path: str) -> str:
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)


def _query(request: Request) -> dict[str, str]:
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return {name.lower(): value for name, value in pairs}


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _file(request: Request, body: bytes, kinds: tuple[str, ...]) -> bytes:
    kind = _content_type(request)
    if kind not in kinds:
        raise SpotioError({"_": f"The content type {kind or 'none'} is not supported."}, 415)
    return body


def _json(request: Request, body: bytes) -> Any:
    if not body:
        return None
    kind = _content_type(request)
    if kind not in ("application/json", "text/json") and not kind.endswith("+json"):
        raise SpotioError({"_": f"The content type {kind or 'none'} is not supported."}, 415)
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise SpotioError({"_": f"The body is not JSON: {error}"}, 400) from None


def _response(body: Any, status: int) -> Response:
    if body is None:
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return Response(b"", status, headers)
    if isinstance(body, Content):
        return Response(body.data, status, media_type=body.media_type)
    return Response(_encode(body), status, media_type="application/json; charset=utf-8")
