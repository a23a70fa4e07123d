"""Find a record of any of the three systems by its id, or by a part of a name, an e-mail address or a phone number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from data import literals
from data.access import Key, Reach, Readable, Scope, readable
from data.explore import column_labels
from data.naming import display_name
from data.schema import quoted
from data.store import Store

# Who and where: other tables are found from these.
_SEARCHED = frozenset(
    {
        *(("spotio", name) for name in ("record", "user", "team", "territory")),
        *(("salesforce", name) for name in ("lead", "account", "contact", "opportunity", "user")),
        *(("salesscreen", name) for name in ("user", "team")),
    }
)
_SAID_IN = ("name", "title", "company", "email")
# What people write of a number; fewer digits than these would be found in the middle of too many others.
_NUMBER = re.compile(r"[0-9 ()+./-]+")
_DIGITS_MIN, _DIGITS_MAX = 7, 10  # beyond ten it begins with the country's, which not everybody writes


@dataclass(frozen=True)
class Found:
    """A record, the column and value in which the words were found, and the first of its e-mail addresses."""

    system: str
    object: str
    id: str
    name: str | None
    column: str
    value: str
    email: str | None = None


def search(
    store: Store, scope: Scope, words: str, *, each: int = 20, among: Collection[Key] | None = None
) -> list[Found]:
    """Records whose id is `words`, or whose name, e-mail or phone contains it; at most `each` a table, by name.

    A number is found however it is punctuated. Records that their source deleted are left out. `among` are the
    (schema, table) that are looked through, by default all in which there is somebody or somewhere to be found.
    """
    found: list[Found] = []
    for table, hits, key, params in _hits(store, scope, words.strip(), among):
        rows = store.rows(
            f"select * from ({hits}) order by hit <> {literals.text(key)}, said, found_id limit {int(each)}",
            params,
        )
        found += [
            Found(table.schema, table.name, r["found_id"], r["said"], r["hit"], r["held"], r["email"])
            for r in rows
        ]
    return found


def count(store: Store, scope: Scope, words: str, *, among: Collection[Key] | None = None) -> int:
    """How many records `search` would find without a limit."""
    found = 0
    for _, hits, _, params in _hits(store, scope, words.strip(), among):
        found += int(store.rows(f"select count(*) as n from ({hits})", params)[0]["n"])
    return found


def ids(
    store: Store, scope: Scope, words: str, *, most: int, among: Collection[Key] | None = None
) -> list[str] | None:
    """The ids of the records that `search` would find, and of deleted ones; None when there are more than `most`.

    What is an address or a number is looked for where those stand, not in names.
    """
    found: list[str] = []
    text = words.strip()
    said_in = ("email",) if "@" in text else () if _digits(text) else _SAID_IN
    for _, hits, _, params in _hits(store, scope, text, among, deleted=True, said_in=said_in):
        left = most + 1 - len(found)
        rows = store.rows(f"select distinct found_id from ({hits}) limit {left}", params)
        found += [row["found_id"] for row in rows]
        if len(found) > most:
            return None
    return found


def _hits(
    store: Store,
    scope: Scope,
    words: str,
    among: Collection[Key] | None,
    *,
    deleted: bool = False,
    said_in: tuple[str, ...] = _SAID_IN,
) -> Iterator[tuple[Readable, str, str, dict[str, str]]]:
    """Of each table: a SELECT of what is found in it (found_id, said, email, hit, held), its key, and the values it takes."""
    if not words:
        return
    labels = column_labels(store)
    reach = Reach(store, scope)
    digits = _digits(words)
    for table in readable(store, scope):
        place = (table.schema, table.name)
        source = reach.select(*place)
        if place not in (_SEARCHED if among is None else among) or source is None:
            continue
        key = reach.key_column(place)
        texts = {
            name: {
                word.lower().replace("-", "") for word in (name, labels.get((*place, name), name))
            }
            for name, kind in table.columns.items()
            if kind == "VARCHAR"
        }  # fmt: skip
        looked_in = _ending(texts, *said_in)
        phones = [name for name in _ending(texts, "phone") if name not in looked_in] if digits else []
        cases = [f"when {quoted(key)} = $words then {literals.text(key)}"]
        cases += [
            f"when contains(lower({quoted(n)}), lower($words)) then {literals.text(n)}" for n in looked_in
        ]
        cases += [
            f"when contains(regexp_replace({quoted(n)}, '[^0-9]', '', 'g'), $digits) then {literals.text(n)}"
            for n in phones
        ]
        values = " ".join(f"when {literals.text(n)} then {quoted(n)}" for n in (key, *looked_in, *phones))
        emails = ", ".join(f"nullif(trim({quoted(n)}), '')" for n in _ending(texts, "email"))
        yield (
            table,
            f"select {quoted(key)} as found_id, {display_name(table.columns)} as said,"
            f" {f'coalesce({emails})' if emails else 'null'} as email, hit, case hit {values} end as held"
            f" from (select *, case {' '.join(cases)} end as hit from ({source})"
            f" where {'true' if deleted else '_deleted_at is null'})"
            " where hit is not null",
            key,
            {"words": words} | ({"digits": digits} if phones else {}),
        )


def _ending(texts: dict[str, set[str]], *endings: str) -> list[str]:
    """The columns of which the name or the label ends so."""
    return [name for name, called in texts.items() if any(word.endswith(endings) for word in called)]


def _digits(words: str) -> str:
    """The digits of what may be a phone number, without the country's; empty for all else."""
    digits = re.sub(r"\D", "", words) if _NUMBER.fullmatch(words) else ""
    return digits[-_DIGITS_MAX:] if len(digits) >= _DIGITS_MIN else ""
