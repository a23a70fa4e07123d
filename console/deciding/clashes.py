"""Two values of one field: the list of conflicts or of standing differences, and the case that is decided."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from console import parts, readers, states, words
from console.deciding import by_rule, doing, narrowing
from console.deciding.narrowing import Narrowing
from console.readers.conflicts import Clash, Held
from console.services import conflicts as deciding

LIST_ROWS = 8
SYSTEMS = ("spotio", "salesforce")
DELETION = "deletion"


def show(narrowed: Narrowing) -> None:
    """List at the left, the case at the right; below them, many at once."""
    id = st.query_params.get("id")
    page = narrowed.page(id)
    rows: Sequence[Clash] = page.rows
    _gone(id, rows)
    if not rows:
        _none(narrowed)
        return
    left, right = st.columns(2, gap="medium")
    total = page.counts[narrowed.of]
    with left:
        narrowing.counted(page, total, "oldest first; tick several")
        several, case = _list(rows, id)
        narrowing.pager(page, total)
    with right:
        _several(several) if len(several) > 1 else _case(case, rows)
    by_rule.show(narrowed, page)


def _none(narrowed: Narrowing) -> None:
    standing = narrowed.of == "standing"
    called = "standing difference" if standing else "conflict"
    if narrowed.named:
        total = narrowed.everything.counts[narrowed.of]
        states.no_match(
            f"No {called} of {words.plain(narrowed.named)} is open",
            f"Without the filters there {'is' if total == 1 else 'are'} {words.counted(total, called)}.",
            narrowing.clear,
        )
    elif standing:
        states.all_well(
            "No difference stands", "Whatever differed when two records were linked is settled by now."
        )
    else:
        states.all_well(
            "No conflict is open",
            "No field was changed on both sides without somebody or the mapping deciding it.",
        )


def _gone(id: str | None, rows: Sequence[Clash]) -> None:
    """The case of the address was decided or settled meanwhile; what was typed for it is not lost."""
    if not id or any(row.id == id for row in rows):
        return
    kept = doing.typed(id)
    typed = f" You had typed {words.quoted(kept)}." if kept else ""
    st.info(
        words.plain(
            f"{id} is not open any more: it was decided or settled meanwhile.{typed} History says by whom."
        ),
        icon=":material/task_alt:",
    )


def _list(rows: Sequence[Clash], id: str | None) -> tuple[list[Clash], Clash]:
    """What is ticked, and the case that is open."""
    at = next((place for place, row in enumerate(rows) if row.id == id), 0)
    # A selection is a row's number and must not slide to another case, so the key follows what is listed.
    key = f"cases-{rows[0].id}-{rows[-1].id}-{len(rows)}"

    now, zone, standing = readers.now(), readers.zone(), rows[0].standing
    data: dict[str, Any] = {
        "record": [row.name for row in rows],
        "field": [row.field.label for row in rows],
        "waiting": [words.age(row.since, now, zone) for row in rows],
        "proposed": [_word(row) for row in rows],
    }
    found = parts.table(
        data,
        {
            "record": parts.text_column("Record", 150),
            "field": parts.text_column("Field", 88),
            "proposed": parts.text_column("Decided" if standing else "Proposed", 84),
            "waiting": parts.text_column("Since", 128),
        },
        alt=f"{words.counted(len(rows), _called(rows[0]))}, the longest-waiting first",
        key=key,
        height=parts.table_height(len(rows), LIST_ROWS),
        on_select=partial(doing.open_chosen, key, [row.id for row in rows]),
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"cells": [(at, "record")]}},
    )
    ticked = [rows[place] for place in sorted(found.selection.rows) if place < len(rows)]
    return ticked, ticked[0] if len(ticked) == 1 else rows[at]


def _word(row: Clash) -> str | None:
    side = row.take if row.standing else row.proposed
    return "A value" if side == "value" else words.system(side) if side else None


def _called(row: Clash) -> str:
    return "standing difference" if row.standing else "conflict"


def _case(case: Clash, rows: Sequence[Clash]) -> None:
    """One case: what was agreed, what both sides hold, who wins and why, and the choice."""
    with st.container(border=True):
        st.header(words.plain(f"{case.name} · {case.field.label}"), anchor=False)
        st.markdown(f":gray[{_story(case)}]")
        if not case.standing and case.field.key != DELETION:
            _agreed(*case.base)
        sides = st.grid(2, min_column_width=130, border=True)
        for system in SYSTEMS:
            with sides.container(gap="xxsmall"):
                _side(case, system)
        st.markdown(_why(case))
        if case.take is None:
            _choice(case, rows)
        _door(case)


def _door(case: Clash) -> None:
    system, object, id = ("spotio", "record", case.spotio_id) if case.spotio_id else ("salesforce", "lead", case.salesforce_id)  # fmt: skip
    if id:
        query = {"system": system, "object": object, "id": id}
        st.page_link(
            "views/record.py", label="Its record", icon=":material/contact_page:", query_params=query
        )


def _story(case: Clash) -> str:
    now, zone = readers.now(), readers.zone()
    if case.standing:
        return f"The two differed when they were linked, {words.moment(case.since, now, zone)}. Nothing was written."
    when = f" on {words.moment(case.agreed_at, now, zone)}" if case.agreed_at else ""
    return f"Both sides changed it since they last agreed{when}."


def _agreed(*values: str | None) -> None:
    """What both sides held: once, where they write it alike."""
    held = " and ".join(parts.foreign(value) for value in dict.fromkeys(values))
    st.markdown(f":gray[:material/history:] Last agreed: {held}")


def _side(case: Clash, system: str) -> None:
    held: Held = getattr(case, system)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"{words.system_icon(system)} **{words.system(system)}**", width="content")
        if case.proposed == system:
            st.badge("Proposed", icon=":material/check:", color="green")
    st.markdown(parts.foreign(held.said))
    if case.standing:
        return
    now, zone = readers.now(), readers.zone()
    when = words.moment(held.at, now, zone, seconds=True) if held.at else "time not told"
    who = words.plain(held.by) if held.by else "by nobody known"
    st.markdown(f":gray[:small[{when}]]  \n:gray[:small[{who}]]")


def _why(case: Clash) -> str:
    if case.take is not None:
        who, when = (
            words.plain(case.decided_by or ""),
            words.moment(case.decided_at, readers.now(), readers.zone()),
        )
        what = parts.foreign(case.value) if case.take == "value" else f"{words.system(case.take)}'s value"
        return f"{who} took {what}, {when}. The next run writes it."
    if case.standing:
        return "Whichever value you take, the next run writes it to the other side."
    if case.field.key == DELETION:
        return (
            f"{words.plain(case.why)} Whoever takes the deleted side lets the deletion stand; whoever takes the edited one "
            "keeps that record."
        )
    proposed = f"Proposed: **{words.system(case.proposed)}**. " if case.proposed else "Nobody is proposed. "
    return proposed + words.plain(case.why)


def _choice(case: Clash, rows: Sequence[Clash]) -> None:
    """Take either side's, or another value. The decision is made in the press, with the case as it is drawn here."""
    with st.container(horizontal=True):
        for system in SYSTEMS:
            _take_button([case], system, primary=case.proposed == system)
    beside = [
        row.field.label
        for row in rows
        if (row.link, row.unit) == (case.link, case.unit) and row.id != case.id
    ]
    if beside and not case.standing:
        st.markdown(f":gray[:small[Decided together with {words.plain(words.listed(beside))}.]]")
    if case.field.key != DELETION:
        _other_value(case)
    st.markdown(
        ":gray[:small[The other value stays in History and can be restored.]]"
        if not case.standing
        else ":gray[:small[Both values stay in History.]]"
    )


def _take_button(cases: Sequence[Clash], system: str, *, primary: bool) -> None:
    label, key = f"Take {words.system(system)}'s", f"take-{system}"
    ids = [case.id for case in cases]

    def take() -> None:
        doing.act(lambda: deciding.decide(cases, system), *ids)

    if primary:
        parts.primary_button(label, icon=":material/check:", key=key, on_click=take)
    else:
        st.button(label, icon=words.system_icon(system), key=key, on_click=take)


def _other_value(case: Clash) -> None:
    key = f"value-{case.id}"
    options = _options(case)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        if options is None:
            kept = doing.typed(case.id) or ""
            st.text_input(
                "Another value, as SPOTIO holds it",
                value=kept,
                key=key,
                on_change=doing.keep,
                args=(case.id, key),
            )
        else:
            picked = doing.typed(case.id)
            st.selectbox(
                "Another value, as SPOTIO holds it", list(options), key=key,
                index=list(options).index(picked) if picked in options else None,
                format_func=lambda value: options[value], placeholder="Choose one", on_change=doing.keep,
                args=(case.id, key),
            )  # fmt: skip

    def take() -> None:
        doing.keep(case.id, key)  # what was typed right before the press counts
        value = doing.typed(case.id)
        doing.act(lambda: _with_value(case, value), case.id)

    right.button("Take this value", icon=":material/edit:", key="take-value", on_click=take, width="stretch")


def _with_value(case: Clash, value: str | None) -> deciding.Answer:
    if value is None or not value.strip():
        return deciding.Answer("Say the other value first; nothing was decided.", refused=True)
    return deciding.decide([case], None, value.strip())


def _options(case: Clash) -> dict[str, str] | None:
    """What the value can be, where it is one of some: by what SPOTIO holds, what people call it."""
    if case.field.kind == "user":
        return {user.id: user.name for user in readers.all_users()}
    if case.field.kind == "boolean":
        return {"true": "Yes", "false": "No"}
    choices = case.field.choices.get("spotio", {})
    return dict(choices) if choices and case.field.kind in ("choice", "stage") else None


def _several(cases: Sequence[Clash]) -> None:
    """Those that are ticked, decided alike."""
    with st.container(border=True):
        st.header(f"{words.counted(len(cases), _called(cases[0]))} chosen", anchor=False)
        parts.table(
            {
                "record": [case.name for case in cases],
                "field": [case.field.label for case in cases],
                "spotio": [case.spotio.said for case in cases],
                "salesforce": [case.salesforce.said for case in cases],
            },
            {
                "record": parts.text_column("Record", 140),
                "field": parts.text_column("Field", 90),
                "spotio": parts.text_column("SPOTIO", 130),
                "salesforce": parts.text_column("Salesforce", 130),
            },
            alt=f"The {len(cases):,} chosen ones with both values",
            key="chosen",
            height=parts.table_height(len(cases), LIST_ROWS),
        )
        with st.container(horizontal=True):
            for system in SYSTEMS:
                _take_button(cases, system, primary=False)
        st.markdown(
            ":gray[:small[All of them or none: if one was decided by somebody else meanwhile, nothing is.]]"
        )
