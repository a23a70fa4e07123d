"""The records of both systems as the engine is given them: flags, and a text column for each column asked for.

Names. SPOTIO: a field of the workflow by its id, kept in the mirror as f_<id> (the field of type `address` is the pin's
address); built-in columns as in _SPOTIO_COLUMNS. Salesforce: API names, and paths over references (Owner.Name,
RecordType.DeveloperName, Area__r.Name), whatever of the objects they lead to is mirrored. A column that the mirror
lacks is null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from data.literals import one_of
from data.schema import quoted
from data.syncs.texts import as_text

_SPOTIO_COLUMNS = {"stage": "stageId", "owner": "ownerId", "territory": "territoryId"}
_PATH_MAX = 4  # Account.Owner.Manager.Name; Salesforce allows five references, and nobody maps that far


@dataclass(frozen=True)
class MirrorShape:
    """What the mirror has: the columns of its tables with their types, and what is known of the fields behind them."""

    columns: Mapping[
        tuple[str, str], Mapping[str, tuple[str, str]]
    ]  # (system, table) -> lower-case name -> (name, type)
    refers_to: Mapping[
        tuple[str, str], tuple[str, ...]
    ]  # (object, field) of Salesforce -> tables that it refers to
    spotio_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # field id -> {type, role}

    def has(self, system: str, table: str) -> bool:
        return (system, table) in self.columns

    def column(self, system: str, table: str, name: str) -> tuple[str, str] | None:
        """A column as (quoted name, type), None when the mirror lacks it."""
        found = self.columns.get((system, table), {}).get(name.lower())
        return (quoted(found[0]), found[1]) if found else None


def shape(cursor: duckdb.DuckDBPyConnection) -> MirrorShape:
    """Look what the mirror has."""
    columns: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for schema, table, name, kind in cursor.execute(
        "select schema_name, table_name, column_name, lower(data_type) from duckdb_columns()"
        " where database_name = current_database() and schema_name in ('spotio', 'salesforce')"
        " and table_name in (select table_name from duckdb_tables() where schema_name in ('spotio', 'salesforce'))"
    ).fetchall():
        columns.setdefault((schema, table), {})[name.lower()] = (name, kind)
    refers_to: dict[tuple[str, str], tuple[str, ...]] = {}
    spotio_fields: dict[str, dict[str, str]] = {}
    for system, object, name, kind, told in cursor.execute(
        "select system, object, name, source_type, detail::varchar from sync.field where gone_at is null and"
        " (system = 'salesforce' and source_type = 'reference' or system = 'spotio' and object = 'record')"
    ).fetchall():
        detail = json.loads(told or "{}")
        if system == "salesforce":
            refers_to[object.lower(), name.lower()] = tuple(t.lower() for t in detail.get("referenceTo", ()))
        else:
            spotio_fields[name] = {"type": str(kind).lower(), "role": str(detail.get("systemRole", ""))}
    return MirrorShape(columns, refers_to, spotio_fields)


def spotio_column(name: str) -> str:
    """The mirror's column of what the engine calls `name`: the id of a field, or what every record has."""
    return f"f_{name}" if name.isdecimal() else _SPOTIO_COLUMNS.get(name, name)


def spotio_sql(
    mirror: MirrorShape, names: Iterable[str], where: str, integration_users: Iterable[str] = ()
) -> str:
    """The SPOTIO records that meet a condition over `r`, with SPOTIO_FLAGS and the named columns.

    Who made a record: Fieldline by its own journal, never by the user alone; else as data/queries/event_derive.sql
    tells origins. An outside id that Fieldline wrote is not a native one (N-01).
    """
    if not mirror.has("spotio", "record"):
        nothing = ["id", "_origin", "_native_id", *dict.fromkeys(names)]
        return _nothing(nothing)
    outside = mirror.column("spotio", "record", "externalDataObjectId")
    held = f"r.{outside[0]}" if outside else "null::varchar"
    ours = "select salesforce_id from sync.write where system = 'spotio' and kind = 'create' and state in ('intended', 'unknown', 'done') and salesforce_id is not null"
    made = "select record_id from sync.write where system = 'spotio' and kind = 'create' and state = 'done' and record_id is not null"
    columns = [
        f"{_spotio_column(mirror, name)} as {quoted(name)}" for name in dict.fromkeys(names) if name != "id"
    ]
    return "select " + ", ".join(
        [
            "r.id",
            "r._deleted_at is not null as _deleted",
            "r._not_visible_at is null as _visible",
            f"case when coalesce(r.id in ({made}), false) or coalesce({held} in ({ours}), false) then 'fieldline'"
            " when r.source ilike 'import' then 'import' when r.source ilike 'api' then 'integration'"
            f" when {one_of('r.createdById', integration_users)} then 'integration' else 'human' end as _origin",
            f"case when coalesce({held} in ({ours}), false) then null else nullif({held}, '') end as _native_id",
            *columns,
        ]
    ) + f" from spotio.record r where {where}"  # fmt: skip


def _spotio_column(mirror: MirrorShape, name: str) -> str:
    if name == "lossReasons":
        return _loss_reasons(mirror)
    is_address = mirror.spotio_fields.get(name, {}).get("type") == "address"
    column = "address" if is_address else spotio_column(name)
    found = mirror.column("spotio", "record", column)
    return as_text(f"r.{found[0]}", found[1]) if found else "null::varchar"


def _loss_reasons(mirror: MirrorShape) -> str:
    """Why a record is lost: what was told with the move to the stage that it is in now."""
    if not mirror.has("spotio", "activity"):
        return "null::varchar"
    return (
        "(select nullif(array_to_string(arg_max(a.lossReasons, a.date), ';'), '') from spotio.activity a"
        " where lower(a.type) = 'transition' and a.dataObjectId = r.id and a.toStageId = r.stageId and a._deleted_at is null)"
    )


def salesforce_sql(
    mirror: MirrorShape, table: str, names: Iterable[str], where: str, external_id: str | None = None
) -> str:
    """The Salesforce records of a table that meet a condition over `r`, with SALESFORCE_FLAGS and the named columns."""
    if not mirror.has("salesforce", table):
        return _nothing(["id", "_merged_into", "_spotio_id", *dict.fromkeys(names)], "_converted")
    joins = _Joins(mirror)

    def plain(name: str | None, otherwise: str = "null::varchar") -> str:
        found = mirror.column("salesforce", table, name) if name else None
        return f"r.{found[0]}" if found else otherwise

    columns = [
        f"{joins.text(table, name)} as {quoted(name)}" for name in dict.fromkeys(names) if name != "id"
    ]
    return "select " + ", ".join(
        [
            "r.Id as id",
            "r._deleted_at is not null as _deleted",
            "r._not_visible_at is null as _visible",
            f"{plain('MasterRecordId')} as _merged_into",
            f"coalesce(try_cast({plain('IsConverted', 'false')} as boolean), false) as _converted",
            f"nullif({plain(external_id)}, '') as _spotio_id",
            *columns,
        ]
    ) + f" from salesforce.{quoted(table)} r {joins.sql()} where {where}"  # fmt: skip


def paths(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """The columns that paths end in, by the relationship that they begin with: {"Owner": {"Name"}}."""
    found: dict[str, set[str]] = {}
    for name in names:
        first, dot, rest = name.partition(".")
        if dot:
            found.setdefault(first, set()).add(rest)
    return {first: frozenset(rest) for first, rest in found.items()}


def reference(mirror: MirrorShape, table: str, relationship: str) -> tuple[str, tuple[str, ...]] | None:
    """The column behind a relationship's name, and the mirrored tables that it leads to; None when there is no such."""
    name = f"{relationship[:-1]}c" if relationship.lower().endswith("__r") else f"{relationship}Id"
    column = mirror.column("salesforce", table, name)
    if column is None:
        return None
    targets = mirror.refers_to.get((table, name.lower()), ())
    if name.lower() == "recordtypeid":
        targets = ("recordtype",)
    return column[0], tuple(target for target in targets if mirror.has("salesforce", target))


class _Joins:
    """The joins that a query's paths need, each made once."""

    def __init__(self, mirror: MirrorShape) -> None:
        self._mirror = mirror
        self._aliases: dict[tuple[str, str], str] = {}
        self._joins: list[str] = []

    def sql(self) -> str:
        return " ".join(self._joins)

    def text(self, table: str, name: str, alias: str = "r", depth: int = 0) -> str:
        """A column or a path from a table, as text; of several objects behind a reference the one that is there."""
        first, dot, rest = name.partition(".")
        if not dot:
            found = self._mirror.column("salesforce", table, name)
            return as_text(f"{alias}.{found[0]}", found[1]) if found else "null::varchar"
        behind = reference(self._mirror, table, first)
        if behind is None or depth >= _PATH_MAX:
            return "null::varchar"
        column, targets = behind
        found_ones = [
            self.text(target, rest, self._alias(alias, column, target), depth + 1) for target in targets
        ]
        return f"coalesce({', '.join(found_ones)})" if found_ones else "null::varchar"

    def _alias(self, alias: str, column: str, target: str) -> str:
        key = (f"{alias}.{column}", target)
        if key not in self._aliases:
            new = f"j{len(self._aliases) + 1}"
            self._aliases[key] = new
            self._joins.append(f"left join salesforce.{quoted(target)} {new} on {new}.Id = {alias}.{column}")
        return self._aliases[key]


def _nothing(texts: Sequence[str], *flags: str) -> str:
    """No rows, in the shape that a mirrored table would give."""
    booleans = ("_deleted", "_visible", *flags)
    parts = [f"null::varchar as {quoted(name)}" for name in dict.fromkeys(texts)]
    parts += [f"null::boolean as {quoted(name)}" for name in booleans]
    return f"select {', '.join(parts)} where false"
