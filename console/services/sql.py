"""The SQL editor: what is typed into it stays the reader's draft, what is run is written down in the audit."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from console.context import context
from console.identity import require
from console.readers import explore, now
from console.readers.explore import READERS, SQL_DRAFT, QueryRefusedError
from data import auditing, publishing


def run_sql(sql: str, as_of: datetime | None = None) -> pl.DataFrame:
    """As the reader of that name; what was refused is written down too, with the reason."""
    person = require(*READERS).author
    store = context().store
    try:
        rows = explore.run_sql(sql, as_of)
    except QueryRefusedError as refused:
        auditing.write_down_query(store, person=person, sql=sql, as_of=as_of, now=now(), refused=str(refused))
        raise
    auditing.write_down_query(store, person=person, sql=sql, as_of=as_of, now=now(), rows=rows.height)
    return rows


def keep_sql(sql: str, query: str | None) -> None:
    """Keep what is typed, and over which saved query, so that a reload of the page finds it."""
    person = require(*READERS).author
    content = {"sql": sql, "query": query}
    publishing.save_draft(context().store, person, SQL_DRAFT, content, based_on=0, now=now())
