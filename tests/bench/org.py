"""An org of Leads whose answers are prepared: rows lie rendered in memory, and a page is a slice of them.

So a measurement shows what the reader costs, not what a server does. Rows stand in the order of their stamp, as
the mirror asks for them; the stamps spread over two years. The org's clock stands still until `change` moves it,
so that every run meets the same windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from tests.bench.lead import COLUMNS, FIELDS, STAMPS

FIRST_STAMP = datetime(2024, 1, 1, tzinfo=UTC)
LAST_STAMP = datetime(2025, 12, 31, tzinfo=UTC)
_STEP = timedelta(hours=1)


@dataclass(frozen=True)
class Rendered:
    """Rows as bytes in one piece; row i lies in `body[at[i]:at[i + 1]]`, its separator included."""

    body: memoryview
    at: np.ndarray[Any, np.dtype[np.int64]]

    @classmethod
    def of(cls, rows: pl.Series) -> Rendered:
        array = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        _, offsets, data = array.buffers()
        at = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
        return cls(memoryview(data), at)

    def slice(self, start: int, end: int) -> memoryview:
        return self.body[self.at[start] : self.at[end]]


class Org:
    """The org; `begin` and `end` of a query are row numbers."""

    def __init__(self, leads: int) -> None:
        self.now = LAST_STAMP + timedelta(hours=12)
        self._frame = _leads(leads)
        self._csv: Rendered | None = None
        self._render()

    def __len__(self) -> int:
        return self._frame.height

    def window(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """The rows stamped in [since, until), as numbers [begin, end)."""
        begin = 0 if since is None else int(np.searchsorted(self._seconds, since.timestamp()))
        end = len(self) if until is None else int(np.searchsorted(self._seconds, until.timestamp()))
        return begin, max(begin, end)

    def json(self, begin: int, end: int) -> memoryview:
        """The rows as members of a JSON list, comma between them."""
        return self._json.slice(begin, end)[:-1]

    def csv(self, begin: int, end: int) -> memoryview:
        """The rows as lines of CSV, every value quoted."""
        if self._csv is None:
            self._csv = Rendered.of(_as_csv(self._frame))
        return self._csv.slice(begin, end)

    def change(self, count: int) -> None:
        """Change `count` leads, spread over the table, within the next half hour; the clock moves on by one."""
        seconds = int(_STEP.total_seconds())
        before = int(self.now.timestamp())
        numbers = np.arange(count) * (len(self) // count)
        stamps = self._frame["SystemModstamp"].to_numpy().copy()
        stamps[numbers] = before + 1 + np.arange(count) * (seconds // 2) // count
        changed = np.zeros(len(self), bool)
        changed[numbers] = True
        self._frame = self._frame.with_columns(
            pl.Series("SystemModstamp", stamps),
            pl.Series("LastModifiedDate", stamps),
            pl.when(pl.Series(changed))
            .then(pl.format("{} of {}", "Title", pl.lit(before)))
            .otherwise("Title")
            .alias("Title"),
        ).sort("SystemModstamp", "Id")
        self.now += _STEP
        self._render()

    def _render(self) -> None:
        self._seconds = self._frame["SystemModstamp"].to_numpy()
        self._json = Rendered.of(_as_json(self._frame))
        self._csv = None


def _leads(count: int) -> pl.DataFrame:
    """The leads as columns, sorted as the mirror asks for them; moments are seconds since 1970."""
    chance = np.random.default_rng(1)
    number = pl.Series("number", np.arange(count))
    span = int((LAST_STAMP - FIRST_STAMP).total_seconds())
    stamp = np.sort(chance.integers(0, span, count)) + int(FIRST_STAMP.timestamp())
    picked = {
        name: pl.Series(name, chance.integers(0, len(more["choices"]), count)).replace_strict(
            dict(enumerate(more["choices"]))
        )
        for name, _, more in FIELDS
        if "choices" in more
    }
    shuffled = pl.Series("shuffled", chance.permutation(count))
    text = shuffled.cast(pl.String)
    frame = pl.DataFrame({"n": number, "s": shuffled, "t": text, **picked}).with_columns(
        pl.format("00Q5e0000{}EAB", pl.col("t").str.zfill(6)).alias("Id"),
        pl.lit(False).alias("IsDeleted"),
        pl.format("Jordan {}", pl.col("s") % 977).alias("FirstName"),
        pl.format("Miller-{}", "t").alias("LastName"),
        pl.format('Miller, Weber "&" Co {}', "t").alias("Company"),
        pl.when(pl.col("s") % 5 > 0).then(pl.format("Head of Energy {}", pl.col("s") % 31)).alias("Title"),
        pl.format("{} Hill Road", pl.col("s") % 9000 + 1).alias("Street"),
        pl.format("Springfield {}", pl.col("s") % 500).alias("City"),
        pl.lit("Colorado").alias("State"),
        (pl.col("s") % 90000 + 10000).cast(pl.String).alias("PostalCode"),
        pl.format("+1 303 555 {}", pl.col("t").str.zfill(7)).alias("Phone"),
        pl.format("jordan.{}@example.com", "t").alias("Email"),
        pl.when(pl.col("s") % 3 > 0).then(pl.col("s") % 1000 * 12_500.0).alias("AnnualRevenue"),
        (pl.col("s") % 700 + 1).alias("NumberOfEmployees"),
        (39 + pl.col("s") % 100_003 / 100_003).alias("Latitude"),
        (-105 + pl.col("s") % 100_019 / 100_019).alias("Longitude"),
        pl.format("0055e00000{}AAA", (pl.col("s") % 40).cast(pl.String).str.zfill(5)).alias("OwnerId"),
        (pl.col("s") % 7 == 0).alias("HasOptedOutOfEmail"),
        pl.format("Met at the door, asked for an offer. Reference {}.", "t").alias("Description"),
        pl.Series("SystemModstamp", stamp),
        pl.Series("LastModifiedDate", stamp),
        pl.Series("CreatedDate", stamp - chance.integers(0, 90 * 86_400, count)),
    )
    return frame.select(COLUMNS).sort("SystemModstamp", "Id")


def _moments(pattern: str) -> list[pl.Expr]:
    return [pl.from_epoch(name).dt.strftime(pattern) for name in STAMPS]


def _as_json(frame: pl.DataFrame) -> pl.Series:
    """Each row as the REST API writes it, with the comma behind it."""
    texts = frame.with_columns(_moments("%Y-%m-%dT%H:%M:%S.000+0000"))
    attributes = '{"attributes":{"type":"Lead","url":"/services/data/v62.0/sobjects/Lead/'
    row = pl.struct(COLUMNS).struct.json_encode().str.slice(1)
    return texts.select(
        pl.concat_str(pl.lit(attributes), "Id", pl.lit('"},'), row, pl.lit(",")).alias("row")
    )["row"]


def _as_csv(frame: pl.DataFrame) -> pl.Series:
    """Each row as Bulk API 2.0 writes it, with the line feed behind it."""
    texts = frame.with_columns(_moments("%Y-%m-%dT%H:%M:%S.000Z"))
    values = [
        pl.format('"{}"', pl.col(name).cast(pl.String).fill_null("").str.replace_all('"', '""', literal=True))
        for name in COLUMNS
    ]
    return texts.select(pl.concat_str(pl.concat_str(values, separator=","), pl.lit("\n")).alias("row"))["row"]
