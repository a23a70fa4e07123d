"""What our account may do in Salesforce: who it is, what the day's calls allow, and what the published syncs need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.identity import identity, tracked
from sync.errors import NotFoundError
from sync.looking.check import Check
from sync.looking.external_id import external_id_check
from sync.looking.needs import Need, field_checks, history_check
from sync.settings import SalesforceSettings

SYNCED_OBJECTS = ("Lead",)
"""Objects that a sync creates, each of which needs a field for the SPOTIO id."""


def look(settings: SalesforceSettings, needs: Sequence[Need] = ()) -> list[Check]:
    """Raises what a sign-in raises. `needs` are the fields of the published syncs."""
    with SalesforceApi(settings) as api:
        checks = [*_account(api), _calls(api, settings)]
        described: dict[str, Mapping[str, Any]] = {}
        for sobject in settings.objects:
            try:
                found = api.describe(sobject)
            except NotFoundError as error:
                checks.append(Check(f"salesforce {sobject}", "failed", str(error)))
                continue
            if found is not None:
                described[sobject] = found.answer
        for sobject in SYNCED_OBJECTS:
            if sobject in described:
                checks.append(external_id_check(sobject, described[sobject]))
        checks += field_checks(needs, described)
        watched = {need.sobject for need in needs if need.watched}
        checks += history_check(
            needs, {sobject: tracked(api, sobject) for sobject in watched & described.keys()}
        )
    return checks


def _account(api: SalesforceApi) -> list[Check]:
    found = identity(api)
    where = api.client.session().base_url
    who = f"{found.name} ({found.username})" if found.username else "a user that it does not name"
    return [
        Check("salesforce", "ok", f"Signed in as {who} at {where}."),
        Check("salesforce org", "ok", f"The org is {found.told}."),
    ]


def _calls(api: SalesforceApi, settings: SalesforceSettings) -> Check:
    api.server_time()  # raises when no more is left than the reserve
    meter = api.client.meter
    if meter.used is None or meter.allowance is None:
        return Check(
            "salesforce calls", "ok", "Salesforce does not tell our account how many calls are left today."
        )
    ours = meter.allowance - meter.used - settings.reserve
    text = (
        f"{meter.used:,} of {meter.allowance:,} calls used today; {max(ours, 0):,} are left to Fieldline, "
        f"{settings.reserve:,} to others."
    )
    return Check("salesforce calls", "ok" if ours > meter.allowance // 20 else "warning", text)
