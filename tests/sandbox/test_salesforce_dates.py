"""SOQL's date literals, on a Wednesday in the middle of a quarter."""

from __future__ import annotations

from datetime import date

import pytest

from sync.sandbox.salesforce.dates import days

WEDNESDAY = date(2026, 5, 13)


@pytest.mark.parametrize(
    ("literal", "first", "last"),
    [
        ("TODAY", "2026-05-13", "2026-05-13"),
        ("YESTERDAY", "2026-05-12", "2026-05-12"),
        ("TOMORROW", "2026-05-14", "2026-05-14"),
        ("THIS_WEEK", "2026-05-10", "2026-05-16"),
        ("LAST_WEEK", "2026-05-03", "2026-05-09"),
        ("NEXT_WEEK", "2026-05-17", "2026-05-23"),
        ("THIS_MONTH", "2026-05-01", "2026-05-31"),
        ("LAST_MONTH", "2026-04-01", "2026-04-30"),
        ("NEXT_MONTH", "2026-06-01", "2026-06-30"),
        ("THIS_QUARTER", "2026-04-01", "2026-06-30"),
        ("LAST_QUARTER", "2026-01-01", "2026-03-31"),
        ("NEXT_FISCAL_QUARTER", "2026-07-01", "2026-09-30"),
        ("THIS_YEAR", "2026-01-01", "2026-12-31"),
        ("LAST_FISCAL_YEAR", "2025-01-01", "2025-12-31"),
        ("LAST_90_DAYS", "2026-02-12", "2026-05-13"),
        ("NEXT_90_DAYS", "2026-05-14", "2026-08-11"),
        ("LAST_N_DAYS:7", "2026-05-06", "2026-05-13"),
        ("NEXT_N_DAYS:7", "2026-05-14", "2026-05-20"),
        ("N_DAYS_AGO:7", "2026-05-06", "2026-05-06"),
        ("LAST_N_WEEKS:2", "2026-04-26", "2026-05-09"),
        ("NEXT_N_WEEKS:2", "2026-05-17", "2026-05-30"),
        ("N_WEEKS_AGO:2", "2026-04-26", "2026-05-02"),
        ("LAST_N_MONTHS:3", "2026-02-01", "2026-04-30"),
        ("NEXT_N_MONTHS:3", "2026-06-01", "2026-08-31"),
        ("N_MONTHS_AGO:3", "2026-02-01", "2026-02-28"),
        ("LAST_N_QUARTERS:2", "2025-10-01", "2026-03-31"),
        ("N_QUARTERS_AGO:2", "2025-10-01", "2025-12-31"),
        ("NEXT_N_FISCAL_QUARTERS:1", "2026-07-01", "2026-09-30"),
        ("LAST_N_YEARS:2", "2024-01-01", "2025-12-31"),
        ("N_FISCAL_YEARS_AGO:1", "2025-01-01", "2025-12-31"),
    ],
)
def test_a_literal_covers_the_days_that_the_reference_says(literal: str, first: str, last: str) -> None:
    name, _, count = literal.partition(":")
    begin, end = days(name, int(count) if count else None, WEDNESDAY) or (None, None)
    assert begin is not None
    assert end is not None
    assert (begin.isoformat(), date.fromordinal(end.toordinal() - 1).isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("name", "count"),
    [("LAST_N_DAYS", None), ("TODAY", 3), ("LAST_N_DAYS_AGO", 3), ("N_DAYS", 3), ("LAST_N_YEARS", 9_999)],
)
def test_what_is_no_literal_or_lies_outside_the_calendar_is_none(name: str, count: int | None) -> None:
    assert days(name, count, WEDNESDAY) is None
