"""Members of a request as SPOTIO takes them: ids as text or number, instants as any ISO text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.stamps import stamp


def optional_text(request: Mapping[str, Any], member: str) -> str | None:
    """Text or a number as text; None for null, absent and empty."""
    value = request.get(member)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid(member, "Text is expected.")
    return str(value)


def optional_int(request: Mapping[str, Any], member: str) -> int | None:
    value = request.get(member)
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise invalid(member, f"{value} is not a whole number.") from None
    if number not in _INT32:
        raise invalid(member, f"{value} is too large.")
    return number


def optional_degrees(request: Mapping[str, Any], member: str, most: float) -> float | None:
    """A latitude or longitude, at most `most` degrees either way."""
    value = request.get(member)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        raise invalid(member, f"{value} is not between -{most} and {most} degrees.")
    return float(value)


_INT32 = range(-(2**31), 2**31)


def optional_stamp(request: Mapping[str, Any], member: str) -> str | None:
    value = request.get(member)
    if value is None or value == "":
        return None
    try:
        return stamp(value if isinstance(value, datetime) else str(value))
    except ValueError:
        raise invalid(member, f"{value} is not a date and time.") from None


def texts(request: Mapping[str, Any], member: str) -> list[str]:
    """A list of ids; empty when null or absent."""
    value = request.get(member)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(member, "A list is expected.")
    return [str(item) for item in value]
