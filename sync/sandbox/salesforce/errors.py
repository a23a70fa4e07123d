"""The one exception of the Salesforce stand-in: a refusal with Salesforce's code, text, fields and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class SalesforceError(Exception):
    """Refused: `code` as Salesforce names it, `fields` the wire names it is about, `status` the HTTP status.

    `details` are the further keys that some refusals have in the answer to a single record's write.
    """

    def __init__(
        self,
        code: str,
        message: str,
        fields: Sequence[str] = (),
        status: int = 400,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.code, self.message, self.fields, self.status = code, message, list(fields), status
        self.details = dict(details or {})
        super().__init__(f"{code}: {message}")

    def entry(self) -> dict[str, Any]:
        """The element of a REST error list."""
        body: dict[str, Any] = {**self.details, "message": self.message, "errorCode": self.code}
        return {**body, "fields": self.fields} if self.fields else body

    def of_a_row(self) -> SalesforceError:
        """The same refusal of one record among several: there an id that leads nowhere is no path that is not found."""
        if self.code == "NOT_FOUND":
            return SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return self

    def save_result(self) -> dict[str, Any]:
        """The same as an element of a collection's `errors`, which spells the code `statusCode`."""
        error = self.of_a_row()
        return {"statusCode": error.code, "message": error.message, "fields": error.fields}


def no_such_resource() -> SalesforceError:
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)


def no_such_column(name: str, sobject: str) -> SalesforceError:
    """A write or read names a field that is not there, or that the caller may not see: Salesforce says the same."""
    return SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}")
