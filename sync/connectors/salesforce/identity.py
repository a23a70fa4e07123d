"""Whom a sign-in is, in which org, and what is kept there of changes: what a person wants to see of a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.connectors.salesforce.api import SalesforceApi
from sync.errors import PermissionMissingError, RejectedError


@dataclass(frozen=True)
class Identity:
    """The user and the org; what the user may not see of them is empty. `sandbox` is None where it is not told."""

    user_id: str = ""
    username: str = ""
    name: str = ""
    organization_id: str = ""
    organization: str = ""
    edition: str = ""
    sandbox: bool | None = None

    @property
    def told(self) -> str:
        """The org in words: its name, edition, whether it is a sandbox, and its id."""
        kind = {True: "sandbox", False: "production", None: ""}[self.sandbox]
        facts = [each for each in (self.edition, kind, self.organization_id) if each]
        name = self.organization or "The org"
        return f"{name} ({', '.join(facts)})" if facts else name


def identity(api: SalesforceApi) -> Identity:
    """The user behind the session and their org. Raises what a sign-in raises.

    Asked as records, since the identity service needs a scope of its own and client credentials need not have it.
    """
    user_id = api.user_id() or ""
    user = _one(api, f"SELECT Username, Name FROM User WHERE Id = '{user_id}'") if user_id else {}  # noqa: S608 (an id)
    org = _one(api, "SELECT Id, Name, OrganizationType, IsSandbox FROM Organization")
    return Identity(
        user_id,
        str(user.get("Username") or ""),
        str(user.get("Name") or ""),
        str(org.get("Id") or ""),
        str(org.get("Name") or ""),
        str(org.get("OrganizationType") or ""),
        org.get("IsSandbox"),
    )


def tracked(api: SalesforceApi, sobject: str) -> frozenset[str] | None:
    """The fields of an object whose history is kept; None where the account is not told (FieldDefinition)."""
    soql = (
        "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition"  # noqa: S608 (an object's name)
        f" WHERE EntityDefinition.QualifiedApiName = '{sobject}'"
    )
    try:
        rows = api.rows(soql)
    except (RejectedError, PermissionMissingError):
        return None
    return frozenset(str(row["QualifiedApiName"]) for row in rows if row.get("IsFieldHistoryTracked"))


def _one(api: SalesforceApi, soql: str) -> dict[str, Any]:
    try:
        return next(iter(api.rows(soql)), {})
    except (RejectedError, PermissionMissingError):
        return {}
