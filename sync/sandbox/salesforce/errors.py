"""The one exception of the Salesforce stand-in: a refusal with Salesforce's code, text, fields and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class SalesforceError(Exception):
    """Refused: `code` as Salesforce names it, `fields` the wire names it is about, `status` the HTTP status.

    A refused record names its fields even when there are none; a refused request has None and says nothing of them.
    `details` are the further keys that some refusals have in the answer to a single record's write. `others` are what
    else is wrong with the same record: a record can be refused for several reasons at once.
    """

    def __init__(
        self,
        code: str,
        message: str,
        fields: Sequence[str] | None = None,
        status: int = 400,
        details: Mapping[str, Any] | None = None,
        others: Sequence[SalesforceError] = (),
    ) -> None:
        self.code, self.message, self.status = code, message, status
        self.fields = None if fields is None else list(fields)
        self.details, self.others = dict(details or {}), tuple(others)
        super().__init__(f"{code}: {message}")

    def all(self) -> list[SalesforceError]:
        """This refusal and what else is wrong with the same record, in order."""
        return [self, *self.others]

    def entries(self) -> list[dict[str, Any]]:
        """The error list of a REST answer."""
        return [error._entry() for error in self.all()]

    def _entry(self) -> dict[str, Any]:
        body: dict[str, Any] = {**self.details, "message": self.message, "errorCode": self.code}
        return body if self.fields is None else {**body, "fields": self.fields}

    def of_a_row(self) -> SalesforceError:
        """The same refusal of one record among several: there an id that leads nowhere is no path that is not found."""
        if self.code == "NOT_FOUND":
            return SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        return self

    def save_results(self) -> list[dict[str, Any]]:
        """The same as the `errors` of one among several records, which spell the code `statusCode`."""
        return [
            {"statusCode": error.code, "message": error.message, "fields": error.fields or []}
            for error in self.of_a_row().all()
        ]


def together(errors: Sequence[SalesforceError]) -> SalesforceError:
    """All that is wrong with one record as one refusal; the first of them says which status the answer has."""
    first, *others = errors
    return SalesforceError(first.code, first.message, first.fields, first.status, first.details, others)


def no_such_resource() -> SalesforceError:
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)


def no_such_column(name: str, sobject: str) -> SalesforceError:
    """A write or read names a field that is not there, or that the caller may not see: Salesforce says the same."""
    return SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}")
