"""What the server asks of a stand-in, and the one error a control request may end with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from starlette.types import ASGIApp


class Refused(Exception):  # noqa: N818 - an answer to the caller, not a fault
    """A control request that cannot be carried out; the message goes back to the caller with status 400."""


class StandIn(Protocol):
    """One imitated system. Everything runs on the event loop's thread, so no method needs a lock."""

    name: str
    """salesforce, spotio or salesscreen."""

    app: ASGIApp
    """The real system's paths, and only those."""

    def state(self, object: str | None, since: datetime | None) -> dict[str, list[dict[str, Any]]]:
        """Rows by object with the wire's names and values; raises Refused for an unknown object."""
        ...

    def token(self, user: str) -> str:
        """An access token for a user id or e-mail; raises Refused when there is no such active user."""
        ...

    def act(self, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do what no API offers; raises Refused for an unknown action or a bad argument."""
        ...

    def save(self) -> None:
        """Remember the present state as the one that `reset` returns to."""
        ...

    def reset(self) -> None:
        """Return to the saved state. Tokens and sign-in keys stay valid."""
        ...

    def error_body(self, status: int) -> Any:
        """The JSON body with which this system would refuse a request with `status`."""
        return {"error": f"refused with status {status} by the sandbox"}
