"""What differs between two configuration documents: the syncs in words of their own, the other sections path by path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data import differences
from data.differences import Change
from data.syncs.differences import sync_changes

_OWN_WORDS = ("syncs",)


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> list[Change]:
    """Every difference once, in the order of the sections; `names` say what an id is called."""
    rest = [{name: held for name, held in each.items() if name not in _OWN_WORDS} for each in (before, after)]
    return [*differences.changes(rest[0], rest[1], names), *sync_changes(before, after)]
