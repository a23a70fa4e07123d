"""Columns hidden from a role, and everywhere else the same value would show.

A mask names one column of one table, or all of them: `spotio.record.f_100006`, `salesforce.lead.email`,
`salesforce.contact.*`. The value then also leaves the views that show the column under its readable name, the
history of its changes, the field history of the source, and the event facts that are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data import literals
from data.schema import quoted
from data.store import Store
from data.trees import Node, parsed

Key = tuple[str, str]  # schema and table, in lower case

_VALUE = ("spotio.record.value", "salesforce.opportunity.amount")
_RESULT = ("spotio.activity.resultid",)
_VERIFIED = ("spotio.activity.verified", "spotio.activity.distance")
_PLACE = {"territory_id": ("spotio.record.territoryid",), "type_id": ("spotio.record.typeid",)}
# What is made from the mirror: table -> its column -> the columns behind it, with their tables
# (data/events.py and data/kpi say how).
_MADE_FROM: Mapping[Key, Mapping[str, tuple[str, ...]]] = {
    ("history", "event"): {
        "user_id": ("spotio.activity.ownerid", "spotio.record.ownerid", "spotio.appointment.ownerid"),
        "by_user_id": (
            "spotio.activity.ownerid",
            "spotio.record.createdbyid",
            "spotio.appointment.createdbyid",
        ),
        "happened_at": ("spotio.activity.date", "spotio.record.createdat"),
        "local_day": ("spotio.activity.date", "spotio.record.createdat"),
        "local_hour": ("spotio.activity.date", "spotio.record.createdat"),
        "received_at": ("spotio.activity.createdat",),
        "template_id": ("spotio.activity.activitytemplateid", "spotio.appointment.activitytemplateid"),
        "result_id": ("spotio.activity.resultid",),
        "verification": ("spotio.activity.verified", "spotio.activity.distance"),
        "distance": ("spotio.activity.distance",),
        "from_stage_id": ("spotio.activity.fromstageid", "spotio.record.stageid"),
        "to_stage_id": ("spotio.activity.tostageid", "spotio.record.stageid"),
        "stage_id": ("spotio.activity.tostageid", "spotio.record.stageid"),
        "due_at": ("spotio.appointment.date",),
        "due_day": ("spotio.appointment.date",),
        "value": ("spotio.record.value",),
        "type_id": ("spotio.record.typeid",),
        "territory_id": ("spotio.record.territoryid",),
    },
    ("kpi", "sale"): {"value": _VALUE, "lead_territory_id": ("spotio.record.territoryid",), **_PLACE},
    ("kpi", "appointment"): {
        "sold_value": _VALUE,
        **dict.fromkeys(("due_at", "due_day", "due_hour"), ("spotio.appointment.date",)),
        "template_id": ("spotio.appointment.activitytemplateid",),
        **dict.fromkeys(
            (
                "result_id",
                "run",
                "sat",
                "no_show",
                "cancelled",
                "rescheduled",
                "outcome",
                "cycle_sat",
            ),
            _RESULT,
        ),
        **_PLACE,
    },
    ("kpi", "move"): {
        "from_stage_id": ("spotio.activity.fromstageid", "spotio.record.stageid"),
        "to_stage_id": ("spotio.activity.tostageid", "spotio.record.stageid"),
        **_PLACE,
    },
    ("kpi", "visit"): {
        "verification": _VERIFIED,
        "template_id": ("spotio.activity.activitytemplateid",),
        **dict.fromkeys(("result_id", "contact", "unclassified"), _RESULT),
        **_PLACE,
    },
    ("kpi", "door"): {
        **dict.fromkeys(("verified", "not_verified", "not_verifiable"), _VERIFIED),
        **dict.fromkeys(("contact", "unclassified"), _RESULT),
        **_PLACE,
    },
    ("kpi", "day"): {
        **dict.fromkeys(("verified", "not_verified", "not_verifiable", "verified_doors"), _VERIFIED),
        **dict.fromkeys(("contact_doors", "unclassified_doors"), _RESULT),
        **_PLACE,
    },
}


def view_definition(store: Store, schema: str, view: str) -> Node:
    """The SELECT of a view, as a tree."""
    sql = store.rows(
        "select sql from duckdb_views() where schema_name = $schema and view_name = $view and not internal",
        {"schema": schema, "view": view},
    )[0]["sql"]
    return parsed(store, sql[sql.index(" AS ") + len(" AS ") :].rstrip(";"))


@dataclass(frozen=True)
class Masks:
    """The masks of one scope, spread to every column of a table that shows the same value."""

    hidden: frozenset[tuple[str, str, str]]  # schema, table, column or "*", all in lower case

    @classmethod
    def of(cls, store: Store, masks: frozenset[str]) -> Masks:
        named = {tuple(mask.lower().split(".", 2)) for mask in masks}
        hidden = {(parts[0], parts[1], parts[2]) for parts in named if len(parts) == 3}
        if any(schema == "spotio" and table.startswith("record") for schema, table, _ in hidden):
            hidden |= _through_views(store, hidden)
            hidden |= _twins(store, hidden)
            hidden |= _through_views(store, hidden)
        return cls(frozenset(hidden))

    def whole(self, key: Key) -> bool:
        """Whether nothing of the table may be seen."""
        return (*key, "*") in self.hidden

    def names(self, key: Key) -> frozenset[str]:
        """The table's hidden columns, in lower case."""
        return frozenset(column for schema, table, column in self.hidden if (schema, table) == key)

    def expressions(self, key: Key, columns: Mapping[str, str]) -> dict[str, str]:
        """What stands in the place of a column that is hidden, or hidden in part: column -> SQL."""
        if not self.hidden:
            return {}
        names = self.names(key)
        gone = {name for name in columns if name.lower() in names or self._behind(key, name)}
        result: dict[str, str] = {}
        if key == ("history", "change"):
            result = {name: self._without_keys(name) for name in ("before", "after")}
        elif key == ("spotio", "activity"):
            result = self._field_diff()
        elif key[0] == "salesforce":
            gone |= {name for name in columns if name.lower() in self._of_parent(key[1])}
            result = self._field_history(key[1], columns)
        if "_digest" in columns and (gone or result):
            gone.add("_digest")  # a digest of few unknown values can be turned back by trying them all
        return result | {name: f"null::{columns[name]}" for name in gone}

    def _behind(self, key: Key, column: str) -> bool:
        """Whether a hidden column is behind one that is made from others."""
        for source in _MADE_FROM.get(key, {}).get(column, ()):
            schema, table, name = source.split(".")
            if (schema, table, name) in self.hidden or self.whole((schema, table)):
                return True
        return False

    def _without_keys(self, column: str) -> str:
        """`before` or `after` of history.change without the values of hidden columns."""
        cases = []
        for key in sorted({(schema, table) for schema, table, _ in self.hidden}):
            cases.append((key, self.names(key)))
        cases += [(("salesforce", table), names) for table, names in self._history_tables()]
        whens = " ".join(
            f"when system = {literals.text(schema)} and object = {literals.text(table)} then"
            f" {_filtered(column, names)}"
            for (schema, table), names in cases
        )
        return f"case {whens} else {quoted(column)} end" if whens else quoted(column)

    def _history_tables(self) -> list[tuple[str, frozenset[str]]]:
        """The field histories of Salesforce objects with hidden columns, and what of them shows such values."""
        found = []
        for table in sorted({table for schema, table, _ in self.hidden if schema == "salesforce"}):
            names = self.names(("salesforce", table)) | {"oldvalue", "newvalue"}
            found += [(f"{table}{suffix}", names) for suffix in ("history", "fieldhistory")]
        return found

    def _of_parent(self, table: str) -> frozenset[str]:
        for suffix in ("fieldhistory", "history"):
            if table.endswith(suffix):
                return self.names(("salesforce", table.removesuffix(suffix)))
        return frozenset()

    def _field_history(self, table: str, columns: Mapping[str, str]) -> dict[str, str]:
        names = self._of_parent(table)
        if not names or "Field" not in columns:
            return {}
        hides = "true" if "*" in names else literals.one_of('lower("Field")', names)
        return {
            name: f"case when not coalesce({hides}, true) then {quoted(name)} end"
            for name in ("OldValue", "NewValue")
            if name in columns
        }

    def _field_diff(self) -> dict[str, str]:
        """A record's field diff names the field by its id, or by the name of a fixed one."""
        names = self.names(("spotio", "record"))
        if not names:
            return {}
        fields = {name.removeprefix("f_") for name in names}
        hides = "true" if "*" in names else literals.one_of("lower(fieldDiff->>'reference')", fields)
        return {"fieldDiff": f"case when not coalesce({hides}, true) then fieldDiff end"}


def _filtered(column: str, names: frozenset[str]) -> str:
    """A JSON object without the keys `names`, whatever their case."""
    if "*" in names:
        return "null"
    kept = f"list_filter(json_keys({quoted(column)}), lambda key: lower(key) not in {_tuple(names)})"
    value = f"{quoted(column)} -> ('/' || replace(replace(key, '~', '~0'), '/', '~1'))"
    pairs = f"list_transform({kept}, lambda key: to_json(key)::varchar || ':' || ({value})::varchar)"
    return f"case when {quoted(column)} is not null then ('{{' || array_to_string({pairs}, ',') || '}}')::json end"


def _tuple(names: frozenset[str]) -> str:
    return "(" + ", ".join(literals.text(name) for name in sorted(names)) + ")"


def _through_views(store: Store, hidden: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """A column of spotio.record and its readable name in a view are hidden together, whichever was named."""
    found = set()
    views = store.rows(
        "select view_name as name from duckdb_views() where schema_name = 'spotio' and view_name like 'record%'"
        " and not internal"
    )
    for view in views:
        name = view["name"].lower()
        for item in view_definition(store, "spotio", view["name"])["statements"][0]["node"]["select_list"]:
            beneath = item["column_names"][-1].lower()
            twins = {("spotio", "record", beneath), ("spotio", name, (item["alias"] or beneath).lower())}
            if twins & hidden:
                found |= twins
    return found


def _twins(store: Store, hidden: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """A system field of SPOTIO stands in a fixed column and in one of its own: `value` and `f_<its id>`."""
    tables = store.rows(
        "select 1 from information_schema.tables where table_schema = 'spotio' and table_name = 'field'"
    )
    if not tables:
        return set()
    pairs = store.rows(
        "select lower(systemRole) as fixed, 'f_' || fieldId as own from spotio.field where systemRole is not null"
    )
    names = {column for schema, table, column in hidden if (schema, table) == ("spotio", "record")}
    found = {row["own"] for row in pairs if row["fixed"] in names}
    found |= {row["fixed"] for row in pairs if row["own"] in names}
    return {("spotio", "record", column) for column in found}
