"""How numbers, lengths and moments are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console import words

NOW = datetime(2026, 10, 13, 15, 42, 7, tzinfo=UTC)  # Tuesday, 09:42 in Denver
ZONE = "America/Denver"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.04, "0.0 s"),
        (14.23, "14.2 s"),
        (59.99, "1 min"),
        (240, "4 min"),
        (3_580, "1 h"),
        (7_200, "2 h"),
        (86_399, "1 day"),
        (33 * 3_600, "1 day 9 h"),
        (48 * 3_600, "2 days"),
    ],
)
def test_a_length_of_time_is_told_by_its_largest_unit(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-3), "0 s ago"),
        (timedelta(seconds=38), "38 s ago"),
        (timedelta(seconds=59.7), "1 min ago"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=1), "Mon 12 Oct, 09:42"),
        (timedelta(days=300), "Wed 17 Dec 2025, 08:42"),
    ],
)
def test_an_age_becomes_a_date_after_a_day(passed: timedelta, text: str) -> None:
    assert words.age(NOW - passed, NOW, ZONE) == text


def test_a_moment_of_today_is_a_clock_time_in_the_named_zone() -> None:
    assert words.moment(NOW, NOW, ZONE) == "09:42"
    assert words.moment(NOW, NOW, ZONE, seconds=True) == "09:42:07"
    assert words.moment(NOW - timedelta(hours=10), NOW, ZONE) == "Mon 12 Oct, 23:42"
    assert words.today(NOW, ZONE) == "Tuesday 13 Oct 2026, 09:42, Denver"
    assert words.place("America/New_York") == "New York"


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (110, 100, "count", "+10.0%"),
        (0.341, 0.352, "share", "-1.1 pts"),
        (0.34101, 0.34099, "share", "0.0 pts"),
        (9_999, 10_000, "count", "0.0%"),
        (5, 0, "count", None),
        (None, 1, "share", None),
    ],
)
def test_a_change_has_a_sign_unless_it_rounds_to_nothing(
    now: float | None, before: float | None, unit: str, text: str | None
) -> None:
    assert words.change(now, before, unit) == text


def test_counts_agree_with_their_noun() -> None:
    assert words.counted(1, "run") == "1 run"
    assert words.counted(1_006, "run") == "1,006 runs"
    assert words.counted(0, "entry", "entries") == "0 entries"


def test_names_are_listed_as_one_says_them() -> None:
    assert words.listed([]) == ""
    assert words.listed(["SPOTIO"]) == "SPOTIO"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.systems("salesforce,spotio,salesscreen") == "All three"
    assert words.systems("spotio,salesforce") == "SPOTIO, Salesforce"


def test_what_is_left_is_rounded_to_whole_seconds() -> None:
    assert words.remaining(0.2) == "1 s left"
    assert words.remaining(40.4) == "40 s left"
    assert words.remaining(200) == "3 min left"
