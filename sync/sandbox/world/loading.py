"""Puts a company into the stand-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.sandbox.world.company import Company
from sync.sandbox.world.loading_salesforce import load_org
from sync.sandbox.world.loading_spotio import load_tenant

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org
    from sync.sandbox.spotio.tenant import Tenant


def load_into(company: Company, org: Org, tenant: Tenant) -> None:
    """Fill a fresh org and an empty tenant; nothing is validated, no webhook is sent."""
    load_org(company, org)
    load_tenant(company, tenant)
