"""The two-way sync in the store: what is configured, what both systems describe, and what became of it."""
