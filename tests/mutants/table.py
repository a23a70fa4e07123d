"""All planted bugs; a part of the product has a module of its own."""

from tests.mutants.carrying import CARRYING
from tests.mutants.engine import ENGINE
from tests.mutants.keeping import KEEPING
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (*ENGINE, *KEEPING, *CARRYING)

__all__ = ["MUTANTS", "Mutant"]
