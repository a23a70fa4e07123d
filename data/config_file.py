"""A configuration as a file: YAML in, YAML out, and the JSON Schema by which an editor completes it.

YAML 1.2 is read, in which `on` is a word and not a truth value; the document's own keys are called so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import StringIO
from typing import Any

from pydantic.json_schema import models_json_schema
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from data.config import SECTIONS, ConfigurationError

_WIDTH = 200


def read(text: str) -> dict[str, Any]:
    """The document that YAML (or JSON) text holds; ConfigurationError with line and column when there is none."""
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigurationError(
            f"This is no YAML: {where}{error.problem}. Correct it, then try again."
        ) from error
    except (YAMLError, ValueError) as error:
        raise ConfigurationError(f"This is no YAML: {error}. Correct it, then try again.") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"A configuration is a map of sections ({', '.join(SECTIONS)}), and this is something else."
        )
    plain: dict[str, Any] = _plain(document)
    return plain


def write(document: Mapping[str, Any]) -> str:
    """The document as YAML that `read` gives back; what is short stands on one line."""
    yaml = YAML(pure=True)
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_laid_out(document), out)
    return out.getvalue()


def schema() -> dict[str, Any]:
    """The JSON Schema of a whole document."""
    models, definitions = models_json_schema(
        [(model, "validation") for model in SECTIONS.values()], by_alias=True, title="Fieldline configuration"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **definitions,
        "type": "object",
        "additionalProperties": False,
        "properties": {name: models[(model, "validation")] for name, model in SECTIONS.items()},
    }


def _plain(value: Any) -> Any:
    """As JSON holds it: keys are texts, dates are written out."""
    if isinstance(value, dict):
        return {_key(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return key.isoformat() if isinstance(key, date) else str(key)


def _laid_out(value: Any, *, in_list: bool = False) -> Any:
    if isinstance(value, Mapping):
        laid = CommentedMap((key, _laid_out(inner)) for key, inner in value.items())
        if not value or (in_list and _short(value.values())):
            laid.fa.set_flow_style()
        return laid
    if isinstance(value, list | tuple):
        items = CommentedSeq(_laid_out(inner, in_list=True) for inner in value)
        if all(not isinstance(inner, Mapping) for inner in value):
            items.fa.set_flow_style()
        return items
    return value


def _short(values: Any) -> bool:
    """Whether nothing but single values, or lists of them, is among these."""
    return all(
        not isinstance(value, Mapping)
        and not (isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value))
        for value in values
    )
