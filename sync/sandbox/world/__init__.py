"""One invented company that sells solar roofs door to door in Denver, with six months of work behind it.

`build` makes it from a seed as plain objects, `load_into` puts it into the stand-ins; both halves tell one story:
half of SPOTIO's records are in Salesforce too, with small differences; `Company.kin` says which, and `Truth` what has
become of them since.
"""

from sync.sandbox.world.building import build
from sync.sandbox.world.company import Company
from sync.sandbox.world.live import live
from sync.sandbox.world.loading import load_into
from sync.sandbox.world.scale import SCALES, Scale
from sync.sandbox.world.truth import Truth

__all__ = ["SCALES", "Company", "Scale", "Truth", "build", "live", "load_into"]
