"""Run a reader's statement: behind the guard, with limits of rows and time, and an answer for people or JSON."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from data.errors import QueryRefusedError
from data.guard import checked
from data.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Limits:
    """How many rows an answer may have (None: all) and how many seconds it may take."""

    rows: int | None = None
    seconds: float = 60.0


def answer(store: Store, sql: str, limits: Limits) -> pa.Table:
    """The rows of a statement that the guard lets pass.

    Raises QueryRefusedError when it may not be run, is wrong, or takes longer than its limit.
    """
    statement = checked(store, sql)
    if limits.rows is not None:
        statement = f"select * from ({statement}) limit {int(limits.rows)}"  # noqa: S608 (checked above)
    with store.cursor() as cursor:
        late = threading.Event()

        def interrupt() -> None:
            late.set()
            cursor.interrupt()

        timer = threading.Timer(limits.seconds, interrupt)
        timer.start()
        try:
            return cursor.sql(statement).to_arrow_table()
        except duckdb.Error as error:
            if late.is_set():
                raise QueryRefusedError(
                    f"The query took longer than {limits.seconds:.0f} seconds and was stopped. Narrow it, or ask for less."
                ) from error
            raise QueryRefusedError(f"The query cannot be answered: {error}") from error
        finally:
            timer.cancel()
