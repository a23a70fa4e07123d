"""What a tenant configured: record types with their stages and fields, activity templates with their results.

Everything in SPOTIO is addressed by id; names are for people. The objects are mutable, because an
administrator renames stages and adds fields while clients run. Stage ids repeat from type to type, field ids
are shared by the types that use a field, result ids are unique in the tenant.
"""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

GROUPS = ("active", "won", "lost")
_EXTRA = {"allowAutoplays": True, "enableLeadMachine": False, "allowEcontracts": False}


class _Named(Protocol):
    id: str
    name: str


_T = TypeVar("_T", bound=_Named)


def _by_name(items: Iterable[_T], name: str) -> _T:
    """The item of that name, whatever its case and spacing; KeyError names what there is."""
    wanted = name.replace(" ", "").lower()
    known = list(items)
    for item in known:
        if item.name.replace(" ", "").lower() == wanted:
            return item
    raise KeyError(f"{name!r} is not one of {', '.join(item.name for item in known)}")


@dataclass
class Stage:
    """One step of a type; `group` is active, won or lost. Only lost stages have loss reasons."""

    id: str
    name: str
    group: str
    color: str = "#4F81BD"
    loss_reasons: list[str] = field(default_factory=list)

    def wire(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "color": self.color,
            "lossReasons": self.loss_reasons,
            "scoringType": "lead",
        }


@dataclass
class Field:
    """One field; `type`, `role` and `system_role` hold the wire's camelCase words."""

    id: str
    name: str
    type: str
    system_role: str | None = None
    role: str | None = None
    active_options: list[str] = field(default_factory=list)
    removed_options: list[str] = field(default_factory=list)
    stage_constraints: list[str] = field(default_factory=list)
    required_without_stage: bool = False
    readonly: bool = False
    use_as_filter: bool = False
    show_in_activity_feed: bool = False
    inherited: bool = False
    integrations: list[str] = field(default_factory=list)
    created_at: str = "2024-01-15T09:00:00+00:00"
    updated_at: str = "2024-01-15T09:00:00+00:00"

    def copy(self) -> "Field":
        """The same field for another type, which has its own place, role and constraints for it."""
        return copy.deepcopy(self)

    @property
    def many(self) -> bool:
        return self.type == "multiChoice"

    def wire(self) -> dict[str, Any]:
        shown = {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "stageConstraints": self.stage_constraints,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "readonly": self.readonly,
            "useAsFilter": self.use_as_filter,
            "activeOptions": self.active_options,
            "removedOptions": self.removed_options,
            "showInActivityFeed": self.show_in_activity_feed,
            "role": self.role,
            "stageVisibility": [],
            "systemRole": self.system_role,
            "requiredWithoutStage": self.required_without_stage,
            "inherited": self.inherited,
            "inheritable": False,
        }
        # The contract types both roles as plain enums that may be absent, not null.
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class RecordType:
    """A kind of data object: Lead, Account, Deal, or what the tenant made."""

    id: str
    name: str
    stages: list[Stage]
    fields: list[Field]
    parent_id: str | None = None
    parent_required: bool = False
    inherit_owner: bool = False
    inactive_groups: set[str] = field(default_factory=set)
    scoring: str = "lead"
    extra: dict[str, bool] = field(default_factory=lambda: dict(_EXTRA))
    """Switches of the app that change nothing in the API."""

    def stage(self, name: str) -> Stage:
        return _by_name(self.stages, name)

    def field(self, name: str) -> Field:
        return _by_name(self.fields, name)

    def stage_by_id(self, stage_id: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def field_by_id(self, field_id: str) -> Field | None:
        return next((item for item in self.fields if item.id == field_id), None)

    def field_by_role(self, system_role: str) -> Field | None:
        return next((item for item in self.fields if item.system_role == system_role), None)

    def wire(self) -> dict[str, Any]:
        """The short form, without fields and stages."""
        return {
            "id": self.id,
            "name": self.name,
            "parentId": self.parent_id,
            "extraSettings": dict(self.extra),
            "inheritOwnerFromParent": self.inherit_owner,
            "scoringType": self.scoring,
            "parentRequired": self.parent_required,
        }

    def definition(self) -> dict[str, Any]:
        """The full form; a stage's group shows only in where the stage sits."""
        kinds = {item.type for item in self.fields}
        return self.wire() | {
            "hasAddress": "address" in kinds,
            "hasPhone": "phone" in kinds,
            "hasEmail": "email" in kinds,
            "fields": [item.wire() for item in self.fields],
            "stages": self.stages_wire(),
        }

    def stages_wire(self) -> dict[str, Any]:
        return {group: self.group_wire(group) for group in GROUPS}

    def group_wire(self, group: str) -> dict[str, Any]:
        stages = [stage.wire() for stage in self.stages if stage.group == group]
        return {"active": group not in self.inactive_groups, "stages": stages}


@dataclass
class Result:
    """How an activity ended."""

    id: str
    name: str
    color: str = "#7F7F7F"
    active: bool = True
    system: bool = False

    def wire(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "color": self.color,
            "active": self.active,
            "isSystem": self.system,
        }


@dataclass
class Template:
    """A kind of event: Visit, Call, ...; `type` is event or task, `category` inPerson or virtual."""

    id: str
    name: str
    results: list[Result]
    system_role: str | None = None
    type: str = "event"
    category: str = "inPerson"
    default_duration: int = 30
    active: bool = True

    def result(self, name: str) -> Result:
        return _by_name(self.results, name)

    def wire(self) -> dict[str, Any]:
        shown = {
            "id": self.id,
            "name": self.name,
            "defaultDuration": self.default_duration,
            "active": self.active,
            "primaryColor": "#2F5597",
            "secondaryColor": "#DAE3F3",
            "creatable": True,
            "systemRole": self.system_role,
            "activityResults": [result.wire() for result in self.results],
            "type": self.type,
            "category": self.category,
            "requiredFields": [],
        }
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Workflow:
    """The whole configuration. `settings` are the members of `userSettings`; `won` and `lost` its categorization."""

    types: list[RecordType]
    templates: list[Template]
    settings: dict[str, Any]
    won: dict[str, Any]
    lost: dict[str, Any]

    def type(self, name: str) -> RecordType:
        return _by_name(self.types, name)

    def template(self, name: str) -> Template:
        return _by_name(self.templates, name)

    def type_by_id(self, type_id: str) -> RecordType | None:
        return next((item for item in self.types if item.id == type_id), None)

    def template_by_id(self, template_id: str) -> Template | None:
        return next((item for item in self.templates if item.id == template_id), None)

    def template_by_role(self, system_role: str) -> Template | None:
        return next((item for item in self.templates if item.system_role == system_role), None)

    def fields(self) -> Iterator[Field]:
        """Every field once, however many types share it."""
        seen = {item.id: item for kind in self.types for item in kind.fields}
        return iter(seen.values())

    def result_name(self, result_id: str | None) -> str | None:
        names = (item.name for kind in self.templates for item in kind.results if item.id == result_id)
        return next(names, None)
