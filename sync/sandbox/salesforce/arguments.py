"""The arguments of a control action: read by what they are, refused by name when they are not that."""

from __future__ import annotations

from typing import Any

from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import Field, SObject
from sync.sandbox.standin import Refused

_NUMBER_MAX = 1_000_000_000


class Arguments:
    def __init__(self, org: Org, values: dict[str, Any]) -> None:
        self._org, self.values = org, values

    def __contains__(self, name: str) -> bool:
        return bool(self.values.get(name))

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise Refused(f"{name} is missing")
        return value

    def optional(self, name: str) -> str | None:
        return self.text(name) if name in self else None

    def number(self, name: str) -> float:
        value = self.values.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _NUMBER_MAX:
            raise Refused(f"{name} is a number, not below 0 and not above {_NUMBER_MAX:,}")
        return float(value)

    def listed(self, name: str) -> list[Any]:
        value = self.values.get(name)
        if not isinstance(value, list) or not value:
            raise Refused(f"{name} is a list")
        return value

    def object(self, name: str) -> dict[str, Any]:
        """A JSON object; an empty one when it is left out."""
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            raise Refused(f"{name} is an object of values by name")
        return value

    def id(self, name: str = "id") -> str:
        return an_id(self.text(name))

    def user(self) -> str:
        """Who does it: `user_id`, or the administrator."""
        return self.id("user_id") if "user_id" in self.values else self._org.admin_id

    def sobject(self, name: str = "object") -> SObject:
        found = self._org.schema.sobject(self.text(name))
        if found is None:
            raise Refused(f"no object {self.values[name]}")
        return found

    def field(self, sobject: SObject, name: str = "name") -> Field:
        return a_field(sobject, self.text(name))


def an_id(text: Any) -> str:
    found = full_id(text) if isinstance(text, str) else None
    if found is None:
        raise Refused(f"not an id: {text}")
    return found


def a_field(sobject: SObject, name: str) -> Field:
    found = sobject.fields.get(name.lower())
    if found is None:
        raise Refused(f"{sobject.name} has no field {name}")
    return found
