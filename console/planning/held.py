"""What a limit of the guard holds: why, who did it, what can be undone, and its approval within bounds."""

from __future__ import annotations

import streamlit as st

from console import parts, readers, words
from console.planning import saying
from console.readers import plans as reading
from console.readers.plans import Approval, HeldClass, Limit, Plan
from console.services import plans as planning


def show(plan: Plan) -> None:
    """A banner for each class that is held, with its button; below, what was approved of the plan."""
    waiting = {each.name for each in plan.approvals if reading.holds(each)}
    for number, held in enumerate(plan.held):
        _banner(plan, held, primary=number == 0, waiting=held.name in waiting)
    _approvals(plan)


def _banner(plan: Plan, held: HeldClass, *, primary: bool, waiting: bool) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    causes = f" {words.plain(saying.causes(held))}" if held.causes else ""
    left.warning(
        f"{words.plain(held.text)}{causes} {saying.undoable(held.name)}",
        title=saying.held_title(held),
        icon=saying.HELD.icon,
    )
    with right.container(gap="xsmall"):
        if held.limit == "calls":
            st.markdown(":gray[:small[Salesforce sets this limit; no approval lifts it.]]")
        elif not waiting and not plan.outdated and not plan.preview:
            label, key = f"Approve {held.planned:,}…", f"approve-{held.name}"
            if primary:
                pressed = parts.primary_button(label, icon=":material/check:", key=key, width="stretch")
            else:
                pressed = st.button(label, icon=":material/check:", key=key, width="stretch")
            if pressed:
                _approving(plan, held)
        if primary:
            _limits(plan)


@st.dialog("Approve what is held?", icon=":material/front_hand:")
def _approving(plan: Plan, held: HeldClass) -> None:
    """The bound again, and the number, which may be lowered."""
    st.markdown(
        f"Approves at most the number below of {held.called} of plan {plan.id}, for an hour. A run begins at "
        "once. It reads both systems first: records that moved since the plan are left out, and nothing that is not in "
        "the plan is done."
    )
    most = st.number_input(
        f"At most, of {held.planned:,}",
        min_value=1,
        max_value=held.planned,
        value=held.planned,
        step=1,
        key="approve-most",
    )
    st.markdown(f":gray[:small[{saying.undoable(held.name)}]]")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key="approve-cancel"):
            st.rerun(scope="app")
        if parts.primary_button(f"Approve {most:,}", icon=":material/check:", key="approve-now"):
            saying.act(lambda: planning.approve(plan.id, plan.sync, {held.name: int(most)}))
            st.rerun(scope="app")


def _limits(plan: Plan) -> None:
    """All limits with what the plan has of each."""
    over = {held.limit for held in plan.held}
    counted = sum(limit.most is not None for limit in plan.limits)
    passed = len(over & {limit.name for limit in plan.limits})
    with st.popover(f"{passed} of {words.counted(counted, 'limit')} over", width="stretch", key="limits"):
        parts.table(
            {
                "limit": [saying.LIMITS[limit.name] for limit in plan.limits],
                "most": [_most(limit) for limit in plan.limits],
                "over": ["Over" if limit.name in over else None for limit in plan.limits],
            },
            {
                "limit": parts.text_column("Limit", 290),
                "most": parts.text_column("At most", 84, right=True),
                "over": parts.text_column("State", 70),
            },
            alt=f"{counted} limits, {passed} of them over",
            key="limits-table",
        )
        st.markdown(
            f":gray[:small[{plan.sync} has {plan.linked:,} linked records. Shares count from a number of links on that the "
            "configuration says. An approval lets a number through and leaves the limits as they are.]]"
        )


def _most(limit: Limit) -> str:
    if limit.most is None:
        return "no limit"
    return f"{limit.most:.0%}" if isinstance(limit.most, float) else f"{limit.most:,}"


def _approvals(plan: Plan) -> None:
    """What was approved of this plan: by whom, how much, and what became of it."""
    if not plan.approvals:
        return
    now, zone = readers.now(), readers.zone()
    for each in plan.approvals:
        text = f"{words.plain(each.by)} approved at most {each.told}, {words.moment(each.at, now, zone)}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{_sign(each)} {text}. {_became(plan, each)}", width="content")
            if each.run:
                st.page_link(
                    "views/log.py",
                    label=f"Run {each.run}",
                    icon=":material/receipt_long:",
                    query_params={"run": each.run},
                )
    if any(reading.holds(each) for each in plan.approvals):
        st.button(
            "Withdraw",
            icon=":material/undo:",
            key="withdraw",
            on_click=saying.act,
            args=(lambda: planning.withdraw(plan.id, plan.sync),),
        )


def _sign(approval: Approval) -> str:
    if approval.run:
        return ":green[:material/check_circle:]"
    return ":blue[:material/schedule:]" if reading.holds(approval) else ":gray[:material/block:]"


def _became(plan: Plan, approval: Approval) -> str:
    if approval.run:
        return "A run made use of it."
    if not reading.holds(approval):
        return "It has ended unused."
    if plan.outdated:
        return "Another version was published since, so no run makes use of it."
    until = words.moment(approval.until, readers.now(), readers.zone()) if approval.until else ""
    return f"It holds until {until}, and its run is waiting or under way." if until else "Its run is waiting."
