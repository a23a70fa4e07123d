"""The conditions of a query as SQL; their literals become parameters.

SOQL knows no third truth value: `Industry != 'Energy'` holds for a record without an industry. Hence IS NOT, and a
COALESCE under every NOT.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.sandbox.salesforce import soql
from sync.sandbox.salesforce.dates import days
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.schema import NUMBERS, TEXT, Field
from sync.sandbox.salesforce.scope import AGGREGATES, Expression, Scope
from sync.sandbox.salesforce.values import parse_instant, wire_instant


class Conditions:
    """Writes conditions in the order in which they stand in the SQL, so that `values` are its parameters.

    `nested` compiles the query of a semi-join to its SQL and parameters.
    """

    def __init__(self, scope: Scope, nested: Callable[[soql.Select], tuple[str, list[Any]]]) -> None:
        self._scope, self._nested = scope, nested
        self._groups: list[str] | None = None
        self.values: list[Any] = []

    def having(self, condition: soql.Condition, groups: list[str]) -> str:
        """The condition of HAVING, about the fields that are grouped by, given as SQL, and about aggregates."""
        if not groups:
            raise SalesforceError("MALFORMED_QUERY", "HAVING is only allowed with GROUP BY")
        self._groups = groups
        return self.sql(condition)

    def sql(self, condition: soql.Condition) -> str:
        match condition:
            case soql.Group(operator, conditions):
                return f"({f' {operator} '.join(self.sql(each) for each in conditions)})"
            case soql.Not(inner):
                return f"NOT COALESCE({self.sql(inner)}, 0)"
            case soql.Comparison(left, operator, value):
                return self._comparison(self._left(left), operator, value)
            case soql.Membership(left, choices, negated):
                return self._membership(self._left(left), choices, negated)
            case soql.Including(left, choices, negated):
                return self._including(self._left(left), choices, negated)

    def _left(self, item: soql.Path | soql.Call) -> Expression:
        """What a condition is about: before grouping no aggregate, after it nothing else but what was grouped by."""
        found = self._scope.expression(item, "f")
        name = item.text if isinstance(item, soql.Path) else str(item.name)
        aggregate = isinstance(item, soql.Call) and name.upper() in AGGREGATES
        if aggregate and self._groups is None:
            message = f"Aggregate functions are not permitted in the WHERE clause: {name}"
            raise SalesforceError("MALFORMED_QUERY", message)
        if not aggregate and self._groups is not None and found.sql not in self._groups:
            raise SalesforceError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {name}")
        return found

    def _comparison(self, left: Expression, operator: str, value: soql.Value) -> str:
        if value.kind == "dates":
            return self._within(left, operator, value)
        operand = self._operand(left.field, value)
        if operand is None:
            if operator not in ("=", "!="):
                message = f"invalid operator '{operator}' with null"
                raise self._scope.error(value.at, "INVALID_QUERY_FILTER_OPERATOR", message)
            return f"{left.sql} IS {'NOT ' if operator == '!=' else ''}NULL"
        if operator == "LIKE":
            if left.field.type not in TEXT:
                message = f"invalid operator on {left.field.type} field"
                raise self._scope.error(value.at, "INVALID_QUERY_FILTER_OPERATOR", message)
            self.values.append(operand)
            return f"{left.sql} LIKE ? ESCAPE '\\'"
        self.values.append(operand)
        return f"{left.sql} {'IS NOT' if operator == '!=' else operator} ?"

    def _within(self, left: Expression, operator: str, value: soql.Value) -> str:
        """A comparison with a date literal, which stands for a range of days."""
        name, number = value.value
        found = days(name, number, self._scope.today)
        if found is None or left.field.type not in ("date", "datetime"):
            raise self._scope.error(value.at, "MALFORMED_QUERY", f"unexpected token: '{value.at}'")
        start, end = (
            each.isoformat() + ("T00:00:00.000+0000" if left.field.type == "datetime" else "")
            for each in found
        )
        edges = {"<": ("<", start), "<=": ("<", end), ">": (">=", end), ">=": (">=", start)}
        if operator in edges:
            sign, edge = edges[operator]
            self.values.append(edge)
            return f"{left.sql} {sign} ?"
        self.values += [start, end]
        inside = f"({left.sql} >= ? AND {left.sql} < ?)"
        return f"NOT COALESCE({inside}, 0)" if operator == "!=" else inside

    def _membership(
        self, left: Expression, choices: tuple[soql.Value, ...] | soql.Select, negated: bool
    ) -> str:
        if isinstance(choices, soql.Select):
            listed, values = self._nested(choices)
            self.values += values
            with_null = False
        else:
            operands = [self._operand(left.field, choice) for choice in choices]
            with_null = None in operands
            kept = [operand for operand in operands if operand is not None]
            self.values += kept
            listed = ", ".join("?" * len(kept))
        inside = f"{left.sql} IN ({listed})"
        if with_null:
            inside = f"({inside} OR {left.sql} IS NULL)"
        return f"NOT COALESCE({inside}, 0)" if negated else inside

    def _including(self, left: Expression, choices: tuple[soql.Value, ...], negated: bool) -> str:
        if left.field.type != "multipicklist":
            message = f"invalid operator on {left.field.type} field"
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", message)
        alternatives = []
        for choice in choices:
            wanted = str(choice.value).split(";")
            self.values += [f";{each.lower()};" for each in wanted]
            one = f"instr(';' || lower({left.sql}) || ';', ?) > 0"
            alternatives.append(" AND ".join([one] * len(wanted)))
        inside = f"({' OR '.join(f'({each})' for each in alternatives)})"
        return f"NOT COALESCE({inside}, 0)" if negated else inside

    def _operand(self, field: Field, value: soql.Value) -> Any:
        """A literal in the form in which the field is stored; None for null. Raises when its type does not fit."""
        if value.kind == "null" or value.value == "":
            return None
        match field.type, value.kind:
            case "boolean", "boolean":
                return int(value.value)
            case "datetime", "instant":
                return wire_instant(parse_instant(value.value))
            case "date", "day":
                return value.value
            case (("id" | "reference"), "text"):
                found = full_id(value.value)
                if found is None:
                    raise self._scope.error(
                        value.at, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value.value}"
                    )
                return found
            case kind, "number" if kind in NUMBERS:
                return value.value
            case kind, "text" if kind in TEXT or kind == "combobox":
                return value.value
        raise self._wrong_type(field, value)

    def _wrong_type(self, field: Field, value: soql.Value) -> SalesforceError:
        kinds = {"datetime": "dateTime", "id": "ID", "reference": "ID", "boolean": "boolean", "date": "date"}
        kind = kinds.get(field.type, "double" if field.type in NUMBERS else "string")
        quotes = "should be" if kind in ("string", "ID") else "should not be"
        message = (
            f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes} "
            "enclosed in quotes"
        )
        return self._scope.error(value.at, "INVALID_FIELD", message)
