"""From a SOQL tree to a plan: SQL over the org's tables, and the shape of the records that its rows become."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce import soql
from sync.sandbox.salesforce.conditions import Conditions
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.plan import Plan
from sync.sandbox.salesforce.schema import Field, Schema
from sync.sandbox.salesforce.scope import AGGREGATES, Scope
from sync.sandbox.salesforce.selection import Selection
from sync.sandbox.salesforce.shape import Leaf, Node
from sync.sandbox.salesforce.tables import quoted

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

OFFSET_MAX = 2000


def compile_query(org: Org, text: str, *, deleted: bool, user_id: str | None = None) -> Plan:
    """The plan of a query's text; raises SalesforceError with the code and text that Salesforce gives.

    `deleted` includes deleted and archived records, as queryAll does. `user_id` is who asks; None is the system.
    """
    schema = org.schema if user_id is None else org.seen_by(user_id)
    return _Compiler(schema, org.clock.now().date(), text, soql.parse(text), deleted, count()).plan()


class _Compiler:
    def __init__(
        self,
        schema: Schema,
        today: date,
        text: str,
        select: soql.Select,
        deleted: bool,
        aliases: Iterator[int],
    ) -> None:
        self._schema, self._today, self._text = schema, today, text
        self._select, self._deleted, self._aliases = select, deleted, aliases
        self._scope = Scope(schema, today, text, select, aliases)
        self._conditions = Conditions(self._scope, self._nested)
        self._single_rows = True
        self._selection = Selection(self._scope, self._child_plan)

    def _nested(self, select: soql.Select) -> tuple[str, list[Any]]:
        """The SQL and the parameters of a semi-join's one-column query."""
        inner = _Compiler(self._schema, self._today, self._text, select, False, self._aliases)
        if len(select.items) != 1 or not isinstance(select.items[0], soql.Path):
            raise SalesforceError("MALFORMED_QUERY", "a semi-join selects exactly one id field")
        inner._selection.column(inner._scope.expression(select.items[0], "f").sql)
        return inner._sql(), inner._conditions.values

    # Whole queries

    def plan(self) -> Plan:
        select = self._select
        calls = [item for item in select.items if isinstance(item, soql.Call)]
        if any(call.name.upper() == "COUNT" and call.argument is None for call in calls):
            return self._count_plan()
        if select.group or any(call.name.upper() in AGGREGATES for call in calls):
            self._single_rows = False
            return self._aggregate_plan()
        shape = self._selection.record()
        return Plan(
            self._scope.sobject,
            self._sql(),
            self._conditions.values,
            shape,
            "rows",
            select.offset,
            self._selection.columns,
        )

    def _child_plan(self, select: soql.Select, reference: Field) -> Plan:
        compiler = _Compiler(self._schema, self._today, self._text, select, self._deleted, self._aliases)
        return compiler.child_plan(reference)

    def child_plan(self, reference: Field) -> Plan:
        """The plan of a subquery over the children of a page's records, whose ids are its last parameter.

        Its second column is the parent's id. A limit is each parent's own, so the caller applies it.
        """
        shape = self._selection.record(reference)
        parents = f"{self._scope.alias}.{quoted(reference.name)} IN (SELECT value FROM json_each(?))"  # noqa: S608
        sql = self._sql(extra=parents, limited=False)
        return Plan(self._scope.sobject, sql, self._conditions.values, shape, "rows")

    def _count_plan(self) -> Plan:
        if len(self._select.items) != 1:
            raise SalesforceError("MALFORMED_QUERY", "COUNT() must be the only element in the SELECT list")
        self._selection.sql.append("1")
        sql = f"SELECT COUNT(*) FROM ({self._sql()})"  # noqa: S608
        return Plan(
            self._scope.sobject, sql, self._conditions.values, Node(self._scope.sobject.name, 0), "count"
        )

    def _aggregate_plan(self) -> Plan:
        shape = Node("AggregateResult", None)
        grouped = {self._grouping(each) for each in self._select.group}
        unnamed = count()
        self._check_aggregates(grouped)
        for item in self._select.items:
            if isinstance(item, soql.Select | soql.TypeOf):
                raise SalesforceError("MALFORMED_QUERY", "subqueries are not supported with GROUP BY")
            found = self._scope.expression(item, "g" if isinstance(item, soql.Path) else "")
            aggregate = isinstance(item, soql.Call) and item.name.upper() in AGGREGATES
            if not aggregate and found.sql not in grouped:
                name = item.text if isinstance(item, soql.Path) else item.name
                raise SalesforceError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {name}")
            if isinstance(item, soql.Call):
                name = str(item.alias or f"expr{next(unnamed)}")
            else:
                name = found.field.name
            if name in shape.entries:
                raise SalesforceError("MALFORMED_QUERY", f"duplicate alias: {name}")
            shape.entries[name] = Leaf(self._selection.column(found.sql), found.field)
        return Plan(self._scope.sobject, self._sql(), self._conditions.values, shape, "aggregate")

    def _grouping(self, item: soql.Path | soql.Call) -> str:
        """What is grouped by, as SQL."""
        if isinstance(item, soql.Call) and item.name.upper() in AGGREGATES:
            raise self._scope.unexpected(item.name)
        return self._scope.expression(item, "g").sql

    def _check_aggregates(self, grouped: set[str]) -> None:
        """What stands behind GROUP BY is grouped or aggregated; without groups there is one row and nothing to limit."""
        if not grouped and (self._select.limit is not None or self._select.offset):
            message = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
            raise SalesforceError("MALFORMED_QUERY", message)
        for ordering in self._select.order:
            aggregate = isinstance(ordering.by, soql.Call) and ordering.by.name.upper() in AGGREGATES
            if not aggregate and self._scope.expression(ordering.by, "s").sql not in grouped:
                name = ordering.by.text if isinstance(ordering.by, soql.Path) else ordering.by.name
                raise SalesforceError(
                    "MALFORMED_QUERY", f"Ordered field must be grouped or aggregated: {name}"
                )

    def _sql(self, extra: str | None = None, limited: bool = True) -> str:
        select = self._select
        where = [] if select.where is None else [self._conditions.sql(select.where)]
        if not self._deleted:
            alive = [name for name in ("IsDeleted", "IsArchived") if self._scope.sobject.has(name)]
            where += [f"{self._scope.alias}.{quoted(name)} = 0" for name in alive]
        where += [extra] if extra else []
        group = [self._grouping(each) for each in select.group]
        having = "" if select.having is None else f" HAVING {self._conditions.having(select.having, group)}"
        order = [self._ordering(each) for each in select.order]
        clauses = f" WHERE {' AND '.join(where)}" if where else ""
        clauses += f" GROUP BY {', '.join(group)}" if group else ""
        clauses += having
        clauses += f" ORDER BY {', '.join(order)}" if order else ""
        clauses += self._limit() if limited else ""
        joins = "".join(self._scope.joins)
        return (
            f"SELECT {', '.join(self._selection.sql)} "  # noqa: S608
            f"FROM {quoted(self._scope.sobject.name)} {self._scope.alias}{joins}{clauses}"
        )

    def _limit(self) -> str:
        limit, offset = self._select.limit, self._select.offset
        if offset > OFFSET_MAX:
            raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        if limit is None and not offset:
            return ""
        return f" LIMIT {-1 if limit is None else limit} OFFSET {offset}"

    def _ordering(self, ordering: soql.Ordering) -> str:
        if (
            self._single_rows
            and isinstance(ordering.by, soql.Call)
            and ordering.by.name.upper() in AGGREGATES
        ):
            raise self._scope.unexpected(ordering.by.name)
        by = self._scope.expression(ordering.by, "s").sql
        # Nulls come first by default, whichever the direction.
        end = "LAST" if ordering.nulls_last else "FIRST"
        return f"{by} {'DESC' if ordering.descending else 'ASC'} NULLS {end}"
