"""What all charts share: the colours of the theme, and the one frame.

Streamlit gives a chart the theme's fonts and palettes in the browser. What it cannot give stands here: the greys, the
ink on a coloured cell, and the whole palette once more for a picture that is drawn without a browser. The values are
those of `.streamlit/config.toml`, which a test holds them to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import streamlit as st

FONT = "IBM Plex Sans"


@dataclass(frozen=True)
class Palette:
    """The colours of one theme; `quiet` is a bar that was not reached, `track` the ground a bar runs on."""

    background: str
    text: str
    gray_text: str
    accent: str
    quiet: str
    track: str
    grid: str
    comparison: str
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    def ink(self, position: float) -> str:
        """The readable one of text and background on the diverging scale at `position` (0 lowest, 1 highest)."""
        return self._readable(_between(self.diverging, position))

    def ink_of_sequence(self, position: float) -> str:
        """The same on the sequential scale."""
        return self._readable(_between(self.sequential, position))

    def _readable(self, ground: tuple[float, ...]) -> str:
        return max((self.text, self.background), key=lambda ink: _contrast(ink, ground))


LIGHT = Palette(
    background="#FFFFFF",
    text="#101A1D",
    gray_text="#51626A",
    accent="#0B6E75",
    quiet="#C3CED1",
    track="#E3E9EA",
    grid="#E3E9EA",
    comparison="#8A979C",
    sequential=(
        "#EAF4F3", "#D3E9E7", "#B6DBD8", "#95CBC8", "#71B8B6", "#4DA3A3", "#2C8C8F", "#0F757B", "#0A5C63", "#07434A",
    ),
    diverging=(
        "#8A4B08", "#A45F15", "#D3934B", "#E8BE8C", "#F3EAE0", "#E3EDEC", "#A6D3D0", "#66B2B0", "#1C7A7E", "#0A5C63",
    ),
)  # fmt: skip
DARK = Palette(
    background="#12191C",
    text="#E4EBEC",
    gray_text="#A9B7BC",
    accent="#45BFB8",
    quiet="#46555C",
    track="#263237",
    grid="#2A363B",
    comparison="#7F8E94",
    sequential=(
        "#16302F", "#1B403F", "#205251", "#266665", "#2E7C7A", "#3A9391", "#53AAA7", "#78C1BE", "#A2D7D4", "#CFECEA",
    ),
    diverging=(
        "#F2B778", "#D9924A", "#B36E2B", "#7C5028", "#3D3631", "#2A3838", "#285B5A", "#2F8280", "#55AAA7", "#8FD3CF",
    ),
)  # fmt: skip


def theme_type() -> Literal["light", "dark"]:
    """light or dark, as the reader has it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """The colours of the reader's theme."""
    return DARK if theme_type() == "dark" else LIGHT


def framed(chart: Any, height: int | None = None, colors: Palette | None = None) -> Any:
    """The one frame: no view border, 12 px labels in grey, the legend on top without a title.

    `alt.Chart.configure` replaces earlier `configure_*` calls, so all of it is said at once.
    """
    if height is not None:
        chart = chart.properties(height=height)
    return chart.configure(**frame_options(colors or palette()))


def frame_options(colors: Palette) -> dict[str, Any]:
    """The frame as arguments of `configure`."""
    label: dict[str, Any] = {"labelColor": colors.gray_text, "labelFontSize": 12}
    return {
        "padding": {"left": 0, "top": 4, "right": 4, "bottom": 0},
        "view": alt.ViewConfig(strokeWidth=0),
        "axis": alt.AxisConfig(**label, gridColor=colors.grid),
        "legend": alt.LegendConfig(
            **label, orient="top", title=None, offset=8, symbolType="square", symbolSize=90
        ),
    }


def _between(colors: tuple[str, ...], position: float) -> tuple[float, ...]:
    """The colour of a scale at a position, as its renderer interpolates it: linear between neighbours."""
    place = min(max(position, 0.0), 1.0) * (len(colors) - 1)
    low = min(int(place), len(colors) - 2)
    share = place - low
    return tuple(
        a + (b - a) * share for a, b in zip(_channels(colors[low]), _channels(colors[low + 1]), strict=True)
    )


def _channels(color: str) -> tuple[float, ...]:
    return tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))


def _contrast(ink: str, ground: tuple[float, ...]) -> float:
    """The contrast of WCAG 2, 1 to 21."""
    light, dark = sorted((_luminance(_channels(ink)), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(channels: tuple[float, ...]) -> float:
    linear = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in channels)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
