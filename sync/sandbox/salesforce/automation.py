"""Rules that an admin set up and that run while a record is saved: field updates, validation, assignment.

They look at the record as it is stored within the save's transaction, so that a condition means exactly what it means
in a query; a refusal rolls the transaction back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce.compiler import compile_query
from sync.sandbox.salesforce.errors import SalesforceError, together
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.setup import AssignmentRule, Case, FieldUpdate
from sync.sandbox.salesforce.values import stored_value

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

_US_DIGITS = 10


def meets(org: Org, sobject: str, id: str, condition: str | None) -> bool:
    """Whether a stored record meets a rule's condition; raises SalesforceError when the condition is no SOQL."""
    if condition is None:
        return True
    plan = compile_query(org, f"SELECT Id FROM {sobject} WHERE {condition}", deleted=True)  # noqa: S608
    sql = f'SELECT 1 FROM ({plan.sql}) WHERE "Id" = ?'  # noqa: S608
    return org.tables.connection.execute(sql, (*plan.values, id)).fetchone() is not None


def field_updates(org: Org, sobject: SObject, row: dict[str, Any]) -> dict[str, Any]:
    """What the record's field updates set, in stored values; a later one sees what an earlier one set."""
    changes: dict[str, Any] = {}
    for update in org.setup.field_updates:
        if update.sobject != sobject.name or not meets(org, sobject.name, row["Id"], update.condition):
            continue
        value = _rewritten(sobject, update, row | changes)
        changes[update.field] = value
        org.tables.update(sobject, row["Id"], {update.field: value})
    return {name: value for name, value in changes.items() if value != row[name]}


def _rewritten(sobject: SObject, update: FieldUpdate, row: dict[str, Any]) -> Any:
    if update.case is None:
        return stored_value(sobject.fields[update.field.lower()], update.value)
    text = row[update.field]
    return _in_case(update.case, text) if isinstance(text, str) else text


def _in_case(case: Case, text: str) -> str:
    match case:
        case "upper":
            return text.upper()
        case "lower":
            return text.lower()
        case "title":
            return text.title()
        case "phone":
            digits = re.sub(r"\D", "", text).removeprefix("1")
            if len(digits) != _US_DIGITS:
                return text
            return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def check_validation_rules(org: Org, sobject: SObject, id: str) -> None:
    """Raises FIELD_CUSTOM_VALIDATION_EXCEPTION with the words of every rule that the record breaks."""
    broken = [
        SalesforceError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, [rule.field] if rule.field else [])
        for rule in org.setup.validation_rules
        if rule.sobject == sobject.name and meets(org, sobject.name, id, rule.condition)
    ]
    if broken:
        raise together(broken)


def assigned_owner(org: Org, sobject: SObject, id: str, options: SaveOptions) -> str | None:
    """The owner that an assignment rule gives the record, whatever its writer said; None when none does."""
    rule = _rule(org, sobject, options)
    for entry in rule.entries if rule else ():
        if meets(org, sobject.name, id, entry.condition):
            return entry.owner_id
    return None


def _rule(org: Org, sobject: SObject, options: SaveOptions) -> AssignmentRule | None:
    mine = [rule for rule in org.setup.assignment_rules if rule.sobject == sobject.name]
    if options.assignment_rule is not None:
        named = next((rule for rule in mine if rule.id == options.assignment_rule), None)
        if named is None and mine:
            message = f"invalid assignment rule id: {options.assignment_rule}"
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", message, [])
        return named
    if not options.assign:
        return None
    return next((rule for rule in mine if (org.get("AssignmentRule", rule.id) or {}).get("Active")), None)
