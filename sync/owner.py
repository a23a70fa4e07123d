"""Who owns the store: a server leaves its address and a token beside it, for commands of the same user.

DuckDB gives a file to one process. While a server has it, a command asks that server to do the work, over
loopback, with a token from a file that only the user may read.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from data.errors import StoreOwnedError
from data.store import path_of
from sync.errors import FieldlineError

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Owner:
    """The server that has the store open."""

    pid: int
    url: str
    token: str = field(repr=False)


class AskedError(FieldlineError):
    """The owner answered with an error; `exit_code` is what the command ends with."""

    code = "asked"

    def __init__(self, text: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(text)


def announce(store_url: str, url: str) -> Owner:
    """Write down that this process owns the store and answers at `url`; return what was written."""
    owner = Owner(os.getpid(), url, secrets.token_urlsafe(32))
    file = _file(store_url)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as target:
        json.dump(asdict(owner), target)
    os.replace(part, file)
    return owner


def retire(store_url: str) -> None:
    """Take the announcement back."""
    _file(store_url).unlink(missing_ok=True)


def find(store_url: str) -> Owner | None:
    """The server that announced itself and still runs; None when there is none."""
    try:
        found = Owner(**json.loads(_file(store_url).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if psutil.pid_exists(found.pid) else None


def ask(
    owner: Owner, error: StoreOwnedError, command: str, arguments: dict[str, Any], progress: Progress
) -> Any:
    """Have the owner carry out a command; its progress is passed on as it comes.

    Raises AskedError with the owner's own words, StoreOwnedError when it does not answer.
    """
    import httpx  # late: most commands find the store free

    nobody = ssl.SSLContext(
        ssl.PROTOCOL_TLS_CLIENT
    )  # plain HTTP on this machine: whom it trusts need not be read
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(10, read=None), trust_env=False, verify=nobody) as http,
            http.stream(
                "POST",
                f"{owner.url}/api/commands/{command}",
                json=arguments,
                headers={"Authorization": f"Bearer {owner.token}"},
            ) as response,
        ):
            if response.status_code != 200:
                response.read()
                raise StoreOwnedError(error.path, owner.pid, owner.url)
            for line in response.iter_lines():
                message = json.loads(line)
                if "progress" in message:
                    progress(message["progress"])
                elif "error" in message:
                    raise AskedError(message["error"], message["exit"])
                elif "result" in message:
                    return message["result"]
    except httpx.TransportError as failure:
        raise StoreOwnedError(error.path, owner.pid, owner.url) from failure
    raise StoreOwnedError(error.path, owner.pid, owner.url)


def _file(store_url: str) -> Path:
    path = path_of(store_url)
    return path.with_name(path.name + ".owner.json")
