"""What the models of a configuration document have in common: unknown keys, texts that YAML takes for something else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from data.nearest import offer


class Section(BaseModel):
    """A part of the document. A key that it does not know is refused with the nearest one that it does."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, given: Any) -> Any:
        if isinstance(given, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            unknown = [str(key) for key in given if key not in known and key not in cls.model_fields]
            if unknown:
                text = " ".join(f"“{key}” is not known here: {offer(key, known)}" for key in unknown)
                # pydantic fills braces of the message from the context.
                raise PydanticCustomError("unknown_key", "{text}", {"text": text})
        return given


def _text(value: Any) -> Any:
    """YAML reads yes, 801 and 2026-01-31 as what they look like; a name or a value is meant."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


_SCALAR = {"type": ["string", "number", "boolean"]}
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema(_SCALAR)]
Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [_SCALAR, {"type": "null"}, {"type": "array", "items": _SCALAR}]}),
]


def no_doubles(what: str, names: Iterable[str]) -> None:
    """ValueError when two things that are told apart by name share one, whatever its case."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ValueError(f"There are two {what}s called “{name}”; give one of them another name.")
        seen.add(name.casefold())
