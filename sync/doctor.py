"""Can it work? Each check says what was looked at, whether it is well, and what to do if not."""

from __future__ import annotations

import shutil

from data.errors import StoreError, StoreOwnedError
from data.store import Store, StoreLimits, path_of
from sync.errors import FieldlineError
from sync.looking import salesforce, salesscreen, spotio
from sync.looking.check import Check
from sync.looking.needs import needs_of
from sync.settings import SYSTEMS, Settings

_LEAST_FREE_MB = 500


def machine(settings: Settings) -> list[Check]:
    """Store and disk, in the order in which a person would repair."""
    return [_store(settings), _disk(settings)]


def systems(settings: Settings, only: str | None = None, store: Store | None = None) -> list[Check]:
    """The three systems, or one of them; with the open store, also what the syncs that are published in it need."""
    checks: list[Check] = []
    for system in (only,) if only else SYSTEMS:
        missing = settings.missing(system)
        if missing:
            text = (
                f"Not set up: {', '.join(missing)} missing. Connect it on the page Connections, or set them."
            )
            checks.append(Check(system, "off", text))
            continue
        try:
            checks += _look(settings, system, store)
        except FieldlineError as error:
            checks.append(Check(system, "failed", str(error)))
    return checks


def _look(settings: Settings, system: str, store: Store | None) -> list[Check]:
    if system == "spotio":
        return spotio.look(settings.spotio, settings.public_url)
    if system == "salesforce":
        needs, unclear = needs_of(store) if store else ([], [])
        return [*salesforce.look(settings.salesforce, needs), *unclear]
    return salesscreen.look(settings.salesscreen)


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
