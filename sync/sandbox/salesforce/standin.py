"""The Salesforce stand-in as the sandbox's server sees it: one org, its application, and the levers behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sync.sandbox.salesforce.acts import Acts
from sync.sandbox.salesforce.app import App
from sync.sandbox.salesforce.bulk import BulkQueries
from sync.sandbox.salesforce.collection import Collections
from sync.sandbox.salesforce.composite import Composite
from sync.sandbox.salesforce.discovery import Discovery
from sync.sandbox.salesforce.field_definitions import FieldDefinitions
from sync.sandbox.salesforce.grants import AppPolicy, Grants
from sync.sandbox.salesforce.http import Routes
from sync.sandbox.salesforce.ids import IdFactory
from sync.sandbox.salesforce.ingest import BulkIngest
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.oauth import OAuth
from sync.sandbox.salesforce.org import Org, shown
from sync.sandbox.salesforce.picklists import Picklists
from sync.sandbox.salesforce.queries import QueryRoutes
from sync.sandbox.salesforce.query import Queries
from sync.sandbox.salesforce.records import Records
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.sessions import Sessions
from sync.sandbox.salesforce.soap_api import SoapApi
from sync.sandbox.salesforce.tables import quoted
from sync.sandbox.salesforce.tree import Trees
from sync.sandbox.salesforce.values import wire_instant
from sync.sandbox.standin import Refused, StandIn

_ERROR_CODES = {
    400: "UNKNOWN_EXCEPTION",
    401: "INVALID_SESSION_ID",
    403: "REQUEST_LIMIT_EXCEEDED",
    404: "NOT_FOUND",
    503: "SERVER_UNAVAILABLE",
}


class SalesforceStandIn(StandIn):
    """`public_url` is where clients reach it; it appears in token answers and identity URLs."""

    name = "salesforce"

    def __init__(self, org: Org, public_url: str) -> None:
        self.org, self.public_url = org, public_url
        self.sessions = Sessions(org.clock, org.organization_id)
        self._grants = grants = Grants(org.clock, self.sessions)
        self.limits = Limits(org.clock)
        self._queries = Queries(org)
        job_ids = IdFactory()
        self._bulk = BulkQueries(org, self.limits, job_ids)
        self._ingest = BulkIngest(org, self.limits, job_ids)
        self._acts = Acts(org, self.limits, self.sessions, grants)
        routes = Routes()
        Discovery(org, self.limits).register(routes)
        QueryRoutes(self._queries, FieldDefinitions(org)).register(routes)
        Records(org).register(routes)
        Collections(org).register(routes)
        Composite(org, routes).register()
        Trees(org).register(routes)
        Picklists(org).register(routes)
        self._bulk.register(routes)
        self._ingest.register(routes)
        oauth = OAuth(org, self.sessions, grants, public_url)
        soap = SoapApi(org, self.sessions, self.limits, public_url)
        self.app = App(routes, oauth, soap, self.sessions, self.limits, org.settle)

    @property
    def client_id(self) -> str:
        """The connected app's consumer key."""
        return self.sessions.client_id

    @property
    def client_secret(self) -> str:
        return self.sessions.client_secret

    def state(self, object: str | None, since: datetime | None) -> dict[str, list[dict[str, Any]]]:
        self.org.settle()
        if object is None:
            return {sobject.name: self._rows(sobject, since) for sobject in self.org.schema.objects.values()}
        sobject = self.org.schema.sobject(object)
        if sobject is None:
            raise Refused(f"no object {object}")
        return {sobject.name: self._rows(sobject, since)}

    def _rows(self, sobject: SObject, since: datetime | None) -> list[dict[str, Any]]:
        if since is None:
            rows = self.org.tables.select(sobject)
        else:
            stamp = "SystemModstamp" if sobject.has("SystemModstamp") else "CreatedDate"
            rows = self.org.tables.select(sobject, f"{quoted(stamp)} >= ?", (wire_instant(since),))
        return [shown(sobject, row) for row in rows]

    def token(self, user: str) -> str:
        """A token for a user given by id, e-mail or user name; it lasts as long as the sandbox."""
        where = '("Id" = ? OR "Email" = ? OR "Username" = ?) AND "IsActive" = 1'
        found = next(self.org.tables.select(self.org.sobject("User"), where, (user,) * 3), None)
        if found is None:
            raise Refused(f"no active user {user}")
        return self.sessions.open(found["Id"], lasting=True)

    def act(self, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.org.settle()
        return self._acts.act(action, arguments)

    def save(self) -> None:
        # A company's older deletions have left the bin by now; every reset would have to let them go again.
        self.org.settle()
        self.org.save()

    def reset(self) -> None:
        self.org.reset()
        self._queries.clear()
        self._bulk.clear()
        self._ingest.clear()
        self.limits.reset()
        self._grants.policy = AppPolicy()

    def error_body(self, status: int) -> Any:
        message = "Session expired or invalid" if status == 401 else "refused by the sandbox"
        return [{"message": message, "errorCode": _ERROR_CODES.get(status, "UNKNOWN_EXCEPTION")}]
