"""How each system is reached now: the settings of the environment, and what admins connected on the page.

The environment wins, value by value; a stored connection fills what it leaves open. Whoever begins something asks for the
settings then, so what was connected meanwhile counts from the next run on. A stored connection that cannot be read keeps
its own system from being used, and no other.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from data import connecting, connections
from data.connections import Connection
from data.errors import SecretKeyError
from data.schema import SYSTEM_NAMES
from data.sealing import Seal
from data.store import Store
from sync.connectors.salesforce.grant import ConnectedApp, SharedGrant
from sync.errors import SignInError
from sync.settings import SYSTEMS, Access, SalesforceSettings, Settings, SystemSettings


class Connections:
    """The settings over one store; one object a process, since all who use a person's sign-in share it."""

    def __init__(self, environment: Settings, store: Store) -> None:
        self.environment, self._store = environment, store
        self.seal = Seal(environment.secret_keys)
        self._made: dict[str, tuple[Connection, SystemSettings]] = {}
        self._lock = threading.Lock()
        self._renew()

    @property
    def settings(self) -> Settings:
        """The settings as they stand now."""
        stored = self.stored()
        if not stored:
            return self.environment
        return self.environment.model_copy(
            update={system: self._part(connection) for system, connection in stored.items()}
        )

    def stored(self) -> dict[str, Connection]:
        """The connections that are used, by system: those of which the environment does not say all."""
        found = connections.read_all(self._store)
        return {
            system: found[system]
            for system in SYSTEMS
            if system in found and self.environment.missing(system)
        }

    def keep(self, connection: Connection, access: Access | None = None) -> None:
        """Store a connection in the place of the system's former one; with `access`, one that it was tried with."""
        # Under the lock, so that nobody makes a second grant of the same refresh token in between.
        with self._lock:
            part = self._make(connection, access)
            connecting.save(self._store, connection)
            self._made[connection.system] = (connection, part)

    def drop(self, connection: Connection) -> dict[str, str]:
        """Forget a connection; gives its secrets where they can be read, so that the system can be told."""
        connecting.drop(self._store, connection.id)
        try:
            return self.seal.opened(connection.sealed, SYSTEM_NAMES[connection.system])
        except SecretKeyError:
            return {}

    def ask_anew(self, system: str) -> None:
        """Have the system's sign-in tried again although it was refused; a grant stays the one that all share."""
        settings = self.settings.of(system)
        if isinstance(settings, SalesforceSettings) and isinstance(settings.grant, SharedGrant):
            settings.grant.ask_anew()

    def _part(self, connection: Connection) -> SystemSettings:
        with self._lock:
            made = self._made.get(connection.system)
            # A grant's own refresh token changes with each refresh; it is the same connection all the same.
            if made is None or not _same(made[0], connection):
                made = (connection, self._make(connection, None))
                self._made[connection.system] = made
            return made[1]

    def _make(self, connection: Connection, access: Access | None) -> SystemSettings:
        given = self.environment.of(connection.system)
        whose = f"The connection to {SYSTEM_NAMES[connection.system]}"
        try:
            secrets = self.seal.opened(connection.sealed, whose)
        except SecretKeyError as error:
            return given.unusable(SignInError(connection.system, str(error)))
        if connection.kind == "oauth" and isinstance(given, SalesforceSettings):
            return given.granted(self._grant(connection, secrets, access))
        return filled(given, {**connection.facts, **secrets})

    def _grant(
        self, connection: Connection, secrets: Mapping[str, str], access: Access | None
    ) -> SharedGrant:
        def keep(token: str) -> None:
            sealed = self.seal.sealed({**secrets, "refresh_token": token})
            connecting.reseal(self._store, connection.id, sealed)

        return SharedGrant(
            app_of(connection.facts, secrets),
            secrets["refresh_token"],
            keep=keep,
            given=access,
        )

    def _renew(self) -> None:
        """Seal anew, with the key in use, what was sealed with a former one."""
        for connection in connections.read_all(self._store).values():
            sealed = self.seal.renewed(connection.sealed)
            if sealed is not None:
                connecting.reseal(self._store, connection.id, sealed)


def app_of(facts: Mapping[str, Any], secrets: Mapping[str, str]) -> ConnectedApp:
    """The connected app of a sign-in by a person."""
    return ConnectedApp(str(facts["host"]), str(facts["client_id"]), secrets.get("client_secret", ""))


def left_open(given: SystemSettings, name: str) -> bool:
    """Whether the environment does not say a setting, or says it with nothing."""
    return name not in given.model_fields_set or not getattr(given, name)


def filled(given: SystemSettings, values: Mapping[str, Any]) -> SystemSettings:
    """The settings with the values that the environment leaves open; what is no setting of theirs is passed over."""
    fields = type(given).model_fields
    update: dict[str, Any] = {}
    for name, value in values.items():
        if name in fields and left_open(given, name):
            secret = fields[name].annotation is SecretStr
            update[name] = SecretStr(str(value)) if secret else str(value)
    return given.model_copy(update=update)


def _same(one: Connection, other: Connection) -> bool:
    if one.kind == "oauth":
        return one.id == other.id
    return one.id == other.id and one.sealed == other.sealed
