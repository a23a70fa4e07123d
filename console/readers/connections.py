"""How each system is connected: by the environment, on the page, or not at all. Nothing here is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from console import words
from console.context import connecting
from console.identity import only_for
from sync.connecting import KEYS
from sync.connecting import LOGIN_HOSTS as LOGIN_HOSTS
from sync.connections import left_open
from sync.errors import SignInError


@dataclass(frozen=True)
class Connected:
    """A system's connection. `by` is environment, page, or empty; `fixed` what the environment sets, by its name there.

    `kind` and `facts` are those of one made on the page; `trouble` says why it cannot be read.
    """

    system: str
    by: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    set_by: str = ""
    set_at: datetime | None = None
    trouble: str = ""


@only_for("admin")
def connections() -> list[Connected]:
    """The three systems in the order of the product."""
    return [_connected(system) for system in words.SYSTEMS]


@only_for("admin")
def callback_url() -> str:
    """Where Salesforce sends a browser back to: the connected app has to name it."""
    return connecting().callback


@only_for("admin")
def may_store() -> bool:
    """Whether there is a key to encrypt what is stored."""
    return connecting().connections.seal.there


def _connected(system: str) -> Connected:
    known = connecting().connections
    given = known.environment.of(system)
    fixed = {
        name: f"FIELDLINE_{system.upper()}__{name.upper()}"
        for name in KEYS[system]
        if not left_open(given, name)
    }
    if not known.environment.missing(system):
        return Connected(system, "environment", fixed)
    stored = known.stored().get(system)
    if stored is None:
        return Connected(system, "", fixed)
    trouble = ""
    try:
        known.settings.of(system).check()
    except SignInError as error:
        trouble = str(error)
    return Connected(system, "page", fixed, stored.kind, stored.facts, stored.set_by, stored.set_at, trouble)
