"""What of the log of records a person may see: values of a pair of fields are hidden where either side's column is.

A sentence of the engine, or of a system that refused, may quote a value. So for somebody from whom a column of a synced
object is hidden, such a sentence is shown only where it is known to be about fields that they may see. Nobody sees a
log of records of a table that is hidden from them whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data import literals
from data.access import Reach, Scope
from data.errors import QueryRefusedError
from data.explore import column_labels
from data.store import Store
from data.syncs.records import spotio_column

# What is synced; the same tables that a run of a sync reads.
SYNCED = (
    ("spotio", "record"),
    *(("salesforce", name) for name in ("lead", "account", "contact", "opportunity")),
)
# Steps whose sentences quote no value of a record, unless they name the field.
_QUOTING_NOTHING = ("scope", "match", "life_cycle")


@dataclass(frozen=True)
class LogMasks:
    """The columns hidden in synced tables (lower case, by system), and the names of fields of which nothing is hidden."""

    hidden: Mapping[str, frozenset[str]]
    seen: frozenset[str]

    @classmethod
    def of(cls, store: Store, scope: Scope) -> LogMasks:
        """The masks of one scope. Raises QueryRefusedError where a synced table is hidden whole."""
        if not scope.masks:
            return cls({}, frozenset())
        return store.lasting(("log masks", scope), lambda: cls._read(store, scope))

    @classmethod
    def _read(cls, store: Store, scope: Scope) -> LogMasks:
        reach = Reach(store, scope)
        hidden: dict[str, set[str]] = {}
        for key in SYNCED:
            names = reach.masks.names(key)
            if names & {"*", "id"}:
                raise QueryRefusedError(
                    f"The log tells of records of {'.'.join(key)}, which is hidden from the role {scope.role}."
                )
            if names:
                hidden.setdefault(key[0], set()).update(names)
        if not hidden:
            return cls({}, frozenset())
        found = cls({system: frozenset(names) for system, names in hidden.items()}, frozenset())
        return cls(found.hidden, found._fully_seen(store))

    def _fully_seen(self, store: Store) -> frozenset[str]:
        """The labels and names of fields by which no hidden value is called, on either side of a pair."""
        called: dict[str, bool] = {}
        for (system, table, column), label in column_labels(store).items():
            if (system, table) in SYNCED:
                hides = column.lower() in self.hidden.get(system, frozenset())
                for name in (label, column):
                    called[name] = called.get(name, False) or hides
        # A hidden value goes by the other side's name, too.
        for row in store.rows("select distinct field from sync.agreed"):
            if self._hides_pair(row["field"]):
                for name in self._names_of_pair(store, row["field"]):
                    called[name] = True
        return frozenset(name for name, hides in called.items() if not hides)

    def _names_of_pair(self, store: Store, pair: str) -> set[str]:
        sides = self._columns(pair)
        labels = column_labels(store)
        return {
            name
            for (system, table, column), label in labels.items()
            if (system, table) in SYNCED and column.lower() == sides.get(system)
            for name in (label, column)
        }

    @staticmethod
    def _columns(pair: str) -> dict[str, str]:
        """The mirror's columns of a pair's key, by system, in lower case: 100006~lead.Email."""
        spotio, _, salesforce = pair.partition("~")
        path = salesforce.partition(".")[2]
        return {"spotio": spotio_column(spotio).lower(), "salesforce": path.lower()}

    def _hides_pair(self, pair: str | None) -> bool:
        sides = self._columns(pair or "")
        return any(sides[system] in names for system, names in self.hidden.items())

    def field(self, row: Mapping[str, Any], values: Sequence[str]) -> dict[str, Any]:
        """A field of a line without the values that may not be seen, and whether there are any."""
        column = str(row.get("column") or "").lower()
        columns = {column, spotio_column(column).lower()}
        hides = bool(self.hidden) and (
            self._hides_pair(row["field"]) or any(columns & names for names in self.hidden.values())
        )
        return {**row, "hidden": hides} | (dict.fromkeys(values) if hides else {})

    def lines(self, sql: str) -> str:
        """The lines that a SELECT gives, with `hidden`: whether a sentence was taken out, and without it."""
        if not self.hidden:
            return f"select *, false as hidden from ({sql})"
        named = "named is not null and len(list_filter(string_split(named, ', '), lambda name: not {})) = 0"
        seen = named.format(literals.one_of("name", sorted(self.seen)))
        quiet = f"({seen} or named is null and source = 'd' and (step is null or {literals.one_of('step', _QUOTING_NOTHING)}))"
        taken = ", ".join(
            f"case when {quiet} then {name} end as {name}" for name in ("text", "clause", "seen", "change")
        )
        return (
            f"select * replace ({taken}), coalesce(text, clause, seen) is not null and not coalesce({quiet}, false) as hidden"
            f" from ({sql})"
        )
