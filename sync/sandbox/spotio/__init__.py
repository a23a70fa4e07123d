"""A stand-in of SPOTIO: one company with its workflow, people, records and activities, behind SPOTIO's public API."""

from sync.sandbox.spotio.sample import sample_workflow
from sync.sandbox.spotio.standin import SpotioStandIn
from sync.sandbox.spotio.tenant import Tenant
from sync.sandbox.spotio.workflow import Workflow

__all__ = ["SpotioStandIn", "Tenant", "Workflow", "sample_workflow"]
