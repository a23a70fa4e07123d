"""A chart as its specification and its rows, kept apart.

Building and checking a chart in Altair takes longer than the question that it answers. So a specification is built
once for a theme and a form, without data, and kept; and as it stays the same from one answer to the next, the browser
exchanges the rows of the chart that stands instead of drawing a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import Palette, frame_options

ROWS = "rows"
Spec = Mapping[str, Any]


def named_rows() -> alt.NamedData:
    """What a specification says in the place of its data."""
    return alt.NamedData(name=ROWS)


def finished(chart: Any, height: int, colors: Palette) -> Spec:
    """The specification of a chart over `named_rows`, framed."""
    spec: Spec = chart.properties(height=height).configure(**frame_options(colors)).to_dict(validate=False)
    return spec


@dataclass(frozen=True)
class Drawing:
    """A chart: what it looks like, and the rows that it shows. A map has its shapes in the specification instead."""

    spec: Spec
    rows: pl.DataFrame | None = None

    def for_browser(self) -> dict[str, Any]:
        """As Streamlit takes it: the rows as a frame beside the specification."""
        if self.rows is None:
            return dict(self.spec)
        return {**self.spec, "datasets": {ROWS: self.rows}}

    def for_picture(self, width: int) -> dict[str, Any]:
        """As a renderer takes it that knows no page: with a width, and the rows as values."""
        values = {} if self.rows is None else {"datasets": {ROWS: self.rows.to_dicts()}}
        return {**self.spec, **values, "width": width}
