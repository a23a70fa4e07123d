"""Numbers: what each one means, and what counts in them; admins change that here."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from console import day_words, identity, number_days, parts, readers, services, states, words
from console.readers import NumbersDraft, Result, WhatCounts
from console.services import ConfigurationError

MEANING, COUNTS = "What they mean", "What counts"
# Pixels that the heads need beside the sign that a column can be edited.
_WIDTHS = {"no_contact": 104, "no_show": 92, "cancelled": 98, "rescheduled": 112, "contact": 84}
# In the order of a sale: at the door, the appointment, the outcome.
CLASSES = {
    "contact": "Contact",
    "no_contact": "No contact",
    "set": "Set",
    "run": "Run",
    "sat": "Sat",
    "sold": "Sold",
    "no_show": "No-show",
    "cancelled": "Cancelled",
    "rescheduled": "Rescheduled",
}
SET_SOURCES = {
    "appointments": "SPOTIO's appointments",
    "result": "activities with a result classed set",
}
SOLD_SOURCES = {
    "spotio_won": "what SPOTIO calls won",
    "result": "activities with a result classed sold",
    "salesforce_won": "Salesforce's won opportunities",
}
ORIGINS = {
    "human": "people",
    "integration": "integrations",
    "import": "imports",
    "automation": "automation",
    "fieldline": "Fieldline itself",
}


def show() -> None:
    """The whole page."""
    person = identity.current()
    counts = readers.what_counts()
    parts.header("Numbers", _facts(counts))
    if person.role == "rep":
        _meaning()
        return
    tab = st.segmented_control(
        "Part",
        [MEANING, COUNTS],
        default=MEANING,
        required=True,
        key="part",
        label_visibility="collapsed",
        bind="query-params",
    )
    if tab == MEANING:
        _meaning()
    elif person.role == "admin":
        _editing(readers.numbers_draft())
    else:
        _reading(counts)


def _facts(counts: WhatCounts) -> str:
    whose = day_words.whose(counts.settings.zones.everybody)
    derived = words.age(counts.derived_at, readers.now(), readers.zone())
    if counts.published is None:
        said = "what counts is suggested by SPOTIO's own names; no admin has confirmed it"
    else:
        version = counts.published
        when = words.moment(version.published_at, readers.now(), readers.zone())
        said = f"version {version.number} by {words.plain(version.author)}, {when}"
    return f"{len(readers.dictionary())} numbers · {said} · {whose} · derived {derived}"


def _meaning() -> None:
    wanted = st.text_input(
        "Find a number",
        placeholder="Find a number",
        key="find",
        label_visibility="collapsed",
        bind="query-params",
    )
    found = [
        kpi
        for kpi in readers.dictionary().values()
        if (wanted or "").lower() in f"{kpi.name} {kpi.key} {kpi.formula}".lower()
    ]
    if not found:
        states.no_match(
            f"No number is called {words.quoted(words.plain(wanted))}",
            f"Without the search there are {len(readers.dictionary())}.",
            _clear_search,
        )
    for kpi in found:
        with st.expander(f"**{kpi.name}**: {kpi.formula}", key=f"kpi-{kpi.key}"):
            of = f", of {kpi.denominator_words}" if kpi.denominator_words else ""
            st.markdown(f"Counts {kpi.numerator_words}{of}.")
            st.markdown(f"**Credited to.** {kpi.attribution}")
            st.markdown(f"**Day.** {kpi.day.text(readers.what_counts().settings)}")
            st.markdown(f"**Edge cases.** {kpi.edges}")
            if kpi.sample:
                least = kpi.least(readers.what_counts().settings)
                st.markdown(f"**Minimum sample.** {least}; below it the number is shown and not ranked.")


def _clear_search() -> None:
    st.session_state["find"] = ""


def _reading(counts: WhatCounts) -> None:
    settings = counts.settings
    _results_table(readers.results(settings), editable=False)
    st.header("Sources and windows", anchor=False)
    start = f"from {settings.start:%-d %b %Y} on" if settings.start else "from the first mirrored activity on"
    origins = words.listed([ORIGINS[origin] for origin in ORIGINS if origin in settings.origins])
    for line in (
        f"Set: {SET_SOURCES[settings.set_source]}.",
        f"Sold: {SOLD_SOURCES[settings.sold_source]}; taken back within {words.counted(settings.rescission_days, 'day')} "
        "it is a cancellation.",
        f"Counted: what {origins} did, {start}.",
        f"An activity that arrives more than {settings.offline_minutes} min late is flagged as uploaded later.",
        *number_days.lines(settings),
    ):
        st.markdown(line)


def _editing(draft: NumbersDraft) -> None:
    if draft.meanwhile and draft.changes:
        st.warning(
            f"{words.plain(draft.newest.author)} published version {draft.newest.number} while you were editing. "
            f"Your {words.counted(len(draft.changes), 'change')} {'is' if len(draft.changes) == 1 else 'are'} kept. "
            f"Theirs: {' '.join(words.plain(text) for text in draft.meanwhile)}",
            title="Changed meanwhile",
            icon=":material/sync_problem:",
        )
        st.button("Put mine on top of theirs", key="rebase", on_click=services.put_numbers_on_top)
    st.caption(
        "An activity's result counts as what is ticked here; one without a tick is shown as unclassified. "
        "Each change is kept as your draft and counts when you publish it."
    )
    edited = _results_table(readers.results(draft.settings), editable=True)
    st.header("Sources and windows", anchor=False)
    chosen = _sources(draft)
    zones = number_days.edit(draft.settings)
    mistakes = services.keep_numbers(
        {**draft.settings.document(), "results": edited, **chosen, "zones": zones}
    )
    for mistake in mistakes:
        st.error(mistake, icon=":material/error:")
    if not mistakes:
        kept = readers.numbers_draft()
        st.markdown(number_days.against_salesscreen(kept.settings))
        _publishing(kept)


def _publishing(draft: NumbersDraft) -> None:
    unconfirmed = readers.what_counts().published is None
    if not draft.changes and not unconfirmed:
        st.markdown(":gray[Nothing is changed against what counts now.]")
        return
    if draft.changes:
        st.header(f"Your {words.counted(len(draft.changes), 'change')}", anchor=False)
        for text in draft.changes:
            st.markdown(f"- {words.plain(text)}")
    else:
        st.header("Not confirmed yet", anchor=False)
        st.markdown(
            "What counts is what SPOTIO's own names suggest. Publish it as it is, or change it first."
        )
    note = st.text_input("Note for the log", key="note", placeholder="Why, in a few words")
    row = st.container(horizontal=True)
    with row:
        if parts.primary_button("Publish", icon=":material/check:", key="publish"):
            try:
                published = services.publish_numbers(note or "")
            except ConfigurationError as error:
                st.error(words.plain(str(error)), icon=":material/error:")
                return
            st.session_state.pop("results-editor", None)
            st.toast(f"Version {published.number} is published. The numbers are derived anew.")
            st.rerun()
        if draft.changes and st.button("Discard", key="discard"):
            services.discard_numbers()
            for key in (
                "results-editor",
                "set-source",
                "sold-source",
                "rescission",
                "start",
                "origins",
                "offline",
                *number_days.KEYS,
            ):
                st.session_state.pop(key, None)
            st.rerun()


def _results_table(results: list[Result], *, editable: bool) -> dict[str, list[str]]:
    """The classes of each result; what the reader made of them when `editable`."""
    if not results:
        states.nothing(
            "No results yet", "SPOTIO's activity types and their results come with the first pull."
        )
        return {}
    rows = [
        {
            "check": "✓" if result.classes else "·",
            "activity": result.activity,
            "result": result.name if result.active else f"{result.name} (no longer in use)",
            "logged": result.logged,
            **{name: name in result.classes for name in CLASSES},
        }
        for result in results
    ]
    columns: dict[str, Any] = {
        "check": parts.text_column("", 34),
        "activity": parts.text_column("Activity type", 100),
        "result": parts.text_column("Result", 130),
        "logged": parts.number_column("28 days", 80, help="How often it was logged in the last 28 days"),
        **{
            name: st.column_config.CheckboxColumn(word, width=_WIDTHS.get(name, 66))
            for name, word in CLASSES.items()
        },
    }
    unclassed = sum(1 for result in results if not result.classes and result.logged)
    alt = f"{len(results)} results, {unclassed} of those in use are in no class"
    if not editable:
        parts.table(rows, columns, alt=alt, height=parts.table_height(len(rows), 14))
        return {}
    changed = st.data_editor(
        rows,
        column_config=columns,
        column_order=list(columns),
        hide_index=True,
        disabled=["check", "activity", "result", "logged"],
        height=parts.table_height(len(rows), 14),  # type: ignore[arg-type]
        alt=alt,
        key="results-editor",
    )
    return {
        result.key: [name for name in CLASSES if row[name]]
        for result, row in zip(results, changed, strict=True)
        if any(row[name] for name in CLASSES)
    }


def _sources(draft: NumbersDraft) -> dict[str, Any]:
    settings = draft.settings
    left, right = st.columns(2)
    set_source = left.selectbox(
        "Set is counted by",
        list(SET_SOURCES),
        list(SET_SOURCES).index(settings.set_source),
        format_func=SET_SOURCES.__getitem__,
        key="set-source",
    )
    sold_source = right.selectbox(
        "Sold is counted by",
        list(SOLD_SOURCES),
        list(SOLD_SOURCES).index(settings.sold_source),
        format_func=SOLD_SOURCES.__getitem__,
        key="sold-source",
    )
    rescission = left.number_input(
        "Days in which a sale can be taken back", 0, 365, settings.rescission_days, key="rescission"
    )
    offline = right.number_input(
        "Minutes after which an activity counts as uploaded later",
        1,
        10_080,
        settings.offline_minutes,
        key="offline",
    )
    origins = left.multiselect(
        "What counts is done by",
        list(ORIGINS),
        [origin for origin in ORIGINS if origin in settings.origins],
        format_func=ORIGINS.__getitem__,
        key="origins",
    )
    start: date | None = right.date_input(
        "Counted from (empty: from the first mirrored activity)",
        settings.start,
        key="start",
        format="YYYY-MM-DD",
    )
    return {
        "set_source": set_source,
        "sold_source": sold_source,
        "rescission_days": rescission,
        "offline_minutes": offline,
        "origins": sorted(origins),
        "start": start.isoformat() if start else None,
    }


show()
