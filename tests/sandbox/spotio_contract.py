"""SPOTIO's published OpenAPI document as a check of answers.

The document lists enum values in PascalCase while the wire uses camelCase, so values are compared without case.
"""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).parents[3] / "shared" / "reference" / "spotio-openapi.json"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)")
_INT32 = range(-(2**31), 2**31)


class Contract:
    """Finds the operation of a request and validates its answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        adapted = _adapted(document)
        resource = Resource.from_contents(adapted, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("spotio:", resource)
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path), re.IGNORECASE), path, methods)
            for path, methods in sorted(adapted["paths"].items(), key=lambda item: item[0].count("{"))
        ]
        self.checked: set[tuple[str, str]] = set()

    def operations(self) -> set[tuple[str, str]]:
        """All (method, path) pairs, the parameters' names left out, in lower case."""
        return {(method, anonymous(path)) for _, path, methods in self._paths for method in methods}

    def check(self, method: str, path: str, status: int, body: Any) -> None:
        """Fails when the answer is not what the document says; the path is the one that was asked for."""
        matches = [(name, methods) for pattern, name, methods in self._paths if pattern.fullmatch(path)]
        operation = next(((n, m[method.lower()]) for n, m in matches if method.lower() in m), None)
        assert operation is not None, f"{method} {path} is not an operation of the contract"
        name, declared = operation
        answer = declared["responses"].get(str(status))
        if answer is None:
            assert 400 <= status < 500, f"{method} {name} declares no {status}"
            assert set(body or {"errors": None}) == {"errors"}
            return
        self.checked.add((method.upper(), name))
        schemas = [content["schema"] for content in answer.get("content", {}).values() if "schema" in content]
        if schemas and not (status == 401 and body is None):
            errors = list(self._validator(schemas[0]).iter_errors(body))
            assert not errors, f"{method} {name} {status}: {errors[0].json_path}: {errors[0].message}"

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        return Draft202012Validator(schema, registry=self._registry, format_checker=_formats())


def anonymous(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path).lower()


def published() -> Contract | None:
    """The contract, where the document is at hand."""
    return Contract(json.loads(DOCUMENT.read_text())) if DOCUMENT.exists() else None


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checks("date-time")(lambda value: not isinstance(value, str) or bool(_INSTANT.fullmatch(value)))
    checker.checks("int32")(lambda value: not isinstance(value, int) or value in _INT32)
    return checker


def _adapted(node: Any) -> Any:
    """OpenAPI 3.0's nullable and the camelCase enums, in words of JSON Schema."""
    if isinstance(node, list):
        return [_adapted(item) for item in node]
    if not isinstance(node, dict):
        return node
    adapted = {key: _adapted(value) for key, value in node.items() if key not in ("nullable", "example")}
    if "$ref" in adapted:
        return {"$ref": "spotio:" + adapted["$ref"]}
    if isinstance(node.get("enum"), list):
        spelled = "|".join(re.escape(str(value)) for value in node["enum"])
        del adapted["enum"]
        adapted["pattern"] = f"(?i)^({spelled})$"
    if node.get("nullable") and isinstance(node.get("type"), str):
        adapted["type"] = [node["type"], "null"]
    return adapted
