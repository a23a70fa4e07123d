"""Puts the company's half in Salesforce into an org."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sync.sandbox.world.company import Company

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

RECORD_TYPE = "RecordType.DeveloperName"


def load_org(company: Company, org: Org) -> None:
    """Add the company's rows to a fresh org, which has its administrator, record types and stages already."""
    types = org.tables.select(org.sobject("RecordType"))
    ids = {(row["SobjectType"], row["DeveloperName"]): row["Id"] for row in types}
    for sobject, rows in company.salesforce.items():
        org.load(sobject, _with_record_type(sobject, rows, ids))


def _with_record_type(
    sobject: str, rows: list[dict[str, Any]], ids: dict[tuple[str, str], str]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if RECORD_TYPE in row:
            row = dict(row)
            row["RecordTypeId"] = ids[sobject, row.pop(RECORD_TYPE)]
        yield row
