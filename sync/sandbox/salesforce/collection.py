"""sObject Collections: up to 200 records in one call, each with a result of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sync.sandbox.salesforce.errors import SalesforceError, no_such_column
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.options import rest_options
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.records import check_deletable, key_field, record_body, upsert
from sync.sandbox.salesforce.schema import SObject

RECORDS_MAX = 200
RETRIEVED_MAX = 2000
CHUNKS_MAX = 10
"""Runs of records of one object that a call may hold (REST API guide, "Create Records Using sObject Collections")."""
_ROLLED_BACK = SalesforceError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

Result = dict[str, Any]
T = TypeVar("T")


class Collections:
    def __init__(self, org: Org) -> None:
        self._org = org

    def register(self, routes: Routes) -> None:
        routes.add(r"/composite/sobjects", POST=self.create, PATCH=self.update, DELETE=self.delete)
        routes.add(r"/composite/sobjects/([^/]+)", GET=self.retrieve, POST=self.retrieve)
        routes.add(r"/composite/sobjects/([^/]+)/([^/]+)", PATCH=self.upsert)

    def create(self, call: Call) -> Answer:
        options = rest_options(call.headers)

        def write(record: dict[str, Any]) -> Result:
            sobject = self._type(record)
            return {"id": self._org.insert(sobject.name, record, call.user_id, options)}

        return self._each(*_records(call), write)

    def update(self, call: Call) -> Answer:
        options = rest_options(call.headers)
        records, all_or_none = _records(call)
        repeated = _repeated([full_id(str(_value(record, "Id"))) for record in records])

        def write(record: dict[str, Any]) -> Result:
            sobject = self._type(record)
            id = _id(_value(record, "Id"))
            if id in repeated:
                raise SalesforceError("DUPLICATE_VALUE", f"Duplicate id specified: {id}", ["Id"])
            self._org.update(sobject.name, id, _without(record, "Id"), call.user_id, options)
            return {"id": id}

        return self._each(records, all_or_none, write)

    def delete(self, call: Call) -> Answer:
        def write(text: str) -> Result:
            id = _id(text)
            sobject = self._org.schema.of_id(id)
            if sobject is None:
                raise SalesforceError("MALFORMED_ID", f"malformed id {text}")
            check_deletable(self._org, sobject)
            self._org.delete(sobject.name, id, call.user_id)
            return {"id": id}

        ids = [id for id in call.query.get("ids", "").split(",") if id]
        _check_number(len(ids))
        _check_chunks(id[:3] for id in ids)
        return self._each(ids, call.query.get("allOrNone", "").lower() == "true", write)

    def upsert(self, call: Call) -> Answer:
        sobject = self._org.sobject(call.parts[0], call.user_id)
        key, options = key_field(sobject, call.parts[1]), rest_options(call.headers)
        records, all_or_none = _records(call)
        repeated = _repeated([_folded(_value(record, key.name)) for record in records])

        def write(record: dict[str, Any]) -> Result:
            fields, value = _without(record, key.name), _value(record, key.name)
            if value is None and key.type != "id":
                raise SalesforceError("MISSING_ARGUMENT", f"{key.name} not specified")
            if _folded(value) in repeated:
                message = f"Duplicate external id specified: {value}"
                raise SalesforceError("DUPLICATE_VALUE", message, [key.name])
            if value is None:
                return {
                    "id": self._org.insert(sobject.name, fields, call.user_id, options),
                    "created": True,
                }
            id, created = upsert(self._org, sobject, key, str(value), fields, call.user_id, options)
            return {"id": id, "created": created}

        return self._each(records, all_or_none, write)

    def retrieve(self, call: Call) -> Answer:
        """The records of a list of ids, in its order; null for one that is missing or deleted."""
        sobject = self._org.sobject(call.parts[0], call.user_id)
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
            undone = {"success": False, "errors": rolled_back.save_results()}
            # A row that an upsert had created still says so.
            results = [
                {**undone, **({"created": result["created"]} if "created" in result else {})}
                if result["success"]
                else result
                for result in results
            ]
        return Answer(results)

    def _one(self, item: T, write: Callable[[T], Result]) -> Result:
        try:
            with self._org.tables.transaction():
                return {**write(item), "success": True, "errors": []}
        except SalesforceError as error:
            return {"success": False, "errors": error.save_results()}

    def _type(self, record: dict[str, Any]) -> SObject:
        name = _named_type(record)
        sobject = self._org.schema.sobject(name) if name is not None else None
        if sobject is None:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return sobject


def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise SalesforceError("JSON_PARSER_ERROR", "records is required to be a list of objects")
    _check_number(len(records))
    _check_chunks(_named_type(record) for record in records)
    return records, body.get("allOrNone") is True


def _named_type(record: dict[str, Any]) -> str | None:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    return name if isinstance(name, str) else None


def _value(record: dict[str, Any], name: str) -> Any:
    return next((value for key, value in record.items() if key.lower() == name.lower()), None)


def _without(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key.lower() != name.lower()}


def _folded(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _repeated(values: Sequence[str | None]) -> set[str | None]:
    """What stands in a request more than once: none of those rows is written."""
    return {value for value, number in Counter(values).items() if number > 1 and value is not None}


def _check_number(number: int, most: int = RECORDS_MAX) -> None:
    if number > most:
        message = f"The number of records {number} exceeds the limit of {most}"
        raise SalesforceError("LIMIT_EXCEEDED", message)


def _check_chunks(objects: Iterable[str | None]) -> None:
    """Records of different objects are written run by run; the text is the platform's, the code assumed."""
    if sum(1 for _ in groupby(objects)) > CHUNKS_MAX:
        message = (
            f"Cannot have more than {CHUNKS_MAX} chunks in a single operation. "
            "Please rearrange the data to reduce chunking."
        )
        raise SalesforceError("LIMIT_EXCEEDED", message)


def _id(text: Any) -> str:
    id = full_id(text) if isinstance(text, str) else None
    if id is None:
        raise SalesforceError("MALFORMED_ID", f"malformed id {text}", ["Id"])
    return id
