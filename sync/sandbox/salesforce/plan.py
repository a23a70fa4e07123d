"""What a query was compiled to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sync.sandbox.salesforce.schema import Field, SObject
from sync.sandbox.salesforce.shape import Node


@dataclass(frozen=True)
class Selected:
    path: str
    field: Field
    column: int | None
    """Where the value stands in a row; None for a compound, which has no single place."""


@dataclass
class Plan:
    """A query ready to run: its SQL, the parameters, and how its rows become records."""

    sobject: SObject
    sql: str
    values: list[Any]
    shape: Node
    kind: str
    """rows, aggregate or count"""
    offset: int = 0
    columns: list[Selected] = field(default_factory=list)
    """What was selected, in order, for results in the form of a table."""
