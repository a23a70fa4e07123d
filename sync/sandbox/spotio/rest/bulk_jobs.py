"""Bulk jobs over HTTP: make one, upload files of lines, start it, watch it, fetch what became of each line."""

from typing import Any

from sync.sandbox.spotio.errors import not_found
from sync.sandbox.spotio.http import Call, Content, Route
from sync.sandbox.spotio.jobs import ENDED, BulkJob, JobFile
from sync.sandbox.spotio.store import Row

NDJSON = "application/x-ndjson"


def shown(job: BulkJob) -> Row:
    """BulkJob."""
    return _head(job) | {"createdDate": job.created, "updatedDate": job.updated}


def _head(job: BulkJob) -> Row:
    return {
        "id": job.id,
        "operation": job.operation,
        "dataObjectTypeId": int(job.type_id),
        "createdById": int(job.created_by),
        "state": job.state,
    }


def _file(job: BulkJob, file: JobFile) -> Row:
    """BulkJobFile."""
    return {
        "id": file.id,
        "bulkJobId": job.id,
        "partNumber": file.part,
        "size": file.size,
        "recordCount": len(file.lines),
        "state": file.state,
        "createdDate": file.created,
    }


def _file_progress(file: JobFile) -> Row:
    """BulkJobFileProgress."""
    return {
        "id": file.id,
        "partNumber": file.part,
        "state": file.state,
        "recordCount": len(file.lines),
        "recordsProcessed": file.processed,
        "recordsFailed": file.failed,
    }


def create(call: Call) -> Any:
    return shown(call.standin.jobs.create(call.user_id, call.object()))


def under_way(call: Call) -> Any:
    admin = call.user["role"] == "Admin"
    return [shown(job) for job in call.standin.jobs.under_way() if admin or job.created_by == call.user_id]


def read(call: Call) -> Any:
    return shown(_looked_at(call))


def upload(call: Call) -> Any:
    job = _job(call)
    return _file(job, call.standin.jobs.upload(job, call.body))


def start(call: Call) -> Any:
    job = _job(call)
    call.standin.jobs.start(job)
    return shown(job)


def progress(call: Call) -> Any:
    job = _looked_at(call)
    return _head(job) | {
        "createdDate": job.created,
        "processingStartedAt": job.begun,
        "totalRecordsToProcess": sum(len(file.lines) for file in job.files),
        "recordsProcessed": sum(file.processed for file in job.files),
        "recordsFailed": sum(file.failed for file in job.files),
        "errorMessage": job.error,
        "files": [_file_progress(file) for file in job.files],
    }


def succeeded(call: Call) -> Any:
    return _lines(_ended(call).succeeded)


def failed(call: Call) -> Any:
    return _lines(_ended(call).failed)


def clean_up(call: Call) -> None:
    """All three flags are on unless they are switched off; there is no data table to drop here."""
    body = call.object() if call.body is not None else {}
    job = _job(call)
    call.standin.jobs.abort(
        job,
        uploads=body.get("deleteUploadedFiles") is not False,
        results=body.get("deleteResultFiles") is not False,
    )


def _job(call: Call) -> BulkJob:
    return call.standin.jobs.get(call.parts["id"], call.user)


def _ended(call: Call) -> BulkJob:
    """The job once nothing more will be added to its results: 404 before."""
    job = _job(call)
    if job.state not in ENDED:
        raise not_found("Result of the bulk job", job.id)
    return job


def _looked_at(call: Call) -> BulkJob:
    """The job as it is now; it moves on with the next look."""
    job = _job(call)
    call.standin.jobs.look(job)
    return job


def _lines(lines: list[bytes]) -> Content:
    return Content(b"".join(line + b"\n" for line in lines), NDJSON)


_JOB = "/api/jobs/dataObjects/bulk/{id}"

ROUTES = (
    Route("POST", "/api/jobs/dataObjects/bulk", create),
    Route("GET", "/api/jobs/dataObjects/bulk/inprogress", under_way),
    Route("GET", _JOB, read),
    Route("PUT", _JOB + "/data", upload, files=(NDJSON, "application/octet-stream")),
    Route("POST", _JOB + "/start", start),
    Route("GET", _JOB + "/progress", progress),
    Route("GET", _JOB + "/results/succeeded", succeeded),
    Route("GET", _JOB + "/results/failed", failed),
    Route("DELETE", _JOB + "/cleanup", clean_up),
)
