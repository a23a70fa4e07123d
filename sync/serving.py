"""Serve an ASGI application until SIGTERM or Ctrl-C, then end with 0."""

from __future__ import annotations

import importlib
import logging
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from sync.errors import UsageError

_asked_to_end = threading.Event()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if _asked_to_end.is_set():
            self.should_exit = True
        elif self.started:
            for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
                # Streamlit turns these up when it starts; a line a request would hide what matters.
                logging.getLogger(name).setLevel(logging.WARNING)
            self._ready()


def heed_signals() -> None:
    """From now on SIGTERM and Ctrl-C are remembered: a server that is asked to end while it starts ends when it has.

    Nothing is raised from a handler: DuckDB would turn it into an error of its own.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _asked_to_end.set())


def listen(host: str, port: int) -> socket.socket:
    """Take the port, before anything is started; raises UsageError when somebody has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle off: else each small answer waits 40 ms for an ACK.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise UsageError(
            f"Port {port} on {host} cannot be used ({error.strerror}).",
            "End the program that has it, or choose another with FIELDLINE_PORT.",
        ) from error
    return taken


def serve(app: Any, taken: socket.socket, ready: Callable[[], None]) -> None:
    """Serve `app` on a socket from `listen`; `ready` is called when requests are answered.

    uvicorn raises the signal that ended it once more afterwards, for whoever handled it before.
    """
    heed_signals()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        lifespan="on",
    )
    _Server(config, ready).run([taken])


def asgi(application: Any, *, console: bool) -> Any:
    """The ASGI application; the console is named by a string, since nothing below it may know it."""
    if not console:
        return application.without_console()
    return importlib.import_module("console.server").with_console(application)
