"""The values of picklists for one record type, as the User Interface API lists them; a describe knows only all values.

GET /ui-api/object-info/{object}/picklist-values/{record type}, of one field or of all (UI API guide).
"""

from __future__ import annotations

from typing import Any

from sync.sandbox.salesforce.describe import MASTER_RECORD_TYPE
from sync.sandbox.salesforce.errors import no_such_resource
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import Field


class Picklists:
    def __init__(self, org: Org) -> None:
        self._org = org

    def register(self, routes: Routes) -> None:
        routes.add(r"/ui-api/object-info/([^/]+)/picklist-values/([^/]+)", GET=self.all_fields)
        routes.add(r"/ui-api/object-info/([^/]+)/picklist-values/([^/]+)/([^/]+)", GET=self.one_field)

    def all_fields(self, call: Call) -> Answer:
        type_id = self._record_type(call)
        sobject = self._org.sobject(call.parts[0], call.user_id)
        found = {
            field.name: self._values(call, type_id, field)
            for field in sobject.visible()
            if field.type in ("picklist", "multipicklist")
        }
        return Answer({"picklistFieldValues": found})

    def one_field(self, call: Call) -> Answer:
        type_id = self._record_type(call)
        field = self._org.sobject(call.parts[0], call.user_id).field(call.parts[2])
        if field is None or field.type not in ("picklist", "multipicklist"):
            raise no_such_resource()
        return Answer(self._values(call, type_id, field))

    def _record_type(self, call: Call) -> str:
        """The id of a record type of the object, or that of the master type."""
        id, name = full_id(call.parts[1]), self._org.sobject(call.parts[0], call.user_id).name
        row = self._org.tables.get(self._org.sobject("RecordType"), id) if id else None
        if id is None or (id != MASTER_RECORD_TYPE and (row is None or row["SobjectType"] != name)):
            raise no_such_resource()
        return id

    def _values(self, call: Call, type_id: str, field: Field) -> dict[str, Any]:
        allowed = self._org.setup.picklists.get((type_id, field.name))
        entries: list[dict[str, Any]] = [
            {"attributes": None, "label": label, "validFor": [], "value": value}
            for value, label in field.values
            if allowed is None or value in allowed
        ]
        default = next((entry for entry in entries if entry["value"] == field.default), None)
        path = f"/services/data/v{call.version}/ui-api/object-info/{call.parts[0]}/picklist-values"
        url = f"{path}/{type_id}/{field.name}"
        return {"controllerValues": {}, "defaultValue": default, "url": url, "values": entries}
