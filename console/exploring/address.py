"""What the address says of a table being explored, both ways, so that a link opens what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers
from console.readers.explore import WORDS, Asked, Filter

BETWEEN_VALUES = "|"


@dataclass(frozen=True)
class Seen:
    """Which table, and what of it."""

    table: str
    asked: Asked


def seen(default: str) -> Seen:
    """What the address asks for; what it does not say, or says in a way we do not know, is as by default."""
    query = st.query_params
    filters = tuple(one for one in map(_filter, query.get_all("where")) if one is not None)
    columns = tuple(name for name in query.get("columns", "").split(",") if name)
    return Seen(
        query.get("table", default),
        Asked(
            filters=filters,
            search=query.get("q", ""),
            columns=columns or None,
            sort=query.get("sort") or None,
            descending=query.get("order") != "up",
            deleted=query.get("deleted") == "shown",
            as_of=moment(query.get("as_of")),
        ),
    )


def moment(text: str | None) -> datetime | None:
    """2026-10-12T18:00 in the zone of the pages; None for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(readers.zone())) if text else None
    except ValueError:
        return None


def told(then: datetime) -> str:
    """A moment as the address says it."""
    return f"{then.astimezone(ZoneInfo(readers.zone())):%Y-%m-%dT%H:%M}"


def say(**parts: str | None) -> None:
    """Let the address say these; None or empty leaves one out. What it else says stays."""
    for name, text in parts.items():
        if text:
            st.query_params[name] = text
        elif name in st.query_params:
            del st.query_params[name]


def say_filters(filters: Iterable[Filter]) -> None:
    """Let the address hold these conditions."""
    texts = [f"{one.column} {one.how} {BETWEEN_VALUES.join(one.values)}".rstrip() for one in filters]
    if texts:
        st.query_params["where"] = texts
    elif "where" in st.query_params:
        del st.query_params["where"]


def _filter(text: str) -> Filter | None:
    column, _, rest = text.partition(" ")
    how, _, values = rest.partition(" ")
    if not column or how not in WORDS:
        return None
    return Filter(column, how, tuple(values.split(BETWEEN_VALUES)) if values else ())


def without_place(asked: Asked) -> Asked:
    """The same rows from the first page on."""
    return replace(asked, after=None, before=None)
