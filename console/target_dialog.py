"""The dialog in which managers say what they want of a team or a rep."""

from __future__ import annotations

from typing import Any

import streamlit as st

from console import parts, services, words
from console.filters import Choices
from console.readers import kpi as numbers
from console.tiles import TILES

PERIODS = {"Week": "week", "Month": "month", "Quarter": "quarter"}
EVERYBODY, TEAM, REP = "Everybody", "A team", "A rep"
_LABELS = {tile.key: tile.label for tile in TILES} | {"sold": "Sales"}


@st.dialog("Targets", width="medium")
def show(choices: Choices, *, for_everybody: bool) -> None:
    """The targets that hold, and a form for the next one; a manager sets them for their own teams and people."""
    _standing(choices)
    left, right = st.columns(2)
    key = left.selectbox("Number", list(_LABELS), format_func=_LABELS.__getitem__, key="target-number")
    period = right.segmented_control(
        "Each", list(PERIODS), default="Month", required=True, key="target-period"
    )
    whom = st.segmented_control(
        "Of",
        [EVERYBODY, TEAM, REP] if for_everybody else [TEAM, REP],
        default=EVERYBODY if for_everybody else TEAM,
        required=True,
        key="target-whom",
    )
    team = _one_of("Team", choices.teams, "target-team") if whom == TEAM else None
    rep = _one_of("Rep", choices.reps, "target-rep") if whom == REP else None
    share = numbers.definition(key).unit == "share"
    stands = _stands(key, PERIODS[period], team, rep)
    value = st.number_input(
        "Target, in per cent" if share else "Target",
        min_value=0.0,
        max_value=100.0 if share else None,
        value=None,
        step=1.0,
        format="%.1f" if share else "%.0f",
        placeholder="Leave empty to take it back" if stands else "A number above 0",
        key="target-value",
    )
    st.markdown(":gray[:small[Holds from the present period on, until another one is set.]]")
    label = "Take the target back" if stands else "Set the target"
    if value is not None:
        label = f"Set {words.number(value / 100 if share else value, 'share' if share else 'count')} a {period.lower()}"
    if parts.primary_button(label, icon=":material/flag:", key="target-set"):
        if value is None and not stands:
            st.error("Say how many first.", title="Not set", icon=":material/error:")
            return
        wanted = None if value is None else value / 100 if share else value
        mistake = services.set_target(key, PERIODS[period], wanted, team=team, rep=rep)  # type: ignore[arg-type]
        if mistake:
            st.error(mistake, title="Not set", icon=":material/error:")
        else:
            st.rerun()


def _one_of(label: str, options: Any, key: str) -> Any:
    depths = {option.id: (option.name, option.depth) for option in options}
    return st.selectbox(
        label,
        list(depths),
        format_func=lambda id: "\N{EM SPACE}" * depths[id][1] + depths[id][0],
        key=key,
        placeholder="None to choose from",
    )


def _stands(key: str, period: str, team: str | None, rep: str | None) -> bool:
    """Whether there is such a target to take back."""
    return any(
        (row["kpi"], row["period"], row["team_id"], row["user_id"]) == (key, period, team, rep)
        for row in numbers.standing_targets().iter_rows(named=True)
    )


def _standing(choices: Choices) -> None:
    rows = [row for row in numbers.standing_targets().iter_rows(named=True) if row["kpi"] in _LABELS]
    if not rows:
        st.markdown(":gray[:small[No target is set yet.]]")
        return
    parts.table(
        {
            "number": [_LABELS[row["kpi"]] for row in rows],
            "of": [_whose(row, choices) for row in rows],
            "each": [row["period"].capitalize() for row in rows],
            "target": [words.number(row["value"], numbers.unit(row["kpi"])) for row in rows],
            "by": [row["set_by"] for row in rows],
        },
        {
            "number": parts.text_column("Number", 126),
            "of": parts.text_column("Of", 126),
            "each": parts.text_column("Each", 66),
            "target": parts.text_column("Target", 76, right=True),
            "by": parts.text_column("Set by", 290),
        },
        alt=f"{words.counted(len(rows), 'target')} that hold today",
        height=parts.table_height(len(rows), 5),
        key="targets",
    )


def _whose(row: dict[str, Any], choices: Choices) -> str:
    if row["team_id"]:
        return choices.name("teams", row["team_id"])
    return choices.name("reps", row["user_id"]) if row["user_id"] else EVERYBODY
