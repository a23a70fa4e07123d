"""Field values: from what a client sends to what is kept, and from there to what is read.

Kept is `{field id: text}`, for a multiple choice `{field id: [texts]}`; an empty value is not kept at all.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sync.sandbox.spotio.errors import SpotioError, invalid
from sync.sandbox.spotio.stamps import moment, stamp
from sync.sandbox.spotio.workflow import Field, RecordType

Values = dict[str, str | list[str]]


def read_fields(kind: RecordType, sent: Any, before: Values) -> Values:
    """The whole list of values a client sent, validated; `before` holds the values the record had.

    Raises SpotioError with one message a field. An option that was removed since may stay, not be chosen anew.
    """
    if not isinstance(sent, list) or not all(isinstance(item, Mapping) for item in sent):
        raise invalid("fields", "A list of {fieldId, value, values} is expected.")
    values: Values = {}
    errors: dict[str, str] = {}
    for item in sent:
        field_id = str(item.get("fieldId"))
        definition = kind.field_by_id(field_id)
        if definition is None:
            errors[field_id] = f"Field with id: {field_id} does not exist."
            continue
        try:
            value = _read_value(definition, item, before.get(field_id))
        except ValueError as error:
            errors[field_id] = str(error)
            continue
        if value:
            values[field_id] = value
    if errors:
        raise SpotioError(errors)
    return values


def missing_fields(kind: RecordType, stage_id: str, values: Values) -> dict[str, str]:
    """One message for each field that this stage requires and that is empty."""
    return {
        item.id: f"{item.name} is required."
        for item in kind.fields
        if (item.required_without_stage or stage_id in item.stage_constraints)
        and item.type != "address"
        and item.id not in values
    }


def display_name(kind: RecordType, values: Values) -> str:
    """The name of a record: its name fields in order, else its company, else its e-mail address."""
    named = [str(values[item.id]) for item in kind.fields if item.role == "name" and item.id in values]
    for role in ("company", "email"):
        other = kind.field_by_role(role)
        if not named and other is not None and other.id in values:
            named = [str(values[other.id])]
    return " ".join(named)


def money(kind: RecordType, values: Values) -> float | None:
    """The amount in the type's value field."""
    item = kind.field_by_role("value")
    text = values.get(item.id) if item else None
    return float(str(text)) if text else None


def of_type(kind: RecordType, values: Values, field_type: str) -> list[str]:
    """All values of the fields of one type, such as every phone number."""
    return [str(values[item.id]) for item in kind.fields if item.type == field_type and item.id in values]


def shown_fields(kind: RecordType, values: Values) -> list[dict[str, Any]]:
    """The list of a single read."""
    return [_shown(item, values[item.id]) for item in kind.fields if item.id in values]


def as_text(value: str | list[str] | None) -> str | None:
    return ", ".join(value) if isinstance(value, list) else value


def _shown(item: Field, value: str | list[str]) -> dict[str, Any]:
    many = isinstance(value, list)
    return {
        "fieldId": item.id,
        "label": item.name,
        "value": None if many else value,
        "formattedValue": _formatted(item, value),
        "values": value if many else None,
    }


def _formatted(item: Field, value: str | list[str]) -> str | None:
    if isinstance(value, list):
        return as_text(value)
    match item.type:
        case "currency":
            return f"${Decimal(value):,.2f}"
        case "date":
            return f"{date.fromisoformat(value):%m/%d/%Y}"
        case "dateTime":
            return f"{moment(value):%m/%d/%Y %I:%M %p}"
        case _:
            return value


def _read_value(item: Field, sent: Mapping[str, Any], before: str | list[str] | None) -> str | list[str]:
    value, values = sent.get("value"), sent.get("values")
    if item.many:
        chosen = [str(option) for option in (values if values is not None else [value] if value else [])]
        return [_option(item, option, before) for option in dict.fromkeys(chosen)]
    if value is None and values:
        raise ValueError(f"{item.name} takes one value.")
    text = "" if value is None else str(value).strip()
    if not text:
        return ""
    match item.type:
        case "singleChoice":
            return _option(item, text, before)
        case "number" | "currency":
            return _number(item, text)
        case "date":
            return _date(item, text)
        case "dateTime":
            return _instant(item, text)
        case "address":
            raise ValueError(f"{item.name} is set through pin.")
        case "attachment":
            raise ValueError(f"{item.name} is uploaded in the app.")
        case _:
            return text


def _option(item: Field, option: str, before: str | list[str] | None) -> str:
    kept = before if isinstance(before, list) else [before]
    if option not in item.active_options and option not in kept:
        raise ValueError(f"{item.name} has no option {option}.")
    return option


def _number(item: Field, text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{item.name} is not a number: {text}") from None
    if not number.is_finite():
        raise ValueError(f"{item.name} is not a number: {text}")
    return format(number, "f")


def _date(item: Field, text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{item.name} is not a date: {text}") from None


def _instant(item: Field, text: str) -> str:
    try:
        return stamp(text)
    except ValueError:
        raise ValueError(f"{item.name} is not a date and time: {text}") from None
