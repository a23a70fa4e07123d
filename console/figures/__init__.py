"""What the dashboard shows, figure by figure: from the readers' answers to rows, chart, words and doors.

A figure knows nothing of the page it stands on. The page draws its chart or its table, the export writes its rows,
and a click on a mark opens the records behind it.
"""

from __future__ import annotations

from console.figures.figure import Column, Doors, Figure, Seen, door, parts_of
from console.figures.file import Shown, picture, sheet
from console.figures.funnel import VIEWS, funnel
from console.figures.heat import heat
from console.figures.pairs import pairs, setters
from console.figures.stages import stages
from console.figures.territories import territories
from console.figures.trend import trend

__all__ = [
    "VIEWS",
    "Column",
    "Doors",
    "Figure",
    "Seen",
    "Shown",
    "door",
    "funnel",
    "heat",
    "pairs",
    "parts_of",
    "picture",
    "setters",
    "sheet",
    "stages",
    "territories",
    "trend",
]
