"""Teams: the lists, one with its people, who joined and left, and the changes a manager makes."""

from typing import Any

from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.paging import SIZE_MAX
from sync.sandbox.spotio.parse import texts
from sync.sandbox.spotio.store import Row


def list_teams(call: Call) -> Any:
    names = ("id", "name", "parentId")
    flags = ("visible", "assignable")
    return [
        {name: team[name] for name in names} | {name: team[name] is not False for name in flags}
        for team in call.tenant.people.teams()
    ]


def list_teams_counted(call: Call) -> Any:
    name, manages = (call.text("name") or "").lower(), call.user["role"] != "Sales"
    flags = ("withinAssigned", "editable", "assignable", "deletable", "accessible", "visible")
    return [
        {key: team[key] for key in ("id", "name", "parentId", "createdAt")}
        | {"userCount": len(team["usersIds"] or [])}
        | dict.fromkeys(flags, manages)
        for team in call.tenant.people.teams()
        if name in team["name"].lower()
    ]


def team(call: Call, team_id: str) -> Row:
    """Team."""
    row = call.tenant.people.team(team_id)
    names = ("id", "name", "parentId", "createdById", "updatedById", "updatedAt", "createdAt")
    shown = {name: row[name] for name in names}
    return shown | {"usersIds": row["usersIds"] or [], "companyId": call.standin.company_id}


def read_team(call: Call) -> Any:
    return team(call, call.parts["id"])


def team_members(call: Call) -> Any:
    people = call.tenant.people
    return {row["id"]: people.members(row["id"]) for row in people.teams()}


def team_logs(call: Call) -> Any:
    logs = call.tenant.people.team_logs(call.text("teamId"), call.text("userId"))
    start = call.number("scrollId") or 0
    end = start + SIZE_MAX
    return {"items": logs[start:end], "scrollId": end if end < len(logs) else None}


def create_team(call: Call) -> Any:
    call.require_manager()
    return team(call, call.tenant.people.create_team(call.user_id, call.object()))


def replace_team(call: Call) -> Any:
    call.require_manager()
    call.tenant.people.replace_team(call.user_id, call.parts["id"], call.object())
    return team(call, call.parts["id"])


def add_to_team(call: Call) -> None:
    call.require_manager()
    row = call.tenant.people.team(call.parts["id"])
    users = list(dict.fromkeys([*(row["usersIds"] or []), *texts(call.object(), "usersIds")]))
    call.tenant.people.replace_team(call.user_id, row["id"], row | {"usersIds": users})


def delete_many_teams(call: Call) -> None:
    """All of them or, when one does not exist, none."""
    call.require_manager()
    for team_id in texts(call.object(), "teamsIds"):
        call.tenant.people.delete_team(team_id)


def delete_team(call: Call) -> None:
    call.require_manager()
    call.tenant.people.delete_team(call.parts["id"])


ROUTES = (
    Route("GET", "/api/Teams/all", list_teams),
    Route("GET", "/api/Teams/list", list_teams_counted),
    Route("GET", "/api/Teams/users", team_members),
    Route("GET", "/api/Teams/logs", team_logs),
    Route("POST", "/api/Teams", create_team),
    Route("GET", "/api/Teams/{id}", read_team),
    Route("PUT", "/api/Teams/{id}", replace_team),
    Route("PUT", "/api/Teams/{id}/addUsers", add_to_team),
    Route("DELETE", "/api/Teams/many", delete_many_teams),
    Route("DELETE", "/api/Teams/{id}", delete_team),
)
