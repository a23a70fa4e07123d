"""Behind a number: what it counts, its total, and the rows that it is made of, each with the way to its record.

The address holds the filters of the page that the number stood on, the number and which part of it is shown. The
total is the number's own, asked for in the same way; the rows come page by page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from console import behind_table, exporting, filter_bar, identity, parts, readers, states, ways, words
from console.figures import Seen
from console.filters import TOLD
from console.readers import kpi as numbers
from console.readers.kpi import Kpi, Value

PAGE = 50
# What an extra of a number is called; those that are missing here bear their own name.
_EXTRAS = {
    "visits": "Visits",
    "not_verifiable": "Not verifiable",
    "unclassified": "Unclassified",
    "other_origin": "Not logged by a person",
    "before_start": "Before the start",
    "without_outcome": "Without an outcome",
    "rescheduled": "Rescheduled",
    "cancelled": "Taken back",
    "credited_to_nobody": "Credited to nobody",
    "without_value": "Without a value",
    "first_entries": "First entries",
    "total": "All moves",
    "offline": "Uploaded later",
}
# Sums and differences are not as many as their rows.
_NOT_ROWS = frozenset({"sales_value", "sales_net", "sold_net"})
EXPORT_MOST = 500_000
NUMERATOR, DENOMINATOR = "numerator", "denominator"


@dataclass(frozen=True)
class Part:
    """A part of a number: what it is, the number as shown, and how many rows that is (None: it does not say)."""

    told: str
    shown: str
    rows: float | None

    @property
    def title(self) -> str:
        return self.told[:1].upper() + self.told[1:]


def show() -> None:
    """The whole page; paging and the choice of the part run it again."""
    key = st.query_params.get("kpi", "doors")
    if key not in numbers.all_keys():
        states.nothing("No such number", "The link names a number that is not in the dictionary.")
        return
    kpi = numbers.definition(key)
    choices = numbers.choices()
    chosen, refused = filter_bar.chosen(choices)
    seen = Seen.of(chosen, choices)
    value = numbers.whole(chosen, seen.span, key)
    offered = _parts(kpi, value)
    part = st.query_params.get("part", NUMERATOR)
    part = part if part in offered else NUMERATOR
    _head(kpi, seen, value, part, offered[part], refused)
    if len(offered) > 1:
        _choose_part(offered, part)
    _rows(seen, key, part, offered[part].rows)


def _parts(kpi: Kpi, value: Value) -> dict[str, Part]:
    """The parts of a number by the names that links know; those that count nothing are left out."""
    found = {NUMERATOR: Part(kpi.numerator_words, words.number(value.numerator, _unit(kpi)), value.numerator)}
    if kpi.median:
        found = {NUMERATOR: Part(kpi.denominator_words, words.number(value.denominator), value.denominator)}
    elif kpi.denominator is not None:
        found[DENOMINATOR] = Part(kpi.denominator_words, words.number(value.denominator), value.denominator)
    for name in kpi.extras:
        if value.extra.get(name):
            told = _EXTRAS.get(name, name.replace("_", " "))
            found[name] = Part(told, words.number(value.extra[name]), value.extra[name])
    if kpi.key in _NOT_ROWS:
        found[NUMERATOR] = replace(found[NUMERATOR], rows=None)
    return found


def _unit(kpi: Kpi) -> str:
    return numbers.unit(kpi.key) if kpi.unit == "money" else "count"


def _head(kpi: Kpi, seen: Seen, value: Value, name: str, part: Part, refused: int) -> None:
    now, zone = readers.now(), readers.zone()
    told = [
        seen.filters.told_period(now, readers.day_zone()),
        seen.filters.told_narrowing(seen.choices, zone, now, numbers.partners(seen.filters, seen.span)),
        f"{kpi.name} {words.plain(words.number(value.value, numbers.unit(kpi.key)))}",
    ]
    if refused:
        told.append(f"{words.counted(refused, 'filter')} of the link left out, not yours to see")
    ignored = value.extra.get("not_filtered_by")
    if ignored:
        told.append(
            f"not narrowed by {words.either([TOLD[name] for name in ignored])}, which it does not know"
        )
    with parts.header(f"{part.title}: {words.plain(part.shown)}", " · ".join(told)):
        if identity.current().role != "rep":
            st.page_link(
                "views/dashboard.py",
                label="Dashboard",
                icon=":material/arrow_back:",
                query_params=replace(
                    seen.filters, hour=None, setter=None, closer=None, left=None, entered=None
                ).query(zone),
            )
        exporting.rows_menu(
            f"{kpi.name}: {part.title}",
            " · ".join(words.bare(text) for text in told),
            lambda: behind_table.with_names(
                numbers.behind(seen.filters, seen.span, kpi.key, name, EXPORT_MOST)
            ),
        )
    st.markdown(f"{kpi.formula[:1].upper()}{kpi.formula[1:]}. {kpi.attribution}")
    with st.expander("What counts and what does not"):
        st.markdown(f"{kpi.edges} {kpi.day.text(readers.what_counts().settings)}")


def _choose_part(offered: dict[str, Part], part: str) -> None:
    st.session_state["behind-part"] = part
    st.segmented_control(
        "Part",
        list(offered),
        format_func=lambda one: f"{offered[one].title} {offered[one].shown}",
        required=True,
        key="behind-part",
        label_visibility="collapsed",
        on_change=_take_part,
    )


def _take_part() -> None:
    _turn(None)
    st.query_params["part"] = st.session_state["behind-part"]


def _rows(seen: Seen, key: str, part: str, counted: float | None) -> None:
    trail: list[tuple[datetime, str]] = st.session_state.setdefault("behind-trail", [])
    if st.session_state.get("behind-of") != _place():
        trail.clear()
        st.session_state["behind-of"] = _place()
    found = numbers.behind(seen.filters, seen.span, key, part, PAGE + 1, trail[-1] if trail else None)
    page = found.head(PAGE)
    if page.is_empty():
        states.nothing("No rows", "Nothing was counted here, for these filters.")
        return
    shown, columns = behind_table.table(page)
    chosen = parts.table(
        shown,
        columns,
        alt=f"{page.height} rows{_of(counted)}, newest first",
        height=parts.table_height(page.height, 15),
        key=f"behind-{key}-{part}-{len(trail)}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        record = page["record_id"][chosen.selection.cells[0][0]]
        if record:
            ways.go("views/record.py", {"system": "spotio", "object": "record", "id": record})
    _pager(page, more=found.height > PAGE, before=len(trail) * PAGE, total=counted)


def _place() -> str:
    return str(sorted(st.query_params.to_dict().items()))


def _pager(page: pl.DataFrame, *, more: bool, before: int, total: float | None) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown(
        f":gray[:small[{before + 1:,}–{before + page.height:,}{_of(total)}, newest first. A click opens the record.]]"
    )
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            key="newer",
            disabled=not before,
            on_click=_turn,
            args=(-1,),
        )
        last = page.row(-1, named=True)
        st.button(
            "Older",
            icon=":material/chevron_right:",
            icon_position="right",
            key="older",
            disabled=not more,
            on_click=_turn,
            args=((last["happened_at"], last["id"]),),
        )


def _turn(to: tuple[datetime, str] | int | None) -> None:
    """To the page after a row, one back (-1), or to the newest (None)."""
    trail: list[Any] = st.session_state.setdefault("behind-trail", [])
    if to is None:
        trail.clear()
    elif to == -1:
        trail.pop()
    else:
        trail.append(to)


def _of(total: float | None) -> str:
    return "" if total is None else f" of {words.number(total)}"


@st.fragment
def _page() -> None:
    with states.guarded("the rows behind the number"):
        show()


_page()
