"""composite/tree: records with their children nested in them, created together or not at all."""

from __future__ import annotations

from typing import Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.options import SaveOptions, rest_options
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import SObject

RECORDS_MAX = 200
LEVELS_MAX = 5

Record = dict[str, Any]


class _UndoneError(Exception):
    """Leaves the transaction of a tree of which a record was refused."""


class Trees:
    def __init__(self, org: Org) -> None:
        self._org = org

    def register(self, routes: Routes) -> None:
        routes.add(r"/composite/tree/([^/]+)", POST=self.create)

    def create(self, call: Call) -> Answer:
        """201 with an id for each reference; 400 with the errors alone when a record is refused."""
        sobject = self._org.sobject(call.parts[0], call.user_id)
        records = _listed(call.json_object())
        _check_number(records)
        growth = _Growth(self._org, call.user_id, rest_options(call.headers))
        try:
            with self._org.tables.transaction():
                for record in records:
                    growth.plant(sobject, record, {}, 1)
                if growth.errors:
                    raise _UndoneError
        except _UndoneError:
            return Answer({"hasErrors": True, "results": growth.errors}, 400)
        return Answer({"hasErrors": False, "results": growth.created}, 201)


class _Growth:
    """One tree while it grows: what was created, what was refused."""

    def __init__(self, org: Org, user_id: str, options: SaveOptions) -> None:
        self._org, self._user_id, self._options = org, user_id, options
        self.created: list[Record] = []
        self.errors: list[Record] = []

    def plant(self, sobject: SObject, record: Record, parent: Record, level: int) -> None:
        """Create a record with `parent`'s reference, then its children."""
        if level > LEVELS_MAX:
            message = f"A tree has at most {LEVELS_MAX} levels"
            raise SalesforceError("INVALID_INPUT", message)
        attributes = record.get("attributes")
        reference = attributes.get("referenceId") if isinstance(attributes, dict) else None
        branches = {name: value for name, value in record.items() if _is_branch(value)}
        fields = {name: value for name, value in record.items() if name not in branches}
        try:
            id = self._org.insert(sobject.name, {**fields, **parent}, self._user_id, self._options)
        except SalesforceError as error:
            self.errors.append({"referenceId": reference, "errors": error.save_results()})
            return
        self.created.append({"referenceId": reference, "id": id})
        for name, branch in branches.items():
            child, field = self._relationship(sobject, name)
            for each in _listed(branch):
                self.plant(child, each, {field: id}, level + 1)

    def _relationship(self, sobject: SObject, name: str) -> tuple[SObject, str]:
        for child, field in self._org.seen_by(self._user_id).children(sobject.name):
            if (field.children or "").lower() == name.lower():
                return child, field.name
        raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")


def _is_branch(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("records")) and _are_records(value["records"])


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _listed(body: Record) -> list[Record]:
    records: Any = body.get("records")
    if not _are_records(records):
        raise SalesforceError("JSON_PARSER_ERROR", "records is required to be a list of objects")
    return list(records)


def _check_number(records: list[Record]) -> None:
    def size(record: Record) -> int:
        return 1 + sum(
            size(each) for value in record.values() if _is_branch(value) for each in value["records"]
        )

    number = sum(map(size, records))
    if number > RECORDS_MAX:
        message = f"The number of records {number} exceeds the limit of {RECORDS_MAX}"
        raise SalesforceError("LIMIT_EXCEEDED", message)
