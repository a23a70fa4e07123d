"""The audit as admins read it: every change of the configuration, and who took or asked what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from data.store import Store, query

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """Which lines: of these kinds (what `what` begins with, up to a dot; none: all), of one person, that hold a text in any case.

    `before` is the moment that they precede: the page after one that ended there.
    """

    kinds: tuple[str, ...] = ()
    person: str | None = None
    text: str = ""
    before: datetime | None = None
    limit: int = PAGE


def lines(store: Store, wanted: Wanted) -> pl.DataFrame:
    """The newest first: happened_at, person, what, before, after, text, version.

    A page ends with a whole moment, so it may be longer than asked for: one publication writes its lines at once.
    """
    return store.frame(query("audit_lines"), {**_params(wanted), "limit": wanted.limit})


def count(store: Store, wanted: Wanted) -> int:
    """How many lines there are, on this page and those after it."""
    return int(store.rows(query("audit_count"), _params(wanted))[0]["lines"])


def _params(wanted: Wanted) -> dict[str, object]:
    return {
        "kinds": list(wanted.kinds),
        "person": wanted.person,
        "text": wanted.text.strip(),
        "before": wanted.before,
    }
