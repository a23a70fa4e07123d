"""Change what counts in the numbers: as a draft of one's own, then published with its audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.context import context
from console.identity import current, only_for
from console.readers import now, numbers
from data import publishing
from data.config import Version
from data.kpi.settings import KpiSettings


@only_for("admin")
def keep_numbers(document: Mapping[str, Any]) -> list[str]:
    """Keep the settings as the draft; what is wrong with them, a sentence each, and then nothing is kept."""
    try:
        mine = KpiSettings.parse(document)
    except ValueError as error:
        return str(error).splitlines()
    draft = numbers.numbers_draft()
    if mine == draft.settings:
        return []
    if mine == draft.base:
        discard_numbers()
    else:
        _keep(mine, draft.based_on)
    return []


@only_for("admin")
def discard_numbers() -> None:
    """Forget the draft."""
    publishing.drop_draft(context().store, current().author, numbers.SECTION)


@only_for("admin")
def put_numbers_on_top() -> None:
    """Begin from the newest version with what the draft says: others' changes of the same settings are replaced."""
    draft = numbers.numbers_draft()
    _keep(draft.settings, draft.newest.number)


@only_for("admin")
def publish_numbers(note: str) -> Version:
    """Make the draft the newest version, and have the numbers derived anew with it.

    Raises ConfigurationError; then nothing was published. What others published outside this section is no obstacle.
    """
    draft, person = numbers.numbers_draft(), current()
    published = publishing.publish(
        context().store,
        {**draft.newest.document, numbers.SECTION: draft.settings.document()},
        author=person.author,
        note=note.strip(),
        based_on=draft.based_on if draft.meanwhile else draft.newest.number,
        now=now(),
    )
    discard_numbers()
    context().derive_numbers()
    return published


def _keep(mine: KpiSettings, based_on: int) -> None:
    publishing.save_draft(
        context().store, current().author, numbers.SECTION, mine.document(), based_on=based_on, now=now()
    )
