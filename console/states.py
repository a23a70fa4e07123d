"""How a page looks when there is nothing, not yet everything, or something went wrong.

Six states, each with its reason and its next step: empty because all is well, empty because nothing ran yet, empty
because of the filters, not there at all, not the reader's to see, and failed (with a reference that the server's log
bears too).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from console import identity, words
from console.context import NotServedError
from console.identity import NobodyError, NotYoursError, Person
from console.parts import door, primary_button
from data.errors import StoreError

logger = logging.getLogger(__name__)


@contextmanager
def guarded(subject: str) -> Iterator[None]:
    """Turn any error inside into the failed state of `subject` ("the log").

    Streamlit's own control flow (rerun, stop, switch of page) is no Exception and passes. A fragment that runs again
    by itself runs outside the page's guard, so each carries one of its own.
    """
    try:
        yield
    except NotServedError as error:
        st.error(str(error), title="Fieldline is not running here", icon=":material/power_off:")
    except NotYoursError as error:
        not_yours(subject, error)
    except NobodyError:
        # Whoever they were is gone since the page was drawn; the whole page says what they can do.
        st.rerun(scope="app")
    except Exception as error:
        reference = f"e-{secrets.token_hex(3)}"
        logger.exception("Could not load %s. Reference %s", subject, reference)
        failed(subject, _reason(error), reference)


def _reason(error: Exception) -> str:
    if isinstance(error, StoreError):
        return str(error)
    return "The page met a fault of its own; the server's log has the details under the reference."


def failed(subject: str, reason: str, reference: str) -> None:
    """What could not be shown and why, what did not happen, and a way on."""
    st.error(
        f"{reason} Nothing was changed. Try again, and pass the reference on if it stays. Reference {reference}.",
        title=f"Could not load {subject}",
        icon=":material/error:",
    )
    # Any press runs the page again, and that is all there is to do.
    st.button("Try again", icon=":material/refresh:", key=f"try-again-{reference}")


def not_yours(subject: str, error: NotYoursError) -> None:
    """Somebody else's: whom it is for, as whom one is here, and who can help."""
    what, person = subject.removeprefix("the ").capitalize(), error.person
    who = f"{words.plain(person.name)}, {person.role}"
    st.title(what, anchor=False)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":material/lock: **{what} is for {words.listed([f'{role}s' for role in error.roles])}**")
        if person.email:
            st.markdown(f":gray[You are signed in as {who}. Ask {_helpers()} for access.]")
        else:
            st.markdown(f":gray[You chose the view of {who}.]")
            door("views/me.py", "Change view")


def _helpers() -> str:
    return words.either([words.plain(name) for name in identity.helpers()]) or "whoever set Fieldline up"


def blind(person: Person) -> None:
    """A person with a role and nothing to see in it: why, and who can help."""
    if person.role == "manager":
        title = "You lead no team"
        text = (
            "A manager sees the teams they lead in SPOTIO and those below; SPOTIO shows none that you lead. "
            f"Ask {_helpers()} to name your teams, or have SPOTIO put right."
        )
    else:
        title = "SPOTIO does not know you"
        text = (
            "A rep sees what they did in SPOTIO, and nobody there has your e-mail. "
            f"Ask {_helpers()} to say who you are there."
        )
    st.warning(text, title=title, icon=":material/person_off:")


def all_well(title: str, text: str) -> None:
    """Empty, and that is good."""
    with st.container(border=True, horizontal_alignment="center", gap="xxsmall"):
        st.space("small")
        st.markdown(f":green[:material/check_circle:] **{title}**", width="content")
        st.markdown(f":gray[:small[{text}]]", text_alignment="center")
        st.space("small")


def not_yet(title: str, text: str, action: str, icon: str, key: str, on_click: Callable[[], None]) -> None:
    """Empty, because nothing happened so far: what it is, and the step that begins it."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{title}**")
        st.markdown(f":gray[{text}]")
        primary_button(action, icon=icon, key=key, on_click=on_click)


def nothing(title: str, text: str) -> None:
    """Empty, and another page has the step that fills it."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{title}**")
        st.markdown(f":gray[{text}]")


def no_match(title: str, text: str, on_clear: Callable[[], None]) -> None:
    """Empty, because of the filters."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{title}**")
        st.markdown(f":gray[:small[{text}]]")
        st.button("Clear filters", key="clear-filters", on_click=on_clear)
