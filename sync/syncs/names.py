"""Names that people write, and the ids that they stood for when the configuration was published (F-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.nearest import offer, plain

Remembered = Mapping[str, Mapping[str, str]]


class UnresolvedError(Exception):
    """A name means nothing, or more than one thing; the text is one sentence that says what to do."""


class Names:
    """Finds what names mean; what they meant when they were published comes first, whatever it is called now."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self.found: dict[str, dict[str, str]] = {}

    def id(self, kind: str, name: str, known: Mapping[str, Sequence[str]], what: str) -> str:
        """The id of what is called `name`, among `known` ids with their names; UnresolvedError.

        `kind` is under which the answer is remembered, `what` how a sentence calls it: "field of Lead".
        """
        held = self._remembered.get(kind, {}).get(name)
        chosen = held if held is not None and held in known else self._named(name, known, what)
        self.found.setdefault(kind, {})[name] = chosen
        return chosen

    def remembered(self, kind: str, name: str) -> str | None:
        """What the name meant when it was published."""
        return self._remembered.get(kind, {}).get(name)

    def keep(self, kind: str, name: str, id: str) -> None:
        """Remember a meaning that was found elsewhere."""
        self.found.setdefault(kind, {})[name] = id

    def _named(self, name: str, known: Mapping[str, Sequence[str]], what: str) -> str:
        if name in known:
            return name
        for same in (lambda one: one == name, lambda one: plain(one) == plain(name)):
            ids = [id for id, names in known.items() if any(same(one) for one in names) or same(id)]
            if len(ids) == 1:
                return ids[0]
            if ids:
                raise UnresolvedError(
                    f"“{name}” is the name of {len(ids)} things ({what}); write the id of the one that is meant: "
                    f"{', '.join(ids)}."
                )
        raise UnresolvedError(
            f"There is no {what} “{name}”: {offer(name, (names[0] if names else id for id, names in known.items()))}"
        )


def as_json(found: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What was found, in an order that is the same for the same meaning."""
    return {kind: dict(sorted(names.items())) for kind, names in sorted(found.items())}
