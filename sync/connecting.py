"""Connect a system as an admin asked on the page: tried first, stored then; what is refused takes nobody's place.

A sign-in at Salesforce goes through the admin's browser. It begins here with a ticket, which our own server's route
trades for the way to Salesforce and a binding that the browser keeps; it ends with the state that went along and that
binding, so that nobody can end a sign-in which another browser began (RFC 9700, 2.1 and 4.7).
"""

from __future__ import annotations

import hmac
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from data.connections import Connection
from data.errors import SecretKeyError
from data.schema import SYSTEM_NAMES
from sync.connections import Connections, app_of, filled, left_open
from sync.connectors import salesscreen
from sync.connectors.salesforce import grant
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.grant import ConnectedApp
from sync.connectors.salesforce.identity import Identity, identity
from sync.connectors.spotio.api import SpotioApi
from sync.errors import FieldlineError, UsageError
from sync.settings import Access, SalesforceSettings, SalesScreenSettings, SpotioSettings, checked_url

LOGIN_HOSTS = {
    "Production": "https://login.salesforce.com",
    "Sandbox": "https://test.salesforce.com",
}
START_PATH, CALLBACK_PATH = "/oauth/salesforce/start", "/oauth/salesforce/callback"
_LIFE = timedelta(minutes=10)
_SHOWN_FROM = 12  # characters of a secret from which its last four say little of it
# What an admin types in, by system, as the settings call it.
KEYS = {
    "salesforce": ("url", "client_id", "client_secret"),
    "spotio": ("client_id", "secret"),
    "salesscreen": ("api_key",),
}
_SECRET = {"salesforce": "client_secret", "spotio": "secret", "salesscreen": "api_key"}


@dataclass
class SignIn:
    """A sign-in at Salesforce on its way. `visitor` is whoever began it, for whom it is ended.

    `failed` says why nothing came of it, `connected` what did.
    """

    app: ConnectedApp
    by: str
    visitor: Any
    begun_at: datetime
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    binding: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    left: bool = False
    failed: str = ""
    connected: Connection | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return bool(self.failed) or self.connected is not None


class Connecting:
    """`connections` gives those of the process; `changed` is told the system whose connection is another now.

    `url` is where browsers reach us: Salesforce takes no other address without encryption than http://localhost.
    """

    def __init__(
        self, connections: Callable[[], Connections], url: str, changed: Callable[[str], None]
    ) -> None:
        self._of_process, self._url, self._changed = connections, url, changed
        self._sign_ins: list[SignIn] = []
        self._lock = threading.Lock()

    @property
    def callback(self) -> str:
        """Where Salesforce sends a browser back to."""
        return self._url + CALLBACK_PATH

    def start_url(self, begun: SignIn) -> str:
        """Where a browser begins: at the origin of the callback, which gets the cookie back."""
        return f"{self._url}{START_PATH}?{urlencode({'ticket': begun.ticket})}"

    def state(self, ticket: str) -> SignIn | None:
        """A sign-in by its ticket, ended or not; None when there is none (any more)."""
        return self._found(lambda each: hmac.compare_digest(each.ticket.encode(), ticket.encode()))

    @property
    def connections(self) -> Connections:
        """The connections of this process."""
        return self._of_process()

    def use_key(self, system: str, values: Mapping[str, str], by: str) -> Connection:
        """Try a key, or Salesforce's client credentials, and store what the system took.

        Raises UsageError for what cannot be tried, SecretKeyError, and what the trying raises; then nothing was stored.
        """
        self._may_connect(system)
        given = {name: values.get(name, "").strip() for name in KEYS[system]}
        environment = self.connections.environment.of(system)
        missing = [name for name, value in given.items() if not value and left_open(environment, name)]
        if missing:
            raise UsageError(f"{' and '.join(_said(name) for name in missing)} {'is' if len(missing) == 1 else 'are'} missing; nothing was tried.")  # fmt: skip
        if given.get("url"):
            given["url"] = _host(given["url"])
        given = {name: value for name, value in given.items() if left_open(environment, name)}
        settings = filled(environment, given)
        told = self._tried(settings)
        hidden = _SECRET[system]
        shown = {name: value for name, value in given.items() if name != hidden}
        secret = given.get(hidden, "")
        kind = "client_credentials" if system == "salesforce" else "key"
        facts = {**shown, **told, "last": secret[-4:] if len(secret) >= _SHOWN_FROM else ""}
        return self._store(system, kind, facts, {hidden: secret}, by)

    def begin(self, host: str, client_id: str, client_secret: str, by: str, visitor: Any) -> SignIn:
        """Begin a sign-in at Salesforce. An empty secret is the one that is stored for the same app, or none.

        Raises UsageError for what cannot be meant, SecretKeyError when nothing could be stored.
        """
        self._may_connect("salesforce")
        environment = self.connections.environment.salesforce
        host = environment.url or _host(host)
        client_id = environment.client_id or client_id.strip()
        if not client_id:
            raise UsageError("The consumer key is missing; no sign-in was begun.")
        secret = environment.client_secret.get_secret_value() or client_secret.strip()
        secret = secret or self._kept_secret(host, client_id)
        begun = SignIn(ConnectedApp(host, client_id, secret), by, visitor, datetime.now(UTC))
        with self._lock:
            self._sign_ins = [each for each in self._sign_ins if not _lapsed(each)] + [begun]
        return begun

    def leave(self, ticket: str) -> tuple[str, SignIn]:
        """Where the browser goes with a ticket, once. Raises UsageError for one that is not good (any more)."""
        found = self.state(ticket)
        if found is None or found.left:
            raise _not_begun()
        found.left = True
        return grant.authorize_url(found.app, self.callback, found.state, found.verifier), found

    def arriving(self, state: str, binding: str) -> SignIn:
        """The sign-in that a browser comes back with. Raises UsageError unless it is the one that left with it."""
        found = self._found(lambda each: hmac.compare_digest(each.state.encode(), state.encode()))
        if found is None or not found.left or found.over:
            raise _not_begun()
        if not hmac.compare_digest(found.binding.encode(), binding.encode()):
            raise _not_begun()
        return found

    def end(self, sign_in: SignIn, told: Mapping[str, str]) -> Connection:
        """Take what Salesforce sent back: trade the code, look who it is, store it. What is raised is kept as `failed`."""
        try:
            sign_in.connected = self._ended(sign_in, told)
        except (FieldlineError, SecretKeyError) as error:
            sign_in.failed = str(error)
            raise
        return sign_in.connected

    def disconnect(self, system: str) -> Connection:
        """Forget a stored connection; a sign-in is ended at Salesforce, too. Raises UsageError when there is none."""
        stored = self.connections.stored().get(system)
        if stored is None:
            raise UsageError(f"{SYSTEM_NAMES[system]} was not connected on this page; nothing was changed.")
        known = self.connections.drop(stored)
        if stored.kind == "oauth" and known:
            grant.revoke(app_of(stored.facts, known), known["refresh_token"])
        self._changed(system)
        return stored

    def _ended(self, sign_in: SignIn, told: Mapping[str, str]) -> Connection:
        if "code" not in told:
            raise grant.denied(told.get("error", ""), told.get("error_description", ""))
        self._may_connect("salesforce")
        app = sign_in.app
        given = grant.exchange(app, told["code"], sign_in.verifier, self.callback)
        settings = self.connections.environment.salesforce.granted(_Once(given.access))
        facts = {"host": app.host, "client_id": app.client_id, "instance": given.access.url}
        secrets = {"client_secret": app.client_secret, "refresh_token": given.refresh_token}
        facts |= self._tried(settings)
        return self._store("salesforce", "oauth", facts, secrets, sign_in.by, given.access)

    def _store(
        self,
        system: str,
        kind: str,
        facts: Mapping[str, Any],
        secrets: Mapping[str, str],
        by: str,
        access: Access | None = None,
    ) -> Connection:
        sealed = self.connections.seal.sealed(secrets)
        made = Connection(uuid.uuid4().hex, system, kind, facts, sealed, by, datetime.now(UTC))
        self.connections.keep(made, access)
        self._changed(system)
        return made

    def _tried(self, settings: Any) -> dict[str, Any]:
        """What the system tells of itself with these settings; raises what it refuses them with."""
        if isinstance(settings, SalesforceSettings):
            with SalesforceApi(settings) as salesforce:
                found = identity(salesforce)
            return _facts(found)
        if isinstance(settings, SpotioSettings):
            with SpotioApi(settings) as spotio:
                types = [str(each["name"]) for each in spotio.workflow()["dataObjects"]]
            return {"types": types}
        if isinstance(settings, SalesScreenSettings):
            salesscreen.try_key(settings)
        return {}

    def _may_connect(self, system: str) -> None:
        if not self.connections.environment.missing(system):
            raise UsageError(
                f"{SYSTEM_NAMES[system]} is set by FIELDLINE_{system.upper()}__ settings; nothing was changed.",
                "Take them out of the environment and start Fieldline again to connect it here.",
            )
        if not self.connections.seal.there:
            self.connections.seal.sealed({})  # says what to do

    def _kept_secret(self, host: str, client_id: str) -> str:
        stored = self.connections.stored().get("salesforce")
        if stored is None or (stored.facts.get("host"), stored.facts.get("client_id")) != (host, client_id):
            return ""
        try:
            return self.connections.seal.opened(stored.sealed, "").get("client_secret", "")
        except SecretKeyError:
            return ""

    def _found(self, fits: Callable[[SignIn], bool]) -> SignIn | None:
        with self._lock:
            return next((each for each in self._sign_ins if fits(each) and not _lapsed(each)), None)


@dataclass(frozen=True)
class _Once:
    """The access that a sign-in just gave, to be looked at before it is stored."""

    given: Access

    def access(self, stale: str | None = None) -> Access:
        return self.given


def _facts(found: Identity) -> dict[str, Any]:
    return {
        "username": found.username,
        "user": found.name,
        "organization_id": found.organization_id,
        "organization": found.told,
    }


def _host(typed: str) -> str:
    """The login host that somebody typed: an https address, or a name of one."""
    typed = typed.strip()
    try:
        return checked_url(typed if "://" in typed else f"https://{typed}")
    except ValueError as error:
        raise UsageError(f"The login host cannot be used: {error}.", "Use the My Domain address of the org.") from error  # fmt: skip


def _said(name: str) -> str:
    return {"url": "The My Domain address", "client_id": "the client id", "api_key": "The API key"}.get(name, "the secret")  # fmt: skip


def _lapsed(sign_in: SignIn) -> bool:
    return datetime.now(UTC) - sign_in.begun_at > _LIFE


def _not_begun() -> UsageError:
    return UsageError(
        "This sign-in was begun more than ten minutes ago, in another browser, or has ended already; nothing was connected.",
        "Begin it again on the page Connections.",
    )
