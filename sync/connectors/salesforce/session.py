"""Sign in and describe through simple-salesforce; its types and exceptions stay in this file. A person's sign-in is grant.py's.

It has no timeouts, sends only https to its own login hosts, and loops on a steady 401 when it holds
credentials. So it gets a requests session of ours (timeouts; for a stand-in on loopback an adapter that goes
to plain http) and, after the sign-in, only the session id: an expired one then raises instead of looping.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError

from sync.connectors.http import Client, Session, TransientError, raise_if_transient
from sync.errors import (
    BudgetSpentError,
    FieldlineError,
    NotFoundError,
    PermissionMissingError,
    RejectedError,
    SignInError,
    UnreachableError,
)
from sync.settings import Grant, SalesforceSettings

_STAND_IN_DOMAIN = "acme.my"
_TIMEOUT_SECONDS = (10, 60)
# What simple-salesforce raises for a refused sign-in whose body is not the object that it expects.
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class Described:
    """A describe answer and the stamp with which the next one is asked for conditionally."""

    answer: Mapping[str, Any]
    last_modified: str


class _TimedSession(requests.Session):
    """A session with timeouts that keeps its last answer, whose headers simple-salesforce does not hand out."""

    last: requests.Response | None = None

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", _TIMEOUT_SECONDS)
        self.last = super().request(*args, **kwargs)
        return self.last


class _LoopbackAdapter(HTTPAdapter):
    """Send what simple-salesforce addresses to https to a stand-in's plain http address instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._target = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.url = urlunsplit(parts._replace(scheme="http", netloc=self._target.netloc))
        return super().send(request, *args, **kwargs)


def _requests_session(url: str) -> _TimedSession:
    session = _TimedSession()
    if url.startswith("http://"):  # settings let this pass on loopback only
        adapter = _LoopbackAdapter(url)
        session.mount(f"https://{_STAND_IN_DOMAIN}.salesforce.com", adapter)
        session.mount(f"https://{urlsplit(url).netloc}", adapter)
    return session


def _domain(url: str) -> str:
    if url.startswith("http://"):
        return _STAND_IN_DOMAIN
    return (urlsplit(url).hostname or "").removesuffix(".salesforce.com")


def signing_in(settings: SalesforceSettings) -> Callable[[], Session]:
    """A function that signs in, as a person did or with client credentials, and gives the session for the REST API.

    It raises SignInError when Salesforce refuses, UnreachableError when it cannot be reached, TransientError for
    what passes by itself.
    """

    given: str | None = None

    def by_grant(grant: Grant) -> Session:
        # Others use the same grant: only the token that was refused to us is stale, and theirs may be newer already.
        nonlocal given
        access = grant.access(stale=given)
        given = access.token
        return Session(access.url, {"Authorization": f"Bearer {access.token}"})

    def sign_in() -> Session:
        settings.check()
        if settings.grant is not None:
            return by_grant(settings.grant)
        # Late: importing it takes half a second, which a command that never signs in need not wait for.
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed
        from simple_salesforce.login import SalesforceLogin

        http = _requests_session(settings.url)
        try:
            session_id, instance = SalesforceLogin(
                session=http,
                consumer_key=settings.client_id,
                consumer_secret=settings.client_secret.get_secret_value(),
                domain=_domain(settings.url),
                sf_version=settings.api_version,
            )
        except (SalesforceAuthenticationFailed, *_UNREADABLE) as error:
            _check(http.last)
            raise SignInError(
                "salesforce",
                f"Salesforce did not accept the client id and secret ({_said(http.last)}).",
                "Check them, on the page Connections or in FIELDLINE_SALESFORCE__CLIENT_ID and __CLIENT_SECRET, and that"
                " the connected app allows the client credentials flow.",
            ) from error
        except requests.RequestException as error:
            raise unanswered(settings.url, error) from error
        base = settings.url if settings.url.startswith("http://") else f"https://{instance}"
        return Session(base_url=base, headers={"Authorization": f"Bearer {session_id}"})

    return sign_in


def describe(
    client: Client, settings: SalesforceSettings, sobject: str, since: str | None = None
) -> Described | None:
    """Describe one object; None when it has not changed since `since` (a Last-Modified stamp of an earlier answer).

    Raises NotFoundError when the account sees no such object. Source: sObject Describe, If-Modified-Since.
    """
    from simple_salesforce import exceptions

    session = client.session()
    for fresh in (False, True):
        try:
            return client.repeating(partial(_describe, client, settings, sobject, since, session))
        except exceptions.SalesforceExpiredSession:
            if not fresh:
                session = client.session(stale=session)
    raise SignInError("salesforce", "Salesforce refuses the session it has just given out.")


def _describe(
    client: Client, settings: SalesforceSettings, sobject: str, since: str | None, session: Session
) -> Described | None:
    from simple_salesforce import exceptions

    http = _requests_session(session.base_url)
    started = time.monotonic()
    try:
        with client.slot():
            answer = _sf_type(session, settings, sobject, http).describe(
                headers={"If-Modified-Since": since} if since else None
            )
    except exceptions.SalesforceExpiredSession:
        raise
    except exceptions.SalesforceError as error:
        if http.last is not None and http.last.status_code == 304:
            return None
        _check(http.last)
        raise _refused(sobject, error) from error
    except requests.RequestException as error:
        raise unanswered(session.base_url, error) from error
    finally:
        client.count(time.monotonic() - started)
    modified = http.last.headers.get("Last-Modified", "") if http.last is not None else ""
    return Described(dict(answer), modified)


def _sf_type(session: Session, settings: SalesforceSettings, sobject: str, http: requests.Session) -> Any:
    from simple_salesforce.api import SFType

    return SFType(
        sobject,
        session.headers["Authorization"].removeprefix("Bearer "),
        urlsplit(session.base_url).netloc,
        sf_version=settings.api_version,
        session=http,
    )


def _refused(sobject: str, error: Any) -> FieldlineError:
    status = int(getattr(error, "status", 0) or 0)
    if status == 404:
        return NotFoundError(
            "salesforce",
            f"Salesforce shows this account no object '{sobject}'.",
            "Check its name in FIELDLINE_SALESFORCE__OBJECTS and the account's permission to read it.",
            status=status,
        )
    if "REQUEST_LIMIT_EXCEEDED" in str(getattr(error, "content", "")):
        return BudgetSpentError(
            "salesforce",
            "Salesforce counts no more calls today.",
            "Reading goes on when the org's 24-hour window moves.",
        )
    if status == 403:
        return PermissionMissingError(
            "salesforce",
            f"Salesforce refuses to describe {sobject} to our account.",
            "Give the account behind the connected app 'API Enabled' and read access to the mirrored objects.",
        )
    return RejectedError(
        "salesforce", f"Salesforce did not describe {sobject}: {error}.", "Try again.", status=status
    )


def _check(answer: requests.Response | None) -> None:
    if answer is not None:
        raise_if_transient("salesforce", answer.status_code, answer.headers)


def unanswered(url: str, error: requests.RequestException) -> Exception:
    """A connection that was made and then lost may hold the next time; one that cannot be made is said at once."""
    cause = error.args[0] if error.args else None
    if isinstance(error, requests.ReadTimeout | requests.exceptions.ChunkedEncodingError) or isinstance(
        cause, ProtocolError
    ):
        return TransientError(type(error).__name__, None)
    return UnreachableError(
        "salesforce",
        f"Salesforce does not answer at {url} ({type(error).__name__}).",
        "Check FIELDLINE_SALESFORCE__URL and the network; the next run tries again.",
    )


def _said(answer: requests.Response | None) -> str:
    """What a refused sign-in was told: OAuth's description, else the status."""
    try:
        told = answer.json() if answer is not None else None
    except ValueError:
        told = None
    if isinstance(told, dict) and told.get("error_description"):
        return str(told["error_description"])
    return f"HTTP {answer.status_code}" if answer is not None else "no answer"
