"""What people have allowed the connected app: authorization codes, and the refresh tokens that they are exchanged for.

Sources: Salesforce's help on the web server flow (a code is used once and lives 15 minutes), on Refresh Token Rotation
(a new token with every answer; whoever shows an old one ends them all), and on connected apps (five tokens a user live).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce.sessions import Sessions

CODE_LIFE = timedelta(minutes=15)
GRANTS_A_USER = 5
_LASTING = frozenset({"refresh_token", "offline_access", "full"})


class GrantError(Exception):
    """A token is not given; `error` and `description` are what the answer says."""

    def __init__(self, error: str, description: str) -> None:
        self.error, self.description = error, description
        super().__init__(f"{error}: {description}")


@dataclass
class AppPolicy:
    """What an administrator chose for the connected app. Without callbacks, any address at this machine may be one."""

    callbacks: tuple[str, ...] = ()
    secret_required: bool = True
    pkce_required: bool = True
    rotation: bool = True

    def may_call_back(self, url: str) -> bool:
        """Whether a sign-in may end at this address."""
        if self.callbacks:
            return url in self.callbacks
        parts = urlsplit(url)
        return parts.scheme == "http" and _is_loopback(parts.hostname or "")


@dataclass(frozen=True)
class Wish:
    """What an app asked a person for, and who allowed it."""

    user_id: str
    redirect_uri: str
    scope: str
    challenge: str


@dataclass
class _Code:
    wish: Wish
    expires_at: datetime
    grant: Grant | None = None


@dataclass
class Grant:
    """What was allowed once: its live refresh token, those that it had before, and the sessions opened with it."""

    user_id: str
    scope: str
    refresh_token: str | None
    retired: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)


class Grants:
    def __init__(self, clock: Clock, sessions: Sessions) -> None:
        self._clock, self._sessions = clock, sessions
        self.policy = AppPolicy()
        self._codes: dict[str, _Code] = {}
        self._grants: list[Grant] = []

    def allow(self, wish: Wish) -> str:
        """A code for what somebody allowed."""
        code = f"aPrx{secrets.token_urlsafe(60)}"
        self._codes[code] = _Code(wish, self._clock.now() + CODE_LIFE)
        return code

    def exchange(self, code: str, redirect_uri: str, verifier: str) -> tuple[Grant, str]:
        """A grant and its first access token for a code. A code that comes a second time ends what the first one gave."""
        known = self._codes.get(code)
        if known is None:
            raise GrantError("invalid_grant", "invalid authorization code")
        if known.grant is not None:
            self._end(known.grant)
            raise GrantError("invalid_grant", "expired authorization code")
        if known.expires_at <= self._clock.now():
            raise GrantError("invalid_grant", "expired authorization code")
        wish = known.wish
        if redirect_uri != wish.redirect_uri:
            raise GrantError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if wish.challenge and not hmac.compare_digest(challenge_of(verifier), wish.challenge):
            raise GrantError("invalid_grant", "invalid code verifier")
        lasting = bool(_LASTING & set(wish.scope.split()))
        grant = known.grant = Grant(wish.user_id, wish.scope, _refresh_token() if lasting else None)
        self._keep(grant)
        return grant, self._open(grant)

    def refresh(self, token: str) -> tuple[Grant, str]:
        """A new access token; with rotation the grant has another refresh token from then on."""
        for grant in list(self._grants):
            if token in grant.retired:
                self._end(grant)
            elif token and token == grant.refresh_token:
                if self.policy.rotation:
                    grant.retired.add(token)
                    grant.refresh_token = _refresh_token()
                return grant, self._open(grant)
        raise GrantError("invalid_grant", "expired access/refresh token")

    def revoke(self, token: str) -> bool:
        """End an access token alone, or with a refresh token all that came of it."""
        for grant in list(self._grants):
            if token == grant.refresh_token:
                self._end(grant)
                return True
        return self._sessions.revoke(token)

    def revoke_user(self, user_id: str) -> int:
        """End all that a user allowed; returns how much there was."""
        theirs = [grant for grant in self._grants if grant.user_id == user_id]
        for grant in theirs:
            self._end(grant)
        return len(theirs)

    def _open(self, grant: Grant) -> str:
        token = self._sessions.open(grant.user_id)
        grant.sessions.add(token)
        return token

    def _keep(self, grant: Grant) -> None:
        theirs = [each for each in self._grants if each.user_id == grant.user_id]
        for oldest in theirs[: max(0, len(theirs) - GRANTS_A_USER + 1)]:
            self._end(oldest)
        self._grants.append(grant)

    def _end(self, grant: Grant) -> None:
        for token in grant.sessions:
            self._sessions.revoke(token)
        if grant in self._grants:
            self._grants.remove(grant)


def challenge_of(verifier: str) -> str:
    """RFC 7636's S256: the verifier's digest, without padding."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _refresh_token() -> str:
    return f"5Aep861{secrets.token_urlsafe(60)}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
