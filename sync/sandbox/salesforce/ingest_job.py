"""One ingest job: its rows, how far it is, and what became of each row.

In its CSV an empty cell leaves a field as it is, `#N/A` blanks it, and `Account.SPOTIO_Id__c` names a parent by its
external id (Bulk API 2.0 guide, "Valid CSV Record Rows" and "Relationship Fields in a Header Row").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.sandbox.salesforce.csv_form import CsvForm
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.records import check_deletable, upsert
from sync.sandbox.salesforce.schema import Field
from sync.sandbox.salesforce.values import wire_instant

BATCH_ROWS = 10_000
"""Rows that count as one batch against the daily limit."""
STEP_ROWS = 2_000
"""Rows that a job gets through between two looks at it."""
_NULL = "#N/A"

Row = list[str]


class IngestJob:
    def __init__(
        self, org: Org, facts: dict[str, Any], form: CsvForm, key: Field | None, options: SaveOptions
    ) -> None:
        self._org, self.facts, self._form, self._key, self._options = org, facts, form, key, options
        self.state = "Open"
        self.data: bytes | None = None
        self._error: str | None = None
        self._header: Sequence[str] = ()
        self._waiting: list[Row] = []
        self._saved: list[Row] = []
        self._refused: list[Row] = []

    @property
    def batches(self) -> int:
        return -(-len(self._waiting) // BATCH_ROWS)

    def shown(self) -> dict[str, Any]:
        return {**self.facts, "state": self.state}

    def progress(self) -> dict[str, Any]:
        counts = {
            "jobType": "V2Ingest",
            "numberRecordsProcessed": len(self._saved) + len(self._refused),
            "numberRecordsFailed": len(self._refused),
            "retries": 0,
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }
        return counts if self._error is None else {**counts, "errorMessage": self._error}

    def move(self, state: str) -> None:
        self.state = state
        self.facts["systemModstamp"] = wire_instant(self._org.clock.now())

    # Work

    def read(self) -> None:
        """Take the uploaded data apart; data that is no CSV of this form fails the job."""
        try:
            self._header, self._waiting = self._form.read(self.data or b"")
        except SalesforceError as error:
            self._fail(error)

    def step(self) -> None:
        """Go on by one step, as time goes by."""
        if self.state == "UploadComplete":
            self.move("InProgress")
        elif self.state == "InProgress":
            try:
                self._check_header()
            except SalesforceError as error:
                self._fail(error)
                return
            now, self._waiting = self._waiting[:STEP_ROWS], self._waiting[STEP_ROWS:]
            for row in now:
                self._process(row)
            if not self._waiting:
                self.move("JobComplete")

    def _fail(self, error: SalesforceError) -> None:
        self._error = f"{error.code} : {error.message}"
        self.move("Failed")

    def _check_header(self) -> None:
        """Every column is a field or leads to a parent's key; raises InvalidBatch for the first that does not."""
        sobject = self._org.sobject(self.facts["object"], self.facts["createdById"])
        parents = {(field.parent or "").lower() for field in sobject.visible()}
        for name in self._header:
            relation, dot, _ = name.rpartition(".")
            known = relation.rpartition(":")[2].lower() in parents if dot else sobject.field(name) is not None
            if not known:
                raise SalesforceError("InvalidBatch", f"Field name not found : {name}")
        deletes = self.facts["operation"] in ("delete", "hardDelete")
        if deletes and [name.lower() for name in self._header] != ["id"]:
            message = f"{self.facts['operation']} batch must contain only ids"
            raise SalesforceError("InvalidBatch", message)

    def _process(self, row: Row) -> None:
        fields = self._fields(row)
        given = next((value for name, value in fields.items() if name.lower() == "id"), None)
        try:
            with self._org.tables.transaction():
                id, created = self._write(fields, str(given or ""))
            self._saved.append([id, str(created).lower(), *row])
        except SalesforceError as refused:
            self._refused.append([full_id(str(given or "")) or "", _text(refused), *row])

    def _fields(self, row: Row) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, text in zip(self._header, row, strict=True):
            if text == "":
                continue
            value = None if text == _NULL else text
            relation, dot, key = name.rpartition(".")
            if dot:
                # A parent of several objects is written User:Owner; which object it is follows from the key.
                fields[relation.rpartition(":")[2]] = {key: value}
            else:
                fields[name] = value
        return fields

    def _write(self, fields: dict[str, Any], given: str) -> tuple[str, bool]:
        """Save one row; returns its id and whether it was created."""
        sobject, user_id = self._org.sobject(self.facts["object"]), self.facts["createdById"]
        bare = {name: value for name, value in fields.items() if name.lower() != "id"}
        match self.facts["operation"]:
            case "insert":
                return self._org.insert(sobject.name, fields, user_id, self._options), True
            case "upsert":
                return self._upsert(fields)
        id = full_id(given)
        if id is None:
            code = "MALFORMED_ID" if given else "MISSING_ARGUMENT"
            raise SalesforceError(code, f"bad id {given}" if given else "Id not specified", ["Id"])
        if self.facts["operation"] == "update":
            self._org.update(sobject.name, id, bare, user_id, self._options)
            return id, False
        check_deletable(self._org, sobject)
        self._org.delete(sobject.name, id, user_id)
        if self.facts["operation"] == "hardDelete":
            self._org.bin.purge(id)
        return id, False

    def _upsert(self, fields: dict[str, Any]) -> tuple[str, bool]:
        sobject, user_id, key = self._org.sobject(self.facts["object"]), self.facts["createdById"], self._key
        if key is None:
            raise SalesforceError("INVALIDJOB", "an upsert names its external id field")
        rest = {name: value for name, value in fields.items() if name.lower() != key.name.lower()}
        value = next((each for name, each in fields.items() if name.lower() == key.name.lower()), None)
        if value is None and key.type != "id":
            raise SalesforceError("MISSING_ARGUMENT", f"{key.name} not specified")
        if value is None:
            return self._org.insert(sobject.name, rest, user_id, self._options), True
        return upsert(self._org, sobject, key, str(value), rest, user_id, self._options)

    # Results

    def successful(self) -> bytes:
        return self._form.write(["sf__Id", "sf__Created", *self._header], self._saved)

    def failed(self) -> bytes:
        return self._form.write(["sf__Id", "sf__Error", *self._header], self._refused)

    def unprocessed(self) -> bytes:
        return self._form.write(self._header, self._waiting)


def _text(refused: SalesforceError) -> str:
    """All that is wrong with a row, each `CODE:message:fields --`; without fields the dashes follow at once."""
    return "".join(
        f"{each['statusCode']}:{each['message']}:{','.join(each['fields'])}{' ' if each['fields'] else ''}--"
        for each in refused.save_results()
    )
