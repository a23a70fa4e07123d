"""Why records are not written, as documents: causes with what a page needs to name them, and the records of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.store import Store
from data.syncs import causes, states
from data.syncs.causes import Hidden
from data.syncs.described import Described
from data.syncs.records import spotio_column
from sync.engine.definition import Definition, FieldRule, Side
from sync.syncs.asking import described

# Where Salesforce keeps what has to be changed there, by what it says when it refuses (reference: SOAP API, StatusCode;
# the paths are those of Lightning's set-up).
_SET_UP: Mapping[str, tuple[str, str]] = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": ("its validation rules", "ObjectManager/{object}/ValidationRules/view"),
    "DUPLICATES_DETECTED": ("its duplicate rules", "DuplicateRules/home"),
    "INACTIVE_OWNER_OR_USER": ("its users", "ManageUsers/home"),
    "INSUFFICIENT_ACCESS_OR_READONLY": ("its permission sets", "PermSets/home"),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": ("its permission sets", "PermSets/home"),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": ("its flows and triggers", "Flows/home"),
}  # fmt: skip
_FIELDS = ("its fields", "ObjectManager/{object}/FieldsAndRelationships/view")
_OF_FIELDS = frozenset(
    {
        *("REQUIRED_FIELD_MISSING", "STRING_TOO_LONG", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "NUMBER_OUTSIDE_VALID_RANGE"),
        *("INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        *("not_a_choice", "not_writeable", "required_blank", "required_missing", "too_long"),
    }
)  # fmt: skip


def labels(definitions: Sequence[Definition]) -> list[dict[str, str]]:
    """What the columns of the mapped fields are called, as data.syncs.causes takes it; of two alike the first counts."""
    found: dict[tuple[str, Side, str], dict[str, str]] = {}
    for made in definitions:
        for rule in made.fields:
            for side in Side:
                column = rule.column(side)
                told = {"sync": made.sync, "side": str(side), "column": column.name, "label": column.label, "key": rule.key}  # fmt: skip
                found.setdefault((made.sync, side, column.label), told)
    return list(found.values())


def hidden(definitions: Sequence[Definition], masked: Mapping[str, Sequence[str]]) -> Hidden:
    """What is not told to a reader from whom these columns are hidden: names in lower case by system, * for all of them."""
    names = {Side(side): frozenset(columns) for side, columns in masked.items()}
    if not any(names.values()):
        return causes.NOTHING

    def masks(side: Side, column: str) -> bool:
        held = spotio_column(column) if side is Side.SPOTIO else column
        return bool({"*", held.lower()} & names.get(side, frozenset()))

    keys = [r.key for made in definitions for r in made.fields if any(masks(side, r.column(side).name) for side in Side)]  # fmt: skip
    columns = [
        fill.column.name for made in definitions for fill in made.fills if masks(fill.side, fill.column.name)
    ]
    return Hidden(tuple(dict.fromkeys([*keys, *columns])), wordless=True)


def page(
    store: Store, definitions: Sequence[Definition], url: str, *, sync: str | None, ignored: bool, cause: str | None,
    limit: int, offset: int, hidden: Hidden,
) -> dict[str, Any]:  # fmt: skip
    """`{rows, causes, records, syncs, left_out}`: a page of the causes, how many there are, how many records they keep back, and
    how many causes the reader is not told of.

    A row is as data.syncs.causes gives it, with `newer` (a configuration was published since its sync was planned last), `mapped` (as asking.described tells a field, null for one that is not
    mapped), `label`, `said` (the value as people know it) and `set_up` ({label, url}: where Salesforce keeps what has to be changed).
    """
    fields = labels(definitions)
    rows = causes.listed(
        store, fields, sync, ignored=ignored, cause=cause, limit=limit, offset=offset, hidden=hidden
    )
    number = rows[0]["causes"] if rows else 0
    left_out = 0
    if hidden != causes.NOTHING:
        first = causes.listed(store, fields, sync, ignored=ignored, cause=cause, limit=1)
        left_out = (first[0]["causes"] if first else 0) - number
    rules = {(made.sync, rule.key): rule for made in definitions for rule in made.fields}
    by_name = {made.sync: made for made in definitions}
    planned = {state.sync: state.planned_version for state in states.read_all(store)}
    newer = {name for name, made in by_name.items() if (planned.get(name) or made.version) < made.version}
    known = Described(store)
    return {
        "rows": [
            {**_told(row, rules, by_name.get(row["sync"]), known, url), "newer": row["sync"] in newer}
            for row in rows
        ],
        "causes": number,
        "left_out": left_out,
        "records": rows[0]["records"] if rows else 0,
        "syncs": sorted(by_name),
    }


def _told(
    row: Mapping[str, Any], rules: Mapping[tuple[str, str], FieldRule], made: Definition | None, known: Described, url: str
) -> dict[str, Any]:  # fmt: skip
    rule = rules.get((row["sync"], row["field"] or ""))
    label = _of_pair(row, rule) if rule else _label(row, known, made)
    return {
        **row, "mapped": described(row["sync"], rule.key, rules) if rule else None, "label": label,
        "said": _said(row, rule, made), "set_up": _set_up(row, made, url),
    }  # fmt: skip


def _of_pair(row: Mapping[str, Any], rule: FieldRule) -> str:
    """A mapped field by its label on the side that the cause is about: where a value comes from, or where one is required."""
    if row["system"] is None:
        return rule.spotio.label
    side = Side(row["system"])
    return rule.column(side.other if row["value"] is not None else side).label


def _label(row: Mapping[str, Any], known: Described, made: Definition | None) -> str | None:
    """Fields that are not mapped, by their labels where they have any."""
    field = row["field"]
    if field is None or made is None:
        return str(field) if field else None
    if row["system"] == "salesforce":
        names = {name: each.label for name, each in known.salesforce(made.sobject).items()}
    else:
        names = {id: each.name for id, each in known.types[made.type_id].fields.items()} if made.type_id in known.types else {}  # fmt: skip
    return ", ".join(names.get(each, each) for each in str(field).split(", "))


def _said(row: Mapping[str, Any], rule: FieldRule | None, made: Definition | None) -> str | None:
    """The value that makes the cause; what the checks have seen is told by name already."""
    value = row["value"]
    if value is None or row["stage"] == "checks" or row["system"] is None:
        return str(value) if value is not None else None
    source = rule.column(Side(row["system"]).other) if rule else None
    named = (source.choices or {}).get(value) if source else None
    return named or (made.user_names.get(value) if made else None) or str(value)


def _set_up(row: Mapping[str, Any], made: Definition | None, url: str) -> dict[str, str] | None:
    if row["system"] != "salesforce" or not url:
        return None
    code = row["code"] or ""
    label, path = _SET_UP.get(code) or (
        _FIELDS if code in _OF_FIELDS else ("its set-up", "SetupOneHome/home")
    )
    object = made.sobject if made else "Lead"
    return {"label": label, "url": f"{url}/lightning/setup/{path.format(object=object)}"}


def records(
    store: Store, definitions: Sequence[Definition], url: str, cause: str, *, ignored: bool, after: Any, limit: int,
    hidden: Hidden,
) -> list[dict[str, Any]]:  # fmt: skip
    """A page of the records of a cause, as data.syncs.causes gives them, with Salesforce's own address of each (`url`)."""
    rows = causes.records(
        store, labels(definitions), cause, ignored=ignored, after=after, limit=limit, hidden=hidden
    )
    return [
        {**row, "url": f"{url}/{row['salesforce_id']}" if url and row["salesforce_id"] else None}
        for row in rows
    ]
