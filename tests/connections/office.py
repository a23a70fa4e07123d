"""A store and a runner whose systems are connected by a person, as on the page; and that person's browser."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from data.connections import Connection
from data.store import Store
from sync.connecting import Connecting, SignIn
from sync.runner import PullReport, Request, Runner
from sync.sandbox.server import Sandbox
from sync.settings import Settings

KEY, OTHER_KEY = "a-key-of-this-office-of-40-characters-00", "another-key-of-the-office-of-40-chars-00"
HERE = "http://localhost:8599"
ADMIN, EVERYBODYS = "admin@brightwater.example.com", "sandbox"


class Office:
    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        self.sandbox, self.path = sandbox, path
        self.changed: list[str] = []
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    def open(self, keys: str = KEY, **salesforce: str) -> None:
        """Begin, with these keys and what the environment sets of Salesforce."""
        env = self.sandbox.env
        members: dict[str, Any] = {
            "salesforce": {"objects": "User,Lead", "requests_per_second": 500, **salesforce},
            "spotio": {"url": env["FIELDLINE_SPOTIO__URL"], "requests_per_second": 500},
            "salesscreen": {"url": env["FIELDLINE_SALESSCREEN__URL"]},
        }
        settings = Settings.load(
            store=f"duckdb:////{str(self.path.absolute()).lstrip('/')}", secret_key=keys, **members
        )
        self.store = Store.open(settings.store)
        self.runner = Runner(settings, self.store)
        self.connecting = Connecting(lambda: self.runner.connections, HERE, self.changed.append)

    def reopen(self, keys: str = KEY, **salesforce: str) -> None:
        """End, and begin again with other settings."""
        self.store.close()
        self.open(keys, **salesforce)

    @property
    def app(self) -> dict[str, str]:
        """The connected app as an admin types it in."""
        env = self.sandbox.env
        return {
            "host": env["FIELDLINE_SALESFORCE__URL"],
            "client_id": env["FIELDLINE_SALESFORCE__CLIENT_ID"],
            "client_secret": env["FIELDLINE_SALESFORCE__CLIENT_SECRET"],
        }

    def key(self, system: str) -> dict[str, str]:
        """A system's key as an admin types it in."""
        env, group = self.sandbox.env, f"FIELDLINE_{system.upper()}__"
        names = {"spotio": ("client_id", "secret"), "salesscreen": ("api_key",), "salesforce": ("url", "client_id", "client_secret")}  # fmt: skip
        return {name: env[group + name.upper()] for name in names[system]}

    def begin(self, **changed: str) -> SignIn:
        return self.connecting.begin(**(self.app | changed), by="priya@example.com", visitor=None)

    def sign_in(self, **changed: str) -> Connection:
        """Connect Salesforce as a person does: the button, the login, Allow, and back."""
        begun = self.begin(**changed)
        url, _ = self.connecting.leave(begun.ticket)
        return self.come_back(begun, allowed(url))

    def come_back(self, begun: SignIn, told: dict[str, str]) -> Connection:
        return self.connecting.end(self.connecting.arriving(told["state"], begun.binding), told)

    def pull(self, *systems: str) -> PullReport:
        report = self.runner.pull(Request(systems, "command"))
        assert report is not None
        return report

    def act(self, action: str, **arguments: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.sandbox.urls[0]}/__sandbox__/act", json={"action": action, **arguments})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def advance(self, seconds: float) -> None:
        url = f"{self.sandbox.urls[0]}/__sandbox__/clock"
        httpx.post(url, json={"advance_seconds": seconds}).raise_for_status()

    def bytes_of_the_store(self) -> bytes:
        """All that lies in the store's folder, once the store is closed and its log is folded in."""
        self.store.close()
        found = b"".join(file.read_bytes() for file in self.path.parent.iterdir() if file.is_file())
        self.open()
        return found


def allowed(url: str, username: str = ADMIN, decision: str = "allow") -> dict[str, str]:
    """What a browser takes back from Salesforce when somebody signs in there and decides."""
    with httpx.Client(base_url="{0.scheme}://{0.netloc}".format(urlsplit(url))) as http:
        page = _submit(http, http.get(url), username=username, password=EVERYBODYS)
        return came_back(_submit(http, page, decision=decision))


def came_back(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which Salesforce sends a browser back."""
    assert answer.status_code == 302, answer.text
    return {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def _submit(http: httpx.Client, page: httpx.Response, **typed: str) -> httpx.Response:
    assert page.status_code == 200, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    form = {name: unescape(value) for name, value in hidden} | typed
    return http.post("/services/oauth2/authorize", data=form)
