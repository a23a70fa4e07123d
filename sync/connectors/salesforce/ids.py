"""Salesforce ids: fifteen characters that distinguish case, or eighteen that need not."""

from __future__ import annotations

_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def full_id(id: str) -> str:
    """The eighteen-character form; each check character tells which of five characters are capitals."""
    if len(id) != 15:
        return id
    blocks = (id[start : start + 5] for start in (0, 5, 10))
    return id + "".join(
        _CHECKS[sum(1 << place for place, char in enumerate(block) if "A" <= char <= "Z")] for block in blocks
    )
