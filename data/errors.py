"""What the store can refuse, grouped by how one reacts.

StoreError
├── StoreOwnedError     another process has it: ask that one, or end it
├── StoreVersionError   made by a newer Fieldline: upgrade
├── StoreUnusableError  cannot be opened or written: disk, permission, not a store
├── QueryRefusedError   a statement that readers may not run
├── NotAPersonError     nobody, or more than one, is meant by an id
├── NotOpenError        an id that nothing open bears: look again what there is
├── SecretKeyError      FIELDLINE_SECRET_KEY is missing or another: set it
└── ExportRefusedError  a result that the file asked for cannot hold, or a folder that is not ours
"""

from __future__ import annotations

from collections.abc import Sequence


class StoreError(Exception):
    """The store did not do what was asked; the text says what to do."""


class StoreOwnedError(StoreError):
    """Another process holds the store; DuckDB gives a file to one process at a time."""

    def __init__(self, path: str, pid: int | None, address: str | None) -> None:
        self.path, self.pid, self.address = path, pid, address
        who = f"process {pid}" if pid else "another process"
        where = f" at {address}" if address else ""
        super().__init__(
            f"The store {path} is in use by {who}{where}; nothing was read or written. "
            f"Wait until it is done, or end that process, then try again."
        )


class StoreVersionError(StoreError):
    """The store carries a migration that this version does not know."""

    def __init__(self, path: str, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"The store {path} was made by a newer Fieldline (its version is {found}, this one knows {known}); "
            f"nothing was changed. Upgrade Fieldline, or restore a backup made before the upgrade."
        )


class StoreUnusableError(StoreError):
    """The file cannot be opened, read or written."""


class StoreInvalidatedError(StoreUnusableError):
    """DuckDB met a fatal error and takes nothing more in this process; the file holds what was committed."""


class QueryRefusedError(StoreError):
    """A statement was refused before it ran."""


class NotAPersonError(StoreError):
    """An id names nobody in the mirror who could be erased, or more than one."""


class NotOpenError(StoreError):
    """Somebody wants to decide what is not there to be decided; nothing was changed. `text` is that alone, for a page."""

    def __init__(self, what: str, ids: Sequence[str], why: str = "") -> None:
        self.what, self.ids = what, tuple(ids)
        named = ", ".join(ids)
        said = why or (f"There is no open {what} {named}" if ids else f"There is no such {what}")
        self.text = f"{said}; nothing was decided."
        super().__init__(f"{self.text} Look again which there are.")


class SecretKeyError(StoreError):
    """A secret can be neither stored nor read with the key that is set."""


class ExportRefusedError(StoreError):
    """Nothing was written: the kind of file cannot hold the result whole, or the folder holds something else."""
