"""The `syncs` section of the configuration: what is kept in step, by which rules, and how far a run may go.

Names are for people; sync/syncs/resolving.py finds what they mean in the two systems.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, RootModel, field_validator, model_validator

from data.syncs.filters import EVERYTHING, AnyFilter, Filters, Verified, conditions
from data.syncs.sections import Section, Text, Texts, no_doubles

Origin = Literal["human", "import", "integration"]
Leaving = Literal["last_update", "stop", "unlink"]
Direction = Literal["both", "to_salesforce", "to_spotio"]


def _of_records(filter: AnyFilter) -> AnyFilter:
    if any(isinstance(found, Verified) for found in conditions(filter)):
        raise ValueError(
            "`verified` is a condition on visits, for the rules of a feed; take it out of this filter."
        )
    return filter


class Inbound(Section):
    """From Salesforce to SPOTIO."""

    on: bool = True
    scope: Literal["historical_and_forward", "historical_only", "forward_only"] = "historical_and_forward"
    filters: Filters = EVERYTHING
    updates_after_import: bool = Field(
        True, description="Of historical_only: false imports once and then stops updating"
    )
    leaving: Leaving = Field("last_update", description="What becomes of a record that leaves the filters")

    _records = field_validator("filters")(_of_records)


class Selective(Section):
    """A named filter of the outbound direction: a record that passes one of them is sent."""

    name: str = Field(min_length=1)
    filters: Filters = EVERYTHING

    _records = field_validator("filters")(_of_records)


class Outbound(Section):
    """From SPOTIO to Salesforce; off unless it is asked for."""

    on: bool = False
    selective: tuple[Selective, ...] = ()
    origins: tuple[Origin, ...] = Field(("human",), min_length=1, description="Whose new records are sent")
    leaving: Leaving = "last_update"

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        no_doubles("selective filter", (each.name for each in self.selective))
        return self


class MappedField(Section):
    """A pair of fields kept in step; with one side alone, what a new record of that side is filled with."""

    spotio: str | None = None
    salesforce: str | None = Field(None, description="lead.Company, or Company in lead mode")
    direction: Direction = "both"
    conflict: Literal["salesforce", "spotio", "newest", "ask"] = "ask"
    blanks: Literal["keep", "clear"] = Field(
        "keep", description="Whether an empty value empties the other side"
    )
    backfill: bool = Field(False, description="Whether this mapping, added later, fills links that stand")
    constant: bool | int | float | str | None = Field(
        None, description='Text, a number, true or false; "{First Name} {Last Name}"; "created + 30 days"'
    )
    group: str | None = Field(None, description="Fields of one group are decided and written together")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.spotio is None and self.salesforce is None:
            raise ValueError("A field needs `spotio` and `salesforce`, or one of them and a `constant`.")
        if (self.spotio is None or self.salesforce is None) and self.constant in (None, ""):
            there = "spotio" if self.salesforce is None else "salesforce"
            other = "salesforce" if there == "spotio" else "spotio"
            raise ValueError(
                f"The field “{self.spotio or self.salesforce}” has only `{there}`; "
                f"name the `{other}` field that it is kept in step with, or a `constant` to fill it with."
            )
        return self

    @property
    def label(self) -> str:
        """How sentences call it."""
        return " and ".join(name for name in (self.spotio, self.salesforce) if name)


class Users(Section):
    """Who owns what nobody can be found for, and who is whom where e-mails do not tell."""

    default_spotio: Text | None = Field(None, description="E-mail of the SPOTIO user for owners without one")
    default_salesforce: Text | None = Field(None, description="E-mail, username or id of the Salesforce user")
    explicit: dict[Text, Text] = Field({}, description="SPOTIO e-mail -> Salesforce e-mail, username or id")


class Activity(Section):
    """An activity type of SPOTIO and what it becomes in Salesforce."""

    spotio: str
    salesforce: Literal["Task", "Event"]
    fields: tuple[Literal["date", "description", "name", "status"], ...] = ("date", "description", "name", "status")  # fmt: skip


class Convert(Section):
    """When a Lead of Salesforce is converted."""

    at_stage: str
    opportunity: bool = False
    settle_minutes: int = Field(5, ge=0, le=1440)


class Guard(Section):
    """What a run may do without being asked; null: no limit of that kind."""

    writes: int | None = Field(500, ge=0, description="Actions of one class")
    share: float | None = Field(0.2, gt=0, le=1, description="Share of the linked records")
    deletes: int | None = Field(0, ge=0)
    owner_changes: int | None = Field(100, ge=0)


class SyncSettings(Section):
    """One sync: a SPOTIO record type and Salesforce Leads, or Accounts with what hangs on them."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)
    spotio_type: Text
    mode: Literal["lead", "account"] = "lead"
    convert: Convert | None = None
    inbound: Inbound = Inbound()
    outbound: Outbound = Outbound()
    match: tuple[Texts, ...] = Field((), description="Keys in order, each a SPOTIO field or several")
    fields: tuple[MappedField, ...] = Field(min_length=1)
    value_maps: dict[str, dict[Text, Text]] = Field(
        {}, description="SPOTIO field -> SPOTIO name -> Salesforce value"
    )
    value_maps_back: dict[str, dict[Text, Text]] = Field(
        {},
        description="SPOTIO field -> Salesforce value -> SPOTIO name, where several SPOTIO names share the value, or none leads to it",
    )
    users: Users = Users()
    activities: tuple[Activity, ...] = ()
    deletes: Literal["report", "follow"] = "report"
    guard: Guard = Guard()
    external_id: str = Field("SPOTIO_Id__c", description="Unique external id field that holds SPOTIO's id")
    duplicates: Literal["respect", "allow"] = Field("respect", description="Salesforce's duplicate rules")
    auto_assign: bool = Field(
        False, description="Whether Salesforce's assignment rules may choose another owner"
    )


class SyncsSection(RootModel[tuple[SyncSettings, ...]]):
    """The section: syncs by name."""

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        no_doubles("sync", (sync.name for sync in self.root))
        return self

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> tuple[SyncSettings, ...]:
        """The syncs of a configuration document; none when it has no such section."""
        return cls.model_validate(document.get("syncs", [])).root
