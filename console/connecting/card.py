"""A system on the page Connections: how it is reached, what a test saw, and what can be done."""

from __future__ import annotations

import streamlit as st

from console import identity, parts, readers, services, signs, words
from console.connecting import doing, forms
from console.readers import Connected, System
from console.services import Looked

_LOOK = {"ok": signs.DONE, "warning": signs.WAITS, "failed": signs.FAILED, "off": signs.NOT_SET_UP}
WELL_SHOWN = 4


def show(connected: Connected, system: System, *, recommended: bool) -> None:
    """The card of one system; `recommended`: to connect it is the page's next step."""
    with st.container(border=True, gap="small"):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left.container(horizontal=True, vertical_alignment="center"):
            st.header(
                f"{words.system_icon(connected.system)} {words.system(connected.system)}",
                anchor=False,
                width="content",
            )
            _sign(connected, system).badge()
        with right.container(horizontal=True, horizontal_alignment="right"):
            _actions(connected, recommended=recommended)
        _facts(connected)
        if connected.trouble or system.trouble:
            text = connected.trouble or (system.trouble.text if system.trouble else "")
            st.warning(words.plain(text), title="It cannot be read", icon=":material/warning:")
        if doing.is_open(connected.system):
            forms.show(connected)
        _test(connected)


def _sign(connected: Connected, system: System) -> signs.Sign:
    if not connected.by:
        return signs.NOT_SET_UP
    if connected.trouble:
        return signs.FAILING
    return system.sign


def _actions(connected: Connected, *, recommended: bool) -> None:
    name = connected.system
    if connected.by and st.button("Test", icon=":material/network_check:", key=f"test-{name}"):
        with st.spinner(f"{words.system(name)} is asked"):
            doing.test(name)
    if connected.by == "environment" or doing.is_open(name):
        return
    label = _verb(connected)
    if recommended:
        parts.primary_button(
            label, icon=":material/cable:", key=f"connect-{name}", on_click=lambda: doing.open_form(name)
        )
    else:
        st.button(
            label, icon=":material/cable:", key=f"connect-{name}", on_click=doing.open_form, args=(name,)
        )
    if connected.by and st.button("Disconnect…", icon=":material/link_off:", key=f"disconnect-{name}"):
        _disconnect(connected)


def _verb(connected: Connected) -> str:
    if not connected.by:
        return f"Connect {words.system(connected.system)}"
    return "Sign in again" if connected.kind == "oauth" else "Change the key"


@st.dialog("Disconnect")
def _disconnect(connected: Connected) -> None:
    name = words.system(connected.system)
    what = "sign-in, which is ended at Salesforce, too" if connected.kind == "oauth" else "key"
    st.markdown(
        f"Fieldline forgets the {what}. {name} is neither read nor written until it is connected again; what is mirrored "
        "stays, and so does every link."
    )
    if parts.primary_button(f"Disconnect {name}", icon=":material/link_off:", key="disconnect-now"):
        doing.say(connected.system, services.disconnect(connected.system))
        st.rerun()


def _facts(connected: Connected) -> None:
    """How the system is reached: in a sentence, then who connected it when."""
    if connected.by == "environment":
        settings = words.listed([f"`{name}`" for name in connected.fixed.values()])
        st.markdown(f"Set by {settings}")
        st.markdown(":gray[:small[The environment wins; it is changed there, and Fieldline started again.]]")
        return
    if not connected.by:
        st.markdown("Not connected. Nothing of it is read or written.")
        return
    st.markdown(_reached(connected))
    moment, zone = readers.now(), readers.zone()
    when = words.moment(connected.set_at, moment, zone) if connected.set_at else words.EMPTY
    st.markdown(f":gray[:small[Connected by {words.plain(connected.set_by)}, {when}]]")


def _reached(connected: Connected) -> str:
    facts = {name: words.plain(str(value)) for name, value in connected.facts.items()}
    key = f"ending in `{connected.facts['last']}`" if connected.facts.get("last") else "stored"
    if connected.system == "salesforce":
        user = f"**{facts.get('user') or 'a user'}** (`{connected.facts.get('username', '')}`)"
        how = "by sign-in" if connected.kind == "oauth" else f"by client credentials, secret {key}"
        return f"As {user} in {facts.get('organization')}, {how}"
    if connected.system == "spotio":
        return f"Key `{connected.facts.get('client_id', '')}`, secret {key}"
    return f"Key {key}"


def _test(connected: Connected) -> None:
    """What the last test saw: what is to be done first, then what is well."""
    found = doing.tested(connected.system)
    if found is None or not connected.by:
        return
    at, looks = found
    open_ones = [look for look in looks if look.state != "ok"]
    well = [look for look in looks if look.state == "ok"]
    when = words.moment(at, readers.now(), readers.zone(), seconds=True)
    head = f"{words.counted(len(open_ones), 'thing')} to do" if open_ones else "All is well"
    sign = _LOOK[open_ones[0].state] if open_ones else signs.DONE
    facts = f"{words.counted(len(looks), 'look')} at {when} by {words.plain(identity.current().name)}"
    with st.container(gap="xxsmall"):
        st.markdown(f"{sign.mark} **{head}** :gray[:small[· {facts}]]")
        _lines(open_ones)
        _lines(well[:WELL_SHOWN] if open_ones else well)
        if open_ones and len(well) > WELL_SHOWN:
            st.markdown(f":gray[:small[And {len(well) - WELL_SHOWN:,} more that are well.]]")


def _lines(looks: list[Looked]) -> None:
    for look in looks:
        st.markdown(f"{_LOOK[look.state].mark} :small[{words.plain(look.text)}]")
