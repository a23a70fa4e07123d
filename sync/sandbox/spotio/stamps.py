"""Instants as SPOTIO writes them.

The wire form is UTC with up to seven fractional digits and no trailing zeros (`2026-08-04T07:14:38.6801689+00:00`).
In that one form text order is time order, because `+` sorts before `.` and both before the digits, so the same
text is stored, indexed, compared and sent, and never parsed on the way out.
"""

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_TICKS_PER_SECOND = 10_000_000
_TICK_ZERO = datetime(1, 1, 1, tzinfo=UTC)


def stamp(value: datetime | str) -> str:
    """The wire form of an aware datetime or of any ISO text (no offset means UTC); ValueError when it is neither."""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat()
        return _trimmed(text[:19], text[20:26] if value.microsecond else "")
    match = _ISO.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"{value!r} is not an ISO 8601 instant")
    day, minute, second, fraction, offset = match.groups()
    seconds = f"{day}T{minute or '00:00'}:{second or '00'}"
    whole = datetime.fromisoformat(f"{seconds}{_offset(offset)}")
    if offset not in (None, "Z", "z", "+00:00"):
        seconds = whole.astimezone(UTC).isoformat()[:19]
    return _trimmed(seconds, (fraction or "")[:7])


def precise(instant: datetime) -> str:
    """A stamp with all seven digits, as the server sets them; the last one is a function of the others."""
    text = instant.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{text[:26]}{instant.microsecond * 7 % 9 + 1}+00:00"


def moment(text: str) -> datetime:
    """A wire stamp as an aware datetime, cut to microseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def ticks(text: str) -> int:
    """100 ns steps since the year 1, as in the id of an occurrence of a series."""
    whole = moment(text).replace(microsecond=0) - _TICK_ZERO
    fraction = text[20:-6].ljust(7, "0") if text[19] == "." else "0"
    return (whole.days * 86_400 + whole.seconds) * _TICKS_PER_SECOND + int(fraction)


def from_ticks(value: int) -> str:
    """The stamp of a number of ticks; OverflowError beyond the calendar."""
    seconds, fraction = divmod(value, _TICKS_PER_SECOND)
    text = (_TICK_ZERO + timedelta(seconds=seconds)).isoformat()
    return _trimmed(text[:19], f"{fraction:07d}" if fraction else "")


def _offset(offset: str | None) -> str:
    return "+00:00" if offset in (None, "Z", "z") else offset or ""


def _trimmed(seconds: str, fraction: str) -> str:
    fraction = fraction.rstrip("0")
    return f"{seconds}.{fraction}+00:00" if fraction else f"{seconds}+00:00"
