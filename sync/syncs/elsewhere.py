"""What is to be said of an id that a sync's plan holds nothing of: no id, another thing, erased, waiting, or never mirrored."""

from __future__ import annotations

import re
from typing import Any

from data.kpi.settings import has_table
from data.store import Store
from data.syncs import links
from sync.engine.definition import SYSTEM_NAMES, Definition, Side

# Key prefixes of the standard objects (reference: Salesforce Help, "Standard Field Record ID Prefix Decoder").
_PREFIXES = {
    "00Q": "Lead", "001": "Account", "003": "Contact", "006": "Opportunity", "005": "User", "00G": "Group",
    "00T": "Task", "00U": "Event", "701": "Campaign", "500": "Case",
}  # fmt: skip
_FORMS = {
    Side.SPOTIO: (re.compile(r"[0-9a-f]{24}"), "24 digits and letters from a to f"),
    Side.SALESFORCE: (re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?"), "15 or 18 digits and letters"),
}
_PARTS = ("activity", "appointment", "user")  # SPOTIO's, whose ids people may take for a record's


def not_looked_at(store: Store, made: Definition, side: Side, id: str) -> dict[str, Any]:
    """The first failure, as `why` tells it, of an id that is in none of the sync's frames."""
    kind = _kind(store, made, side, id)
    if kind is not None:
        mine = made.type_name if side is Side.SPOTIO else made.sobject
        change = f"Ask for the id of {_a(mine)}, or use a sync of its type."
        return failure("type", f"It is {_a(kind)}; {made.sync} syncs {mine} records.", kind, change)
    form, described = _FORMS[side]
    if not form.fullmatch(id):
        return _misshapen(side, id, described)
    object = "record" if side is Side.SPOTIO else made.sobject.lower()
    if _any(store, "history.erased", "system = $system and object = $object and id = $id", system=str(side), object=object, id=id):  # fmt: skip
        return failure("erased", "This person was erased here; no sync looks at them.", None, "")
    owner = next(
        (link["sync"] for link in links.find(store, str(side), id) if link["state"] in links.LIVE), None
    )
    if owner not in (None, made.sync):
        text = f"It is linked by {owner}, and a record belongs to one sync."
        return failure(
            "another_sync", text, owner, f"Unlink it from {owner} first, if {made.sync} is to have it."
        )
    key, table = ("id", "spotio.record") if side is Side.SPOTIO else ('"Id"', f'salesforce."{object}"')
    if _any(store, table, f"{key} = $id", id=id):
        text = "How its last write ended is not known, or not read back yet."
        return failure("apply", text, None, "Wait for the next run.")
    system = SYSTEM_NAMES[side]
    return failure(
        "mirrored", f"{system} has shown us no such record.", None,
        f"Check the id; if it is right, see whether our account in {system} may see it, then run `fieldline pull`.",
    )  # fmt: skip


def _misshapen(side: Side, id: str, described: str) -> dict[str, Any]:
    if _FORMS[side.other][0].fullmatch(id):
        text = f"'{id}' has the form of an id of {SYSTEM_NAMES[side.other]}."
        return failure("id", text, id, f"Ask for {side.other}:{id}.")
    text = f"'{id}' is no id of a record of {SYSTEM_NAMES[side]}, which has {described}."
    return failure("id", text, id, "Copy the id from the record's address.")


def _any(store: Store, table: str, condition: str, **values: str) -> bool:
    return bool(store.rows(f"select 1 from {table} where {condition} limit 1", values))  # noqa: S608 (names of ours)


def _kind(store: Store, made: Definition, side: Side, id: str) -> str | None:
    """What the id is of, where that is something that the sync does not hold."""
    if side is Side.SALESFORCE:
        found = _PREFIXES.get(id[:3])
        return None if found in (None, made.sobject) else found
    rows = store.rows(
        "select t.name from spotio.record r left join spotio.record_type t on t.id = r.typeId where r.id = $id",
        {"id": id},
    )
    if rows:
        return None if rows[0]["name"] == made.type_name else str(rows[0]["name"])
    for part in _PARTS:
        if has_table(store, "spotio", part) and _any(store, f"spotio.{part}", "id = $id", id=id):
            return part
    return None


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def failure(step: str, text: str, seen: str | None, change: str) -> dict[str, Any]:
    """A first failure outside the engine's own steps."""
    return {
        "step": step,
        "clause": None,
        "seen": seen,
        "change": change,
        "text": text,
        "code": step,
        "field": None,
    }
