"""Which records and links a plan looks at: temporary tables `spotio_chosen` (id), `salesforce_chosen` (id) and
`chosen_link` (number, link), made on a cursor that stays open for the whole load.

A record is looked at when its mirror row was written after the last plan, when something about it is still open, or
when its partner is. Links of a sync that was turned off are not looked at, and of a record that was linked more than
once only the live link is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from data.literals import text
from data.schema import quoted
from data.store import Store, query
from data.syncs.decisions import OPEN
from data.syncs.frames import count, give
from data.syncs.records import MirrorShape, paths, reference, shape
from data.syncs.states import TURNED_OFF

_TABLES = ("spotio_chosen", "salesforce_chosen", "chosen_link")


@dataclass(frozen=True)
class Scope:
    """Where a sync's records are: SPOTIO's of one type, Salesforce's in one table; `columns` are those it needs of that."""

    sync: str
    type_id: str
    table: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """An open look into the store: one moment, seen by every query on the cursor."""

    cursor: duckdb.DuckDBPyConnection
    mirror: MirrorShape
    scope: Scope

    @property
    def empty(self) -> bool:
        """Whether nothing was chosen."""
        return not any(_any(self, table) for table in _TABLES)


@contextmanager
def looking(store: Store, scope: Scope) -> Iterator[Look]:
    """Open a look in which nothing is chosen yet."""
    with store.cursor() as cursor:
        cursor.execute("begin")
        try:
            for table in ("spotio_chosen", "salesforce_chosen"):
                cursor.execute(f"create temp table {table} (id varchar)")
            cursor.execute("create temp table chosen_link (number bigint, link varchar)")
            yield Look(cursor, shape(cursor), scope)
        finally:
            cursor.execute("rollback")  # nothing but temporary tables was written


def choose_everything(look: Look) -> None:
    """All records of both sides and all links."""
    for system, source in _sources(look):
        look.cursor.execute(f"insert into {system}_chosen select id from ({source})")
    _complete(look)


def choose(look: Look, ids: Iterable[str]) -> None:
    """Just these records of either system, and their partners."""
    give(look.cursor, "given_ids", pl.DataFrame({"id": sorted(set(ids))}, schema={"id": pl.String}))
    for system, source in _sources(look):
        look.cursor.execute(
            f"insert into {system}_chosen select id from ({source}) where id in (select id from given_ids)"
        )
    look.cursor.execute(
        "insert into chosen_link select number, link from sync.link where sync = $sync and link in (select id from given_ids)",
        {"sync": look.scope.sync},
    )
    look.cursor.unregister("given_ids")
    _complete(look)


def choose_changed(look: Look, since: datetime) -> None:
    """What was written to the mirror or decided by people after a moment, and what is still open."""
    params = {"sync": look.scope.sync, "since": since}
    for system, object, source in (
        (system, "record" if system == "spotio" else look.scope.table, source)
        for system, source in _sources(look)
    ):
        look.cursor.execute(
            f"insert into {system}_chosen select id from ({source}) where _pulled_at > $since"
            # A deletion or a disappearance is noted on a row without its being read again.
            " union select id from history.change where recorded_at > $since and system = $system and object = $object"
            " and operation in ('delete', 'undelete', 'not_visible', 'visible')",
            {"since": since, "system": system, "object": object},
        )
        look.cursor.execute(
            f"insert into {system}_chosen " + query("sync_still_open"),
            {**params, "system": system, "open": list(OPEN)},
        )
    look.cursor.execute(
        "insert into chosen_link select number, link from sync.link where sync = $sync and link in"
        " (select link from sync.conflict where state = 'decided' and sync = $sync"
        " union select link from sync.standing where take is not null and settled_at is null and sync = $sync)",
        {"sync": look.scope.sync},
    )
    _choose_by_paths(look, since)
    _complete(look)


def _choose_by_paths(look: Look, since: datetime) -> None:
    """Records of which a value changed that stands in another row: the name of an owner, of a record type."""
    for relationship, ends in paths(look.scope.columns).items():
        behind = reference(look.mirror, look.scope.table, relationship)
        if behind is None:
            continue
        column, targets = behind
        for target in targets:
            # Only what a path shows: a user's row is written again whenever they sign in.
            told = " or ".join(
                f"json_exists(before, '$.\"{end.partition('.')[0]}\"')" for end in sorted(ends)
            )
            look.cursor.execute(
                f"insert into salesforce_chosen select Id from salesforce.{quoted(look.scope.table)} where {column} in"
                " (select id from history.change where recorded_at > $since and system = 'salesforce' and object = $object"
                f" and operation = 'update' and ({told}))",
                {"since": since, "object": target},
            )


def choose_links(look: Look, first: int, last: int) -> int:
    """Clear what was chosen and choose the live links of these numbers with their records; returns how many there are.

    Links that a merge in Salesforce touches are left to `choose_merged`: they are looked at together.
    """
    _clear(look)
    look.cursor.execute(
        "insert into chosen_link select number, link from sync.link where number between $first and $last and sync = $sync"
        " and state <> 'unlinked' and number not in (select number from merged_link)",
        {"first": first, "last": last, "sync": look.scope.sync},
    )
    _add_members(look)
    return count(look.cursor, "select count(*) from chosen_link")


def prepare_ranges(look: Look) -> tuple[int, int, int]:
    """Make ready for `choose_links`, `choose_merged` and `choose_unlinked`.

    Returns the highest number of a link, and how many unlinked records there are in SPOTIO and in Salesforce.
    """
    cursor, sync = look.cursor, {"sync": look.scope.sync}
    cursor.execute(
        "create temp table live_member as select m.number, m.system, m.id from sync.link_member m join sync.link l"
        " on l.number = m.number where l.sync = $sync and l.state <> 'unlinked'",
        sync,
    )
    cursor.execute("create temp table merged_link (number bigint)")
    master = look.mirror.column("salesforce", look.scope.table, "MasterRecordId")
    if master is not None:
        # Losers that are linked, and their winners, linked or not.
        cursor.execute(
            f"create temp table merging as select Id as loser, {master[0]} as winner from salesforce.{quoted(look.scope.table)}"
            f" where {master[0]} is not null and Id in (select id from live_member where system = 'salesforce')"
        )
        cursor.execute(
            "insert into merged_link select distinct number from live_member where system = 'salesforce'"
            " and id in (select loser from merging union select winner from merging)"
        )
    else:
        cursor.execute("create temp table merging (loser varchar, winner varchar)")
    unlinked = {"spotio": 0, "salesforce": 0}
    for system, source in _sources(look):
        cursor.execute(
            f"create temp table {system}_unlinked as select row_number() over () as number, id from ({source})"
            " where id not in (select id from live_member where system = $system)"
            " and id not in (select winner from merging)",
            {"system": system},
        )
        unlinked[system] = count(cursor, f"select count(*) from {system}_unlinked")
    highest = count(cursor, "select coalesce(max(number), 0) from sync.link where sync = $sync", sync)
    cursor.execute("drop table live_member")
    return highest, unlinked["spotio"], unlinked["salesforce"]


def prepare_all(look: Look) -> tuple[int, int]:
    """Make ready for `choose_unlinked` over all records, linked or not; returns how many there are of either side."""
    counts = {"spotio": 0, "salesforce": 0}
    for system, source in _sources(look):
        look.cursor.execute(
            f"create temp table {system}_unlinked as select row_number() over () as number, id from ({source})"
        )
        counts[system] = count(look.cursor, f"select count(*) from {system}_unlinked")
    return counts["spotio"], counts["salesforce"]


def choose_merged(look: Look) -> int:
    """Choose the links that a merge touches, with the winners; returns how many links there are."""
    _clear(look)
    look.cursor.execute(
        "insert into chosen_link select number, link from sync.link where number in (select number from merged_link)"
    )
    look.cursor.execute("insert into salesforce_chosen select distinct winner from merging")
    _add_members(look)
    return count(look.cursor, "select count(*) from chosen_link")


def choose_unlinked(look: Look, system: str, first: int, last: int) -> None:
    """Choose unlinked records of one system, by their place in the order of `prepare_ranges`."""
    _clear(look)
    look.cursor.execute(
        f"insert into {system}_chosen select id from {system}_unlinked where number between $first and $last",
        {"first": first, "last": last},
    )
    _add_parted(look)


def _sources(look: Look) -> list[tuple[str, str]]:
    """What is mirrored of either side: a query for id and _pulled_at.

    People who were erased here are never looked at, nor what another sync alone has linked (L-03).
    """
    found = []
    if look.mirror.has("spotio", "record"):
        typed = f"typeId = {text(look.scope.type_id)} and id not in ({_erased(look, 'spotio')}) and {_ours(look, 'spotio', 'id')}"
        found.append(("spotio", f"select id, _pulled_at from spotio.record where {typed}"))
    if look.mirror.has("salesforce", look.scope.table):
        left = f"Id not in ({_erased(look, 'salesforce')}) and {_ours(look, 'salesforce', 'Id')}"
        found.append(
            (
                "salesforce",
                f"select Id as id, _pulled_at from salesforce.{quoted(look.scope.table)} where {left}",
            )
        )
    return found


def _ours(look: Look, system: str, key: str) -> str:
    """A condition: no other sync has linked the record, or this one has, too."""
    # Asked first, because most stores have one sync, and the condition costs a look at every link.
    others = "select 1 from sync.link where sync <> $sync and state <> 'unlinked' limit 1"
    if not look.cursor.execute(others, {"sync": look.scope.sync}).fetchall():
        return "true"
    linked = (
        "select m.id from sync.link_member m join sync.link l on l.number = m.number"
        f" where m.system = {text(system)} and l.state <> 'unlinked' and l.sync"
    )
    mine = text(look.scope.sync)
    return f"({key} not in ({linked} <> {mine}) or {key} in ({linked} = {mine}))"


def _erased(look: Look, system: str) -> str:
    object = "record" if system == "spotio" else look.scope.table
    return f"select id from history.erased where system = {text(system)} and object = {text(object)}"


def _complete(look: Look) -> None:
    """Add links and partners, and after a merge in Salesforce the winner with its link and partner."""
    if look.empty:
        return
    _add_links(look)
    _add_members(look)
    master = look.mirror.column("salesforce", look.scope.table, "MasterRecordId")
    if master is not None:
        look.cursor.execute(
            f"create temp table winner as select distinct {master[0]} as id from salesforce.{quoted(look.scope.table)}"
            f" where {master[0]} is not null and Id in (select id from salesforce_chosen)"
        )
        if _any(look, "winner"):
            look.cursor.execute("insert into salesforce_chosen select id from winner")
            _add_links(look)
            _add_members(look)
        look.cursor.execute("drop table winner")
    _add_parted(look)


def _add_links(look: Look) -> None:
    """The live links of the chosen records; each once."""
    for system in ("spotio", "salesforce"):
        if _any(look, f"{system}_chosen"):
            look.cursor.execute(
                "insert into chosen_link select number, link from sync.link where sync = $sync and state <> 'unlinked'"
                " and number in (select number from sync.link_member"
                f" where system = {text(system)} and id in (select id from {system}_chosen))",
                {"sync": look.scope.sync},
            )
    # Cheaper than leaving out what is there already, which would ask every link of the store.
    look.cursor.execute(
        "create or replace temp table chosen_link as select distinct number, link from chosen_link"
    )


def _any(look: Look, table: str) -> bool:
    return bool(look.cursor.execute(f"select 1 from {table} limit 1").fetchall())


def _add_members(look: Look) -> None:
    """The records of the chosen links; each id once."""
    for system in ("spotio", "salesforce"):
        look.cursor.execute(
            f"create or replace temp table {system}_chosen as select id from (select id from {system}_chosen union"
            f" select id from sync.link_member where system = {text(system)} and number in (select number from chosen_link))"
            f" where id is not null and id not in ({_erased(look, system)})"
        )


def _add_parted(look: Look) -> None:
    """The links that were taken apart by a person or a rule, of chosen records without a live one: only the last of each."""
    look.cursor.execute(query("sync_parted_links"), {"sync": look.scope.sync, "off": TURNED_OFF})


def _clear(look: Look) -> None:
    for table in _TABLES:
        look.cursor.execute(f"delete from {table}")
