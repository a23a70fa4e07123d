"""The moment, the place and the systems that every reader tells of."""

from __future__ import annotations

from datetime import UTC, datetime

from console.context import context
from console.words import SYSTEMS
from data import connections


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def zone() -> str:
    """The IANA name of the zone in which times are told."""
    return context().timezone


def connected() -> tuple[str, ...]:
    """The systems that the environment or an admin connected."""
    stored = connections.read_all(context().store)
    return tuple(system for system in SYSTEMS if system in context().systems or system in stored)
