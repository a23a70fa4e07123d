"""SPOTIO's public API, as far as a mirror needs it. What is only assumed of it stands in one function each.

Source: SPOTIO's published OpenAPI and developer portal (authentication, paging, filtering).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self, TypeVar

import httpx
import msgspec

from sync.connectors.http import (
    TIMEOUT,
    Client,
    Meter,
    Session,
    TransientError,
    raise_if_transient,
    trusted,
)
from sync.errors import (
    NotFoundError,
    PermissionMissingError,
    RejectedError,
    SignInError,
    UnreachableError,
)
from sync.settings import SpotioSettings

Item = dict[str, Any]
Body = TypeVar("Body")
# The published document gives no cap for /many; a hundred ids keep the address short.
IDS_A_CALL = 100


class CursorLostError(RejectedError):
    """A scrollId is no longer kept; the scan starts again."""

    code = "locator_lost"


class HiddenError(RejectedError):
    """A single thing exists, or did, and our key may not see it: no evidence of a deletion (L-08)."""

    code = "hidden"


@dataclass(frozen=True)
class Scrolled:
    """One page of a scan and the cursor of the next, None at the end."""

    items: list[Item]
    scroll_id: str | None
    total: int | None = None


class SpotioApi:
    """What the mirror needs of one tenant."""

    def __init__(
        self,
        settings: SpotioSettings,
        stop: threading.Event | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self.client = Client(
            "spotio",
            self._sign_in,
            rate=settings.requests_per_second,
            concurrency=settings.concurrency,
            transport=transport,
            stop=stop,
            observe=self._note_time,
        )
        self.server_time = datetime.now(UTC)

    def _note_time(self, response: httpx.Response, _: Meter) -> None:
        """Keep SPOTIO's clock as of its last answer; ours until then, and when it does not tell."""
        self.server_time = _told_time(response.headers.get("Date")) or datetime.now(UTC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def workflow(self) -> Item:
        """Types, stages, fields, activity templates and company settings."""
        return self._one("/api/workflow")

    def categorization(self) -> Item:
        """The tenant's own definition of won and lost: `wonResult` and `lostResult`; empty when it has none (404)."""
        return self._find("/api/workflow/categorization") or {}

    def users(self) -> list[Item]:
        """All users of the company; the list has no stamps."""
        return self._list("/api/users")

    def teams(self) -> list[Item]:
        """All teams, with the ids of their own members as `usersIds`."""
        members = self._one("/api/Teams/users")
        return [{**team, "usersIds": members.get(team["id"], [])} for team in self._list("/api/Teams/all")]

    def team(self, team_id: str) -> Item | None:
        """One team, None when SPOTIO has no such one (404)."""
        return self._find(f"/api/Teams/{team_id}")

    def territories(self) -> list[Item]:
        """All territories, without their polygons."""
        return self._list("/api/Territories/all")

    def territory_shape(self, territory_id: str) -> Item | None:
        """One territory with its polygons; None when it is gone, HiddenError when our key may not see it."""
        return self._find(f"/api/Territories/{territory_id}")

    def records(self, updated_after: datetime | None, scroll_id: str | None = None) -> Iterator[Scrolled]:
        """The export feed: records updated after a moment, all of them without one."""
        params = {"updatedAfter": wire_time(updated_after)} if updated_after else {}
        return self._scroll("/api/Exports/dataObjects/data", params, "items", scroll_id=scroll_id)

    def records_named(self, ids: Sequence[str]) -> list[Item]:
        """Single reads of at most a hundred records; those that are gone or hidden are left out."""
        return self._list("/api/DataObjects/many", {"dataObjectsIds": ",".join(ids)})

    def record(self, record_id: str) -> Item | None:
        """One record, None when SPOTIO has no such one (404)."""
        found = self._find(f"/api/DataObjects/{record_id}")
        # One public client unwraps {"dataObject": ...}; the document says the bare object. Both are taken.
        return found.get("dataObject", found) if found else None

    def record_count(self) -> int | None:
        """How many records the search counts, apart from the feed."""
        answer = self._one("/api/DataObjectsSearch", {"perPage": 1})
        return answer.get("totalCount")

    def deleted_records(self, since: datetime | None, until: datetime) -> Iterator[Scrolled]:
        """Records deleted in a period."""
        params = {"endDate": wire_time(until)}
        if since is not None:
            params["startDate"] = wire_time(since)
        return self._scroll("/api/DataObjects/deleted", params, "deletedDataObjects")

    def activities(
        self, since: datetime | None, until: datetime | None, scroll_id: str | None = None
    ) -> Iterator[Scrolled]:
        """Done activities by their date; planned ones are in no list (A-05)."""
        params = {
            name: wire_time(moment)
            for name, moment in (("StartDate", since), ("EndDate", until))
            if moment is not None
        }
        return self._scroll("/api/v2/activities/feed", params, "items", "ScrollId", scroll_id)

    def activity(self, activity_id: str) -> Item | None:
        """One activity, planned or done; None when SPOTIO has no such one (404)."""
        return self._find(f"/api/v2/activities/{activity_id}")

    def activity_count(self) -> int | None:
        """How many done activities the export counts, apart from the feed."""
        answer = self.client.request("POST", "/api/Exports/activities/data", json={}, repeatable=True)
        total = decoded(answer, Item).get("totalCount")
        return None if total is None else int(total)

    def upcoming_appointments(self, record_id: str) -> list[Item]:
        """The planned appointments of a record, occurrences of series included; none when it is gone."""
        path = f"/api/DataObjects/{record_id}/appointments/upcoming"
        try:
            return [item for page in self._scroll(path, {}, "items") for item in page.items]
        except (NotFoundError, PermissionMissingError):
            return []

    def appointment(self, appointment_id: str) -> Item | None:
        """One appointment, None when SPOTIO has no such one (404)."""
        return self._find(f"/api/v2/appointments/{appointment_id}")

    def appointment_of(self, activity_id: str) -> Item | None:
        """The appointment behind an activity, None when there is none."""
        return self._find(f"/api/v2/appointments/byActivity/{activity_id}")

    def webhooks(self) -> Item:
        """The company's webhook secret and its endpoints."""
        return self._one("/api/Webhooks")

    def webhook_scopes(self) -> list[str]:
        """The kinds of events that an endpoint can ask for."""
        return decoded(self.client.request("GET", "/api/Webhooks/scopes"), list[str])

    def register_webhook(self, callback: str, scopes: Sequence[str]) -> None:
        """Ask SPOTIO to send these events to `callback`."""
        body = {"callback": callback, "scopes": list(scopes), "customHeaders": []}
        accepted(self.client.request("POST", "/api/Webhooks", json=body))

    def _sign_in(self) -> Session:
        """POST /api/users/apitoken; a bad key is 400 or 401, both are declared."""
        self._settings.check()
        body = {
            "clientId": self._settings.client_id,
            "secret": self._settings.secret.get_secret_value(),
        }
        try:
            with httpx.Client(timeout=TIMEOUT, transport=self._transport, verify=trusted()) as http:
                response = http.post(f"{self._settings.url}/api/users/apitoken", json=body)
        except (httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise TransientError(type(error).__name__, None) from error
        except httpx.TransportError as error:
            raise UnreachableError(
                "spotio",
                f"SPOTIO does not answer at {self._settings.url} ({type(error).__name__}).",
                "Check FIELDLINE_SPOTIO__URL and the network; the next run tries again.",
            ) from error
        raise_if_transient("spotio", response.status_code, response.headers)
        if response.status_code in {400, 401, 403}:
            raise SignInError(
                "spotio",
                f"SPOTIO did not accept the API key (HTTP {response.status_code}).",
                "Check it, on the page Connections or in FIELDLINE_SPOTIO__CLIENT_ID and __SECRET, and that the user who"
                " made the key is not suspended.",
            )
        if response.status_code >= 300:
            raise UnreachableError(
                "spotio",
                f"SPOTIO could not sign us in (HTTP {response.status_code}).",
                "The next run tries again.",
            )
        token = _token_of(response)
        if not token:
            raise UnreachableError(
                "spotio",
                f"Something answers at {self._settings.url}, but not as SPOTIO does.",
                "Check FIELDLINE_SPOTIO__URL, and whether a proxy stands in between.",
            )
        return Session(self._settings.url, {"Authorization": f"Bearer {token}"})

    def _scroll(
        self,
        path: str,
        params: Mapping[str, Any],
        items: str,
        cursor: str = "scrollId",
        scroll_id: str | None = None,
    ) -> Iterator[Scrolled]:
        """Repeat a request with its cursor until the cursor is null: that, not an empty page, is the end."""
        while True:
            asked = {**params, cursor: scroll_id} if scroll_id else dict(params)
            response = self.client.request("GET", path, params=asked)
            if scroll_id and response.status_code in {400, 404}:
                raise CursorLostError("spotio", "SPOTIO no longer keeps the place in its list.", status=404)
            page = decoded(response, Item)
            following = page.get("scrollId")
            rows: list[Item] = page.get(items) or []
            if not rows and following == scroll_id:
                following = None  # guard: an empty page that repeats its cursor would never end
            scroll_id = str(following) if following else None
            yield Scrolled(rows, scroll_id, page.get("totalCount"))
            if scroll_id is None:
                return

    def _one(self, path: str, params: Mapping[str, Any] | None = None) -> Item:
        return decoded(self.client.request("GET", path, params=params), Item)

    def _list(self, path: str, params: Mapping[str, Any] | None = None) -> list[Item]:
        return decoded(self.client.request("GET", path, params=params), list[Item])

    def _find(self, path: str) -> Item | None:
        try:
            return self._one(path)
        except NotFoundError:
            return None
        except PermissionMissingError as error:
            raise HiddenError("spotio", "SPOTIO does not show this to our API key.", status=403) from error


def wire_time(moment: datetime) -> str:
    """A moment as SPOTIO's parameters take it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told_time(date: str | None) -> datetime | None:
    """The moment of a Date header; None for none, and for one that something in between has spoilt."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None


def decoded(response: httpx.Response, kind: type[Body]) -> Body:
    """An accepted answer's JSON; whatever stands in between may answer 200 with something else."""
    try:
        return msgspec.json.decode(accepted(response).content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RejectedError(
            "spotio",
            f"SPOTIO's answer to {response.request.url.path} is not what was asked for ({error}).",
            "The next run asks again.",
            status=response.status_code,
        ) from error


def _token_of(response: httpx.Response) -> str | None:
    try:
        token = msgspec.json.decode(response.content, type=Item).get("accessToken")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return token if isinstance(token, str) else None


def accepted(response: httpx.Response) -> httpx.Response:
    """The answer when it is one; else the refusal as a typed error, in SPOTIO's words."""
    if response.status_code < 300:
        return response
    said = message_of(response)
    if response.status_code == 403:
        raise PermissionMissingError(
            "spotio",
            f"SPOTIO refuses this to our API key: {said}",
            "Make the key as a user with the Admin role.",
        )
    kind: Callable[..., RejectedError] = NotFoundError if response.status_code == 404 else RejectedError
    raise kind("spotio", f"SPOTIO refused: {said}", status=response.status_code)


def message_of(response: httpx.Response) -> str:
    """The text of {"errors": {field: message}}; the schema leaves `errors` untyped, so anything may come."""
    try:
        errors = response.json().get("errors")
    except (ValueError, AttributeError):
        errors = None
    if isinstance(errors, dict) and errors:
        return "; ".join(str(text) if name == "_" else f"{name}: {text}" for name, text in errors.items())
    return str(errors) if errors else f"HTTP {response.status_code}"
