"""What counts in the numbers: classes of results, sources of "set" and "sold", zones, windows, minimum samples.

Plain data, JSON in and out. SPOTIO lets every tenant name activity results freely, so what a result means is said
here once, per activity type and result (`template_id:result_id`), and never guessed from a name while counting.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_serializer,
    model_validator,
)

from data.events import EventSettings
from data.store import Store

ResultClass = Literal[
    "contact", "no_contact", "set", "run", "sat", "sold", "no_show", "cancelled", "rescheduled"
]
Origin = Literal["human", "fieldline", "automation", "integration", "import"]

# Names of results as SPOTIO proposes them and as teams commonly call them. Only an exact name (case, punctuation and
# spaces aside) is proposed; anything else stays unclassified and is shown as such.
# A no-show was run: the closer went there, and nobody sat. A result that sold was a contact, at a door as at a table.
_SUGGESTED: Mapping[str, frozenset[ResultClass]] = {
    "not home": frozenset({"no_contact"}),
    "no answer": frozenset({"no_contact"}),
    "left message": frozenset({"no_contact"}),
    "left voicemail": frozenset({"no_contact"}),
    "come back": frozenset({"contact"}),
    "go back": frozenset({"contact"}),
    "call back": frozenset({"contact"}),
    "reached": frozenset({"contact"}),
    "contacted": frozenset({"contact"}),
    "interested": frozenset({"contact"}),
    "not interested": frozenset({"contact"}),
    "appointment set": frozenset({"contact", "set"}),
    "sold": frozenset({"contact", "sold"}),
    "sat sold": frozenset({"contact", "run", "sat", "sold"}),
    "sat not sold": frozenset({"contact", "run", "sat"}),
    "no show": frozenset({"no_contact", "run", "no_show"}),
    "cancelled": frozenset({"cancelled"}),
    "canceled": frozenset({"cancelled"}),
    "rescheduled": frozenset({"rescheduled"}),
}
# Pairs that cannot both be true of one result.
_CONTRADICTIONS: tuple[tuple[ResultClass, ResultClass], ...] = (
    ("contact", "no_contact"),
    ("no_show", "sat"),
    ("no_show", "sold"),
    ("cancelled", "run"),
    ("cancelled", "sat"),
    ("cancelled", "sold"),
    ("rescheduled", "run"),
    ("rescheduled", "sat"),
    ("rescheduled", "sold"),
    ("rescheduled", "no_show"),
    ("rescheduled", "cancelled"),
)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone; use a name such as America/Denver")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class Zones(BaseModel):
    """IANA time zones: the company's, those of teams (with all below) and users that differ, and whose days count.

    `everybody` is the zone whose days and hours count for all; None: each rep's local ones. `salesscreen` is the company
    zone by whose days SalesScreen counts, None while nobody has said it: its API tells nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    company: Zone = "UTC"
    by_team: Mapping[str, Zone] = Field(default_factory=dict)
    by_user: Mapping[str, Zone] = Field(default_factory=dict)
    everybody: Zone | None = None
    salesscreen: Zone | None = None

    @property
    def counted(self) -> Zones:
        """Those by which days and hours are counted: with one for everybody no other matters."""
        if self.everybody is None:
            return self
        return self.model_copy(update={"company": self.everybody, "by_team": {}, "by_user": {}})


class KpiSettings(BaseModel):
    """What counts. Frozen; `problems` of a wrong one are sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results: Mapping[str, frozenset[ResultClass]] = Field(default_factory=dict)
    set_source: Literal["appointments", "result"] = "appointments"
    sold_source: Literal["spotio_won", "result", "salesforce_won"] = "spotio_won"
    rescission_days: int = Field(3, ge=0, le=365)
    minimum_sample: Mapping[str, int] = Field(default_factory=dict)
    start: date | None = None
    origins: frozenset[Origin] = frozenset({"human"})
    offline_minutes: int = Field(10, ge=1)
    zones: Zones = Zones()
    integration_users: frozenset[str] = frozenset()

    @field_serializer("origins", "integration_users")
    def _sorted(self, values: frozenset[str]) -> list[str]:
        return sorted(values)

    @field_serializer("results")
    def _sorted_results(self, results: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
        return {key: sorted(results[key]) for key in sorted(results)}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key, classes in self.results.items():
            if not re.fullmatch(r"[^:]+:[^:]+", key):
                raise ValueError(f"the result '{key}' must be written as activity type id:result id")
            for one, other in _CONTRADICTIONS:
                if one in classes and other in classes:
                    raise ValueError(f"the result {key} cannot be both {one} and {other}")
            if "sold" in classes and "run" in classes and "sat" not in classes:
                raise ValueError(f"the result {key} is run and sold, so it must be sat too")
        for kpi, least in self.minimum_sample.items():
            if least < 0:
                raise ValueError(f"the minimum sample of {kpi} is {least}, it must not be below 0")
        if not self.origins:
            raise ValueError("no origin counts, so nothing would be counted; name at least human")
        return self

    @classmethod
    def parse(cls, document: Mapping[str, Any] | str) -> KpiSettings:
        """Settings from a JSON document or its text; ValueError with one sentence a mistake, a line each."""
        try:
            if isinstance(document, str):
                return cls.model_validate_json(document)
            return cls.model_validate(document)
        except ValidationError as error:
            raise ValueError("\n".join(_sentence(dict(found)) for found in error.errors())) from error

    @classmethod
    def suggested(cls, store: Store) -> KpiSettings:
        """Settings for a fresh tenant: classes for results whose name is known exactly, and nothing else."""
        return cls(results=suggested_classes(result_names(store)))

    @classmethod
    def standing(cls, store: Store, section: Mapping[str, Any] | None, zone: str) -> KpiSettings:
        """What counts under a configuration: its section as published, else what is suggested.

        `zone` is the company's as long as the section names none.
        """
        settings = cls.parse(section) if section else cls.suggested(store)
        if "company" in settings.zones.model_fields_set:
            return settings
        return settings.model_copy(update={"zones": settings.zones.model_copy(update={"company": zone})})

    def document(self) -> dict[str, Any]:
        """The settings as JSON takes them; `parse` gives them back."""
        return self.model_dump(mode="json")

    def events(self) -> EventSettings:
        """The part that events themselves depend on."""
        zones = self.zones.counted
        return EventSettings(zones.company, zones.by_team, zones.by_user, self.integration_users)

    def digest(self) -> str:
        """Changes when numbers derived before have to be derived anew."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()[:16]


def result_names(store: Store) -> dict[str, str]:
    """`template_id:result_id` -> the result's name, of every activity type that SPOTIO describes."""
    if not has_table(store, "spotio", "activity_template"):
        return {}
    rows = store.rows(
        "select id || ':' || (result ->> '$.id') as key, result ->> '$.name' as name"
        " from (select id, unnest(from_json(results, '[\"json\"]')) as result from spotio.activity_template"
        " where _deleted_at is null) order by key"
    )
    return {row["key"]: row["name"] for row in rows}


def suggested_classes(names: Mapping[str, str]) -> dict[str, frozenset[ResultClass]]:
    """The classes of the results whose name is in the table above."""
    found = {key: _SUGGESTED.get(_plain(name)) for key, name in names.items()}
    return {key: classes for key, classes in found.items() if classes}


def has_table(store: Store, schema: str, name: str) -> bool:
    """Whether the mirror has this table yet."""
    found = store.lasting(
        "tables",
        lambda: store.rows("select schema_name, table_name from duckdb_tables() where not temporary"),
    )
    return {"schema_name": schema, "table_name": name} in found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]+", " ", name.lower()).strip()


def _sentence(found: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in found["loc"] if part != "[key]")
    what = str(found["msg"]).removeprefix("Value error, ")
    return f"{where}: {what}." if where else f"{what[:1].upper()}{what[1:]}."
