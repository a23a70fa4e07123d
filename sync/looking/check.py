"""One look and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """`state` is ok, warning, failed or off (not set up); `text` is a sentence, with what to do where it is not well."""

    name: str
    state: str
    text: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
