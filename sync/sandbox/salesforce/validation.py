"""What a write may set, and whether the record may be kept: codes and texts as the platform gives them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce.errors import SalesforceError, no_such_column, together
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.tables import quoted
from sync.sandbox.salesforce.values import stored_value

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org


def accept(org: Org, sobject: SObject, fields: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """The stored values of the fields that a write names, by their proper names; raises SalesforceError.

    A parent may be named by its external id, `{"Account": {"SPOTIO_Id__c": "42"}}`, instead of by its own id. Values
    that do not fit their fields are refused all at once; what cannot be read at all is refused before anything else.
    """
    if not ({"createable" if creating else "updateable"} & sobject.abilities):
        message = f"entity type cannot be {'inserted' if creating else 'updated'}: {sobject.label}"
        raise SalesforceError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, [])
    accepted: dict[str, Any] = {}
    refused: list[str] = []
    unfit: list[SalesforceError] = []
    for name, value in fields.items():
        if name == "attributes":
            continue
        field = sobject.field(name)
        if field is not None and field.type == "id" and creating:
            message = "cannot specify Id in an insert call"
            raise SalesforceError("INVALID_FIELD_FOR_INSERT_UPDATE", message, [field.name])
        if field is None:
            reference, id = _parent_by_external_id(org, sobject, name, value)
            accepted[reference] = id
        elif ("c" if creating else "u") not in field.flags:
            refused.append(field.name)
        else:
            try:
                accepted[field.name] = stored_value(field, value)
            except SalesforceError as error:
                if error.code == "JSON_PARSER_ERROR":
                    raise
                unfit.append(error)
    if refused:
        message = (
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set."
        )
        raise SalesforceError("INVALID_FIELD_FOR_INSERT_UPDATE", message, refused)
    if unfit:
        raise together(unfit)
    return accepted


def _parent_by_external_id(org: Org, sobject: SObject, name: str, value: Any) -> tuple[str, str]:
    reference = next(
        (field for field in sobject.visible() if field.parent and field.parent.lower() == name.lower()), None
    )
    if reference is None or not isinstance(value, dict):
        raise no_such_column(name, sobject.name)
    keys = {key: given for key, given in value.items() if key != "attributes"}
    parents = [parent for each in reference.to if (parent := org.schema.sobject(each))]
    for parent in parents:
        for key, given in keys.items():
            field = parent.field(key)
            if field is None or not set("xl") & set(field.flags):
                continue
            found = list(org.tables.select(parent, f"{quoted(field.name)} = ? {alive(parent)}", (given,)))
            if len(found) == 1:
                return reference.name, str(found[0]["Id"])
            message = (
                f"Foreign key external ID: {given} not found for field {field.name} in entity {parent.name}"
            )
            raise SalesforceError("INVALID_FIELD", message)
    raise no_such_column(next(iter(keys), name), parents[0].name if parents else sobject.name)


def defaults(sobject: SObject, user_id: str) -> dict[str, Any]:
    """What a new record has where its writer said nothing."""
    values: dict[str, Any] = {
        field.name: field.default
        for field in sobject.stored()
        if field.default is not None and "d" in field.flags
    }
    if sobject.name == "Task":
        values["TaskSubtype"] = "Task"
    if sobject.has("OwnerId") and "d" in sobject.fields["ownerid"].flags:
        values["OwnerId"] = user_id
    return values


def check_required(sobject: SObject, row: Mapping[str, Any], written: Set[str] | None = None) -> None:
    """Every field that may not be empty has a value, of a live record those just written.

    Raises SalesforceError naming all that have none.
    """
    missing = [
        field.name
        for field in sobject.stored()
        if row[field.name] is None
        and (field.required if written is None else field.name in written and "n" not in field.flags)
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise SalesforceError("REQUIRED_FIELD_MISSING", message, missing)


def check_references(org: Org, sobject: SObject, values: Mapping[str, Any]) -> None:
    """Ids that a write sets lead to live records of an object that the field may point to."""
    for name, id in values.items():
        field = sobject.fields[name.lower()]
        if name == "OwnerId" and id is None and "n" not in field.flags:
            message = f"{field.label}: owner cannot be blank"
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", message, [name])
        if field.type != "reference" or id is None:
            continue
        targets = [target for each in field.to if (target := org.schema.sobject(each))]
        target = next((each for each in targets if each.prefix == id[:3]), None)
        if target is None:
            message = f"{field.label}: id value of incorrect type: {id}"
            raise SalesforceError("MALFORMED_ID", message, [name])
        row = org.tables.get(target, id)
        if row is None:
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])
        if row.get("IsDeleted"):
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", [name])
        if name == "OwnerId" and target.name == "User" and not row["IsActive"]:
            message = f"operation performed with inactive user [{id}] as owner of {sobject.label.lower()}"
            raise SalesforceError("INACTIVE_OWNER_OR_USER", message, [name])
        if target.name == "Group":
            _check_queue(org, sobject, name, row)
        if target.name == "RecordType" and row["SobjectType"] != sobject.name:
            message = "Record Type ID: this ID value isn't valid for the user"
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", message, [name])


def _check_queue(org: Org, sobject: SObject, name: str, group: Mapping[str, Any]) -> None:
    """Of the groups only a queue owns records, and those alone that QueueSobject says it is for."""
    if group["Type"] != "Queue":
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])
    if name != "OwnerId":
        return
    where, values = '"QueueId" = ? AND "SobjectType" = ?', (group["Id"], sobject.name)
    if next(org.tables.select(org.sobject("QueueSobject"), where, values), None) is None:
        raise SalesforceError("INVALID_OPERATION", "Queue not associated with this SObject type", [])


def check_unique(org: Org, sobject: SObject, values: Mapping[str, Any], own_id: str | None) -> None:
    """No live record has the value of a unique field already.

    Raises DUPLICATE_VALUE, which names the clashing fields in its text and none as its fields (recorded answers).
    """
    clashes: list[str] = []
    for name, value in values.items():
        if value is None or "q" not in sobject.fields[name.lower()].flags:
            continue
        for other in org.tables.select(sobject, f"{quoted(name)} = ? {alive(sobject)}", (value,)):
            if other["Id"] != own_id:
                clashes.append(f"{name} duplicates value on record with id: {other['Id'][:15]}")
                break
    if clashes:
        raise SalesforceError("DUPLICATE_VALUE", f"duplicate value found: {', '.join(clashes)}", [])


def check_record_type(org: Org, sobject: SObject, row: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Restricted picklists hold what the record's type allows; a new type is held against all of them."""
    for (type_id, name), allowed in org.setup.picklists.items():
        field = sobject.fields.get(name.lower())
        if type_id != row.get("RecordTypeId") or field is None or "r" not in field.flags:
            continue
        written = field.name in values or "RecordTypeId" in values
        if written and row[field.name] is not None and row[field.name] not in allowed:
            message = f"{field.label}: bad value for restricted picklist field: {row[field.name]}"
            raise SalesforceError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])


def alive(sobject: SObject) -> str:
    """What a condition is followed by so that it leaves deleted records out."""
    return 'AND "IsDeleted" = 0' if sobject.has("IsDeleted") else ""
