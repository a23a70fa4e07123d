"""FieldDefinition: what an administrator decided of a field and no describe tells, asked for one object at a time.

Source: Object Reference, "FieldDefinition": a query has to name the object by EntityDefinition. No other shape of a query
over it is answered here.
"""

from __future__ import annotations

import re
from typing import Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.org import Org

_ASKED = re.compile(r"\s*SELECT\s+(.+?)\s+FROM\s+FieldDefinition\b(.*)\Z", re.IGNORECASE | re.DOTALL)
_OF = re.compile(
    r"\s*WHERE\s+EntityDefinition(?:\.QualifiedApiName|Id)\s*=\s*'(\w+)'\s*(?:LIMIT\s+\d+\s*)?\Z",
    re.IGNORECASE,
)


class FieldDefinitions:
    def __init__(self, org: Org) -> None:
        self._org = org

    def answer(self, soql: str, user_id: str, version: str) -> dict[str, Any] | None:
        """The page of a query over FieldDefinition; None for one over anything else.

        Raises MALFORMED_QUERY for one that names no object, INVALID_FIELD for a column that is not known here.
        """
        asked = _ASKED.match(soql)
        if asked is None:
            return None
        of = _OF.match(asked[2])
        if of is None:
            text = "FieldDefinition: a filter on a reified column is required [EntityDefinitionId]"
            raise SalesforceError("MALFORMED_QUERY", text)
        names = [name.strip() for name in asked[1].split(",")]
        seen = self._org.seen_by(user_id).sobject(of[1])
        whole = self._org.schema.sobject(of[1])
        rows = []
        for field in seen.visible() if seen and whole else []:
            known = {
                "qualifiedapiname": field.name,
                "label": field.label,
                "isfieldhistorytracked": whole is not None and field.name in whole.tracked,
            }
            unknown = next((name for name in names if name.lower() not in known), None)
            if unknown:
                raise SalesforceError(
                    "INVALID_FIELD", f"No such column '{unknown}' on entity 'FieldDefinition'."
                )
            url = f"/services/data/v{version}/sobjects/FieldDefinition/{of[1]}.{field.name}"
            attributes = {"type": "FieldDefinition", "url": url}
            rows.append({"attributes": attributes, **{name: known[name.lower()] for name in names}})
        return {"totalSize": len(rows), "done": True, "records": rows}
