"""How the pages write numbers, ages, durations and moments, and what they call things.

Every function is pure: the present moment and the time zone come in as arguments. One word per idea, so that a
button, a table and a sentence name the same thing alike; empty is an en dash, never "None".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

EMPTY = "–"
TOO_FEW = "too few"
STILL = "+-0.% pts"  # what a change that rounds to nothing is made of

SYSTEMS = ("spotio", "salesforce", "salesscreen")
_SYSTEM_NAMES = {
    "spotio": "SPOTIO", "salesforce": "Salesforce", "salesscreen": "SalesScreen", "fieldline": "Fieldline",
}  # fmt: skip
_SYSTEM_ICONS = {
    "spotio": ":material/pin_drop:",
    "salesforce": ":material/cloud:",
    "salesscreen": ":material/emoji_events:",
}
ASKED_BY = {
    "schedule": "Schedule",
    "command": "Command line",
    "console": "Console",
    "webhook": "Webhook",
}
_ASKED_FOR = {
    "schedule": "asked for by the schedule",
    "command": "asked for from the command line",
    "console": "asked for from the console",
    "webhook": "asked for by a webhook",
}
_KINDS = {"pull": "Read", "sync": "Sync", "link": "Link"}
_MODES = {
    "first_load": "First load",
    "window": "Changes",
    "full": "Read whole",
    "reconcile": "All ids",
    "named": "Named records",
    "ledger": "Ledger",
}


def system(name: str) -> str:
    """The product's own spelling of a system."""
    return _SYSTEM_NAMES.get(name, name)


def system_icon(name: str) -> str:
    """The icon that stands beside a system's name everywhere."""
    return _SYSTEM_ICONS.get(name, ":material/conversion_path:")


def systems(comma_separated: str | None) -> str:
    """A run's systems as people read them: "SPOTIO, Salesforce", or "All three"."""
    if set(split(comma_separated)) == set(SYSTEMS):
        return "All three"
    return ", ".join(system(name) for name in split(comma_separated)) or EMPTY


def split(comma_separated: str | None) -> list[str]:
    """The names in a comma-separated column."""
    return [name.strip() for name in (comma_separated or "").split(",") if name.strip()]


def asked_by(value: str | None) -> str:
    """Who wanted a run."""
    return ASKED_BY.get(value or "", value or EMPTY)


def asked_for(value: str | None) -> str:
    """Who wanted a run, inside a sentence: "asked for by the schedule"."""
    return _ASKED_FOR.get(
        value or "", f"asked for by {plain(value)}" if value else "asked for by nobody known"
    )


def kind(value: str | None) -> str:
    """What a run was to do."""
    return _KINDS.get(value or "", value or EMPTY)


def mode(value: str | None) -> str:
    """How a table was read."""
    return _MODES.get(value or "", value or EMPTY)


def counted(value: int, one: str, many: str | None = None) -> str:
    """(1, "run") -> "1 run"; (1006, "run") -> "1,006 runs"."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def either(names: Sequence[str]) -> str:
    """["a", "b", "c"] -> "a, b or c"."""
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def duration(seconds: float | None) -> str:
    """A length of time by its largest unit: "14.2 s", "4 min", "2 h", "1 day 9 h"."""
    if seconds is None:
        return EMPTY
    seconds = max(seconds, 0.0)
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = round(seconds / 3600)
    if hours < 24:
        return f"{hours} h"
    days, hours = divmod(hours, 24)
    return counted(days, "day") + (f" {hours} h" if hours else "")


def remaining(seconds: float) -> str:
    """What is left of something under way: whole seconds below a minute, for more would flicker."""
    return f"{max(round(seconds), 1)} s left" if seconds < 59.5 else f"{duration(max(seconds, 60))} left"


def age(then: datetime | None, now: datetime, zone: str) -> str:
    """How long ago, up to a day ("38 s ago"); before that the date."""
    if then is None:
        return "never"
    seconds = max((now - then).total_seconds(), 0.0)
    if seconds >= 86_400:
        return moment(then, now, zone)
    return f"{round(seconds)} s ago" if seconds < 59.5 else f"{duration(max(seconds, 60))} ago"


def moment(then: datetime | None, now: datetime, zone: str, *, seconds: bool = False) -> str:
    """A moment as short as it can be told: "09:38" today, else "Mon 12 Oct, 19:10", with the year if not this one."""
    if then is None:
        return EMPTY
    local, today = then.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == today.date():
        return clock
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {clock}"


def today(now: datetime, zone: str) -> str:
    """The line under a title: "Tuesday 13 Oct 2026, 09:42, Denver"."""
    local = now.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%b %Y, %H:%M}, {place(zone)}"


def days(first: date, last: date) -> str:
    """Local days, both inclusive: "15 Sep – 12 Oct 2026"; one alone with its weekday: "Mon 12 Oct 2026"."""
    if first == last:
        return f"{first:%a} {first.day} {first:%b %Y}"
    begun = f"{first.day}" + ("" if (first.month, first.year) == (last.month, last.year) else f" {first:%b}")
    begun += "" if first.year == last.year else f" {first.year}"
    return f"{begun} – {last.day} {last:%b %Y}"


def number(value: float | None, unit: str = "count") -> str:
    """A number of the dictionary by its unit: "24,118", "91.4%", "4 min", "2.5 days", "12,000 USD" of "money USD".

    Money of an unknown currency bears none: a sign of ours would be a guess.
    """
    unit, _, currency = unit.partition(" ")
    if value is None:
        return EMPTY
    if unit == "share":
        return f"{value:.1%}"
    if unit == "seconds":
        return duration(value)
    if unit == "days":
        return f"{value:,.1f} days"
    return f"{value:,.0f}\N{NO-BREAK SPACE}{currency}" if currency else f"{value:,.0f}"


def heading(label: str, unit: str) -> str:
    """The head of a column of numbers, which tells the currency for all of them: "Value, USD"."""
    currency = unit.partition(" ")[2]
    return f"{label}, {currency}" if currency else label


def rate(share: float | None, *, too_few: bool) -> str | None:
    """A share as a cell among words: "66.7%", "too few" where it rests on too little.

    All are as long, with blanks before the shorter ones, so that a table sorts them as the numbers they are.
    """
    if share is None:
        return None
    return TOO_FEW if too_few else f"{share:6.1%}"


def change(now: float | None, before: float | None, unit: str = "count") -> str | None:
    """How a number moved: a share by points ("-1.9 pts"), all else by per cent ("+6.2%"); None when it cannot be said.

    The sign is a hyphen, by which st.metric tells a fall.
    """
    if now is None or before is None:
        return None
    if unit != "share" and not before:
        return None
    told = f"{(now - before) * 100:+.1f} pts" if unit == "share" else f"{(now - before) / before:+.1%}"
    return told if told.strip(STILL) else told[1:]  # what rounds to nothing has no sign


def place(zone: str) -> str:
    """America/Denver -> "Denver"; the zone is named once a page."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def quoted(text: str) -> str:
    """Foreign words in quotation marks."""
    return f"“{text}”"


def plain(text: str) -> str:
    """Text from elsewhere, made safe to stand inside markdown: nothing in it formats, links or colours."""
    escaped = "".join(f"\\{character}" if character in _MARKDOWN else character for character in text)
    # An escape does not keep an address from becoming a link; a joiner, which nobody sees, does.
    return _LINKED.sub("\\g<0>\u2060", " ".join(escaped.split()))


def bare(text: str) -> str:
    """What `plain` made safe, as it was: for files, where nothing formats."""
    return re.sub(r"\\(.)", r"\1", text).replace("\u2060", "")


def sentences(*texts: str | None) -> str:
    """Foreign sentences one after the other, made safe; those that are empty are left out."""
    return " ".join(plain(text) for text in texts if text)


_LINKED = re.compile(r"@|://|\bwww(?=\.)|\\://")
_MARKDOWN = frozenset("\\`*_{}[]()<>#+-!|~$:&^")
