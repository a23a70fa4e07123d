"""The SPOTIO stand-in: the tenant behind its API, and what the sandbox's controls can see and do."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp

from sync.sandbox.clock import Clock
from sync.sandbox.spotio import activity_shapes, native, shapes
from sync.sandbox.spotio.background import Background
from sync.sandbox.spotio.errors import SpotioError
from sync.sandbox.spotio.file_exports import FileExports
from sync.sandbox.spotio.http import SpotioApp
from sync.sandbox.spotio.jobs import BulkJobs
from sync.sandbox.spotio.mass import MassChanges
from sync.sandbox.spotio.paging import Cursors
from sync.sandbox.spotio.parse import optional_text, texts
from sync.sandbox.spotio.rest import (
    activities,
    appointments,
    bulk_jobs,
    families,
    file_exports,
    filters,
    mass,
    people,
    record_types,
    records,
    search,
    teams,
    templates,
    territories,
    webhooks,
    workflow,
)
from sync.sandbox.spotio.stamps import stamp
from sync.sandbox.spotio.store import Row
from sync.sandbox.spotio.tenant import Tenant
from sync.sandbox.spotio.tokens import Tokens
from sync.sandbox.spotio.webhooks import Faults, Webhooks
from sync.sandbox.standin import Refused

_MODULES = (
    people,
    teams,
    territories,
    workflow,
    templates,
    record_types,
    search,
    records,
    families,
    mass,
    bulk_jobs,
    activities,
    appointments,
    filters,
    file_exports,
    webhooks,
)
_FAR_SIGHTED: Row = {"id": "0", "role": "Admin"}
"""The controls see everything, as an administrator does."""


class SpotioStandIn:
    """Serves a tenant that has its people already: its first administrator is who made the API key."""

    name = "spotio"
    company_id = "1"

    def __init__(
        self,
        tenant: Tenant,
        faults: Faults | None = None,
        *,
        client_id: str | None = None,
        secret: str | None = None,
    ) -> None:
        self.tenant = tenant
        self.client_id = client_id or secrets.token_hex(8)
        self.secret = secret or secrets.token_urlsafe(24)
        owner = tenant.people.first_admin()
        self.key_owner_id: str | None = owner["id"] if owner else None
        self.tokens = Tokens(tenant.clock)
        self.cursors = Cursors(tenant.clock)
        self.background = Background(tenant.clock)
        self.jobs = BulkJobs(tenant.store, tenant.records, self.background)
        self.mass_changes = MassChanges(tenant.store, self.background)
        self.file_exports = FileExports(tenant.clock, self.background)
        self.webhooks = Webhooks(tenant.store, faults)
        tenant.store.on_event = self.webhooks.collect
        self.routes = [route for module in _MODULES for route in module.ROUTES]
        self.app: ASGIApp = SpotioApp(self, self.routes)

    @property
    def clock(self) -> Clock:
        return self.tenant.clock

    def state(self, object: str | None, since: datetime | None) -> dict[str, list[Row]]:
        """Live rows by object; `since` keeps those whose updatedAt is that or later."""
        self.background.catch_up()
        readers: dict[str, Callable[[str, tuple[str, ...]], list[Row]]] = {
            "dataObjects": self._records,
            "activities": self._activities,
            "appointments": self._appointments,
            "users": lambda where, values: self.tenant.store.rows("users", where, values, "id"),
            "teams": lambda where, values: self.tenant.store.rows("teams", where, values, "id"),
            "territories": lambda where, values: self.tenant.store.rows("territories", where, values, "id"),
        }
        if object is not None and object not in readers:
            raise Refused(f"{object} is not one of {', '.join(readers)}")
        where, values = ("true", ()) if since is None else ("updatedAt >= ?", (stamp(since),))
        return {name: read(where, values) for name, read in readers.items() if object in (None, name)}

    def token(self, user: str) -> str:
        row = self.tenant.people.find(user)
        if row is None or row["suspended"] or row["status"] != "active":
            raise Refused(f"there is no active SPOTIO user {user}")
        return self.tokens.mint(row["id"])

    def act(self, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
        actions = {
            "log_visit_mobile": self._log_visit_mobile,
            "delete_activity": self._delete_activity,
            "delete_appointment": self._delete_appointment,
            "cancel_appointment": self._cancel_appointment,
            "accept_invite": self._accept_invite,
            "unsuspend": self._unsuspend,
            "merge_records": self._merge_records,
            "purge": self._purge,
            "restore_record": self._restore_record,
            "hide_record": self._hide_record,
            "show_record": self._show_record,
            "set_native_integration": self._set_native_integration,
        }
        if action not in actions:
            raise Refused(f"{action} is not one of {', '.join(actions)}")
        try:
            with self.tenant.store.atomic():
                return actions[action](arguments)
        except SpotioError as error:
            raise Refused(str(error)) from error

    def save(self) -> None:
        self.tenant.save()

    def reset(self) -> None:
        self.tenant.reset()
        for passing in (self.cursors, self.background, self.jobs, self.mass_changes, self.file_exports):
            passing.forget()
        self.webhooks.forget()

    def error_body(self, status: int) -> Any:
        return {"errors": {"_": f"Refused with status {status}."}}

    def _records(self, where: str, values: tuple[str, ...]) -> list[Row]:
        rows = self.tenant.store.rows("records", f"deletedAt is null and {where}", values, "rowid")
        return [shapes.single(self.tenant, row, _FAR_SIGHTED) for row in rows]

    def _activities(self, where: str, values: tuple[str, ...]) -> list[Row]:
        live = "dataObjectId in (select id from records where deletedAt is null)"
        rows = self.tenant.store.rows("activities", f"{live} and {where}", values, "id")
        for row in rows:
            row |= {name: bool(row[name]) for name in ("done", "allDay", "isNote")}
        return rows

    def _appointments(self, where: str, values: tuple[str, ...]) -> list[Row]:
        live = "dataObjectId in (select id from records where deletedAt is null)"
        rows = self.tenant.store.rows("appointments", f"{live} and {where}", values, "id")
        return [
            activity_shapes.appointment(self.tenant, row)
            | {name: row[name] for name in ("originalStartDate", "createdAt", "updatedAt", "updatedById")}
            for row in rows
        ]

    def _actor(self) -> str:
        """Who does what no API user does: the company's administrator."""
        if self.key_owner_id is None:
            raise Refused("the tenant has no administrator")
        return self.key_owner_id

    def _log_visit_mobile(self, arguments: Mapping[str, Any]) -> Row:
        visit = self.tenant.workflow.template_by_role("visit")
        request = {
            "dataObjectId": _needed(arguments, "dataObjectId"),
            "activityTemplateId": visit.id if visit else None,
            "resultId": arguments.get("resultId"),
            "notes": arguments.get("notes"),
            "date": arguments.get("date"),
            "activityLat": arguments.get("lat"),
            "activityLng": arguments.get("lng"),
            "done": True,
        }
        user_id = _needed(arguments, "userId")
        self.tenant.people.user(user_id)
        activity_id = self.tenant.log_activity(user_id, request, mobile=True)
        row = self.tenant.activities.get(activity_id)
        return {"id": activity_id, "verified": row["verified"], "distance": row["distance"]}

    def _delete_activity(self, arguments: Mapping[str, Any]) -> Row:
        activity = self.tenant.activities.get(_needed(arguments, "id"))
        held = self.tenant.store.rows("appointments", "activityId = ?", (activity["id"],))
        if held:
            self.tenant.appointments.delete(held[0]["id"])
        else:
            self.tenant.activities.delete(activity["id"])
        return {"id": arguments["id"]}

    def _delete_appointment(self, arguments: Mapping[str, Any]) -> Row:
        self.tenant.appointments.delete(_needed(arguments, "id"))
        return {"id": arguments["id"]}

    def _cancel_appointment(self, arguments: Mapping[str, Any]) -> Row:
        self.tenant.appointments.cancel(self._actor(), _needed(arguments, "id"))
        return {"id": arguments["id"]}

    def _accept_invite(self, arguments: Mapping[str, Any]) -> Row:
        self.tenant.people.accept_invite(_needed(arguments, "id"))
        return {"id": arguments["id"]}

    def _unsuspend(self, arguments: Mapping[str, Any]) -> Row:
        self.tenant.people.unsuspend(_needed(arguments, "id"))
        return {"id": arguments["id"]}

    def _merge_records(self, arguments: Mapping[str, Any]) -> Row:
        self.tenant.records.merge(self._actor(), _needed(arguments, "winner"), texts(arguments, "losers"))
        return {"id": arguments["winner"]}

    def _purge(self, arguments: Mapping[str, Any]) -> Row:
        return {"purged": self.tenant.records.purge(optional_text(arguments, "id"))}

    def _restore_record(self, arguments: Mapping[str, Any]) -> Row:
        self.tenant.records.restore(self._actor(), _needed(arguments, "id"))
        return {"id": arguments["id"]}

    def _hide_record(self, arguments: Mapping[str, Any]) -> Row:
        """Keep a record from the owner of the API key, whatever their role; no stamp moves."""
        return self._share(_needed(arguments, "id"), [self._actor()])

    def _show_record(self, arguments: Mapping[str, Any]) -> Row:
        """Take that back."""
        return self._share(_needed(arguments, "id"), None)

    def _share(self, record_id: str, hidden_from: list[str] | None) -> Row:
        self.tenant.records.get(record_id)
        self.tenant.store.update("records", record_id, {"hiddenFromIds": hidden_from})
        return {"id": record_id}

    def _set_native_integration(self, arguments: Mapping[str, Any]) -> Row:
        return native.switch(self.tenant, self._actor(), arguments)


def _needed(arguments: Mapping[str, Any], name: str) -> str:
    value = optional_text(arguments, name)
    if value is None:
        raise Refused(f"{name} is missing")
    return value
