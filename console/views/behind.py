"""Behind a number: what it counts, its total, and the rows that it is made of, each with the way to its record.

The address holds the filters of the page that the number stood on, the number and which part of it is shown. The
total is the number's own, asked for in the same way; the rows come page by page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from console import filter_bar, parts, readers, states, words
from console.figures import Seen
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
NUMERATOR, DENOMINATOR = "numerator", "denominator"


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
    _head(kpi, seen, value, offered[part], refused)
    if len(offered) > 1:
        _choose_part(offered, part)
    _rows(seen, key, part, offered[part])


def _parts(kpi: Kpi, value: Value) -> dict[str, tuple[str, float]]:
    """part -> what it is called and how many rows it is; parts that count nothing are left out."""
    sample = value.denominator if kpi.sample is not None and kpi.median else value.numerator
    found: dict[str, tuple[str, float | None]] = {NUMERATOR: (kpi.numerator_words, sample)}
    if kpi.denominator is not None and not kpi.median:
        found[DENOMINATOR] = (kpi.denominator_words, value.denominator)
    for name in kpi.extras:
        if value.extra.get(name):
            found[name] = (_EXTRAS.get(name, name.replace("_", " ")), value.extra[name])
    return {name: (told[:1].upper() + told[1:], count or 0) for name, (told, count) in found.items()}


def _head(kpi: Kpi, seen: Seen, value: Value, part: tuple[str, float], refused: int) -> None:
    now, zone = readers.now(), readers.zone()
    told = [
        seen.filters.told_period(now, zone),
        seen.filters.told_narrowing(seen.choices, zone, now, numbers.names("user")),
        f"{kpi.name} {words.number(value.value, kpi.unit)}",
    ]
    if refused:
        told.append(f"{words.counted(refused, 'filter')} of the link left out, not yours to see")
    ignored = value.extra.get("not_filtered_by")
    if ignored:
        told.append(f"not narrowed by {words.listed(ignored)}, which it does not know")
    actions = parts.header(f"{part[0]}: {words.number(part[1])}", " · ".join(told))
    with actions:
        st.page_link(
            "views/dashboard.py",
            label="Dashboard",
            icon=":material/arrow_back:",
            query_params=seen.filters.query(zone),
        )
    st.markdown(f"{kpi.formula[:1].upper()}{kpi.formula[1:]}. {kpi.attribution} :gray[{kpi.edges}]")


def _choose_part(offered: dict[str, tuple[str, float]], part: str) -> None:
    st.session_state["behind-part"] = part
    st.segmented_control(
        "Part",
        list(offered),
        format_func=lambda one: f"{offered[one][0]} {words.number(offered[one][1])}",
        required=True,
        key="behind-part",
        label_visibility="collapsed",
        on_change=_take_part,
    )


def _take_part() -> None:
    _turn(None)
    st.query_params["part"] = st.session_state["behind-part"]


def _rows(seen: Seen, key: str, part: str, counted: tuple[str, float]) -> None:
    trail: list[tuple[datetime, str]] = st.session_state.setdefault("behind-trail", [])
    if st.session_state.get("behind-of") != _place():
        trail.clear()
        st.session_state["behind-of"] = _place()
    found = numbers.behind(seen.filters, seen.span, key, part, PAGE + 1, trail[-1] if trail else None)
    page = found.head(PAGE)
    if page.is_empty():
        states.nothing("No rows", "Nothing was counted here, for these filters.")
        return
    shown, columns = _table(page)
    chosen = parts.table(
        shown,
        columns,
        alt=f"{page.height} of {words.number(counted[1])}, newest first",
        height=parts.table_height(page.height, 15),
        key=f"behind-{key}-{part}-{len(trail)}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        record = page["record_id"][chosen.selection.cells[0][0]]
        if record:
            st.switch_page(
                "views/record.py", query_params={"system": "spotio", "object": "record", "id": record}
            )
    _pager(page, more=found.height > PAGE, before=len(trail) * PAGE, total=counted[1])


def _place() -> str:
    return str(sorted(st.query_params.to_dict().items()))


def _pager(page: pl.DataFrame, *, more: bool, before: int, total: float) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown(
        f":gray[:small[{before + 1:,}–{before + page.height:,} of {words.number(total)}, newest first. A click opens the record.]]"
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


def _table(page: pl.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that these rows have something in, in words."""
    people, territories = numbers.names("user"), numbers.names("territory")
    kinds = numbers.kinds()
    shown: dict[str, Any] = {"when": page["happened_at"]}
    columns: dict[str, Any] = {"when": parts.moment_column("When", 134, readers.zone())}

    def add(name: str, label: str, width: int, values: list[Any]) -> None:
        if any(value is not None for value in values):
            shown[name], columns[name] = values, parts.text_column(label, width)

    def named(column: str, names: Any) -> list[Any]:
        if column not in page.columns:
            return []
        return [names.get(id, id) if id else None for id in page[column]]

    add("name", "Record", 170, page["name"].to_list())
    add("address", "Address", 250, page["address"].to_list())
    setters = named("setter_id", people)
    if setters:
        add("setter", "Set by", 140, setters)
        add("closer", "Closed by", 140, named("closer_id", people))
    else:
        add("rep", "Rep", 140, named("user_id", people))
    add("result", "Result", 190, _results(page, kinds))
    add("verified", "Verified", 110, _verified(page))
    add("stage", "Stage", 190, _stages(page, kinds))
    if "sold_value" in page.columns or "net" in page.columns:
        values = page["sold_value" if "sold_value" in page.columns else "net"]
        if values.count():
            shown["value"] = values
            columns["value"] = st.column_config.NumberColumn("Value", format="dollar", width=90)
    add("territory", "Territory", 170, named("territory_id", territories))
    return shown, columns


def _results(page: pl.DataFrame, kinds: Any) -> list[Any]:
    if "result_id" not in page.columns:
        return []
    return [
        kinds.get(f"{template}:{result}") or kinds.get(template)
        for template, result in zip(page["template_id"], page["result_id"], strict=True)
    ]


def _verified(page: pl.DataFrame) -> list[Any]:
    if "verification" not in page.columns:
        return []
    told = {"verified": "Verified", "not_verified": "Not verified", "not_verifiable": "Not verifiable"}
    return [
        f"{distance:,.0f} m away" if way == "not_verified" and distance is not None else told.get(way)
        for way, distance in zip(page["verification"], page["distance"], strict=True)
    ]


def _stages(page: pl.DataFrame, kinds: Any) -> list[Any]:
    if "to_stage_id" not in page.columns:
        return []
    return [
        f"{kinds.get(f'stage:{kind}:{before}', words.EMPTY)} → {kinds.get(f'stage:{kind}:{after}', words.EMPTY)}"
        for kind, before, after in page.select("type_id", "from_stage_id", "to_stage_id").iter_rows()
    ]


@st.fragment
def _page() -> None:
    with states.guarded("the rows behind the number"):
        show()


_page()
