"""The log of records: lines of one run or across runs, with the names of their records, as the reader may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from console.context import context
from console.identity import only_for, require
from console.readers.here import now
from data import finding, naming
from data.errors import QueryRefusedError as QueryRefusedError
from data.naming import Pointer
from data.syncs import log
from data.syncs.log import LineCounts as LineCounts
from data.syncs.log import LineFilter as LineFilter
from data.syncs.log import OfRun as OfRun
from data.syncs.log_masks import SYNCED
from data.syncs.records import spotio_column
from sync.connectors.salesforce.ids import full_id

READERS = ("admin", "analyst")
PAGE = 50
EXPORTED_MAX = 100_000
FOUND_MAX = 5_000  # records that a search goes by; beyond, a name says nothing
# How the ids of either system look (reference: SPOTIO's API, "DataObject"; Salesforce Help, "Salesforce ID").
_SPOTIO_ID = re.compile(r"[0-9a-f]{24}")
_SALESFORCE_ID = re.compile(r"(?=.*[0-9])(?:[0-9A-Za-z]{15}|[0-9A-Za-z]{18})")
_RECORD, _LEAD = ("spotio", "record"), ("salesforce", "lead")


@dataclass(frozen=True)
class Line:
    """One line: what became of which record, when, and why.

    `outcome` is in the store's words; `fields` are those that it is about, by label. Of a write, `why` says why it was
    made and `answer` what the system said to it; of a decision `why` is the decision. `hidden`: a sentence was taken out,
    for it may quote what is hidden from the reader's role. `stood` is until when a decision stood, None if it stands.
    """

    id: str
    number: int
    moment: datetime
    stood: datetime | None
    run: str | None
    sync: str
    version: int | None
    outcome: str
    kind: str | None
    system: str | None
    name: str
    spotio_id: str | None
    salesforce_id: str | None
    link: str | None
    fields: tuple[str, ...]
    step: str | None
    code: str | None
    why: str | None
    answer: str | None
    clause: str | None
    seen: str | None
    change: str | None
    hidden: bool

    @property
    def is_write(self) -> bool:
        """Whether something was, or was to be, written or linked."""
        return self.id.startswith("w")

    @property
    def reason(self) -> str | None:
        """The one sentence that says most."""
        return self.answer or self.why


@dataclass(frozen=True)
class Value:
    """A field of a line; `values` in the order asked for, as people call them; `hidden` where the reader may not see them."""

    label: str
    values: tuple[str | None, ...]
    reason: str | None
    hidden: bool
    id: str | None = None


@dataclass(frozen=True)
class Search:
    """What a search text means: records by their ids and links, words of a reason; `too_many` records bear it to go by them."""

    ids: tuple[str, ...] | None = None
    links: tuple[str, ...] = ()
    words: str | None = None
    too_many: bool = False


@only_for(*READERS)
def search(text: str) -> Search:
    """What is looked for: an id of either system (Salesforce's in either length), else who bears it, or a reason that holds it."""
    text = text.strip()
    if not text:
        return Search()
    if _SPOTIO_ID.fullmatch(text) or _SALESFORCE_ID.fullmatch(text):
        return _of_ids([full_id(text)])
    scope = require(*READERS).scope
    found = context().store.lasting(
        ("log search", scope, text),
        lambda: finding.ids(context().store, scope, text, most=FOUND_MAX, among=SYNCED),
    )
    if found is None:
        return Search(ids=(), words=text, too_many=True)
    known = _of_ids(found)
    return Search(known.ids, known.links, text)


def _of_ids(found: Sequence[str]) -> Search:
    links, ids = log.linked(context().store, found)
    return Search(tuple(ids or found), tuple(links))


def line_filter(
    sought: Search,
    *,
    of_run: OfRun | None = None,
    outcomes: Sequence[str] | None = None,
    system: str | None = None,
    sync: str | None = None,
    field: str | None = None,
    period: timedelta | None = None,
) -> LineFilter:
    """The filters of the page as the store takes them."""
    # To the minute, so that the same filters are the same question for as long as nothing is written.
    since = (now() - period).replace(second=0, microsecond=0) if period else None
    wanted = None if outcomes is None else tuple(outcomes)
    return LineFilter(of_run, wanted, system, sync, field, since, sought.ids, sought.links, sought.words)


@only_for(*READERS)
def lines(
    chosen: LineFilter, *, before: str | None = None, after: str | None = None, limit: int = PAGE
) -> list[Line]:
    """A page of lines, newest first. Raises QueryRefusedError where the log may not be seen by the reader's role."""
    scope = require(*READERS).scope
    return _lines(
        log.page(context().store, scope, chosen, before=before, after=after, limit=limit).to_dicts()
    )


@only_for(*READERS)
def line(id: str) -> Line | None:
    """One line, None when there is none of that id (any more)."""
    found = log.line(context().store, require(*READERS).scope, id)
    return _lines([found])[0] if found else None


@only_for(*READERS)
def line_counts(chosen: LineFilter, *, first: str | None = None) -> LineCounts:
    """How many lines there are, before the first shown, and of each outcome."""
    return log.counts(context().store, require(*READERS).scope, chosen, first=first)


@only_for(*READERS)
def all_lines(chosen: LineFilter) -> pl.DataFrame:
    """The chosen lines to take away; QueryRefusedError when they are more than EXPORTED_MAX."""
    rows = log.everything(context().store, require(*READERS).scope, chosen, EXPORTED_MAX)
    names = _names(rows.select("spotio_id", "salesforce_id").to_dicts())
    called = [_name(row, names) for row in rows.select("spotio_id", "salesforce_id", "record_id").to_dicts()]
    return rows.select(
        "id", "moment", "run", "sync", "version", "outcome", "system", "kind", pl.Series("record", called, pl.String),
        "spotio_id", "salesforce_id", "link", pl.col("labels").str.replace_all("\n", ", ").alias("fields"), "step", "code",
        "why", "text", "clause", "seen", "change", "until",
    )  # fmt: skip


@only_for(*READERS)
def written(line: Line) -> list[Value]:
    """What a write changes, field by field: before and after."""
    scope = require(*READERS).scope
    rows = log.fields(context().store, scope, line.number)
    system = line.system or "spotio"
    pointers = {
        (at, name): _points(system, row["column"], row[name])
        for at, row in enumerate(rows)
        for name in ("before", "after")
    }
    names = _called(pointers.values())
    return [
        Value(
            row["label"] or row["column"] or row["field"],
            tuple(_said(row[name], pointers[at, name], names) for name in ("before", "after")),
            row["reason"],
            row["hidden"],
        )
        for at, row in enumerate(rows)
    ]


@only_for(*READERS)
def clashing(line: Line) -> list[Value]:
    """What both sides held while a conflict stood, field by field: agreed, SPOTIO's, Salesforce's; `id` is the conflict's."""
    scope = require(*READERS).scope
    about = {"link": line.link, "moment": line.moment, "until": line.stood}
    rows = log.conflicts(context().store, scope, about) if line.link else []
    columns = {"base_spotio": 0, "base_salesforce": 1, "spotio": 0, "salesforce": 1}
    pointers: dict[tuple[int, str], Pointer | None] = {}
    for at, row in enumerate(rows):
        sides = row["field"].partition("~")[0], row["field"].rpartition(".")[2]
        for name, side in columns.items():
            pointers[at, name] = _points("salesforce" if side else "spotio", sides[side], row[name])
    names = _called(pointers.values())
    found = []
    for at, row in enumerate(rows):
        held = {name: _said(row[name], pointers[at, name], names) for name in columns}
        # Each side has agreed on its own value; often the two are written alike.
        agreed = [value for value in dict.fromkeys((held["base_spotio"], held["base_salesforce"])) if value]
        values = (" and ".join(agreed) or None, held["spotio"], held["salesforce"])
        found.append(Value(_label(row["field"], line), values, row["why"], row["hidden"], row["id"]))
    return found


@only_for(*READERS)
def of_run(run: str) -> OfRun | None:
    """What the lines of a run are found by."""
    return log.of_run(context().store, run)


@only_for(*READERS)
def run_reads(run: str) -> list[dict[str, Any]]:
    """What was read for a run of syncs, a row a table of a run that pulled."""
    return log.reads(context().store, run)


@only_for(*READERS)
def log_choices() -> tuple[list[str], list[str]]:
    """The syncs and the fields that some line is about."""
    return log.syncs(context().store), log.labels(context().store)


@only_for(*READERS)
def kept_days() -> int:
    """How long a line is kept."""
    return context().log_days


def _lines(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    rows = list(rows)
    names = _names(rows)
    return [_line(row, names) for row in rows]


def _line(row: Mapping[str, Any], names: Mapping[Pointer, str]) -> Line:
    is_write = row["source"] == "w"
    return Line(
        id=row["id"], number=row["number"], moment=row["moment"], stood=row["until"], run=row["run"], sync=row["sync"],
        version=row["version"], outcome=row["outcome"], kind=row["kind"], system=row["system"], name=_name(row, names),
        spotio_id=row["spotio_id"], salesforce_id=row["salesforce_id"], link=row["link"],
        fields=tuple((row["labels"] or "").splitlines()), step=row["step"], code=row["code"],
        why=row["why"] if is_write else row["text"], answer=row["text"] if is_write else None, clause=row["clause"],
        seen=row["seen"], change=row["change"], hidden=bool(row["hidden"]),
    )  # fmt: skip


def _names(rows: Iterable[Mapping[str, Any]]) -> dict[Pointer, str]:
    """The names of the records of some lines: as SPOTIO has them, else as Salesforce has them."""
    scope, rows = require(*READERS).scope, list(rows)
    found = naming.names(
        context().store, scope, {Pointer(_RECORD, row["spotio_id"]) for row in rows if row["spotio_id"]}
    )
    lacking = [row["salesforce_id"] for row in rows if Pointer(_RECORD, row["spotio_id"] or "") not in found]
    return found | naming.names(context().store, scope, {_salesforce(id) for id in lacking if id})


def _salesforce(id: str) -> Pointer:
    return naming.pointer("salesforce", "lead", "RecordId", {"RecordId": id}) or Pointer(_LEAD, id)


def _name(row: Mapping[str, Any], names: Mapping[Pointer, str]) -> str:
    """The record's name, else its id."""
    spotio, salesforce = row["spotio_id"], row["salesforce_id"]
    found = names.get(Pointer(_RECORD, spotio)) if spotio else None
    found = found or (names.get(_salesforce(salesforce)) if salesforce else None)
    return found or spotio or salesforce or row["record_id"] or ""


def _points(system: str, column: str | None, value: str | None) -> Pointer | None:
    if not column or not value:
        return None
    if system == "spotio":
        name = spotio_column(column)
        return naming.pointer("spotio", "record", name, {name: value})
    return naming.pointer("salesforce", "lead", column, {column: value})


def _called(pointers: Iterable[Pointer | None]) -> dict[Pointer, str]:
    wanted = {one for one in pointers if one is not None}
    return naming.names(context().store, require(*READERS).scope, wanted) if wanted else {}


def _said(value: str | None, pointer: Pointer | None, names: Mapping[Pointer, str]) -> str | None:
    """A value as people call it: the name of a stage or a person."""
    return names.get(pointer, value) if pointer else value


def _label(key: str, line: Line) -> str:
    """A conflict's field as the line calls it; one of several by the name of its Salesforce column."""
    if key == "deletion":
        return "Deletion"
    return line.fields[0] if len(line.fields) == 1 else key.rpartition(".")[2]
