"""The process that owns the store: its lifespan, and the routes beside the console.

The lifespan opens the store, announces the owner, starts the schedule, and ends all of it in the reverse order.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

import sync.runner
from data.store import Store, StoreLimits
from sync import __version__, owner, webhooks
from sync.operations import Operations, encode, exit_code
from sync.runner import Runner
from sync.schedule import Schedule
from sync.settings import Settings, is_loopback

log = logging.getLogger("fieldline")


@dataclass
class Running:
    """What exists while the application runs."""

    store: Store
    runner: Runner
    schedule: Schedule
    owner: owner.Owner
    webhook_secret: str = field(default="", repr=False)


class Application:
    """One server process; `store` is opened before the server listens, so that a refusal is said at once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        limits = StoreLimits(settings.store_memory_mb, settings.store_temp, roomy=True)
        self.store = Store.open(settings.store, limits)
        self.running: Running | None = None

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        """Start the schedule around the time in which requests are served; close the store at the end."""
        settings = self.settings
        runner = Runner(settings, self.store)
        schedule = Schedule(runner)
        announced = owner.announce(settings.store, self.url)
        self.running = Running(
            self.store, runner, schedule, announced, settings.spotio.webhook_secret.get_secret_value()
        )
        schedule.start()
        self._hear_spotio()
        try:
            yield
        finally:
            # In a thread: what runs stops between two steps, and until then the loop must turn.
            await asyncio.to_thread(schedule.close)
            owner.retire(settings.store)
            self.running = None
            self.store.close()

    @property
    def url(self) -> str:
        """Where commands of this machine reach us."""
        host = self.settings.host if is_loopback(self.settings.host) else "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}"

    def routes(self) -> list[BaseRoute]:
        """Health, webhooks and the owner's commands."""
        return [
            Route("/api/health", self._health),
            Route("/api/commands/{command}", self._command, methods=["POST"]),
            Route(webhooks.PATH, self._hook, methods=["POST"]),
        ]

    def without_console(self) -> Starlette:
        """The application of `fieldline run`."""
        return Starlette(routes=self.routes(), lifespan=self.lifespan, middleware=self.middleware())

    def middleware(self) -> list[Middleware]:
        """Only our own names in the Host header: a page of another site must not reach us through a name of its own."""
        hosts = {"127.0.0.1", "localhost", "[::1]", self.settings.host}
        if self.settings.public_url:
            hosts.add(urlsplit(self.settings.public_url).hostname or "")
        if not is_loopback(self.settings.host):
            hosts.add("*" if not self.settings.public_url else "")
        return [Middleware(TrustedHostMiddleware, allowed_hosts=sorted(hosts - {""}))]

    def connection_changed(self, system: str) -> None:
        """A system is reached in another way from now on: it is read soon."""
        running = self._started()
        if system in running.runner.settings.configured():
            running.schedule.wish(sync.runner.Request((system,), "console"))
            if system == "spotio":
                self._hear_spotio()

    def _hear_spotio(self) -> None:
        """Have SPOTIO send its events to our public address, where there is one."""
        settings = self._started().runner.settings
        if settings.public_url and "spotio" in settings.configured():
            threading.Thread(target=self._register_webhook, args=(settings,), daemon=True).start()

    def _register_webhook(self, settings: Settings) -> None:
        secret = webhooks.register(settings)
        if secret and self.running is not None:
            self.running.webhook_secret = secret

    async def _health(self, _: Request) -> Response:
        if self.running is None:
            return JSONResponse({"status": "starting", "version": __version__}, status_code=503)
        version = await asyncio.to_thread(self.store.schema_version)
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "store": self.settings.store,
                "schema": version,
                "next": self.running.schedule.next_turns(),
            }
        )

    async def _hook(self, request: Request) -> Response:
        running = self._started()
        hook = webhooks.SpotioHook(
            running.store,
            secret=lambda: running.webhook_secret,
            wake=lambda: running.schedule.wish(sync.runner.Request(("spotio",), "webhook", named=True)),
        )
        return await hook(request)

    async def _command(self, request: Request) -> Response:
        """Carry out a command for the user who can read our token; answer line by line as it goes."""
        running = self._started()
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), running.owner.token.encode()):
            return JSONResponse({"error": "The token does not match."}, status_code=401)
        try:
            arguments = await request.json()
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            return JSONResponse({"error": "The arguments are a JSON object."}, status_code=400)
        command = request.path_params["command"]
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(message: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(lines.put_nowait, encode(message))

        def work() -> None:
            try:
                operations = Operations(running.store, running.runner, running.runner.settings)
                tell({"result": operations.run(command, arguments, lambda p: tell({"progress": p}))})
            except Exception as error:  # said to the one who asked, with the exit code it deserves
                code = exit_code(error)
                if code == 70:
                    log.exception("The command %s ended with a fault.", command)
                tell({"error": str(error), "exit": code})
            finally:
                loop.call_soon_threadsafe(lines.put_nowait, None)

        threading.Thread(target=work, name=f"command {command}", daemon=True).start()

        async def answer() -> AsyncIterator[bytes]:
            while (line := await lines.get()) is not None:
                yield line

        return StreamingResponse(answer(), media_type="application/x-ndjson")

    def _started(self) -> Running:
        if self.running is None:
            raise RuntimeError("a request came outside the lifespan")
        return self.running
