"""Connect, disconnect and test the systems. Each is written down, without what is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console import identity, words
from console.context import connecting, context
from console.identity import NobodyError, NotYoursError, only_for, require
from console.readers import now
from data import auditing
from data.connections import Connection
from data.errors import SecretKeyError, StoreError
from sync.connecting import SignIn
from sync.errors import FieldlineError


@dataclass(frozen=True)
class Done:
    """What came of it, in a sentence; `refused`: nothing was changed, and this is why."""

    text: str
    refused: bool = False


@dataclass(frozen=True)
class Begun:
    """A sign-in that waits for the browser: where it begins, and the word by which it is asked for."""

    ticket: str
    url: str


@dataclass(frozen=True)
class Looked:
    """One look of a test: ok, warning, failed or off, and the sentence."""

    state: str
    text: str


@only_for("admin")
def connect(system: str, values: Mapping[str, str]) -> Done:
    """Try a key and keep it; one that is refused takes nobody's place."""
    try:
        made = connecting().use_key(system, values, require("admin").author)
    except (FieldlineError, StoreError) as error:
        _write_down(f"Could not connect {words.system(system)}: {error}", {"system": system})
        return Done(str(error), refused=True)
    return Done(_connected(made))


@only_for("admin")
def begin_sign_in(host: str, client_id: str, client_secret: str) -> Begun | Done:
    """Begin a sign-in at Salesforce, which the browser goes on with at `url`."""
    person = require("admin")
    try:
        begun = connecting().begin(host, client_id, client_secret, person.author, identity.visitor())
    except (FieldlineError, SecretKeyError) as error:
        return Done(str(error), refused=True)
    return Begun(begun.ticket, connecting().start_url(begun))


def end_sign_in(sign_in: SignIn, told: Mapping[str, str]) -> Done:
    """Take what Salesforce sent a browser back with, for whoever began, if they are still an admin."""
    with identity.on_behalf_of(sign_in.visitor):
        try:
            require("admin")
        except (NotYoursError, NobodyError):
            sign_in.failed = "Whoever began this sign-in is no admin any more; nothing was connected."
            return Done(sign_in.failed, refused=True)
        try:
            made = connecting().end(sign_in, told)
        except (FieldlineError, SecretKeyError) as error:
            _write_down(f"Could not connect Salesforce: {error}", {"system": "salesforce"})
            return Done(str(error), refused=True)
        return Done(_connected(made))


@only_for("admin")
def sign_in_state(ticket: str) -> Done | None:
    """What became of a sign-in; None while it waits for the browser."""
    found = connecting().state(ticket)
    if found is None:
        return Done("The sign-in took longer than ten minutes; nothing was connected.", refused=True)
    if found.failed:
        return Done(found.failed, refused=True)
    return Done(_told(found.connected)) if found.connected else None


@only_for("admin")
def disconnect(system: str) -> Done:
    """Forget what was connected on the page."""
    try:
        gone = connecting().disconnect(system)
    except (FieldlineError, StoreError) as error:
        return Done(str(error), refused=True)
    text = f"Disconnected {words.system(system)}"
    _write_down(text, {"system": system, "from": _shown(gone), "to": None})
    return Done(f"{text}. What is mirrored stays; runs leave it out from now on.")


@only_for("admin")
def test(system: str) -> list[Looked]:
    """Look what the account may do and what is missing; what has to be done comes first."""
    try:
        checks = context().command("doctor", {"system": system})["checks"]
    except (FieldlineError, StoreError) as error:
        checks = [{"state": "failed", "text": str(error)}]
    order = ("failed", "warning", "off", "ok")
    looks = sorted((Looked(each["state"], each["text"]) for each in checks), key=lambda each: order.index(each.state))  # fmt: skip
    counts = {state: sum(look.state == state for look in looks) for state in order}
    _write_down(
        f"Tested {words.system(system)}: {counts['ok']} well, {counts['warning']} to do, {counts['failed'] + counts['off']} failed",
        {"system": system, **counts},
    )
    return looks


def _connected(made: Connection) -> str:
    text = _told(made)
    _write_down(text.partition(". ")[0], {"system": made.system, "from": None, "to": _shown(made)})
    return text


def _told(made: Connection) -> str:
    name = words.system(made.system)
    if made.system == "salesforce":
        return f"Connected Salesforce as {made.facts.get('username') or 'a user it does not name'} to {made.facts.get('organization')}. It is read in a moment."
    return f"Connected {name}. It is read in a moment."


def _shown(made: Connection) -> dict[str, Any]:
    """What the audit holds of a connection: nothing of a secret, not even its end."""
    return {"kind": made.kind, **{name: value for name, value in made.facts.items() if name != "last"}}


@only_for("admin")
def _write_down(text: str, details: Mapping[str, Any]) -> None:
    auditing.write_down(
        context().store,
        person=require("admin").author,
        what="connection",
        text=text,
        details=details,
        now=now(),
    )
