"""FilterContent as conditions. `r` is the record, `a` the activity; both are SQL aliases.

Members that a filter leaves out do not restrict. Where activities are asked for, users and periods mean the
activity's; where records are asked for, activity members mean that the record has such an activity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.parse import objects, optional_stamp, optional_text, texts
from sync.sandbox.spotio.people import People
from sync.sandbox.spotio.stamps import stamp
from sync.sandbox.spotio.store import words
from sync.sandbox.spotio.territories import Territories

_RECORD_DATES = {
    "leadcreatedat": "r.createdAt",
    "leadupdatedat": "r.updatedAt",
    "dataobjectcreatedat": "r.createdAt",
    "dataobjectupdatedat": "r.updatedAt",
    "stageupdatedat": "r.stageUpdatedAt",
    "lastactivitydate": "r.lastActivityTime",
    "nextactivitytime": "r.nextActivityTime",
    "lastvisitdate": "r.lastVisitDate",
    "lastcalldate": "r.lastCallDate",
    "contractsigneddate": "null",
}
_ACTIVITY_DATES = {
    "activitydate": "a.date",
    "activitycreatedat": "a.createdAt",
    "activityupdatedat": "a.updatedAt",
}
LOCATION_STATUSES = ("verified", "unverified", "unknown")
_USER_FIELDS = {
    "leadowner": "r.ownerId",
    "dataobjectowner": "r.ownerId",
    "leadlastactivityowner": "r.lastActivityOwnerId",
    "dataobjectlastactivityowner": "r.lastActivityOwnerId",
    "leadupdatedbyid": "r.updatedById",
    "dataobjectupdatedbyid": "r.updatedById",
}


@dataclass
class Conditions:
    """Parts of a `where` clause with their values."""

    clauses: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, clause: str, *values: Any) -> None:
        self.clauses.append(clause)
        self.values.extend(values)

    def among(self, column: str, choices: Iterable[str]) -> None:
        chosen = list(choices)
        self.add(f"{column} in ({', '.join('?' * len(chosen))})", *chosen)

    def between(self, column: str, start: str | None, end: str | None) -> None:
        """Both bounds belong to the period."""
        if start is not None:
            self.add(f"{column} >= ?", start)
        if end is not None:
            self.add(f"{column} <= ?", end)

    @property
    def sql(self) -> str:
        return " and ".join(self.clauses) or "true"


class Filters:
    """Turns stored filters into conditions."""

    def __init__(self, people: People, territories: Territories, now: datetime, caller_id: str) -> None:
        self._people, self._territories, self._now, self._caller_id = people, territories, now, caller_id

    def records(self, content: Mapping[str, Any], where: Conditions) -> None:
        """Restrict a query over records `r`."""
        self._record_members(content, where)
        if users := self._users(content):
            field_name = str(content.get("userField") or "DataObjectOwner").lower()
            where.among(_USER_FIELDS.get(field_name, "r.ownerId"), users)
        of_activity = Conditions()
        self._activity_members(content, of_activity)
        if of_activity.clauses:
            clause = f"exists (select 1 from activities a where a.dataObjectId = r.id and {of_activity.sql})"  # noqa: S608
            where.add(clause, *of_activity.values)

    def activities(self, content: Mapping[str, Any], where: Conditions) -> None:
        """Restrict a query over activities `a` joined with their records `r`."""
        self._record_members(content, where)
        self._activity_members(content, where)
        if users := self._users(content):
            where.among("a.ownerId", users)

    def _record_members(self, content: Mapping[str, Any], where: Conditions) -> None:
        for member, column in (("dataObjectTypeIds", "r.typeId"), ("stageIds", "r.stageId")):
            if chosen := texts(content, member):
                where.among(column, chosen)
        if territories := texts(content, "territoriesIds"):
            where.among("r.territoryId", sorted(self._territories.below(territories)))
        statuses = texts(content, "lastLocationStatusIds")
        if not statuses and content.get("lastLocationStatus"):
            statuses = [str(content["lastLocationStatus"])]
        if statuses:
            where.among("r.lastLocationStatus", [status.lower() for status in statuses])
        for custom in content.get("customFields") or []:
            _custom_field(custom, where)
        dated = _RECORD_DATES.get(str(content.get("dateField") or "").lower())
        if dated is not None:
            where.between(dated, *self._period(content))

    def _activity_members(self, content: Mapping[str, Any], where: Conditions) -> None:
        members = (
            ("activityTemplateIds", "a.activityTemplateId"),
            ("activityResultIds", "a.resultId"),
            ("directions", "lower(a.direction)"),
        )
        for member, column in members:
            if chosen := texts(content, member):
                where.among(column, [item.lower() for item in chosen])
        dated = _ACTIVITY_DATES.get(str(content.get("dateField") or "").lower())
        if dated is not None:
            where.between(dated, *self._period(content))

    def _users(self, content: Mapping[str, Any]) -> list[str]:
        if content.get("allUsers"):
            return []
        users = set(texts(content, "usersIds"))
        for team_id in texts(content, "teamIds"):
            # A team without people must not mean everybody.
            users |= set(self._people.members(team_id)) or {""}
        if content.get("currentUser"):
            users.add(self._caller_id)
        return sorted(users)

    def _period(self, content: Mapping[str, Any]) -> tuple[str | None, str | None]:
        explicit = optional_stamp(content, "startDate"), optional_stamp(content, "endDate")
        shortcut = str(content.get("periodShortcut") or "CUSTOM").upper()
        if any(explicit) or shortcut in ("CUSTOM", "ALL", "DEFAULT"):
            return explicit
        try:
            zone = ZoneInfo(optional_text(content, "timezone") or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            raise invalid("timezone", f"{content.get('timezone')} is no time zone.") from None
        first, last = _days(
            shortcut, self._now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        )
        return stamp(first.astimezone(UTC)), stamp(last.astimezone(UTC) - timedelta(microseconds=1))


def read_filter(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A FilterContent with the members that mean something here, checked; what it leaves out is absent."""
    date_field = str(sent.get("dateField") or "LeadCreatedAt").lower()
    if date_field not in _RECORD_DATES | _ACTIVITY_DATES:
        raise invalid("dateField", f"{sent['dateField']} is no date field.")
    user_field = str(sent.get("userField") or "DataObjectOwner").lower()
    if user_field not in _USER_FIELDS:
        raise invalid("userField", f"{sent['userField']} is no user field.")
    shortcut = str(sent.get("periodShortcut") or "CUSTOM").upper()
    if shortcut not in ("CUSTOM", "ALL", "DEFAULT"):
        _days(shortcut, datetime.now(UTC))
    for member, known in (("directions", ("in", "out")), ("lastLocationStatusIds", LOCATION_STATUSES)):
        if unknown := [item for item in texts(sent, member) if item.lower() not in known]:
            raise invalid(member, f"{unknown[0]} is not one of {', '.join(known)}.")
    status = optional_text(sent, "lastLocationStatus")
    if status is not None and status.lower() not in LOCATION_STATUSES:
        raise invalid("lastLocationStatus", f"{status} is not one of {', '.join(LOCATION_STATUSES)}.")
    content: dict[str, Any] = {name: texts(sent, name) for name in _LISTS if sent.get(name) is not None}
    content |= {name: value for name in _TEXTS if (value := optional_text(sent, name)) is not None}
    content |= {name: value for name in ("startDate", "endDate") if (value := optional_stamp(sent, name))}
    content |= {name: bool(sent[name]) for name in ("currentUser", "allUsers") if sent.get(name) is not None}
    if sent.get("customFields") is not None:
        content["customFields"] = [_read_custom_field(item) for item in objects(sent, "customFields")]
    return content


def _read_custom_field(sent: Mapping[str, Any]) -> dict[str, Any]:
    """One field's part: chosen values, no value, a period or a text condition."""
    field_id = optional_text(sent, "customFieldId")
    if field_id is None or not field_id.isdecimal():
        raise invalid("customFields", "customFieldId is required.")
    read: dict[str, Any] = {"customFieldId": field_id, "noValue": bool(sent.get("noValue"))}
    read["selectedValues"] = texts(sent, "selectedValues")
    read |= {name: value for name in ("startDate", "endDate") if (value := optional_stamp(sent, name))}
    text = sent.get("textFilter")
    if isinstance(text, Mapping) and text.get("conditionType"):
        kind = optional_text(text, "conditionType")
        if str(kind).lower() not in _TEXT_CONDITIONS:
            raise invalid("textFilter", f"{kind} is no condition.")
        read["textFilter"] = {"conditionType": kind, "values": texts(text, "values")}
    return read


_LISTS = words(
    "territoriesIds usersIds teamIds stageIds activityTemplateIds lastLocationStatusIds activityResultIds "
    "dataObjectTypeIds directions"
)
_TEXTS = words("title periodShortcut dateField userField timezone sortBy lastLocationStatus")
_TEXT_CONDITIONS = words("contain donotcontain exactlymatch donotexactlymatch areblank arenotblank")


def _days(shortcut: str, today: datetime) -> tuple[datetime, datetime]:
    """The first moment of a named period and the first one after it."""
    day, week = timedelta(days=1), timedelta(days=7)
    monday = today - day * today.weekday()
    month = today.replace(day=1)
    last_month = (month - day).replace(day=1)
    quarter = month.replace(month=(month.month - 1) // 3 * 3 + 1)
    last_quarter = (quarter - day).replace(day=1)
    last_quarter = last_quarter.replace(month=(last_quarter.month - 1) // 3 * 3 + 1)
    year = month.replace(month=1)
    periods = {
        "DAY": (today, today + day),
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "WEEK": (monday, monday + week),
        "LASTWEEK": (monday - week, monday),
        "THISWORKWEEK": (monday, monday + 5 * day),
        "LASTWORKWEEK": (monday - week, monday - 2 * day),
        "MONTH": (month, today + day),
        "LASTMONTH": (last_month, month),
        "LAST30DAYS": (today - 29 * day, today + day),
        "QUARTER": (quarter, today + day),
        "LASTQUARTER": (last_quarter, quarter),
        "YTD": (year, today + day),
        "LASTYEAR": (year.replace(year=year.year - 1), year),
    }
    if shortcut not in periods:
        raise invalid("periodShortcut", f"{shortcut} is no period.")
    return periods[shortcut]


def _custom_field(custom: Mapping[str, Any], where: Conditions) -> None:
    """One field: chosen values, no value, a period, or a text condition; alternatives to each other."""
    path = f'$."{custom["customFieldId"]}"'
    any_of = Conditions()
    if chosen := texts(custom, "selectedValues"):
        marks = ", ".join("?" * len(chosen))
        each = f"exists (select 1 from json_each(r.fields, ?) where value in ({marks}))"  # noqa: S608
        any_of.add(each, path, *chosen)
    if custom.get("noValue"):
        any_of.add("json_extract(r.fields, ?) is null", path)
    start, end = optional_stamp(custom, "startDate"), optional_stamp(custom, "endDate")
    if start is not None or end is not None:
        column = "json_extract(r.fields, ?)"
        # A date field holds a day only, so the bounds are compared as far as the value goes.
        clause = f"{column} between substr(?, 1, length({column})) and substr(?, 1, length({column}))"
        any_of.add(clause, path, start or "0001", path, end or "9999", path)
    text = custom.get("textFilter") or {}
    if text.get("conditionType"):
        _text_condition(str(text["conditionType"]).lower(), texts(text, "values"), path, any_of)
    if any_of.clauses:
        where.add(f"({' or '.join(any_of.clauses)})", *any_of.values)


def _text_condition(kind: str, values: list[str], path: str, any_of: Conditions) -> None:
    column = "lower(coalesce(json_extract(r.fields, ?), ''))"
    wanted = [value.lower() for value in values]
    match kind:
        case "areblank" | "arenotblank":
            any_of.add(f"{column} {'=' if kind == 'areblank' else '<>'} ''", path)
        case "contain" | "donotcontain":
            has = " or ".join(f"instr({column}, ?) > 0" for _ in wanted) or "false"
            parameters = [item for value in wanted for item in (path, value)]
            any_of.add(f"({has})" if kind == "contain" else f"not ({has})", *parameters)
        case "exactlymatch" | "donotexactlymatch":
            marks = ", ".join("?" * len(wanted))
            any_of.add(f"{column} {'in' if kind == 'exactlymatch' else 'not in'} ({marks})", path, *wanted)
