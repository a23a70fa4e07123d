"""A system on the Overview: its state, what of it is mirrored, and what it costs in calls."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from console import identity, parts, readers, signs, words
from console.readers import System


def show(system: System) -> None:
    """One card; the caller gives it its frame. Admins go on from it to how the system is connected."""
    _show(system)
    if identity.current().role == "admin":
        there = system.sign is not signs.NOT_SET_UP
        parts.door("views/connections.py", "Connection" if there else f"Connect {words.system(system.name)}")


def _show(system: System) -> None:
    moment, zone = readers.now(), readers.zone()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"{words.system_icon(system.name)} **{words.system(system.name)}**", width="content")
        system.sign.badge()
    if system.sign is signs.NOT_SET_UP:
        st.markdown("Not connected")
        st.markdown(":gray[:small[An admin connects it, or its settings do.]]")
        return
    if system.read_at is None:
        st.markdown("Nothing mirrored yet")
        first = (
            "The first load is under way."
            if system.sign is signs.READING
            else "The first run reads everything."
        )
        st.markdown(f":gray[:small[{first}]]")
        return
    if system.name == "salesscreen":
        # Its API only takes; what is mirrored is what was sent.
        st.markdown(f"**{words.counted(system.records, 'record')}** in the ledger of what was sent")
        st.markdown(":gray[:small[SalesScreen cannot be read back]]")
    else:
        st.markdown(f"Read **{words.age(system.read_at, moment, zone)}** · {_records(system)}")
        st.markdown(f":gray[:small[{_detail(system, moment, zone)}]]")
    if system.api is None:
        return
    if system.api.share is None:
        st.markdown(f":small[{system.api.text}]")
    else:
        st.progress(system.api.share, text=f":small[{system.api.text}]")


def _records(system: System) -> str:
    if system.source is None:
        return words.counted(system.records, "record")
    return f"{system.records:,} of {words.counted(system.source, 'record')}"


def _detail(system: System, moment: datetime, zone: str) -> str:
    facts = [words.counted(system.tables, "table")]
    if system.tables_failed:
        facts.append(f"{system.tables_failed:,} failed")
    if system.source is not None:
        facts.append(f"{system.differing:,} differ" if system.differing else "counts equal")
    if system.webhook_at:
        facts.append(f"last webhook {words.moment(system.webhook_at, moment, zone, seconds=True)}")
    return " · ".join(facts)
