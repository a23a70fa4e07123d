"""Decide many by a rule: all open ones of a field, of a person, of a sync; how many that are is said first."""

from __future__ import annotations

import streamlit as st

from console import words
from console.deciding import doing
from console.deciding.narrowing import Narrowing, named
from console.readers.conflicts import Page
from console.services import conflicts as deciding
from console.services.conflicts import Rule

ANY_FIELD, ANYBODY = "Any field", "Anybody"
TAKES = {"SPOTIO's": "spotio", "Salesforce's": "salesforce"}
BLANKS = {"What fills a blank": "blanks"}


def show(narrowed: Narrowing, page: Page) -> None:
    """The rule, how many it means now, and the button that decides exactly that many."""
    standing = narrowed.of == "standing"
    with st.expander(
        "Settle many by rule", icon=":material/rule:", key="by-rule", on_change="rerun"
    ) as shown:
        if not shown.open:
            return
        sync = narrowed.sync or _sync(page)
        fields = named([each for each in page.fields if each.sync == sync and each.kind])
        left, middle, right = st.columns(3)
        with left:
            label = st.selectbox(
                "Field", list(fields) if standing else [ANY_FIELD, *fields], key=f"rule-field-{narrowed.of}"
            )
        with middle:
            takes = TAKES | (BLANKS if standing else {})
            take = st.selectbox("Take", list(takes), key=f"rule-take-{narrowed.of}")
        by = None
        if not standing and page.changed_by:
            by = right.selectbox("Changed by", [ANYBODY, *page.changed_by], key="rule-by")
        if standing and label is None:
            st.markdown(":gray[No field of this sync differs.]")
            return
        rule = Rule(
            sync=sync, field=fields.get(label or ""), label=label if label in fields else "",
            changed_by=None if by in (None, ANYBODY) else by, of_standing=standing,
        )  # fmt: skip
        _decide(rule, takes[take], take)


def _sync(page: Page) -> str:
    """One sync; a rule is of one."""
    if len(page.syncs) == 1:
        return page.syncs[0]
    return st.selectbox("Sync", page.syncs, key="rule-sync")


def _decide(rule: Rule, take: str, called: str) -> None:
    found = deciding.count_by_rule(rule, take)
    if found.refused:
        st.warning(words.plain(found.text), icon=":material/front_hand:")
        return
    st.markdown(f"**{found.text}**" if found.number else ":gray[The rule fits none of them.]")

    def decide() -> None:
        doing.act(lambda: deciding.decide_by_rule(rule, take, found.number))

    what = "standing difference" if rule.of_standing else "conflict"
    st.button(
        f"Fill the blank of {words.counted(found.number, what)}"
        if take == "blanks"
        else f"Take {called} for {words.counted(found.number, what)}",
        icon=":material/done_all:", key="decide-by-rule", on_click=decide, disabled=not found.number,
    )  # fmt: skip
