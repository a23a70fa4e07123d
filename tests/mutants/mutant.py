"""A planted bug: a piece of source that is replaced by another, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """`name` says the bug as a sentence; `old` stands exactly once in `file`; one of `tests` must fail with `new`."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applies(self, root: Path) -> bool:
        """Whether the piece is still there, once."""
        return (root / self.file).read_text().count(self.old) == 1

    def plant(self, root: Path) -> bool:
        """Put the bug into the source below a folder; False when it no longer applies."""
        if not self.applies(root):
            return False
        path = root / self.file
        path.write_text(path.read_text().replace(self.old, self.new))
        return True
