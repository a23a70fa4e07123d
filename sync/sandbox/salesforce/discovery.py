"""Versions, resources, describes and limits: what a client asks before it asks for records."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import msgspec

from sync.sandbox.salesforce import describe
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.org import Org

OLDEST_VERSION, NEWEST_VERSION = 31, 64
_RELEASE_OF_31 = 2014
_SEASONS = ("Summer", "Winter", "Spring")


def versions() -> list[dict[str, str]]:
    """The body of /services/data. Three releases a year: v31 was Summer '14, v64 Summer '25."""
    listed = []
    for version in range(OLDEST_VERSION, NEWEST_VERSION + 1):
        years, season = divmod(version - OLDEST_VERSION, len(_SEASONS))
        year = _RELEASE_OF_31 + years + (1 if season else 0)
        label = f"{_SEASONS[season]} '{year % 100}"
        listed.append({"label": label, "url": f"/services/data/v{version}.0", "version": f"{version}.0"})
    return listed


def check_version(version: str) -> None:
    """Raises NOT_FOUND for a version that is not offered yet, and 410 for one that is retired."""
    number, _, minor = version.partition(".")
    if minor != "0" or not number.isdigit() or int(number) > NEWEST_VERSION:
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
    if int(number) < OLDEST_VERSION:
        message = "The requested API version is retired"
        raise SalesforceError("UNSUPPORTED_API_VERSION", message, status=410)


class Discovery:
    def __init__(self, org: Org, limits: Limits) -> None:
        self._org, self._limits = org, limits

    def register(self, routes: Routes) -> None:
        routes.add(r"/?", GET=self.resources)
        routes.add(r"/limits", GET=self.limits)
        routes.add(r"/sobjects", GET=self.all_objects)
        routes.add(r"/sobjects/([^/]+)/describe", GET=self.one_object)

    def resources(self, call: Call) -> Answer:
        names = ("composite", "jobs", "limits", "query", "queryAll", "search", "sobjects", "tooling")
        listed = {name: f"/services/data/v{call.version}/{name}" for name in names}
        return Answer({**listed, "identity": f"/id/{self._org.organization_id}/{call.user_id}"})

    def limits(self, call: Call) -> Answer:
        return Answer(self._limits.listed())

    def all_objects(self, call: Call) -> Answer:
        schema = self._org.seen_by(call.user_id)
        changes = [found.changed_at for found in schema.objects.values() if found.changed_at]
        changed_at = max(changes, default=self._org.created_at)
        return _conditional(call, changed_at, describe.global_describe(schema, call.version))

    def one_object(self, call: Call) -> Answer:
        schema = self._org.seen_by(call.user_id)
        sobject = self._org.sobject(call.parts[0], call.user_id)
        changed_at = sobject.changed_at or self._org.created_at
        return _conditional(call, changed_at, describe.describe(self._org, schema, sobject, call.version))


def _conditional(call: Call, changed_at: datetime, body: dict[str, Any]) -> Answer:
    """The body, or 304 when the caller has it already by its date or its tag."""
    digest = hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:8]
    headers = {
        "ETag": f'"{digest}"',
        "Last-Modified": format_datetime(changed_at.astimezone(UTC), usegmt=True),
    }
    known, since = call.headers.get("if-none-match"), call.headers.get("if-modified-since")
    if known is not None:
        fresh = known.removesuffix("--gzip").strip('"') == digest
    else:
        fresh = since is not None and changed_at.replace(microsecond=0) <= http_date(since)
    return Answer(None, 304, headers) if fresh else Answer(body, headers=headers)


def http_date(text: str) -> datetime:
    """An HTTP date as an aware instant; raises SalesforceError for anything else."""
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        raise SalesforceError("INVALID_HEADER", f"Invalid date in a conditional header: {text}") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
