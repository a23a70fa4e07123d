"""What mends a cause: made on the spot where the configuration can say it, else where it is made.

A choice is kept as a draft at once and shown as what it would change; publishing is a press of its own. What the fix comes to
is kept by its cause, so that a card that is opened again shows it as it was left.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from console import parts, words
from console.causes import acting, wording
from console.identity import NobodyError, NotYoursError, current
from console.readers import errors as reading
from console.readers.errors import Cause, Fix
from console.services import errors as acts
from console.services.errors import Draft

_DRAFTS = "errors-drafts"
_LABELS = {
    "value": "{about} “{value}” is, in {system}",
    "match_user": "{value} is, in {system}",
    "default_user": "Whoever is nobody in {system} is there",
    "constant": "New records without {about} get",
}
_PRESSES = {
    "keep_blanks": "Keep empty values of {about} from travelling",
    "one_way": "Let {about} travel the other way only",
}


def show(cause: Cause) -> None:
    """The fix: its choice and what it changes, or where it is made."""
    fixes = reading.fixes(cause) if current().role == "admin" else []
    if not fixes:
        _elsewhere(cause)
        return
    fix = _way(cause, fixes)
    _choice(cause, fix)
    draft = _drafts().get(cause.id)
    if draft is None or draft.way != fix.way:
        st.markdown(f":gray[:small[Nothing is published before you have seen what it changes. It would release up to {words.counted(cause.open, 'record')}.]]")  # fmt: skip
    else:
        _drafted(cause, draft)


def _elsewhere(cause: Cause) -> None:
    many = words.counted(cause.open, "record")
    st.markdown(f"{words.plain(wording.advice(cause))} That would release up to {many}.")
    if cause.set_up and (cause.refused or cause.code in ("too_long", "not_a_choice", "not_writeable")):
        label, url = cause.set_up
        st.link_button(f"Salesforce: {label}", url, icon=":material/open_in_new:")


def _way(cause: Cause, fixes: Sequence[Fix]) -> Fix:
    """The fix that is chosen, where there are several."""
    if len(fixes) == 1:
        return fixes[0]
    labels = {_label(cause, fix): fix for fix in fixes}
    chosen = st.segmented_control("Fix", list(labels), default=next(iter(labels)), required=True, key=f"way-{cause.id}", label_visibility="collapsed")  # fmt: skip
    return labels.get(chosen or "", fixes[0])


def _label(cause: Cause, fix: Fix) -> str:
    system = words.system(cause.system) if cause.system else "the other system"
    form = {**_LABELS, **_PRESSES}[fix.way]
    return form.format(about=fix.about, value=cause.value or fix.about, system=system)


def _choice(cause: Cause, fix: Fix) -> None:
    key = f"fix-{cause.id}-{fix.way}"
    label = _label(cause, fix)

    def keep(choice: str | None = None) -> None:
        value = choice if choice is not None else str(st.session_state.get(key) or "")
        if value:
            _keep(cause, fix.way, value)

    drafted = _drafts().get(cause.id)
    before = drafted.choice if drafted and drafted.way == fix.way else None
    if fix.options:
        options = list(fix.options)
        st.selectbox(
            label, options, index=options.index(before) if before in options else None, key=key, on_change=keep,
            format_func=lambda option: fix.options[option], placeholder="Choose one", width=420,
        )  # fmt: skip
    elif fix.typed:
        help = "A text, or a template of the other side's fields, such as {Last Name}"
        st.text_input(label, value=before or "", key=key, on_change=keep, help=help, width=420)
    else:
        st.button(label, icon=":material/rule:", key=key, on_click=keep, args=("yes",))


def _keep(cause: Cause, way: str, choice: str) -> None:
    try:
        draft = acts.draft(cause, way, choice)
    except (NotYoursError, NobodyError):
        return  # nothing was kept; the page that is drawn next says whose it is
    st.session_state[_DRAFTS] = {**_drafts(), cause.id: draft}
    st.query_params["cause"] = cause.id  # it stays open, whatever becomes of those before it
    acting.quiet()


def _drafts() -> dict[str, Draft]:
    found: dict[str, Draft] = st.session_state.get(_DRAFTS, {})
    return found


def _drafted(cause: Cause, draft: Draft) -> None:
    """What the draft changes, and the press that publishes it."""
    if draft.refused or draft.mistakes:
        st.error(words.sentences(draft.refused, *draft.mistakes), title="This cannot be published", icon=":material/error:")  # fmt: skip
        return
    if not draft.changes:
        st.markdown(":gray[This changes nothing.]")
        return
    changes = "\n".join(f"- {words.plain(change)}" for change in draft.changes)
    told = wording.released(draft.released, draft.written, draft.of, done=False)
    st.markdown(f"**What changes**\n{changes}\n\n{told}")
    for warning in draft.warnings:
        st.markdown(f":orange[:material/warning:] :small[{words.plain(warning)}]")

    def publish() -> None:
        acting.act(lambda: acts.publish(cause, draft))
        if not acting.refused():
            _forget(cause)
        else:  # what others published is under it from now on
            _keep_again(cause, draft)

    with st.container(horizontal=True):
        parts.primary_button(
            "Publish", icon=":material/publish:", key=f"publish-{cause.id}", on_click=publish
        )
        st.button("Discard", key=f"discard-{cause.id}", on_click=_forget, args=(cause,))


def _keep_again(cause: Cause, draft: Draft) -> None:
    """The same fix on top of what is published now; the answer that says who published stays."""
    try:
        again = acts.draft(cause, draft.way, draft.choice)
    except (NotYoursError, NobodyError):
        return
    st.session_state[_DRAFTS] = {**_drafts(), cause.id: again}


def _forget(cause: Cause) -> None:
    st.session_state[_DRAFTS] = {id: draft for id, draft in _drafts().items() if id != cause.id}
    for way in (*_LABELS, *_PRESSES):
        st.session_state.pop(f"fix-{cause.id}-{way}", None)
