"""Conditional requests for single records: by LastModifiedDate for every object, by ETag for accounts alone.

The dates are weak: they compare whole seconds (REST API guide, "Conditional Request Headers"). A read that its caller
has already is 304, a write whose condition does not hold is 412. DELETE knows no conditions.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from sync.sandbox.salesforce.discovery import http_date
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.http import Call
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.values import parse_instant

Row = dict[str, Any]


def etag(sobject: SObject, row: Row) -> str | None:
    """The entity tag of an account; None for records of other objects, which have none."""
    if sobject.name != "Account":
        return None
    digest = hashlib.sha256(f"{row['Id']} {row['SystemModstamp']}".encode()).digest()
    return f'"{base64.b64encode(digest).decode()}"'


def unchanged(call: Call, sobject: SObject, row: Row) -> bool:
    """Whether a read's caller has this state of the record already."""
    check_write(call, sobject, row, since_is_write=False)
    tag, known = etag(sobject, row), call.headers.get("if-none-match")
    if tag and known:
        return known == "*" or tag in _tags(known)
    since = call.headers.get("if-modified-since")
    return since is not None and sobject.has("LastModifiedDate") and not _later(row, since)


def check_write(call: Call, sobject: SObject, row: Row, *, since_is_write: bool = True) -> None:
    """Raises PRECONDITION_FAILED when a condition of the request does not hold for the record."""
    tag, wanted = etag(sobject, row), call.headers.get("if-match")
    if tag and wanted and wanted != "*" and tag not in _tags(wanted):
        raise _failed()
    if not sobject.has("LastModifiedDate"):
        return
    before = call.headers.get("if-unmodified-since")
    if before is not None and _later(row, before):
        raise _failed()
    after = call.headers.get("if-modified-since") if since_is_write else None
    if after is not None and not _later(row, after):
        raise _failed()


def _later(row: Row, date: str) -> bool:
    return parse_instant(row["LastModifiedDate"]) > http_date(date)


def _tags(header: str) -> list[str]:
    return [tag.strip().removesuffix('--gzip"').rstrip('"') + '"' for tag in header.split(",")]


def _failed() -> SalesforceError:
    message = "The precondition specified in one or more of the request-header fields evaluated to false"
    return SalesforceError("PRECONDITION_FAILED", message, status=412)
