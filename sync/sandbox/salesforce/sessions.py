"""Who is signed in: access tokens, the connected app's credentials, and what a token answer is signed with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce.errors import SalesforceError

SESSION_LIFE = timedelta(hours=2)
"""The default lifetime of a session; every use of it starts it anew."""


@dataclass
class _Session:
    user_id: str
    expires_at: datetime | None
    """None for a token handed out by the sandbox itself, which never expires."""


class Sessions:
    def __init__(self, clock: Clock, organization_id: str) -> None:
        self._clock, self._organization_id = clock, organization_id
        self._sessions: dict[str, _Session] = {}
        self.client_id = "3MVG9" + secrets.token_hex(40)
        self.client_secret = secrets.token_hex(32).upper()

    def open(self, user_id: str, *, lasting: bool = False) -> str:
        """A new access token of a user; a lasting one does not expire."""
        token = f"{self._organization_id[:15]}!{secrets.token_urlsafe(72)}"
        self._sessions[token] = _Session(user_id, None if lasting else self._clock.now() + SESSION_LIFE)
        return token

    def user_of(self, token: str) -> str:
        """The user whose token it is; raises INVALID_SESSION_ID when it is unknown, revoked or has expired."""
        session = self._sessions.get(token)
        now = self._clock.now()
        if session is None or (session.expires_at is not None and session.expires_at <= now):
            raise invalid_session()
        if session.expires_at is not None:
            session.expires_at = now + SESSION_LIFE
        return session.user_id

    def revoke(self, token: str) -> bool:
        return self._sessions.pop(token, None) is not None

    def revoke_user(self, user_id: str) -> int:
        """End all sessions of a user; returns how many there were."""
        mine = [token for token, session in self._sessions.items() if session.user_id == user_id]
        return sum(self.revoke(token) for token in mine)

    def sign(self, identity: str, issued_at: str) -> str:
        """The signature by which a client can tell that a token answer comes from the holder of its secret."""
        digest = hmac.new(self.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256)
        return base64.b64encode(digest.digest()).decode()


def invalid_session() -> SalesforceError:
    return SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
