"""The configuration as it stands and as it was: whole documents in numbered versions, and who changed what.

A document is a dict of sections. Reading is here; data/publishing.py writes. The newest version counts; version 0 is
the empty document with which every store begins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from data.access_settings import AccessSettings
from data.errors import StoreError
from data.kpi.settings import KpiSettings
from data.store import Store, query

if TYPE_CHECKING:
    import polars as pl

# What each section has to look like.
SECTIONS: dict[str, type[BaseModel]] = {"access": AccessSettings, "kpis": KpiSettings}


@dataclass(frozen=True)
class Version:
    """One published document; number 0 is the empty one that nobody published."""

    number: int
    document: dict[str, Any]
    author: str
    note: str
    published_at: datetime | None


@dataclass(frozen=True)
class Draft:
    """What a person typed into a section and did not publish, and the version they began from."""

    based_on: int
    content: dict[str, Any]
    saved_at: datetime


class ConfigurationError(StoreError):
    """The configuration was not published; the reason is about what it says or when it was begun."""


class MistakenConfigurationError(ConfigurationError):
    """The document has mistakes, a sentence each in `mistakes`; nothing was published."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__(" ".join([*mistakes, "Nothing was published."]))


class StaleConfigurationError(ConfigurationError):
    """Somebody published between the version one began from and now; `newest` is theirs, nothing was published."""

    def __init__(self, newest: Version, based_on: int) -> None:
        self.newest, self.based_on = newest, based_on
        note = f" (“{newest.note}”)" if newest.note else ""
        when = f" at {newest.published_at:%Y-%m-%d %H:%M} UTC" if newest.published_at else ""
        super().__init__(
            f"{newest.author} published version {newest.number}{note}{when}, and this change began from version "
            f"{based_on}; nothing was published. Look at what changed, then publish again."
        )


def number(store: Store) -> int:
    """The number of the newest version; 0 before the first."""
    sql = "select coalesce(max(number), 0) as number from config.version"
    return int(store.lasting("version", lambda: store.rows(sql))[0]["number"])


def current(store: Store) -> Version:
    """The newest version."""
    return version(store, number(store))


def version(store: Store, wanted: int) -> Version:
    """One version; a ConfigurationError when there is none of that number."""
    if wanted == 0:
        return Version(0, {}, "", "", None)
    rows = store.rows(
        "select number, document, author, note, published_at from config.version where number = $number",
        {"number": wanted},
    )
    if not rows:
        raise ConfigurationError(f"There is no configuration version {wanted}.")
    row = rows[0]
    return Version(**{**row, "document": json.loads(row["document"])})


def history(store: Store, limit: int = 50) -> pl.DataFrame:
    """The newest versions first: number, author, note, published_at, changes (how many), text (of all of them)."""
    return store.frame(query("config_versions"), {"limit": limit})


def audit(store: Store, *, what: str = "", limit: int = 200) -> pl.DataFrame:
    """The newest changes first, of what begins with `what`: happened_at, person, what, before, after, text, version."""
    return store.frame(query("config_audit"), {"what": what, "limit": limit})


def draft(store: Store, person: str, section: str) -> Draft | None:
    """What a person left unpublished in a section; None when there is nothing."""
    rows = store.rows(
        "select based_on, content, saved_at from config.draft where person = $person and section = $section",
        {"person": person, "section": section},
    )
    return Draft(**{**rows[0], "content": json.loads(rows[0]["content"])}) if rows else None


def mistakes(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document, a sentence each; empty when it can be published."""
    found = [f"There is no section “{name}” in a configuration." for name in document if name not in SECTIONS]
    for name, model in SECTIONS.items():
        try:
            model.model_validate(document.get(name, {}))
        except ValidationError as error:
            found += sentences(error, name)
    return found


def sentences(error: ValidationError, section: str) -> list[str]:
    """What a model did not take, a sentence each; those of our own are sentences already and name what they mean."""
    return [_sentence(section, detail["loc"], detail["msg"]) for detail in error.errors()]


def _sentence(section: str, place: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ").rstrip(".")
    said = f"{said[:1].upper()}{said[1:]}."
    if message.startswith("Value error, "):
        return said
    where = ", ".join([section, *(f"{step + 1}" if isinstance(step, int) else step for step in place)])
    return f"{where.capitalize()}: {said[:1].lower()}{said[1:]}"
