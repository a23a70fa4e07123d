"""The two-way sync in the store: what is configured, what both systems describe, and what became of it.

Functions take plain arguments and polars frames, whose shapes are those of sync/engine: this package knows nothing
of it. Whatever changes more than one table does so in one transaction.
"""
