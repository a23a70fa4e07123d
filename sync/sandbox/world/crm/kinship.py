"""Remembers, while Salesforce's side is written, which of its rows are in truth which records of SPOTIO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sync.sandbox.world.company import Kin, Record


class Kinship:
    def __init__(self, records: Iterable[Record]) -> None:
        self._of: dict[Record, Kin] = {}
        self._of_row: dict[str, Kin] = {}
        for record in records:
            if record.twin:
                self._kin(record.twin).records.append(record)

    def __contains__(self, record: Record) -> bool:
        """Whether Salesforce has it too."""
        return record in self._of and bool(self._of[record].rows)

    def pair(self, record: Record, sobject: str, id: str) -> None:
        kin = self._kin(record)
        kin.rows.append((sobject, id))
        self._of_row[id] = kin

    def copied(self, sobject: str, copy: str, original: str) -> None:
        """A row of Salesforce is an unwanted second copy of another one."""
        kin = self._of_row.setdefault(original, Kin([], [(sobject, original)]))
        kin.rows.append((sobject, copy))

    def all(self) -> list[Kin]:
        """Those of more than one row, SPOTIO's first."""
        return [kin for kin in self._each() if len(kin.records) + len(kin.rows) > 1]

    def _each(self) -> Iterator[Kin]:
        yield from self._of.values()
        for kin in self._of_row.values():
            if not kin.records:
                yield kin

    def _kin(self, record: Record) -> Kin:
        found = self._of.get(record)
        if found is None:
            found = self._of[record] = Kin([record], [])
        return found
