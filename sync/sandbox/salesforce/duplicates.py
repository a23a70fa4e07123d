"""Duplicate rules: which records a new or changed one repeats, and what a caller is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.setup import DuplicateRule
from sync.sandbox.salesforce.tables import quoted

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

Row = dict[str, Any]

_CONFIDENCE = 100.0
_SHOWN_VERSION = "64.0"


def check(org: Org, sobject: SObject, row: Row, before: Row | None, options: SaveOptions) -> None:
    """Raises DUPLICATES_DETECTED when a rule finds the record to repeat others.

    A rule that only alerts refuses too, unless the caller asked to save all the same. An edit is looked at only where
    it changes a field that the rule compares.
    """
    for rule in org.setup.duplicate_rules:
        if rule.sobject != sobject.name or (options.allow_duplicates and not rule.blocks):
            continue
        if before is not None and all(row[own] == before[own] for own, _ in rule.fields):
            continue
        found = _matches(org, rule, row)
        if found:
            raise _detected(rule, found)


def _matches(org: Org, rule: DuplicateRule, row: Row) -> list[str]:
    """Ids of live records with the same values; a blank matches nothing."""
    values = [row[own] for own, _ in rule.fields]
    if any(value is None for value in values):
        return []
    other = org.sobject(rule.against)
    where = " AND ".join(f"{quoted(theirs)} = ?" for _, theirs in rule.fields) + ' AND "Id" <> ?'
    for flag in ("IsDeleted", "IsConverted"):
        where += f" AND {quoted(flag)} = 0" if other.has(flag) else ""
    return [found["Id"] for found in org.tables.select(other, where, (*values, row["Id"]))]


def _detected(rule: DuplicateRule, ids: list[str]) -> SalesforceError:
    """The refusal, with the matches in a single create's or update's body.

    Real answers spell the key `duplicateResut` (recorded with v50 and v51), and clients read it by that name.
    """
    url = f"/services/data/v{_SHOWN_VERSION}/sobjects/{rule.against}"
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": _CONFIDENCE,
            "record": {"attributes": {"type": rule.against, "url": f"{url}/{id}"}, "Id": id},
        }
        for id in ids
    ]
    matched = {
        "entityType": rule.against,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": f"{rule.name}_Matching",
        "size": len(records),
        "success": True,
    }
    result = {
        "allowSave": not rule.blocks,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.sobject,
        "errorMessage": rule.message,
        "matchResults": [matched],
    }
    return SalesforceError("DUPLICATES_DETECTED", rule.message, [], details={"duplicateResut": result})
