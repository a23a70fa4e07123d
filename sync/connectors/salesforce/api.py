"""Queries: REST pages and Bulk API 2.0 jobs, through one client; refusals become typed errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import repeat
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import pyarrow as pa

from data.schema import MirrorTable
from sync.connectors.http import Client, Meter
from sync.connectors.salesforce.ids import full_id
from sync.connectors.salesforce.session import Described, describe, signing_in
from sync.errors import (
    BudgetSpentError,
    NotFoundError,
    PermissionMissingError,
    RejectedError,
    StoppedError,
)
from sync.settings import SalesforceSettings

# Salesforce answers 414 or 431 to a URI with headers of about 16 KB; the token and the rest need their share.
LONGEST_QUERY = 12_000
_ARROW = {"boolean": pa.bool_(), "bigint": pa.int64(), "double": pa.float64()}
_ANY: Any = str | int | float | bool | None
_PYTHON: Mapping[str, Any] = {"boolean": bool | None, "bigint": int | None, "double": float | None}


@dataclass(frozen=True)
class Page:
    """One page of a query: rows, how many the whole query has, and where the next page is."""

    rows: pa.RecordBatch
    total: int
    next_url: str | None
    first: bool = False


# A feature that the org does not have, the Bulk API for one; other ways stay open, though the status is 403.
_NOT_ENABLED = frozenset({"FEATURENOTENABLED"})


class QueryRefusedError(RejectedError):
    """Salesforce does not take a query: a field or object is gone or hidden, or its text is wrong."""

    code = "query_refused"


class LocatorLostError(RejectedError):
    """A page or a job's result is no longer kept; the reading goes on with a query of its own."""

    code = "locator_lost"


class Reader:
    """Reads one table's pages: the decoder is built from the description, once."""

    def __init__(self, table: MirrorTable) -> None:
        self.table = table
        types = table.columns
        # A history's old and new value is of the type of the field it tells of; the mirror holds it as text.
        self._untyped = frozenset(f.column_name for f in table.fields if f.source_type == "anyType")
        row: Any = msgspec.defstruct(
            "Row",
            [
                (name, _ANY if name in self._untyped else _PYTHON.get(kind, str | None), None)
                for name, kind in types.items()
            ],
            gc=False,
        )
        page = msgspec.defstruct(
            "Page",
            [
                ("totalSize", int),
                ("done", bool),
                ("records", list[row]),
                ("nextRecordsUrl", str | None, None),
            ],
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(page, strict=False)
        self._schema = pa.schema([(name, _ARROW.get(kind, pa.string())) for name, kind in types.items()])

    def decode(self, body: bytes) -> Page:
        """Turn a page's body into rows, column by column."""
        try:
            page: Any = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # A fault behind the first rows comes after the status: the body breaks off or ends in an error.
            raise RejectedError(
                "salesforce",
                f"Salesforce's answer is not the page that was asked for ({error}).",
                "The next run asks again.",
                status=200,
            ) from error
        # Transposed at once: half the time of asking every row for every column by name.
        values = zip(*map(msgspec.structs.astuple, page.records), strict=True) if page.records else repeat(())
        rows = pa.RecordBatch.from_arrays(
            [
                # The system's own pool: Arrow's keeps what many short-lived pages leave behind, per thread.
                pa.array(self._told(f.name, column), f.type, memory_pool=pa.system_memory_pool())
                for f, column in zip(self._schema, values, strict=False)
            ],
            schema=self._schema,
        )
        if not page.done and not page.nextRecordsUrl:
            raise RejectedError(
                "salesforce", "Salesforce says that more rows follow, but not where.", status=200
            )
        return Page(rows, page.totalSize, None if page.done else page.nextRecordsUrl)

    def _told(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        return [_as_text(value) for value in values] if name in self._untyped else values


def _as_text(value: Any) -> str | None:
    """A value of any type as the Bulk API writes it."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


class SalesforceApi:
    """What the mirror needs of one org."""

    def __init__(
        self,
        settings: SalesforceSettings,
        stop: threading.Event | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self.client = Client(
            "salesforce",
            signing_in(settings),
            rate=settings.requests_per_second,
            concurrency=settings.concurrency,
            observe=_note_usage,
            transport=transport,
            stop=stop,
        )
        self.path = f"/services/data/v{settings.api_version}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def user_id(self) -> str | None:
        """The user that we are signed in as; None where Salesforce does not say.

        The list of a version's resources ends its `identity` with it (REST API guide, List Available REST Resources).
        """
        try:
            said = self._get(f"{self.path}/", {}).json().get("identity")
        except RejectedError:
            return None
        return full_id(str(said).rpartition("/")[2]) if said else None

    def server_time(self) -> datetime:
        """The org's clock, from the Date header of an answer that also tells the call allowance (N-02)."""
        response = self.client.request("GET", f"{self.path}/limits/")
        # Some orgs show their limits to administrators only; an answer's headers tell time and use as well.
        hidden = response.status_code == 403 and _error_of(response)[0] != "REQUEST_LIMIT_EXCEEDED"
        daily = None if hidden else accepted(response).json().get("DailyApiRequests")
        if daily:
            self.client.meter.used = int(daily["Max"]) - int(daily["Remaining"])
            self.client.meter.allowance = int(daily["Max"])
            if int(daily["Remaining"]) <= self._settings.reserve:
                raise BudgetSpentError(
                    "salesforce",
                    f"Salesforce has {daily['Remaining']} of {daily['Max']} calls left today, and"
                    f" {self._settings.reserve} are reserved for others.",
                    "Reading goes on when the org's 24-hour window moves; or lower FIELDLINE_SALESFORCE__RESERVE.",
                )
        return _time_of(response)

    def describe(self, sobject: str, since: str | None = None) -> Described | None:
        """See `session.describe`."""
        return describe(self.client, self._settings, sobject, since)

    def first_page(self, reader: Reader, soql: str, *, deleted: bool = True) -> Page:
        """Start a query, deleted rows included unless told otherwise."""
        resource = "queryAll" if deleted else "query"
        return replace(reader.decode(self._get(f"{self.path}/{resource}/", {"q": soql}).content), first=True)

    def next_page(self, reader: Reader, url: str) -> Page:
        """The page behind `nextRecordsUrl`."""
        return reader.decode(self._get(url).content)

    def count(self, sobject: str, where: str) -> int | None:
        """SELECT COUNT(), archived rows included; None when the org cannot count that many in its time."""
        soql = f"SELECT COUNT() FROM {sobject}{where}"  # noqa: S608 (an object's name and a window of ours)
        try:
            return int(self._get(f"{self.path}/queryAll/", {"q": soql}).json()["totalSize"])
        except RejectedError as error:
            if error.remote_code == "QUERY_TIMEOUT":
                return None
            raise

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """The live rows of a query that finds few; more than a page of them is not looked at."""
        return list(self._get(f"{self.path}/query/", {"q": soql}).json()["records"])

    def exists(self, sobject: str, record_id: str) -> bool:
        """Whether the org still has the record: a 404 on its id is the evidence of a deletion (L-08)."""
        try:
            self._get(f"{self.path}/sobjects/{sobject}/{record_id}", {"fields": "Id"})
        except NotFoundError:
            return False
        return True

    def visible(self, sobject: str, ids: Sequence[str]) -> set[str]:
        """Which of at most 2,000 ids the org shows, in one call (sObject Collections retrieve: null for the others)."""
        response = self.client.request(
            "POST",
            f"{self.path}/composite/sobjects/{sobject}",
            json={"ids": list(ids), "fields": ["Id"]},
            repeatable=True,
        )
        return {row["Id"] for row in accepted(response).json() if row}

    def start_bulk(self, soql: str) -> str:
        """Start a Bulk API 2.0 query over live and deleted rows; return the job's id."""
        # Not repeatable: a second job would cost a second time. An unknown outcome leaves a job that lapses.
        response = self.client.request(
            "POST", f"{self.path}/jobs/query", json={"operation": "queryAll", "query": soql}
        )
        return str(accepted(response).json()["id"])

    def wait_for_bulk(self, job: str, stop: Any) -> int | None:
        """Wait until a job is complete and return its number of records (None when it does not say).

        Raises LocatorLostError when the job failed, was aborted or is no longer known.
        """
        wait = 0.1
        while True:
            try:
                state = self._get(f"{self.path}/jobs/query/{job}").json()
            except NotFoundError as error:
                raise LocatorLostError("salesforce", "The bulk job is gone.", status=404) from error
            if state["state"] == "JobComplete":
                processed = state.get("numberRecordsProcessed")
                return None if processed is None else int(processed)
            if state["state"] in {"Failed", "Aborted"}:
                reason = state.get("errorMessage") or state["state"]
                raise LocatorLostError("salesforce", f"The bulk job ended with: {reason}.", status=200)
            if stop.wait(wait):
                raise StoppedError
            wait = min(wait * 1.6, 5.0)

    def bulk_page(self, job: str, locator: str | None, rows: int, target: Path) -> str | None:
        """Fetch one result page into `target` as CSV; return the next page's locator, None after the last.

        Raises LocatorLostError when the result is gone, RejectedError when the answer does not say what follows.
        """
        params: dict[str, Any] = {"maxRecords": rows}
        if locator:
            params["locator"] = locator
        try:
            headers = self.client.download(f"{self.path}/jobs/query/{job}/results", target, params=params)
        except RejectedError as error:
            raise LocatorLostError(
                "salesforce", "The bulk job's result is gone.", status=error.status
            ) from error
        following = headers.get("Sforce-Locator")
        if not following:
            # The last page says the word "null" (reference: Bulk API 2.0, results); silence is no end.
            raise RejectedError("salesforce", "Salesforce does not say whether more rows follow.", status=200)
        return None if following == "null" else following

    def drop_bulk(self, job: str) -> None:
        """Delete a job whose results are stored; one that is gone already is fine."""
        self.client.request("DELETE", f"{self.path}/jobs/query/{job}", repeatable=True)

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        return accepted(self.client.request("GET", path, params=params))


def _time_of(response: httpx.Response) -> datetime:
    """The server's clock from an answer; ours where it does not tell."""
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def soql_time(moment: datetime) -> str:
    """A moment as SOQL writes it, to the second: system stamps hold whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def window_clause(stamp: str, since: datetime | None, until: datetime | None) -> str:
    """` WHERE stamp >= since AND stamp < until`, without the ends that are None."""
    parts = []
    if since is not None:
        parts.append(f"{stamp} >= {soql_time(since)}")
    if until is not None:
        parts.append(f"{stamp} < {soql_time(until + timedelta(microseconds=999_999))}")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Consecutive slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _note_usage(response: httpx.Response, meter: Meter) -> None:
    """Read `Sforce-Limit-Info: api-usage=18/15000` (reference: REST, Limit Info Header)."""
    for part in response.headers.get("Sforce-Limit-Info", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "api-usage" and "/" in value:
            used, _, allowance = value.partition("/")
            meter.used, meter.allowance = int(used), int(allowance)


def accepted(response: httpx.Response) -> httpx.Response:
    """The answer when it is one; else the refusal as a typed error."""
    if response.status_code < 300:
        return response
    code, message = _error_of(response)
    if code == "REQUEST_LIMIT_EXCEEDED":
        raise BudgetSpentError(
            "salesforce", f"Salesforce counts no more calls today ({message}).", "Reading goes on when the org's 24-hour window moves."
        )  # fmt: skip
    if code in _NOT_ENABLED:
        raise RejectedError(
            "salesforce", f"Salesforce refused: {message}", status=response.status_code, remote_code=code
        )
    if response.status_code == 403 or code == "INSUFFICIENT_ACCESS":
        raise PermissionMissingError(
            "salesforce",
            f"Salesforce refuses this to our account: {message} ({code}).",
            "Give the account behind the connected app 'API Enabled' and read access to the mirrored objects.",
        )
    kinds: dict[str, type[RejectedError]] = {
        "INVALID_FIELD": QueryRefusedError,
        "INVALID_TYPE": QueryRefusedError,
        "MALFORMED_QUERY": QueryRefusedError,
        "INVALID_QUERY_LOCATOR": LocatorLostError,
    }
    kind = NotFoundError if response.status_code == 404 else kinds.get(code, RejectedError)
    raise kind(
        "salesforce",
        f"Salesforce refused: {message.strip()}",
        status=response.status_code,
        remote_code=code,
    )


def _error_of(response: httpx.Response) -> tuple[str, str]:
    """(code, message) of a refusal; the body may be a list, an object, HTML or nothing."""
    try:
        body = response.json()
    except ValueError:
        return f"HTTP_{response.status_code}", response.text[:200] or "no text"
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return f"HTTP_{response.status_code}", str(first)[:200]
    return str(first.get("errorCode", f"HTTP_{response.status_code}")), str(first.get("message", ""))
