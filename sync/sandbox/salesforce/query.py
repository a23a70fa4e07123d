"""query and queryAll: a first answer, and the pages behind its locator.

A result that fits into one page is answered as it is read. A longer one is kept as a snapshot until its locator dies:
unused for 15 minutes, or the oldest of more than ten that its user has open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sync.sandbox.salesforce.columns import column_metadata
from sync.sandbox.salesforce.compiler import compile_query
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.ids import IdFactory
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.plan import Plan
from sync.sandbox.salesforce.rendering import joined, rendered
from sync.sandbox.salesforce.shape import ChildLists, Children, reader
from sync.sandbox.salesforce.snapshot import Snapshot

PAGE_ROWS = 2000
PAGE_ROWS_MIN = 200
LOCATORS_A_USER = 10
LOCATOR_LIFE = timedelta(minutes=15)


@dataclass
class _Locator:
    id: str
    snapshot: Snapshot
    page_rows: int
    user_id: str
    used_at: datetime


class Queries:
    def __init__(self, org: Org) -> None:
        self._org = org
        self._ids = IdFactory()
        self._locators: dict[str, _Locator] = {}

    def clear(self) -> None:
        """Forget every locator, as their snapshots are gone."""
        self._locators.clear()

    def first(
        self, text: str, *, deleted: bool, page_rows: int, user_id: str, version: str
    ) -> dict[str, Any]:
        """The answer to a query; raises SalesforceError. `version` is that of the URLs in the answer."""
        plan = compile_query(self._org, text, deleted=deleted, user_id=user_id)
        cursor = self._org.tables.connection.execute(plan.sql, plan.values)
        if plan.kind == "count":
            return {"totalSize": cursor.fetchone()[0], "done": True, "records": []}
        rows = cursor.fetchmany(page_rows + 1)
        if len(rows) <= page_rows:
            return {"totalSize": len(rows), "done": True, "records": self._records(plan, rows, version)}
        if plan.kind == "aggregate":
            message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            raise SalesforceError("EXCEEDED_ID_LIMIT", message)
        cursor.close()
        locator = self._open(Snapshot(self._org.tables, plan), page_rows, user_id)
        return self._page(locator, 0, version)

    def columns(self, text: str, user_id: str) -> dict[str, Any]:
        """What the columns of a query's result are, without running it."""
        plan = compile_query(self._org, text, deleted=False, user_id=user_id)
        return column_metadata(plan)

    def more(self, locator: str, user_id: str, version: str) -> dict[str, Any]:
        """The page that a nextRecordsUrl ends with, `01g...-2000`; raises INVALID_QUERY_LOCATOR."""
        id, _, offset = locator.partition("-")
        found = self._locators.get(id)
        alive = found is not None and self._org.clock.now() - found.used_at <= LOCATOR_LIFE
        if found is None or not alive or found.user_id != user_id or not offset.isdigit():
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        found.used_at = self._org.clock.now()
        return self._page(found, int(offset), version)

    def _open(self, snapshot: Snapshot, page_rows: int, user_id: str) -> _Locator:
        mine = [each for each in self._locators.values() if each.user_id == user_id]
        for oldest in sorted(mine, key=lambda each: each.used_at)[: max(0, len(mine) + 1 - LOCATORS_A_USER)]:
            oldest.snapshot.drop()
            del self._locators[oldest.id]
        locator = _Locator(self._ids.next("01g"), snapshot, page_rows, user_id, self._org.clock.now())
        self._locators[locator.id] = locator
        return locator

    def _page(self, locator: _Locator, offset: int, version: str) -> dict[str, Any]:
        snapshot = locator.snapshot
        end = offset + locator.page_rows
        answer: dict[str, Any] = {"totalSize": snapshot.total, "done": end >= snapshot.total}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator.id}-{end}"
        texts = rendered(snapshot.plan.shape, f"/services/data/v{version}/sobjects")
        if texts is None:
            rows = snapshot.rows(offset, locator.page_rows)
            return {**answer, "records": self._records(snapshot.plan, rows, version)}
        found = snapshot.rows(offset, locator.page_rows, ", ".join(texts))
        return {**answer, "records": msgspec.Raw(joined(found))}

    def _records(self, plan: Plan, rows: list[Sequence[Any]], version: str) -> list[dict[str, Any]]:
        url = f"/services/data/v{version}/sobjects"
        lists: ChildLists = {
            id(children): self._children(children, [row[0] for row in rows], url)
            for children in plan.shape.children()
        }
        read = reader(plan.shape, url, lists)
        return [read(row) for row in rows]

    def _children(self, children: Children, parents: list[str], url: str) -> dict[str, list[dict[str, Any]]]:
        plan = children.plan
        values = [*plan.values, msgspec.json.encode(parents).decode()]
        read = reader(plan.shape, url, {})
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._org.tables.connection.execute(plan.sql, values):
            siblings = found.setdefault(row[1], [])
            if children.limit is None or len(siblings) < children.limit:
                siblings.append(read(row))
        return found
