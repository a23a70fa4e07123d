"""Users and teams. A user is invited, active or suspended; nobody is ever removed over the API."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import SpotioError, invalid, not_found
from sync.sandbox.spotio.parse import optional_text, texts
from sync.sandbox.spotio.store import Row, Store

ROLES = ("Admin", "Manager", "Sales")


class People:
    def __init__(self, store: Store) -> None:
        self._store = store

    def users(self) -> list[Row]:
        return self._store.rows("users", order="id")

    def user(self, user_id: str) -> Row:
        row = self._store.row("users", user_id)
        if row is None:
            raise not_found("User", user_id)
        return row

    def find(self, id_or_email: str) -> Row | None:
        found = self._store.rows("users", "id = ? or lower(email) = lower(?)", (id_or_email, id_or_email))
        return found[0] if found else None

    def first_admin(self) -> Row | None:
        admins = self._store.rows("users", "role = 'Admin'", order="id")
        return admins[0] if admins else None

    def invite(self, by: str, request: Mapping[str, Any]) -> str:
        now = self._store.now()
        row = self._read(request, None) | {"status": "invited", "suspended": False, "inviterId": by}
        row |= {"invitedAt": now, "createdAt": now, "updatedAt": now, "isReadonly": False}
        row |= {"isInSalesforce": False, "timezone": self._store.workflow.settings["timezone"]}
        user_id = self._store.insert("users", row)
        self._join_teams(by, user_id, texts(request, "teamsIds"))
        return user_id

    def reinvite(self, user_id: str) -> None:
        if self.user(user_id)["status"] != "invited":
            raise invalid("_", "Only invited users can be invited again.")
        now = self._store.now()
        self._store.update("users", user_id, {"invitedAt": now, "updatedAt": now})

    def replace(self, by: str, user_id: str, request: Mapping[str, Any]) -> None:
        """PUT: what the request leaves out is emptied; `suspended: false` lifts a suspension."""
        row = self.user(user_id)
        changes = self._read(request, user_id) | {"updatedAt": self._store.now()}
        if row["suspended"] and request.get("suspended") is False:
            changes |= {"suspended": False, "status": "active"}
        self._store.update("users", user_id, changes)
        self._join_teams(by, user_id, texts(request, "teamsIds"))

    def suspend(self, user_id: str) -> None:
        if self.user(user_id)["status"] != "active":
            raise invalid("_", "Only active users can be suspended.")
        changes = {"status": "suspended", "suspended": True, "updatedAt": self._store.now()}
        self._store.update("users", user_id, changes)

    def unsuspend(self, user_id: str) -> None:
        if not self.user(user_id)["suspended"]:
            raise invalid("id", "The user is not suspended.")
        changes = {"status": "active", "suspended": False, "updatedAt": self._store.now()}
        self._store.update("users", user_id, changes)

    def accept_invite(self, user_id: str) -> None:
        if self.user(user_id)["status"] != "invited":
            raise invalid("id", "The user has no open invitation.")
        now = self._store.now()
        changes = {"status": "active", "invitationAcceptedAt": now, "lastLoginAt": now, "updatedAt": now}
        self._store.update("users", user_id, changes)

    def teams(self) -> list[Row]:
        return self._store.rows("teams", order="id")

    def team(self, team_id: str) -> Row:
        row = self._store.row("teams", team_id)
        if row is None:
            raise not_found("Team", team_id)
        return row

    def teams_of(self, user_id: str) -> list[str]:
        return [team["id"] for team in self.teams() if user_id in (team["usersIds"] or [])]

    def members(self, team_id: str) -> list[str]:
        """Users of a team and of the teams nested in it."""
        rows = self.teams()
        wanted = {team_id}
        while more := {row["id"] for row in rows if row["parentId"] in wanted} - wanted:
            wanted |= more
        found = [user for row in rows if row["id"] in wanted for user in row["usersIds"] or []]
        return sorted(set(found), key=int)

    def create_team(self, by: str, request: Mapping[str, Any]) -> str:
        now = self._store.now()
        row = self._read_team(request, None) | {"visible": True, "assignable": True}
        row |= {"createdById": by, "updatedById": by, "createdAt": now, "updatedAt": now}
        team_id = self._store.insert("teams", row)
        for user_id in row["usersIds"]:
            self._log_team(by, user_id, team_id, "added")
        return team_id

    def replace_team(self, by: str, team_id: str, request: Mapping[str, Any]) -> None:
        before = set(self.team(team_id)["usersIds"] or [])
        row = self._read_team(request, team_id)
        row |= {"updatedById": by, "updatedAt": self._store.now()}
        self._store.update("teams", team_id, row)
        for user_id in sorted(set(row["usersIds"]) ^ before):
            self._log_team(by, user_id, team_id, "removed" if user_id in before else "added")

    def delete_team(self, team_id: str) -> None:
        row = self.team(team_id)
        self._store.delete("teams", team_id)
        for child in self._store.rows("teams", "parentId = ?", (team_id,)):
            self._store.update("teams", child["id"], {"parentId": row["parentId"]})

    def team_logs(self, team_id: str | None, user_id: str | None) -> list[Row]:
        """Who joined and left which team, the newest first."""
        logs = self._store.rows("team_logs", order="id desc")
        return [
            log
            for log in logs
            if (team_id is None or log["teamId"] == team_id) and (user_id is None or log["userId"] == user_id)
        ]

    def _join_teams(self, by: str, user_id: str, team_ids: list[str]) -> None:
        """Make these the user's teams."""
        for team in self.teams():
            members = team["usersIds"] or []
            if (user_id in members) == (team["id"] in team_ids):
                continue
            joins = team["id"] in team_ids
            members = [*members, user_id] if joins else [other for other in members if other != user_id]
            changes = {"usersIds": members, "updatedById": by, "updatedAt": self._store.now()}
            self._store.update("teams", team["id"], changes)
            self._log_team(by, user_id, team["id"], "added" if joins else "removed")

    def _log_team(self, by: str, user_id: str, team_id: str, action: str) -> None:
        entry = {"userId": user_id, "teamId": team_id, "who": by, "action": action, "source": "web"}
        self._store.insert("team_logs", entry | {"when": self._store.now()})

    def _read(self, request: Mapping[str, Any], user_id: str | None) -> Row:
        errors = {
            member: f"{member} is required."
            for member in ("firstName", "lastName", "email")
            if optional_text(request, member) is None
        }
        email = optional_text(request, "email")
        other = self.find(email) if email else None
        if other is not None and other["id"] != user_id:
            errors["email"] = f"A user with the e-mail {email} exists."
        role = str(request.get("role") or "Sales").capitalize()
        if role not in ROLES:
            errors["role"] = f"Role {request.get('role')} does not exist."
        known = {row["id"] for row in self.teams()}
        for team_id in texts(request, "teamsIds"):
            if team_id not in known:
                errors["teamsIds"] = f"Team with id: {team_id} does not exist."
        if errors:
            raise SpotioError(errors)
        row: Row = {name: optional_text(request, name) for name in _TEXTS}
        flags = {name: bool(request.get(name, default)) for name, default in _FLAGS.items()}
        return row | flags | {"role": role, "territoryIds": texts(request, "territoryIds")}

    def _read_team(self, request: Mapping[str, Any], team_id: str | None) -> Row:
        name, parent_id = optional_text(request, "name"), optional_text(request, "parentId")
        if not name:
            raise invalid("name", "A name is required.")
        if parent_id and (parent_id == team_id or self._store.row("teams", parent_id) is None):
            raise invalid("parentId", f"Team with id: {parent_id} does not exist.")
        users = texts(request, "usersIds")
        for user_id in users:
            if self._store.row("users", user_id) is None:
                raise invalid("usersIds", f"User with id: {user_id} does not exist.")
        return {"name": name, "parentId": parent_id, "usersIds": users}


_TEXTS = ("firstName", "lastName", "email", "phone", "externalSystemUserId", "timezone")
_FLAGS = {"territoryGlobalAccess": False, "visible": True, "visibleInReports": True}
