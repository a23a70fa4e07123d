"""The moment, the place and the systems that every reader tells of."""

from __future__ import annotations

from datetime import UTC, datetime

from console.context import context


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def zone() -> str:
    """The IANA name of the zone in which times are told."""
    return context().timezone


def connected() -> tuple[str, ...]:
    """The configured systems."""
    return context().systems
