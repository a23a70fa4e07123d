"""What a request says about how its records are to be saved: the headers that steer the org's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.ids import full_id

_FLAG = re.compile(r"(\w+)\s*=\s*(true|false)", re.IGNORECASE)


@dataclass(frozen=True)
class SaveOptions:
    """As a write within Salesforce has them: no assignment, and no duplicate saved over an alert."""

    assign: bool = False
    """Apply the object's active assignment rule."""
    assignment_rule: str | None = None
    """The id of the rule to apply in its place, active or not."""
    allow_duplicates: bool = False
    """Save in spite of the duplicate rules that only alert; those that block are never overridden."""


def rest_options(headers: Mapping[str, str]) -> SaveOptions:
    """The options of a REST request, whose headers are given by lower-case name.

    Without Sforce-Auto-Assign the active assignment rule applies (REST API guide, "Assignment Rule Header").
    """
    assign = headers.get("sforce-auto-assign", "TRUE").strip()
    rule: str | None = None
    if assign.lower() not in ("true", "false"):
        rule = full_id(assign)
        if rule is None:
            raise SalesforceError("MALFORMED_ID", f"malformed id {assign}")
    flags = {
        name.lower(): value.lower() == "true"
        for name, value in _FLAG.findall(headers.get("sforce-duplicate-rule-header", ""))
    }
    return SaveOptions(assign.lower() == "true", rule, flags.get("allowsave", False))
