"""What our API key may do in SPOTIO, and whether SPOTIO sends its events to us."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sync.connectors.spotio.api import SpotioApi
from sync.errors import PermissionMissingError, RejectedError
from sync.looking.check import Check
from sync.settings import SPOTIO_HOOK, SpotioSettings


def look(settings: SpotioSettings, public_url: str) -> list[Check]:
    """Raises what a sign-in raises. `public_url` is where SPOTIO could send its events, empty where there is none."""
    with SpotioApi(settings) as api:
        workflow = api.workflow()
        count = api.record_count()
        return [_signed_in(settings.url, workflow, count), _rights(api), _webhook(api, public_url)]


def _signed_in(url: str, workflow: dict[str, Any], count: int | None) -> Check:
    types = ", ".join(str(d["name"]) for d in workflow["dataObjects"])
    shown = "" if count is None else f" and {count:,} records"
    return Check("spotio", "ok", f"Signed in at {url}; it shows the types {types}{shown}.")


def _rights(api: SpotioApi) -> Check:
    """What is read beside the records, each of which another right may open."""
    asked: Sequence[tuple[str, Callable[[], object]]] = (
        ("users", api.users),
        ("teams", api.teams),
        ("territories", api.territories),
        ("activities", api.activity_count),
    )
    barred = []
    for name, ask in asked:
        try:
            ask()
        except (PermissionMissingError, RejectedError):
            barred.append(name)
    if barred:
        text = f"The key may not read {', '.join(barred)}. Make it as a user with the Admin role."
        return Check("spotio rights", "failed", text)
    return Check("spotio rights", "ok", "The key may read users, teams, territories and activities.")


def _webhook(api: SpotioApi, public_url: str) -> Check:
    name = "spotio webhook"
    if not public_url:
        text = "SPOTIO sends its events nowhere to us: FIELDLINE_PUBLIC_URL is not set. Changes come with the next pull."
        return Check(name, "ok", text)
    try:
        known = api.webhooks()
    except (PermissionMissingError, RejectedError) as error:
        return Check(name, "warning", f"Whether SPOTIO sends its events to us cannot be seen: {error}")
    callback = public_url + SPOTIO_HOOK
    ours = [each for each in known.get("endpoints") or [] if each.get("callback") == callback]
    if any(each.get("active", True) for each in ours):
        return Check(name, "ok", f"SPOTIO sends its events to {callback}.")
    state = "is switched off" if ours else "is not registered"
    text = f"The webhook to {callback} {state} in SPOTIO. Start Fieldline again, which registers it, or look into its log."
    return Check(name, "warning", text)
