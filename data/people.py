"""From a person's e-mail and role to what they may see: who they are in SPOTIO, and which teams they lead.

SPOTIO names no leader of a team. A manager is a member of the teams they lead, and members of a team are also listed
in every team above it, so of the teams they are in only the deepest ones are theirs; all below come with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.access import Scope
from data.access_settings import AccessSettings
from data.store import Store, query

SPOTIO_ROLES = ("Admin", "Manager", "Sales")


@dataclass(frozen=True)
class SpotioUser:
    """A person as SPOTIO knows them; `role` is SPOTIO's: Admin, Manager or Sales."""

    id: str
    name: str
    email: str
    role: str


@dataclass(frozen=True)
class Team:
    """A team of the mirror; `member` says whether the person asked about is in it or below."""

    id: str
    name: str
    parent_id: str | None
    member: bool


@dataclass(frozen=True)
class Found:
    """What was found of a person: their scope, who they are in SPOTIO, the teams they lead (without those below)."""

    scope: Scope
    user: SpotioUser | None
    leads: tuple[Team, ...]


def find(store: Store, email: str, role: str, access: AccessSettings, *, user_id: str | None = None) -> Found:
    """What a person with this e-mail (lower case, may be empty) and role sees; `user_id` says who in SPOTIO they are."""
    listed = access.person(email) if email else None
    named = user_id or (listed.spotio_user if listed else None)
    user = find_user(store, email=email, user_id=named)
    leads: tuple[Team, ...] = ()
    teams = None
    if role == "manager":
        known = team_list(store, user.id if user else "")
        if listed and listed.teams is not None:
            leads = tuple(team for team in known if team.id in listed.teams)
        elif user and user.role == "Manager":
            leads = led(known)
        teams = with_below(known, (team.id for team in leads))
    scope = Scope(role, email, teams, user.id if user else None, access.masks_of(role))
    return Found(scope, user, leads)


def find_user(store: Store, *, email: str = "", user_id: str | None = None) -> SpotioUser | None:
    """The SPOTIO user of an id, else of an e-mail; None when the mirror has none."""
    if not (email or user_id) or not _mirrored(store, "user"):
        return None
    rows = store.rows(query("people_user"), {"id": user_id, "email": email})
    return SpotioUser(**rows[0]) if rows else None


def choice(store: Store, spotio_role: str) -> list[SpotioUser]:
    """The people of a SPOTIO role by name; empty before the first pull."""
    if not _mirrored(store, "user"):
        return []
    return [SpotioUser(**row) for row in store.rows(query("people_choice"), {"role": spotio_role})]


def team_list(store: Store, user_id: str = "") -> list[Team]:
    """All teams by name, with the membership of one user; empty before the first pull."""
    if not _mirrored(store, "team"):
        return []
    return [Team(**row) for row in store.rows(query("people_teams"), {"user": user_id})]


def maskable_columns(store: Store) -> list[str]:
    """Every column of the mirror that a mask can name, as schema.table.column in lower case."""
    return [row["name"] for row in store.rows(query("people_columns"))]


def names(store: Store) -> dict[str, str]:
    """What the ids that the list of people holds are called: teams, and users of SPOTIO."""
    users = [user for role in SPOTIO_ROLES for user in choice(store, role)]
    return {user.id: user.name for user in users} | {team.id: team.name for team in team_list(store)}


def led(teams: list[Team]) -> tuple[Team, ...]:
    """Of the teams a manager is a member of, those with none below that they are a member of."""
    members = {team.id for team in teams if team.member}
    return tuple(
        team for team in teams if team.member and not (with_below(teams, [team.id]) - {team.id}) & members
    )


def with_below(teams: list[Team], chosen: Iterable[str]) -> frozenset[str]:
    """The chosen teams and all below them; a circle in the tree ends where it began."""
    children: dict[str | None, list[str]] = {}
    for team in teams:
        children.setdefault(team.parent_id, []).append(team.id)
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        team_id = waiting.pop()
        if team_id not in found:
            found.add(team_id)
            waiting += children.get(team_id, [])
    return frozenset(found)


def _mirrored(store: Store, table: str) -> bool:
    found = store.rows(
        "select 1 from duckdb_tables() where schema_name = 'spotio' and table_name = $table", {"table": table}
    )
    return bool(found)
