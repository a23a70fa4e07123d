"""Values written into SQL where a parameter cannot go: a relation is text that others build on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """A timestamptz literal, in UTC."""
    return f"timestamptz '{value.astimezone(UTC).isoformat()}'"


def one_of(column: str, values: Iterable[str]) -> str:
    """`column in (...)`, and a condition that never holds for no values."""
    listed = ", ".join(text(value) for value in sorted(values))
    return f"{column} in ({listed})" if listed else "false"
