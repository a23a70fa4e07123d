"""Control actions on the schema: objects and fields that come, go, change and are hidden while others use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.sandbox.salesforce import drift, person_accounts
from sync.sandbox.salesforce.arguments import Arguments
from sync.sandbox.salesforce.org import Org
from sync.sandbox.standin import Refused


class SchemaActs:
    def __init__(self, org: Org) -> None:
        self._org = org

    def known(self) -> dict[str, Callable[[Arguments], dict[str, Any]]]:
        return {
            "add_object": self._add_object,
            "add_field": self._add_field,
            "remove_field": self._remove_field,
            "retype_field": self._retype_field,
            "add_picklist_value": self._add_picklist_value,
            "track_field": self._track_field,
            "hide_field": lambda given: self._set_hidden(given, hidden=True),
            "show_field": lambda given: self._set_hidden(given, hidden=False),
            "enable_person_accounts": self._enable_person_accounts,
        }

    def _add_object(self, given: Arguments) -> dict[str, Any]:
        fields = given.listed("fields") if "fields" in given else []
        if not all(isinstance(body, dict) for body in fields):
            raise Refused("fields lists what add_field takes as a field")
        sobject = drift.add_object(self._org, given.text("name"), given.optional("label"))
        for body in fields:
            drift.add_field(self._org, sobject, body)
        return {"name": sobject.name, "prefix": sobject.prefix}

    def _add_field(self, given: Arguments) -> dict[str, Any]:
        body = given.values.get("field")
        if not isinstance(body, dict):
            raise Refused("field is an object with name, type and what else is to differ from a plain field")
        return {"name": drift.add_field(self._org, given.sobject(), body).name}

    def _remove_field(self, given: Arguments) -> dict[str, Any]:
        drift.remove_field(self._org, given.sobject(), given.text("name"))
        return {"name": given.text("name")}

    def _retype_field(self, given: Arguments) -> dict[str, Any]:
        body = {key: value for key, value in given.values.items() if key not in ("object", "name")}
        return {"type": drift.retype_field(self._org, given.sobject(), given.text("name"), body).type}

    def _add_picklist_value(self, given: Arguments) -> dict[str, Any]:
        value = given.text("value")
        drift.add_picklist_value(
            self._org, given.sobject(), given.text("name"), value, given.optional("label")
        )
        return {"value": value}

    def _track_field(self, given: Arguments) -> dict[str, Any]:
        """Keep the history of a field from now on, or with `tracked` false no longer."""
        sobject, tracked = given.sobject(), given.values.get("tracked", True)
        drift.set_tracked(sobject, given.field(sobject).name, tracked is not False)
        return {"tracked": sobject.tracked}

    def _set_hidden(self, given: Arguments, hidden: bool) -> dict[str, Any]:
        """Hide a field from everybody; `restrict_field` hides it from one user."""
        drift.set_hidden(self._org, given.sobject(), given.text("name"), hidden)
        return {"hidden": hidden}

    def _enable_person_accounts(self, given: Arguments) -> dict[str, Any]:
        return {"record_type": person_accounts.enable(self._org)}
