"""Whether records of an object can be created with their SPOTIO id (L-05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.looking.check import Check

EXTERNAL_ID = "SPOTIO_Id__c"
_LENGTH = 24  # a SPOTIO id is 24 hexadecimal characters


def external_id_field(described: Mapping[str, Any]) -> str | None:
    """The field of a describe answer that can hold the SPOTIO id (L-05): unique, an external id, text, SPOTIO in its name.

    With several of them `SPOTIO_Id__c` goes first, then the one that comes first by name.
    """
    fitting = [str(field["name"]) for field in _named_spotio(described) if not _unfit(field)]
    return min(fitting, key=lambda name: (name != EXTERNAL_ID, name), default=None)


def external_id_check(sobject: str, described: Mapping[str, Any]) -> Check:
    """Whether records of the object can be created with their SPOTIO id; a warning as long as nothing syncs."""
    name = f"salesforce {sobject} external id"
    field = external_id_field(described)
    named = {str(each["name"]): each for each in _named_spotio(described)}
    if field is None and named:
        candidate = EXTERNAL_ID if EXTERNAL_ID in named else min(named)
        text = (
            f"{sobject}.{candidate} cannot hold the SPOTIO id: it is not {_unfit(named[candidate])}. In Set-up, make it"
            " a text of 36 characters, unique and an external id, before a sync to Salesforce is turned on."
        )
        return Check(name, "warning", text)
    if field is None:
        text = (
            f"{sobject} has no field for the SPOTIO id that our account sees. In Set-up, add {EXTERNAL_ID} (text, 36"
            " characters, unique, external id) and let the account edit it, before a sync to Salesforce is turned on."
        )
        return Check(name, "warning", text)
    barred = [
        what
        for what, may in (
            (f"create {described['labelPlural']}", described["createable"]),
            (f"change {described['labelPlural']}", described["updateable"]),
            (f"set {field} on a new one", named[field]["createable"]),
            (f"set {field} later", named[field]["updateable"]),
        )
        if not may
    ]
    if barred:
        text = (
            f"Our account may not {' or '.join(barred)}. Give it that right in its profile or a permission set, before"
            " a sync to Salesforce is turned on."
        )
        return Check(name, "warning", text)
    return Check(name, "ok", f"{sobject}.{field} holds the SPOTIO id, and our account may set it.")


def _named_spotio(described: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [field for field in described["fields"] if "spotio" in str(field["name"]).lower()]


def _unfit(field: Mapping[str, Any]) -> str:
    """What the field would have to be to hold the SPOTIO id, empty when it is."""
    wanted = {
        "a text": field["type"] == "string",
        "long enough": int(field.get("length") or 0) >= _LENGTH,
        "unique": bool(field["unique"]),
        "an external id": bool(field["externalId"]),
    }
    return " and not ".join(what for what, is_so in wanted.items() if not is_so)
