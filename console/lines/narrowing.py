"""Which lines are shown: the search, the outcome and the filters as bound widgets, the place in the list and the line by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from console import words
from console.lines.outcomes import ALL, OUTCOMES, READ
from console.readers import lines as reading
from console.readers.lines import LineFilter, OfRun, Search

ALL_SYNCS, ALL_FIELDS, EITHER = "All syncs", "All fields", "Both systems"
SYSTEMS = {words.system(name): name for name in ("spotio", "salesforce")}
# Of runs and of records alike; these words stand in links that people keep, so they never change.
PERIODS = {
    "24 hours": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "All time": None,
}
PERIOD = "7 days"
_PLACE = ("line", "older", "newer")


@dataclass(frozen=True)
class Narrowing:
    """The filters as chosen: for the store, and in words. `period` is None for the lines of one run."""

    text: str
    sought: Search
    result: str
    system: str | None
    sync: str | None
    field: str | None
    period: str | None
    of_run: OfRun | None

    def for_store(self, *, any_outcome: bool = False) -> LineFilter:
        """The filters as the store takes them; `any_outcome`: but for that of the outcome."""
        return reading.line_filter(
            self.sought,
            of_run=self.of_run,
            outcomes=None if any_outcome else OUTCOMES.get(self.result),
            system=SYSTEMS.get(self.system or ""),
            sync=self.sync,
            field=self.field,
            period=PERIODS[self.period] if self.period else None,
        )

    @property
    def span(self) -> str:
        """How far back, or of which run."""
        if self.of_run is not None:
            return f"in {self.of_run.run}"
        return "in all" if self.period == "All time" else f"in the last {self.period}"

    @property
    def named(self) -> str:
        """The filters that are set, quoted."""
        outcome = self.result if self.result in OUTCOMES else None
        return words.listed(
            [words.quoted(each) for each in (self.text, outcome, self.system, self.sync, self.field) if each]
        )


def across_runs(text: str) -> Narrowing:
    """The filters over the lines of all runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        result = _result([ALL, *OUTCOMES])
        system = _select("System", [EITHER, *SYSTEMS], key="of", width=124)
        syncs, fields = reading.log_choices()
        sync = ALL_SYNCS
        if len(syncs) > 1:  # one alone needs no choice
            sync = _select("Sync", [ALL_SYNCS, *syncs], key="sync", width=130)
        field = _select("Field", [ALL_FIELDS, *fields], key="field", width=122)
        period = _select("Period", list(PERIODS), key="since", width=102, default=PERIOD)
    return Narrowing(
        text, reading.search(text), result, _or_none(system, EITHER), _or_none(sync, ALL_SYNCS),
        _or_none(field, ALL_FIELDS), period, None,
    )  # fmt: skip


def of_one_run(run: OfRun) -> Narrowing:
    """The filters over the lines of a run: the outcome alone, which the run's numbers choose, too."""
    return Narrowing("", Search(), _result([ALL, READ, *OUTCOMES]), None, None, None, None, run)


def _result(options: list[str]) -> str:
    found = st.segmented_control(
        "Outcome of a record", options, default=ALL, required=True, key="result", bind="query-params",
        label_visibility="collapsed", on_change=to_newest,
    )  # fmt: skip
    return found or ALL


def _select(label: str, options: list[str], *, key: str, width: int, default: str | None = None) -> str:
    usual = default or options[0]
    wanted = st.query_params.get(key)
    if wanted and wanted not in options:
        st.query_params.pop(key)  # no line is about it (any more)
        st.session_state.pop(key, None)
    found = st.selectbox(
        label, options, index=options.index(usual), key=key, bind="query-params", label_visibility="collapsed",
        width=width, on_change=to_newest,
    )  # fmt: skip
    return found or usual


def _or_none(chosen: str, anything: str) -> str | None:
    return None if chosen == anything else chosen


def to_newest() -> None:
    """Other filters: from the newest line on."""
    for name in _PLACE:
        st.query_params.pop(name, None)


def choose(result: str) -> None:
    """Narrow to an outcome, as its segment would."""
    st.session_state["result"] = result
    to_newest()


def clear() -> None:
    """All lines of the period by default, or of the run."""
    defaults = {"result": ALL, "of": EITHER, "sync": ALL_SYNCS, "field": ALL_FIELDS, "since": PERIOD, "q": ""}
    for key, default in defaults.items():
        if key in st.session_state:
            st.session_state[key] = default
    to_newest()
