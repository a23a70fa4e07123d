"""What is the same in truth in the two systems, so that a matching can be scored.

The world knows it from the start, and what happens later is followed: a converted lead is its account from then on, a
merged row the one it went into, and what is deleted is no pair until it comes back. Records that clients or `--live`
people add are strangers here, whatever they say of themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.sandbox.world.company import Company, Kin, Record

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org
    from sync.sandbox.spotio.tenant import Tenant

Row = dict[str, Any]
SObjectId = tuple[str, str]
"""sObject and id."""

_SOBJECTS = ("Lead", "Account", "Opportunity")


class Truth:
    def __init__(self, company: Company, org: Org, tenant: Tenant) -> None:
        self._company, self._org, self._tenant = company, org, tenant

    def state(self) -> dict[str, list[Row]]:
        """`pairs` across the systems and `copies` within each of them, as rows.

        A pair is `{dataObjectId, type, sobject, id, copy}`; `copy` is true where one of the two is an unwanted second
        copy, so a matching that finds it is not wrong, and one that does not has missed nothing. A person whose
        household shares an account is a pair of its own with that account. A copy is `{system, object, id, of}`.
        """
        records, rows = self._live_records(), self._rows()
        pairs: list[Row] = []
        copies: list[Row] = []
        for kin in self._company.kin:
            here = [record for record in kin.records if record.id in records]
            there = _now(kin, rows)
            pairs += _pairs(here, there)
            copies += [_copy("spotio", each.kind, each.id, here[0].id) for each in here[1:]]
            copies += [_copy("salesforce", *each, there[0][1]) for each in there[1:]]
        return {"pairs": pairs, "copies": copies}

    def _live_records(self) -> set[str]:
        found = self._tenant.store.db.execute("select id from records where deletedAt is null")
        return {id for (id,) in found}

    def _rows(self) -> dict[str, tuple[str, Row]]:
        """Each row of Salesforce, deleted ones too, with the name of its object."""
        self._org.settle()
        return {
            row["Id"]: (name, row)
            for name in _SOBJECTS
            for row in self._org.tables.select(self._org.sobject(name))
        }


def _now(kin: Kin, rows: dict[str, tuple[str, Row]]) -> list[SObjectId]:
    """What the rows have become: each once, in order, without what is deleted."""
    found = (_became(id, rows) for _, id in kin.rows)
    return list(dict.fromkeys(each for each in found if each))


def _became(id: str | None, rows: dict[str, tuple[str, Row]]) -> SObjectId | None:
    while id is not None and id in rows:
        sobject, row = rows[id]
        if row.get("IsConverted"):
            id = row["ConvertedAccountId"]
        elif not row["IsDeleted"]:
            return sobject, id
        else:
            id = row.get("MasterRecordId")
    return None


def _pairs(here: list[Record], there: list[SObjectId]) -> list[Row]:
    return [
        {
            "dataObjectId": record.id,
            "type": record.kind,
            "sobject": sobject,
            "id": id,
            "copy": (record, (sobject, id)) != (here[0], there[0]),
        }
        for record in here
        for sobject, id in there
    ]


def _copy(system: str, object: str, id: str, of: str) -> Row:
    return {"system": system, "object": object, "id": id, "of": of}
