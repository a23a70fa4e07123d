"""The knocks of a day as a table, each the way to its record."""

from __future__ import annotations

from collections.abc import Mapping

from console import parts, signs, ways, words
from console.knocks import Knock

ROWS = 12


def show(found: list[Knock], kinds: Mapping[str, str], *, key: str) -> None:
    """Time, place, result, and whether it counted; `kinds` are the names of activity types and results by id."""
    event = parts.table(
        {
            "time": [f"{knock.local_time:%H:%M}" for knock in found],
            "place": [knock.place for knock in found],
            "counted": [parts.chip(signs.COUNTED if knock.counted else signs.NOT_COUNTED) for knock in found],
            "why": [knock.why or None for knock in found],
            "result": [_result(knock, kinds) for knock in found],
            "distance": [None if knock.distance is None else f"{knock.distance:,.0f} m" for knock in found],
            "address": [knock.address or None for knock in found],
        },
        {
            "time": parts.text_column("Time", 60),
            "place": parts.text_column("Place", 190),
            "counted": parts.sign_column("Counted", (signs.COUNTED, signs.NOT_COUNTED), 106),
            "why": parts.text_column("Why not", 250),
            "result": parts.text_column("Result", 170),
            "distance": parts.text_column("From the pin", 96, right=True),
            "address": parts.text_column("Address", 230),
        },
        alt=f"{words.counted(len(found), 'knock')}, the first at {found[0].local_time:%H:%M}",
        key=key,
        height=parts.table_height(len(found), ROWS),
        on_select="rerun",
        selection_mode="single-cell",
    )
    cells = event.selection.cells
    record = found[cells[0][0]].record_id if cells and cells[0][0] < len(found) else None
    if record:
        ways.go("views/record.py", {"system": "spotio", "object": "record", "id": record})


def _result(knock: Knock, kinds: Mapping[str, str]) -> str | None:
    return kinds.get(f"{knock.template_id}:{knock.result_id}") or kinds.get(knock.template_id or "")
