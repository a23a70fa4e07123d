"""What is shown to somebody without a role: the sign-in, why it did not let them in, or the choice of a role.

It stands at the address that was asked for, so that a link opens its page as soon as one is in.
"""

from __future__ import annotations

import streamlit as st

from console import identity, words
from console.identity import NoRoleError, NotChosenError, NotSignedInError, NotVerifiedError
from console.parts import primary_button

_ROLES = {
    "admin": "Sees everything, sets up and decides.",
    "analyst": "Sees and exports everything, decides nothing.",
    "manager": "Sees the teams they lead and those below.",
    "rep": "Sees their own day and the board.",
}


def show(reason: Exception) -> None:
    """The page for this reason; any other error is raised for the frame round the page."""
    with st.columns([1, 2, 1])[1]:
        match reason:
            case NotChosenError():
                _choose()
            case NotSignedInError():
                _sign_in()
            case NotVerifiedError():
                _not_verified(reason)
            case NoRoleError():
                _no_role(reason)
            case _:
                raise reason


def _choose() -> None:
    st.title("Whose view?", anchor=False)
    st.caption("No sign-in is set up here, so Fieldline answers only to people at this machine.")
    role = st.radio(
        "Role",
        list(_ROLES),
        format_func=str.capitalize,
        captions=list(_ROLES.values()),
        key="entry-role",
        label_visibility="collapsed",
    )
    user = None
    if role in ("manager", "rep"):
        users = identity.choices(role)
        user = st.selectbox(
            f"Which {role}",
            users,
            format_func=lambda user: user.name or user.id,
            key=f"entry-{role}",
            placeholder="SPOTIO's people are not mirrored yet" if not users else "Choose",
            disabled=not users,
        )
    if primary_button(f"Enter as {role}", icon=":material/login:", key="enter"):
        identity.choose(role, user.id if user else None)
        st.rerun()


def _sign_in() -> None:
    st.title("Sign in", anchor=False)
    st.markdown("Your company's sign-in says who you are; what you see here follows from your role.")
    if primary_button("Sign in", icon=":material/login:", key="sign-in"):
        st.login()


def _not_verified(reason: NotVerifiedError) -> None:
    st.title("Not let in", anchor=False)
    if not reason.email:
        said = "The sign-in did not tell your e-mail, and by it you are known here."
    elif reason.stated:
        said = f"The sign-in says that {words.plain(reason.email)} is not verified, so it could be anybody's."
    else:
        said = f"The sign-in does not say whether {words.plain(reason.email)} is verified."
    st.markdown(f"{said} Verify it with your sign-in's provider, then sign in again. {_ask()}")
    _sign_out()


def _no_role(reason: NoRoleError) -> None:
    st.title("No role yet", anchor=False)
    st.markdown(
        f"You are signed in as {words.plain(reason.email)}, but nobody has given you a role. {_ask()}"
    )
    _sign_out()


def _ask() -> str:
    names = [words.plain(name) for name in identity.helpers()]
    return f"Ask {words.either(names)}." if names else "Ask whoever set Fieldline up."


def _sign_out() -> None:
    if st.button("Sign out", icon=":material/logout:", key="sign-out"):
        identity.leave()
