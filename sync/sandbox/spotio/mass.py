"""Mass changes: one change to many records, carried out after the request was answered.

The API tells neither what was refused nor why; a record that cannot be changed is passed over.
"""

from collections.abc import Callable, Iterable

from sync.sandbox.spotio.background import Background
from sync.sandbox.spotio.errors import SpotioError
from sync.sandbox.spotio.store import Store

RECORDS_A_STEP = 250

Change = Callable[[str], object]
"""Carries the change out on the record of an id."""


class MassChanges:
    """The mass changes of each user."""

    def __init__(self, store: Store, background: Background) -> None:
        self._store, self._background = store, background
        self._of_user: dict[str, list[_Running]] = {}

    def start(self, user_id: str, record_ids: Iterable[str], change: Change) -> None:
        running = _Running(self._store, list(record_ids), change)
        self._of_user.setdefault(user_id, []).append(running)
        self._background.start(running)

    def waiting(self, user_id: str) -> list[str]:
        """The records whose turn is still to come, as before this look; the work moves on with it."""
        mine = self._of_user.get(user_id, [])
        waiting = [record_id for running in mine for record_id in running.left]
        for running in mine:
            self._background.look(running)
        self._of_user[user_id] = [running for running in mine if running.left]
        return waiting

    def forget(self) -> None:
        self._of_user.clear()


class _Running:
    def __init__(self, store: Store, left: list[str], change: Change) -> None:
        self._store, self._change = store, change
        self.left = left

    def step(self) -> bool:
        now, self.left = self.left[:RECORDS_A_STEP], self.left[RECORDS_A_STEP:]
        for record_id in now:
            try:
                with self._store.atomic():
                    self._change(record_id)
            except SpotioError:
                continue
        return bool(self.left)
