"""Serve an org of prepared Leads over HTTP: `python -m tests.bench.server LEADS`; says its address in one JSON line.

It speaks what the mirror asks of Salesforce (client credentials, /limits, describe, queryAll with COUNT() and
windows, Bulk API 2.0 queries, collections retrieve) and nothing else: any other query is refused. Written on
asyncio alone, so that the server takes as little as possible of the machine it shares with what is measured.
It ends when its standard input does: with whoever started it, however that ends.

`POST /bench/change {"count": n}` changes leads; `POST /bench/answers {"latency": s, "gzip": bool}` sets how the
rest is answered. Compressed bodies are kept: the second run of the same reading finds them prepared.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.lead import COLUMNS, SELECT, describe
from tests.bench.org import Org

PAGE = 2_000
_COUNT = "SELECT COUNT() FROM Lead"
_BOUND = re.compile(r"SystemModstamp (>=|<) (\S+)")
_DESCRIBED = "Thu, 01 Jan 2026 00:00:00 GMT"
_HEADER = ",".join(f'"{name}"' for name in COLUMNS).encode() + b"\n"


@dataclass
class Answer:
    """One answer; the body is bytes as they are sent, or something to write as JSON."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Service:
    """The routes over one org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.latency = 0.0
        self.gzip = False
        self._jobs: dict[str, tuple[int, int]] = {}
        self._compressed: dict[bytes, bytes] = {}

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.rstrip("/")
        if path.startswith("/bench/"):
            return self._control(path, json.loads(body))
        if path == "/services/oauth2/token":
            return Answer({"access_token": "00D!bench", "instance_url": f"https://{headers['host']}"})
        match path.split("/")[4:]:
            case ["limits"]:
                return Answer({"DailyApiRequests": {"Max": 1_000_000, "Remaining": 900_000}})
            case ["sobjects", "Lead", "describe"]:
                if headers.get("if-modified-since") == _DESCRIBED:
                    return Answer(status=304)
                return Answer(describe(), headers={"Last-Modified": _DESCRIBED})
            case ["query" | "queryAll"]:
                return self._query(query["q"])
            case ["query" | "queryAll", locator]:
                return self._page(*(int(part) for part in locator.removeprefix("0r8").split("-")))
            case ["jobs", "query", *rest]:
                return self._job(method, rest, query, body)
            case ["composite", "sobjects", "Lead"]:
                return Answer([{"Id": record_id} for record_id in json.loads(body)["ids"]])
        return Answer([{"errorCode": "NOT_FOUND", "message": "Not prepared."}], 404)

    def prepared(self, answer: Answer, accepts: str) -> tuple[bytes, str]:
        """The body as it is sent, and the header line that says so."""
        body = answer.bytes()
        if not self.gzip or "gzip" not in accepts or len(body) < 1_000:
            return body, ""
        if body not in self._compressed:
            self._compressed[body] = gzip.compress(body, 6)
        return self._compressed[body], "Content-Encoding: gzip\r\n"

    def _control(self, path: str, given: dict[str, Any]) -> Answer:
        if path == "/bench/change":
            self.org.change(given["count"])
        else:
            self.latency, self.gzip = float(given.get("latency", 0)), bool(given.get("gzip"))
        return Answer({})

    def _rows(self, where: str) -> tuple[int, int]:
        bounds = {sign: datetime.fromisoformat(stamp) for sign, stamp in _BOUND.findall(where)}
        return self.org.window(bounds.get(">="), bounds.get("<"))

    def _query(self, soql: str) -> Answer:
        begin, end = self._rows(soql)
        if soql.startswith(_COUNT):
            return Answer({"totalSize": end - begin, "done": True, "records": []})
        if soql.startswith(SELECT):
            return self._page(begin, end, begin)
        return Answer([{"errorCode": "MALFORMED_QUERY", "message": f"Not prepared: {soql}"}], 400)

    def _page(self, begin: int, end: int, position: int) -> Answer:
        stop = min(position + PAGE, end)
        following = f',"nextRecordsUrl":"/services/data/v62.0/query/0r8{begin}-{end}-{stop}"'
        head = (
            f'{{"totalSize":{end - begin},"done":{"false" if stop < end else "true"}'
            f'{following if stop < end else ""},"records":['
        )
        return Answer(b"".join((head.encode(), self.org.json(position, stop), b"]}")))

    def _job(self, method: str, rest: list[str], query: dict[str, str], body: bytes) -> Answer:
        if not rest:
            self._jobs["750bench"] = self._rows(json.loads(body)["query"])
            return Answer({"id": "750bench", "state": "UploadComplete"})
        if method == "DELETE":
            return Answer(status=204)
        begin, end = self._jobs[rest[0]]
        if len(rest) == 1:
            return Answer({"id": rest[0], "state": "JobComplete", "numberRecordsProcessed": end - begin})
        position = int(query.get("locator", begin))
        stop = min(position + int(query["maxRecords"]), end)
        return Answer(
            _HEADER + bytes(self.org.csv(position, stop)),
            headers={
                "Sforce-NumberOfRecords": str(stop - position),
                "Sforce-Locator": str(stop) if stop < end else "null",
            },
            kind="text/csv",
        )


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests are answered in their order."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._held = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._held[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._held) < whole:
                return
            body = bytes(self._held[end + 4 : whole])
            del self._held[:whole]
            method, target, _ = first.split(" ")
            self._answer(self._service.answer(method, target, headers, body), headers)

    def _answer(self, answer: Answer, headers: dict[str, str]) -> None:
        body, encoding = self._service.prepared(answer, headers.get("accept-encoding", ""))
        more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        date = format_datetime(self._service.org.now.astimezone(UTC), usegmt=True)
        head = (
            f"HTTP/1.1 {answer.status} -\r\nDate: {date}\r\nContent-Type: {answer.kind}\r\n{encoding}{more}"
            f"Content-Length: {len(body)}\r\nSforce-Limit-Info: api-usage=100000/1000000\r\n\r\n"
        )
        asyncio.get_running_loop().call_later(self._service.latency, self._send, head.encode(), body)

    def _send(self, head: bytes, body: bytes) -> None:
        self._transport.writelines((head, body))


async def _serve(leads: int) -> None:
    service = Service(Org(leads))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(service), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
