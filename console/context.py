"""The one door from a page to the process that serves it.

Streamlit runs a page as a script, without arguments; the server that started it owns the store and the runner.
The server leaves both here before it accepts the first request, and pages' readers and services take them from
here. A plain module variable does: one process serves one store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from data.store import Store
from sync.connecting import Connecting


class NotServedError(RuntimeError):
    """The console's script ran without the server around it."""

    def __init__(self) -> None:
        super().__init__(
            "No store is open behind this page; nothing was read. Start the console with `fieldline up`, "
            "not with `streamlit run`."
        )


@dataclass(frozen=True)
class SignIn:
    """How people sign in, and what makes a role of what the provider says of them.

    `roles` are pairs of a claim's value and our role, the first match counts; without any, a value is the role's own
    name. `admins` are e-mails in lower case. `trust_email`: an e-mail counts although the provider does not say
    whether it is verified. `url` is where the console is reached, to which the provider sends people back.
    """

    provider: str
    url: str
    role_claim: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    admins: tuple[str, ...] = ()
    trust_email: bool = False


def _nothing_carried_out(command: str, arguments: Mapping[str, Any]) -> Any:
    raise NotServedError


def _nothing_asked_for(sync: str, plan: str | None) -> bool:
    raise NotServedError


@dataclass(frozen=True)
class Context:
    """What a page may reach: the store, the way to ask for a run, what is connected, and how people sign in.

    `request_run` takes who asks ("console") and returns False when a run is waiting already.
    `derive_numbers` has the numbers brought up to what was published, soon and by somebody else.
    `systems` are the configured ones among spotio, salesforce, salesscreen.
    `timezone` is the IANA name in which the pages tell times.
    `spotio_every` is the time between two pulls of SPOTIO, `salesforce_every` that of Salesforce.
    `request_sync` takes a sync and a saved plan, beyond which nothing is done, or None; it asks for a run as `request_run` does.
    `log_days` is how long a line of the log is kept.
    `command` carries out a command of the program, as `fieldline` does: its name and arguments to its answer
    (sync/operations.py); raises FieldlineError or StoreError with one sentence for a person.
    `connecting` connects systems; None where no server stands behind the pages that could.
    `sign_in` is None when there is no provider: then whoever is at this machine says whose view they want.
    """

    store: Store
    request_run: Callable[[str], bool]
    systems: tuple[str, ...]
    timezone: str
    sign_in: SignIn | None = None
    derive_numbers: Callable[[], None] = lambda: None
    request_sync: Callable[[str, str | None], bool] = _nothing_asked_for
    command: Callable[[str, Mapping[str, Any]], Any] = _nothing_carried_out
    spotio_every: timedelta = timedelta(minutes=1)
    salesforce_every: timedelta = timedelta(minutes=5)
    log_days: int = 400
    connecting: Connecting | None = None


_context: Context | None = None


def set_context(value: Context | None) -> None:
    """Open the door, or close it with None when the server stops."""
    global _context
    _context = value


def context() -> Context:
    """What the server left; NotServedError when there is none."""
    if _context is None:
        raise NotServedError
    return _context


def connecting() -> Connecting:
    """What connects systems; NotServedError when there is none."""
    found = context().connecting
    if found is None:
        raise NotServedError
    return found
