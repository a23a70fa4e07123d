"""The `feeds` section of the configuration: which of the field's events SalesScreen is told of."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, RootModel, model_validator

from data.syncs.filters import EVERYTHING, Filters
from data.syncs.sections import Section, no_doubles


class FeedRule(Section):
    """Which events count, under an immutable key, and what SalesScreen calls them."""

    key: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)
    trigger: Literal["activity_logged", "activity_scheduled", "stage_changed", "record_created"]
    activity: str | None = None
    activity_type: str
    from_stage: str | None = None
    to_stage: str | None = None
    conditions: Filters = EVERYTHING
    hold_seconds: int = Field(0, ge=0, le=120)


class FeedSettings(Section):
    """One feed and its rules."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)
    rules: tuple[FeedRule, ...] = Field(min_length=1)


class FeedsSection(RootModel[tuple[FeedSettings, ...]]):
    """The section: feeds by name."""

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        no_doubles("feed", (feed.name for feed in self.root))
        return self
