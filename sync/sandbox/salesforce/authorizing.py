"""The pages of /services/oauth2/authorize: a person signs in, and allows or denies what an app asks for.

Every active user has the password that the SOAP login takes. What cannot be trusted to be the app's own address is
never sent there: such a request ends on a page that says what is wrong (RFC 6749, 4.1.2.1).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from sync.sandbox.salesforce.grants import Grants, Wish
from sync.sandbox.salesforce.http import Answer, query_of
from sync.sandbox.salesforce.org import Row
from sync.sandbox.salesforce.soap_api import PASSWORD

_PATH = "/services/oauth2/authorize"
_SCOPES = {
    "api": "Manage user data via APIs",
    "id": "Access the identity URL service",
    "openid": "Access unique user identifiers",
    "profile": "Access your profile",
    "email": "Access your e-mail address",
    "web": "Manage user data via web browsers",
    "full": "Full access",
    "refresh_token": "Perform requests at any time",
    "offline_access": "Perform requests at any time",
}
_DEFAULT_SCOPE = "id api"
_ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip


class Authorizing:
    """`find_user` gives the active user of a user name."""

    def __init__(self, client_id: str, grants: Grants, find_user: Callable[[str], Row | None]) -> None:
        self._client_id, self._grants, self._find_user = client_id, grants, find_user
        self._waiting: dict[str, tuple[Wish, str]] = {}

    def answer(self, method: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The login page, the question, or the way back to the app."""
        form = query_of(body.decode("utf-8", "replace")) if method == "POST" else {}
        if "ticket" in form:
            return self._decided(form["ticket"], form.get("decision", ""))
        asked = {name: (form or query).get(name, "") for name in _ASKED}
        refused = self._refusal(asked)
        if refused is not None:
            return refused
        if method != "POST":
            return _page("Login", _login(asked, query.get("login_hint", "")))
        user = self._find_user(form.get("username", ""))
        if user is None or form.get("password") != PASSWORD:
            wrong = "Please check your username and password. If you still can't log in, contact your Salesforce administrator."
            return _page("Login", _login(asked, form.get("username", ""), wrong))
        wish = Wish(
            user["Id"], asked["redirect_uri"], asked["scope"] or _DEFAULT_SCOPE, asked["code_challenge"]
        )
        ticket = secrets.token_urlsafe(24)
        self._waiting[ticket] = (wish, asked["state"])
        return _page("Allow Access?", _question(wish, str(user["Username"]), ticket))

    def _refusal(self, asked: Mapping[str, str]) -> Answer | None:
        if asked["client_id"] != self._client_id:
            return _wrong("invalid_client_id", "client identifier invalid")
        policy = self._grants.policy
        if not policy.may_call_back(asked["redirect_uri"]):
            return _wrong("redirect_uri_mismatch", "redirect_uri must match configuration")
        if asked["response_type"] != "code":
            return _back(asked, error="unsupported_response_type", error_description="response type not supported")  # fmt: skip
        if not set(asked["scope"].split()) <= _SCOPES.keys():
            return _back(asked, error="invalid_scope", error_description="the requested scope is not allowed")
        if policy.pkce_required and not asked["code_challenge"]:
            return _back(asked, error="invalid_request", error_description="missing required code challenge")
        if asked["code_challenge"] and asked["code_challenge_method"] != "S256":
            return _back(asked, error="invalid_request", error_description="invalid code challenge method")
        return None

    def _decided(self, ticket: str, decision: str) -> Answer:
        waiting = self._waiting.pop(ticket, None)
        if waiting is None:
            return _wrong("invalid_request", "the page was used before")
        wish, state = waiting
        where = {"redirect_uri": wish.redirect_uri, "state": state}
        if decision != "allow":
            return _back(where, error="access_denied", error_description="end-user denied authorization")
        return _back(where, code=self._grants.allow(wish))


def _back(asked: Mapping[str, str], **said: str) -> Answer:
    """The browser's way back to the app, with the state that it gave."""
    said |= {"state": asked["state"]} if asked["state"] else {}
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return Answer(status=302, headers={"Location": asked["redirect_uri"] + joint + urlencode(said)})


def _wrong(error: str, description: str) -> Answer:
    text = f"error={error}&error_description={quote(description)}"
    return _page("OAuth Error", f"<h1>OAuth Error</h1><p>{escape(text)}</p>", 400)


def _login(asked: Mapping[str, str], username: str, wrong: str = "") -> str:
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items()
    )
    said = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    return (
        f'<h1>Log in to Salesforce</h1>{said}<form method="post" action="{_PATH}">{kept}'
        f'<p><label>Username <input name="username" value="{escape(username)}" autocomplete="off"></label></p>'
        '<p><label>Password <input name="password" type="password"></label></p>'
        '<p><button type="submit">Log In</button></p></form>'
    )


def _question(wish: Wish, username: str, ticket: str) -> str:
    rights = "".join(f"<li>{escape(_SCOPES[name])}</li>" for name in wish.scope.split())
    return (
        f"<h1>Allow Access?</h1><p>The connected app is asking to:</p><ul>{rights}</ul>"
        f"<p>Do you want to allow access for {escape(username)}?</p>"
        f'<form method="post" action="{_PATH}"><input type="hidden" name="ticket" value="{ticket}">'
        '<button name="decision" value="deny">Deny</button> <button name="decision" value="allow">Allow</button></form>'
    )


def _page(title: str, content: str, status: int = 200) -> Answer:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} | Salesforce</title></head><body><main>{content}</main></body></html>"
    )
    headers = {"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-cache, no-store"}
    return Answer(html.encode(), status, headers)
