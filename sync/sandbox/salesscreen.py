"""A stand-in of SalesScreen's connect API: two calls that write, and nothing that reads.

`Record/Add` takes an array of counted events, `User/Add` one person. Both match on the caller's ids: a known id is
updated, an unknown one created, and so is every activity type, activity, user and team that is merely named. A
success has an empty body. What the company then looks like shows only in the sandbox's own state: its records, and
what the board sums up by day, a day being one of the company's own time zone.

Two more calls, `Record/Delete` and `User/Deactivate`, are named by nobody for certain; they answer 404 until the act
`offer_calls` turns them on.
"""

import copy
import re
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sync.sandbox.clock import Clock
from sync.sandbox.standin import Refused

Row = dict[str, Any]

PER_SECOND, PER_MINUTE = 15, 200
"""The published limits of one key."""

TIME_ZONE = "America/Denver"

_PATH = re.compile(r"/api/v1/(\w+/\w+)", re.IGNORECASE)
_VALUE = re.compile(r"value\d+")


class BadRequestError(Exception):
    """A body that is answered with 400."""


class Company:
    """The tables behind the calls. A record is kept as it was sent, with its day and the times of arrival added."""

    def __init__(self, clock: Clock, time_zone: str) -> None:
        self._clock, self.zone = clock, ZoneInfo(time_zone)
        self.records: dict[str, Row] = {}
        self.users: dict[str, Row] = {}
        self.teams: dict[str, Row] = {}
        self.activity_types: dict[str, Row] = {}

    def add_records(self, sent: Any) -> None:
        """All of them or, when one is malformed, none."""
        if not isinstance(sent, list):
            raise BadRequestError("an array of records is expected")
        for row in [self._record(item) for item in sent]:
            known = self.records.get(row["id"])
            row["receivedAt"] = known["receivedAt"] if known else row["updatedAt"]
            self.records[row["id"]] = row
            self._name_activity(row["activityTypeName"], row["activity"])
            self._name_user(row["user"])

    def add_user(self, sent: Any) -> None:
        if not isinstance(sent, Mapping) or not _is_text(sent.get("userId")):
            raise BadRequestError("a userId is expected")
        names = ("email", "firstname", "lastname")
        self._merge_user(str(sent["userId"]), {name: sent[name] for name in names if name in sent})
        self._join(str(sent["userId"]), sent.get("team"))

    def delete_records(self, sent: Any) -> None:
        """Forget records, named by id or as objects with one; an id that is not known is no error."""
        if not isinstance(sent, list):
            raise BadRequestError("an array of ids is expected")
        ids = [item.get("id") if isinstance(item, Mapping) else item for item in sent]
        if not all(_is_text(record_id) for record_id in ids):
            raise BadRequestError("an id is expected")
        for record_id in ids:
            self.records.pop(str(record_id), None)

    def deactivate(self, sent: Any) -> None:
        user = self.users.get(str(sent.get("userId"))) if isinstance(sent, Mapping) else None
        if user is None:
            raise BadRequestError("the userId of a known user is expected")
        user |= {"active": False, "updatedAt": self.now()}

    def days(self) -> list[Row]:
        """What the board shows: sums by the company's day, activity type and user."""
        sums: dict[tuple[str, str, str], Row] = {}
        for row in self.records.values():
            key = (row["day"], row["activityTypeName"], row["user"]["id"])
            named = dict(zip(("day", "activityTypeName", "userId"), key, strict=True))
            total = sums.setdefault(key, named | {"quantity": 0, "value1": 0, "updatedAt": ""})
            total["quantity"] += row["quantity"]
            total["value1"] += row.get("value1", 0)
            total["updatedAt"] = max(total["updatedAt"], row["updatedAt"])
        return [sums[key] for key in sorted(sums)]

    def tables(self) -> dict[str, dict[str, Row]]:
        return {
            "records": self.records,
            "users": self.users,
            "teams": self.teams,
            "activityTypes": self.activity_types,
        }

    def restore(self, tables: Mapping[str, dict[str, Row]]) -> None:
        self.records, self.users, self.teams, self.activity_types = (
            copy.deepcopy(tables[name]) for name in ("records", "users", "teams", "activityTypes")
        )

    def now(self) -> str:
        return _written(self._clock.now())

    def _record(self, sent: Any) -> Row:
        if not isinstance(sent, Mapping):
            raise BadRequestError("a record is an object")
        user, activity = sent.get("user"), sent.get("activity") or {}
        if not _is_text(sent.get("id")) or not _is_text(sent.get("activityTypeName")):
            raise BadRequestError("a record needs id and activityTypeName")
        if not isinstance(user, Mapping) or not _is_text(user.get("id")):
            raise BadRequestError("a record needs user.id")
        if not isinstance(activity, Mapping):
            raise BadRequestError("activity is an object")
        numbers = {
            name: value for name, value in sent.items() if name == "quantity" or _VALUE.fullmatch(name)
        }
        if not all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in numbers.values()
        ):
            raise BadRequestError("quantity and values are numbers")
        counts_at = self._instant(sent["createdDate"]) if sent.get("createdDate") else self._clock.now()
        return {
            "id": str(sent["id"]),
            "activityTypeName": str(sent["activityTypeName"]),
            "user": dict(user) | {"id": str(user["id"])},
            "activity": dict(activity),
            "quantity": 1,
            **numbers,
            "createdDate": _written(counts_at),
            "day": counts_at.astimezone(self.zone).date().isoformat(),
            "updatedAt": self.now(),
        }

    def _instant(self, value: Any) -> datetime:
        """An ISO instant; one without an offset is by the company's clock."""
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise BadRequestError(f"createdDate is not an ISO instant: {value}") from None
        return instant if instant.tzinfo else instant.replace(tzinfo=self.zone)

    def _name_activity(self, type_name: str, activity: Mapping[str, Any]) -> None:
        kind = self.activity_types.setdefault(type_name, {"name": type_name, "activities": []})
        key = activity.get("key")
        if key is not None and all(known["key"] != key for known in kind["activities"]):
            kind["activities"].append({"key": key, "name": activity.get("name") or str(key)})
        kind["updatedAt"] = self.now()

    def _name_user(self, user: Mapping[str, Any]) -> None:
        """A record about somebody: unknown people are created, deactivated ones come back to life."""
        names = ("email", "firstname", "lastname")
        members = {name: user[name] for name in names if user.get(name)}
        self._merge_user(user["id"], members | {"active": True})
        self._join(user["id"], user.get("team"))

    def _merge_user(self, user_id: str, members: Row) -> None:
        blank = {
            "userId": user_id,
            "email": None,
            "firstname": None,
            "lastname": None,
            "team": None,
            "active": True,
        }
        self.users[user_id] = blank | self.users.get(user_id, {}) | members | {"updatedAt": self.now()}

    def _join(self, user_id: str, team: Any) -> None:
        if not isinstance(team, Mapping) or not _is_text(team.get("key")):
            return
        key = str(team["key"])
        known = self.teams.setdefault(
            key, {"key": key, "name": team.get("name") or key, "updatedAt": self.now()}
        )
        self.users[user_id]["team"] = {"key": key, "name": known["name"]}


class SalesScreenStandIn:
    name = "salesscreen"

    def __init__(self, clock: Clock, *, api_key: str | None = None, time_zone: str = TIME_ZONE) -> None:
        self.clock, self.company = clock, Company(clock, time_zone)
        self.api_key = api_key or secrets.token_hex(16)
        self.app: ASGIApp = self._serve
        self._quota, self._offered, self._since = True, False, self.company.now()
        self._counted = {200: 0, 400: 0, 429: 0}
        self._calls: deque[datetime] = deque()
        self._saved: dict[str, dict[str, Row]] | None = None

    def state(self, object: str | None, since: datetime | None) -> dict[str, list[Row]]:
        """Rows by object: records as they were sent; `since` keeps those changed then or later.

        `days` is the board, `company` its time zone and how many calls it has answered with which status.
        """
        rows = {name: list(table.values()) for name, table in self.company.tables().items()}
        rows |= {"days": self.company.days(), "company": [self._facts()]}
        if object is not None and object not in rows:
            raise Refused(f"{object} is not one of {', '.join(rows)}")
        changed_since = "" if since is None else _written(since)
        return {
            name: [row for row in table if row["updatedAt"] >= changed_since]
            for name, table in rows.items()
            if object in (None, name)
        }

    def _facts(self) -> Row:
        calls = {str(status): count for status, count in self._counted.items()}
        quota = {"on": self._quota, "perSecond": PER_SECOND, "perMinute": PER_MINUTE}
        zone = {"timeZone": self.company.zone.key, "updatedAt": self._since}
        return zone | {"quota": quota, "calls": calls}

    def token(self, user: str) -> str:
        raise Refused("SalesScreen knows one key for the whole company and no tokens of users")

    def act(self, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The human administrator: deactivate_user, reactivate_user {id}, set_quota {on}, offer_calls {on}."""
        match action:
            case "deactivate_user" | "reactivate_user":
                user = self.company.users.get(str(arguments.get("id")))
                if user is None:
                    raise Refused(f"there is no SalesScreen user {arguments.get('id')}")
                user |= {"active": action == "reactivate_user", "updatedAt": self.company.now()}
                return {"id": user["userId"], "active": user["active"]}
            case "set_quota" | "offer_calls":
                on = arguments.get("on")
                if not isinstance(on, bool):
                    raise Refused("on is true or false")
                if action == "set_quota":
                    self._quota = on
                else:
                    self._offered = on
                return {"on": on}
        raise Refused(f"{action} is not one of deactivate_user, reactivate_user, set_quota, offer_calls")

    def save(self) -> None:
        self._saved = copy.deepcopy(self.company.tables())

    def reset(self) -> None:
        if self._saved is None:
            raise RuntimeError("nothing was saved to return to")
        self.company.restore(self._saved)
        self._calls.clear()
        self._quota, self._offered = True, False
        self._counted = dict.fromkeys(self._counted, 0)

    def error_body(self, status: int) -> Any:
        return {"message": f"Refused with status {status}."}

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            status, message = self._answer(request, await request.body())
            await Response(message, status, media_type="text/plain" if message else None)(
                scope, receive, send
            )

    def _answer(self, request: Request, body: bytes) -> tuple[int, str]:
        """The status and the text of an answer; a success says nothing."""
        path = _PATH.fullmatch(request.scope["path"])
        call = self._call(path[1].lower()) if path is not None and request.method == "POST" else None
        if call is None:
            return 404, "not found"
        if not secrets.compare_digest(request.headers.get("apiKey", "").encode(), self.api_key.encode()):
            return 401, "the apiKey header is missing or wrong"
        status, message = self._carry_out(call, body)
        self._counted[status] += 1
        return status, message

    def _call(self, name: str) -> Callable[[Any], None] | None:
        calls = {"record/add": self.company.add_records, "user/add": self.company.add_user}
        if self._offered:
            calls |= {
                "record/delete": self.company.delete_records,
                "user/deactivate": self.company.deactivate,
            }
        return calls.get(name)

    def _carry_out(self, call: Callable[[Any], None], body: bytes) -> tuple[int, str]:
        if self._quota and self._over_limit():
            return 429, "too many requests"
        try:
            call(msgspec.json.decode(body))
        except (msgspec.DecodeError, BadRequestError) as error:
            return 400, str(error)
        return 200, ""

    def _over_limit(self) -> bool:
        """Count a call in the two sliding windows; one that is refused does not count."""
        now = self.clock.now()
        while self._calls and (now - self._calls[0]).total_seconds() >= 60:
            self._calls.popleft()
        last_second = sum(1 for call in self._calls if (now - call).total_seconds() < 1)
        if len(self._calls) >= PER_MINUTE or last_second >= PER_SECOND:
            return True
        self._calls.append(now)
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _written(instant: datetime) -> str:
    """UTC with microseconds, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
