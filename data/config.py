"""The configuration as it stands and as it was: whole documents in numbered versions, and who changed what.

A document is a dict of sections, some of them lists. Reading is here; data/publishing.py writes. The newest version counts; version 0 is
the empty document with which every store begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from data.access_settings import AccessSettings
from data.errors import StoreError
from data.kpi.settings import KpiSettings
from data.nearest import offer
from data.store import Store, query
from data.syncs.feeds import FeedsSection
from data.syncs.filters import TAGS
from data.syncs.settings import SyncsSection

if TYPE_CHECKING:
    import polars as pl
    from pydantic_core import ErrorDetails

# What each section has to look like.
SECTIONS: dict[str, type[BaseModel]] = {
    "access": AccessSettings,
    "kpis": KpiSettings,
    "syncs": SyncsSection,
    "feeds": FeedsSection,
}
# Lists of things with names, by which their mistakes are told.
_OF_NAMED_THINGS = ("syncs", "feeds")
_NAMES = ("name", "key", "spotio", "salesforce", "field")


@dataclass(frozen=True)
class Version:
    """One published document; number 0 is the empty one that nobody published."""

    number: int
    document: dict[str, Any]
    author: str
    note: str
    published_at: datetime | None
    resolved: Mapping[str, Any] = field(
        default_factory=dict
    )  # what the names of its syncs meant then, as ids


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
        "select number, document, author, note, published_at, resolved from config.version where number = $number",
        {"number": wanted},
    )
    if not rows:
        raise ConfigurationError(f"There is no configuration version {wanted}.")
    row = rows[0]
    return Version(
        **{**row, "document": json.loads(row["document"]), "resolved": json.loads(row["resolved"] or "{}")}
    )


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
    """What is wrong with a document by itself, a sentence each; empty when it may be meant."""
    found = [
        f"There is no section “{name}” in a configuration: {offer(name, SECTIONS)}"
        for name in document
        if name not in SECTIONS
    ]
    for name, model in SECTIONS.items():
        if name in document:
            try:
                model.model_validate(document[name])
            except ValidationError as error:
                found += sentences(error, name, document[name])
    return found


def sentences(error: ValidationError, section: str, given: Any = None) -> list[str]:
    """What a model did not take, a sentence each; those of our own are sentences already and name what they mean."""
    details = error.errors()
    places = [detail["loc"] for detail in details]
    return [
        _sentence(section, given, detail)
        for detail in details
        # A list whose items are wrong is also said to be too short.
        if not any(
            len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"]
            for place in places
        )
    ]


def _sentence(section: str, given: Any, detail: ErrorDetails) -> str:
    message = detail["msg"]
    said = message.removeprefix("Value error, ").rstrip(".")
    said = f"{said[:1].upper()}{said[1:]}{'' if said.endswith('?') else '.'}"
    steps = _steps(given, detail["loc"])
    if section in _OF_NAMED_THINGS:
        where = ", ".join(steps[:1] if message.startswith("Value error, ") else steps)
        return f"{where or section.capitalize()}: {_nearer(detail) or said}"
    if message.startswith("Value error, "):
        return said
    where = ", ".join([section, *steps])
    return f"{where.capitalize()}: {said[:1].lower()}{said[1:]}"


def _steps(given: Any, place: tuple[int | str, ...]) -> list[str]:
    """The way to a place of what was given, in words: items of a list by their name where they have one."""
    steps = []
    for step in place:
        if isinstance(given, dict) and step in given:
            given = given[step]
            steps.append(str(step))
        elif isinstance(given, list | tuple) and isinstance(step, int) and step < len(given):
            given = given[step]
            named = isinstance(given, dict) and next((given[key] for key in _NAMES if given.get(key)), None)
            steps.append(str(named or step + 1))
        elif given is None or isinstance(step, int) or step not in TAGS:
            steps.append(str(step + 1 if isinstance(step, int) else step))
    return steps


def _nearer(detail: ErrorDetails) -> str | None:
    """Of a value that is none of those known: what is near."""
    if detail["type"] != "literal_error" or not isinstance(detail["input"], str):
        return None
    known = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    return f"“{detail['input']}” cannot stand here: {offer(detail['input'], known)}"
