"""What a person can ask of tables, records and statements, each question with what the answer has to be."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl

from console import services
from console.readers import explore, record
from console.readers.explore import Asked, Filter, QueryRefusedError, Table
from tests.scenarios.scope_company import END, FAY, HIDDEN, LONER, Truth

Answer = tuple[Any, Any]  # what came, what is true
Ask = Callable[[Truth], Answer]
_LEFT_OUT = Filter("ownerId", "not_equals", (LONER,))


def _table(name: str) -> Table:
    return next(one for one in explore.tables() if one.full_name == name)


def _ids(name: str, *narrowed: Filter, key: str = "id", search: str = "") -> set[str]:
    table = _table(name)
    return set(explore.page(table, Asked(filters=narrowed, search=search, limit=500)).rows[key])


def pages(truth: Truth) -> Answer:
    got = [
        _ids("spotio.record", _LEFT_OUT),
        _ids("spotio.activity", _LEFT_OUT),
        _ids("spotio.user") - {LONER},
        _ids("salesforce.lead", Filter("OwnerId", "not_equals", (f"005-{LONER}",)), key="Id"),
    ]
    people = truth.people()
    return got, [
        truth.records(), truth.activities(), people,
        {f"00Q-{id}" for id, first in truth.company.first_owners.items() if first in people and id != "r-lab"},
    ]  # fmt: skip


def one_table(truth: Truth) -> Answer:
    """Searched, narrowed by an id, counted, and taken away."""
    table = _table("spotio.record")
    seen = truth.records()
    taken = services.rows_as(
        "parquet", explore.all_rows(table, Asked(filters=(_LEFT_OUT,))), {"page": "Explore"}
    )
    return (
        [
            _ids("spotio.record", search="Door r02"), _ids("spotio.record", search="Door r06"),
            _ids("spotio.record", Filter("ownerId", "equals", (FAY,))),
            explore.counted(table, Asked(filters=(_LEFT_OUT,))), set(pl.read_parquet(io.BytesIO(taken))["id"]),
        ],
        [
            {"r02"} & seen, {"r06"} & seen, {id for id in seen if truth.company.owners[id] == FAY}, len(seen), seen,
        ],
    )  # fmt: skip


def events(truth: Truth) -> Answer:
    found = _ids(
        "history.event", Filter("kind", "equals", ("logged",)), Filter("user_id", "not_equals", (LONER,))
    )
    return found, {f"activity:{one.id}" for one in truth.did("visit", "call", "meeting")}


STATEMENTS = (
    f"select id from spotio.record where ownerId <> '{LONER}'",
    f"select a.id from spotio.activity a where a.ownerId <> '{LONER}'",
    "select distinct id from history.change where object = 'record' and id <> 'r-lab'",
    f"select substr(id, 10) as id from history.event where kind = 'logged' and known_until is null and user_id <> '{LONER}'",
    "select appointment_id as id from kpi.appointment",
)


def statements(truth: Truth) -> Answer:
    got = [set(explore.run_sql(sql)["id"]) for sql in STATEMENTS]
    happened = {one.id for one in truth.did("visit", "call", "meeting")}
    booked = {one.id for one in (*truth.did("set"), *truth.held())}
    return got, [truth.records(), truth.activities(), truth.records(), happened, booked]


def as_it_was(truth: Truth) -> Answer:
    """The records before some of them changed hands: by who had them then."""
    then, people = END + timedelta(hours=1), truth.people()
    page = explore.page(_table("spotio.record"), Asked(filters=(_LEFT_OUT,), limit=500, as_of=then))
    got = [
        set(page.rows["id"]),
        *(set(explore.run_sql(sql, then)["id"]) for sql in (STATEMENTS[0], STATEMENTS[2])),
    ]
    want = {
        id for id, owner in truth.company.first_owners.items()
        if id != "r-lab" and (owner in people or truth.company.creators[id] in people)
    }  # fmt: skip
    return got, [want] * 3


def a_shared_statement(truth: Truth) -> Answer:
    """Somebody else's, run by whoever opens it."""
    shared = next(one for one in explore.saved_queries() if one.name == "Everybody's doors")
    return set(explore.run_sql(shared.sql)["id"]), truth.records()


def single_records(truth: Truth) -> Answer:
    """A record's page and everything beside it; of one that is not theirs, as of one that nobody has, nothing."""
    seen = truth.records()
    mine, others = sorted(seen), sorted(truth.company.owners.keys() - seen - {"r-lab"})
    got: list[Any] = []
    for id in (*mine[:1], *others[:1], "r-absent"):
        found = record.record("spotio", "record", id)
        entries = record.entries("spotio", "record", id)
        done = {one.target[2] for one in entries if one.target and one.kind == "activity"}
        told = {one.id for one in record.find(id)} & {id}
        got.append((id, found is not None, bool(entries), told, done - truth.activities()))
        if id not in seen:
            got.append(record.counterparts("spotio", "record", id))
    want: list[Any] = [(id, True, True, {id}, set()) for id in mine[:1]]
    for id in (*others[:1], "r-absent"):
        want += [(id, False, False, set(), set()), []]
    return got, want


def masked(truth: Truth) -> Answer:
    """What is hidden from a role is nowhere, and no way to find or to order by."""
    if not truth.seen.masks:
        return 0, 0
    table = _table("spotio.record")
    said = [
        str(explore.page(table, Asked(limit=500)).rows.rows()),
        str(record.find(HIDDEN)),
        str(record.find(f"{HIDDEN}3")),
    ]
    said += [str(record.record("spotio", "record", "r00")), str(record.entries("spotio", "record", "r00"))]
    said += [
        str(explore.run_sql("select * from spotio.record r join spotio.record_lead l using (id)").rows())
    ]
    said += [str(explore.profile(table)), str(explore.run_sql("select * from history.change").rows())]
    said += [str(_ids("spotio.record", search=HIDDEN))]
    refused = []
    for asked in (
        Asked(sort="f_100006"),
        Asked(filters=(Filter("f_100006", "contains", ("3",)),)),
        Asked(columns=("f_100006",)),
    ):
        words = []
        for name in ("f_100006", "f_none"):
            other = Asked(
                sort=name if asked.sort else None, columns=(name,) if asked.columns else None,
                filters=tuple(Filter(name, one.how, one.values) for one in asked.filters),
            )  # fmt: skip
            try:
                explore.page(table, other)
            except QueryRefusedError as error:
                words.append(str(error).replace(name, "X"))
        refused.append(len(words) == 2 and words[0] == words[1])
    return (any(HIDDEN in text for text in said), refused), (False, [True] * 3)


OF_TABLES: tuple[Ask, ...] = (
    pages, one_table, events, statements, as_it_was, a_shared_statement, single_records, masked,
)  # fmt: skip
