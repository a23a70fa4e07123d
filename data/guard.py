"""What a reader may run: one SELECT over the mirror and the log, nothing else.

The store's owner can do everything in its one process, so a statement is read with DuckDB's own parser before
it runs: only known tables, known kinds of expressions and known functions pass. Everything else is refused,
also what is new and unknown. The configuration, and with it every secret, is out of reach.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

from data.errors import QueryRefusedError
from data.store import Store

READABLE_SCHEMAS = frozenset({"spotio", "salesforce", "salesscreen", "history", "kpi", "sync"})
_HIDDEN_TABLES = frozenset({("sync", "write")})
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
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
# Functions that tell of the process or its files, change state, or reach another table by a name in text.
_REFUSED_FUNCTIONS = frozenset(
    {
        "getenv", "getvariable", "current_setting", "nextval", "currval", "setseed", "write_log",
        "current_database", "current_schemas", "current_schema", "txid_current", "pg_typeof", "sleep_ms",
        "json_execute_serialized_sql", "json_serialize_plan", "query", "query_table", "read_text", "read_blob",
        "parse_duckdb_log_message", "in_search_path", "shobj_description", "obj_description", "col_description",
        "pg_get_viewdef", "pg_get_constraintdef", "error", "add_parquet_key",
    }
)  # fmt: skip


def checked(store: Store, sql: str) -> str:
    """The statement, when a reader may run it; raises QueryRefusedError with the reason in one sentence."""
    statement = sql.strip().rstrip(";").strip()
    if not statement:
        raise QueryRefusedError("There is no statement to run. Write a SELECT.")
    tree = _parsed(store, statement)
    names = _common_tables(store, tree)
    for node in _nodes(tree):
        _check(store, node, names)
    return statement


def _parsed(store: Store, statement: str) -> dict[str, Any]:
    with store.cursor() as cursor:
        try:
            text = cursor.execute("select json_serialize_sql($sql)", {"sql": statement}).fetchall()[0][0]
        except duckdb.Error as error:
            raise QueryRefusedError(f"The statement cannot be read: {error}") from error
    try:
        tree: dict[str, Any] = json.loads(text)
    except RecursionError as error:
        raise QueryRefusedError("The statement is nested too deeply. Write it flatter.") from error
    if tree.get("error"):
        said = str(tree.get("error_message", ""))
        if "Only SELECT" in said:
            raise QueryRefusedError("Only SELECT can be run here; nothing was changed.")
        raise QueryRefusedError(f"The statement cannot be read: {said}")
    if len(tree["statements"]) != 1:
        raise QueryRefusedError("One statement at a time: this text holds several, and none was run.")
    return tree


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the tree."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _common_tables(store: Store, tree: Any) -> frozenset[str]:
    """The names given by WITH, which stand for no table of the store.

    A name counts in the whole statement, also where WITH does not reach; so it must be one that means nothing
    there: neither a file, which has a dot or a slash, nor a table or view of DuckDB's own.
    """
    names = set()
    for node in _nodes(tree):
        common = node.get("cte_map")
        if isinstance(common, dict):
            names |= {str(entry["key"]).lower() for entry in common.get("map", [])}
    for name in sorted(names):
        if not _PLAIN_NAME.fullmatch(name) or name in _built_in(store):
            raise QueryRefusedError(f"'{name}' cannot be used as a name after WITH. Choose a plain word.")
    return frozenset(names)


def _check(store: Store, node: Mapping[str, Any], common: frozenset[str]) -> None:
    kind = node.get("type")
    if "function_name" in node:
        _check_function(store, node)
    if not isinstance(kind, str):
        return
    if "class" in node:
        if node["class"] not in _EXPRESSIONS:
            raise QueryRefusedError(f"An expression of the kind {kind} cannot be used here.")
    elif kind == "BASE_TABLE":
        _check_table(store, node, common)
    elif kind == "TABLE_FUNCTION":
        name = str((node.get("function") or {}).get("function_name", "")).lower()
        if name not in _TABLE_FUNCTIONS:
            raise QueryRefusedError(
                f"Nothing can be read from {name}() here; only from tables of the mirror and the log."
            )
    elif kind not in _PARTS:
        raise QueryRefusedError("Only SELECT over the tables of the mirror and the log can be run here.")


def _check_function(store: Store, node: Mapping[str, Any]) -> None:
    name = str(node["function_name"]).lower()
    if name in _REFUSED_FUNCTIONS or (name not in _known_functions(store) and name not in _TABLE_FUNCTIONS):
        raise QueryRefusedError(f"The function {name}() cannot be used here.")


def _check_table(store: Store, node: Mapping[str, Any], common: frozenset[str]) -> None:
    schema, table = str(node.get("schema_name") or "").lower(), str(node.get("table_name") or "").lower()
    catalog = str(node.get("catalog_name") or "").lower()
    if not schema and not catalog and table in common:
        return
    if catalog and catalog != _catalog(store):
        raise QueryRefusedError(f"There is no database '{catalog}' here.")
    if schema not in READABLE_SCHEMAS or (schema, table) in _HIDDEN_TABLES:
        shown = f"{schema}.{table}" if schema else table
        readable = ", ".join(sorted(READABLE_SCHEMAS))
        raise QueryRefusedError(
            f"'{shown}' cannot be read from here. Name a table with its schema, one of {readable}."
        )
    if not store.rows(
        "select 1 from information_schema.tables where lower(table_schema) = $schema and lower(table_name) = $table",
        {"schema": schema, "table": table},
    ):
        # Else DuckDB would look for a file or a variable of that name.
        raise QueryRefusedError(f"There is no table {schema}.{table}.")


@cache
def _known_functions(store: Store) -> frozenset[str]:
    rows = store.rows(
        "select distinct function_name as name from duckdb_functions()"
        " where function_type in ('scalar', 'aggregate', 'macro', 'window') and schema_name in ('main', 'pg_catalog')"
    )
    return frozenset(row["name"].lower() for row in rows)


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
