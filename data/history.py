"""A mirrored table as it was at any moment: its present rows with every later change put back.

What counts is when a change was recorded here: the answer is what a copy of the mirror, taken at that moment, held.
(A change bears the time at which its page was taken up; it was committed a little later.) The internal digest of
a row is not kept for the past and is null there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from data import literals
from data.errors import QueryRefusedError
from data.schema import quoted
from data.store import Store

# Operations of a merge carry values, except an insert; those that only mark a record carry none. A merge also says
# that the source shows the record, and moves _pulled_at.
_BY_MERGE = "(operation = 'insert' or before is not null)"
_OF_VISIBILITY = f"(operation = 'not_visible' or operation = 'visible' or {_BY_MERGE})"


def as_of_relation(store: Store, system: str, table: str, moment: datetime) -> str:
    """A SELECT, without parameters, of the rows of `system`.`table` as the mirror held them at `moment`.

    Columns are named and typed as they are now; one that cannot hold a value it once had is text. Rows first seen
    after `moment` are absent. Raises QueryRefusedError when there is no such table.
    """
    types = _columns(store, system, table)
    key = next((name for name in types if name.lower() == "id"), None)
    if key is None:
        raise QueryRefusedError(f"There is no mirrored table {system}.{table}.")
    at = literals.moment(moment)
    # The order in which changes were written; their recorded_at can be equal.
    changes = (
        "select *, rowid as position from history.change"
        f" where system = {literals.text(system)} and object = {literals.text(table)}"
    )
    later = f"{changes} and recorded_at > {at}"
    changed = _changed_columns(store, later, types)
    first_values = "".join(
        f", arg_min(before, position) filter (where json_exists(before, {_pointer(name)})) as v{number}"
        for number, name in enumerate(changed)
    )
    shown = {name: f"m.{quoted(name)}" for name in types} | {
        "_pulled_at": "case when b.merged then e.pulled_at else m._pulled_at end",
        "_deleted_at": "case b.gone when 'delete' then null when 'undelete' then e.deleted_at else m._deleted_at end",
        "_not_visible_at": "case when b.seen then e.not_visible_at else m._not_visible_at end",
        "_digest": "null::varchar",
    }
    for number, (name, kind) in enumerate(changed.items()):
        value = _typed(f"b.v{number}", name, kind)
        shown[name] = f"case when b.v{number} is null then m.{quoted(name)}::{kind} else {value} end"
    columns = ", ".join(f"{shown[name]} as {quoted(name)}" for name in types)
    return (
        f"with later as ({later}), back as (select id, bool_or(operation = 'insert') as born,"
        f" bool_or({_BY_MERGE}) as merged, bool_or({_OF_VISIBILITY}) as seen,"
        " arg_min(operation, position) filter (where operation in ('delete', 'undelete')) as gone"
        f"{first_values} from later group by id),"
        " earlier as (select id, arg_max(changed_at, position) filter (where operation = 'delete') as deleted_at,"
        " arg_max_null(case when operation = 'not_visible' then changed_at end, position)"
        f" filter (where {_OF_VISIBILITY}) as not_visible_at,"
        f" arg_max(recorded_at, position) filter (where {_BY_MERGE}) as pulled_at"
        f" from ({changes} and recorded_at <= {at} and id in (select id from back where not born)) group by id)"
        f" select {columns} from {system}.{quoted(table)} m"
        f" left join back b on b.id = m.{quoted(key)} left join earlier e on e.id = m.{quoted(key)}"
        " where b.born is not true"
    )


def _columns(store: Store, system: str, table: str) -> dict[str, str]:
    rows = store.rows(
        "select column_name, data_type from information_schema.columns where table_schema = $schema"
        " and table_name = $name and table_catalog = current_database() order by ordinal_position",
        {"schema": system, "name": table},
    )
    return {row["column_name"]: row["data_type"] for row in rows}


def _changed_columns(store: Store, later: str, types: Mapping[str, str]) -> dict[str, str]:
    """The columns that changed later, each with a type that holds all its values of that time."""
    rows = store.rows(
        f"select distinct unnest(json_keys(before)) as name from ({later}) where before is not null"
    )
    names = {row["name"] for row in rows}
    changed = {name: kind for name, kind in types.items() if name in names}
    typed = [name for name, kind in changed.items() if kind not in ("VARCHAR", "JSON")]
    if not typed:
        return changed
    misfits = ", ".join(
        f"bool_or(before ->> {_pointer(name)} is not null and try_cast({_value('before', name, changed[name])}"
        f" as {changed[name]}) is null)::boolean as {quoted(name)}"
        for name in typed
    )
    found = store.rows(f"select {misfits} from ({later})")[0]
    return {name: "VARCHAR" if found.get(name) else kind for name, kind in changed.items()}


def _value(document: str, name: str, kind: str) -> str:
    """A value of a JSON document, as what a cast to `kind` takes."""
    nested = kind.endswith("[]") or kind.startswith(("STRUCT", "MAP"))
    return f"({document} {'->' if nested else '->>'} {_pointer(name)})"


def _typed(document: str, name: str, kind: str) -> str:
    """A value of `before`, as the column would hold it had it been of that type then."""
    plain = f"({document} ->> {_pointer(name)})"
    if kind == "JSON":
        return f"case when {plain} is not null then {document} -> {_pointer(name)} end"
    if kind != "VARCHAR":
        return f"{_value(document, name, kind)}::{kind}"
    # A column that became text was cast; JSON writes some numbers, and lists, in another way than such a cast.
    return (
        f"case json_type({document}, {_pointer(name)}) when 'DOUBLE' then {plain}::double::varchar"
        f" when 'ARRAY' then ({document} -> {_pointer(name)})::varchar[]::varchar else {plain} end"
    )


def _pointer(name: str) -> str:
    """A JSON pointer to a key, as a literal."""
    return literals.text("/" + name.replace("~", "~0").replace("/", "~1"))
