"""Salesforce record ids: 15 case-sensitive characters, and the 3 that make 18 safe to compare without case."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")
_INSTANCE = "Hp0"


@lru_cache(maxsize=4096)
def _check_character(block: str) -> str:
    return _CHECK[sum(1 << place for place, letter in enumerate(block) if "A" <= letter <= "Z")]


def with_checksum(short: str) -> str:
    """The 18-character form of a 15-character id: one check character for each block of five."""
    return short + _check_character(short[:5]) + _check_character(short[5:10]) + _check_character(short[10:])


def full_id(text: str) -> str | None:
    """The 18-character form of an id given with 15 or 18 characters; None when it is no id.

    An 18-character id is accepted in any case, since its checksum says which letters are capitals.
    """
    if not _SHAPE.match(text):
        return None
    if len(text) == 15:
        return with_checksum(text)
    if with_checksum(text[:15]) == text:
        return text
    restored = _restore_case(text.upper())
    return restored if restored and restored.lower() == text.lower() else None


def _restore_case(text: str) -> str | None:
    short = ""
    for place, check in enumerate(text[15:]):
        bits = _CHECK.find(check)
        if bits < 0:
            return None
        block = text[place * 5 : place * 5 + 5]
        short += "".join(c if bits >> bit & 1 else c.lower() for bit, c in enumerate(block))
    return with_checksum(short)


class IdFactory:
    """Deals out ids in order, one counter a key prefix, so that a seeded world has the same ids every time."""

    def __init__(self, last: dict[str, int] | None = None) -> None:
        self._last: defaultdict[str, int] = defaultdict(int, last or {})

    def next(self, prefix: str) -> str:
        """A new 18-character id that begins with the three characters of `prefix`."""
        self._last[prefix] = number = self._last[prefix] + 1
        digits = ""
        for _ in range(9):
            number, digit = divmod(number, 62)
            digits = _DIGITS[digit] + digits
        return with_checksum(prefix + _INSTANCE + digits)

    def last(self) -> dict[str, int]:
        """How far each counter is; a factory made from it goes on from there."""
        return dict(self._last)
