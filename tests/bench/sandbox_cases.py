"""The stand-ins themselves: how long until they answer, what they take, how fast pages of a query come over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from tests.bench.cases import Case, Figures, Target

_FIELDLINE = str(Path(sys.executable).with_name("fieldline"))
_DATA = "/services/data/v62.0"
_USER = "sync@brightwater.example.com"
_MAPPED = (
    "Id,FirstName,LastName,Company,Title,Street,City,State,PostalCode,Phone,MobilePhone,Email,LeadSource,Status,"
    "Industry,Rating,OwnerId,IsConverted,IsDeleted,CreatedDate,CreatedById,LastModifiedDate,LastModifiedById,"
    "SystemModstamp,SPOTIO_Id__c"
)


@dataclass(frozen=True)
class _Running:
    url: str
    ready_seconds: float
    process: subprocess.Popen[str]

    def peak_mb(self) -> float:
        """The most memory it has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) * 1024 / 1e6 if found else 0.0


@contextmanager
def _sandbox(scale: str) -> Iterator[_Running]:
    command = [_FIELDLINE, "sandbox", "--port", "0", "--scale", scale]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            env = json.loads(process.stdout.readline())["env"]
            seconds = time.perf_counter() - started
            yield _Running(env["FIELDLINE_SALESFORCE__URL"], seconds, process)
        finally:
            process.terminate()


def _ready(scale: str) -> Figures:
    with _sandbox(scale) as sandbox:
        return Figures(seconds=sandbox.ready_seconds, peak_mb=sandbox.peak_mb())


def _pages(url: str, *, every_field: bool) -> Figures:
    """All leads in pages of 2,000, as they come over HTTP; what a client makes of their text is left out."""
    with httpx.Client(base_url=url, timeout=120) as http:
        token = http.post("/__sandbox__/token", json={"user": _USER}).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        described = http.get(f"{_DATA}/sobjects/Lead/describe").json()["fields"]
        every = [field["name"] for field in described if field["type"] != "address"]
        soql = f"SELECT {','.join(every) if every_field else _MAPPED} FROM Lead"
        started = time.perf_counter()
        page = http.get(f"{_DATA}/query", params={"q": soql}).content
        total = int(_head(rb'"totalSize":(\d+)', page) or 0)
        while more := _head(rb'"nextRecordsUrl":"([^"]+)"', page):
            page = http.get(more.decode()).content
        seconds = time.perf_counter() - started
    return Figures(records_a_second=total / seconds, seconds=seconds)


def _head(pattern: bytes, page: bytes) -> bytes | None:
    """What stands before the records of a page."""
    found = re.search(pattern, page[:500])
    return found[1] if found else None


def ready_cases() -> list[Case]:
    return [
        Case("Stand-ins ready, small", partial(_ready, "small"), Target(seconds=5)),
        Case(
            "Stand-ins ready, large",
            partial(_ready, "large"),
            Target(seconds=60, peak_mb=3_000),
            rounds_max=1,
        ),
    ]


@contextmanager
def page_cases() -> Iterator[list[Case]]:
    """Cases over one running sandbox of middle size."""
    with _sandbox("medium") as sandbox:
        pages = partial(_pages, sandbox.url)
        wanted = Target(records_a_second=20_000)
        yield [
            Case(
                f"Query pages of leads, {_MAPPED.count(',') + 1} fields",
                partial(pages, every_field=False),
                wanted,
            ),
            Case("Query pages of leads, every field", partial(pages, every_field=True), wanted),
        ]
