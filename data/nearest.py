"""The nearest known name to one that is not known, for sentences that say what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def plain(name: str) -> str:
    """A name without case, spaces and punctuation: LastName, "Last Name" and last_name are one."""
    return re.sub(r"[\W_]+", "", name).casefold()


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that come closest, nearest first; empty when none is near."""
    by_plain: dict[str, str] = {}
    for each in known:
        by_plain.setdefault(plain(each), each)
    wanted = plain(name)
    close = difflib.get_close_matches(wanted, by_plain, most, cutoff=0.6)
    held = [each for each in by_plain if wanted and wanted in each and each not in close]
    return [by_plain[each] for each in [*close, *held]][:most]


def offer(name: str, known: Iterable[str]) -> str:
    """What to do about an unknown name: a question where something is near, else what there is."""
    names = list(dict.fromkeys(known))
    close = nearest(name, names)
    if close:
        return f"did you mean {' or '.join(f'“{each}”' for each in close)}?"
    if not names:
        return "there is none at all."
    shown = ", ".join(f"“{each}”" for each in names[:12])
    return f"there {'is' if len(names) == 1 else 'are'} {shown}{' and others' if len(names) > 12 else ''}."
