"""Instants of the company as the two systems write them; formatted by hand, since there are millions of them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from sync.sandbox.world.company import DAY, Instant

_EPOCH = date(1970, 1, 1)


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """The date that is `day` days after 1970-01-01."""
    return (_EPOCH + timedelta(days=day)).isoformat()


@lru_cache(maxsize=100_000)
def _second_text(second: int) -> str:
    minutes, seconds = divmod(second, 60)
    return f"T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def text(at: Instant) -> str:
    """SPOTIO's form of a time that a person or a phone gave: no trailing zeros in its fraction."""
    day, left = divmod(at, DAY)
    second, fraction = divmod(left, 1_000)
    tail = f".{fraction:03}".rstrip("0") if fraction else ""
    return f"{day_text(day)}{_second_text(second)}{tail}+00:00"


def precise_text(at: Instant) -> str:
    """SPOTIO's form of a stamp that its server set: all seven digits, the last four a function of the others."""
    day, left = divmod(at, DAY)
    second, fraction = divmod(left, 1_000)
    return f"{day_text(day)}{_second_text(second)}.{fraction:03}{left % 997:03}{left % 9 + 1}+00:00"


def salesforce_text(at: Instant) -> str:
    """Salesforce's form, in whole seconds."""
    day, left = divmod(at, DAY)
    return f"{day_text(day)}{_second_text(left // 1_000)}.000+0000"


def date_text(at: Instant, offset_hours: int = -7) -> str:
    """The date in a zone that is `offset_hours` away from UTC."""
    return day_text((at + offset_hours * 3_600_000) // DAY)
