"""What happens in an org without the API: merges, purges, late commits, locks, changes by the system."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sync.sandbox.salesforce import drift
from sync.sandbox.salesforce.admin import Admin
from sync.sandbox.salesforce.arguments import Arguments, an_id
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.grants import Grants
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema_acts import SchemaActs
from sync.sandbox.salesforce.sessions import Sessions
from sync.sandbox.salesforce.validation import accept
from sync.sandbox.salesforce.values import parse_instant, wire_instant
from sync.sandbox.standin import Refused

Act = Callable[[Arguments], dict[str, Any]]


class _DryRun(Exception):  # noqa: N818
    pass


_APP_SWITCHES = ("secret_required", "pkce_required", "rotation")


class Acts:
    def __init__(self, org: Org, limits: Limits, sessions: Sessions, grants: Grants) -> None:
        self._org, self._limits, self._sessions, self._grants = org, limits, sessions, grants
        self._known: dict[str, Act] = {
            "merge_records": self._merge_records,
            "undelete": self._undelete,
            "purge": self._purge,
            "commit_late": self._commit_late,
            "lock_row": self._lock_row,
            "unlock_row": self._unlock_row,
            "system_update": self._system_update,
            "recalculate": self._recalculate,
            "deactivate_user": self._deactivate_user,
            "revoke_tokens": self._revoke_tokens,
            "revoke_grants": self._revoke_grants,
            "set_app": self._set_app,
            "set_limit": self._set_limit,
            **SchemaActs(org).known(),
            **Admin(org).known(),
        }

    def act(self, action: str, values: dict[str, Any]) -> dict[str, Any]:
        """Carry out one action; raises Refused when it is unknown, lacks something or the org refuses it."""
        if action not in self._known:
            raise Refused(f"unknown action {action}; known are {', '.join(sorted(self._known))}")
        try:
            return self._known[action](Arguments(self._org, values))
        except SalesforceError as error:
            raise Refused("; ".join(f"{each.code}: {each.message}" for each in error.all())) from None
        except drift.FieldError as error:
            raise Refused(str(error)) from None

    # Records

    def _merge_records(self, given: Arguments) -> dict[str, Any]:
        sobject, winner = given.sobject(), given.id("winner")
        losers = [an_id(loser) for loser in given.listed("losers")]
        self._org.merge(sobject.name, winner, losers, given.user())
        return {"id": winner}

    def _undelete(self, given: Arguments) -> dict[str, Any]:
        id = given.id()
        self._org.undelete(id, given.user())
        return {"id": id}

    def _purge(self, given: Arguments) -> dict[str, Any]:
        return {"ids": self._org.bin.purge(given.id() if "id" in given else None)}

    def _commit_late(self, given: Arguments) -> dict[str, Any]:
        """An insert, or with `id` an update, stamped now and visible only after `seconds`.

        Like any transaction that has written a row, it holds that row until it ends: nobody's later edit comes first.
        """
        sobject, user = given.sobject(), given.user()
        seconds, fields = given.number("seconds"), given.object("fields")
        updating = "id" in given
        id = given.id() if updating else self._org.new_id(sobject.name)

        def write(began: datetime) -> None:
            if updating:
                # What the platform wrote to the row meanwhile had to wait for us, so stamps never go back.
                before = self._org.get(sobject.name, id) or {}
                stamp = max(began, parse_instant(before.get("SystemModstamp") or wire_instant(began)))
                self._org.update(sobject.name, id, fields, user, stamp=stamp)
            else:
                self._org.insert(sobject.name, fields, user, stamp=began, id=id)

        def commit(began: datetime) -> None:
            # A transaction that cannot be kept any more by then, because its record is gone, changes nothing.
            with suppress(SalesforceError):
                write(began)

        with suppress(_DryRun), self._org.tables.transaction():
            write(self._org.clock.now())
            raise _DryRun
        self._org.pending.begin(seconds, commit)
        if updating:
            self._org.locks.hold(id, seconds)
        return {"id": id}

    def _lock_row(self, given: Arguments) -> dict[str, Any]:
        id = given.id()
        self._org.locks.hold(id, given.number("seconds") if "seconds" in given.values else None)
        return {"id": id}

    def _unlock_row(self, given: Arguments) -> dict[str, Any]:
        self._org.locks.release(given.id())
        return {"id": given.id()}

    def _system_update(self, given: Arguments) -> dict[str, Any]:
        """A change by the platform itself: SystemModstamp moves, LastModifiedDate does not."""
        id = given.id()
        found = self._org.find(id)
        if found is None:
            raise Refused(f"no record {id}")
        self._org.locks.check(id)
        self._org.system_update(id, accept(self._org, found[0], given.object("fields"), creating=False))
        return {"id": id}

    def _recalculate(self, given: Arguments) -> dict[str, Any]:
        """A formula or a roll-up comes to something else, which moves no stamp."""
        self._org.recalculate(given.id(), given.object("fields"))
        return {"id": given.id()}

    # People and limits

    def _deactivate_user(self, given: Arguments) -> dict[str, Any]:
        id = given.id()
        self._org.update("User", id, {"IsActive": False}, given.user())
        self._sessions.revoke_user(id)
        return {"id": id}

    def _revoke_tokens(self, given: Arguments) -> dict[str, Any]:
        """End a user's sessions; the integration's when no `id` is given."""
        id = given.id() if "id" in given else self._org.integration_user_id
        return {"revoked": self._sessions.revoke_user(id)}

    def _revoke_grants(self, given: Arguments) -> dict[str, Any]:
        """End what a user allowed the connected app, refresh tokens included; the administrator when no `id` is given."""
        return {"revoked": self._grants.revoke_user(given.id() if "id" in given else self._org.admin_id)}

    def _set_app(self, given: Arguments) -> dict[str, Any]:
        """What the connected app demands; what is not given stays. An empty list of callbacks takes any at this machine."""
        policy = self._grants.policy
        changed = {name: value for name, value in given.values.items() if name != "action"}
        for name, value in changed.items():
            if name == "callbacks" and isinstance(value, list):
                changed[name] = tuple(map(str, value))
            elif name not in _APP_SWITCHES or not isinstance(value, bool):
                raise Refused(
                    f"{name} is none of callbacks (a list), {', '.join(_APP_SWITCHES)} (true or false)"
                )
        self._grants.policy = replace(policy, **changed)
        return asdict(self._grants.policy)

    def _set_limit(self, given: Arguments) -> dict[str, Any]:
        self._limits.calls_max = int(given.number("max"))
        return {"DailyApiRequests": self._limits.listed()["DailyApiRequests"]}
