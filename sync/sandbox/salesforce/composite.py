"""Many records or many requests in one call: sObject Collections and composite/batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from sync.sandbox.salesforce.errors import SalesforceError, no_such_column
from sync.sandbox.salesforce.http import Answer, Call, Routes, query_of
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.records import check_deletable, key_field, record_body, upsert
from sync.sandbox.salesforce.schema import SObject

RECORDS_MAX = 200
RETRIEVED_MAX = 2000
REQUESTS_MAX = 25
_HTTP_ERROR = 400
_ROLLED_BACK = SalesforceError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

Result = dict[str, Any]
T = TypeVar("T")


class Composite:
    def __init__(self, org: Org, routes: Routes) -> None:
        self._org, self._routes = org, routes

    def register(self) -> None:
        self._routes.add(r"/composite/batch", POST=self.batch)
        self._routes.add(r"/composite/sobjects", POST=self.create, PATCH=self.update, DELETE=self.delete)
        self._routes.add(r"/composite/sobjects/([^/]+)", GET=self.retrieve, POST=self.retrieve)
        self._routes.add(r"/composite/sobjects/([^/]+)/([^/]+)", PATCH=self.upsert)

    def create(self, call: Call) -> Answer:
        def write(record: dict[str, Any]) -> Result:
            sobject = self._type(record)
            return {"id": self._org.insert(sobject.name, record, call.user_id)}

        return self._each(*_records(call), write)

    def update(self, call: Call) -> Answer:
        def write(record: dict[str, Any]) -> Result:
            sobject = self._type(record)
            fields = {name: value for name, value in record.items() if name.lower() != "id"}
            id = _id(next((value for name, value in record.items() if name.lower() == "id"), None))
            self._org.update(sobject.name, id, fields, call.user_id)
            return {"id": id}

        return self._each(*_records(call), write)

    def delete(self, call: Call) -> Answer:
        def write(text: str) -> Result:
            id = _id(text)
            sobject = self._org.schema.of_id(id)
            if sobject is None:
                raise SalesforceError("MALFORMED_ID", f"malformed id {text}")
            check_deletable(sobject)
            self._org.delete(sobject.name, id, call.user_id)
            return {"id": id}

        ids = [id for id in call.query.get("ids", "").split(",") if id]
        _check_number(len(ids))
        return self._each(ids, call.query.get("allOrNone", "").lower() == "true", write)

    def upsert(self, call: Call) -> Answer:
        sobject = self._org.sobject(call.parts[0])
        key = key_field(sobject, call.parts[1])

        def write(record: dict[str, Any]) -> Result:
            fields = {name: value for name, value in record.items() if name.lower() != key.name.lower()}
            value = next((each for name, each in record.items() if name.lower() == key.name.lower()), None)
            if value is None and key.type != "id":
                raise SalesforceError("MISSING_ARGUMENT", f"{key.name} not specified")
            if value is None:
                return {"id": self._org.insert(sobject.name, fields, call.user_id), "created": True}
            id, created = upsert(self._org, sobject, key, str(value), fields, call.user_id)
            return {"id": id, "created": created}

        return self._each(*_records(call), write)

    def retrieve(self, call: Call) -> Answer:
        """The records of a list of ids, in its order; null for one that is missing or deleted."""
        sobject = self._org.sobject(call.parts[0])
        if call.method == "POST":
            body = call.json_object()
            ids, names = body.get("ids", []), body.get("fields", [])
        else:
            ids, names = (call.query.get(name, "").split(",") for name in ("ids", "fields"))
        if not names or any(sobject.field(name) is None for name in names):
            unknown = next((name for name in names if sobject.field(name) is None), "")
            raise no_such_column(unknown, sobject.name)
        _check_number(len(ids), RETRIEVED_MAX)
        return Answer([self._retrieved(sobject, id, names, call.version) for id in ids])

    def _retrieved(self, sobject: SObject, id: str, names: list[str], version: str) -> Result | None:
        row = self._org.tables.get(sobject, full_id(id) or "")
        return record_body(sobject, row, names, version) if row and not row.get("IsDeleted") else None

    def _each(self, items: Iterable[T], all_or_none: bool, write: Callable[[T], Result]) -> Answer:
        """Write one after the other, each with a result of its own; one failure undoes all when `all_or_none`."""
        results: list[Result] = []
        try:
            with self._org.tables.transaction():
                for item in items:
                    results.append(self._one(item, write))
                if all_or_none and not all(result["success"] for result in results):
                    raise _ROLLED_BACK
        except SalesforceError as rolled_back:
            undone = {"success": False, "errors": [rolled_back.save_result()]}
            results = [undone if result["success"] else result for result in results]
        return Answer(results)

    def _one(self, item: T, write: Callable[[T], Result]) -> Result:
        try:
            with self._org.tables.transaction():
                return {**write(item), "success": True, "errors": []}
        except SalesforceError as error:
            return {"success": False, "errors": [error.save_result()]}

    def _type(self, record: dict[str, Any]) -> SObject:
        attributes = record.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        sobject = self._org.schema.sobject(name) if isinstance(name, str) else None
        if sobject is None:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return sobject

    def batch(self, call: Call) -> Answer:
        """Up to 25 independent requests; each answer is its status and its body."""
        body = call.json_object()
        requests = body.get("batchRequests", [])
        _check_number(len(requests), REQUESTS_MAX)
        results: list[Result] = []
        failed = False
        for request in requests:
            if failed and body.get("haltOnError"):
                halted = SalesforceError("BATCH_PROCESSING_HALTED", "Batch processing halted due to an error")
                results.append({"statusCode": 412, "result": [halted.entry()]})
                continue
            answer = self._sub_request(call, request)
            failed = failed or answer.status >= _HTTP_ERROR
            results.append({"statusCode": answer.status, "result": answer.body})
        return Answer({"hasErrors": failed, "results": results})

    def _sub_request(self, call: Call, request: dict[str, Any]) -> Answer:
        url = urlsplit(str(request.get("url", "")))
        version, _, path = url.path.removeprefix("/services/data/").lstrip("/").partition("/")
        try:
            handler, parts = self._routes.find(str(request.get("method", "GET")).upper(), f"/{path}")
            inner = Call(
                method=str(request.get("method", "GET")).upper(),
                path=f"/{path}",
                query=query_of(url.query),
                headers={},
                body=msgspec.json.encode(request.get("richInput")),
                user_id=call.user_id,
                version=version.lstrip("v"),
                parts=parts,
            )
            return handler(inner)
        except SalesforceError as error:
            return Answer([error.entry()], error.status)


def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise SalesforceError("JSON_PARSER_ERROR", "records is required to be a list of objects")
    _check_number(len(records))
    return records, body.get("allOrNone") is True


def _check_number(number: int, most: int = RECORDS_MAX) -> None:
    if number > most:
        message = f"The number of records {number} exceeds the limit of {most}"
        raise SalesforceError("LIMIT_EXCEEDED", message)


def _id(text: Any) -> str:
    id = full_id(text) if isinstance(text, str) else None
    if id is None:
        raise SalesforceError("MALFORMED_ID", f"malformed id {text}", ["Id"])
    return id
