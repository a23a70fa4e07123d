"""The log of records: one line a record that was written, refused, or decided about, across runs or of one run.

A line is known as w-<number> (a write of the journal) or d-<number> (a decision). Lines stand newest first and are leafed
through by key. Which of them are asked for becomes clauses with their parameters; the columns that may not be seen are
taken out beneath the clauses, so that nothing is found by them either (`data.syncs.log_masks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from data import literals
from data.access import Scope
from data.errors import QueryRefusedError
from data.store import Store, query
from data.syncs.log_masks import LogMasks

PAGE_MAX = 500
# What still waits for somebody when a run ends stands in the run's log, though an earlier run found it.
STANDING = ("blocked", "conflict", "undecided", "waiting", "planned")
_ID = re.compile(r"([wd])-(\d{1,15})")
_SHOWN = (
    "source", "number", "moment", "until", "run", "sync", "version", "outcome", "system", "kind", "record_id", "spotio_id",
    "salesforce_id", "link", "labels", "step", "code", "why", "text", "clause", "seen", "change", "hidden",
)  # fmt: skip


@dataclass(frozen=True)
class OfRun:
    """The lines of one run: what it did and decided, and what waited for somebody when it ended."""

    run: str
    syncs: tuple[str, ...]
    ended: datetime | None  # None: it is under way


@dataclass(frozen=True)
class LineFilter:
    """Which lines; None is any.

    `ids` and `links` are those of the records that are looked for, `words` what the reason holds: either will do.
    """

    of_run: OfRun | None = None
    outcomes: tuple[str, ...] | None = None
    system: str | None = None
    sync: str | None = None
    field: str | None = None
    since: datetime | None = None
    ids: tuple[str, ...] | None = None
    links: tuple[str, ...] = ()
    words: str | None = None

    @property
    def searches(self) -> bool:
        """Whether records or a reason are looked for."""
        return self.ids is not None or self.words is not None

    def clauses(self) -> tuple[list[str], dict[str, Any]]:
        """The conditions that every line meets, with the values that they take."""
        found: list[str] = []
        params: dict[str, Any] = {}
        if self.since is not None:
            found.append("moment >= $since")
            params["since"] = self.since
        if self.outcomes is not None:
            found.append(literals.one_of("outcome", self.outcomes))
        for name in ("system", "sync"):
            if getattr(self, name) is not None:
                found.append(f"{name} = ${name}")
                params[name] = getattr(self, name)
        if self.field is not None:
            found.append("contains(chr(10) || labels || chr(10), chr(10) || $field || chr(10))")
            params["field"] = self.field
        return found, params

    def either(self) -> tuple[list[str], dict[str, Any]]:
        """The conditions of which a line meets one, with their values; each is one that skips most of the log."""
        if self.of_run is not None:
            return _of_run(self.of_run)
        if not self.searches:
            return ["true"], {}
        found: list[str] = []
        if self.links:
            found.append(literals.one_of("link", self.links))
        if self.ids:
            found += [
                f"link is null and {literals.one_of(name, self.ids)}"
                for name in ("spotio_id", "salesforce_id")
            ]
        if self.words is None:
            return found or ["false"], {}
        found.append("(contains(lower(why), $words) or contains(lower(text), $words))")
        return found, {"words": self.words.lower()}


def _of_run(of: OfRun) -> tuple[list[str], dict[str, Any]]:
    if of.ended is None:
        return ["run = $run"], {"run": of.run}
    waits = literals.one_of("outcome", STANDING)
    stood = "moment <= $ended and (until is null or until > $ended)"
    # What the run found and settled itself is told by its writes, and so is what a system refused in it.
    refused = (
        "(step = 'apply' and coalesce(link, record_id) in (select id from (select unnest([link, spotio_id, salesforce_id])"
        " as id from sync.write where run = $run and state = 'failed') where id is not null))"
    )
    own = f"run = $run and not (source = 'd' and {waits} and (not ({stood}) or coalesce({refused}, false)))"
    earlier = f"source = 'd' and {waits} and {stood} and run <> $run and {literals.one_of('sync', of.syncs)}"
    return [own, earlier], {"run": of.run, "ended": of.ended}


@dataclass(frozen=True)
class LineCounts:
    """How many lines pass a filter, how many of them come before the first shown, and how many there are of each outcome."""

    matching: int
    newer: int
    by_outcome: Mapping[str, int]


def page(
    store: Store, scope: Scope, chosen: LineFilter, *, before: str | None = None, after: str | None = None, limit: int
) -> pl.DataFrame:  # fmt: skip
    """A page of lines, newest first: those before or after a line, by its id. Columns as in sync_lines, with `id`."""
    forward = after is not None
    place = _place(store, after if forward else before)
    beyond, params = "true", dict(place or {})
    if place is not None:
        way = ">" if forward else "<"
        beyond = (
            f"moment {way}= $moment and (moment {way} $moment or source {way} $source"
            f" or (source = $source and number {way} $number))"
        )
    order = "asc" if forward else "desc"
    lines, given = _chosen(store, scope, chosen, beyond)
    listed = (
        "select source, number, null as outcome, null as n from (select * from found"
        f" order by moment {order}, source {order}, number {order} limit {min(limit, PAGE_MAX)})"
    )
    if place is None and chosen.searches:
        # Found once, the lines are counted, too: it is the search that takes the time.
        listed += " union all select null, null, outcome, count(*) from found group by outcome"
        lines = f"materialized ({lines})"
    else:
        lines = f"not materialized ({lines})"
    rows = store.rows(f"with found as {lines} {listed}", given | params)
    if place is None and chosen.searches:
        counted = {row["outcome"]: row["n"] for row in rows if row["n"] is not None}
        store.lasting(("log counts", scope, chosen), lambda: counted)
    return _fetched(
        store, scope, [(row["source"], row["number"]) for row in rows if row["number"] is not None]
    )


def counts(store: Store, scope: Scope, chosen: LineFilter, *, first: str | None = None) -> LineCounts:
    """Count the lines; `newer` counts the matching ones before the line `first`, None being the newest."""
    by_outcome = store.lasting(
        ("log counts", scope, chosen), lambda: _counted(store, scope, chosen, "true", {})
    )
    place = _place(store, first)
    newer = 0
    if place is not None:
        before = "moment >= $moment and (moment > $moment or source > $source or (source = $source and number > $number))"
        newer = sum(_counted(store, scope, chosen, before, place).values())
    return LineCounts(sum(by_outcome.values()), newer, by_outcome)


def _counted(
    store: Store, scope: Scope, chosen: LineFilter, beyond: str, params: Mapping[str, Any]
) -> dict[str, int]:
    lines, given = _chosen(store, scope, chosen, beyond)
    rows = store.rows(f"select outcome, count(*) as n from ({lines}) group by outcome", {**given, **params})
    return {row["outcome"]: row["n"] for row in rows}


def everything(store: Store, scope: Scope, chosen: LineFilter, most: int) -> pl.DataFrame:
    """All lines that pass, newest first, to take away. Raises QueryRefusedError when there are more than `most`."""
    lines, params = _chosen(store, scope, chosen, "true")
    found = store.rows(f"select source, number from ({lines}) limit {most + 1}", params)
    if len(found) > most:
        raise QueryRefusedError(f"A file takes {most:,} lines, and more are chosen; narrow them.")
    return _fetched(store, scope, [(row["source"], row["number"]) for row in found])


def line(store: Store, scope: Scope, id: str) -> dict[str, Any] | None:
    """One line whole; None when there is none of that id."""
    parts = _parts(id)
    found = _fetched(store, scope, [parts]).to_dicts() if parts else []
    return found[0] if found else None


def fields(store: Store, scope: Scope, number: int) -> list[dict[str, Any]]:
    """What a write changes: field, column, label, before, after, reason; `hidden` where the values may not be seen."""
    masks = LogMasks.of(store, scope)
    rows = store.rows(query("sync_line_fields"), {"number": number})
    return [masks.field(row, ("before", "after")) for row in rows]


def conflicts(store: Store, scope: Scope, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What both sides held while a decision of a line stood, conflict by conflict."""
    masks = LogMasks.of(store, scope)
    asked = {"link": row["link"], "moment": row["moment"], "until": row["until"]}
    rows = store.rows(query("sync_line_conflicts"), asked)
    values = ("base_spotio", "base_salesforce", "spotio", "salesforce")
    return [masks.field(row, values) for row in rows]


def labels(store: Store) -> list[str]:
    """The fields that some line is about, by what they are called."""
    rows = store.lasting(
        "fields of the log",
        lambda: store.rows(
            "select distinct unnest(string_split(labels, chr(10))) as label from ("
            "select distinct labels from sync.write union select distinct field from sync.decision) order by label"
        ),
    )
    return [row["label"] for row in rows if row["label"]]


def syncs(store: Store) -> list[str]:
    """The syncs that some line is of."""
    sql = "select distinct sync from (select distinct sync from sync.write union select distinct sync from sync.decision)"
    rows = store.lasting("syncs of the log", lambda: store.rows(f"{sql} order by sync"))
    return [row["sync"] for row in rows if row["sync"]]


def of_run(store: Store, run: str) -> OfRun | None:
    """What the lines of a run are found by; None when there is no such run."""
    rows = store.rows(
        "select r.id, r.finished_at, list(distinct s.sync order by s.sync) filter (s.sync is not null) as syncs"
        " from sync.run r left join sync.run_sync s on s.run = r.id where r.id = $run group by all",
        {"run": run},
    )
    return OfRun(rows[0]["id"], tuple(rows[0]["syncs"] or ()), rows[0]["finished_at"]) if rows else None


def reads(store: Store, run: str) -> list[dict[str, Any]]:
    """What was read for a run of syncs: run, system, table_name, rows_read, rows_inserted, rows_changed, rows_deleted."""
    return store.rows(query("sync_run_reads"), {"run": run})


def linked(store: Store, ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """The links of some records, and the ids of all records of these links and of these alone."""
    wanted = sorted(set(ids))
    if not wanted:
        return [], []
    found = store.rows(
        f"select distinct number, link from sync.link_member where {literals.one_of('id', wanted)}"
    )
    partners = _members(store, (row["number"] for row in found))
    return sorted(row["link"] for row in found), sorted({*wanted, *partners["id"]})


def _members(store: Store, numbers: Iterable[int]) -> pl.DataFrame:
    """The members of some links, by their numbers: in order of which they are stored, so that most is skipped."""
    return store.frame(f"{query('sync_line_partners')} where {_numbered(numbers)}")


def _numbered(numbers: Iterable[int]) -> str:
    """`number in (...)`; written out, for DuckDB then holds them against each block of rows."""
    wanted = sorted(set(numbers))
    if not wanted:
        return "false"
    return f"number between {wanted[0]} and {wanted[-1]} and number in ({', '.join(map(str, wanted))})"


def _chosen(store: Store, scope: Scope, chosen: LineFilter, beyond: str) -> tuple[str, dict[str, Any]]:
    """The lines that pass and meet `beyond`, as (source, number, moment, outcome), with the values that they take."""
    clauses, params = chosen.clauses()
    either, more = chosen.either()
    lines = LogMasks.of(store, scope).lines(query("sync_lines"))
    # One reading a condition: each then skips what it can, where all of them together would read every line.
    parts = [
        f"select source, number, moment, outcome from ({lines}) where {' and '.join([each, beyond, *clauses])}"
        for each in either
    ]
    # A line may be looked for in several ways; of a run it is found in one.
    return (" union all " if chosen.of_run else " union ").join(parts), params | more


def _parts(id: str | None) -> tuple[str, int] | None:
    found = _ID.fullmatch(id or "")
    return (found[1], int(found[2])) if found else None


def _place(store: Store, id: str | None) -> dict[str, Any] | None:
    """Where a line stands in the order; None for one that there is not (any more)."""
    parts = _parts(id)
    if parts is None:
        return None
    source, number = parts
    table, moment = ("write", "intended_at") if source == "w" else ("decision", "decided_at")
    rows = store.rows(
        f"select {moment} as moment from sync.{table} where number = $number", {"number": number}
    )
    return {"moment": rows[0]["moment"], "source": source, "number": number} if rows else None


def _fetched(store: Store, scope: Scope, places: Sequence[tuple[str, int]]) -> pl.DataFrame:
    """The lines at some places, newest first, each as (source, number)."""
    lines = LogMasks.of(store, scope).lines(query("sync_lines"))
    found = []
    for source in ("w", "d"):
        numbers = [number for kind, number in places if kind == source]
        # Read by itself, one source leaves the other alone.
        found.append(
            store.frame(
                f"select {', '.join(_SHOWN)} from ({lines}) where source = '{source}' and {_numbered(numbers)}"
            )
        )
    ordered = pl.concat(found).sort("moment", "source", "number", descending=True)
    return _with_partners(ordered, store)


def _with_partners(lines: pl.DataFrame, store: Store) -> pl.DataFrame:
    """The lines with their ids, and the ids of both sides where a link tells them."""
    lacking = lines.filter(pl.col("spotio_id").is_null() | pl.col("salesforce_id").is_null())
    numbers = lacking["link"].drop_nulls().str.strip_prefix("l-").cast(pl.Int64).to_list()
    members = _members(store, numbers)
    for system in ("spotio", "salesforce"):
        name = f"{system}_id"
        mine = members.filter(pl.col("system") == system).unique("link", keep="first", maintain_order=True)
        told = mine.select("link", pl.col("id").alias("of_link"))
        lines = lines.join(told, on="link", how="left", maintain_order="left").with_columns(
            pl.coalesce(name, "of_link").alias(name)
        )
        lines = lines.drop("of_link")
    return lines.with_columns(
        pl.concat_str("source", pl.col("number").cast(pl.String), separator="-").alias("id")
    )
