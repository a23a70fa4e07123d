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
    """A list of ids or other texts; empty when null or absent."""
    listed = _listed(request, member)
    if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in listed):
        raise invalid(member, "A list of texts is expected.")
    return [str(item) for item in listed]


def objects(request: Mapping[str, Any], member: str) -> list[dict[str, Any]]:
    """A list of objects, their members in camelCase; empty when null or absent."""
    listed = _listed(request, member)
    if not all(isinstance(item, dict) for item in listed):
        raise invalid(member, "A list of objects is expected.")
    return [camel_case(item) for item in listed]


def camel_case(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members with a small first letter: SPOTIO reads `TypeId` and `typeId` alike."""
    return {name[:1].lower() + name[1:]: value for name, value in members.items()}


def camel_case_throughout(value: Any) -> Any:
    """The same for members at any depth, as in the lines of a bulk file."""
    if isinstance(value, dict):
        return {name: camel_case_throughout(inner) for name, inner in camel_case(value).items()}
    return [camel_case_throughout(item) for item in value] if isinstance(value, list) else value


def _listed(request: Mapping[str, Any], member: str) -> list[Any]:
    value = request.get(member)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(member, "A list is expected.")
    return value
