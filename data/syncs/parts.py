"""The frames of a load, each of what was chosen (data/syncs/candidates.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from data.literals import text
from data.schema import quoted
from data.store import query
from data.syncs.candidates import Look
from data.syncs.frames import fetch
from data.syncs.records import salesforce_sql, spotio_sql


def spotio_records(look: Look, names: Sequence[str], integration_users: Iterable[str] = ()) -> pl.DataFrame:
    """The chosen SPOTIO records: of the sync's type, or linked."""
    where = (
        f"r.id in (select id from spotio_chosen) and (r.typeId = {text(look.scope.type_id)} or r.id in"
        " (select id from sync.link_member where system = 'spotio' and number in (select number from chosen_link)))"
    )
    return fetch(look.cursor, spotio_sql(look.mirror, names, where, integration_users))


def salesforce_records(look: Look, names: Sequence[str], external_id: str) -> pl.DataFrame:
    """The chosen Salesforce records."""
    where = "r.Id in (select id from salesforce_chosen)"
    return fetch(look.cursor, salesforce_sql(look.mirror, look.scope.table, names, where, external_id))


def spotio_pool(look: Look, names: Mapping[str, str], integration_users: Iterable[str] = ()) -> pl.DataFrame:
    """All live SPOTIO records of the type, hidden ones too: id, linked, _native_id and the named columns.

    `names`: columns, each with the key of the mapped pair that it belongs to.
    """
    where = f"r._deleted_at is null and r.typeId = {text(look.scope.type_id)}"
    return _pool(look, "spotio", names, spotio_sql(look.mirror, names, where, integration_users))


def salesforce_pool(look: Look, names: Mapping[str, str], external_id: str) -> pl.DataFrame:
    """All live Salesforce records, hidden ones too: id, linked, _spotio_id and the named columns; converted ones are no lead any more."""
    where = "r._deleted_at is null"
    sql = salesforce_sql(look.mirror, look.scope.table, names, where, external_id)
    return _pool(look, "salesforce", names, f"select * from ({sql}) where not _converted")


def _pool(look: Look, system: str, names: Mapping[str, str], sql: str) -> pl.DataFrame:
    object = "record" if system == "spotio" else look.scope.table
    # What we do not see any more is there all the same: nobody is made in its place, and nothing is linked to it (L-08).
    sql = (
        f"select *, not _visible or id in (select m.id from sync.link_member m join sync.link l on l.number = m.number"
        f" where m.system = {text(system)} and l.state <> 'unlinked') as linked from ({sql})"
        f" where id not in (select id from history.erased where system = {text(system)} and object = {text(object)})"
    )
    if look.mirror.has(system, object):
        sql += f" union all by name {_not_read_yet(look, system, object, names)}"
    return fetch(look.cursor, sql)


def _not_read_yet(look: Look, system: str, object: str, names: Mapping[str, str]) -> str:
    """Members of links that the mirror does not hold, as they were agreed on: a system may show late what we made in it."""
    values = "".join(
        f", max(a.{system}) filter (a.field = {text(key)}) as {quoted(name)}" for name, key in names.items()
    )
    return (
        f"select m.id, true as linked{values} from sync.link l join sync.link_member m on m.number = l.number"
        f" left join sync.agreed a on a.number = l.number where l.state = 'active' and l.sync = {text(look.scope.sync)}"
        f" and m.system = {text(system)} and m.id not in (select r.id from {system}.{quoted(object)} r) group by m.id"
    )


def links(look: Look) -> pl.DataFrame:
    """The chosen links with the ids of their records."""
    return fetch(look.cursor, query("sync_links"))


def agreed(look: Look) -> pl.DataFrame:
    """What the chosen links agreed on."""
    return fetch(
        look.cursor,
        "select c.link, a.field, a.spotio, a.salesforce, a.reason, a.agreed_at from sync.agreed a"
        " join chosen_link c on c.number = a.number",
    )


def snapshot(look: Look) -> pl.DataFrame:
    """The chosen records that stood at a turn-on: Salesforce's of the inbound direction, SPOTIO's of the outbound one."""
    return fetch(
        look.cursor,
        "select system, id, passed from sync.snapshot where sync = $sync and direction = 'inbound'"
        " and system = 'salesforce' and id in (select id from salesforce_chosen)"
        " union all select system, id, passed from sync.snapshot where sync = $sync and direction = 'outbound'"
        " and system = 'spotio' and id in (select id from spotio_chosen)",
        {"sync": look.scope.sync},
    )


def snapshot_values(look: Look, names: Sequence[str]) -> pl.DataFrame:
    """What the chosen SPOTIO records held of these columns when the outbound direction was turned on: (id, column, value)."""
    return fetch(look.cursor, query("sync_snapshot_values"), {"sync": look.scope.sync, "names": list(names)})
