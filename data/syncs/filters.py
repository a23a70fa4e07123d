"""Filters as they are written: conditions on fields, joined by `all` and `any`, as deep as one likes."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from data.syncs.sections import Section, Texts

Is = Literal[
    "equals", "not_equals", "in", "contains", "not_contains", "starts_with", "greater", "greater_or_equal",
    "less", "less_or_equal", "is_blank", "is_not_blank", "within_last_days", "not_within_last_days",
]  # fmt: skip
WITHOUT_VALUE = ("is_blank", "is_not_blank")
OF_ONE_VALUE = ("greater", "greater_or_equal", "less", "less_or_equal", "within_last_days", "not_within_last_days")  # fmt: skip
RELATIVE = ("within_last_days", "not_within_last_days")


class Condition(Section):
    """One condition on one field. With several values any of them will do; for the *not* tests, none of them."""

    field: str = Field(
        description="Inbound a Salesforce field or a path such as Owner.Name; outbound a SPOTIO field"
    )
    test: Is = Field(alias="is")
    value: Texts = ()

    @field_validator("value", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return () if value is None else value

    @model_validator(mode="after")
    def _as_many_values_as_the_test_takes(self) -> Self:
        if self.test in WITHOUT_VALUE and self.value:
            raise ValueError(f"“{self.field} {self.test}” takes no value; leave `value` out.")
        if self.test not in WITHOUT_VALUE and not self.value:
            raise ValueError(
                f"“{self.field} {self.test}” needs a value; to look for blanks, write `is: is_blank`."
            )
        if self.test in OF_ONE_VALUE and len(self.value) != 1:
            raise ValueError(f"“{self.field} {self.test}” takes one value and has {len(self.value)}.")
        if self.test in RELATIVE and not re.fullmatch(r"\d{1,5}", self.value[0]):
            raise ValueError(
                f"“{self.field} {self.test}” takes a whole number of days, not “{self.value[0]}”."
            )
        return self


class All(Section):
    """Conditions that all hold."""

    all: tuple[AnyFilter, ...] = ()


class Some(Section):
    """Conditions of which at least one holds."""

    any: tuple[AnyFilter, ...] = Field(min_length=1)


class Verified(Section):
    """Of feeds: the visit was verified by its distance."""

    verified: Literal[True]


def _kind(given: Any) -> str:
    if isinstance(given, dict):
        return next((key for key in ("all", "any", "verified") if key in given), "condition")
    kinds: dict[type, str] = {All: "all", Some: "any", Verified: "verified"}
    return kinds.get(type(given), "condition")


TAGS = ("all", "any", "verified", "condition")
AnyFilter = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[Some, Tag("any")]
    | Annotated[Verified, Tag("verified")]
    | Annotated[Condition, Tag("condition")],
    Discriminator(_kind),
]


def _everything(given: Any) -> Any:
    return EVERYTHING if given in (None, {}, []) else given


Filters = Annotated[AnyFilter, BeforeValidator(_everything)]

All.model_rebuild()
Some.model_rebuild()
EVERYTHING = All(all=())


def conditions(filter: AnyFilter) -> list[Condition | Verified]:
    """All conditions of a filter, in order."""
    if isinstance(filter, All | Some):
        parts = filter.all if isinstance(filter, All) else filter.any
        return [found for part in parts for found in conditions(part)]
    return [filter]
