"""Rows of the other systems that belong to one, or look as if they did, each with how that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data import literals
from data.access import Reach, Readable, Scope
from data.explore import column_labels
from data.naming import display_name
from data.records import row
from data.schema import SYSTEM_NAMES, quoted
from data.store import Store

# Where counterparts of a row are looked for, in the other systems.
_COUNTERPARTS: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("spotio", "record"): tuple(("salesforce", t) for t in ("lead", "account", "contact", "opportunity")),
    ("spotio", "user"): (("salesforce", "user"), ("salesscreen", "user")),
    ("salesforce", "user"): (("spotio", "user"), ("salesscreen", "user")),
    ("salesscreen", "user"): (("spotio", "user"), ("salesforce", "user")),
    **{
        ("salesforce", table): (("spotio", "record"),)
        for table in ("lead", "account", "contact", "opportunity")
    },
}
_EXTERNAL_ID = re.compile(r"spotio.*id(__c)?$|^externaldataobjectid$|^externalsystemuserid$", re.IGNORECASE)
_PHONE_DIGITS = 10
EACH_MAX = 20


@dataclass(frozen=True)
class Match:
    """A row of another system. `certain` when one of the two holds the other's id."""

    system: str
    object: str
    id: str
    name: str | None
    how: tuple[str, ...]
    certain: bool


@dataclass(frozen=True)
class _Traits:
    """Which columns of a table tell of an address, a phone or a place, and which hold another system's id."""

    external: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    places: tuple[tuple[str, str], ...]  # street or whole address, postal code


def related(store: Store, scope: Scope, system: str, object: str, id: str) -> list[Match]:
    """What in the other systems is linked with a record by an id, or equal in e-mail, phone, or address and postal code.

    Certain ones first. Only rows that the scope may see, and only by columns that it may see.
    """
    held = row(store, scope, system, object, id)
    if held is None:
        return []
    reach, labels = Reach(store, scope), column_labels(store)
    own = reach.tables[(system, object)]
    traits = _traits(own, labels, reach)
    found: list[Match] = []
    for key in _COUNTERPARTS.get((system, object), ()):
        source = reach.select(*key)
        if source is not None:
            found += _matches(store, reach, key, source, held, traits, own, labels, id)
    return sorted(found, key=lambda match: (not match.certain, match.system, match.object, match.id))


def _matches(
    store: Store,
    reach: Reach,
    key: tuple[str, str],
    source: str,
    held: Mapping[str, Any],
    traits: _Traits,
    own: Readable,
    labels: Mapping[tuple[str, str, str], str],
    id: str,
) -> list[Match]:
    table = reach.tables[key]
    theirs = _traits(table, labels, reach)
    their_id = quoted(reach.key_column(key))
    params: dict[str, Any] = {"own_id": id}
    reasons: list[tuple[str, str, bool]] = []  # condition, how, certain
    for column in theirs.external:
        reasons.append(
            (f"{quoted(column)} = $own_id", f"{SYSTEM_NAMES[key[0]]} holds the id, in {column}", True)
        )
    pointed = [held[column] for column in traits.external if held[column]]
    if pointed:
        how = f"{SYSTEM_NAMES[own.schema]} holds the id, in {', '.join(traits.external)}"
        reasons.append((literals.one_of(their_id, pointed), how, True))
    emails = sorted({held[column].strip().lower() for column in traits.emails if held[column]})
    for column in theirs.emails if emails else ():
        reasons.append((literals.one_of(f"lower(trim({quoted(column)}))", emails), "equal e-mail", False))
    phones = sorted({number for column in traits.phones if (number := _digits(held[column]))})
    for column in theirs.phones if phones else ():
        digits = f"right(regexp_replace({quoted(column)}, '[^0-9]', '', 'g'), {_PHONE_DIGITS})"
        reasons.append((literals.one_of(digits, phones), "equal phone", False))
    for nth, (street, zip_code) in enumerate(traits.places):
        if held[street] and held[zip_code]:
            params |= {f"street{nth}": held[street], f"zip{nth}": held[zip_code]}
            reasons += [
                (
                    _same_place(f"$street{nth}", f"$zip{nth}", *map(quoted, place)),
                    "equal address and postal code",
                    False,
                )
                for place in theirs.places
            ]
    if not reasons:
        return []
    hits = ", ".join(f"case when {sql} then {n} end" for n, (sql, _, _) in enumerate(reasons))
    rows = store.rows(
        f"select {their_id} as found_id, {display_name(table.columns)} as said, list_filter([{hits}], lambda n: n is not null) as hits"
        f" from ({source}) where _deleted_at is null and ({' or '.join(f'({sql})' for sql, _, _ in reasons)})"
        f" order by found_id limit {EACH_MAX}",
        {name: value for name, value in params.items() if any(f"${name}" in sql for sql, _, _ in reasons)},
    )
    return [
        Match(
            *key,
            r["found_id"],
            r["said"],
            tuple(dict.fromkeys(reasons[n][1] for n in r["hits"])),
            any(reasons[n][2] for n in r["hits"]),
        )
        for r in rows
    ]


def _traits(table: Readable, labels: Mapping[tuple[str, str, str], str], reach: Reach) -> _Traits:
    hidden = reach.masks.expressions((table.schema, table.name), table.columns)
    texts = [name for name, kind in table.columns.items() if kind == "VARCHAR" and name not in hidden]

    def called(name: str) -> str:
        label = labels.get((table.schema, table.name, name), name)
        return (label if name.startswith("f_") else name).lower().replace("-", "")

    zips = {called(name): name for name in texts if called(name).endswith(("postalcode", "zip"))}
    places = [
        (name, zips[zip_name])
        for name in texts
        for ending, zip_ending in (("street", "postalcode"), ("address", "zip"))
        if called(name).endswith(ending) and not name.startswith("f_")
        if (zip_name := called(name).removesuffix(ending) + zip_ending) in zips
    ]
    return _Traits(
        tuple(name for name in texts if _EXTERNAL_ID.search(name)),
        tuple(name for name in texts if called(name).endswith("email")),
        tuple(name for name in texts if called(name).endswith("phone")),
        tuple(places),
    )


def _digits(value: str | None) -> str:
    digits = re.sub(r"\D", "", value or "")
    return digits[-_PHONE_DIGITS:] if len(digits) >= _PHONE_DIGITS else ""


def _same_place(street: str, zip_code: str, their_street: str, their_zip: str) -> str:
    """SPOTIO holds the whole address in one line, of which Salesforce's street is the beginning."""
    ours, others = f"lower(trim({street}))", f"lower(trim({their_street}))"
    return (
        f"left({zip_code}, 5) = left({their_zip}, 5) and length({others}) > 3"
        f" and (starts_with({ours}, {others}) or starts_with({others}, {ours}))"
    )
