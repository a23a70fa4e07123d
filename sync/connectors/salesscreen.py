"""SalesScreen's API, as far as a key can be tried: it has no call that reads, and a record would show on somebody's board.

So an empty list of records is sent: it counts nothing, and a bad key is refused before anything is looked at (401). What
else is answered to an empty list is published nowhere and says nothing against the key.
"""

from __future__ import annotations

import httpx

from sync.connectors.http import TIMEOUT, trusted
from sync.errors import SignInError, UnreachableError
from sync.settings import SalesScreenSettings

_PATH = "/api/v1/Record/Add"


def try_key(settings: SalesScreenSettings) -> None:
    """Raises SignInError when the key is refused, UnreachableError when nothing that could be SalesScreen answers."""
    settings.check()
    headers = {"apiKey": settings.api_key.get_secret_value()}
    try:
        with httpx.Client(timeout=TIMEOUT, verify=trusted(), follow_redirects=False) as http:
            answer = http.post(settings.url + _PATH, json=[], headers=headers)
    except httpx.TransportError as error:
        raise UnreachableError(
            "salesscreen",
            f"SalesScreen does not answer at {settings.url} ({type(error).__name__}).",
            "Check FIELDLINE_SALESSCREEN__URL and the network.",
        ) from error
    if answer.status_code in {401, 403}:
        raise SignInError(
            "salesscreen",
            f"SalesScreen did not accept the API key (HTTP {answer.status_code}).",
            "Check it, on the page Connections or in FIELDLINE_SALESSCREEN__API_KEY: Settings > Api Keys in SalesScreen.",
        )
    if (
        answer.status_code == 404
        or answer.status_code == 429
        or answer.status_code >= 500
        or answer.is_redirect
    ):
        raise UnreachableError(
            "salesscreen",
            f"SalesScreen could not say whether the key is good (HTTP {answer.status_code}).",
            "Try again in a minute.",
        )
