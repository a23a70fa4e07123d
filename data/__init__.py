"""The DuckDB store: the mirror, its history, the run log. The only package that imports duckdb."""
