"""SOQL's date literals as ranges of days (SOQL reference, "Date Formats and Date Literals").

Days are those of UTC; weeks begin on Sunday and fiscal years in January, as they do in a new org in the US.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_DAY = timedelta(days=1)
_SINGLE = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_NEAR = {"LAST": -1, "THIS": 0, "NEXT": 1}
_UNITS = {"WEEK": 0, "MONTH": 1, "QUARTER": 3, "FISCAL_QUARTER": 3, "YEAR": 12, "FISCAL_YEAR": 12}
"""How many months each has; a week has none."""
_NAMED = re.compile(rf"(LAST|THIS|NEXT)_({'|'.join(_UNITS)})\Z")
_COUNTED = re.compile(rf"(?:(LAST|NEXT)_N_|N_)(DAY|{'|'.join(_UNITS)})S(_AGO)?\Z")


def days(name: str, count: int | None, today: date) -> tuple[date, date] | None:
    """The days [first, end) that a literal such as LAST_MONTH or LAST_N_DAYS:7 covers; None if there is none such."""
    try:
        return _named(name, today) if count is None else _counted(name, count, today)
    except (OverflowError, ValueError):
        return None  # so many days or months that the calendar has none of them


def _named(name: str, today: date) -> tuple[date, date] | None:
    if name in _SINGLE:
        return _period("DAY", _SINGLE[name], today)
    if name == "LAST_90_DAYS":
        return _counted("LAST_N_DAYS", 90, today)
    if name == "NEXT_90_DAYS":
        return _counted("NEXT_N_DAYS", 90, today)
    found = _NAMED.match(name)
    return _period(found[2], _NEAR[found[1]], today) if found else None


def _counted(name: str, count: int, today: date) -> tuple[date, date] | None:
    found = _COUNTED.match(name)
    if found is None or (found[1] is None) == (found[3] is None):
        return None
    unit = found[2]
    if found[3]:
        return _period(unit, -count, today)
    if found[1] == "NEXT":
        return _period(unit, 1, today)[0], _period(unit, count, today)[1]
    # The last so many days reach into today; the last so many of everything longer end with the one before this one.
    end = today + _DAY if unit == "DAY" else _period(unit, 0, today)[0]
    return _period(unit, -count, today)[0], end


def _period(unit: str, distance: int, today: date) -> tuple[date, date]:
    """The day, week, month, quarter or year that is `distance` of its kind away from the one that today is in."""
    if unit == "DAY":
        first = today + distance * _DAY
        return first, first + _DAY
    months = _UNITS[unit]
    if months == 0:
        first = today - timedelta(days=(today.weekday() + 1) % 7) + distance * 7 * _DAY
        return first, first + 7 * _DAY
    begin = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return _months_on(begin, distance * months), _months_on(begin, (distance + 1) * months)


def _months_on(first: date, months: int) -> date:
    years, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(years, month + 1, 1)
