"""Can it work? Each check says what was looked at, whether it is well, and what to do if not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from data.errors import StoreError, StoreOwnedError
from data.store import Store, StoreLimits, path_of
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.spotio.api import SpotioApi
from sync.errors import FieldlineError, NotFoundError
from sync.settings import Settings

_LEAST_FREE_MB = 500
SYNCED_OBJECTS = ("Lead",)
"""Objects that a sync creates, each of which needs a field for the SPOTIO id."""
EXTERNAL_ID = "SPOTIO_Id__c"
_EXTERNAL_ID_LENGTH = 24  # a SPOTIO id is 24 hexadecimal characters


@dataclass(frozen=True)
class Check:
    """One look: `state` is ok, warning, failed or off (not set up)."""

    name: str
    state: str
    text: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which a person would repair."""
    checks = [_store(settings), _disk(settings)]
    for system, look in _LOOKS.items():
        missing = settings.missing(system)
        if missing:
            checks.append(Check(system, "off", f"Not set up: {', '.join(missing)} missing."))
            continue
        try:
            checks += look(settings)
        except FieldlineError as error:
            checks.append(Check(system, "failed", str(error)))
    return checks


def _store(settings: Settings) -> Check:
    try:
        with Store.open(settings.store, StoreLimits(settings.store_memory_mb, settings.store_temp)) as store:
            return Check("store", "ok", f"{store.path} opens, version {store.schema_version()}.")
    except StoreOwnedError as error:
        return Check("store", "ok", f"{error.path} is in use by process {error.pid}.")
    except StoreError as error:
        return Check("store", "failed", str(error))


def _disk(settings: Settings) -> Check:
    try:
        folder = path_of(settings.store).absolute().parent
        free = shutil.disk_usage(folder).free // 1_000_000
    except (OSError, StoreError) as error:
        return Check(
            "disk", "failed", f"The store's folder cannot be read: {error}. Choose another with --store."
        )
    if free < _LEAST_FREE_MB:
        return Check("disk", "warning", f"Only {free:,} MB are free in {folder}. Free some space.")
    return Check("disk", "ok", f"{free:,} MB free.")


def _spotio(settings: Settings) -> list[Check]:
    with SpotioApi(settings.spotio) as api:
        workflow = api.workflow()
        types = ", ".join(str(d["name"]) for d in workflow["dataObjects"])
        count = api.record_count()
    shown = "" if count is None else f" and {count:,} records"
    return [Check("spotio", "ok", f"Signed in at {settings.spotio.url}; it shows the types {types}{shown}.")]


def _salesforce(settings: Settings) -> list[Check]:
    with SalesforceApi(settings.salesforce) as api:
        api.server_time()
        meter = api.client.meter
        checks = [
            Check(
                "salesforce",
                "ok",
                f"Signed in at {settings.salesforce.url}; {meter.used:,} of {meter.allowance:,} calls used today."
                if meter.used is not None and meter.allowance is not None
                else f"Signed in at {settings.salesforce.url}.",
            )
        ]
        for sobject in settings.salesforce.objects:
            try:
                described = api.describe(sobject)
            except NotFoundError as error:
                checks.append(Check(f"salesforce {sobject}", "failed", str(error)))
                continue
            if described is not None and sobject in SYNCED_OBJECTS:
                checks.append(external_id_check(sobject, described.answer))
    return checks


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
        "long enough": int(field.get("length") or 0) >= _EXTERNAL_ID_LENGTH,
        "unique": bool(field["unique"]),
        "an external id": bool(field["externalId"]),
    }
    return " and not ".join(what for what, is_so in wanted.items() if not is_so)


def _salesscreen(settings: Settings) -> list[Check]:
    # Its API has no call that reads, and a write would show on somebody's board.
    return [
        Check(
            "salesscreen",
            "ok",
            f"A key is set for {settings.salesscreen.url}; it is proven by the first count sent.",
        )
    ]


_LOOKS: dict[str, Callable[[Settings], list[Check]]] = {
    "spotio": _spotio,
    "salesforce": _salesforce,
    "salesscreen": _salesscreen,
}
