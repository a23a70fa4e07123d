"""Whether a value just read is still the one that was planned on, although it came by another way.

A plan holds what the mirror holds: typed values of a feed. A single read gives text. The comparison is made in the
type of what was expected, so that "00501" and "501" stay two texts and 12.5 and "12.50" are one number.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


def same(seen: Any, expected: Any) -> bool:
    """Whether both say the same; blank is blank, whether null, empty text or empty list."""
    return bool(_canonical(seen, expected) == _canonical(expected, expected))


def _canonical(value: Any, like: Any) -> Any:
    if value is None or value in ("", []):
        return None
    if _several(value) or _several(like):
        # The order of a multiple choice means nothing, and one choice may come as text.
        return tuple(sorted(str(each) for each in (value if _several(value) else [value]))) or None
    if isinstance(like, bool):
        return str(value).lower()
    if isinstance(like, int | float | Decimal):
        return _number(value)
    if isinstance(like, datetime):
        return _instant(value)
    if isinstance(like, date):
        return str(value)[:10]
    return _instant(value) if _is_stamp(like) else str(value).strip()


def _several(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str | bytes)


def _number(value: Any) -> Any:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)


def _is_stamp(value: Any) -> bool:
    return isinstance(value, str) and len(value) >= 16 and value[10:11] == "T" and value[:4].isdigit()


def _instant(value: Any) -> Any:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
