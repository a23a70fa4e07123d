"""What a reader may run: one SELECT over the mirror and the log, limited to what they may see.

The store's owner can do everything in its one process, so a statement is read with DuckDB's own parser before
it runs: only known tables, known kinds of expressions and known functions pass. Everything else is refused,
also what is new and unknown. Then each table whose rows or columns the reader's scope limits is exchanged for the
part of it that they may see, and the tree is turned back into a statement. The configuration, and with it every
secret, is out of reach.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from data.access import EVERYTHING, READABLE_SCHEMAS, Reach, Scope
from data.errors import QueryRefusedError
from data.functions import (
    CALLABLE,
    COMPARED_MAX,
    COMPARING_TEXTS,
    FILLED_MAX,
    FILLING_UP,
    TABLE_FUNCTIONS,
)
from data.masks import Key
from data.store import Store
from data.trees import Node, nodes, parsed, replaced, subquery, table_of, text_of

__all__ = ["READABLE_SCHEMAS", "checked"]

STATEMENT_MAX = 100_000  # characters
# The kinds of table references, query nodes and modifiers that DuckDB's parser writes for a plain SELECT.
_PARTS = frozenset(
    {
        "SUBQUERY", "JOIN", "EMPTY", "EMPTY_FROM", "TABLE_FUNCTION", "EXPRESSION_LIST", "PIVOT",
        "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
        "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER", "DISTINCT_MODIFIER",
        "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
        # What a literal or a cast says of its type: 1.5, '{}'::json, x::varchar[].
        "DECIMAL_TYPE_INFO", "LIST_TYPE_INFO", "ARRAY_TYPE_INFO", "STRUCT_TYPE_INFO", "UNBOUND_TYPE_INFO",
    }
)  # fmt: skip
_EXPRESSIONS = frozenset(
    {
        "AGGREGATE", "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
        "FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
    }
)  # fmt: skip
_PLAIN_NAME = re.compile("[a-z_][a-z0-9_]*")


def checked(store: Store, sql: str, scope: Scope = EVERYTHING, as_of: datetime | None = None) -> str:
    """The statement to run in the place of `sql`: the same one where nothing is limited.

    With `as_of`, its tables are as they were at that moment. Raises QueryRefusedError with the reason in one sentence.
    """
    statement = sql.strip().rstrip(";").strip()
    if not statement:
        raise QueryRefusedError("There is no statement to run. Write a SELECT.")
    if len(statement) > STATEMENT_MAX:
        raise QueryRefusedError(f"The statement is longer than {STATEMENT_MAX:,} characters.")
    if scope.role == "rep":
        raise QueryRefusedError("SQL is not for reps; your own numbers are on your own page.")
    tree = parsed(store, statement)
    common = _common_tables(store, tree)
    reach = Reach(store, scope, as_of, sealed=True)
    for node in nodes(tree):
        _check(store, node, common, reach)
    return _limited(store, tree, common, reach) or statement


def _limited(store: Store, tree: Node, common: frozenset[str], reach: Reach) -> str | None:
    """The statement with its limited tables exchanged, or None when nothing in it is limited."""
    stand_ins: dict[Key, Node | None] = {}
    for node in nodes(tree):
        key = table_of(node)
        if node.get("type") == "BASE_TABLE" and not _is_common(node, common) and key not in stand_ins:
            sql = reach.restriction(*key)
            stand_ins[key] = subquery(store, sql) if sql else None
    limited = frozenset(key for key, node in stand_ins.items() if node is not None)
    shortened = _shorten(tree)
    if not limited and not shortened:
        return None
    aliases = _aliases(tree, limited)
    _rename_references(tree, limited, aliases, _catalog(store))

    def stand_in(node: Node) -> Node | None:
        found = None if _is_common(node, common) else stand_ins.get(table_of(node))
        if found is not None and not node.get("alias") and table_of(node) in aliases:
            node["alias"] = aliases[table_of(node)]
        return found

    exchanged = replaced(tree, stand_in)
    text = text_of(store, exchanged)
    # The text is read again: it must reach the same tables as often as the tree it was written from, and no other.
    if _reached(parsed(store, text)) != _reached(exchanged):
        raise QueryRefusedError("The statement cannot be limited to what you may see. Write it more plainly.")
    return text


def _reached(tree: Node) -> Counter[tuple[str, str, str]]:
    return Counter(
        (str(node.get("catalog_name") or "").lower(), *table_of(node))
        for node in nodes(tree)
        if node.get("type") == "BASE_TABLE"
    )


def _is_common(node: Mapping[str, Any], common: frozenset[str]) -> bool:
    """Whether a table reference means a name given by WITH."""
    schema, table = table_of(dict(node))
    return not schema and not node.get("catalog_name") and table in common


def _aliases(tree: Node, limited: frozenset[Key]) -> dict[Key, str]:
    """Names for tables of two schemas that are called alike, as `spotio.user` and `salesforce.user` are.

    A table without an alias goes by its own name, which as a subquery's alias would mean both.
    """
    bare = {
        table_of(node) for node in nodes(tree) if node.get("type") == "BASE_TABLE" and not node.get("alias")
    }
    names = Counter(table for _, table in bare)
    return {key: ".".join(key) for key in bare & limited if names[key[1]] > 1}


def _rename_references(tree: Node, limited: frozenset[Key], aliases: Mapping[Key, str], catalog: str) -> None:
    """Turn `schema.table.column` into `table.column`: a subquery is known by its alias only."""
    for node in nodes(tree):
        names = node.get("column_names")
        if node.get("class") != "COLUMN_REF" or not isinstance(names, list):
            continue
        start = 1 if len(names) > 3 and names[0].lower() == catalog else 0
        if len(names) < start + 3:
            continue
        key = (names[start].lower(), names[start + 1].lower())
        if key in limited:
            node["column_names"] = [aliases.get(key, names[start + 1]), *names[start + 2 :]]


def _shorten(tree: Node) -> bool:
    """Cut what functions are given that nothing interrupts, to what ends soon; say whether there was any."""
    found = False
    for node in nodes(tree):
        name = str(node.get("function_name", "")).lower()
        if name in COMPARING_TEXTS:
            node["children"] = [_bounded("left", child, COMPARED_MAX) for child in node["children"]]
            found = True
        elif name in FILLING_UP and len(node["children"]) > 1:
            node["children"][1] = _bounded("least", node["children"][1], FILLED_MAX)
            found = True
    return found


def _bounded(function: str, expression: Node, limit: int) -> Node:
    """`function(expression, limit)` as a node."""
    constant: Node = {
        "class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0,
        "value": {"type": {"id": "INTEGER", "type_info": None}, "is_null": False, "value": limit},
    }  # fmt: skip
    return {
        "class": "FUNCTION", "type": "FUNCTION", "alias": "", "query_location": 0, "function_name": function,
        "schema": "", "children": [expression, constant], "filter": None,
        "order_bys": {"type": "ORDER_MODIFIER", "orders": []}, "distinct": False, "is_operator": False,
        "export_state": False, "catalog": "",
    }  # fmt: skip


def _common_tables(store: Store, tree: Any) -> frozenset[str]:
    """The names given by WITH, which stand for no table of the store.

    A name counts in the whole statement, also where WITH does not reach; so it must be one that means nothing
    there: neither a file, which has a dot or a slash, nor a table or view of DuckDB's own.
    """
    names = set()
    for node in nodes(tree):
        common = node.get("cte_map")
        if isinstance(common, dict):
            names |= {str(entry["key"]).lower() for entry in common.get("map", [])}
    for name in sorted(names):
        if not _PLAIN_NAME.fullmatch(name) or name in _built_in(store):
            raise QueryRefusedError(f"'{name}' cannot be used as a name after WITH. Choose a plain word.")
    return frozenset(names)


def _check(store: Store, node: Node, common: frozenset[str], reach: Reach) -> None:
    kind = node.get("type")
    if "function_name" in node:
        _check_function(node)
    if not isinstance(kind, str):
        return
    if "class" in node:
        if node["class"] not in _EXPRESSIONS:
            raise QueryRefusedError(f"An expression of the kind {kind} cannot be used here.")
    elif kind == "BASE_TABLE":
        _check_table(store, node, common, reach)
    elif kind == "TABLE_FUNCTION":
        name = str((node.get("function") or {}).get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise QueryRefusedError(
                f"Nothing can be read from {name}() here; only from tables of the mirror and the log."
            )
    elif kind not in _PARTS:
        raise QueryRefusedError("Only SELECT over the tables of the mirror and the log can be run here.")


def _check_function(node: Node) -> None:
    name = str(node["function_name"]).lower()
    schema = str(node.get("schema") or "main").lower()
    if name not in CALLABLE or schema not in ("main", "pg_catalog") or node.get("catalog"):
        raise QueryRefusedError(f"The function {name}() cannot be used here.")


def _check_table(store: Store, node: Node, common: frozenset[str], reach: Reach) -> None:
    if _is_common(node, common):
        return
    catalog = str(node.get("catalog_name") or "").lower()
    if catalog and catalog != _catalog(store):
        raise QueryRefusedError(f"There is no database '{catalog}' here.")
    if node.get("at_clause"):
        raise QueryRefusedError("AT cannot be used here. Ask for the whole statement as of a moment instead.")
    reach.admit(table_of(node))


@cache
def _built_in(store: Store) -> frozenset[str]:
    """Names that mean a table or view of DuckDB's own, wherever they stand."""
    rows = store.rows(
        "select view_name as name from duckdb_views() where internal"
        " union select table_name from information_schema.tables where table_schema = 'main'"
    )
    return frozenset(row["name"].lower() for row in rows)


@cache
def _catalog(store: Store) -> str:
    return str(store.rows("select current_database() as name")[0]["name"]).lower()
