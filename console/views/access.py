"""Access: who may come in, as what, and which columns a role does not see.

What is changed here is the reader's own draft, kept at once; nothing of it counts before it is published.
"""

from __future__ import annotations

import streamlit as st

from console import parts, readers, services, signs, words
from console.readers import Editing, Line, ListedPerson
from console.services import ConfigurationError

LIST_ROWS = 12


def show() -> None:
    """The whole page."""
    edited = readers.editing()
    _header(edited)
    _done()
    if edited.meanwhile:
        _stale(edited)
    if edited.changes:
        _changes(edited)
    st.header("People", anchor=False)
    left, right = st.columns([13, 9], gap="medium")
    lines = readers.access_lines(edited)
    with left:
        chosen = _list(lines)
    with right:
        _form(chosen)
    st.header("Hidden columns", anchor=False)
    _masks(edited)
    st.header("Versions", anchor=False)
    _versions()


def _header(edited: Editing) -> None:
    newest = edited.newest
    if newest.published_at:
        when = words.moment(newest.published_at, readers.now(), readers.zone())
        facts = f"Version {newest.number:,}, published by {words.plain(newest.author)} {_at(when)}"
    else:
        facts = "Nothing was published yet"
    with parts.header("Access", f"{facts} · times in {words.place(readers.zone())}"):
        if edited.changes:
            st.button("Discard", icon=":material/undo:", key="discard", on_click=_discard, args=(edited,))
            if parts.primary_button("Publish…", icon=":material/publish:", key="publish"):
                _publish(edited)


def _at(moment: str) -> str:
    return f"at {moment}" if len(moment) == len("09:38") else f"on {moment}"


def _discard(edited: Editing) -> None:
    services.discard_access()
    st.session_state["access-done"] = f"Discarded {_counted(edited)}; nothing was published."


def _counted(edited: Editing) -> str:
    return words.counted(len(edited.changes), "change")


def _done() -> None:
    """What the reader just did."""
    if text := st.session_state.pop("access-done", None):
        st.markdown(f"{signs.DONE.mark} {words.plain(text)}")


def _changes(edited: Editing) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{signs.WAITS.mark} **{_counted(edited)} not published**")
        _sentences(edited.changes)


def _sentences(texts: tuple[str, ...]) -> None:
    st.markdown("\n".join(f"- {words.plain(text)}" for text in texts))


def _stale(edited: Editing) -> None:
    newest = edited.newest
    note = f" {words.quoted(words.plain(newest.note))}" if newest.note else ""
    st.warning(
        f"{words.plain(newest.author)} published version {newest.number:,}{note} while you were editing. "
        f"Yours ({_counted(edited)}) stays as it is and can be published on top of theirs:",
        title="Somebody else published meanwhile",
        icon=":material/difference:",
    )
    _sentences(edited.meanwhile)
    st.button(
        "Put mine on top",
        icon=":material/merge:",
        key="put-on-top",
        on_click=services.put_access_on_top,
    )


@st.dialog("Publish")
def _publish(edited: Editing) -> None:
    st.markdown(f"**{_counted(edited)}** for everybody, from their next click on:")
    _sentences(edited.changes)
    note = st.text_input("Note", key="access-note", placeholder="Why, for those who read the versions later")
    if parts.primary_button(f"Publish {_counted(edited)}", icon=":material/publish:", key="publish-now"):
        try:
            published = services.publish_access(note)
        except ConfigurationError as error:
            st.error(words.plain(str(error)), title="Not published", icon=":material/error:")
            return
        st.session_state["access-done"] = f"Published version {published.number}: {_counted(edited)}."
        st.rerun()


def _list(lines: list[Line]) -> Line | None:
    """The people, and the one that is chosen."""
    if not lines:
        with st.container(border=True, gap="xsmall"):
            st.markdown("**Nobody is on the list**")
            st.markdown(
                ":gray[People are known by the role that the sign-in tells or by the setting for admins. "
                "Add those who shall come in by their e-mail.]"
            )
        return None
    chosen = parts.table(
        {
            "email": [line.person.email for line in lines],
            "role": [line.person.role.capitalize() for line in lines],
            "state": [parts.chip(signs.DRAFTED.get(line.state)) for line in lines],
            "spotio": [line.found.user.name if line.found.user else None for line in lines],
            "leads": [words.listed([team.name for team in line.found.leads]) or None for line in lines],
        },
        {
            "email": parts.text_column("E-mail", 210),
            "role": parts.text_column("Role", 84),
            "state": parts.sign_column("Draft", signs.DRAFTED.values(), 90),
            "spotio": parts.text_column("In SPOTIO", 120),
            "leads": parts.text_column("Leads", 140),
        },
        alt=f"{words.counted(len(lines), 'person', 'people')} with their roles",
        key=f"people-{len(lines)}-{st.session_state.get('access-closed', 0)}",
        height=parts.table_height(len(lines), LIST_ROWS),
        on_select="rerun",
        selection_mode="single-cell",
    )
    cells = chosen.selection.cells
    return lines[cells[0][0]] if cells else None


def _close() -> None:
    st.session_state["access-closed"] = st.session_state.get("access-closed", 0) + 1


def _form(line: Line | None) -> None:
    """One person: a new one, or the chosen one."""
    person = line.person if line else None
    key = f"{person.email if person else 'new'}-{st.session_state.get('access-closed', 0)}"
    with st.container(border=True):
        st.markdown(f"**{words.plain(person.email) if person else 'Add a person'}**")
        email = st.text_input("E-mail", value=person.email if person else "", key=f"email-{key}")
        role = st.selectbox(
            "Role",
            readers.ROLES,
            index=readers.ROLES.index(person.role if person else "rep"),
            format_func=str.capitalize,
            key=f"role-{key}",
        )
        led = _led(person, key) if role == "manager" else ()
        users = {user.id: f"{user.name}, {user.role}" for user in readers.all_users()}
        user = st.selectbox(
            "In SPOTIO",
            list(users),
            index=list(users).index(person.spotio_user) if person and person.spotio_user in users else None,
            format_func=lambda user: users[user],
            placeholder="Whoever has this e-mail",
            key=f"user-{key}",
        )
        with st.container(horizontal=True):
            kept = st.button(
                "Keep in draft" if person else "Add to draft",
                icon=":material/edit:" if person else ":material/person_add:",
                key=f"keep-{key}",
            )
            gone = person is not None and st.button(
                "Take off the list", icon=":material/person_remove:", key=f"remove-{key}"
            )
            if person:
                st.button("Close", icon=":material/close:", key=f"close-{key}", on_click=_close)
        if person and gone:
            services.take_off_list(person.email)
        elif kept:
            try:
                services.put_on_list(
                    email,
                    role,
                    teams=tuple(led) or None,
                    spotio_user=user,
                    instead_of=person.email if person else "",
                )
            except ConfigurationError as error:
                st.error(words.plain(str(error)), title="Not kept", icon=":material/error:")
                return
    if gone or kept:
        _close()
        st.rerun()


def _led(person: ListedPerson | None, key: str) -> list[str]:
    """The teams that a manager leads, where SPOTIO says otherwise or nothing."""
    teams = {team.id: team.name for team in readers.all_teams()}
    return st.pills(
        "Leads, with all below; none chosen: as SPOTIO says",
        list(teams),
        selection_mode="multi",
        default=[team for team in (person.teams or ()) if team in teams] if person else [],
        format_func=lambda team: teams[team],
        key=f"teams-{key}",
    )


def _masks(edited: Editing) -> None:
    st.markdown(
        ":gray[:small[Hidden columns are empty for that role everywhere: pages, search, SQL and exports.]]"
    )
    columns = readers.maskable_columns()
    if not columns:
        st.markdown("Nothing is mirrored yet, so there is nothing to hide.")
        return
    for role, place in zip(readers.MASKABLE, st.columns(len(readers.MASKABLE), gap="medium"), strict=True):
        with place:
            _mask(role, columns, sorted(edited.mine.masks_of(role)))


def _mask(role: readers.Role, columns: list[str], hidden: list[str]) -> None:
    """What one role does not see, and the finder for more of it."""
    key = f"mask-{role}-{len(hidden)}"
    st.selectbox(
        f"Hide from {role}s",
        [column for column in columns if column not in hidden],
        index=None,
        placeholder="Find a column",
        key=key,
        on_change=lambda: services.hide_columns(role, [*hidden, st.session_state[key]]),
    )
    for column in hidden:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"`{column}`", width="content")
            st.button(
                "Show",
                icon=":material/visibility:",
                key=f"show-{role}-{column}",
                type="tertiary",
                on_click=services.hide_columns,
                args=(role, [other for other in hidden if other != column]),
            )


def _versions() -> None:
    versions = readers.versions()
    if not versions:
        st.markdown(":gray[The first publication begins the list.]")
        return
    parts.table(
        {
            "number": [version["number"] for version in versions],
            "published": [version["published_at"] for version in versions],
            "author": [version["author"] for version in versions],
            "changes": [version["changes"] for version in versions],
            "text": [version["text"] for version in versions],
            "note": [version["note"] or None for version in versions],
        },
        {
            "number": parts.number_column("Version", 76),
            "published": parts.moment_column("Published", 140, readers.zone()),
            "author": parts.text_column("By", 200),
            "changes": parts.number_column("Changes", 76),
            "text": parts.text_column("What changed", 400),
            "note": parts.text_column("Note", 204),
        },
        alt=f"The last {words.counted(len(versions), 'version')} of the configuration, newest first",
        height=parts.table_height(len(versions), LIST_ROWS),
    )


show()
