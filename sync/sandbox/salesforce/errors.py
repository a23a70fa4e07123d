"""The one exception of the Salesforce stand-in: a refusal with Salesforce's code, text, fields and status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SalesforceError(Exception):
    """Refused: `code` as Salesforce names it, `fields` the wire names it is about, `status` the HTTP status."""

    def __init__(self, code: str, message: str, fields: Sequence[str] = (), status: int = 400) -> None:
        self.code, self.message, self.fields, self.status = code, message, list(fields), status
        super().__init__(f"{code}: {message}")

    def entry(self) -> dict[str, Any]:
        """The element of a REST error list."""
        body: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return {**body, "fields": self.fields} if self.fields else body

    def save_result(self) -> dict[str, Any]:
        """The same as an element of a collection's `errors`, which spells the code `statusCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}


def no_such_resource() -> SalesforceError:
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)


def no_such_column(name: str, sobject: str) -> SalesforceError:
    """A write or read names a field that is not there, or that the caller may not see: Salesforce says the same."""
    return SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}")
