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
    _fill_bin(company, org)


def _fill_bin(company: Company, org: Org) -> None:
    """Rows that are deleted already lie in the recycle bin, a lead's history along with the lead."""
    deleted: dict[str, str] = {}
    for sobject in ("Lead", "Task"):
        gone = {row["Id"]: row["SystemModstamp"] for row in company.salesforce[sobject] if row["IsDeleted"]}
        org.bin.adopt(org.sobject(sobject), ((id, id, at) for id, at in gone.items()))
        deleted |= gone
    history = [row for row in company.salesforce["LeadHistory"] if row["IsDeleted"]]
    entries = ((row["Id"], row["LeadId"], deleted[row["LeadId"]]) for row in history)
    org.bin.adopt(org.sobject("LeadHistory"), entries)


def _with_record_type(
    sobject: str, rows: list[dict[str, Any]], ids: dict[tuple[str, str], str]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if RECORD_TYPE in row:
            row = dict(row)
            row["RecordTypeId"] = ids[sobject, row.pop(RECORD_TYPE)]
        yield row
