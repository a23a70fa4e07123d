"""API tokens: JSON Web Tokens signed with HMAC-SHA256 that last 30 days by the sandbox's clock."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import msgspec

from sync.sandbox.clock import Clock

LIFETIME = timedelta(days=30)


class Tokens:
    """Mints and reads tokens. The signing key lives as long as the sandbox, so a reset leaves tokens valid."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def mint(self, user_id: str) -> str:
        issued = self._clock.now()
        claims = {"sub": user_id, "iat": int(issued.timestamp()), "exp": int((issued + LIFETIME).timestamp())}
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def user_id(self, token: str) -> str | None:
        """Whose token it is; None when it is forged, malformed or expired."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        payload = signed.partition(".")[2]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"]) if claims["exp"] > self._clock.now().timestamp() else None

    def _signature(self, signed: str) -> str:
        return _base64(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())


def _part(claims: dict[str, Any]) -> str:
    return _base64(msgspec.json.encode(claims))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
