"""Who may see what: one person's scope, and the rows and columns of each table that it lets through.

Every road to the data (pages, search, SQL, exports) reads a table through `relation`, so a rule is written once.
What no rule lets through is not shown: an unknown table has no rows for anyone whose view is limited.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """What one person may see. Hashable, so that it is part of every cache key."""

    role: str  # admin | manager | analyst | rep
    person: str  # e-mail in lower case; "" for nobody signed in
    teams: frozenset[str] | None  # manager: the teams they lead and all below (expanded); None: all
    user_id: str | None  # the SPOTIO user that this person is; a rep sees this one's
    masks: frozenset[str] = frozenset()  # "schema.table.column" hidden from this role, lower case


EVERYTHING = Scope("admin", "", None, None)
