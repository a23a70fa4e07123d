"""Plan: what the next run of a sync would write, down to the field, before it writes; and what a limit holds of it.

The sync, the plan, the place in the list and the row stand in the address. A plan is made when there is none of the
version in force; after that it stays as it was made, until somebody plans again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from console import parts, states, words
from console.planning import actions, held, saying
from console.readers import plans as reading
from console.readers.plans import Plan
from console.services import plans as planning


@st.fragment
def show() -> None:
    """The whole page; a choice runs it again by itself."""
    with states.guarded("the plan"):
        _show()


def _show() -> None:
    syncs = dict(reading.syncs())
    if not syncs:
        parts.header("Plan", "What the next run would write, before it writes")
        states.nothing(
            "No sync yet",
            "A sync says which SPOTIO records and which Salesforce records belong together. Publish one with "
            "`fieldline config import`; nothing is written anywhere before it is turned on.",
        )
        return
    head = st.container()  # tells of the plan that is shown below
    sync = _chosen(list(syncs))
    plan = _plan(sync, syncs[sync])
    with head, parts.header("Plan", f"{sync} · {saying.facts(plan)}" if plan else f"{sync} · no plan yet"):
        _choices(syncs, sync, plan)
    saying.tell()
    if plan is None:
        states.not_yet(
            f"{sync} is {syncs[sync]}",
            "Planning it looks at every record as if the sync were turned on now, which takes a while where there are many. "
            "Nothing is written.",
            f"Plan {sync}",
            ":material/route:",
            "plan-first",
            lambda: _make(sync),
        )
        return
    _told(plan, syncs[sync])
    held.show(plan)
    actions.tiles(plan)
    actions.show(plan)


def _chosen(names: list[str]) -> str:
    given = st.query_params.get("sync", "")
    return given if given in names else names[0]


def _choices(syncs: Mapping[str, str], sync: str, plan: Plan | None) -> None:
    """Which sync, to have the plan carried out now, and to make another one."""
    if len(syncs) > 1:
        st.selectbox(
            "Sync", list(syncs), index=list(syncs).index(sync), key="which", label_visibility="collapsed", width=170,
            on_change=lambda: _turn_to(st.session_state["which"]),
        )  # fmt: skip
    if plan is None:
        return
    fresh = not (plan.preview or plan.outdated or plan.ran_since)
    if plan.writes and fresh and syncs[sync] == "on":
        st.button(
            f"Write {plan.writes:,} now",
            icon=":material/play_arrow:",
            key="carry-out",
            help="The next regular run writes them anyway. This asks for it now, and for nothing that is not in this plan.",
            on_click=saying.act,
            args=(lambda: planning.carry_out(plan.id, plan.sync),),
        )
    st.button("Plan again", icon=":material/refresh:", key="plan-again", on_click=_make, args=(sync,))


def _turn_to(sync: str) -> None:
    st.query_params.clear()
    st.query_params["sync"] = sync
    saying.quiet()


def _make(sync: str) -> None:
    """Plan anew; what is shown next is that plan."""
    saying.act(partial(_made, sync))


def _made(sync: str) -> planning.Answer:
    answer = planning.make(sync)
    if answer.plan:
        st.query_params.clear()
        st.query_params.update({"sync": sync, "plan": answer.plan})
    return answer


def _plan(sync: str, state: str) -> Plan | None:
    """The plan of the address, else the newest; of a sync that is on, one is made where there is none."""
    given = st.query_params.get("plan")
    if given:
        found = reading.plan(given, sync)
        if found is not None:
            return found
        st.info(
            f"There is no plan {words.plain(given)} of {sync} any more; plans are kept for 30 days. The newest is shown.",
            icon=":material/history:",
        )
    newest = reading.newest(sync)
    if newest is None and state == "on":
        place = st.empty()
        with place:
            st.skeleton(height=320)
        answer = planning.make(sync)
        place.empty()
        if answer.refused:
            st.error(words.plain(answer.text), title="No plan could be made", icon=":material/block:")
            return None
        newest = answer.plan
    return reading.plan(newest, sync) if newest else None


def _told(plan: Plan, state: str) -> None:
    """What one has to know of the plan before reading it: how old it is, and whether it will be carried out."""
    if plan.outdated:
        st.warning(
            f"It was made from version {plan.version}, and another one is in force. No run carries it out; plan again.",
            title="This plan is of a former version",
            icon=":material/history:",
        )
    elif plan.preview:
        st.info(
            f"{plan.sync} is off. This is what its first run would write if it were turned on now.",
            icon=":material/visibility:",
        )
    elif state == "paused":
        st.info(
            f"{plan.sync} is paused: nothing of this is written until it is resumed.",
            icon=":material/pause_circle:",
        )
    elif plan.ran_since:
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.info(
            f"Run {plan.ran_since} has ended since. What it wrote is still listed here; plan again to see what is left.",
            icon=":material/history:",
        )
        with right:
            st.page_link(
                "views/log.py",
                label="Its log",
                icon=":material/receipt_long:",
                query_params={"run": plan.ran_since},
            )
    if plan.unsettled:
        st.info(
            f"{words.counted(plan.unsettled, 'record')} of it wait for a look at how their last write ended, and are in no "
            "plan until then.",
            icon=":material/hourglass_empty:",
        )


show()
