"""A gate before a stand-in: it passes requests on, or holds them until it is opened."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import httpx

_PASSED_ON = ("authorization", "content-type")


class Gate:
    """Serves `target` on a port of its own; requests whose path matches what is held wait."""

    def __init__(self, target: str) -> None:
        self.waiting = threading.Event()
        self._held: re.Pattern[str] | None = None
        self._opened = threading.Event()
        self._http = httpx.Client(base_url=target, timeout=60)
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                gate._pass(self)

            do_POST = do_GET  # noqa: N815 (http.server's name)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Gate:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.open()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._http.close()

    def hold(self, path: str) -> None:
        """Hold requests whose path matches this regular expression; `waiting` is set once one came."""
        self.waiting.clear()
        self._opened.clear()
        self._held = re.compile(path)

    def open(self) -> None:
        """Let everything pass."""
        self._held = None
        self._opened.set()

    def _pass(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if self._held is not None and self._held.search(request.path):
            self.waiting.set()
            self._opened.wait()
        headers = {name: value for name, value in request.headers.items() if name.lower() in _PASSED_ON}
        try:
            answer = self._http.request(request.command, request.path, content=body, headers=headers)
            request.send_response(answer.status_code)
            request.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            request.send_header("Content-Length", str(len(answer.content)))
            request.end_headers()
            request.wfile.write(answer.content)
        except (OSError, httpx.HTTPError, RuntimeError):
            request.close_connection = True  # whoever asked is gone, or we are ending
