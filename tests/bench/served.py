"""`fieldline up` over a store and a sandbox, and what is measured of its process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.bench.field_world import ZONE

_FIELDLINE = str(Path(sys.executable).with_name("fieldline"))
_LOOK_SECONDS = 0.05
# A server that is measured reads only what it is asked for, or what a webhook names.
_NO_SCHEDULE = {
    "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "86400",
    "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "86400",
    "FIELDLINE_SCHEDULE__TIMEZONE": ZONE,  # another one would have all events derived anew
}


class Served:
    """A running server: its address, its token for commands, and its memory."""

    def __init__(self, url: str, token: str, pid: int) -> None:
        self.url = url
        self._token, self._process = token, psutil.Process(pid)

    def pull(self) -> dict[str, Any]:
        """Have it pull SPOTIO; gives its report."""
        request = urllib.request.Request(  # noqa: S310 (our own server on loopback)
            f"{self.url}/api/commands/pull",
            json.dumps({"system": "spotio", "reconcile": False}).encode(),
            {"Authorization": f"Bearer {self._token}"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            last = json.loads(answer.read().splitlines()[-1])
        if "result" not in last:
            raise AssertionError(last)
        result: dict[str, Any] = last["result"]
        return result

    @contextmanager
    def peak_mb(self) -> Iterator[list[float]]:
        """The highest memory of the process while the block runs, looked at twenty times a second."""
        found = [self._mb()]
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(_LOOK_SECONDS):
                found[0] = max(found[0], self._mb())

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        try:
            yield found
        finally:
            ended.set()
            looking.join()

    def _mb(self) -> float:
        return float(self._process.memory_info().rss) / 1e6


@contextmanager
def served(store: Path, env: Mapping[str, str]) -> Iterator[Served]:
    """`fieldline up` over the store, reading SPOTIO with these settings and told of changes by its webhooks."""
    port = _free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("FIELDLINE_")}
    settings = {
        **own,
        **{name: value for name, value in env.items() if "_SPOTIO__" in name},
        **_NO_SCHEDULE,
        "FIELDLINE_STORE": f"duckdb:////{str(store.absolute()).lstrip('/')}",
        "FIELDLINE_PORT": str(port),
        "FIELDLINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with subprocess.Popen(
        [_FIELDLINE, "up", "--json"], env=settings, cwd=store.parent, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            token = json.loads(store.with_name(f"{store.name}.owner.json").read_text())["token"]
            server = Served(url, token, process.pid)
            server.pull()  # what the first turn of the schedule brings is not what is measured
            yield server
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
