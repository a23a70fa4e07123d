"""Secrets at rest: what the store keeps of them can be read with FIELDLINE_SECRET_KEY alone.

The setting is one key, or several with commas in between while the key is changed: what is sealed is sealed with the
first, what is opened may be of any. Each is stretched to Fernet's key by HKDF with a purpose of its own, so that nothing
else made from the setting opens a secret (cryptography's documentation, "Fernet" and "Key derivation functions").
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from data.errors import SecretKeyError

_PURPOSE = b"fieldline secrets"


class Seal:
    """Seals and opens secrets with the keys of the setting; without one it does neither."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = [Fernet(_stretched(key)) for key in keys]

    @property
    def there(self) -> bool:
        """Whether there is a key to seal with."""
        return bool(self._keys)

    def sealed(self, secrets: Mapping[str, str]) -> str:
        """Secrets by name as text for the store; raises SecretKeyError without a key."""
        if not self._keys:
            raise SecretKeyError(
                "Nothing secret is stored without FIELDLINE_SECRET_KEY, with which it is encrypted. Set it to 32 or "
                "more characters of chance, keep a copy of it elsewhere, and start Fieldline again."
            )
        return self._keys[0].encrypt(json.dumps(dict(secrets)).encode()).decode()

    def opened(self, sealed: str, whose: str) -> dict[str, str]:
        """The secrets that were sealed; raises SecretKeyError naming `whose` they are when no key fits."""
        if not self._keys:
            raise SecretKeyError(
                f"{whose} is stored encrypted, and FIELDLINE_SECRET_KEY is not set. Set it to the key that it was stored "
                "with and start Fieldline again, or connect anew on the page Connections."
            )
        try:
            secrets: dict[str, str] = json.loads(MultiFernet(self._keys).decrypt(sealed))
        except InvalidToken:
            raise SecretKeyError(
                f"{whose} was stored with another FIELDLINE_SECRET_KEY than the one that is set. Set the former one, or "
                "the new one, a comma and the former one, and start Fieldline again; or connect anew on the page "
                "Connections."
            ) from None
        return secrets

    def renewed(self, sealed: str) -> str | None:
        """The same under the first key; None when it is already, or no key opens it."""
        if not self._keys:
            return None
        try:
            self._keys[0].decrypt(sealed)
        except InvalidToken:
            try:
                return MultiFernet(self._keys).rotate(sealed).decode()
            except InvalidToken:
                return None
        return None


def _stretched(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
