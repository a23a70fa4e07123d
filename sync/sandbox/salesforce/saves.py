"""A record on its way into the org: what is checked, filled in and set off, in the platform's order.

Values and references are checked first, then the record is stored within a transaction, the admin's rules run over
it (field updates, validation, duplicates, assignment), and what the write sets off elsewhere follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce import automation, duplicates, person_accounts, rules, validation
from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.values import wire_instant

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

Row = dict[str, Any]


def create(
    org: Org,
    target: SObject,
    fields: Mapping[str, Any],
    user_id: str,
    options: SaveOptions,
    *,
    stamp: datetime | None,
    id: str | None,
) -> str:
    """Create a record as `user_id` and return its id; raises SalesforceError."""
    values = validation.accept(org, _seen(org, target, user_id), fields, creating=True)
    _check_referred(org, values, user_id)
    at = wire_instant(stamp or org.clock.now())
    row: Row = {field.name: 0 if field.type == "boolean" else None for field in target.stored()}
    defaults = validation.defaults(target, user_id)
    # A blank where the object has a default is as if nothing was said; an owner alone is never blank.
    values = {
        name: value
        for name, value in values.items()
        if value is not None or name not in defaults or name == "OwnerId"
    }
    row |= defaults | values
    row["Id"] = id or org.new_id(target.name)
    authors = {"CreatedById": user_id, "LastModifiedById": user_id}
    stamps = {"CreatedDate": at, "LastModifiedDate": at, "SystemModstamp": at}
    row |= {name: value for name, value in (authors | stamps).items() if target.has(name)}
    with org.tables.transaction():
        validation.check_references(org, target, values)
        validation.check_unique(org, target, values, None)
        rules.complete(org, target, row, None, values.keys())
        validation.check_required(target, row)
        validation.check_record_type(org, target, row, values)
        org.tables.insert(target, row)
        _apply_rules(org, target, row, None, values.keys(), options)
        rules.follow(org, target, row, None, user_id, at)
    return str(row["Id"])


def change(
    org: Org,
    target: SObject,
    id: str,
    fields: Mapping[str, Any],
    user_id: str,
    options: SaveOptions,
    *,
    stamp: datetime | None,
) -> None:
    """Change a live record as `user_id`; raises SalesforceError. Equal values still move the stamps."""
    before = org.live(target, id)
    check_access(org, target, user_id, "updateable", id=id)
    values = validation.accept(org, _seen(org, target, user_id), fields, creating=False)
    _check_referred(org, values, user_id)
    if before.get("IsConverted") and target.name == "Lead":
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    if before.get("IsPersonAccount") and target.name == "Contact":
        raise person_accounts.not_by_its_contact()
    at = wire_instant(stamp or org.clock.now())
    row = before | values
    row |= {"LastModifiedDate": at, "LastModifiedById": user_id, "SystemModstamp": at}
    with org.tables.transaction():
        validation.check_references(org, target, values)
        validation.check_unique(org, target, values, id)
        rules.complete(org, target, row, before, values.keys())
        validation.check_required(target, row, values.keys())
        validation.check_record_type(org, target, row, values)
        _store(org, target, row, before)
        _apply_rules(org, target, row, before, values.keys(), options)
        rules.follow(org, target, row, before, user_id, at)


def check_access(org: Org, target: SObject, user_id: str, *abilities: str, id: str | None = None) -> None:
    """Raises INSUFFICIENT_ACCESS_OR_READONLY when the user may not do with the object's records what others may.

    With `id` it is about that one record, which the user may be denied while others of its object are open.
    """
    needed = target.abilities.intersection(abilities)
    if id in _closed(org, user_id) or not needed <= _seen(org, target, user_id).abilities:
        message = "insufficient access rights on object id"
        raise SalesforceError("INSUFFICIENT_ACCESS_OR_READONLY", message, [], status=403)


def _closed(org: Org, user_id: str) -> frozenset[str]:
    access = org.setup.access.get(user_id)
    return access.records if access else frozenset()


def _check_referred(org: Org, values: Mapping[str, Any], user_id: str) -> None:
    """Raises INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY where a value is a record that the user may not refer to."""
    closed = _closed(org, user_id)
    for name, value in values.items():
        if isinstance(value, str) and value in closed:
            message = f"insufficient access rights on cross-reference id: {value[:15]}"
            raise SalesforceError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, [name])


def _seen(org: Org, target: SObject, user_id: str) -> SObject:
    seen = org.seen_by(user_id).sobject(target.name)
    if seen is None:
        raise no_such_resource()
    return seen


def _apply_rules(
    org: Org, target: SObject, row: Row, before: Row | None, given: Set[str], options: SaveOptions
) -> None:
    """Run the admin's rules over the stored record; `row` is brought up to what they made of it."""
    stored = dict(row)
    changes = automation.field_updates(org, target, row)
    if changes:
        row |= changes
        rules.complete(org, target, row, before, given | changes.keys())
        _store(org, target, row, stored)
    automation.check_validation_rules(org, target, row["Id"])
    duplicates.check(org, target, row, before, options)
    owner = automation.assigned_owner(org, target, row["Id"], options)
    if owner is not None:
        row["OwnerId"] = owner
        org.tables.update(target, row["Id"], {"OwnerId": owner})


def _store(org: Org, target: SObject, row: Row, before: Row) -> None:
    changes = {name: value for name, value in row.items() if value != before[name]}
    if changes:
        org.tables.update(target, row["Id"], changes)
