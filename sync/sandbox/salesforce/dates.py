"""SOQL's date literals as ranges of days. Days are those of UTC."""

from __future__ import annotations

from datetime import date, timedelta

_DAY = timedelta(days=1)


def days(name: str, count: int | None, today: date) -> tuple[date, date] | None:
    """The days [first, end) that a literal such as LAST_MONTH or LAST_N_DAYS:7 covers; None if there is none such."""
    if count is not None:
        try:
            return _counted(name, count, today)
        except (OverflowError, ValueError):
            return None  # so many days or months that the calendar has none of them
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)  # Salesforce weeks begin on Sunday in the US
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    ranges = {
        "TODAY": (today, today + _DAY),
        "YESTERDAY": (today - _DAY, today),
        "TOMORROW": (today + _DAY, today + 2 * _DAY),
        "THIS_WEEK": (sunday, sunday + 7 * _DAY),
        "LAST_WEEK": (sunday - 7 * _DAY, sunday),
        "NEXT_WEEK": (sunday + 7 * _DAY, sunday + 14 * _DAY),
        "THIS_MONTH": (month, _months_on(month, 1)),
        "LAST_MONTH": (_months_on(month, -1), month),
        "NEXT_MONTH": (_months_on(month, 1), _months_on(month, 2)),
        "LAST_90_DAYS": (today - 90 * _DAY, today + _DAY),
        "NEXT_90_DAYS": (today + _DAY, today + 91 * _DAY),
        "THIS_YEAR": (year, _months_on(year, 12)),
        "LAST_YEAR": (_months_on(year, -12), year),
        "NEXT_YEAR": (_months_on(year, 12), _months_on(year, 24)),
    }
    return ranges.get(name)


def _counted(name: str, count: int, today: date) -> tuple[date, date] | None:
    month = today.replace(day=1)
    ranges = {
        "LAST_N_DAYS": (today - count * _DAY, today + _DAY),
        "NEXT_N_DAYS": (today + _DAY, today + (count + 1) * _DAY),
        "LAST_N_MONTHS": (_months_on(month, -count), month),
        "NEXT_N_MONTHS": (_months_on(month, 1), _months_on(month, count + 1)),
    }
    return ranges.get(name)


def _months_on(first: date, months: int) -> date:
    years, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(years, month + 1, 1)
