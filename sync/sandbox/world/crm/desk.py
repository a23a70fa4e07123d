"""Who owns and writes in Salesforce: people without a user there are replaced by others."""

from __future__ import annotations

from sync.sandbox.world.company import Company, Person
from sync.sandbox.world.ids import SalesforceIds


class Desk:
    """Ids of Salesforce users, and the time until which they write."""

    def __init__(self, company: Company, ids: SalesforceIds) -> None:
        self.now = company.now
        self.queue = ids.next("Group")
        self.admin = company.people[0].salesforce_id or ""
        self.inside = [person.salesforce_id or "" for person in company.people if person.job == "inside"]

    def author(self, person: Person) -> str:
        """Who appears as the writer: the person, else the administrator's integration."""
        return person.salesforce_id or self.admin

    def owner(self, person: Person) -> str:
        """Who owns it: the person while they have an active user, else their team's lead."""
        if person.salesforce_id and person.left is None:
            return person.salesforce_id
        lead = person.team.lead if person.team else None
        return (lead and lead.salesforce_id) or self.admin
