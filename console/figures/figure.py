"""What a figure is: rows, and the chart, the table, the file and the doors that are made of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl

from console import readers, words
from console.filters import Choices, Filters, Span

Unit = Literal["text", "count", "share", "money", "seconds", "days"]


@dataclass(frozen=True)
class Seen:
    """What a page shows: the filters, what the reader may choose from, the days and those they are compared with."""

    filters: Filters
    choices: Choices
    span: Span
    before: Span

    @classmethod
    def of(cls, filters: Filters, choices: Choices) -> Seen:
        span = filters.span(readers.now(), readers.day_zone())
        return cls(filters, choices, span, filters.compared(span))


@dataclass(frozen=True)
class Column:
    """A column of a figure's table, and of the file that is made of it; `width` in pixels.

    Of a rate, `sample` is the column with what it is of, and `least` how much of that there must be to tell it.
    """

    name: str
    label: str
    unit: Unit
    width: int
    sample: str = ""
    least: int = 0

    def too_few(self, row: Mapping[str, Any]) -> bool:
        """Whether a row's rate rests on too little to be told."""
        return bool(self.sample) and row[self.name] is not None and (row[self.sample] or 0) < self.least


@dataclass(frozen=True)
class Figure:
    """One figure: `finding` says in a sentence what it shows, for those who do not see it.

    `mark` is the chart's selection and `tells` what a click on it gives; `doors` leads from that to the address of the
    records behind, as query parameters. `beside` is a number that belongs to the figure and is no mark of it: its words
    and its door.
    """

    title: str
    finding: str
    rows: pl.DataFrame
    columns: tuple[Column, ...]
    chart: Any = None
    caption: str = ""
    mark: str = ""
    tells: str = ""
    doors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    beside: tuple[str, Mapping[str, str]] | None = None

    def table(self) -> pl.DataFrame:
        """The rows as the table and the file show them, under the names of the columns."""
        return self.rows.select(column.name for column in self.columns)


class Doors(Mapping[str, Mapping[str, str]]):
    """Where marks lead, worked out when one is asked for: a figure may have thousands of them, of which one is clicked."""

    def __init__(self, marks: Iterable[str], leads_to: Callable[[str], Mapping[str, str]]) -> None:
        self._marks = frozenset(marks)
        self._leads_to = leads_to

    def __getitem__(self, mark: str) -> Mapping[str, str]:
        if mark not in self._marks:
            raise KeyError(mark)
        return self._leads_to(mark)

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)


def door(filters: Filters, kpi: str, part: str = "numerator", **narrower: Any) -> dict[str, str]:
    """Where the records behind a number are: the filters of the page, narrowed to the mark, and which number."""
    address = replace(filters, **narrower).query(readers.zone()) | {"kpi": kpi}
    return address if part == "numerator" else address | {"part": part}


def parts_of(numerator: float | None, denominator: float | None) -> str:
    """ "742 of 1,045", or the number alone."""
    if denominator is None:
        return words.number(numerator)
    return f"{words.number(numerator)} of {words.number(denominator)}"
