"""Reading records just before a write, and looking for what an unknown write may have left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from sync.connectors.salesforce.api import LONGEST_QUERY, SalesforceApi, accepted
from sync.connectors.salesforce.ids import full_id

RETRIEVED_A_CALL = 2000

Record = dict[str, Any]


def retrieved(
    api: SalesforceApi, sobject: str, ids: Sequence[str], fields: Collection[str]
) -> dict[str, Record]:
    """`{id of 18 characters: {Id and fields}}` of live records; what is missing, deleted or hidden is absent.

    Asked for 2,000 ids and as many fields as one query could name at once; with more fields a record is given only if
    all its parts were there. Raises QueryRefusedError when a field is gone or hidden.
    """
    found: dict[str, Record] = {}
    wanted = list(dict.fromkeys(full_id(id) for id in ids))
    for start in range(0, len(wanted), RETRIEVED_A_CALL):
        some = wanted[start : start + RETRIEVED_A_CALL]
        parts = [_retrieved_part(api, sobject, some, names) for names in _portions(fields)]
        for id in some:
            if all(id in part for part in parts):
                found[id] = {name: value for part in parts for name, value in part[id].items()}
    return found


def _retrieved_part(
    api: SalesforceApi, sobject: str, ids: Sequence[str], fields: Sequence[str]
) -> dict[str, Record]:
    body = {"ids": ids, "fields": ["Id", *fields]}
    response = api.client.request(
        "POST", f"{api.path}/composite/sobjects/{sobject}", json=body, repeatable=True
    )
    rows = msgspec.json.decode(accepted(response).content, type=list[Record | None])
    return {full_id(row["Id"]): _plain(row) for row in rows if row}


def by_external_id(
    api: SalesforceApi, sobject: str, field: str, values: Sequence[str], fields: Collection[str] = ()
) -> dict[str, Record]:
    """`{value: {Id, IsDeleted, field, fields}}` of the records that have one of the values in `field`.

    Records in the recycle bin are told too; a live one goes before a deleted one, then the one changed last.
    """
    names = list(dict.fromkeys(["Id", "IsDeleted", "SystemModstamp", field, *fields]))
    head = f"SELECT {', '.join(names)} FROM {sobject} WHERE {field} IN ("  # noqa: S608 (names of a describe)
    asked = {value.casefold(): value for value in values}  # Salesforce compares text without case
    found: dict[str, Record] = {}
    for some in _literals(list(asked.values()), LONGEST_QUERY - len(quote(head))):
        for row in _rows(api, f"{head}{', '.join(some)})"):
            value = asked.get(str(row[field]).casefold())
            if value is not None and (value not in found or _rank(row) > _rank(found[value])):
                found[value] = row
    return found


def _rank(row: Record) -> tuple[bool, str]:
    return not row["IsDeleted"], str(row["SystemModstamp"])


def _rows(api: SalesforceApi, soql: str) -> Iterator[Record]:
    answer = api.client.request("GET", f"{api.path}/queryAll/", params={"q": soql})
    while True:
        page = msgspec.json.decode(accepted(answer).content, type=Record)
        yield from (_plain(row) for row in page["records"])
        if page["done"]:
            return
        answer = api.client.request("GET", page["nextRecordsUrl"])


def _literals(values: Sequence[str], room: int) -> Iterator[list[str]]:
    """Values as SOQL writes them, in lists that take at most `room` characters of an address."""
    some: list[str] = []
    used = 0
    for value in values:
        literal = quoted(value)
        length = len(quote(f"{literal}, "))
        if some and used + length > room:
            yield some
            some, used = [], 0
        some.append(literal)
        used += length
    if some:
        yield some


def quoted(text: str) -> str:
    """A text as a SOQL literal (SOQL reference, quoted string escape sequences)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def _portions(fields: Collection[str]) -> Iterator[list[str]]:
    """Fields in lists that one query could name."""
    some: list[str] = []
    used = 0
    for name in dict.fromkeys(name for name in fields if name != "Id"):
        if some and used + len(name) + 2 > LONGEST_QUERY:
            yield some
            some, used = [], 0
        some.append(name)
        used += len(name) + 2
    yield some


def _plain(row: Record) -> Record:
    return {name: value for name, value in row.items() if name != "attributes"}
