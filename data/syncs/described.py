"""What both systems describe of themselves, as last mirrored: types, stages, fields and people, by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.kpi.settings import has_table
from data.schema import Field, known_fields
from data.store import Store, query


@dataclass(frozen=True)
class SpotioField:
    """A field of a record type; `role` is the system role, empty for a field that the tenant made."""

    id: str
    name: str
    type: str
    role: str
    options: tuple[str, ...]
    readonly: bool


@dataclass(frozen=True)
class RecordType:
    """A record type of SPOTIO with its stages (id -> name) and its fields (by id)."""

    id: str
    name: str
    stages: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, SpotioField] = field(default_factory=dict)


@dataclass(frozen=True)
class User:
    """A user of either system; `username` is Salesforce's."""

    id: str
    name: str
    email: str
    username: str
    active: bool
    admin: bool


class Described:
    """The descriptions in a store; each is read when it is first asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._objects: dict[str, Mapping[str, Field]] = {}
        self._types: Mapping[str, RecordType] | None = None
        self._users: dict[str, Mapping[str, User]] = {}

    @property
    def types(self) -> Mapping[str, RecordType]:
        """SPOTIO's record types by id; empty before the first pull."""
        if self._types is None:
            self._types = _types(self.store) if has_table(self.store, "spotio", "record_type") else {}
        return self._types

    def salesforce(self, sobject: str) -> Mapping[str, Field]:
        """The fields of an object by API name; empty when it was never described."""
        if sobject not in self._objects:
            found = known_fields(self.store, "salesforce", sobject)
            self._objects[sobject] = {field.name: field for field in found}
        return self._objects[sobject]

    @property
    def spotio_users(self) -> Mapping[str, User]:
        return self._people("spotio", "user", "described_spotio_users")

    @property
    def salesforce_users(self) -> Mapping[str, User]:
        return self._people("salesforce", "user", "described_salesforce_users")

    def _people(self, system: str, table: str, named: str) -> Mapping[str, User]:
        if system not in self._users:
            rows = self.store.rows(query(named)) if has_table(self.store, system, table) else []
            self._users[system] = {row["id"]: User(**row) for row in rows}
        return self._users[system]


def _types(store: Store) -> dict[str, RecordType]:
    stages: dict[str, dict[str, str]] = {}
    for row in store.rows(query("described_stages")):
        stages.setdefault(row["type_id"], {})[row["stage_id"]] = row["name"]
    fields: dict[str, dict[str, SpotioField]] = {}
    for row in store.rows(query("described_fields")):
        found = SpotioField(
            row["field_id"],
            row["name"],
            row["type"],
            row["role"],
            tuple(row["options"] or ()),
            row["readonly"],
        )
        fields.setdefault(row["type_id"], {})[found.id] = found
    return {
        row["id"]: RecordType(row["id"], row["name"], stages.get(row["id"], {}), fields.get(row["id"], {}))
        for row in store.rows("select id, name from spotio.record_type where _deleted_at is null order by id")
    }
