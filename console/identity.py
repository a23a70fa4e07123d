"""Who is asking: the person behind a session, their role, and what they may see.

`current()` is worked out anew in each run from what the provider vouches for (or, at a console without one, from what
was chosen on entry), the published list of people and the mirror; it is remembered for a second or two and never past
a new version of the configuration. So whoever is taken off the list is out at their next click.

Readers and services say for whom they are with `only_for`; a page cannot forget it, and a menu is no protection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

import streamlit as st

from console.context import Context, SignIn, context
from data import config, people
from data.access import Scope
from data.access_settings import ROLES, AccessSettings
from data.people import SpotioUser, Team

P = ParamSpec("P")
R = TypeVar("R")

REMEMBERED_SECONDS = 2
HERE = "at this machine"
CHOSEN = "identity.chosen"  # where a session keeps it
# Who in SPOTIO one can be when there is no sign-in; admins and analysts see all and need be nobody.
_SPOTIO_ROLES = {"manager": "Manager", "rep": "Sales"}


@dataclass(frozen=True)
class Visitor:
    """Who is at the other end of a session, before anything of ours is asked.

    With a provider: what it vouches for; `claimed` are the values of the role claim. Without one: `role` and `user_id`
    as chosen on entry.
    """

    email: str = ""
    name: str = ""
    claimed: tuple[str, ...] = ()
    role: str = ""
    user_id: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody with a role. `why` says where the role comes from; `user` and `leads` what SPOTIO knows of them."""

    name: str
    email: str
    role: str
    scope: Scope
    why: str
    user: SpotioUser | None
    leads: tuple[Team, ...]

    @property
    def author(self) -> str:
        """How they are named where something they did is written down."""
        here = f"{self.role} {HERE}"
        return self.email or (f"{self.name} ({here})" if self.user else here)

    @property
    def blind(self) -> bool:
        """Whether there is nothing that they could see: a manager of no team, a rep whom SPOTIO does not know."""
        return (self.role == "manager" and not self.scope.teams) or (self.role == "rep" and self.user is None)


class NobodyError(Exception):
    """There is no person with a role behind this session; `email` is what is known of them."""

    def __init__(self, email: str = "") -> None:
        self.email = email
        super().__init__(type(self).__doc__)


class NotChosenError(NobodyError):
    """Nothing was chosen on entry yet."""


class NotSignedInError(NobodyError):
    """Nobody is signed in."""


class NotVerifiedError(NobodyError):
    """The provider does not say that the e-mail is verified; `stated`: it says that it is not."""

    def __init__(self, email: str, *, stated: bool) -> None:
        self.stated = stated
        super().__init__(email)


class NoRoleError(NobodyError):
    """Nobody has given them a role."""


class NotYoursError(Exception):
    """Something that is for others; `roles` are those it is for."""

    def __init__(self, person: Person, roles: tuple[str, ...]) -> None:
        self.person, self.roles = person, roles
        super().__init__(f"for {', '.join(roles)}, asked for by {person.author} as {person.role}")


def current() -> Person:
    """Who is asking. Raises NobodyError."""
    return of(visitor())


def require(*roles: str) -> Person:
    """Who is asking, when they have one of these roles; NotYoursError or NobodyError when not."""
    person = current()
    if person.role not in roles:
        raise NotYoursError(person, roles)
    return person


def only_for(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A reader or service that answers only to these roles."""

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            require(*roles)
            return function(*args, **kwargs)

        return guarded

    return guard


# What runs outside a session's script, such as a download that is made when it is asked for, knows its visitor by this.
_bound: ContextVar[Visitor | None] = ContextVar("visitor", default=None)


def bound(function: Callable[P, R]) -> Callable[P, R]:
    """The function, to be called later on behalf of this visitor; what they may see is looked up then."""
    visiting = visitor()

    @wraps(function)
    def later(*args: P.args, **kwargs: P.kwargs) -> R:
        with on_behalf_of(visiting):
            return function(*args, **kwargs)

    return later


@contextmanager
def on_behalf_of(visiting: Visitor) -> Iterator[None]:
    """What is read and done inside is read and done for this visitor."""
    token = _bound.set(visiting)
    try:
        yield
    finally:
        _bound.reset(token)


def visitor() -> Visitor:
    """Who is at the other end. Raises NotChosenError, NotSignedInError or NotVerifiedError."""
    bound_visitor = _bound.get()
    if bound_visitor is not None:
        return bound_visitor
    sign_in = context().sign_in
    if sign_in is not None:
        return vouched_for(cast(Mapping[str, Any], st.user), sign_in)
    chosen: Visitor | None = st.session_state.get(CHOSEN)
    if chosen is None:
        raise NotChosenError
    return chosen


def vouched_for(claims: Mapping[str, Any], sign_in: SignIn) -> Visitor:
    """The visitor of a set of claims. Raises NotSignedInError, or NotVerifiedError for an e-mail that does not count."""
    email = str(claims.get("email") or "").strip().lower()
    if not claims.get("is_logged_in"):
        raise NotSignedInError
    verified = claims.get("email_verified")
    stated = verified is not None
    # Some providers write the truth as text.
    if not email or not (str(verified).lower() == "true" if stated else sign_in.trust_email):
        raise NotVerifiedError(email, stated=stated)
    name = str(claims.get("name") or email)
    return Visitor(email, name, _values(claims, sign_in.role_claim))


def _values(claims: Mapping[str, Any], claim: str) -> tuple[str, ...]:
    """The values of a claim: one or a list; a name with dots may lead into nested ones (realm_access.roles)."""
    if not claim:
        return ()
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for step in claim.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,)
    return tuple(str(value) for value in found) if isinstance(found, list | tuple) else ()


def role_of(visiting: Visitor, sign_in: SignIn, access: AccessSettings) -> tuple[str, str]:
    """Role and where it comes from: the claim counts before the list, the list before the setting.

    Raises NoRoleError.
    """
    for value, role in sign_in.roles or tuple((role, role) for role in ROLES):
        if value in visiting.claimed:
            return role, f"your sign-in says {sign_in.role_claim}: {value}"
    listed = access.person(visiting.email)
    if listed:
        return listed.role, "the list of people says so"
    if visiting.email in sign_in.admins:
        return "admin", "the setting FIELDLINE_OIDC__ADMINS names you"
    raise NoRoleError(visiting.email)


def of(visiting: Visitor) -> Person:
    """The person that a visitor is now. Raises NoRoleError."""
    here = context()
    return _looked_up(here, visiting, config.number(here.store), int(time.monotonic() / REMEMBERED_SECONDS))


@lru_cache(maxsize=512)
def _looked_up(here: Context, visiting: Visitor, version: int, _: int) -> Person:
    access = AccessSettings.of(config.version(here.store, version).document)
    if here.sign_in is None:
        role, why = visiting.role, "you chose it on entry"
    else:
        role, why = role_of(visiting, here.sign_in, access)
    found = people.find(here.store, visiting.email, role, access, user_id=visiting.user_id)
    name = visiting.name or (found.user.name if found.user else role.capitalize())
    return Person(name, visiting.email, role, found.scope, why, found.user, found.leads)


def helpers() -> list[str]:
    """Who can give access, by name: the admins that the setting and the list name."""
    here = context()
    access = AccessSettings.of(config.current(here.store).document)
    emails = [person.email for person in access.people if person.role == "admin"]
    named = dict.fromkeys([*(here.sign_in.admins if here.sign_in else ()), *emails])
    users = {email: people.find_user(here.store, email=email) for email in named}
    return [user.name if user and user.name else email for email, user in users.items()]


def choices(role: str) -> list[SpotioUser]:
    """Whom one can be in this role at a console without a sign-in; empty for roles that need be nobody."""
    if context().sign_in is not None:
        raise NotSignedInError
    return people.choice(context().store, _SPOTIO_ROLES[role]) if role in _SPOTIO_ROLES else []


def choose(role: str, user_id: str | None = None) -> None:
    """At a console without a sign-in: take a role for this session."""
    if context().sign_in is not None:
        raise NotSignedInError
    st.session_state[CHOSEN] = Visitor(role=role, user_id=user_id)


def leave() -> NoReturn:
    """End the session's identity: sign out, or choose again. Nothing of the page comes after it.

    Whatever came after a sign-out would ask who is there, find nobody, and begin the page anew; the way to the provider,
    where one signs out, would be lost with what the page had to say.
    """
    if context().sign_in is not None:
        st.logout()
        st.stop()
    st.session_state.pop(CHOSEN, None)
    st.rerun()
