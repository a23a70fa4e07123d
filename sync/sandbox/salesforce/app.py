"""The ASGI application of the Salesforce stand-in: from a connection's request to a `Call`, from an `Answer` back."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.sandbox.salesforce.discovery import check_version, versions
from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource
from sync.sandbox.salesforce.http import Answer, Call, Routes, query_of
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.oauth import OAuth
from sync.sandbox.salesforce.sessions import Sessions, invalid_session
from sync.sandbox.salesforce.soap_api import SoapApi

_DATA = re.compile(r"/services/data/v([^/]+)(/.*)?\Z", re.IGNORECASE)
_SOAP = re.compile(r"/services/Soap/([uc])/([^/]+)(?:/.*)?\Z", re.IGNORECASE)
_IDENTITY = re.compile(r"/id/([^/]+)/([^/]+)\Z", re.IGNORECASE)
_GZIP_FROM_BYTES = 1024
_GZIP_LEVEL = 1
_GZIP_WINDOW = 31
_NO_BODY = (204, 304)


class App:
    def __init__(
        self,
        routes: Routes,
        oauth: OAuth,
        soap: SoapApi,
        sessions: Sessions,
        limits: Limits,
        settle: Callable[[], None],
    ) -> None:
        self._routes, self._oauth, self._soap = routes, oauth, soap
        self._sessions, self._limits, self._settle = sessions, limits, settle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self._settle()
        try:
            answer = self._answer(request, body)
        except SalesforceError as error:
            answer = Answer(error.entries(), error.status)
        await _response(request, answer)(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Answer:
        path = _tidy(request.scope)
        lower = path.lower()
        if lower == "/services/data":
            return Answer(versions())
        if lower.startswith("/services/oauth2/"):
            return self._sign_in(request, lower.removeprefix("/services/oauth2/"), body)
        soap = _SOAP.match(path)
        if soap and request.method == "POST":
            return self._soap.answer(soap[1], soap[2], body)
        identity = _IDENTITY.match(path)
        if identity:
            self._user_of(request)
            return self._oauth.identity(identity[1], identity[2])
        data = _DATA.match(path)
        if data is None:
            raise no_such_resource()
        check_version(data[1])
        call = Call(
            method=request.method,
            path=data[2] or "/",
            query=query_of(request.scope["query_string"].decode("latin-1")),
            headers={key.lower(): value for key, value in request.headers.items()},
            body=body,
            user_id=self._user_of(request),
            version=data[1],
        )
        return self._counted(call)

    def _counted(self, call: Call) -> Answer:
        """Answer a call of the REST API, which counts against the daily limit, and say how much is used."""
        try:
            self._limits.count_call()
            handler, parts = self._routes.find(call.method, call.path)
            answer = handler(replace(call, parts=parts))
        except SalesforceError as error:
            answer = Answer(error.entries(), error.status)
        answer.headers["Sforce-Limit-Info"] = self._limits.header()
        return answer

    def _sign_in(self, request: Request, name: str, body: bytes) -> Answer:
        if name == "token" and request.method == "POST":
            return self._oauth.token(request.headers, body)
        if name == "authorize":
            return self._oauth.authorize(request.method, request.query_params, body)
        if name == "revoke":
            return self._oauth.revoke(body, request.query_params)
        if name == "userinfo":
            return self._oauth.userinfo(self._user_of(request))
        raise no_such_resource()

    def _user_of(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth"):
            raise invalid_session()
        return self._sessions.user_of(token.strip())


def _tidy(scope: Scope) -> str:
    """The path as it was sent, still percent-encoded, without doubled and trailing slashes."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = re.sub("/{2,}", "/", raw.decode("latin-1").partition("?")[0])
    return path.rstrip("/") or "/"


def _response(request: Request, answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.status in _NO_BODY:
        return Response(status_code=answer.status, headers=headers)
    body = _encoded(request, answer.body)
    if not isinstance(answer.body, bytes):
        headers["Content-Type"] = "application/json;charset=UTF-8"
    if len(body) >= _GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        body = compressor.compress(body) + compressor.flush()
        headers["Content-Encoding"] = "gzip"
    headers["Vary"] = "Accept-Encoding"
    return Response(body, answer.status, headers)


def _encoded(request: Request, body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if body is None:
        return b""
    encoded = msgspec.json.encode(body)
    if request.headers.get("x-prettyprint") in ("1", "true"):
        return msgspec.json.format(encoded, indent=2)
    return encoded
