"""The forms by which a system is connected: a key, or Salesforce's sign-in and client credentials.

What is typed is tried before it is kept. A field that the environment sets shows by which name, and cannot be edited.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from console import readers, services, words
from console.connecting import doing
from console.parts import primary_link
from console.readers import Connected
from console.services import Begun, Done

SIGN_IN, CREDENTIALS = "Sign in", "Client credentials"
MY_DOMAIN = "My Domain"
POLL = "2s"
FORM_WIDTH = 560  # pixels, at the most
_LABELS = {
    "spotio": {"client_id": "Client id", "secret": "Secret"},
    "salesscreen": {"api_key": "API key"},
    "salesforce": {
        "url": "My Domain address",
        "client_id": "Consumer key",
        "client_secret": "Consumer secret",
    },
}
_SECRET = frozenset({"secret", "client_secret", "api_key"})
_WHERE = {
    "spotio": "In SPOTIO, as an admin: Settings, Integrations, API Access. The key may do what its user may.",
    "salesscreen": "In SalesScreen: Settings, Api Keys, Add API key. One key is for one company.",
}


def show(connected: Connected) -> None:
    """The form of a system."""
    if connected.system == "salesforce":
        _salesforce(connected)
        return
    st.markdown(f":small[{_WHERE[connected.system]}]")
    _key_form(connected, "connect")


def _salesforce(connected: Connected) -> None:
    begun = doing.begun()
    if begun is not None:
        _waiting(begun)
        return
    way = st.segmented_control(
        "How", [SIGN_IN, CREDENTIALS], default=SIGN_IN, required=True, key="salesforce-way"
    )
    if way == CREDENTIALS:
        st.markdown(
            ":small[The connected app allows the client credentials flow and names the user it runs as. "
            "It works at the org's My Domain address alone.]"
        )
        _key_form(connected, "connect")
    else:
        _sign_in_form(connected)


def _sign_in_form(connected: Connected) -> None:
    """Where to sign in, and for which connected app."""
    known = connected.facts if connected.kind == "oauth" else {}
    st.markdown(
        ":small[In Salesforce's Set-up, make an external client app or a connected app with OAuth: this callback URL, the "
        "scopes api, id and refresh\\_token, and PKCE required.]"
    )
    st.code(readers.callback_url(), language=None, wrap_lines=True, width=FORM_WIDTH)
    host = _host(connected, str(known.get("host", "")))
    with st.form("salesforce-sign-in", border=False, width=FORM_WIDTH):
        client_id = _field(connected, "client_id", str(known.get("client_id", "")))
        kept = "Leave it empty to use the stored one" if known else "Empty where the app requires none"
        secret = _field(connected, "client_secret", "", kept)
        if _pressed("Continue", ":material/arrow_forward:"):
            begun = services.begin_sign_in(host, client_id, secret)
            if isinstance(begun, Begun):
                doing.begin(begun)
                st.rerun()
            _refused(begun)


def _host(connected: Connected, known: str) -> str:
    """The login host; one that the environment sets is told and stays."""
    if "url" in connected.fixed:
        _field(connected, "url", "")
        return ""
    hosts = readers.LOGIN_HOSTS
    named = next((name for name, url in hosts.items() if url == known), MY_DOMAIN if known else "Production")
    kind = st.segmented_control(
        "Login host", [*hosts, MY_DOMAIN], default=named, required=True, key="salesforce-host"
    )
    if kind in hosts:
        return hosts[kind]
    return st.text_input(
        "My Domain address",
        value=known if named == MY_DOMAIN else "",
        placeholder="https://example.my.salesforce.com",
        key="salesforce-domain",
        width=FORM_WIDTH,
    )


def _waiting(begun: Begun) -> None:
    """The way to Salesforce, and an eye on what becomes of it in the other tab."""
    st.markdown(
        "Sign in as the user in whose name Fieldline shall work, and allow what is asked. It opens in a tab of its own; "
        "this page goes on by itself when you are done there."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        primary_link("Sign in at Salesforce", begun.url, icon=":material/open_in_new:")
        st.button("Cancel", key="cancel-connect", on_click=doing.close_form)
    _watch(begun)


@st.fragment(run_every=POLL)
def _watch(begun: Begun) -> None:
    done = services.sign_in_state(begun.ticket)
    if done is None:
        st.markdown(
            ":blue[:material/progress_activity:] :gray[:small[Waiting for the sign-in in the other tab]]"
        )
        return
    doing.say("salesforce", done)
    st.rerun(scope="app")


def _key_form(connected: Connected, key: str) -> None:
    system = connected.system
    with st.form(f"{system}-{key}", border=False, width=FORM_WIDTH):
        values = {
            name: _field(connected, name, "" if name in _SECRET else str(connected.facts.get(name, "")))
            for name in _LABELS[system]
        }
        if _pressed("Connect", ":material/cable:"):
            _connect(system, values)


def _connect(system: str, values: Mapping[str, str]) -> None:
    with st.spinner(f"{words.system(system)} is asked whether it takes the key"):
        done = services.connect(system, values)
    if done.refused:
        _refused(done)
        return
    doing.say(system, done)
    st.rerun()


def _refused(done: Done) -> None:
    st.error(words.plain(done.text), title="Not connected", icon=":material/error:")


def _pressed(label: str, icon: str) -> bool:
    """The form's button, and the one that closes it."""
    with st.container(horizontal=True):
        # As parts.primary_button: white on the dark theme's accent cannot be read.
        pressed = st.form_submit_button(f":violet[{icon} {label}]", type="primary")
        st.form_submit_button("Cancel", on_click=doing.close_form)
    return pressed


def _field(connected: Connected, name: str, value: str, hint: str = "") -> str:
    """A field; one that the environment sets tells by which name, and gives nothing."""
    label, key = _LABELS[connected.system][name], f"{connected.system}-{name}"
    setting = connected.fixed.get(name)
    if setting:
        st.text_input(label, value=f"set by {setting}", disabled=True, key=f"{key}-fixed")
        return ""
    hidden = name in _SECRET
    return st.text_input(
        label,
        value=value,
        type="password" if hidden else "default",
        placeholder=hint or None,
        autocomplete="new-password" if hidden else "off",
        key=key,
    )
