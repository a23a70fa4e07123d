"""Change who may come in and what a role does not see: as a draft of one's own, then published with its audit."""

from __future__ import annotations

from pydantic import ValidationError

from console import identity
from console.context import context
from console.identity import NoRoleError, current, only_for
from console.readers import access, now
from data import config, people, publishing
from data.access_settings import AccessSettings, ListedPerson, Role
from data.config import ConfigurationError as ConfigurationError  # so that a page can say why it was refused
from data.config import Version


@only_for("admin")
def put_on_list(
    email: str,
    role: Role,
    *,
    teams: tuple[str, ...] | None = None,
    spotio_user: str | None = None,
    instead_of: str = "",
) -> None:
    """In the draft: a new line of the list, or one in the place of `instead_of`. ConfigurationError."""
    edited = access.editing()
    try:
        line = ListedPerson(email=email, role=role, teams=teams, spotio_user=spotio_user)
        mine = edited.mine.with_person(line, instead_of=instead_of)
    except ValidationError as error:
        raise ConfigurationError(" ".join(config.sentences(error, access.SECTION))) from error
    _keep(mine, edited.based_on)


@only_for("admin")
def take_off_list(email: str) -> None:
    """In the draft: the list without a person."""
    edited = access.editing()
    _keep(edited.mine.without(email), edited.based_on)


@only_for("admin")
def hide_columns(role: Role, columns: list[str]) -> None:
    """In the draft: these columns, and no others, hidden from a role."""
    edited = access.editing()
    _keep(edited.mine.masking(role, columns), edited.based_on)


@only_for("admin")
def discard_access() -> None:
    """Forget the draft."""
    publishing.drop_draft(context().store, current().author, access.SECTION)


@only_for("admin")
def put_access_on_top() -> None:
    """Take over what others published meanwhile, with the draft's own changes on top of it."""
    edited = access.editing()
    _keep(edited.mine.on_top_of(edited.published, edited.base), edited.newest.number)


@only_for("admin")
def publish_access(note: str) -> Version:
    """Make the draft the newest version; the draft is gone then.

    Raises ConfigurationError; then nothing was published. What others published outside this section is no obstacle.
    """
    edited, person = access.editing(), current()
    _stay_admin(edited.mine)
    published = publishing.publish(
        context().store,
        {**edited.newest.document, access.SECTION: edited.mine.document()},
        author=person.author,
        note=note.strip(),
        based_on=edited.based_on if edited.meanwhile else edited.newest.number,
        now=now(),
        names=people.names(context().store),
    )
    discard_access()
    return published


def _keep(mine: AccessSettings, based_on: int) -> None:
    publishing.save_draft(
        context().store, current().author, access.SECTION, mine.document(), based_on=based_on, now=now()
    )


def _stay_admin(mine: AccessSettings) -> None:
    """Nobody locks themselves out by mistake: another admin can do it on purpose."""
    sign_in = context().sign_in
    if sign_in is None:
        return
    try:
        role, _ = identity.role_of(identity.visitor(), sign_in, mine)
    except NoRoleError:
        role = "nobody"
    if role != "admin":
        raise ConfigurationError(
            f"With this you would be {role} and not admin any more; nothing was published. "
            "If that is meant, have another admin do it."
        )
