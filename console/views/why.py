"""Why: any record of either system, how it stands in each sync, the first step that it did not pass, and what would change that.

The address holds what was looked for (`q`) and the record that was chosen (`record`, as `salesforce:00Q…`), so that a
verdict can be passed on.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from console import parts, readers, states, why_trace, why_words, words
from console.exploring import address
from console.exploring.fields import object_word
from console.readers import why as reading
from console.readers.why import FieldlineError, Hit, StoreError


def show() -> None:
    """The whole page."""
    head = st.container()  # tells as of when, which only the answer knows
    text = st.text_input(
        "Find a record",
        placeholder="Id, name, e-mail or phone",
        key="q",
        type="search",
        label_visibility="collapsed",
        bind="query-params",
        on_change=_let_go,
    ).strip()
    chosen = st.query_params.get("record", "")
    if text and chosen:
        st.button("Back to what was found", icon=":material/arrow_back:", key="back", on_click=_let_go)
    facts = "Why a record did or did not sync, from the engine’s own evaluation"
    reference = chosen or reading.meant(text)
    found: list[Hit] = []
    if text and not reference:
        found = reading.find(text)
        reference = _the_one(found, text)
    if reference:
        facts = _trace(reference) or facts
    elif found:
        _list(found, text)
    elif text:
        states.nothing(
            "Nothing found",
            f"No id, name, e-mail or phone number of a record matches {words.plain(words.quoted(text))}. "
            "What its source has deleted is found by its id alone.",
        )
    else:
        states.nothing(
            "Which record?",
            "Name one of SPOTIO or Salesforce above, or write it as spotio:ID or salesforce:ID, as `fieldline why` takes it.",
        )
    with head:
        parts.header("Why", f"{facts} · times in {words.place(readers.zone())}")


def _let_go() -> None:
    address.say(record=None)


def _the_one(found: Sequence[Hit], text: str) -> str:
    """The record that a text means: the only one found, or the one whose id it is; empty for none, or a choice."""
    if not found:
        return reading.guessed(text)
    if len(found) == 1 or found[0].id == text:
        return f"{found[0].system}:{found[0].id}"
    return ""


def _trace(reference: str) -> str:
    """The verdict on a record; returns as of when it is."""
    try:
        why = reading.why(reference)
    except (FieldlineError, StoreError) as refused:
        st.error(words.plain(str(refused)), icon=":material/block:")
        return ""
    why_trace.show(why)
    moment = words.moment(why.asked_at, readers.now(), readers.zone())
    version = f"version {why.version}" if why.version else "no configuration"
    return f"The engine’s own evaluation at {moment}, {version}"


def _list(found: Sequence[Hit], text: str) -> None:
    """What was found, to choose from."""
    key = f"found-{text}"

    def choose() -> None:
        cells = st.session_state[key].selection.cells
        if cells:
            one = found[cells[0][0]]
            address.say(record=f"{one.system}:{one.id}")

    total = reading.found_count(text)
    parts.table(
        {
            "name": [one.name or one.id for one in found],
            "system": [f"{words.system(one.system)} {object_word(one.object)}" for one in found],
            "link": [parts.chip(why_words.link(one)) for one in found],
            "email": [one.email for one in found],
            "sync": [one.sync or None for one in found],
            "id": [one.id for one in found],
        },
        {
            "name": parts.text_column("Name", 140),
            "system": parts.text_column("Where", 116),
            "link": parts.sign_column("Link", map(why_words.link, found), 104),
            "email": parts.text_column("E-mail", 280),
            "sync": parts.text_column("Sync", 160),
            "id": parts.text_column("Id", 320),
        },
        alt=f"{words.counted(len(found), 'record')} that match {text}",
        height=parts.table_height(len(found), reading.FOUND_MAX),
        key=key,
        on_select=choose,
        selection_mode="single-cell",
    )
    more = f", and {total - len(found):,} more: write more of it" if total > len(found) else ""
    st.markdown(f":gray[:small[{words.counted(len(found), 'record')} by name{more}. A click shows why.]]")


show()
