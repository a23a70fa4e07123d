"""Several requests in one call: composite (one after the other, referring to each other), graphs of them, and batches.

Each is one call against the daily limit, and always answered with 200: what became of a request stands in its entry.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.http import Answer, Call, Routes, query_of
from sync.sandbox.salesforce.org import Org

REQUESTS_MAX = 25
GRAPHS_MAX = 75
NODES_MAX = 500
_HTTP_ERROR = 400
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."

Request = dict[str, Any]
Results = dict[str, Any]
"""The bodies answered so far, by reference id."""


class _UndoneError(Exception):
    """Leaves a transaction in which a request failed."""


class Composite:
    def __init__(self, org: Org, routes: Routes) -> None:
        self._org, self._routes = org, routes

    def register(self) -> None:
        self._routes.add(r"/composite", POST=self.composite)
        self._routes.add(r"/composite/graph", POST=self.graph)
        self._routes.add(r"/composite/batch", POST=self.batch)

    def composite(self, call: Call) -> Answer:
        body = call.json_object()
        requests = _referable(body, REQUESTS_MAX)
        if len({request.get("referenceId") for request in requests}) < len(requests):
            raise SalesforceError("INVALID_INPUT", "Each referenceId in a request must be unique")
        if body.get("allOrNone") is True:
            entries, _ = self._together(call, requests)
        else:
            results: Results = {}
            entries = [self._entry(call, request, results) for request in requests]
        return Answer({"compositeResponse": entries})

    def graph(self, call: Call) -> Answer:
        """Graphs of requests, each done as a whole or not at all; a request may stand before those it refers to."""
        graphs = _requests(call.json_object(), "graphs", GRAPHS_MAX)
        nodes = [_referable(graph, NODES_MAX) for graph in graphs]
        _check_number(sum(map(len, nodes)), NODES_MAX)
        answers = []
        for graph, requests in zip(graphs, nodes, strict=True):
            entries, done = self._together(call, _in_order(requests))
            place = {request.get("referenceId"): number for number, request in enumerate(requests)}
            entries.sort(key=lambda entry: place[entry["referenceId"]])
            response = {"compositeResponse": entries}
            answers.append({"graphId": graph.get("graphId"), "graphResponse": response, "isSuccessful": done})
        return Answer({"graphs": answers})

    def _together(self, call: Call, requests: list[Request]) -> tuple[list[dict[str, Any]], bool]:
        """All requests in one transaction; when one fails, only its entry says why."""
        results: Results = {}
        entries: list[dict[str, Any]] = []
        try:
            with self._org.tables.transaction():
                for request in requests:
                    entries.append(self._entry(call, request, results))
                    if _failed(entries[-1]):
                        raise _UndoneError
        except _UndoneError:
            culprit = entries[-1]
            halted = [_halted(request, _ROLLED_BACK) for request in requests]
            halted[len(entries) - 1] = culprit
            return halted, False
        return entries, True

    def _entry(self, call: Call, request: Request, results: Results) -> dict[str, Any]:
        """Do one request, and note its body for those that refer to it."""
        try:
            url = str(_resolved(request.get("url", ""), results))
            body = _resolved(request.get("body"), results)
        except KeyError as missing:
            name = str(request.get("referenceId"))
            message = f"Invalid reference specified. No value for {missing.args[0]} found in {name}"
            return _halted(request, message)
        answer = self._sub_request(call, {**request, "url": url}, body)
        if answer.status < _HTTP_ERROR:
            # What refers to it looks into it, so it may not stay text.
            results[str(request.get("referenceId"))] = msgspec.json.decode(msgspec.json.encode(answer.body))
        return {
            "body": answer.body,
            "httpHeaders": answer.headers,
            "httpStatusCode": answer.status,
            "referenceId": request.get("referenceId"),
        }

    def batch(self, call: Call) -> Answer:
        """Up to 25 independent requests; each answer is its status and its body."""
        body = call.json_object()
        results: list[dict[str, Any]] = []
        failed = False
        for request in _requests(body, "batchRequests", REQUESTS_MAX):
            if failed and body.get("haltOnError"):
                halted = SalesforceError("BATCH_PROCESSING_HALTED", "Batch processing halted due to an error")
                results.append({"statusCode": 412, "result": halted.entries()})
                continue
            answer = self._sub_request(call, request, request.get("richInput"))
            failed = failed or answer.status >= _HTTP_ERROR
            results.append({"statusCode": answer.status, "result": answer.body})
        return Answer({"hasErrors": failed, "results": results})

    def _sub_request(self, call: Call, request: Request, body: Any) -> Answer:
        """One request within another: who asks and the headers that steer rules are the outer one's."""
        url = urlsplit(str(request.get("url", "")))
        version, _, path = url.path.removeprefix("/services/data/").lstrip("/").partition("/")
        method = str(request.get("method", "GET")).upper()
        steering = {name: value for name, value in call.headers.items() if name.startswith("sforce-")}
        own = {str(name).lower(): str(value) for name, value in (request.get("httpHeaders") or {}).items()}
        try:
            handler, parts = self._routes.find(method, f"/{path.rstrip('/')}")
            inner = Call(
                method=method,
                path=f"/{path}",
                query=query_of(url.query),
                headers=steering | own,
                body=msgspec.json.encode(body),
                user_id=call.user_id,
                version=version.lstrip("v"),
                parts=parts,
            )
            with self._org.tables.transaction():
                return handler(inner)
        except SalesforceError as error:
            return Answer(error.entries(), error.status)


def _requests(body: dict[str, Any], name: str, most: int) -> list[Request]:
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise SalesforceError("JSON_PARSER_ERROR", f"{name} is required to be a list of objects")
    if any(not isinstance(each.get("httpHeaders") or {}, dict) for each in found):
        raise SalesforceError("JSON_PARSER_ERROR", "httpHeaders is required to be an object")
    _check_number(len(found), most)
    return found


def _referable(body: dict[str, Any], most: int) -> list[Request]:
    """Requests that others can refer to, each by a name of its own."""
    found = _requests(body, "compositeRequest", most)
    if not all(isinstance(each.get("referenceId"), str) for each in found):
        raise SalesforceError("INVALID_INPUT", "Each request needs a referenceId")
    return found


def _check_number(number: int, most: int) -> None:
    if number > most:
        message = f"The number of requests {number} exceeds the limit of {most}"
        raise SalesforceError("LIMIT_EXCEEDED", message)


def _failed(entry: dict[str, Any]) -> bool:
    """A request failed by its status, or as a collection by one of its rows."""
    body = entry["body"]
    rows = body if isinstance(body, list) else []
    lost = any(isinstance(row, dict) and row.get("success") is False for row in rows)
    return lost or int(entry["httpStatusCode"]) >= _HTTP_ERROR


def _halted(request: Request, message: str) -> dict[str, Any]:
    return {
        "body": [{"errorCode": "PROCESSING_HALTED", "message": message}],
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": request.get("referenceId"),
    }


def _resolved(value: Any, results: Results) -> Any:
    """The value with `@{reference.path}` replaced; raises KeyError with a reference that leads nowhere."""
    match value:
        case dict():
            return {name: _resolved(each, results) for name, each in value.items()}
        case list():
            return [_resolved(each, results) for each in value]
        case str():
            return _REFERENCE.sub(lambda found: str(_lookup(found[1], results)), value)
    return value


def _lookup(reference: str, results: Results) -> Any:
    name, *steps = _STEP.findall(reference)
    found: Any = results.get(name)
    for step in steps:
        if step.startswith("["):
            number = int(step[1:-1])
            found = found[number] if isinstance(found, list) and number < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    if found is None or isinstance(found, dict | list):
        raise KeyError(reference)
    return found


def _in_order(requests: list[Request]) -> list[Request]:
    """Requests behind those they refer to; what refers in a circle or to nothing comes last, and fails there."""
    known = {request.get("referenceId") for request in requests}
    wanted = [
        {_STEP.findall(found)[0] for found in _REFERENCE.findall(msgspec.json.encode(request).decode())}
        & known
        for request in requests
    ]
    ordered: list[Request] = []
    waiting = list(zip(requests, wanted, strict=True))
    while waiting:
        done = {request.get("referenceId") for request in ordered}
        ready = [request for request, needs in waiting if needs <= done]
        if not ready:
            return [*ordered, *(request for request, _ in waiting)]
        ordered += ready
        waiting = [each for each in waiting if each[0] not in ready]
    return ordered
