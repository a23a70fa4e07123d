"""What the configuration holds of a person who is to be erased.

Their own saved queries are made nobody's, or go when nobody else could see them. The rest is listed and left: who may
sign in, and who changed what, is for an admin to decide.
"""

from __future__ import annotations

import re

import duckdb

from data.persons import Person
from data.schema import mirror_tables, quoted
from data.store import Store

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_THEIRS = "(list_contains($addresses, lower(owner)) or list_contains($addresses, lower(saved_by)))"


def listed(store: Store, person: Person) -> dict[str, int]:
    """How many rows of each table of the configuration hold an e-mail address of the person and are left."""
    addresses = _addresses(store, person)
    if not addresses:
        return {}
    tables = store.rows(
        "select table_name as name from duckdb_tables() where schema_name = 'config' order by table_name"
    )
    found = {}
    for name in (table["name"] for table in tables):
        left = f"not {_THEIRS}" if name == "saved_query" and person.object == "user" else "true"
        sql = (
            f"select count(*) as n from config.{quoted(name)} t where {left} and exists"
            " (select 1 from unnest($addresses) a(address) where contains(lower(to_json(t)::varchar), address))"
        )
        if count := store.rows(sql, {"addresses": addresses})[0]["n"]:
            found[f"config.{name}"] = int(count)
    return found


def saved_queries(store: Store, person: Person) -> int:
    """How many versions of saved queries bear the person's address as their owner or author."""
    if person.object != "user":
        return 0
    sql = f"select count(*) as n from config.saved_query where {_THEIRS}"
    return int(store.rows(sql, {"addresses": _addresses(store, person)})[0]["n"])


def anonymise(cursor: duckdb.DuckDBPyConnection, store: Store, person: Person) -> None:
    """Take the person off their saved queries; those that they shared with nobody go."""
    if person.object != "user":
        return
    params = {"addresses": _addresses(store, person)}
    cursor.execute(
        "delete from config.saved_query where list_contains($addresses, lower(owner))"
        " and id not in (select id from config.saved_query where shared)",
        params,
    )
    cursor.execute(
        "update config.saved_query set"
        " owner = case when list_contains($addresses, lower(owner)) then $nobody else owner end,"
        " saved_by = case when list_contains($addresses, lower(saved_by)) then $nobody else saved_by end"
        f" where {_THEIRS}",
        {**params, "nobody": f"erased person {person.id}"},
    )


def _addresses(store: Store, person: Person) -> list[str]:
    """The e-mail addresses in the person's own row, in lower case."""
    for table in mirror_tables(store, person.system):
        if table.name == person.object:
            sql = f"select * from {table.qualified} where {quoted(table.key)} = $id"
            values = [value for row in store.rows(sql, {"id": person.id}) for value in row.values()]
            return sorted({str(value).lower() for value in values if _ADDRESS.fullmatch(str(value))})
    return []
