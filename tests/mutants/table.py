"""All planted bugs; a part of the product has a module of its own."""

from tests.mutants.carrying import CARRYING
from tests.mutants.connecting import CONNECTING
from tests.mutants.engine import ENGINE
from tests.mutants.keeping import KEEPING
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (*ENGINE, *KEEPING, *CARRYING, *CONNECTING)

__all__ = ["MUTANTS", "Mutant"]
