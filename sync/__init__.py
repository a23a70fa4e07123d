"""The runner: pull from the three systems into the mirror, on a schedule or when asked."""

from importlib.metadata import version

__version__ = version("fieldline")
