"""Occurrences of a series, and the ids of those that are not saved yet.

A virtual occurrence is called `{id}-{definition id}-{ticks of its original start}`. A series keeps its wall-clock
time in its own time zone.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sync.sandbox.spotio.stamps import from_ticks, moment, stamp, ticks
from sync.sandbox.spotio.store import Row

PERIODICITIES = ("none", "seconds", "minutes", "hours", "days", "weeks", "months", "years")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def virtual_id(first_id: str, series_id: str, start: str) -> str:
    return f"{first_id}-{series_id}-{ticks(start)}"


def parse_virtual_id(text: str) -> tuple[str, str, str] | None:
    """(id, definition id, original start) of a virtual occurrence's id; None for any other text."""
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    try:
        return parts[0], parts[1], from_ticks(int(parts[2]))
    except OverflowError:
        return None


def starts(series: Row, until: datetime) -> Iterator[str]:
    """Original starts of a series in order, up to `until`, the series' own end and its count."""
    if series["until"]:
        until = min(until, moment(series["until"]))
    for index, start in enumerate(_unbounded(series)):
        if start > until or (series["count"] is not None and index >= series["count"]):
            return
        yield stamp(start)


def _unbounded(series: Row) -> Iterator[datetime]:
    zone = ZoneInfo(series["timezone"] or "UTC")
    first = moment(series["start"])
    local = first.astimezone(zone)
    interval = max(1, series["interval"] or 1)
    match series["periodicity"]:
        case "seconds" | "minutes" | "hours" as unit:
            step = timedelta(**{unit: interval})
            yield from (first + step * index for index in count())
        case "days":
            yield from (_later(local, days=interval * index) for index in count())
        case "weeks":
            wanted = {WEEKDAYS.index(day) for day in series["repeatOn"] or [WEEKDAYS[local.weekday()]]}
            monday = -local.weekday()
            for week in count(0, interval):
                for day in sorted(wanted):
                    if week or day >= local.weekday():
                        yield _later(local, days=monday + 7 * week + day)
        case "months" | "years" as unit:
            step_months = interval * (12 if unit == "years" else 1)
            yield from (_months_later(local, step_months * index) for index in count())
        case _:
            yield first


def _later(local: datetime, days: int) -> datetime:
    """Some days on at the same time by the clock on the wall, whatever the sun does to it."""
    return (local + timedelta(days=days)).astimezone(UTC)


def _months_later(local: datetime, months: int) -> datetime:
    year, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + year, month + 1
    day = min(local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(UTC)
