"""What was decided, by whom and how it ended; the value that lost a conflict can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from console import parts, readers, signs, states, words
from console.deciding import doing, narrowing
from console.deciding.narrowing import Narrowing
from console.readers.conflicts import Decided
from console.services import conflicts as deciding

LIST_ROWS = 10
KINDS = {"conflict": "Conflict", "standing": "Difference", "match": "Match"}
BY_ITSELF = "The mapping"


def show(narrowed: Narrowing) -> None:
    """The list, and the chosen one below it."""
    page = narrowed.page()
    rows: Sequence[Decided] = page.rows
    if not rows:
        if narrowed.named:
            total = words.counted(narrowed.everything.counts["decided"], "decision")
            states.no_match(
                f"Nothing of {words.plain(narrowed.named)} was decided",
                f"Without the filters: {total}.",
                narrowing.clear,
            )
        else:
            states.nothing(
                "Nothing was decided yet", "Every decision is kept here, with both values and who made it."
            )
        return
    number = page.counts["decided"]
    narrowing.counted(page, number, "the last first")
    chosen = _list(rows)
    narrowing.pager(page, number)
    if chosen:
        _one(chosen)


def _list(rows: Sequence[Decided]) -> Decided | None:
    key = f"decided-{rows[0].id}-{rows[-1].id}-{len(rows)}"
    id = st.query_params.get("id")
    at = next((place for place, row in enumerate(rows) if row.id == id), None)

    parts.table(
        {
            "when": [row.at for row in rows],
            "record": [row.name for row in rows],
            "field": [row.field.label if row.field else None for row in rows],
            "taken": [taken(row) for row in rows],
            "state": [parts.chip(_sign(row)) for row in rows],
            "by": [by(row) for row in rows],
            "spotio": [row.spotio.said for row in rows],
            "salesforce": [row.salesforce.said for row in rows],
            "kind": [KINDS[row.kind] for row in rows],
        },
        {
            "when": parts.moment_column("When", 134, readers.zone()),
            "record": parts.text_column("Record", 150),
            "field": parts.text_column("Field", 90),
            "taken": parts.text_column("Taken", 110),
            "state": parts.sign_column(
                "State", (signs.WRITTEN, signs.NEXT_RUN, signs.AGREED, signs.SAID), 96
            ),
            "by": parts.text_column("By", 160),
            "spotio": parts.text_column("SPOTIO", 140),
            "salesforce": parts.text_column("Salesforce", 140),
            "kind": parts.text_column("Kind", 90),
        },
        alt=f"{words.counted(len(rows), 'decision')}, the last first",
        key=key,
        height=parts.table_height(len(rows), LIST_ROWS),
        on_select=partial(doing.open_chosen, key, [row.id for row in rows]),
        selection_mode="single-cell",
        selection_default=None if at is None else {"selection": {"cells": [(at, "when")]}},
    )
    return None if at is None else rows[at]


def taken(row: Decided) -> str | None:
    """What was taken, in a word."""
    if row.take in ("same", "different"):
        return row.take.capitalize()
    if row.take == "value":
        return "Another value"
    return f"{words.system(row.take)}'s" if row.take else None


def by(row: Decided) -> str:
    """Who decided it."""
    return row.person or ("Both came to the same" if row.agreed else BY_ITSELF)


def _sign(row: Decided) -> signs.Sign:
    if row.kind == "match":
        return signs.SAID
    if row.agreed:
        return signs.AGREED
    return signs.WRITTEN if row.written else signs.NEXT_RUN


def _one(row: Decided) -> None:
    """One decision whole, and the way back."""
    with st.container(border=True):
        st.header(words.plain(f"{row.name} · {row.field.label}" if row.field else row.name), anchor=False)
        when = words.moment(row.at, readers.now(), readers.zone(), seconds=True)
        st.markdown(
            f":gray[{words.plain(by(row))} · {when} · {words.plain(row.id)} of {words.plain(row.sync)}]"
        )
        if row.field:
            for system, place in zip(("spotio", "salesforce"), st.columns(2), strict=True):
                held = getattr(row, system)
                with place.container(border=True, gap="xxsmall"):
                    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                        st.markdown(
                            f"{words.system_icon(system)} **{words.system(system)}**", width="content"
                        )
                        if row.take == system:
                            st.badge("Taken", icon=":material/check:", color="green")
                    st.markdown(parts.foreign(held.said))
        if row.take == "value":
            st.markdown(f"Another value was taken: {parts.foreign(row.value)}")
        if row.note:
            st.markdown(words.plain(row.note))
        _restoring(row)


def _restoring(row: Decided) -> None:
    if row.loser is None:
        if row.kind == "conflict" and row.written:
            st.markdown(
                ":gray[:small[Nothing of it can be restored: its link is gone, or the field is asked about again.]]"
            )
        return
    system, value = row.loser
    st.markdown(
        f"{words.system(system)}'s {parts.foreign(value)} lost. Restored, it replaces what both sides hold now."
    )

    def restore() -> None:
        doing.act(lambda: deciding.restore(row), row.id)

    st.button("Restore it", icon=":material/settings_backup_restore:", key="restore", on_click=restore)
