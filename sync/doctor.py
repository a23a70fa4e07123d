"""Can it work? Each check says what was looked at, whether it is well, and what to do if not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from data.errors import StoreError, StoreOwnedError
from data.store import Store, StoreLimits, path_of
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.spotio.api import SpotioApi
from sync.errors import FieldlineError, NotFoundError
from sync.settings import Settings

_LEAST_FREE_MB = 500


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
                api.describe(sobject)
            except NotFoundError as error:
                checks.append(Check(f"salesforce {sobject}", "failed", str(error)))
    return checks


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
