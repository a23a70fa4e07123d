"""A small company as SPOTIO lists it: who leads what, and who sells."""

from __future__ import annotations

from typing import Any

from data.mirror import Reading, merge
from data.schema import prepare
from data.store import Store
from sync.connectors.spotio.tables import TEAM, USER, rows_table
from tests.console.seed import ago

WEST, WEST_NORTH, WEST_SOUTH, EAST = "1200", "1300", "1301", "1201"
PRIYA, OMAR, DANA, LENA, RITA = "501", "502", "503", "504", "505"

_USERS = [
    (PRIYA, "Priya", "Nair", "Admin"),
    (OMAR, "Omar", "King", "Manager"),
    (DANA, "Dana", "Ward", "Manager"),
    (LENA, "Lena", "Birch", "Manager"),
    (RITA, "Rita", "Moss", "Sales"),
]
# SPOTIO lists the members of a team in the teams above it too.
_TEAMS: list[dict[str, Any]] = [
    {"id": WEST, "name": "West", "parentId": None, "usersIds": [OMAR, DANA, RITA]},
    {"id": WEST_NORTH, "name": "West North", "parentId": WEST, "usersIds": [DANA, RITA]},
    {"id": WEST_SOUTH, "name": "West South", "parentId": WEST, "usersIds": []},
    {"id": EAST, "name": "East", "parentId": None, "usersIds": []},
]


def email(first: str) -> str:
    """The e-mail by which SPOTIO knows somebody: email("dana")."""
    return f"{first}@acme.example"


def mirror_people(store: Store) -> None:
    """Omar leads West, Dana West North; Lena is a manager of nothing; Rita sells in West North; Priya is an admin."""
    reading = Reading("r-0", ago(minutes=3))
    users = [
        {
            "id": id,
            "firstName": first,
            "lastName": last,
            # As people type them: by case alone nobody is somebody else.
            "email": f"{first}@Acme.example",
            "role": role,
            "status": "active",
            "suspended": False,
        }
        for id, first, last, role in _USERS
    ]
    for table, rows in ((USER, users), (TEAM, _TEAMS)):
        prepare(store, table, reading.run, reading.now)
        merge(store, table, rows_table(table, rows), reading)
