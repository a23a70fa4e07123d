"""The routes of query and queryAll."""

from __future__ import annotations

import re

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.field_definitions import FieldDefinitions
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.query import PAGE_ROWS, PAGE_ROWS_MIN, Queries

_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


class QueryRoutes:
    def __init__(self, queries: Queries, definitions: FieldDefinitions) -> None:
        self._queries, self._definitions = queries, definitions

    def register(self, routes: Routes) -> None:
        # Tools look for metadata objects under tooling/query; there as here an unknown one is INVALID_TYPE.
        routes.add(r"/(?:tooling/)?query", GET=self.query)
        routes.add(r"/queryAll", GET=self.query_all)
        routes.add(r"/(?:tooling/)?(?:query|queryAll)/([^/]+)", GET=self.more)

    def query(self, call: Call) -> Answer:
        return self._first(call, deleted=False)

    def query_all(self, call: Call) -> Answer:
        return self._first(call, deleted=True)

    def more(self, call: Call) -> Answer:
        return Answer(self._queries.more(call.parts[0], call.user_id, call.version))

    def _first(self, call: Call, *, deleted: bool) -> Answer:
        text = call.query.get("q", "")
        if not text.strip():
            raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
        if call.query.get("columns", "").lower() == "true":
            return Answer(self._queries.columns(text, call.user_id))
        defined = self._definitions.answer(text, call.user_id, call.version)
        if defined is not None:
            return Answer(defined)
        found = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
        page_rows = min(max(int(found[1]), PAGE_ROWS_MIN), PAGE_ROWS) if found else PAGE_ROWS
        answer = self._queries.first(
            text, deleted=deleted, page_rows=page_rows, user_id=call.user_id, version=call.version
        )
        return Answer(answer)
