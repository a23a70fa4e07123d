"""Tokens and users."""

from typing import Any

from sync.sandbox.spotio.errors import SpotioError, forbidden, invalid
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.paging import SIZE_MAX
from sync.sandbox.spotio.parse import optional_int, optional_text, texts
from sync.sandbox.spotio.store import Row, words

LIST_SIZE = 20
"""Default page size of the user lists, which the contract states."""

_BASIC = words(
    "suspended email status externalSystemUserId id role firstName lastName isReadonly "
    "isInSalesforce territoryGlobalAccess visible visibleInReports"
)
_FLAGS = ("isReadonly", "isInSalesforce", "territoryGlobalAccess", "visible", "visibleInReports")


def api_token(call: Call) -> Any:
    """A key acts as the administrator who made it, or as the user it impersonates; neither may be suspended."""
    body, standin = call.object(), call.standin
    if (body.get("clientId"), body.get("secret")) != (standin.client_id, standin.secret):
        raise SpotioError({"_": "The client id or the secret is wrong."}, 401)
    owner = call.tenant.store.row("users", standin.key_owner_id)
    impersonated = optional_text(body, "impersonatedUserId")
    user = call.tenant.people.user(impersonated) if impersonated else owner
    if owner is None or user is None or owner["status"] != "active" or user["status"] != "active":
        raise SpotioError({"_": "The user of this key is not active."}, 401)
    return {"accessToken": standin.tokens.mint(user["id"])}


def basic(user: Row) -> Row:
    """User."""
    shown = {name: user[name] for name in _BASIC}
    shown |= {name: bool(user[name]) for name in _FLAGS}
    return shown | {"chatUserId": None, "userPicUrl": None, "authorizationProvider": "spotio"}


def details(call: Call, user: Row) -> Row:
    """UserDetails."""
    names = ("phone", "updatedAt", "createdAt", "lastLoginAt", "timezone", "invitedAt")
    inviter = call.tenant.store.row("users", user["inviterId"])
    shown = basic(user) | {name: user[name] for name in names}
    shown |= {
        "companyId": call.standin.company_id,
        "companyName": call.tenant.workflow.settings["name"],
        "territoryIds": user["territoryIds"] or [],
        "teamsIds": call.tenant.people.teams_of(user["id"]),
        "isGoogleAccount": False,
        "weeklyUpdates": False,
        "dailyUpdates": False,
        "deletable": False,
    }
    if inviter is not None:
        simple = ("id", "role", "firstName", "lastName", "userPicUrl", "authorizationProvider")
        shown["inviter"] = {name: basic(inviter)[name] for name in simple}
    return shown


def full(call: Call, user: Row) -> Row:
    """UserFull."""
    return details(call, user) | {
        "attentionUpdates": False,
        "language": "en",
        "trial": False,
        "trialDaysLeft": 0,
        "emailConfirmed": user["status"] != "invited",
        "salesforceEnabled": False,
        "hailtraceEnabled": False,
        "invitationAcceptedAt": user["invitationAcceptedAt"],
        "activeDirectoryEnabled": False,
    }


def list_users(call: Call) -> Any:
    wanted = set(call.names("territoryIds"))
    users = call.tenant.people.users()
    return [basic(user) for user in users if not wanted or wanted & set(user["territoryIds"] or [])]


def list_details(call: Call) -> Any:
    """A bare array for all that it takes a cursor; its items are short like those of the plain list."""
    status, query = (call.text("status") or "").lower(), (call.text("query") or "").lower()
    team_id, territory_id = call.text("teamId"), call.text("territoryId")
    members = call.tenant.people.members(team_id) if team_id else None
    return [
        basic(user)
        for user in call.tenant.people.users()
        if (not status or user["status"] == status)
        and _matches(user, query)
        and (members is None or user["id"] in members)
        and (territory_id is None or territory_id in (user["territoryIds"] or []))
    ]


def page_users(call: Call) -> Any:
    """GET /api/v2/users/list and its deprecated namesake."""
    statuses = {status.lower() for status in call.names("statuses")}
    roles = {role.lower() for role in call.names("roles")}
    ids, visible = set(call.names("userIds")), call.flag("visible")
    if call.flag("showOnlyVisible"):
        visible = True
    territories, query = set(call.names("territoryIds")), (call.text("q") or "").lower()
    size = min(call.number("pageSize") or LIST_SIZE, SIZE_MAX)
    if size < 1:
        raise invalid("pageSize", "At least 1 is expected.")
    found = [
        int(user["id"])
        for user in call.tenant.people.users()
        if (not statuses or user["status"] in statuses)
        and (not roles or user["role"].lower() in roles)
        and (not ids or user["id"] in ids)
        and (visible is None or bool(user["visible"]) == visible)
        and (not territories or territories & set(user["territoryIds"] or []))
        and _matches(user, query)
    ]
    page = call.standin.cursors.page("users", call.text("scrollId"), size, lambda: found)
    return {
        "scrollId": page.scroll_id,
        "items": [basic(call.tenant.people.user(str(key))) for key in page.keys],
    }


def _matches(user: Row, query: str) -> bool:
    return query in f"{user['firstName']} {user['lastName']} {user['email']}".lower()


def search_users(call: Call) -> Any:
    """Those whom the query of a GET or the body of a POST describes; the cursor is a count of those passed."""
    found, asked = _searched(call)
    start = optional_int(asked, "scrollId") or 0
    size = optional_int(asked, "pageSize") or LIST_SIZE
    if start < 0 or size < 1:
        raise invalid("pageSize", "At least 1 is expected.")
    end = start + min(size, SIZE_MAX)
    return {
        "scrollId": end if end < len(found) else None,
        "items": [basic(user) for user in found[start:end]],
    }


def count_users(call: Call) -> Any:
    return {"userCount": len(_searched(call)[0])}


def _searched(call: Call) -> tuple[list[Row], Row]:
    """The users wanted, and what was asked. `groups` holds teams, those below them included."""
    asked = dict(call.object()) if call.body is not None else _search_query(call)
    members = {user for team in texts(asked, "groups") for user in call.tenant.people.members(team)}
    query = (optional_text(asked, "name") or "").lower()
    flags = {name: asked[name] for name in _SEARCH_FLAGS if asked.get(name) is not None}
    found = [
        user
        for user in call.tenant.people.users()
        if query in f"{user['firstName']} {user['lastName']}".lower()
        and (not texts(asked, "groups") or user["id"] in members)
        # A SPOTIO phone is a number rented for calls from the app; nobody of this company has one.
        and asked.get("hasSpotioPhone") is not True
        and all(bool(user[name]) == bool(wanted) for name, wanted in flags.items())
    ]
    return found, asked


def _search_query(call: Call) -> Row:
    asked: Row = {name: call.text(name) for name in ("name", "scrollId", "pageSize")}
    flags = {name: call.flag(name) for name in (*_SEARCH_FLAGS, "hasSpotioPhone")}
    return asked | flags | {"groups": call.names("groups")}


_SEARCH_FLAGS = ("territoryGlobalAccess", "visible", "visibleInReports")


def by_external_id(call: Call) -> Any:
    external_id = call.text("id")
    found = [user for user in call.tenant.people.users() if user["externalSystemUserId"] == external_id]
    if external_id is None or not found:
        raise invalid("id", f"User with external id: {external_id} does not exist.")
    return basic(found[0])


def invite_user(call: Call) -> Any:
    call.require_manager()
    user_id = call.tenant.people.invite(call.user_id, call.object())
    return details(call, call.tenant.people.user(user_id))


def reinvite_user(call: Call) -> Any:
    call.require_manager()
    call.tenant.people.reinvite(call.parts["id"])
    return full(call, call.tenant.people.user(call.parts["id"]))


def replace_user(call: Call) -> Any:
    """Sales people change themselves only, and not what they may do."""
    if call.user["role"] == "Sales":
        role = str(call.object().get("role") or "Sales")
        if call.user_id != call.parts["id"] or role.lower() != "sales":
            raise forbidden("Sales people may not manage users.")
    call.tenant.people.replace(call.user_id, call.parts["id"], call.object())
    return True


def block_user(call: Call) -> Any:
    call.require_manager()
    call.tenant.people.suspend(call.parts["id"])
    return True


ROUTES = (
    Route("POST", "/api/users/apitoken", api_token, public=True),
    Route("GET", "/api/users", list_users, invalid=422),
    Route("POST", "/api/users", invite_user, invalid=422),
    Route("GET", "/api/users/details", list_details),
    Route("GET", "/api/users/list", page_users, invalid=422),
    Route("GET", "/api/v2/users/list", page_users, invalid=422),
    Route("GET", "/api/users/search", search_users, invalid=422),
    Route("POST", "/api/users/search", search_users, invalid=422),
    Route("GET", "/api/users/search/totalCount", count_users, invalid=422),
    Route("POST", "/api/users/search/totalCount", count_users, invalid=422),
    Route("GET", "/api/users/externalSystemUserId", by_external_id, invalid=422),
    Route("PUT", "/api/users/{id}", replace_user, invalid=422),
    Route("POST", "/api/users/{id}/block", block_user, invalid=422),
    Route("POST", "/api/users/{id}/invite", reinvite_user, invalid=422),
)
