"""Mirror SPOTIO: what its API can say since when, and what it can only be asked for record by record.

Records have a feed of changes and a list of deletions. Done activities have a list by their own date, so a
window is read again and what is missing is asked for by id; planned ones are in no list, so the records whose
next activity moved are asked (A-05). Users, teams, territories and the workflow are read whole and compared.
A record that is merely not returned is not deleted (L-08).
"""

from __future__ import annotations

from sync.connectors.spotio.api import SpotioApi
from sync.pull.context import Pull
from sync.pull.spotio.activities import Activities
from sync.pull.spotio.appointments import Appointments
from sync.pull.spotio.records import Records
from sync.pull.spotio.whole import WholeTables


class SpotioPull:
    """One pull of one tenant.

    `nightly` reads all records, 35 days of activities and every planned one again; a reconciling pull reads all.
    """

    def __init__(self, pull: Pull, api: SpotioApi, *, nightly: bool = False) -> None:
        nightly = nightly or pull.reconcile
        self._whole = WholeTables(pull, api, nightly=nightly)
        self.records = Records(pull, api, nightly=nightly)
        self.activities = Activities(pull, api, nightly=nightly)
        self.appointments = Appointments(pull, api, nightly=nightly)

    def run(self) -> None:
        """Bring every table up to SPOTIO's present state, as far as its API shows it."""
        workflow = self._whole.read_workflow()
        self._whole.read_people()
        self._whole.read_territories()
        self.records.read(workflow)
        self.activities.read(workflow, self.records)
        self.appointments.read()
