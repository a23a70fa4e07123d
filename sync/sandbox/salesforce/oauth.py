"""Signing in and identity: the token endpoint, userinfo, revoke and the identity URL.

Client credentials, the web server flow with PKCE and the refresh of what it gave work here; the other grants get the
error that an org gives which does not allow them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from sync.sandbox.salesforce.authorizing import Authorizing
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.grants import GrantError, Grants
from sync.sandbox.salesforce.http import Answer, query_of
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.org import Org, Row
from sync.sandbox.salesforce.sessions import Sessions
from sync.sandbox.salesforce.values import parse_instant

_GRANTS = ("client_credentials", "authorization_code", "refresh_token")
_REFUSED_GRANTS = {
    "password": "authentication failure",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "user hasn't approved this consumer",
}


class OAuth:
    def __init__(self, org: Org, sessions: Sessions, grants: Grants, public_url: str) -> None:
        self._org, self._sessions, self._grants = org, sessions, grants
        self._url = public_url.rstrip("/")
        self._authorizing = Authorizing(sessions.client_id, grants, self._active_user)

    def authorize(self, method: str, query: Mapping[str, str], body: bytes) -> Answer:
        """GET and POST /services/oauth2/authorize: the pages for a person."""
        return self._authorizing.answer(method, query, body)

    def token(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST /services/oauth2/token, form-encoded; credentials in the body or as Basic."""
        form = query_of(body.decode("utf-8", "replace"))
        grant = form.get("grant_type", "")
        if grant in _REFUSED_GRANTS:
            return _refused("invalid_grant", _REFUSED_GRANTS[grant])
        if grant not in _GRANTS:
            return _refused("unsupported_grant_type", "grant type not supported")
        id, secret = _basic(headers) or (form.get("client_id", ""), form.get("client_secret", ""))
        if id != self._sessions.client_id:
            return _refused("invalid_client_id", "client identifier invalid")
        needed = grant == "client_credentials" or self._grants.policy.secret_required
        right = hmac.compare_digest(secret.encode(), self._sessions.client_secret.encode())
        if not right and (secret or needed):
            return _refused("invalid_client", "invalid client credentials")
        if grant == "client_credentials":
            return self._by_credentials()
        try:
            if grant == "refresh_token":
                given, token = self._grants.refresh(form.get("refresh_token", ""))
            else:
                given, token = self._grants.exchange(
                    form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", "")
                )
        except GrantError as error:
            return _refused(error.error, error.description)
        if not self._is_active(given.user_id):
            return _refused("inactive_user", "user is inactive")
        renewed = grant != "refresh_token" or self._grants.policy.rotation
        refresh = {"refresh_token": given.refresh_token} if given.refresh_token and renewed else {}
        return self._given(given.user_id, token, given.scope, refresh)

    def _by_credentials(self) -> Answer:
        user_id = self._org.integration_user_id
        if not self._is_active(user_id):
            return _refused("invalid_grant", "inactive user")
        return self._given(user_id, self._sessions.open(user_id), "id api", {})

    def _given(self, user_id: str, token: str, scope: str, refresh: Mapping[str, str]) -> Answer:
        identity = self._identity_url(user_id)
        issued_at = str(int(self._org.clock.now().timestamp() * 1000))
        answer = {
            "access_token": token,
            **refresh,
            "signature": self._sessions.sign(identity, issued_at),
            "scope": scope,
            "instance_url": self._url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }
        return Answer(answer, headers={"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"})

    def _is_active(self, user_id: str) -> bool:
        user = self._org.get("User", user_id)
        return bool(user and user["IsActive"])

    def _active_user(self, username: str) -> Row | None:
        where = '"Username" = ? AND "IsActive" = 1'
        return next(self._org.tables.select(self._org.sobject("User"), where, (username,)), None)

    def revoke(self, body: bytes, query: Mapping[str, str]) -> Answer:
        token = query_of(body.decode("utf-8", "replace")).get("token") or query.get("token", "")
        return Answer() if self._grants.revoke(token) else _refused("invalid_token", "invalid token")

    def userinfo(self, user_id: str) -> Answer:
        """The user as OpenID Connect describes people; clients exist that demand every key."""
        user = self._user(user_id)
        return Answer(
            {
                "sub": self._identity_url(user_id),
                "user_id": user_id,
                "organization_id": self._org.organization_id,
                "preferred_username": user["Username"],
                "nickname": user["CommunityNickname"] or user["Alias"],
                "name": user["Name"],
                "email": user["Email"],
                "email_verified": True,
                "given_name": user["FirstName"],
                "family_name": user["LastName"],
                "zoneinfo": user["TimeZoneSidKey"],
                "photos": self._photos(),
                "profile": f"{self._url}/{user_id}",
                "picture": self._photos()["picture"],
                "address": {"country": user["Country"]},
                "urls": self._urls(),
                "active": user["IsActive"],
                "user_type": "STANDARD",
                "language": user["LanguageLocaleKey"],
                "locale": user["LocaleSidKey"],
                "utcOffset": 0,
                "updated_at": parse_instant(user["LastModifiedDate"]).isoformat().replace("+00:00", "Z"),
            }
        )

    def identity(self, organization_id: str, user_id: str) -> Answer:
        """GET /id/<organization>/<user>."""
        if full_id(organization_id) != self._org.organization_id:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        user = self._user(full_id(user_id) or user_id)
        return Answer(
            {
                "id": self._identity_url(user["Id"]),
                "asserted_user": True,
                "user_id": user["Id"],
                "organization_id": self._org.organization_id,
                "username": user["Username"],
                "nick_name": user["CommunityNickname"] or user["Alias"],
                "display_name": user["Name"],
                "email": user["Email"],
                "email_verified": True,
                "first_name": user["FirstName"],
                "last_name": user["LastName"],
                "timezone": user["TimeZoneSidKey"],
                "photos": self._photos(),
                "urls": self._urls(),
                "active": user["IsActive"],
                "user_type": "STANDARD",
                "language": user["LanguageLocaleKey"],
                "locale": user["LocaleSidKey"],
                "utcOffset": 0,
                "last_modified_date": user["LastModifiedDate"],
            }
        )

    def _user(self, user_id: str) -> Row:
        user = self._org.get("User", user_id)
        if user is None:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        return user

    def _identity_url(self, user_id: str) -> str:
        return f"{self._url}/id/{self._org.organization_id}/{user_id}"

    def _photos(self) -> dict[str, str]:
        return {
            "picture": f"{self._url}/profilephoto/005/F",
            "thumbnail": f"{self._url}/profilephoto/005/T",
        }

    def _urls(self) -> dict[str, str]:
        rest = f"{self._url}/services/data/v{{version}}/"
        return {
            "rest": rest,
            "sobjects": f"{rest}sobjects/",
            "query": f"{rest}query/",
            "search": f"{rest}search/",
            "recent": f"{rest}recent/",
        }


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return id, secret


def _refused(error: str, description: str) -> Answer:
    body: dict[str, Any] = {"error": error, "error_description": description}
    return Answer(body, 400, {"Cache-Control": "no-cache, no-store"})
