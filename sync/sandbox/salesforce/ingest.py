"""Bulk API 2.0 ingest: jobs that take CSV in, work through it over time, and say of each row what became of it."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import msgspec

from sync.sandbox.salesforce.csv_form import read_form
from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.ids import IdFactory, full_id
from sync.sandbox.salesforce.ingest_job import IngestJob
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import Field, SObject
from sync.sandbox.salesforce.setup import BULK_HARD_DELETE
from sync.sandbox.salesforce.values import wire_instant

OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_ENDED = ("JobComplete", "Failed", "Aborted")
_DELETABLE = ("UploadComplete", *_ENDED)


class BulkIngest:
    """A job moves on each time somebody asks for its state: queued, in progress, then some rows at every look."""

    def __init__(self, org: Org, limits: Limits, ids: IdFactory) -> None:
        self._org, self._limits, self._ids = org, limits, ids
        self._jobs: dict[str, IngestJob] = {}

    def register(self, routes: Routes) -> None:
        routes.add(r"/jobs/ingest", GET=self.list, POST=self.create)
        routes.add(r"/jobs/ingest/([^/]+)", GET=self.info, PATCH=self.close, DELETE=self.delete)
        routes.add(r"/jobs/ingest/([^/]+)/batches", PUT=self.upload)
        for name, rows in (
            ("successfulResults", IngestJob.successful),
            ("failedResults", IngestJob.failed),
            ("unprocessedrecords", IngestJob.unprocessed),
        ):
            routes.add(rf"/jobs/ingest/([^/]+)/{name}", GET=self._results(rows))

    def clear(self) -> None:
        """Forget every job."""
        self._jobs.clear()

    def create(self, call: Call) -> Answer:
        """A job from its JSON, or from a form that holds the JSON and the data and so uploads at once."""
        order, data = _order(call)
        form = read_form(order)
        operation = order.get("operation")
        if operation not in OPERATIONS:
            raise SalesforceError("INVALIDJOB", f"operation is one of {', '.join(OPERATIONS)}")
        sobject = self._org.seen_by(call.user_id).sobject(str(order.get("object")))
        if sobject is None:
            message = f"InvalidEntity : Entity '{order.get('object')}' is not supported by the Bulk API."
            raise SalesforceError("INVALIDENTITY", message)
        if operation == "hardDelete" and (call.user_id, BULK_HARD_DELETE) not in self._org.setup.granted:
            message = (
                "hardDelete operation requires special user profile permission, "
                "please contact your system administrator"
            )
            raise SalesforceError("FEATURENOTENABLED", message)
        key = _key(sobject, order) if operation == "upsert" else None
        rule = full_id(str(order.get("assignmentRuleId", "")))
        now = wire_instant(self._org.clock.now())
        id = self._ids.next("750")
        facts: dict[str, Any] = {
            "id": id,
            "operation": operation,
            "object": sobject.name,
            "createdById": call.user_id,
            "createdDate": now,
            "systemModstamp": now,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(call.version),
            "contentUrl": f"services/data/v{call.version}/jobs/ingest/{id}/batches",
            "lineEnding": form.ending,
            "columnDelimiter": form.delimiter,
        }
        if key is not None:
            facts["externalIdFieldName"] = key.name
        job = IngestJob(self._org, facts, form, key, SaveOptions(assignment_rule=rule))
        self._jobs[id] = job
        if data is not None:
            job.data = data
            self._queue(job)
        return Answer(job.shown())

    def list(self, call: Call) -> Answer:
        jobs = [job.shown() for job in self._jobs.values()]
        return Answer({"done": True, "records": jobs, "nextRecordsUrl": None})

    def upload(self, call: Call) -> Answer:
        job = self._job(call)
        if job.state != "Open":
            raise _wrong_state(f"Uploading data to a job that is {job.state} is not allowed")
        if job.data is not None:
            message = (
                f"Found multiple contents for job: <{job.facts['id']}>, please 'Close' / 'Abort' / 'Delete' the current "
                "Job then create a new Job and make sure you only do 'PUT' once on a given Job."
            )
            raise _wrong_state(message)
        job.data = call.body
        return Answer(None, 201)

    def info(self, call: Call) -> Answer:
        job = self._job(call)
        job.step()
        return Answer({**job.shown(), **job.progress()})

    def close(self, call: Call) -> Answer:
        """PATCH: the upload is complete, or the job is aborted; rows that were saved by then stay saved."""
        job, state = self._job(call), call.json_object().get("state")
        match state:
            case "UploadComplete" if job.state == "Open":
                self._queue(job)
            case "Aborted" if job.state not in _ENDED:
                job.move("Aborted")
            case "UploadComplete" | "Aborted":
                raise _wrong_state(f"Setting a job that is {job.state} to {state} is not allowed")
            case _:
                raise _wrong_state("A job can only be set to UploadComplete or Aborted")
        return Answer(job.shown())

    def delete(self, call: Call) -> Answer:
        job = self._job(call)
        if job.state not in _DELETABLE:
            raise _wrong_state(f"Deleting a job that is {job.state} is not allowed")
        del self._jobs[job.facts["id"]]
        return Answer(None, 204)

    def _queue(self, job: IngestJob) -> None:
        job.read()
        self._limits.count_bulk_batches(job.batches)
        if job.state == "Open":
            job.move("UploadComplete")

    def _results(self, rows: Callable[[IngestJob], bytes]) -> Callable[[Call], Answer]:
        def answer(call: Call) -> Answer:
            job = self._job(call)
            if job.facts["apiVersion"] != float(call.version):
                message = f"The job was created with API version {job.facts['apiVersion']}"
                raise SalesforceError("API_VERSION_MISMATCH", message, status=409)
            return Answer(rows(job), headers={"Content-Type": "text/csv"})

        return answer

    def _job(self, call: Call) -> IngestJob:
        job = self._jobs.get(full_id(call.parts[0]) or "")
        if job is None:
            raise no_such_resource()
        return job


def _order(call: Call) -> tuple[dict[str, Any], bytes | None]:
    kind = call.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        return call.json_object(), None
    message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + call.body)
    parts: dict[str, bytes] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts[name] = content
    try:
        order = msgspec.json.decode(parts.get("job", b""))
    except msgspec.DecodeError as error:
        raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected character in the body: {error}") from None
    if not isinstance(order, dict) or "content" not in parts:
        raise SalesforceError("INVALIDJOB", "A multipart job has the parts job and content")
    return order, parts["content"]


def _key(sobject: SObject, order: dict[str, Any]) -> Field:
    name = str(order.get("externalIdFieldName", ""))
    field = sobject.field(name)
    if field is None or not set("xl") & set(field.flags):
        message = (
            f"InvalidJob : Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field "
            f"for {sobject.name}"
        )
        raise SalesforceError("INVALIDJOB", message)
    return field


def _wrong_state(message: str) -> SalesforceError:
    return SalesforceError("INVALIDJOBSTATE", message)
