"""What the names of one query mean: its object, the parents its paths lead to, and the SQL of fields and functions.

Names become identifiers only by way of the schema, so nothing of a request's text reaches SQLite as SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from lark import Token

from sync.sandbox.salesforce import soql
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.schema import NUMBERS, Field, Schema, SObject
from sync.sandbox.salesforce.tables import quoted

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
_DATE_PARTS = {
    "CALENDAR_YEAR": ("CAST(substr({}, 1, 4) AS INTEGER)", "int"),
    "CALENDAR_MONTH": ("CAST(substr({}, 6, 2) AS INTEGER)", "int"),
    "DAY_IN_MONTH": ("CAST(substr({}, 9, 2) AS INTEGER)", "int"),
    "HOUR_IN_DAY": ("CAST(substr({}, 12, 2) AS INTEGER)", "int"),
    "DAY_ONLY": ("substr({}, 1, 10)", "date"),
}
_NAME_FIELDS = (
    "Id",
    "Name",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "Title",
    "Username",
    "Alias",
    "IsActive",
)
"""What can be asked of a parent that may be of several objects, beside its Type."""


@dataclass(frozen=True)
class Expression:
    sql: str
    field: Field


class Scope:
    """`schema` is what the asking user sees of the org, `today` the day that date literals count from."""

    def __init__(
        self, schema: Schema, today: date, text: str, select: soql.Select, aliases: Iterator[int]
    ) -> None:
        self.schema, self.today, self.text, self.select = schema, today, text, select
        self._aliases = aliases
        self.sobject = self._source(select.source)
        self.alias = self._next_alias()
        self.joins: list[str] = []
        self._joined: dict[tuple[str, ...], list[tuple[SObject, str]]] = {(): [(self.sobject, self.alias)]}

    def _source(self, name: Token) -> SObject:
        found = self.schema.sobject(name)
        if found is None or "queryable" not in found.abilities:
            raise self.error(
                name,
                "INVALID_TYPE",
                f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
                "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
                "appropriate names.",
            )
        return found

    def _next_alias(self) -> str:
        return f"t{next(self._aliases)}"

    def error(self, at: Token | None, code: str, message: str) -> SalesforceError:
        return soql.point(self.text, at, code, message)

    def unexpected(self, name: Token) -> SalesforceError:
        return self.error(name, "MALFORMED_QUERY", f"unexpected token: '{name}'")

    def steps(self, path: soql.Path) -> tuple[Token, ...]:
        """A path's names without a leading alias or object name."""
        names = path.names
        own = {self.sobject.name.lower(), (self.select.alias or "").lower()}
        return names[1:] if len(names) > 1 and names[0].lower() in own else names

    def expression(self, item: soql.Path | soql.Call, use: str = "") -> Expression:
        """A field or a function of one as SQL; `use` is the ability (f, s, g) that the place asks of the field."""
        if isinstance(item, soql.Path):
            return self.path(item, use)
        name = item.name.upper()
        if item.argument is None or name not in AGGREGATES | _DATE_PARTS.keys():
            raise self.unexpected(item.name)
        inner = self.path(item.argument)
        if inner.field.compound:
            message = f"field {inner.field.name} does not support function {name}"
            raise self.error(item.name, "MALFORMED_QUERY", message)
        if name in _DATE_PARTS:
            template, kind = _DATE_PARTS[name]
            return Expression(
                template.format(inner.sql), Field(str(item.name), kind, str(item.name), use="fsg")
            )
        if not name.startswith("COUNT") and "a" not in inner.field.use:
            message = f"field {inner.field.name} does not support aggregate operator {name}"
            raise self.error(item.name, "MALFORMED_QUERY", message)
        if name in ("SUM", "AVG") and inner.field.type not in NUMBERS:
            message = f"field {inner.field.name} does not support aggregate operator {name}"
            raise self.error(item.name, "MALFORMED_QUERY", message)
        kind = inner.field.type if name in ("MIN", "MAX") else "double"
        sql = f"COUNT(DISTINCT {inner.sql})" if name == "COUNT_DISTINCT" else f"{name}({inner.sql})"
        return Expression(sql, Field(str(item.name), kind, str(item.name), use="fs"))

    def path(self, path: soql.Path, use: str = "") -> Expression:
        names = self.steps(path)
        *steps, last = names
        targets = self.join(tuple(steps))
        if len(targets) > 1:
            return self._of_several(targets, last)
        sobject, alias = targets[0]
        found = sobject.field(last)
        if found is None:
            raise self._no_such_column(last, sobject.name)
        # A compound address may be filtered by distance alone, which is not offered here.
        if use and (use not in found.use or found.compound):
            verb = {"f": "filtered", "s": "sorted", "g": "grouped"}[use]
            message = f"field '{found.name}' can not be {verb} in a query call"
            raise self.error(last, "INVALID_FIELD", message)
        return Expression(f"{alias}.{quoted(found.name)}", found)

    def _of_several(self, targets: list[tuple[SObject, str]], last: Token) -> Expression:
        if last.lower() == "type":
            return Expression(_kind_of(targets), Field("Type", "string", "Type", use="fsg"))
        name = next((each for each in _NAME_FIELDS if each.lower() == last.lower()), None)
        having = [
            (sobject.fields[name.lower()], alias) for sobject, alias in targets if name and sobject.has(name)
        ]
        if not having:
            raise self._no_such_column(last, "Name")
        return Expression(coalesce(f"{alias}.{quoted(each.name)}" for each, alias in having), having[0][0])

    def _no_such_column(self, name: Token, entity: str) -> SalesforceError:
        message = (
            f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to "
            "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
            "appropriate names."
        )
        return self.error(name, "INVALID_FIELD", message)

    def relationship(self, steps: tuple[Token, ...]) -> Field:
        """The reference field that the last of these relationships follows."""
        step = steps[-1]
        for sobject, _ in self.join(steps[:-1]):
            for each in sobject.visible():
                if each.parent and each.parent.lower() == step.lower():
                    return each
        raise self._no_relationship(step)

    def _no_relationship(self, step: Token) -> SalesforceError:
        message = (
            f"Didn't understand relationship '{step}' in field path. If you are attempting to use a custom "
            "relationship, be sure to append the '__r' after the custom relationship name. Please reference your "
            "WSDL or the describe call for the appropriate names."
        )
        return self.error(step, "INVALID_FIELD", message)

    def join(self, steps: tuple[Token, ...]) -> list[tuple[SObject, str]]:
        """The tables that a chain of relationships leads to, several where the last may lead to several objects."""
        key = tuple(step.lower() for step in steps)
        if key in self._joined:
            return self._joined[key]
        reference = self.relationship(steps)
        parents = self.join(steps[:-1])
        if len(parents) > 1:
            message = f"Didn't understand relationship '{steps[-1]}' in field path."
            raise self.error(steps[-1], "INVALID_FIELD", message)
        own = f"{parents[0][1]}.{quoted(reference.name)}"
        targets = [
            (found, self._next_alias()) for each in reference.to if (found := self.schema.sobject(each))
        ]
        if not targets:
            raise self._no_relationship(steps[-1])
        for sobject, alias in targets:
            self.joins.append(f" LEFT JOIN {quoted(sobject.name)} {alias} ON {alias}.{quoted('Id')} = {own}")
        self._joined[key] = targets
        return targets

    def narrowed(self, relationship: Token, kind: Token) -> tuple[Token, Token]:
        """The steps to a parent of several objects as far as it is one of them, as TYPEOF asks for it."""
        found = next(
            (each for each in self.join((relationship,)) if each[0].name.lower() == kind.lower()), None
        )
        if found is None:
            message = f"Entity '{kind}' is not a valid type for relationship '{relationship}'"
            raise self.error(kind, "INVALID_FIELD", message)
        # No relationship is called like this, so the steps cannot be mistaken for others.
        step = Token.new_borrow_pos("NAME", f"#{kind.lower()}", kind)
        self._joined[relationship.lower(), step] = [found]
        return relationship, step


def coalesce(expressions: Iterable[str]) -> str:
    listed = list(expressions)
    return listed[0] if len(listed) == 1 else f"COALESCE({', '.join(listed)})"


def type_of(targets: list[tuple[SObject, str]]) -> str:
    cases = " ".join(
        f"WHEN {alias}.{quoted('Id')} IS NOT NULL THEN '{sobject.name}'" for sobject, alias in targets
    )
    return f"CASE {cases} END"


def _kind_of(targets: list[tuple[SObject, str]]) -> str:
    """What `Type` says of a parent: its object, but of a group what sort of group it is, such as Queue."""
    groups = [alias for sobject, alias in targets if sobject.name == "Group"]
    return coalesce([*(f"{alias}.{quoted('Type')}" for alias in groups), type_of(targets)])
