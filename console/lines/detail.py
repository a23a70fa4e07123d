"""One line whole: what became of the record, why, what the system said, and its fields with both values."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from console import identity, parts, readers, words
from console.lines import outcomes
from console.readers import lines as reading
from console.readers.lines import Line, Value

FIELD_ROWS = 12
HIDDEN = "Hidden from your role: it may quote a value that you do not see."
_KINDS = {"create": "Made in", "update": "Written to", "delete": "Deleted in"}
_DONE = "written"


def reason(line: Line) -> str | None:
    """The sentence that says most; said to be hidden where it is."""
    return line.reason or (HIDDEN if line.hidden else None)


def show(line: Line, *, across: bool) -> None:
    """The line; `across`: it stands in a list of several runs, so its run is a door."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(words.plain(line.name), anchor=False, width="content")
            outcomes.sign(line.outcome).badge()
        st.markdown(f":gray[:small[{_facts(line)}]]")
        _why(line)
        _fields(line)
        _doors(line, across)


def _facts(line: Line) -> str:
    when = words.moment(line.moment, readers.now(), readers.zone(), seconds=True)
    system = words.system(line.system or "")
    where = ""
    if line.kind in _KINDS:
        where = f"{_KINDS[line.kind]} {system}" if line.outcome == _DONE else f"Meant for {system}"
    ids = [
        f"{words.system(name)} {words.plain(id)}"
        for name, id in (("spotio", line.spotio_id), ("salesforce", line.salesforce_id))
        if id
    ]
    told = [where, when, *ids, line.sync, f"version {line.version}" if line.version else "", line.id]
    return " · ".join(each for each in told if each)


def _why(line: Line) -> None:
    if line.why:
        st.markdown(words.plain(line.why))
    if line.hidden:
        st.markdown(f":gray[:material/visibility_off: {HIDDEN}]")
    if line.answer:
        code = f"  \n:small[{words.plain(line.code)}]" if line.code else ""
        told = st.error if line.outcome == "failed" else st.info
        told(f"{words.plain(line.answer)}{code}", icon=outcomes.sign(line.outcome).icon)
    seen = [("It asked for", line.clause), ("Seen", line.seen)]
    for label, value in seen:
        if value:
            st.markdown(f":gray[{label}] {parts.foreign(value)}")
    if line.change:
        st.markdown(f"**What changes it:** {words.plain(line.change)}")
    if line.stood:
        until = words.moment(line.stood, readers.now(), readers.zone())
        st.markdown(f":gray[:small[It stood until {until}.]]")


def _fields(line: Line) -> None:
    if line.is_write:
        found = reading.written(line)
        headings: Sequence[str] = (
            ("Before", "After") if line.outcome == _DONE or line.system is None else ("Before", "Was to be")
        )
        where = words.system(line.system) if line.system else "both systems, which keep their values"
        title = f"Fields in {where}"
    elif line.outcome == "conflict":
        found, headings, title = (
            reading.clashing(line),
            ("Agreed", "SPOTIO", "Salesforce"),
            "Fields on both sides",
        )
    else:
        return
    if not found:
        return
    st.markdown(f"**{title}**")
    _table(found, headings, with_reason=line.is_write)
    hidden = sum(each.hidden for each in found)
    if hidden:
        st.markdown(
            f":gray[:small[The values of {words.counted(hidden, 'field')} are hidden from your role.]]"
        )


def _table(found: Sequence[Value], headings: Sequence[str], *, with_reason: bool) -> None:
    data: dict[str, list[str | None]] = {"field": [each.label for each in found]}
    width = 110 if len(headings) == 2 else 112
    columns = {"field": parts.text_column("Field", 100 if with_reason else 76)}
    for at, heading in enumerate(headings):
        data[heading] = [each.values[at] for each in found]
        columns[heading] = parts.text_column(heading, width)
    if with_reason:
        data["reason"] = [outcomes.REASONS.get(each.reason or "", each.reason) for each in found]
        columns["reason"] = parts.text_column("Because", 90)
    parts.table(
        data,
        columns,
        alt=f"{words.counted(len(found), 'field')}: {words.listed([each.label for each in found])}",
        key="line-fields",
        height=parts.table_height(len(found), FIELD_ROWS),
    )


def _doors(line: Line, across: bool) -> None:
    admin = identity.current().role == "admin"
    system, object, id = (
        ("spotio", "record", line.spotio_id) if line.spotio_id else ("salesforce", "lead", line.salesforce_id)
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if id:
            query = {"system": system, "object": object, "id": id}
            st.page_link(
                "views/record.py", label="Its record", icon=":material/contact_page:", query_params=query
            )
            st.button(
                "All its lines",
                icon=":material/history:",
                key="its-lines",
                type="tertiary",
                on_click=_all_of,
                args=(id,),
            )
        if id and admin:
            record = {"record": f"{system}:{id}"}
            st.page_link("views/why.py", label="Why?", icon=":material/help_center:", query_params=record)
        if admin and line.outcome == "conflict" and line.stood is None:
            st.page_link("views/conflicts.py", label="Decide it", icon=":material/compare_arrows:")
        if across and line.run:
            st.button(
                f"Run {line.run}", icon=":material/receipt_long:", key="its-run", type="tertiary", on_click=_its_run,
                args=(line.run,),
            )  # fmt: skip


def _all_of(id: str) -> None:
    """Every line of a record, of whatever run."""
    for name in ("run", "line", "older", "newer"):
        st.query_params.pop(name, None)
    st.session_state.update({"view": "Records", "q": id, "result": outcomes.ALL, "since": "All time"})


def _its_run(run: str) -> None:
    for name in ("line", "older", "newer", "before", "after"):
        st.query_params.pop(name, None)
    st.query_params["run"] = run
    st.session_state.update({"view": "Runs", "result": outcomes.ALL})
