"""The verdict on a record: in words with the smallest change, across the systems, and step by step for each sync."""

from __future__ import annotations

import streamlit as st

from console import parts, readers, why_words, words
from console.exploring.fields import object_word
from console.readers.why import Side, Step, Told, Why
from console.signs import Sign

_GONE = Sign("Deleted", "gray", ":material/delete:")
_UNSEEN = Sign("Not visible", "orange", ":material/visibility_off:")
_ABSENT = Sign("Not in the mirror", "gray", ":material/help:")
_THERE = Sign("Mirrored", "green", ":material/check_circle:")


def show(why: Why) -> None:
    """All that there is to say of it."""
    first, *others = why.told
    _verdict(why, first)
    st.header("Across the systems", anchor=False)
    _systems(why)
    st.header("Steps" if not first.sync else f"Steps in {words.plain(first.sync)}", anchor=False)
    _steps(first)
    for told in others:
        label = f"{words.plain(told.sync)}: {why_words.verdict(told.outcome)}"
        with st.expander(label, icon=why_words.outcome(told.outcome).icon):
            st.markdown(words.plain(told.text))
            _change(why, told)
            _lines(told)


def _verdict(why: Why, told: Told) -> None:
    sign = why_words.outcome(told.outcome)
    with st.container(border=True):
        left, right = st.columns([7, 4], gap="medium")
        with left.container(gap="xsmall"):
            of = f"{words.system(why.record.system)} {object_word(why.record.object)}"
            st.markdown(f":gray[{words.plain(why.record.name or why.record.id)} · {of}]")
            st.header(f"{sign.mark} {why_words.verdict(told.outcome)}", anchor=False)
            st.markdown(words.plain(told.text))
            for label, moment in told.as_of.items():
                when = words.moment(moment, readers.now(), readers.zone())
                st.markdown(
                    f":gray[:small[Salesforce computes {words.plain(label)}; it is taken as of {when}.]]"
                )
        with right.container(gap="xsmall"):
            _change(why, told)


def _change(why: Why, told: Told) -> None:
    """The smallest change, and where it is made."""
    advice = told.failure.change if told.failure else ""
    way = why_words.way(why, told)
    if not advice and way is None:
        st.markdown("**Nothing waits**" if told.failure is None else "**Nothing would change it**")
        return
    st.markdown("**Smallest change**" if told.failure else "**Nothing to do**")
    if advice:
        st.markdown(_advice(advice))
    if way is None:
        return
    if way.page:
        parts.door(way.page, way.label, way.query or None)
    else:
        st.markdown(f":gray[:small[{way.label}]]")
        st.code(way.commands, language=None, wrap_lines=True)


def _advice(text: str) -> str:
    """A change in words; the commands in it stand between backticks."""
    told = []
    for number, part in enumerate(text.split("`")):
        blank = " " if part.endswith(" ") else ""  # what makes words safe takes the blanks at their ends
        told.append(f"`{part}`" if number % 2 else f"{' ' * part.startswith(' ')}{words.plain(part)}{blank}")
    return "".join(told)


def _systems(why: Why) -> None:
    sides = {side.system: side for side in (why.record, why.partner) if side}
    grid = st.grid(3, min_column_width=300, border=True)
    for system in ("spotio", "fieldline", "salesforce"):
        with grid.cell(), st.container(gap="xxsmall"):
            if system == "fieldline":
                _link(why)
            elif system in sides:
                _side(sides[system])
            else:
                _card(system, why_words.NO_LINK)
                st.markdown("No partner")
                st.markdown(f":gray[:small[Nothing of {words.system(system)} is linked with it]]")


def _side(side: Side) -> None:
    zone, now = readers.zone(), readers.now()
    sign = _THERE
    if side.read_at is None:
        sign = _ABSENT
    elif side.deleted_at:
        sign = _GONE
    elif side.not_visible_at:
        sign = _UNSEEN
    _card(side.system, sign)
    st.markdown(words.plain(side.name) if side.name else words.EMPTY)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":gray[:small[{object_word(side.object).capitalize()}]]", width="content")
        st.markdown(f":small[`{side.id.replace('`', '')}`]", width="content")
    if side.read_at is None:
        return
    facts = f"read {words.age(side.read_at, now, zone)}"
    if side.deleted_at:
        facts = f"deletion seen {words.moment(side.deleted_at, now, zone)}"
    elif side.not_visible_at:
        facts = f"not shown to us since {words.moment(side.not_visible_at, now, zone)}"
    st.markdown(f":gray[:small[{facts.capitalize()}]]")
    parts.door(
        "views/record.py",
        "Open the record",
        {"system": side.system, "object": side.object, "id": side.id},
    )


def _link(why: Why) -> None:
    link = why.link
    _card("fieldline", why_words.link_state(link.state) if link else why_words.NO_LINK)
    if link is None:
        st.markdown("No link")
        st.markdown(":gray[:small[No sync has linked it with anything]]")
        return
    when = words.moment(link.linked_at, readers.now(), readers.zone())
    st.markdown(f"{words.plain(link.name)}, sync {words.plain(link.sync)}")
    st.markdown(f":gray[:small[Linked {when}, {why_words.BORN.get(link.born, words.plain(link.born))}]]")


def _card(system: str, sign: Sign) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"{words.system_icon(system)} **{words.system(system)}**", width="content")
        sign.badge()


def _steps(told: Told) -> None:
    """The steps, folded when there is none that anybody would look for."""
    if told.failure is None:
        number = sum(step.name != "condition" for step in told.steps)
        with st.expander(f"All {number} steps are passed", icon=":material/check_circle:"):
            _lines(told)
        return
    with st.container(border=True, gap="xsmall"):
        _lines(told)


def _lines(told: Told) -> None:
    """Each step with what was seen; the conditions of a filter stand below the scope that they make."""
    conditions = [step for step in told.steps if step.name == "condition"]
    for number, step in enumerate((one for one in told.steps if one.name != "condition"), start=1):
        _line(number, step, told)
        if step.name == "scope" and conditions:
            st.markdown("\n".join(map(_condition, conditions)))


def _line(number: int, step: Step, told: Told) -> None:
    name = f"{number} {why_words.step(step.name)}"
    if step.passed is None:
        st.markdown(f":gray[:material/schedule: {name} :small[not reached]]")
    elif step.passed:
        seen = f" · seen {words.plain(words.quoted(step.seen))}" if step.seen else ""
        st.markdown(
            f":green[:material/check_circle:] **{name}** :gray[:small[{words.plain(step.text)}{seen}]]"
        )
    else:
        seen = f" Seen: {words.plain(words.quoted(step.seen))}." if step.seen else ""
        waits = why_words.outcome(told.outcome).color == "orange"
        box = st.warning if waits else st.error
        box(
            f"{words.plain(step.text)}{seen}",
            title=name,
            icon=":material/warning:" if waits else ":material/error:",
        )


def _condition(step: Step) -> str:
    """A condition of a filter as a point of a list."""
    mark = ":green[:material/check:]" if step.passed else ":red[:material/close:]"
    seen = words.plain(words.quoted(step.seen)) if step.seen else "nothing"
    return f"- {mark} :small[{words.plain(step.text)}] :gray[:small[seen: {seen}]]"
