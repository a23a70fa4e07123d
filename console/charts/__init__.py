"""Frame in, chart out: pure functions, one module a kind of chart, all framed in one place."""

from __future__ import annotations

from console.charts.frame import DARK, LIGHT, Palette, framed, palette, theme_type
from console.charts.runs import hourly

__all__ = ["DARK", "LIGHT", "Palette", "framed", "hourly", "palette", "theme_type"]
