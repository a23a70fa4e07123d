"""What the mirrored records hold in a field, counted: for those who set up a sync."""

from __future__ import annotations

from data.kpi.settings import has_table
from data.schema import quoted
from data.store import Store
from data.syncs.records import spotio_column


def holds_value(store: Store, system: str, of: str, column: str, value: str) -> bool:
    """Whether any live record holds the value; `of` is a SPOTIO type's id or a Salesforce object."""
    return value in value_counts(store, system, of, column)


def value_counts(store: Store, system: str, of: str, column: str) -> dict[str, int]:
    """Value -> how many live records hold it, most first; several choices of one record count each. At most 1,000 values."""
    found = _from(store, system, of, column)
    if found is None:
        return {}
    name, where = found
    rows = store.rows(
        f"select value, count(*) as records from (select unnest({_values(store, system, of, name)}) as value {where})"
        " where value is not null and value <> '' group by value order by records desc, value limit 1000",
        {"type": of} if system == "spotio" else {},
    )
    return {row["value"]: row["records"] for row in rows}


def blanks(store: Store, system: str, of: str, column: str) -> tuple[int, int]:
    """How many live records hold nothing in a field, of how many."""
    found = _from(store, system, of, column)
    if found is None:
        return 0, 0
    name, where = found
    row = store.rows(
        f"select count(*) filter ({quoted(name)} is null or trim({quoted(name)}::varchar) in ('', '[]')) as blank,"
        f" count(*) as records {where}",
        {"type": of} if system == "spotio" else {},
    )[0]
    return row["blank"], row["records"]


def longer(store: Store, system: str, of: str, column: str, length: int) -> tuple[int, int]:
    """How many live records hold a longer text than that, and how long the longest is."""
    found = _from(store, system, of, column)
    if found is None:
        return 0, 0
    name, where = found
    row = store.rows(
        f"select count(*) filter (length({quoted(name)}::varchar) > $length) as records,"
        f" max(length({quoted(name)}::varchar)) as longest {where}",
        {"length": length, **({"type": of} if system == "spotio" else {})},
    )[0]
    return row["records"], row["longest"] or 0


def _from(store: Store, system: str, of: str, column: str) -> tuple[str, str] | None:
    """The mirror's column, and the end of a statement over the live records; None when there is nothing mirrored."""
    table = "record" if system == "spotio" else of.lower()
    name = spotio_column(column) if system == "spotio" else column
    if not has_table(store, system, table) or name not in _columns(store, system, table):
        return None
    where = f"from {system}.{quoted(table)} where _deleted_at is null"
    return name, f"{where} and typeId = $type" if system == "spotio" else where


def _values(store: Store, system: str, of: str, name: str) -> str:
    table = "record" if system == "spotio" else of.lower()
    kind = _columns(store, system, table)[name]
    if kind.endswith("[]"):
        return quoted(name)
    return f"[{quoted(name)}::varchar]"


def _columns(store: Store, system: str, table: str) -> dict[str, str]:
    rows = store.lasting(
        ("columns", system, table),
        lambda: store.rows(
            "select column_name as name, data_type as kind from duckdb_columns()"
            " where schema_name = $schema and table_name = $table",
            {"schema": system, "table": table},
        ),
    )
    return {row["name"]: row["kind"].lower() for row in rows}
