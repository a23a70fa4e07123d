"""Control actions with which an admin sets rules and permissions up. Every name is taken as the org spells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from sync.sandbox.salesforce.arguments import Arguments, a_field, an_id
from sync.sandbox.salesforce.compiler import compile_query
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.setup import (
    PERMISSIONS,
    Access,
    AssignmentEntry,
    AssignmentRule,
    Case,
    DuplicateRule,
    FieldUpdate,
    ValidationRule,
)
from sync.sandbox.standin import Refused

_ABILITIES = {"read": "queryable", "create": "createable", "edit": "updateable", "delete": "deletable"}
_FIELD_ACCESS = ("none", "read", "edit")
_RECORD_ACCESS = ("read", "edit")


class Admin:
    def __init__(self, org: Org) -> None:
        self._org = org

    def known(self) -> dict[str, Callable[[Arguments], dict[str, Any]]]:
        return {
            "add_validation_rule": self._add_validation_rule,
            "add_duplicate_rule": self._add_duplicate_rule,
            "add_assignment_rule": self._add_assignment_rule,
            "add_field_update": self._add_field_update,
            "remove_rule": self._remove_rule,
            "limit_picklist": self._limit_picklist,
            "map_lead_field": self._map_lead_field,
            "restrict_field": self._restrict_field,
            "restrict_object": self._restrict_object,
            "restrict_record": self._restrict_record,
            "grant_permission": self._grant_permission,
        }

    # Rules

    def _add_validation_rule(self, given: Arguments) -> dict[str, Any]:
        sobject = given.sobject()
        field = given.field(sobject, "field").name if "field" in given else None
        condition = self._condition(sobject, given.text("condition"))
        rule = ValidationRule(given.text("name"), sobject.name, condition, given.text("message"), field)
        self._org.setup.validation_rules.append(rule)
        return {"name": rule.name}

    def _add_duplicate_rule(self, given: Arguments) -> dict[str, Any]:
        """`fields` are names that both objects have, or pairs of an own name and the other object's.

        The rule alerts, or with `blocks` refuses whatever the caller asks for.
        """
        sobject = given.sobject()
        against = given.sobject("against") if "against" in given else sobject
        pairs = [each if isinstance(each, list) else [each, each] for each in given.listed("fields")]
        if any(len(pair) != 2 or not all(isinstance(name, str) for name in pair) for pair in pairs):
            raise Refused("fields is a list of names or of pairs of names")
        fields = tuple((a_field(sobject, own).name, a_field(against, other).name) for own, other in pairs)
        blocks = given.values.get("blocks") is True
        rule = DuplicateRule(given.text("name"), sobject.name, against.name, fields, blocks)
        self._org.setup.duplicate_rules.append(rule)
        return {"name": rule.name}

    def _add_assignment_rule(self, given: Arguments) -> dict[str, Any]:
        """The rule becomes the active one of its object unless `active` is false."""
        sobject, active = given.sobject(), given.values.get("active", True) is True
        entries = []
        for entry in given.listed("entries"):
            each = Arguments(self._org, entry if isinstance(entry, dict) else {})
            condition = each.optional("condition")
            if condition is not None:
                self._condition(sobject, condition)
            entries.append(AssignmentEntry(condition, each.id("owner")))
        id = self._org.new_id("AssignmentRule")
        if active:
            rules = self._org.sobject("AssignmentRule")
            for other in self._org.tables.select(rules, '"SobjectType" = ?', (sobject.name,)):
                self._org.tables.update(rules, other["Id"], {"Active": 0})
        row = {"Id": id, "Name": given.text("name"), "SobjectType": sobject.name, "Active": active}
        self._org.load("AssignmentRule", [row])
        self._org.setup.assignment_rules.append(AssignmentRule(id, sobject.name, tuple(entries)))
        return {"id": id}

    def _add_field_update(self, given: Arguments) -> dict[str, Any]:
        sobject, case = given.sobject(), given.values.get("case")
        if case is not None and case not in get_args(Case):
            raise Refused(f"case is one of {', '.join(get_args(Case))}")
        condition = given.optional("condition")
        if condition is not None:
            self._condition(sobject, condition)
        update = FieldUpdate(
            name=given.text("name"),
            sobject=sobject.name,
            condition=condition,
            field=given.field(sobject, "field").name,
            case=case,
            value=given.optional("value"),
        )
        self._org.setup.field_updates.append(update)
        return {"name": update.name}

    def _remove_rule(self, given: Arguments) -> dict[str, Any]:
        """Remove the validation rules, duplicate rules and field updates of that name."""
        name, setup = given.text("name"), self._org.setup
        setup.validation_rules = [rule for rule in setup.validation_rules if rule.name != name]
        setup.duplicate_rules = [rule for rule in setup.duplicate_rules if rule.name != name]
        setup.field_updates = [update for update in setup.field_updates if update.name != name]
        return {"name": name}

    def _condition(self, sobject: SObject, condition: str) -> str:
        """The condition as it is; raises the error of the query that it makes."""
        compile_query(self._org, f"SELECT Id FROM {sobject.name} WHERE {condition}", deleted=True)  # noqa: S608
        return condition

    # Record types and conversion

    def _limit_picklist(self, given: Arguments) -> dict[str, Any]:
        sobject = given.sobject()
        field = given.field(sobject)
        where, name = '"SobjectType" = ? AND "DeveloperName" = ?', given.text("record_type")
        types = self._org.tables.select(self._org.sobject("RecordType"), where, (sobject.name, name))
        found = next(types, None)
        if found is None:
            raise Refused(f"{sobject.name} has no record type {name}")
        values = tuple(str(value) for value in given.listed("values"))
        self._org.setup.picklists[found["Id"], field.name] = values
        return {"record_type": found["Id"], "values": values}

    def _map_lead_field(self, given: Arguments) -> dict[str, Any]:
        target = given.sobject("to")
        lead_field = a_field(self._org.sobject("Lead"), given.text("field")).name
        mapping = (lead_field, target.name, given.field(target, "to_field").name)
        self._org.setup.lead_mapping.append(mapping)
        return {"mapping": mapping}

    # Who may see and do what

    def _restrict_field(self, given: Arguments) -> dict[str, Any]:
        """Field-level security for one user: `access` is none, read or edit."""
        sobject = given.sobject()
        key = (sobject.name.lower(), given.field(sobject).name.lower())
        access = given.text("access")
        if access not in _FIELD_ACCESS:
            raise Refused(f"access is one of {', '.join(_FIELD_ACCESS)}")
        old = self._access(given)
        hidden, read_only = old.hidden - {key}, old.read_only - {key}
        hidden |= {key} if access == "none" else set()
        read_only |= {key} if access == "read" else set()
        self._keep(given, replace(old, hidden=hidden, read_only=read_only), sobject)
        return {"access": access}

    def _restrict_object(self, given: Arguments) -> dict[str, Any]:
        """What one user may do with an object: `allow` lists read, create, edit and delete."""
        sobject, allowed = given.sobject(), given.values.get("allow")
        if not isinstance(allowed, list) or any(name not in list(_ABILITIES) for name in allowed):
            raise Refused(f"allow lists some of {', '.join(_ABILITIES)}")
        key, old = sobject.name.lower(), self._access(given)
        others = frozenset(each for each in old.denied if each[0] != key)
        denied = {(key, ability) for name, ability in _ABILITIES.items() if name not in allowed}
        self._keep(given, replace(old, denied=others | denied), sobject)
        return {"allow": allowed}

    def _restrict_record(self, given: Arguments) -> dict[str, Any]:
        """Sharing of one record with one user: `access` is read, or edit as at first."""
        user_id, id, access = given.id("user_id"), given.id(), given.text("access")
        if access not in _RECORD_ACCESS:
            raise Refused(f"access is one of {', '.join(_RECORD_ACCESS)}")
        old = self._access(given)
        records = old.records - {id} | ({id} if access == "read" else set())
        self._org.setup.access[user_id] = replace(old, records=records)
        return {"access": access}

    def _grant_permission(self, given: Arguments) -> dict[str, Any]:
        permission = given.text("permission")
        if permission not in PERMISSIONS:
            raise Refused(f"permission is one of {', '.join(PERMISSIONS)}")
        self._org.setup.granted.add((an_id(given.text("user_id")), permission))
        return {"permission": permission}

    def _access(self, given: Arguments) -> Access:
        return self._org.setup.access.get(given.id("user_id"), Access())

    def _keep(self, given: Arguments, access: Access, sobject: SObject) -> None:
        self._org.setup.access[given.id("user_id")] = access
        # A describe that this user has already is no longer what the user would get.
        sobject.changed_at = self._org.clock.now()
