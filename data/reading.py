"""Run a reader's statement: behind the guard, within limits of rows, bytes, time and memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from data.access import EVERYTHING, Scope
from data.ceiling import Watch, given_back, watched
from data.complaints import in_a_sentence
from data.errors import QueryRefusedError
from data.guard import checked
from data.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What an answer may have and take: rows (None: all), size, time, and memory beyond what the process has."""

    rows: int | None = None
    seconds: float = 60.0
    megabytes: int = 256
    memory_mb: int = 512


def answer(
    store: Store, sql: str, limits: Limits, scope: Scope = EVERYTHING, as_of: datetime | None = None
) -> pa.Table:
    """The rows of a statement that the guard lets pass, limited to what the scope may see.

    With `as_of`, the mirror is read as it was at that moment. Raises QueryRefusedError when the statement may not
    be run, is wrong, or goes beyond a limit other than that of rows.
    """
    import pyarrow as pa  # late: most commands never need it

    statement = checked(store, sql, scope, as_of)
    if limits.rows is not None:
        statement = f"select * from (\n{statement}\n) limit {int(limits.rows)}"  # noqa: S608 (checked above)
    with (
        given_back(store.release_memory),
        store.cursor() as cursor,
        watched(cursor, limits.seconds, limits.memory_mb) as watch,
    ):
        try:
            return _read(cursor, statement, limits)
        except (duckdb.Error, pa.ArrowException, MemoryError, OSError) as error:
            raise QueryRefusedError(_reason(error, watch, limits)) from error


def _read(cursor: duckdb.DuckDBPyConnection, statement: str, limits: Limits) -> pa.Table:
    """The answer, page by page: the statement goes on only as long as what came so far is within the limit."""
    import pyarrow as pa

    reader = cursor.execute(statement).to_arrow_reader(10_000)
    if any(_has_unnamed(field.type) for field in reader.schema):
        raise QueryRefusedError(
            "The answer holds values whose parts are without names. Write {'a': 1, 'b': 2}."
        )
    batches, size = [], 0
    for batch in reader:
        size += batch.nbytes
        if size > limits.megabytes * _MEGABYTE:
            raise QueryRefusedError(
                f"The answer is larger than {limits.megabytes} MB. Ask for fewer rows or columns."
            )
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema)


def _has_unnamed(kind: pa.DataType) -> bool:
    """Whether a struct in it has two parts of one name, as (1, 2) has; such a value is no dict and no JSON."""
    parts = [kind.field(n) for n in range(kind.num_fields)]
    names = [part.name for part in parts]
    return len(set(names)) < len(names) or any(_has_unnamed(part.type) for part in parts)


def _reason(error: Exception, watch: Watch, limits: Limits) -> str:
    if watch.late:
        return f"The query took longer than {limits.seconds:.0f} seconds and was stopped. Narrow it, or ask for less."
    if watch.heavy or isinstance(error, duckdb.OutOfMemoryException | MemoryError | OSError):
        return "The query needed more memory or disk than one query may have, and was stopped. Narrow it, or ask for less."
    return f"The statement cannot be answered. {in_a_sentence(str(error))}"
