"""One sandbox: a company in three stand-ins, one process, one event loop, three ports beside each other.

`serve` is the command's way in; `running` starts the same in a thread, for tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.sandbox.clock import Clock
from sync.sandbox.control import PREFIX, FaultMiddleware, Faults, control_app
from sync.sandbox.salesforce import Org, SalesforceStandIn
from sync.sandbox.salesscreen import SalesScreenStandIn
from sync.sandbox.spotio import SpotioStandIn, Tenant, sample_workflow
from sync.sandbox.standin import StandIn
from sync.sandbox.world import SCALES, Scale, Truth, build, live, load_into

HOST = "127.0.0.1"
PORTS = 3
GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 75
"""Longer than clients sleep between two looks at a job, so that none meets a closing connection."""
_TICK_SECONDS = 0.01

Ready = Callable[[dict[str, str]], None]


class PortInUseError(OSError):
    """A port that the sandbox needs is taken."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(
            f"port {port} on {HOST} is in use; the sandbox needs {PORTS} ports beside each other"
        )


class Sandbox:
    """The three stand-ins with their company, and the settings with which a client reaches them."""

    def __init__(
        self,
        ports: Sequence[int],
        *,
        seed: int,
        scale: Scale | str,
        salesforce_url: str | None = None,
        ended: datetime | None = None,
    ) -> None:
        self.urls = [f"http://{HOST}:{port}" for port in ports]
        self.seed = seed
        self.clock = Clock()
        self.faults = [Faults() for _ in ports]
        org, tenant = Org(self.clock), Tenant(self.clock, sample_workflow())
        with _uncollected():
            known = scale if isinstance(scale, Scale) else SCALES[scale]
            self.company = build(seed, known, ended or self.clock.now())
            load_into(self.company, org, tenant)
        self.truth = Truth(self.company, org, tenant)
        self.salesforce = SalesforceStandIn(org, salesforce_url or self.urls[0])
        self.spotio = SpotioStandIn(tenant, self.faults[1])
        self.salesscreen = SalesScreenStandIn(self.clock)
        self.standins: tuple[StandIn, ...] = (self.salesforce, self.spotio, self.salesscreen)
        for standin in self.standins:
            standin.save()

    @property
    def env(self) -> dict[str, str]:
        """The settings of a Fieldline that talks to this sandbox; no manners are needed towards a stand-in."""
        return {
            "FIELDLINE_SALESFORCE__URL": self.urls[0],
            "FIELDLINE_SALESFORCE__CLIENT_ID": self.salesforce.client_id,
            "FIELDLINE_SALESFORCE__CLIENT_SECRET": self.salesforce.client_secret,
            "FIELDLINE_SPOTIO__URL": self.urls[1],
            "FIELDLINE_SPOTIO__CLIENT_ID": self.spotio.client_id,
            "FIELDLINE_SPOTIO__SECRET": self.spotio.secret,
            "FIELDLINE_SPOTIO__REQUESTS_PER_SECOND": "500",
            "FIELDLINE_SPOTIO__CONCURRENCY": "8",
            "FIELDLINE_SALESSCREEN__URL": self.urls[2],
            "FIELDLINE_SALESSCREEN__API_KEY": self.salesscreen.api_key,
        }

    def reset(self) -> None:
        """Every stand-in back to the state at ready, without faults; the clock goes on."""
        for standin, faults in zip(self.standins, self.faults, strict=True):
            standin.reset()
            faults.clear()

    def app(self, number: int) -> ASGIApp:
        """What one port serves: the control routes, and the stand-in behind its faults."""
        standin, faults = self.standins[number], self.faults[number]
        control = control_app(standin, faults, self.clock, self.reset, self.urls[number], self.truth.state)
        faulty = FaultMiddleware(standin.app, faults, Connection.cut, standin.error_body)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            controls = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
            await (control if controls else faulty)(scope, receive, _dated(send, self.clock))

        return app

    def start_living(self) -> asyncio.Task[None]:
        work = live(self.company, self.salesforce.org, self.spotio.tenant, self.seed)
        return asyncio.get_running_loop().create_task(work)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: a company is millions of objects that stay, and a search among them finds nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _dated(send: Send, clock: Clock) -> Send:
    """Every answer bears the sandbox's time, which clients take for the server's."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Date"] = format_datetime(clock.now(), usegmt=True)
        await send(message)

    return dated


class Connection(H11Protocol):
    """A connection that can be cut from within a request, as a broken network does."""

    _open: dict[tuple[str, int], asyncio.Transport] = {}  # noqa: RUF012 - of the whole process

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._open[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)

    @classmethod
    def cut(cls, scope: Scope) -> None:
        """End the connection on which a request came, at once and without a farewell."""
        transport = cls._open.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Three servers share a process; `serve` listens for its signals once."""
        yield


def bind(port: int) -> list[socket.socket]:
    """Sockets for three ports beside each other, or for any three free ones when `port` is 0."""
    sockets: list[socket.socket] = []
    for offset in range(PORTS):
        # With the protocol named, asyncio switches Nagle off: else each small answer waits 40 ms for an ACK.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sockets.append(bound)
        try:
            bound.bind((HOST, port + offset if port else 0))
            bound.listen()
        except OSError:
            for each in sockets:
                each.close()
            raise PortInUseError(port + offset) from None
    return sockets


async def _run(
    sandbox: Sandbox,
    sockets: list[socket.socket],
    living: bool,
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Serve until `stop` is set."""
    servers = [_Server(_config(sandbox.app(number))) for number in range(len(sockets))]
    serving = [
        asyncio.create_task(server.serve(sockets=[bound]))
        for server, bound in zip(servers, sockets, strict=True)
    ]
    while not all(server.started for server in servers):
        await asyncio.sleep(_TICK_SECONDS)
    life = sandbox.start_living() if living else None
    ready()
    await stop.wait()
    if life is not None:
        life.cancel()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        date_header=False,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


def serve(port: int, seed: int, scale: str, live: bool, ready: Ready) -> None:
    """Serve a sandbox until SIGTERM or SIGINT; `ready` gets its settings once it answers.

    Raises PortInUseError before anything is built, and KeyError for an unknown scale.
    """
    sockets = bind(port)
    sandbox = Sandbox([bound.getsockname()[1] for bound in sockets], seed=seed, scale=scale)
    gc.freeze()  # the company stays for good, so no answer has to wait for a search among its objects

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await _run(sandbox, sockets, live, lambda: ready(sandbox.env), stop)

    asyncio.run(main())


@contextlib.contextmanager
def running(
    scale: Scale | str = "tiny",
    seed: int = 1,
    *,
    live: bool = False,
    salesforce_url: str | None = None,
    ended: datetime | None = None,
) -> Iterator[Sandbox]:
    """A sandbox on free ports in a thread of its own, for as long as the block lasts.

    The company's work ends at `ended`, by default now; of one moment and seed it is the same company on every day.
    `salesforce_url` is where clients reach the org when they do so through a proxy, and not by its own port.
    """
    sockets = bind(0)
    ports = [bound.getsockname()[1] for bound in sockets]
    sandbox = Sandbox(ports, seed=seed, scale=scale, salesforce_url=salesforce_url, ended=ended)
    started = threading.Event()
    control: dict[str, Any] = {}

    async def main() -> None:
        control["loop"], control["stop"] = asyncio.get_running_loop(), asyncio.Event()
        await _run(sandbox, sockets, live, started.set, control["stop"])

    thread = threading.Thread(target=asyncio.run, args=(main(),), name="sandbox", daemon=True)
    thread.start()
    while not started.wait(_TICK_SECONDS):
        if not thread.is_alive():
            raise RuntimeError("the sandbox did not start")
    try:
        yield sandbox
    finally:
        control["loop"].call_soon_threadsafe(control["stop"].set)
        thread.join()
