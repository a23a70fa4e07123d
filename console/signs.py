"""The states that things can be in, each a word, a colour and an icon together.

Colour means state and nothing else: green done, amber waits for a person, red failed, blue running, grey off or not
reached. It never stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st


@dataclass(frozen=True)
class Sign:
    """A state as it is shown."""

    word: str
    color: Literal["green", "orange", "red", "blue", "gray"]
    icon: str

    def badge(self) -> None:
        """The state as a chip."""
        st.badge(self.word, icon=self.icon, color=self.color)

    @property
    def mark(self) -> str:
        """The coloured icon, for the start of a line of markdown."""
        return f":{self.color}[{self.icon}]"


_CHECK, _WARNING, _ERROR = ":material/check_circle:", ":material/warning:", ":material/error:"
_PROGRESS, _CLOCK = ":material/progress_activity:", ":material/schedule:"

# A run, or a table of it.
RUNNING = Sign("Running", "blue", _PROGRESS)
DONE = Sign("Done", "green", _CHECK)
PART = Sign("Part", "orange", _WARNING)
FAILED = Sign("Failed", "red", _ERROR)
HELD = Sign("Held", "orange", ":material/pan_tool:")
STOPPED = Sign("Stopped", "gray", ":material/stop_circle:")
INTERRUPTED = Sign("Interrupted", "orange", ":material/power_off:")
UNKNOWN = Sign("Unknown", "gray", ":material/help:")
OUTCOMES = {
    "running": RUNNING,
    "done": DONE,
    "partial": PART,
    "held": HELD,
    "failed": FAILED,
    "stopped": STOPPED,
    "interrupted": INTERRUPTED,
}

# A system.
CONNECTED = Sign("Connected", "green", _CHECK)
READING = Sign("Reading", "blue", _PROGRESS)
FAILING = Sign("Failing", "red", _ERROR)
PARTLY = Sign("Part failing", "orange", _WARNING)
UNFINISHED = Sign("Unfinished", "orange", ":material/pause_circle:")
NOT_READ = Sign("Not read yet", "gray", _CLOCK)
NOT_SET_UP = Sign("Not set up", "gray", ":material/link_off:")

# What waits.
TO_COME = Sign("To come", "gray", _CLOCK)
NOTICE = Sign("Changed", "gray", ":material/schema:")
WAITS = Sign("Waits", "orange", _WARNING)

# A line of a draft: until it is published it waits for a person.
DRAFTED = {
    "new": Sign("New", "orange", ":material/add:"),
    "changed": Sign("Changed", "orange", ":material/edit:"),
    "removed": Sign("Taken off", "orange", ":material/remove:"),
}

# What was decided of the two-way sync.
WRITTEN = Sign("Written", "green", _CHECK)
NEXT_RUN = Sign("Next run", "blue", _CLOCK)
AGREED = Sign("Agreed", "gray", ":material/handshake:")
SAID = Sign("Said", "gray", ":material/record_voice_over:")

# What became of a write.
LINKED = Sign("Linked", "green", ":material/link:")
UNLINKED = Sign("Unlinked", "gray", ":material/link_off:")
NO_END = Sign("Unknown", "orange", ":material/help:")
MOVED = Sign("Moved", "gray", ":material/edit_calendar:")
NOT_WRITTEN = Sign("Not written", "gray", ":material/do_not_disturb_on:")

# A visit, as a number takes it.
COUNTED = Sign("Counted", "green", _CHECK)
NOT_COUNTED = Sign("Not counted", "gray", ":material/do_not_disturb_on:")

# Two counts of one table.
EQUAL = Sign("Equal", "green", _CHECK)


def outcome(name: str | None) -> Sign:
    """The sign of a run's or a table's outcome."""
    return OUTCOMES.get(name or "", UNKNOWN)


def difference(source: int | None, mirror: int | None) -> Sign | None:
    """How the mirror's count stands to the source's: "Equal", "2 fewer"; None when one of them is not known."""
    if source is None or mirror is None:
        return None
    if source == mirror:
        return EQUAL
    word = f"{source - mirror:,} fewer" if mirror < source else f"{mirror - source:,} more"
    return Sign(word, "orange", _WARNING)
