"""What is shown: the kind, the sync and the field as bound widgets, the place in the list and the case by hand."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from console import words
from console.deciding import doing
from console.readers import conflicts as asked
from console.readers.conflicts import MappedField, Of, Page

# These words stand in links that people keep, so they never change.
TABS: dict[str, Of] = {
    "Conflicts": "open",
    "Standing differences": "standing",
    "Undecided matches": "matches",
    "History": "decided",
}
ALL_SYNCS, ALL_FIELDS = "All syncs", "All fields"


@dataclass(frozen=True)
class Narrowing:
    """The filters as chosen; `field` is the key of a mapped pair. `everything` is the first page without them."""

    of: Of
    sync: str | None
    field: str | None
    label: str | None
    everything: Page

    @property
    def named(self) -> str:
        """The filters that are set, quoted."""
        return words.listed([words.quoted(each) for each in (self.sync, self.label) if each])

    def page(self, id: str | None = None) -> Page:
        """What is listed: from where the address says, or the page on which the case `id` stands."""
        if not (self.sync or self.field or id or offset()):
            return self.everything
        return asked.page(self.of, sync=self.sync, field=self.field, offset=offset(), id=id)


def chosen() -> Narrowing:
    """The filters as they stand in the address, drawn as widgets."""
    with st.container(horizontal=True, vertical_alignment="center"):
        tab = st.segmented_control(
            "Kind", list(TABS), default="Conflicts", required=True, key="tab", bind="query-params",
            label_visibility="collapsed", on_change=_begin_anew,
        )  # fmt: skip
        of = TABS[tab or "Conflicts"]
        everything = asked.page(of)
        sync = _sync(everything)
        key, label = (None, None) if of == "matches" else _field(everything.fields, sync)
    return Narrowing(of, sync, key, label, everything)


def _sync(everything: Page) -> str | None:
    """A sync of several; one alone needs no choice."""
    if len(everything.syncs) < 2 and "sync" not in st.query_params:
        return None
    options = [ALL_SYNCS, *everything.syncs]
    found = st.selectbox(
        "Sync", options, key="sync", bind="query-params", label_visibility="collapsed", width=150, on_change=to_first
    )  # fmt: skip
    return None if found in (None, ALL_SYNCS) else found


def _field(fields: tuple[MappedField, ...], sync: str | None) -> tuple[str | None, str | None]:
    """A field of those that occur, by its key and its name."""
    keys = named([each for each in fields if sync in (None, each.sync)])
    if len(keys) < 2 and "field" not in st.query_params:
        return None, None
    wanted = st.query_params.get("field")
    options = [ALL_FIELDS, *keys]
    if wanted and wanted not in options:
        st.query_params.pop("field")  # nothing of it is left
        st.session_state.pop("field", None)
    found = st.selectbox(
        "Field", options, key="field", bind="query-params", label_visibility="collapsed", width=170, on_change=to_first
    )  # fmt: skip
    return (keys[found], found) if found in keys else (None, None)


def named(fields: list[MappedField]) -> dict[str, str]:
    """The keys of fields by their names; of two alike, with Salesforce's field beside it."""
    found: dict[str, str] = {}
    for each in fields:
        label = (
            each.label
            if found.get(each.label, each.key) == each.key
            else f"{each.label}, {each.salesforce_field}"
        )
        found[label] = each.key
    return found


def offset() -> int:
    """Where the list begins, by the address."""
    text = st.query_params.get("from", "")
    return int(text) - 1 if text.isascii() and text.isdigit() and 0 < int(text[:9]) == int(text) else 0


def to_first() -> None:
    """Other filters: from the first one on."""
    for name in ("from", "id"):
        st.query_params.pop(name, None)
    doing.quiet()


def _begin_anew() -> None:
    to_first()
    st.query_params.pop("field", None)
    st.session_state.pop("field", None)


def clear() -> None:
    """All of the kind."""
    for key, default in (("sync", ALL_SYNCS), ("field", ALL_FIELDS)):
        if key in st.session_state:
            st.session_state[key] = default
    to_first()


def counted(page: Page, total: int, what: str) -> None:
    """Which of how many are listed; above the table, whose own small toolbar would cover a control there."""
    last = page.offset + len(page.rows)
    st.markdown(f":gray[:small[{page.offset + 1:,}–{last:,} of {total:,}, {what}]]")


def pager(page: Page, total: int) -> None:
    """The way to the others."""
    if total <= asked.ROWS:
        return
    last = page.offset + len(page.rows)
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Previous", icon=":material/chevron_left:", key="previous", disabled=page.offset == 0, on_click=_turn,
            args=(max(page.offset - asked.ROWS, 0),),
        )  # fmt: skip
        st.button(
            "Next", icon=":material/chevron_right:", icon_position="right", key="next", disabled=last >= total,
            on_click=_turn, args=(last,),
        )  # fmt: skip


def _turn(first: int) -> None:
    to_first()
    st.query_params["from"] = str(first + 1)
