"""What happens in an org without the API: merges, purges, late commits, locks, changes by admins and the system."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sync.sandbox.salesforce import drift
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.sessions import Sessions
from sync.sandbox.salesforce.validation import accept
from sync.sandbox.salesforce.values import parse_instant, wire_instant
from sync.sandbox.standin import Refused

Arguments = dict[str, Any]


class _DryRun(Exception):  # noqa: N818
    pass


class Acts:
    def __init__(self, org: Org, limits: Limits, sessions: Sessions) -> None:
        self._org, self._limits, self._sessions = org, limits, sessions
        self._known: dict[str, Callable[[Arguments], dict[str, Any]]] = {
            "merge_records": self._merge_records,
            "undelete": self._undelete,
            "purge": self._purge,
            "commit_late": self._commit_late,
            "lock_row": self._lock_row,
            "unlock_row": self._unlock_row,
            "system_update": self._system_update,
            "deactivate_user": self._deactivate_user,
            "revoke_tokens": self._revoke_tokens,
            "set_limit": self._set_limit,
            "add_field": self._add_field,
            "remove_field": self._remove_field,
            "retype_field": self._retype_field,
            "add_picklist_value": self._add_picklist_value,
            "hide_field": self._hide_field,
            "show_field": self._show_field,
        }

    def act(self, action: str, arguments: Arguments) -> dict[str, Any]:
        """Carry out one action; raises Refused when it is unknown, lacks something or the org refuses it."""
        if action not in self._known:
            raise Refused(f"unknown action {action}; known are {', '.join(sorted(self._known))}")
        try:
            return self._known[action](arguments)
        except SalesforceError as error:
            raise Refused(f"{error.code}: {error.message}") from None
        except drift.FieldError as error:
            raise Refused(str(error)) from None

    # Records

    def _merge_records(self, arguments: Arguments) -> dict[str, Any]:
        sobject = self._sobject(arguments)
        losers = arguments.get("losers")
        if not isinstance(losers, list):
            raise Refused("losers is a list of ids")
        winner = self._id(arguments, "winner")
        self._org.bin.merge(sobject, winner, [_full_id(loser) for loser in losers], self._user(arguments))
        return {"id": winner}

    def _undelete(self, arguments: Arguments) -> dict[str, Any]:
        id = self._id(arguments)
        self._org.undelete(id, self._user(arguments))
        return {"id": id}

    def _purge(self, arguments: Arguments) -> dict[str, Any]:
        return {"ids": self._org.bin.purge(self._id(arguments) if arguments.get("id") else None)}

    def _commit_late(self, arguments: Arguments) -> dict[str, Any]:
        """An insert, or with `id` an update, stamped now and visible only after `seconds`.

        Like any transaction that has written a row, it holds that row until it ends: nobody's later edit comes first.
        """
        sobject, user = self._sobject(arguments), self._user(arguments)
        seconds, fields = self._number(arguments, "seconds"), arguments.get("fields", {})
        if not isinstance(fields, dict):
            raise Refused("fields is an object of values by field name")
        updating = bool(arguments.get("id"))
        id = self._id(arguments) if updating else self._org.new_id(sobject.name)

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

    def _lock_row(self, arguments: Arguments) -> dict[str, Any]:
        id = self._id(arguments)
        self._org.locks.hold(id, self._number(arguments, "seconds") if "seconds" in arguments else None)
        return {"id": id}

    def _unlock_row(self, arguments: Arguments) -> dict[str, Any]:
        self._org.locks.release(self._id(arguments))
        return {"id": self._id(arguments)}

    def _system_update(self, arguments: Arguments) -> dict[str, Any]:
        """A change by the platform itself: SystemModstamp moves, LastModifiedDate does not."""
        id = self._id(arguments)
        found = self._org.find(id)
        if found is None:
            raise Refused(f"no record {id}")
        self._org.locks.check(id)
        self._org.system_update(id, accept(self._org, found[0], arguments.get("fields", {}), creating=False))
        return {"id": id}

    # People and limits

    def _deactivate_user(self, arguments: Arguments) -> dict[str, Any]:
        id = self._id(arguments)
        self._org.update("User", id, {"IsActive": False}, self._user(arguments))
        self._sessions.revoke_user(id)
        return {"id": id}

    def _revoke_tokens(self, arguments: Arguments) -> dict[str, Any]:
        """End a user's sessions; the integration's when no `id` is given."""
        id = self._id(arguments) if arguments.get("id") else self._org.integration_user_id
        return {"revoked": self._sessions.revoke_user(id)}

    def _set_limit(self, arguments: Arguments) -> dict[str, Any]:
        self._limits.calls_max = int(self._number(arguments, "max"))
        return {"DailyApiRequests": self._limits.listed()["DailyApiRequests"]}

    # The schema

    def _add_field(self, arguments: Arguments) -> dict[str, Any]:
        body = arguments.get("field")
        if not isinstance(body, dict):
            raise Refused("field is an object with name, type and what else is to differ from a plain field")
        return {"name": drift.add_field(self._org, self._sobject(arguments), body).name}

    def _remove_field(self, arguments: Arguments) -> dict[str, Any]:
        drift.remove_field(self._org, self._sobject(arguments), self._text(arguments, "name"))
        return {"name": arguments["name"]}

    def _retype_field(self, arguments: Arguments) -> dict[str, Any]:
        body = {key: value for key, value in arguments.items() if key not in ("object", "name")}
        name = self._text(arguments, "name")
        return {"type": drift.retype_field(self._org, self._sobject(arguments), name, body).type}

    def _add_picklist_value(self, arguments: Arguments) -> dict[str, Any]:
        name, value = self._text(arguments, "name"), self._text(arguments, "value")
        sobject = self._sobject(arguments)
        drift.add_picklist_value(self._org, sobject, name, value, arguments.get("label"))
        return {"value": value}

    def _hide_field(self, arguments: Arguments) -> dict[str, Any]:
        return self._set_hidden(arguments, hidden=True)

    def _show_field(self, arguments: Arguments) -> dict[str, Any]:
        return self._set_hidden(arguments, hidden=False)

    def _set_hidden(self, arguments: Arguments, hidden: bool) -> dict[str, Any]:
        drift.set_hidden(self._org, self._sobject(arguments), self._text(arguments, "name"), hidden)
        return {"hidden": hidden}

    # Arguments

    def _sobject(self, arguments: Arguments) -> SObject:
        sobject = self._org.schema.sobject(self._text(arguments, "object"))
        if sobject is None:
            raise Refused(f"no object {arguments['object']}")
        return sobject

    def _id(self, arguments: Arguments, name: str = "id") -> str:
        return _full_id(self._text(arguments, name))

    def _user(self, arguments: Arguments) -> str:
        """Who does it: `user_id`, or the administrator."""
        return self._id(arguments, "user_id") if "user_id" in arguments else self._org.admin_id

    def _text(self, arguments: Arguments, name: str) -> str:
        value = arguments.get(name)
        if not isinstance(value, str) or not value:
            raise Refused(f"{name} is missing")
        return value

    def _number(self, arguments: Arguments, name: str) -> float:
        value = arguments.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise Refused(f"{name} is a number, not below 0")
        return float(value)


def _full_id(text: Any) -> str:
    id = full_id(text) if isinstance(text, str) else None
    if id is None:
        raise Refused(f"not an id: {text}")
    return id
