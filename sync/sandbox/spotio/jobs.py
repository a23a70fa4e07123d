"""Bulk jobs: files of records, one JSON object a line, each created, replaced or patched on its own.

A job is open while files come, and walks through UploadComplete, InProgress and Ingested to JobComplete once it is
started. A line that is refused fails alone; what became of each is told in two result files, in no promised order.

Assumed, since the guide leaves it open: `update` empties what a line leaves out, while `patch` touches neither the
members nor the fields that it does not name, and takes a null member for one that is absent.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sync.sandbox.spotio.background import Background
from sync.sandbox.spotio.derived import as_request
from sync.sandbox.spotio.errors import SpotioError, forbidden, invalid, not_found
from sync.sandbox.spotio.parse import camel_case_throughout, optional_text
from sync.sandbox.spotio.records import WRITABLE, Records
from sync.sandbox.spotio.store import Row, Store
from sync.sandbox.spotio.visibility import sees

OPERATIONS = ("create", "update", "patch")
ENDED = ("JobComplete", "Failed", "Aborted")
LINES_A_STEP = 250
_KEPT_BY_UPDATE = ("stageId", "ownerId")
_encode = msgspec.json.encode


@dataclass
class JobFile:
    """One upload: its lines, and how many of them were taken and refused."""

    id: str
    part: int
    size: int
    created: str
    lines: list[bytes]
    state: str = "Uploaded"
    processed: int = 0
    failed: int = 0


@dataclass
class BulkJob:
    id: str
    operation: str
    type_id: str
    created_by: str
    created: str
    updated: str
    state: str = "Open"
    begun: str | None = None
    error: str | None = None
    files: list[JobFile] = field(default_factory=list)
    succeeded: list[bytes] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)


class BulkJobs:
    def __init__(self, store: Store, records: Records, background: Background) -> None:
        self._store, self._records, self._background = store, records, background
        self._jobs: dict[str, BulkJob] = {}
        self._running: dict[str, _Running] = {}

    def create(self, by: str, request: Mapping[str, Any]) -> BulkJob:
        operation = str(request.get("operation") or "").lower()
        if operation not in OPERATIONS:
            raise invalid("operation", f"Operation {request.get('operation')} does not exist.")
        type_id = optional_text(request, "dataObjectTypeId")
        if type_id is None or self._store.workflow.type_by_id(type_id) is None:
            raise invalid("dataObjectTypeId", f"Type with id: {type_id} does not exist.")
        now = self._store.now()
        job = BulkJob(str(uuid.uuid4()), operation, type_id, by, now, now)
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str, user: Row) -> BulkJob:
        """A job of this user's, or of anybody's for an administrator."""
        job = self._jobs.get(job_id.lower())
        if job is None or (user["role"] != "Admin" and job.created_by != user["id"]):
            raise not_found("Bulk job", job_id)
        return job

    def under_way(self) -> list[BulkJob]:
        return [
            job for job in self._jobs.values() if job.state in ("UploadComplete", "InProgress", "Ingested")
        ]

    def upload(self, job: BulkJob, data: bytes) -> JobFile:
        self._expect_open(job)
        lines = [line for line in data.splitlines() if line.strip()]
        if not lines:
            raise invalid("_", "The file holds no line.")
        file = JobFile(str(uuid.uuid4()), len(job.files) + 1, len(data), self._store.now(), lines)
        job.files.append(file)
        job.updated = self._store.now()
        return file

    def start(self, job: BulkJob) -> None:
        self._expect_open(job)
        if not job.files:
            raise invalid("_", "At least one file must be uploaded first.")
        job.state, job.updated = "UploadComplete", self._store.now()
        self._running[job.id] = _Running(job, self._store, self._records)
        self._background.start(self._running[job.id])

    def look(self, job: BulkJob) -> None:
        """Let a started job move on."""
        if job.id in self._running:
            self._background.look(self._running[job.id])

    def abort(self, job: BulkJob, *, uploads: bool, results: bool) -> None:
        """End a job for good, and take away its uploaded files and its results."""
        job.state, job.updated = "Aborted", self._store.now()
        if uploads:
            job.files.clear()
        if results:
            job.succeeded.clear()
            job.failed.clear()

    def forget(self) -> None:
        self._jobs.clear()
        self._running.clear()

    def _expect_open(self, job: BulkJob) -> None:
        if job.state != "Open":
            raise invalid("_", f"The job is {job.state}, not Open.")


class _Running:
    """A started job, worked off part by part."""

    def __init__(self, job: BulkJob, store: Store, records: Records) -> None:
        self._job, self._store, self._records = job, store, records
        self._lines = [(file, line) for file in job.files for line in file.lines]

    def step(self) -> bool:
        job = self._job
        match job.state:
            case "UploadComplete":
                job.state, job.begun = "InProgress", self._store.now()
                for file in job.files:
                    file.state = "Processing"
            case "InProgress":
                self._work()
            case "Ingested":
                job.state = "JobComplete"
            case _:
                return False  # aborted meanwhile, or failed
        job.updated = self._store.now()
        return job.state != "JobComplete"

    def _work(self) -> None:
        job = self._job
        user = self._store.row("users", job.created_by)
        if user is None or user["status"] != "active":
            job.state, job.error = "Failed", "The user who created the job is not active."
            return
        # From the end, so that nobody comes to rely on an order that is not promised.
        for _ in range(min(LINES_A_STEP, len(self._lines))):
            file, line = self._lines.pop()
            self._take(user, file, line)
        if not self._lines:
            job.state = "Ingested"
            for file in job.files:
                file.state = "Failed" if file.failed == len(file.lines) else "Processed"

    def _take(self, user: Row, file: JobFile, line: bytes) -> None:
        data: Any = line.decode(errors="replace")
        try:
            data = msgspec.json.decode(line)
            with self._store.atomic():
                record_id = self._apply(user, data)
        except (SpotioError, msgspec.DecodeError) as error:
            file.failed += 1
            self._job.failed.append(_encode({"FileId": file.id, "Error": str(error), "Data": data}))
            return
        file.processed += 1
        self._job.succeeded.append(_encode({"FileId": file.id, "DataObjectId": record_id, "Data": data}))

    def _apply(self, user: Row, data: Any) -> str:
        if not isinstance(data, dict):
            raise invalid("_", "An object is expected.")
        request = camel_case_throughout(data)
        record_id = optional_text(request, "id")
        type_id = optional_text(request, "typeId") or self._job.type_id
        if type_id != self._job.type_id:
            raise invalid("typeId", f"The job is for type {self._job.type_id}.")
        if self._job.operation == "create":
            if record_id is not None:
                raise invalid("id", "A new data object has no id yet.")
            return self._records.create(user["id"], request | {"typeId": type_id})
        if record_id is None:
            raise invalid("id", "An id is required.")
        before = self._records.get(record_id)
        if before["typeId"] != type_id:
            raise invalid("typeId", f"The data object is not of type {type_id}.")
        if not sees(user, before):
            raise forbidden("You have no access to this data object.")
        changes = _patch(before, request) if self._job.operation == "patch" else _update(request)
        self._records.change(user["id"], record_id, changes)
        return record_id


def _update(request: Mapping[str, Any]) -> Row:
    """Every member that can be emptied; a record always has a stage and an owner."""
    kept = {name: request[name] for name in _KEPT_BY_UPDATE if request.get(name) is not None}
    return {name: request.get(name) for name in WRITABLE if name not in _KEPT_BY_UPDATE} | kept


def _patch(before: Row, request: Mapping[str, Any]) -> Row:
    changes = {name: request[name] for name in WRITABLE if request.get(name) is not None}
    sent = changes.get("fields")
    if isinstance(sent, list):
        named = {str(item.get("fieldId")) for item in sent if isinstance(item, Mapping)}
        others = {key: value for key, value in before["fields"].items() if key not in named}
        changes["fields"] = as_request(others) + sent
    return changes
