"""The own page: who one is here and why, what one sees of it, and the way out."""

from __future__ import annotations

import streamlit as st

from console import identity, parts, readers, states, words
from console.identity import Person

_ALL = {"admin": "Everything", "analyst": "All numbers, records and runs"}


def show() -> None:
    """The whole page."""
    person = identity.current()
    actions = parts.header(words.plain(person.name), _entered(person))
    with actions:
        _way_out(person)
    if person.blind:
        states.blind(person)
    with st.container(border=True):
        grid = st.grid(2, min_column_width=300)
        for label, value in _facts(person):
            with grid.cell(), st.container(gap=None):
                st.markdown(f":gray[:small[{label}]]")
                st.markdown(value)
    if person.role == "admin":
        st.header("For admins", anchor=False)
        parts.door("views/connections.py", "Connections: how the three systems are reached")
        parts.door("views/access.py", "Access: people, roles, hidden columns")
        parts.door("views/audit.py", "Audit: who changed, took and asked what")
    _own()


def _own() -> None:
    """What one took and asked here oneself, as it is written down; an admin sees everybody's."""
    st.header("What you took and asked", anchor=False)
    lines = readers.own_lines()
    if not lines:
        st.markdown(
            ":gray[Nothing yet. Each file that you take and each statement that you run is written down.]"
        )
        return
    parts.table(
        {
            "when": [line.happened_at for line in lines],
            "kind": [line.kind for line in lines],
            "text": [line.text for line in lines],
        },
        {
            "when": parts.moment_column("When", 140, readers.zone()),
            "kind": parts.text_column("What", 84),
            "text": parts.text_column("In words", 860),
        },
        alt=f"The last {words.counted(len(lines), 'thing')} that you took or asked, newest first",
        height=parts.table_height(len(lines), 8),
    )
    st.markdown(":gray[:small[The last ones, newest first. Admins can read everybody's.]]")


def _entered(person: Person) -> str:
    how = "signed in" if person.email else "at this machine, without a sign-in"
    return f"{person.role.capitalize()}, {how}"


def _facts(person: Person) -> list[tuple[str, str]]:
    """What there is to say of them, by label, as markdown."""
    facts = [("Role", f"{person.role.capitalize()}, because {words.plain(person.why)}")]
    if person.email:
        facts.append(("E-mail", f"`{person.email}`"))  # as code, else it would become a link
    facts += [
        ("In SPOTIO", _in_spotio(person)),
        ("You see", _sees(person)),
        ("Times", f"As in {words.place(readers.zone())}"),
        ("Light or dark", "As your system or browser is set"),
    ]
    if person.scope.masks:
        facts.append(
            ("Hidden from you", words.listed([f"`{column}`" for column in sorted(person.scope.masks)]))
        )
    return facts


def _way_out(person: Person) -> None:
    signed_in = bool(person.email)
    label, icon = ("Sign out", ":material/logout:") if signed_in else ("Change view", ":material/swap_horiz:")
    if st.button(label, icon=icon, key="sign-out"):
        identity.leave()


def _in_spotio(person: Person) -> str:
    if person.user:
        return (
            f"{words.plain(person.user.name)}, {person.user.role} :gray[· user {words.plain(person.user.id)}]"
        )
    if person.email:
        return "Nobody there has your e-mail"
    return "Nobody in particular"


def _sees(person: Person) -> str:
    if person.role == "rep":
        return "Your own day, and the board" if person.user else "Nothing yet"
    if person.role != "manager":
        return _ALL[person.role]
    if not person.leads:
        return "Nothing yet: you lead no team"
    below = readers.teams_below(person)
    led = words.listed([words.plain(team.name) for team in person.leads])
    return f"{led}, and below {words.listed([words.plain(name) for name in below])}" if below else led


show()
