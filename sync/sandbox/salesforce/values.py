"""Values between the wire and the store: what a write may bring for a field, and how stored values read.

Stored are: text as text, blanks as null, numbers as numbers, booleans as 0 and 1, dates as `2026-01-31` and
instants in the form in which REST shows them, `2026-01-31T10:00:00.000+0000`, which sorts as time does.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.schema import NUMBERS, Field

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+\Z")


def wire_instant(instant: datetime) -> str:
    """An aware instant as REST shows it, cut to whole seconds as Salesforce's stamps are."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.isoformat()[:19] + ".000+0000"


def parse_instant(text: str) -> datetime:
    """An instant from its wire form or any ISO form; without a zone it is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def stored_value(field: Field, value: Any) -> Any:
    """What the store keeps for a value that a write brought; raises SalesforceError when it does not fit."""
    if value is None or value == "":
        if field.type == "boolean":
            raise _unreadable(field, value)
        return None
    if field.type == "boolean":
        return _boolean(field, value)
    if field.type in NUMBERS:
        return _number(field, value)
    if not isinstance(value, str):
        raise _unreadable(field, value)
    match field.type:
        case "reference" | "id":
            return _id(field, value)
        case "date":
            return _date(field, value)
        case "datetime":
            return _instant(field, value)
    return _text(field, value.strip())


def _text(field: Field, text: str) -> str | None:
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise SalesforceError("STRING_TOO_LONG", message, [field.name])
    if field.type == "email" and text and not _EMAIL.match(text):
        message = f"{field.label}: invalid email address: {text}"
        raise SalesforceError("INVALID_EMAIL_ADDRESS", message, [field.name])
    if field.type in ("picklist", "multipicklist") and "r" in field.flags and text:
        known = {value for value, _ in field.values}
        chosen = text.split(";") if field.type == "multipicklist" else [text]
        if any(choice not in known for choice in chosen):
            message = f"{field.label}: bad value for restricted picklist field: {text}"
            raise SalesforceError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])
    return text or None


def _boolean(field: Field, value: Any) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return int(value.lower() == "true")
    raise _unreadable(field, value)


def _number(field: Field, value: Any) -> float | int:
    try:
        if isinstance(value, bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise _unreadable(field, value) from None
    whole_digits = field.precision - field.scale
    if not math.isfinite(number) or (field.precision and abs(number) >= 10**whole_digits):
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])
    if field.type == "int":
        if number != int(number):
            raise _unreadable(field, value)
        return int(number)
    return round(number, field.scale)


def _id(field: Field, text: str) -> str:
    found = full_id(text)
    if found is None:
        message = f"{field.label}: id value of incorrect type: {text}"
        raise SalesforceError("MALFORMED_ID", message, [field.name])
    return found


def _date(field: Field, text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise _unreadable(field, text) from None


def _instant(field: Field, text: str) -> str:
    try:
        return wire_instant(parse_instant(text))
    except ValueError:
        raise _unreadable(field, text) from None


def _unreadable(field: Field, value: Any) -> SalesforceError:
    """A value of the wrong JSON type; Salesforce's parser speaks of its own token names."""
    kind = {
        "string": "string",
        "boolean": "boolean",
        "int": "int",
        "date": "date",
        "datetime": "datetime",
    }.get(field.type, "double" if field.type in NUMBERS else "string")
    token = {str: "VALUE_STRING", bool: f"VALUE_{str(value).upper()}", int: "VALUE_NUMBER_INT"}.get(
        type(value)
    )
    token = token or {float: "VALUE_NUMBER_FLOAT", dict: "START_OBJECT", list: "START_ARRAY"}.get(type(value))
    message = (
        f"Cannot deserialize instance of {kind} from {token or 'VALUE_NULL'} value "
        f"{value if value not in (None, '') else 'null'} or request may be missing a required field"
    )
    return SalesforceError("JSON_PARSER_ERROR", message, [field.name])
