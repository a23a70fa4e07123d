"""A person's sign-in at Salesforce: the web server flow with PKCE, and the refresh of what it gave. authlib speaks OAuth.

Sources: Salesforce's help, "OAuth 2.0 Web Server Flow for Web App Integration", "OAuth 2.0 Refresh Token Flow" and
"Refresh Token Rotation": where it is on, an answer brings another refresh token, which takes the place of the old one at
once, and whoever shows an old one ends the grant. So all who use a grant share one object that refreshes for them, one
at a time, and what is new is stored before it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from sync.connectors.http import TransientError, raise_if_transient
from sync.connectors.salesforce.session import unanswered
from sync.errors import SignInError, UnreachableError
from sync.settings import Access, checked_url

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

SCOPES = "api id refresh_token"
_TIMEOUT_SECONDS = 30
_CONNECT = "Connect Salesforce again on the page Connections."
_REASONS = {
    "access_denied": "Access was denied on Salesforce's page",
    "invalid_client_id": "Salesforce knows no connected app with this consumer key",
    "invalid_client": "Salesforce says that the consumer secret is not the connected app's",
    "redirect_uri_mismatch": "The connected app does not name our callback URL",
    "inactive_user": "The user who signed in is not active in Salesforce any more",
    "inactive_org": "The org is locked, closed or suspended",
    "invalid_scope": "The connected app does not allow the scopes that are asked for",
}
_ADVICE = {
    "access_denied": "Sign in again and allow it.",
    "redirect_uri_mismatch": "Add the callback URL that the page Connections shows to the connected app; it may take ten minutes.",
    "invalid_scope": 'Give it "Manage user data via APIs (api)", "Access the identity URL service (id)" and "Perform requests at any time (refresh_token)".',
    "inactive_user": "Activate the user, or connect as another one on the page Connections.",
    "inactive_org": "Ask Salesforce's support.",
    "invalid_client_id": "Check the consumer key, and whether the app is meant for this login host.",
    "invalid_client": "Check the consumer secret.",
}
_PASSES_WITHOUT_US = frozenset({"inactive_user", "inactive_org"})


@dataclass(frozen=True)
class ConnectedApp:
    """The app that an administrator made in the org, and the host at which people sign in for it."""

    host: str
    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Given:
    """What the token endpoint answered: an access, and the refresh token that counts from now on."""

    access: Access
    refresh_token: str = field(repr=False)


class WithdrawnError(SignInError):
    """The token endpoint refused; `error` is OAuth's word for why."""

    def __init__(self, error: str, description: str, fallback: str) -> None:
        self.error = error
        reason = _REASONS.get(error, fallback)
        said = f" ({description})" if description else ""
        super().__init__("salesforce", f"{reason}{said}.", _ADVICE.get(error, _CONNECT))


def authorize_url(app: ConnectedApp, redirect_uri: str, state: str, verifier: str) -> str:
    """Where a person signs in and allows the app; `login` lets them be another user than the one the browser knows."""
    with _session(app) as session:
        url, _ = session.create_authorization_url(
            f"{app.host}/services/oauth2/authorize",
            scope=SCOPES,  # here alone: the token endpoint takes none
            redirect_uri=redirect_uri,
            state=state,
            code_verifier=verifier,
            prompt="login",
        )
    return str(url)


def denied(error: str, description: str) -> WithdrawnError:
    """What came back in the place of a code."""
    return WithdrawnError(error, description, "Salesforce did not sign in")


def exchange(app: ConnectedApp, code: str, verifier: str, redirect_uri: str) -> Given:
    """What a code is worth. Raises SignInError when it is refused, UnreachableError without an answer."""
    try:
        told = _told(
            app,
            "Salesforce did not take the sign-in",
            lambda session, url: session.fetch_token(
                url,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
            ),
        )
    except TransientError as error:
        # A code is good once, so nothing is repeated: the next one comes with the next sign-in.
        raise UnreachableError(
            "salesforce", f"Salesforce did not answer ({error.reason}).", "Sign in again."
        ) from error
    given = _given(told)
    if not given.refresh_token:
        raise SignInError(
            "salesforce",
            "Salesforce gave a sign-in that ends by itself, without a refresh token.",
            _ADVICE["invalid_scope"],
        )
    return given


def refreshed(app: ConnectedApp, refresh_token: str) -> Given:
    """The next access, and the refresh token from now on. Raises as `exchange` does, and TransientError for what passes."""
    told = _told(
        app,
        "Salesforce has withdrawn the sign-in that Fieldline used",
        lambda session, url: session.refresh_token(url, refresh_token=refresh_token),
    )
    return _given(told)


def revoke(app: ConnectedApp, refresh_token: str) -> bool:
    """Have Salesforce end a grant; False when it did not say that it is ended."""
    try:
        with _session(app) as session:
            answer = session.revoke_token(
                f"{app.host}/services/oauth2/revoke", token=refresh_token, allow_redirects=False
            )
    except requests.RequestException:
        return False
    return bool(answer.status_code == 200)


class SharedGrant:
    """One grant for all who use it; `keep` stores a new refresh token."""

    def __init__(
        self,
        app: ConnectedApp,
        refresh_token: str,
        *,
        keep: Callable[[str], None],
        given: Access | None = None,
    ) -> None:
        self._app, self._refresh_token = app, refresh_token
        self._keep = keep
        self._access = given
        self._withdrawn: WithdrawnError | None = None
        self._kept = True
        self._lock = threading.Lock()

    def access(self, stale: str | None = None) -> Access:
        """See Grant. A withdrawn one is asked for once; after that it is said without a call."""
        with self._lock:
            if self._access is not None and self._access.token != stale:
                return self._access
            if self._withdrawn is not None:
                raise self._again(self._withdrawn)
            self._access = None
            try:
                given = refreshed(self._app, self._refresh_token)
            except WithdrawnError as error:
                if error.error not in _PASSES_WITHOUT_US:
                    self._withdrawn = error
                raise
            if given.refresh_token and given.refresh_token != self._refresh_token:
                self._refresh_token, self._kept = given.refresh_token, False
            if not self._kept:
                self._keep(self._refresh_token)
                self._kept = True
            self._access = given.access
            return given.access

    def ask_anew(self) -> None:
        """Ask Salesforce once more, although it refused."""
        with self._lock:
            self._withdrawn = None

    @staticmethod
    def _again(error: WithdrawnError) -> SignInError:
        return SignInError(error.system, error.text, error.advice)


def _session(app: ConnectedApp) -> OAuth2Session:
    # Late: few processes sign in this way. By requests, as simple-salesforce: authlib gives up its client over httpx.
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        app.client_id,
        app.client_secret or None,
        token_endpoint_auth_method="client_secret_post" if app.client_secret else "none",
        revocation_endpoint_auth_method="none",
        code_challenge_method="S256",
        default_timeout=_TIMEOUT_SECONDS,
    )


def _told(app: ConnectedApp, fallback: str, ask: Callable[[OAuth2Session, str], Any]) -> dict[str, Any]:
    """The answer of the token endpoint as it is."""
    from authlib.integrations.base_client import OAuthError

    def pass_on(answer: requests.Response) -> requests.Response:
        raise_if_transient("salesforce", answer.status_code, answer.headers)
        return answer

    with _session(app) as session:
        for hook in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(hook, pass_on)
        try:
            return dict(ask(session, f"{app.host}/services/oauth2/token"))
        except OAuthError as error:
            raise WithdrawnError(str(error.error or ""), str(error.description or ""), fallback) from None
        except (requests.JSONDecodeError, requests.HTTPError) as error:
            status = error.response.status_code if error.response is not None else 200
            raise SignInError(
                "salesforce",
                f"Something answers at {app.host}, but not as Salesforce does (HTTP {status}).",
                "Check the login host, and whether a proxy stands in between.",
            ) from None
        except requests.RequestException as error:
            raise unanswered(app.host, error) from None


def _given(told: dict[str, Any]) -> Given:
    try:
        access = Access(checked_url(str(told["instance_url"])), str(told["access_token"]))
    except (KeyError, ValueError) as error:
        raise SignInError("salesforce", f"Salesforce's answer to the sign-in lacks something ({error}).") from None  # fmt: skip
    return Given(access, str(told.get("refresh_token") or ""))
