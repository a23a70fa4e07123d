"""The `access` section of the configuration: which role a person has, what they lead, what a role does not see.

A mistake is one sentence that names the person or the column it is about, for it is read by whoever typed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Role = Literal["admin", "manager", "analyst", "rep"]
ROLES: tuple[Role, ...] = ("admin", "manager", "analyst", "rep")
# Admins see everything: who can take a mask off is not held back by it. Reps see their own day and no tables.
MASKABLE: tuple[Role, ...] = ("manager", "analyst", "rep")
MASKABLE_SCHEMAS = ("spotio", "salesforce", "salesscreen")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COLUMN = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")


def _email(text: str) -> str:
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise ValueError(f"“{text}” is no e-mail address.")
    return email


def _column(text: str) -> str:
    column = text.strip().lower()
    if not _COLUMN.fullmatch(column) or column.split(".")[0] not in MASKABLE_SCHEMAS:
        raise ValueError(f"“{text}” names no column; write it as salesforce.lead.phone.")
    return column


class ListedPerson(BaseModel):
    """One line of the list: a person by e-mail, their role, and what differs from what SPOTIO says of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[str, AfterValidator(_email)]
    role: Role
    teams: tuple[str, ...] | None = Field(
        None, description="SPOTIO team ids that a manager leads; None: those that SPOTIO says"
    )
    spotio_user: str | None = Field(None, description="SPOTIO user id; None: the one with the same e-mail")

    @model_validator(mode="after")
    def _only_managers_lead(self) -> Self:
        if self.teams and self.role != "manager":
            raise ValueError(f"Only managers lead teams, and {self.email} is {self.role}.")
        return self


class AccessSettings(BaseModel):
    """Who may come in, as what, and which columns a role does not see."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: tuple[ListedPerson, ...] = ()
    masks: dict[Role, tuple[Annotated[str, AfterValidator(_column)], ...]] = {}

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        emails = [person.email for person in self.people]
        for email in emails:
            if emails.count(email) > 1:
                raise ValueError(f"The list has {email} {emails.count(email)} times; keep one line.")
        if self.masks.get("admin"):
            raise ValueError("Nothing can be masked for admins: they could take the mask off.")
        return self

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> AccessSettings:
        """The section of a configuration document; nobody listed and nothing masked when it has none."""
        return cls.model_validate(document.get("access", {}))

    def document(self) -> dict[str, Any]:
        """The section as JSON takes it; `of` gives it back."""
        return self.model_dump(mode="json", exclude_none=True)

    def with_person(self, person: ListedPerson, *, instead_of: str = "") -> Self:
        """With this line added, or put in the place of the one for the e-mail `instead_of`; checked anew."""
        lines = [person if line.email == instead_of else line for line in self.people]
        if person not in lines:
            lines.append(person)
        return self._checked(lines, self.masks)

    def without(self, email: str) -> Self:
        """Without the line of a person."""
        return self._checked([line for line in self.people if line.email != email], self.masks)

    def masking(self, role: Role, columns: Iterable[str]) -> Self:
        """With these columns, and no others, hidden from a role; checked anew."""
        masks = {**self.masks, role: tuple(sorted(columns))}
        return self._checked(self.people, {name: hidden for name, hidden in masks.items() if hidden})

    def on_top_of(self, theirs: Self, base: Self) -> Self:
        """What was changed here since `base`, and only that, put on top of what others made of it."""
        emails = dict.fromkeys(line.email for settings in (theirs, self) for line in settings.people)
        lines = []
        for email in emails:
            mine = self.person(email)
            line = mine if mine != base.person(email) else theirs.person(email)
            if line:
                lines.append(line)
        masks = {}
        for role in MASKABLE:
            mine_hidden = self.masks.get(role, ())
            hidden = mine_hidden if mine_hidden != base.masks.get(role, ()) else theirs.masks.get(role, ())
            if hidden:
                masks[role] = hidden
        return self._checked(lines, masks)

    @classmethod
    def _checked(cls, people: Iterable[ListedPerson], masks: Mapping[Role, tuple[str, ...]]) -> Self:
        return cls.model_validate({"people": tuple(people), "masks": dict(masks)})

    def person(self, email: str) -> ListedPerson | None:
        """The line of a person, whose e-mail is given in lower case."""
        return next((person for person in self.people if person.email == email), None)

    def masks_of(self, role: str) -> frozenset[str]:
        """The columns hidden from a role, as schema.table.column in lower case."""
        return frozenset(
            column for masked, columns in self.masks.items() if masked == role for column in columns
        )
