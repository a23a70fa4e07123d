"""Which records somebody sees: sales people what they own or help with, everybody else all but what is kept from them."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.store import Row


def sees(user: Mapping[str, Any], record: Row) -> bool:
    """Whether a user may read and change a live record."""
    if user["id"] in (record["hiddenFromIds"] or []):
        return False
    return user["role"] != "Sales" or user["id"] in (record["ownerId"], *(record["collaboratorIds"] or []))
