"""The access section as it is edited: what is published, what the reader made of it, and what others did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.context import context
from console.identity import Person, current, only_for
from data import config, people
from data.access_settings import AccessSettings, ListedPerson
from data.changes import changes
from data.config import Version
from data.people import Found, SpotioUser, Team

SECTION = "access"


@dataclass(frozen=True)
class Editing:
    """Where the reader's own edit stands.

    `mine` is their draft, or what is published when they have none. `changes` are theirs in words against the version
    they began from; `meanwhile` what others have published since, in words, newest author in `newest`.
    """

    newest: Version
    base: AccessSettings
    published: AccessSettings
    mine: AccessSettings
    based_on: int
    saved_at: datetime | None
    changes: tuple[str, ...]
    meanwhile: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A person of the list, and what SPOTIO makes of them; `state` is new, changed, removed or empty."""

    person: ListedPerson
    found: Found
    state: str


@only_for("admin")
def editing() -> Editing:
    """What the reader has open."""
    store, person = context().store, current()
    newest = config.current(store)
    published = AccessSettings.of(newest.document)
    draft = config.draft(store, person.author, SECTION)
    if draft is None:
        return Editing(newest, published, published, published, newest.number, None, (), ())
    base = AccessSettings.of(config.version(store, draft.based_on).document)
    mine = AccessSettings.model_validate(draft.content)
    return Editing(
        newest=newest,
        base=base,
        published=published,
        mine=mine,
        based_on=draft.based_on,
        saved_at=draft.saved_at,
        changes=_told(base, mine),
        meanwhile=_told(base, published),
    )


def _told(before: AccessSettings, after: AccessSettings) -> tuple[str, ...]:
    documents = ({SECTION: before.document()}, {SECTION: after.document()})
    return tuple(change.text for change in changes(*documents, people.names(context().store)))


@only_for("admin")
def access_lines(edited: Editing) -> list[Line]:
    """The list of people as the reader made it, those they took off last."""
    store = context().store
    listed = [*edited.mine.people]
    gone = [person for person in edited.base.people if edited.mine.person(person.email) is None]
    return [
        Line(person, people.find(store, person.email, person.role, edited.mine), _state(edited, person))
        for person in [*listed, *gone]
    ]


def _state(edited: Editing, person: ListedPerson) -> str:
    if edited.mine.person(person.email) is None:
        return "removed"
    before = edited.base.person(person.email)
    if before is None:
        return "new"
    return "changed" if before != person else ""


def teams_below(person: Person) -> list[str]:
    """The names of the teams below those that a manager leads."""
    led = {team.id for team in person.leads}
    seen = person.scope.teams or frozenset()
    return [team.name for team in people.team_list(context().store) if team.id in seen - led]


@only_for("admin")
def all_teams() -> list[Team]:
    """Every team of SPOTIO by name."""
    return people.team_list(context().store)


@only_for("admin")
def all_users() -> list[SpotioUser]:
    """Everybody in SPOTIO by name."""
    store = context().store
    found = [user for role in people.SPOTIO_ROLES for user in people.choice(store, role)]
    return sorted(found, key=lambda user: (user.name, user.id))


@only_for("admin")
def maskable_columns() -> list[str]:
    """Every column of the mirror, as a mask names it."""
    return people.maskable_columns(context().store)


@only_for("admin")
def versions(limit: int = 20) -> list[dict[str, Any]]:
    """The newest versions with what each changed."""
    return config.history(context().store, limit).to_dicts()
