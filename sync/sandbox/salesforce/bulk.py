"""Bulk API 2.0 queries: jobs that take a while, and results in CSV pages that can be read again and again."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sync.sandbox.salesforce.compiler import compile_query
from sync.sandbox.salesforce.csv_form import CsvForm, read_form
from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.ids import IdFactory, full_id
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.plan import Plan, Selected
from sync.sandbox.salesforce.shape import Variants
from sync.sandbox.salesforce.snapshot import Snapshot
from sync.sandbox.salesforce.values import wire_instant

RESULT_ROWS = 50_000
"""Rows of a result page when the caller does not say how many at most."""

_ENDED = ("JobComplete", "Failed", "Aborted")


@dataclass
class _Job:
    id: str
    text: str
    plan: Plan
    facts: dict[str, Any]
    form: CsvForm
    state: str = "UploadComplete"
    snapshot: Snapshot | None = None


class BulkQueries:
    """A job moves on each time somebody asks for its state: it is queued, then in progress, then complete."""

    def __init__(self, org: Org, limits: Limits, ids: IdFactory) -> None:
        self._org, self._limits, self._ids = org, limits, ids
        self._jobs: dict[str, _Job] = {}

    def register(self, routes: Routes) -> None:
        routes.add(r"/jobs/query", GET=self.list, POST=self.create)
        routes.add(r"/jobs/query/([^/]+)", GET=self.info, PATCH=self.abort, DELETE=self.delete)
        routes.add(r"/jobs/query/([^/]+)/results", GET=self.results)

    def clear(self) -> None:
        """Forget every job, as their snapshots are gone."""
        self._jobs.clear()

    def create(self, call: Call) -> Answer:
        order = call.json_object()
        operation, text = order.get("operation"), order.get("query")
        if operation not in ("query", "queryAll") or not isinstance(text, str):
            raise SalesforceError("INVALIDJOB", "operation is query or queryAll, and query is its SOQL")
        form = read_form(order)
        plan = compile_query(self._org, text, deleted=operation == "queryAll", user_id=call.user_id)
        _check_allowed(text, plan)
        self._limits.count_bulk_job()
        now = wire_instant(self._org.clock.now())
        id = self._ids.next("750")
        facts = {
            "operation": operation,
            "object": plan.sobject.name,
            "createdById": call.user_id,
            "createdDate": now,
            "systemModstamp": now,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(call.version),
            "lineEnding": form.ending,
            "columnDelimiter": form.delimiter,
        }
        self._jobs[id] = job = _Job(id, text, plan, facts, form)
        return Answer(self._shown(job))

    def list(self, call: Call) -> Answer:
        jobs = [self._shown(job) for job in self._jobs.values()]
        return Answer({"done": True, "records": jobs, "nextRecordsUrl": None})

    def info(self, call: Call) -> Answer:
        job = self._job(call)
        if job.state == "UploadComplete":
            job.state = "InProgress"
        elif job.state == "InProgress":
            # Compiled again, because the schema may have changed since the job was made.
            try:
                deleted, asker = job.facts["operation"] == "queryAll", job.facts["createdById"]
                plan = compile_query(self._org, job.text, deleted=deleted, user_id=asker)
                job.snapshot = Snapshot(self._org.tables, plan)
                job.state = "JobComplete"
            except SalesforceError as error:
                job.state = "Failed"
                job.facts["errorMessage"] = f"{error.code}: {error.message}"
            job.facts["systemModstamp"] = wire_instant(self._org.clock.now())
        details = {
            "jobType": "V2Query",
            "numberRecordsProcessed": job.snapshot.total if job.snapshot else 0,
            "retries": 0,
            "totalProcessingTime": 0,
            "isPkChunkingSupported": True,
        }
        return Answer({**self._shown(job), **details})

    def abort(self, call: Call) -> Answer:
        job = self._job(call)
        if call.json_object().get("state") != "Aborted":
            raise SalesforceError("INVALIDJOBSTATE", "A query job can only be set to Aborted")
        if job.state in _ENDED:
            raise SalesforceError("INVALIDJOBSTATE", f"Aborting a job that is {job.state} is not allowed")
        job.state = "Aborted"
        return Answer(self._shown(job))

    def delete(self, call: Call) -> Answer:
        job = self._job(call)
        if job.state not in _ENDED:
            raise SalesforceError("INVALIDJOBSTATE", "A job that still runs cannot be deleted")
        if job.snapshot:
            job.snapshot.drop()
        del self._jobs[job.id]
        return Answer(None, 204)

    def results(self, call: Call) -> Answer:
        """A page of rows, its own header row included; the page is the same whenever it is asked for again."""
        job = self._job(call)
        if job.facts["apiVersion"] != float(call.version):
            message = f"The job was created with API version {job.facts['apiVersion']}"
            raise SalesforceError("API_VERSION_MISMATCH", message, status=409)
        if job.snapshot is None:
            raise SalesforceError(
                "INVALIDJOBSTATE", f"Results are not available for a job that is {job.state}"
            )
        start = _read_locator(call.query.get("locator", ""))
        number = _read_number(call.query.get("maxRecords", "")) or RESULT_ROWS
        columns = job.snapshot.plan.columns
        rows = job.snapshot.rows(start, number, ", ".join(_text_of(column) for column in columns))
        end = start + len(rows)
        written = job.form.write([column.path for column in columns], rows)
        headers = {
            "Content-Type": "text/csv",
            "Sforce-NumberOfRecords": str(len(rows)),
            # At the end the word null, and not the header's absence, says so.
            "Sforce-Locator": _locator(end) if end < job.snapshot.total else "null",
        }
        return Answer(written, headers=headers)

    def _job(self, call: Call) -> _Job:
        job = self._jobs.get(full_id(call.parts[0]) or "")
        if job is None:
            raise no_such_resource()
        return job

    def _shown(self, job: _Job) -> dict[str, Any]:
        return {"id": job.id, **job.facts, "state": job.state}


def _check_allowed(text: str, plan: Plan) -> None:
    """What REST answers and Bulk does not."""
    if plan.kind != "rows":
        message = "Aggregate Relationships not supported in Bulk Query"
        raise SalesforceError("API_ERROR", message)
    if plan.shape.children():
        raise SalesforceError("API_ERROR", "Nested queries are not supported in Bulk Query")
    if any(isinstance(entry, Variants) for entry in plan.shape.entries.values()):
        raise SalesforceError("API_ERROR", "TYPEOF is not supported in Bulk Query")
    if plan.offset:
        raise SalesforceError("API_ERROR", "OFFSET is not supported in Bulk Query")
    if any(column.column is None for column in plan.columns):
        raise SalesforceError("API_ERROR", "Selecting compound data not supported in Bulk Query")


def _text_of(column: Selected) -> str:
    """SQL for a value as the CSV shows it."""
    value = f"c{column.column}"
    if column.field.type == "boolean":
        return f"CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if column.field.type == "datetime":
        return f"substr({value}, 1, 23) || 'Z'"
    return value


def _locator(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _read_locator(text: str) -> int:
    if not text:
        return 0
    try:
        return int(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError):
        raise SalesforceError("INVALID_LOCATOR", f"Invalid locator: {text}") from None


def _read_number(text: str) -> int:
    if text and not text.isdigit():
        raise SalesforceError("INVALID_ARGUMENT", f"maxRecords is a number: {text}")
    return int(text or 0)
