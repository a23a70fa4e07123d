"""The DuckDB store: the mirror, its history, the run log. The only package that imports duckdb."""

import os

# Read once, when DuckDB is loaded, which happens below this package only: memory that it no longer needs goes back to
# the system whole. Address space that it kept would count against the ceiling of readers' statements (data/ceiling.py).
os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", "retain:false")
