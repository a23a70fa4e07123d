"""Overview: is everything in step, what stopped, what waits for a person, what ran last."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from console import (
    charts,
    identity,
    parts,
    progress,
    readers,
    services,
    signs,
    states,
    system_card,
    ways,
    words,
)
from console.readers import Case, Run, System

LIVE = "2s"  # while something runs, or was just asked for
QUIET = "10s"
# How long an asked-for run may take to begin before we stop watching closely.
PATIENCE = timedelta(seconds=30)
CASES_SHOWN = 6
COUNTS_SHOWN = 6
RUNS_SHOWN = 8


def show() -> None:
    """The whole page; it runs again by itself."""
    under_way = readers.progress()
    runs = readers.last_runs(RUNS_SHOWN)
    systems = readers.systems()
    stopped = _stopped(systems)
    begun = bool(runs or under_way)
    _header(runs, begun=begun)
    if not begun:
        _nothing_yet()
    if stopped:
        _banner(*stopped, refused=any(system.trouble and system.trouble.sign_in for system in systems))
    if under_way and under_way.notable:
        progress.show(under_way)
    _cards(systems)
    if not runs:
        return
    left, right = st.columns([13, 9], gap="medium")
    with left:
        _cases()
    with right:
        _counts()
    st.space("xxsmall")
    left, right = st.columns([13, 9], gap="medium")
    with left:
        _last_runs(runs)
    with right:
        _hourly()


def _header(runs: list[Run], *, begun: bool) -> None:
    actions = parts.header("Overview", words.today(readers.now(), readers.zone()))
    if begun and _may_ask():  # else the empty state carries the button
        actions.button("Run now", icon=":material/play_arrow:", key="run-now", on_click=_run_now)
    _what_was_asked(runs)


def _may_ask() -> bool:
    """Analysts read what ran; they ask for nothing."""
    return identity.current().role == "admin"


def _run_now() -> None:
    st.session_state["asked"] = (readers.now(), services.run_now())


def _what_was_asked(runs: list[Run]) -> None:
    """What the reader just did, until the run it led to is in the list."""
    if not _waits_for_a_run(runs):
        return
    _, added = st.session_state["asked"]
    if added:
        text = "A run was asked for and begins in a moment."
    else:
        text = "A run is waiting to begin already; no second one was added."
    st.markdown(f"{signs.RUNNING.mark} :gray[:small[{text}]]")


def _waits_for_a_run(runs: list[Run]) -> bool:
    asked: tuple[datetime, bool] | None = st.session_state.get("asked")
    if asked is None or readers.now() - asked[0] > PATIENCE:
        return False
    return not runs or runs[0].started_at < asked[0]


def _nothing_yet() -> None:
    names = words.listed([words.system(name) for name in readers.connected()])
    if names and not _may_ask():
        states.nothing(
            "Nothing is mirrored yet",
            f"The first run reads {names} into the mirror. The schedule begins it, or an admin does.",
        )
    elif names:
        states.not_yet(
            "Nothing is mirrored yet",
            f"A run reads {names} into the mirror; the first one reads everything, later ones what changed. "
            "Nothing is written to them.",
            "Run now",
            icon=":material/play_arrow:",
            key="run-now",
            on_click=_run_now,
        )
    else:
        with st.container(border=True, gap="xsmall"):
            st.markdown("**No system is connected**")
            st.markdown(
                ":gray[An admin connects SPOTIO, Salesforce and SalesScreen from the cards below; or their addresses and "
                "keys are set in the environment or in `.env`, and Fieldline is started again. `fieldline doctor` says what "
                "is missing.]"
            )


def _stopped(systems: list[System]) -> tuple[str, str, str] | None:
    """The most urgent thing that stopped: title, text, the run to look at. None when all goes on."""
    for system in systems:
        if system.trouble:
            return f"{words.system(system.name)} could not be read", _trouble(system), system.trouble.run
    lasts = [system.last for system in systems if system.last]
    for last in lasts:
        if last.sign is signs.FAILED:
            text = words.plain(last.text) if last.text else "What it had read is stored."
            return f"Run {last.run} failed", text, last.run
    for last in lasts:
        if last.sign is signs.INTERRUPTED:
            text = "What it had read is stored, and the next run goes on from there."
            return f"Run {last.run} was interrupted", text, last.run
    unfinished = [system for system in systems if system.sign is signs.UNFINISHED]
    if unfinished and unfinished[0].last:
        names = words.listed([words.system(system.name) for system in unfinished])
        text = "The last run ended before it had read every table. The next one goes on where it stopped."
        return f"The mirror of {names} is not complete", text, unfinished[0].last.run
    return None


def _trouble(system: System) -> str:
    """Why a system cannot be read, and how old its numbers are."""
    moment, zone = readers.now(), readers.zone()
    if system.trouble is None:
        return ""
    tried = words.moment(system.trouble.tried_at, moment, zone)
    if system.read_at is None:
        return f"{system.trouble.text} Nothing of it is mirrored yet; tried at {tried}."
    return (
        f"{system.trouble.text} Its numbers are as of {words.moment(system.read_at, moment, zone)}; "
        f"tried again at {tried}."
    )


def _banner(title: str, text: str, run: str, *, refused: bool) -> None:
    """What stopped, and the next step: to connect a system anew that refuses our sign-in, else to look at the run."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.warning(text, title=title, icon=":material/warning:")
    with right:
        if refused and _may_ask():
            if parts.primary_button(
                "Connections", icon=":material/cable:", key="to-connections", width="stretch"
            ):
                st.switch_page("views/connections.py")
            return
        if parts.primary_button(
            "Show the run", icon=":material/arrow_forward:", key="show-run", width="stretch"
        ):
            _open_run(run)


def _cards(systems: list[System]) -> None:
    grid = st.grid(3, min_column_width=300, border=True)
    for system in systems:
        with grid.cell(), st.container(gap="xxsmall"):
            system_card.show(system)


def _cases() -> None:
    st.header("Needs a person", anchor=False)
    cases = readers.cases()
    if not cases:
        states.all_well(
            "Nothing waits", "No open problem, and no source changed its fields in the last 7 days."
        )
        return
    with st.container(border=True, gap="small"):
        for position, case in enumerate(cases[:CASES_SHOWN]):
            _case(case, position)
        if len(cases) > CASES_SHOWN:
            st.markdown(f":gray[:small[And {len(cases) - CASES_SHOWN:,} more, in the runs that met them.]]")


def _case(case: Case, position: int) -> None:
    moment, zone = readers.now(), readers.zone()
    left, right = st.columns([6, 1], vertical_alignment="center")
    with left.container(gap="xxsmall"):
        since = words.age(case.since, moment, zone)
        st.markdown(f"{case.sign.mark} **{case.title}** :gray[:small[· {since}]]")
        st.markdown(f":small[{case.text}]")
    with right.container(horizontal=True, horizontal_alignment="right"):
        if case.run:
            parts.door("views/log.py", "Show", {"run": case.run})


def _counts() -> None:
    st.header("Counted against the source", anchor=False)
    frame, counted = readers.table_counts(COUNTS_SHOWN)
    if frame.is_empty():
        states.nothing("Not counted yet", "Each run asks the sources that can count how much they hold.")
        return
    rows = frame.to_dicts()
    differences = [signs.difference(row["source_count"], row["mirror_count"]) for row in rows]
    chosen = parts.table(
        {
            "table": [f"{words.system(row['system'])} {row['table_name']}" for row in rows],
            "difference": [parts.chip(sign) for sign in differences],
            "source": [row["source_count"] for row in rows],
            "mirror": [row["mirror_count"] for row in rows],
        },
        {
            "table": parts.text_column("Table", 204),
            "difference": parts.sign_column("Mirror has", differences, 90),
            "source": parts.number_column("Source", 72),
            "mirror": parts.number_column("Mirror", 72),
        },
        alt=f"{len(rows)} of {counted} tables as counted by the source and in the mirror, differing ones first",
        key=f"counts-{rows[0]['run']}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        _open_run(rows[chosen.selection.cells[0][0]]["run"])
    if counted > len(rows):
        st.markdown(f":gray[:small[{len(rows)} of {counted} tables, differing ones first]]")


def _open_run(run: str) -> None:
    ways.go("views/log.py", {"run": run})


def _last_runs(runs: list[Run]) -> None:
    moment, zone = readers.now(), readers.zone()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header("Last runs", anchor=False, width="content")
        parts.door("views/log.py", "All runs")
    chosen = parts.table(
        {
            "started": [words.moment(run.started_at, moment, zone) for run in runs],
            "result": [parts.chip(run.sign) for run in runs],
            "read": [run.rows_read for run in runs],
            "changed": [run.inserted + run.changed + run.deleted for run in runs],
            "took": [words.duration(run.seconds) for run in runs],
            "systems": [run.systems for run in runs],
        },
        {
            "started": parts.text_column("Started", 132),
            "result": parts.sign_column("Result", signs.OUTCOMES.values(), 104),
            "read": parts.number_column("Read", 80),
            "changed": parts.number_column("Changed", 80),
            "took": parts.text_column("Took", 76, right=True),
            "systems": parts.text_column("Systems", 172),
        },
        alt=f"The last {words.counted(len(runs), 'run')}; the newest: {runs[0].sign.word.lower()}",
        key=f"last-runs-{runs[0].id}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        _open_run(runs[chosen.selection.cells[0][0]].id)


def _hourly() -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header("Rows, last 24 hours", anchor=False, width="content")
        as_table = st.toggle("As table", key="hourly-as-table")
    rows = readers.hourly()
    read, changed = int(rows["read"].sum()), int(rows["changed"].sum())
    if as_table:
        parts.table(
            rows.filter(rows["read"] > 0).reverse().select("label", "read", "changed"),
            {
                "label": parts.text_column("Hour", 150),
                "read": parts.number_column("Read", 110),
                "changed": parts.number_column("Changed", 110),
            },
            alt=f"{read:,} rows read and {changed:,} changed in the last 24 hours, by hour",
            height=236,
        )
    else:
        st.altair_chart(
            charts.hourly(rows),
            alt=f"{changed:,} of {read:,} rows read in the last 24 hours had changed",
            key="hourly",
        )


def _is_live() -> bool:
    return readers.watched() is not None or _waits_for_a_run(readers.last_runs(1))


live = _is_live()


@st.fragment(run_every=LIVE if live else QUIET)
def _refreshing() -> None:
    with states.guarded("the overview"):
        show()
        # The pace was set when the whole page ran; when it should change, the whole page runs again.
        if _is_live() != live:
            st.rerun()


_refreshing()
