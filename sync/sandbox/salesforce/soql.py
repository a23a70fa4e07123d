"""SOQL as a tree: one grammar (soql.lark), the nodes it yields, and errors that point at the place in the query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from sync.sandbox.salesforce.errors import SalesforceError

_CONTEXT_BEFORE, _CONTEXT_AFTER = 60, 40
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Path:
    """A field, with the relationships that lead to it: `Owner.Name`."""

    names: tuple[Token, ...]

    @property
    def text(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True)
class Call:
    """`COUNT(Id)`, `FIELDS(ALL)`, `CALENDAR_YEAR(CloseDate)`; `argument` is None in `COUNT()`."""

    name: Token
    argument: Path | None
    alias: Token | None = None


@dataclass(frozen=True)
class TypeOf:
    """`TYPEOF Who WHEN Lead THEN Company ELSE Name END`: fields of a parent by the object that it is."""

    relationship: Token
    choices: tuple[tuple[Token, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True)
class Value:
    """A literal: kind is text, number, instant, day, null, boolean or a date literal's `dates`."""

    kind: str
    value: Any
    at: Token | None = None


@dataclass(frozen=True)
class Comparison:
    left: Path | Call
    operator: str
    """=, !=, <, <=, >, >= or LIKE"""
    value: Value


@dataclass(frozen=True)
class Membership:
    left: Path | Call
    choices: tuple[Value, ...] | Select
    negated: bool


@dataclass(frozen=True)
class Including:
    """A multi-select picklist holds one of the choices; a choice may ask for several values, `'a;b'`."""

    left: Path | Call
    choices: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True)
class Not:
    condition: Condition


@dataclass(frozen=True)
class Group:
    """Conditions joined by AND or OR."""

    operator: str
    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | Including | Not | Group


@dataclass(frozen=True)
class Ordering:
    by: Path | Call
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Select:
    items: tuple[Item, ...]
    source: Token
    alias: Token | None = None
    where: Condition | None = None
    group: tuple[Path | Call, ...] = ()
    having: Condition | None = None
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0


Item = Path | Call | TypeOf | Select


@lru_cache(maxsize=256)
def parse(text: str) -> Select:
    """The tree of a query; raises MALFORMED_QUERY."""
    try:
        tree = _parser().parse(text)
    except UnexpectedCharacters as error:
        symbol = text[error.pos_in_stream or 0]
        message = f"line {error.line}:{error.column - 1} no viable alternative at character '{symbol}'"
        raise SalesforceError("MALFORMED_QUERY", message) from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise SalesforceError("MALFORMED_QUERY", "unexpected token: '<EOF>'") from None
        raise point(text, error.token, "MALFORMED_QUERY", f"unexpected token: '{error.token}'") from None
    except UnexpectedInput as error:
        raise SalesforceError("MALFORMED_QUERY", str(error)) from None
    return cast(Select, _Nodes().transform(tree))


def point(query: str, at: Token | None, code: str, message: str) -> SalesforceError:
    """An error that shows the query's line with a caret under the token that is wrong."""
    if at is None or at.line is None or at.column is None:
        return SalesforceError(code, message)
    line = query.splitlines()[at.line - 1]
    start = max(0, at.column - 1 - _CONTEXT_BEFORE)
    excerpt = line[start : at.column - 1 + max(_CONTEXT_AFTER, len(at))]
    caret = " " * (at.column - 1 - start) + "^"
    return SalesforceError(
        code, f"\n{excerpt}\n{caret}\nERROR at Row:{at.line}:Column:{at.column}\n{message}"
    )


@cache
def _parser() -> Lark:
    grammar = files("sync.sandbox.salesforce").joinpath("soql.lark").read_text("utf-8")
    return Lark(grammar, start="select", parser="lalr", lexer="contextual")


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1].lower(), found[1]), text, flags=re.DOTALL)


@dataclass(frozen=True)
class _Clause:
    name: str
    value: Any


def _clause(name: str) -> Any:
    return lambda self, children: _Clause(name, children)


class _Nodes(Transformer[Token, Any]):
    """Turns lark's tree into ours, leaves first."""

    def select(self, children: list[Any]) -> Select:
        items, source, *clauses = children
        found = {clause.name: clause.value for clause in clauses}
        return Select(
            items=tuple(items),
            source=source,
            alias=found["alias"][0] if "alias" in found else None,
            where=found["where"][0] if "where" in found else None,
            group=tuple(found.get("group", ())),
            having=found["having"][0] if "having" in found else None,
            order=tuple(found.get("order", ())),
            limit=int(found["limit"][0]) if "limit" in found else None,
            offset=int(found["offset"][0]) if "offset" in found else 0,
        )

    items = list
    alias, where, having, group = _clause("alias"), _clause("where"), _clause("having"), _clause("group")
    order, limit, offset = _clause("order"), _clause("limit"), _clause("offset")

    def path(self, names: list[Token]) -> Path:
        return Path(tuple(names))

    @v_args(inline=True)
    def call(self, name: Token, argument: Path | None = None) -> Call:
        return Call(name, argument)

    @v_args(inline=True)
    def aliased(self, call: Call, alias: Token | None = None) -> Call:
        return Call(call.name, call.argument, alias)

    @v_args(inline=True)
    def subquery(self, select: Select) -> Select:
        return select

    def type_of(self, children: list[Any]) -> TypeOf:
        relationship, *rest = children
        choices = tuple(each for each in rest if isinstance(each, tuple))
        otherwise = next((each.value for each in rest if isinstance(each, _Clause)), ())
        return TypeOf(relationship, choices, tuple(otherwise))

    def when(self, children: list[Any]) -> tuple[Token, tuple[Path, ...]]:
        return children[0], tuple(children[1:])

    otherwise = _clause("otherwise")

    def all(self, conditions: list[Condition]) -> Group:
        return Group("AND", tuple(conditions))

    def any(self, conditions: list[Condition]) -> Group:
        return Group("OR", tuple(conditions))

    @v_args(inline=True)
    def negation(self, condition: Condition) -> Not:
        return Not(condition)

    @v_args(inline=True)
    def compare(self, left: Path | Call, operator: Token, value: Value) -> Comparison:
        return Comparison(left, "!=" if operator == "<>" else str(operator), value)

    @v_args(inline=True)
    def like(self, left: Path | Call, value: Value) -> Comparison:
        return Comparison(left, "LIKE", value)

    def among(self, children: list[Any]) -> Membership:
        return Membership(children[0], tuple(children[1:]), negated=False)

    def not_among(self, children: list[Any]) -> Membership:
        return Membership(children[0], tuple(children[1:]), negated=True)

    @v_args(inline=True)
    def among_selected(self, left: Path | Call, select: Select) -> Membership:
        return Membership(left, select, negated=False)

    @v_args(inline=True)
    def not_among_selected(self, left: Path | Call, select: Select) -> Membership:
        return Membership(left, select, negated=True)

    def includes(self, children: list[Any]) -> Including:
        return Including(children[0], tuple(children[1:]), negated=False)

    def excludes(self, children: list[Any]) -> Including:
        return Including(children[0], tuple(children[1:]), negated=True)

    def ordering(self, children: list[Any]) -> Ordering:
        by, *rest = children
        words = {str(word).upper() for word in rest}
        return Ordering(by, descending="DESC" in words, nulls_last="LAST" in words)

    @v_args(inline=True)
    def nulls(self, edge: Token) -> Token:
        return edge

    @v_args(inline=True)
    def text(self, token: Token) -> Value:
        return Value("text", _unescape(token[1:-1]), token)

    @v_args(inline=True)
    def number(self, token: Token) -> Value:
        return Value("number", float(token) if "." in token else int(token), token)

    @v_args(inline=True)
    def instant(self, token: Token) -> Value:
        return Value("instant", str(token), token)

    @v_args(inline=True)
    def day(self, token: Token) -> Value:
        return Value("day", str(token), token)

    @v_args(inline=True)
    def date_literal(self, name: Token, count: Token | None = None) -> Value:
        return Value("dates", (name.upper(), None if count is None else int(count)), name)

    def null(self, _: list[Any]) -> Value:
        return Value("null", None)

    def true(self, _: list[Any]) -> Value:
        return Value("boolean", True)

    def false(self, _: list[Any]) -> Value:
        return Value("boolean", False)
