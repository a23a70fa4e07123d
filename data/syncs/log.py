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
    outcomes: Sequence[str] | None = None
    system: str | None = None
    sync: str | None = None
    field: str | None = None
    since: datetime | None = None
    ids: Sequence[str] | None = None
    links: Sequence[str] = ()
    words: str | None = None

    def clauses(self) -> tuple[list[str], dict[str, Any]]:
        """The conditions over the lines, with the values that they take."""
        found: list[str] = []
        params: dict[str, Any] = {}
        if self.since is not None:
            found.append("moment >= $since")
            params["since"] = self.since
        if self.of_run is not None:
            found.append(_of_run(self.of_run, params))
        if self.outcomes is not None:
            found.append(literals.one_of("outcome", self.outcomes))
        for name in ("system", "sync"):
            if getattr(self, name) is not None:
                found.append(f"{name} = ${name}")
                params[name] = getattr(self, name)
        if self.field is not None:
            found.append("contains(chr(10) || labels || chr(10), chr(10) || $field || chr(10))")
            params["field"] = self.field
        if self.ids is not None or self.words is not None:
            found.append(self._looked_for(params))
        return found, params

    def _looked_for(self, params: dict[str, Any]) -> str:
        either: list[str] = []
        if self.ids:
            either += [literals.one_of(name, self.ids) for name in ("spotio_id", "salesforce_id")]
        if self.links:
            either.append(literals.one_of("link", self.links))
        if self.words is not None:
            params["words"] = self.words.lower()
            either += [f"contains(lower({name}), $words)" for name in ("why", "text")]
        return f"({' or '.join(either) or 'false'})"


def _of_run(of: OfRun, params: dict[str, Any]) -> str:
    params["run"] = of.run
    if of.ended is None:
        return "run = $run"
    params["ended"] = of.ended
    waits = literals.one_of("outcome", STANDING)
    stood = "moment <= $ended and (until is null or until > $ended)"
    # What the run found and settled itself is told by its writes, and so is what a system refused in it.
    refused = (
        "(step = 'apply' and coalesce(link, record_id) in (select id from (select unnest([link, spotio_id, salesforce_id])"
        " as id from sync.write where run = $run and state = 'failed') where id is not null))"
    )
    return (
        f"(run = $run and not (source = 'd' and {waits} and (not ({stood}) or coalesce({refused}, false)))"
        f" or source = 'd' and {waits} and {stood} and run <> $run and {literals.one_of('sync', of.syncs)})"
    )


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
    clauses, params = chosen.clauses()
    forward = after is not None
    place = _place(store, after if forward else before)
    if place is not None:
        beyond = ">" if forward else "<"
        clauses.append(
            f"moment {beyond}= $moment and (moment {beyond} $moment or source {beyond} $source"
            f" or (source = $source and number {beyond} $number))"
        )
        params |= place
    order = "asc" if forward else "desc"
    found = store.rows(
        f"select source, number from ({_lines(store, scope)}) {_where(clauses)}"
        f" order by moment {order}, source {order}, number {order} limit {min(limit, PAGE_MAX)}",
        params,
    )
    return _fetched(store, scope, [(row["source"], row["number"]) for row in found])


def counts(store: Store, scope: Scope, chosen: LineFilter, *, first: str | None = None) -> LineCounts:
    """Count the lines; `newer` counts the matching ones before the line `first`."""
    clauses, params = chosen.clauses()
    place = _place(store, first)
    newer = "0"
    if place is not None:
        params |= place
        newer = (
            "count(*) filter (where moment > $moment or (moment = $moment and (source > $source"
            " or (source = $source and number > $number))))"
        )
    rows = store.rows(
        f"select outcome, count(*) as n, {newer} as newer from ({_lines(store, scope)}) {_where(clauses)} group by outcome",
        params,
    )
    return LineCounts(
        sum(row["n"] for row in rows),
        sum(row["newer"] for row in rows),
        {row["outcome"]: row["n"] for row in rows},
    )


def everything(store: Store, scope: Scope, chosen: LineFilter, most: int) -> pl.DataFrame:
    """All lines that pass, newest first, to take away. Raises QueryRefusedError when there are more than `most`."""
    clauses, params = chosen.clauses()
    total = counts(store, scope, chosen).matching
    if total > most:
        raise QueryRefusedError(f"A file takes {most:,} lines, and {total:,} are chosen; narrow them.")
    return store.frame(
        f"select {', '.join(_SHOWN)} from ({_lines(store, scope)}) {_where(clauses)}"
        " order by moment desc, source desc, number desc",
        params,
    ).pipe(_with_partners, store)


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
    rows = store.rows(
        "select link, id from sync.link_member where link in"
        f" (select link from sync.link_member where {literals.one_of('id', wanted)})"
    )
    return sorted({row["link"] for row in rows}), sorted({*wanted, *(row["id"] for row in rows)})


def _lines(store: Store, scope: Scope) -> str:
    """All lines as the scope may see them."""
    return LogMasks.of(store, scope).lines(query("sync_lines"))


def _where(clauses: Sequence[str]) -> str:
    return f"where {' and '.join(clauses)}" if clauses else ""


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
    either = ["false"]
    for source in ("w", "d"):
        numbers = [number for kind, number in places if kind == source]
        if numbers:
            listed = ", ".join(map(str, numbers))
            # The range is what DuckDB holds against each block of rows.
            either.append(
                f"(source = '{source}' and number between {min(numbers)} and {max(numbers)} and number in ({listed}))"
            )
    return store.frame(
        f"select {', '.join(_SHOWN)} from ({_lines(store, scope)}) where {' or '.join(either)}"
        " order by moment desc, source desc, number desc"
    ).pipe(_with_partners, store)


def _with_partners(lines: pl.DataFrame, store: Store) -> pl.DataFrame:
    """The lines with their ids, and the ids of both sides where a link tells them."""
    links = lines["link"].drop_nulls().unique().to_list()
    partners = store.frame(query("sync_line_partners"), {"links": links})
    joined = lines.join(partners, on="link", how="left", suffix="_of_link", maintain_order="left")
    return joined.with_columns(
        pl.concat_str("source", pl.col("number").cast(pl.String), separator="-").alias("id"),
        *(pl.coalesce(name, f"{name}_of_link").alias(name) for name in ("spotio_id", "salesforce_id")),
    ).drop("spotio_id_of_link", "salesforce_id_of_link")
