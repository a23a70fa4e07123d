"""Frame in, chart out: pure functions, one module a kind of chart, all framed in one place."""

from __future__ import annotations

from altair.utils import schemapi

from console.charts.bars import paired_bars
from console.charts.drawing import Drawing
from console.charts.frame import DARK, LIGHT, Palette, framed, palette, theme_type
from console.charts.funnel import funnel
from console.charts.heat_map import WEEKDAYS, heat_map
from console.charts.matrix import matrix
from console.charts.runs import hourly
from console.charts.territories import Shape, territory_map
from console.charts.trend import NOW, trend

# The charts are tested; to hold each of them against the schema again takes longer than the question it answers.
schemapi.disable_debug_mode()

__all__ = [
    "DARK",
    "LIGHT",
    "NOW",
    "WEEKDAYS",
    "Drawing",
    "Palette",
    "Shape",
    "framed",
    "funnel",
    "heat_map",
    "hourly",
    "matrix",
    "paired_bars",
    "palette",
    "territory_map",
    "theme_type",
    "trend",
]
