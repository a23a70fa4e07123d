"""What the address says of a table being explored, both ways, so that a link opens what was seen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers
from console.readers.explore import HOWS, Asked, Filter

_PART, _VALUE = "~", "|"
# Before any mirror; a calendar does not go back for ever.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Place = tuple[str | None, str]


@dataclass(frozen=True)
class Seen:
    """Which table, and what of it; `unread` are the filters of the address that nobody could mean."""

    table: str
    asked: Asked
    unread: tuple[str, ...] = ()


def seen(default: str) -> Seen:
    """What the address asks for; what it does not say, or says in a way we do not know, is as by default."""
    query = st.query_params
    columns = tuple(unquote(name) for name in query.get("columns", "").split(_VALUE) if name)
    return Seen(
        query.get("table", default),
        Asked(
            filters=filters(),
            search=query.get("q", ""),
            columns=columns or None,
            sort=query.get("sort") or None,
            descending=query.get("order") != "up",
            after=_place(query.get("after")),
            before=_place(query.get("before")),
            deleted=query.get("deleted") == "shown",
            as_of=moment(query.get("as_of")),
            zone=readers.zone(),
        ),
        tuple(text for text in query.get_all("where") if _filter(text) is None),
    )


def filters() -> tuple[Filter, ...]:
    """The conditions that the address holds now: what a press adds to or takes from, whatever was drawn before it."""
    return tuple(one for one in map(_filter, st.query_params.get_all("where")) if one is not None)


def moment(text: str | None) -> datetime | None:
    """2026-10-12T18:00 in the zone of the pages, or with an offset of its own; None for what is no moment of the past."""
    zone = ZoneInfo(readers.zone())
    try:
        said = datetime.fromisoformat(text or "")
        then = (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return then if _EARLIEST <= then <= readers.now() else None


def told(then: datetime) -> str:
    """A moment as the address says it, to the minute unless it has seconds."""
    local = then.astimezone(ZoneInfo(readers.zone())).replace(tzinfo=None, microsecond=0)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def say(**parts: str | None) -> None:
    """Let the address say these; None or empty leaves one out. What it else says stays."""
    for name, text in parts.items():
        if text:
            st.query_params[name] = text
        elif name in st.query_params:
            del st.query_params[name]


def say_anew(**parts: str | None) -> None:
    """As `say`, of other rows: these begin with their first page."""
    say(**parts, after=None, before=None)


def say_filters(filters: Iterable[Filter]) -> None:
    """Let the address hold these conditions, and the first page of what passes."""
    texts = [
        _PART.join(
            [one.column, one.how, _VALUE.join(quote(value, safe=" :,.@/-+()") for value in one.values)]
        )
        for one in filters
    ]
    if texts:
        st.query_params["where"] = texts
    elif "where" in st.query_params:
        del st.query_params["where"]
    say_anew()


def say_columns(columns: Iterable[str]) -> None:
    """Let the address hold the columns that are shown."""
    say(columns=_VALUE.join(quote(name, safe=" ") for name in columns))


def say_place(side: str, place: Place) -> None:
    """Go on after or before a row."""
    say_anew()
    st.query_params[side] = json.dumps(place, separators=(",", ":"))


def _filter(text: str) -> Filter | None:
    column, _, rest = text.partition(_PART)
    how, _, values = rest.partition(_PART)
    if not column or how not in HOWS:
        return None
    return Filter(column, how, tuple(map(unquote, values.split(_VALUE))) if values else ())


def _place(text: str | None) -> Place | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    match found:
        case [str() | None as value, str(key)]:
            return value, key
    return None
