"""A SELECT as the tree that DuckDB's own parser writes, and back: read, walked and changed as plain JSON.

The parser is the one that runs the statement afterwards, so nothing can be read here in one way and there in
another. A changed tree is turned back into text by DuckDB too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import duckdb

from data.complaints import in_a_sentence
from data.errors import QueryRefusedError
from data.store import Store

Node = dict[str, Any]


def parsed(store: Store, statement: str) -> Node:
    """The tree of one SELECT; raises QueryRefusedError for anything else."""
    with store.cursor() as cursor:
        try:
            text = cursor.execute("select json_serialize_sql($sql)", {"sql": statement}).fetchall()[0][0]
        except (duckdb.Error, UnicodeError) as error:
            raise QueryRefusedError(f"The statement cannot be read. {in_a_sentence(str(error))}") from error
    try:
        tree: Node = json.loads(text)
    except RecursionError as error:
        raise QueryRefusedError("The statement is nested too deeply. Write it flatter.") from error
    if tree.get("error"):
        said = str(tree.get("error_message", ""))
        if "Only SELECT" in said:
            raise QueryRefusedError("Only SELECT can be run here; nothing was changed.")
        raise QueryRefusedError(f"The statement cannot be read. {in_a_sentence(said)}")
    if len(tree["statements"]) != 1:
        raise QueryRefusedError("One statement at a time: this text holds several, and none was run.")
    return tree


def text_of(store: Store, tree: Node) -> str:
    """The statement that a tree stands for."""
    with store.cursor() as cursor:
        try:
            rows = cursor.execute(
                "select json_deserialize_sql($tree::json)", {"tree": json.dumps(tree)}
            ).fetchall()
        except duckdb.Error as error:
            raise QueryRefusedError(
                f"The statement cannot be limited to what you may see: {error}"
            ) from error
    return str(rows[0][0])


def nodes(value: Any) -> Iterator[Node]:
    """Every object of a tree."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def table_of(node: Node) -> tuple[str, str]:
    """Schema and name of a BASE_TABLE node, in lower case."""
    return str(node.get("schema_name") or "").lower(), str(node.get("table_name") or "").lower()


def subquery(store: Store, sql: str) -> Node:
    """`(sql)` as a node that can stand where a table stood."""
    node: Node = parsed(store, f"select * from ({sql})")["statements"][0]["node"]["from_table"]
    return node


def replaced(value: Any, stand_in: Callable[[Node], Node | None]) -> Any:
    """A copy of a tree with each BASE_TABLE node exchanged for what `stand_in` gives for it, unless that is None.

    What was put in is not looked at again.
    """
    if isinstance(value, list):
        return [replaced(item, stand_in) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "BASE_TABLE":
        found = stand_in(value)
        if found is not None:
            return {
                **found,
                "alias": value.get("alias") or value["table_name"],
                "sample": value.get("sample"),
                "column_name_alias": value.get("column_name_alias") or [],
            }
    return {key: replaced(item, stand_in) for key, item in value.items()}
