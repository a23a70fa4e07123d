"""SPOTIO's own Salesforce integration running beside: what of it shows in the API.

It marks the fields it maps, the users it has paired and, by their external id, the records that it owns.
"""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.parse import optional_text, texts
from sync.sandbox.spotio.store import Row
from sync.sandbox.spotio.tenant import Tenant

INTEGRATIONS = ("Salesforce", "SalesforceV2", "Solo", "SoloV3", "Acculynx")


def switch(tenant: Tenant, by: str, arguments: Mapping[str, Any]) -> Row:
    """Switch an `integration` `on` or off for the type `typeId`; raises SpotioError.

    On, `users` and `dataObjects` hold the outside ids of those it pairs, by their SPOTIO ids. Off, the marks go and
    the outside ids stay, as after a migration.
    """
    name = optional_text(arguments, "integration") or "SalesforceV2"
    if name not in INTEGRATIONS:
        raise invalid("integration", f"{name} is not one of {', '.join(INTEGRATIONS)}.")
    type_id, on = optional_text(arguments, "typeId") or "", arguments.get("on") is not False
    kind = tenant.workflow.type_by_id(type_id)
    if kind is None:
        raise invalid("typeId", f"Type with id: {type_id} does not exist.")
    wanted = texts(arguments, "fields") or [item.id for item in kind.fields]
    marked = [item for item in kind.fields if item.id in wanted]
    for item in marked:
        others = [known for known in item.integrations if known != name]
        item.integrations = [*others, name] if on else others
    paired = arguments.get("users") or {}
    changes = {"isInSalesforce": on, "updatedAt": tenant.store.now()}
    for user_id, outside_id in paired.items():
        tenant.people.user(user_id)
        tenant.store.update("users", user_id, changes | {"externalSystemUserId": outside_id})
    for record_id, outside_id in (arguments.get("dataObjects") or {}).items():
        changed = {"externalDataObjectId": outside_id, "source": name}
        tenant.records.change(by, record_id, changed, check_required=False)
    return {"integration": name, "on": on, "fields": [item.id for item in marked]}
