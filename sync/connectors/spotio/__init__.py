"""SPOTIO, read: signing in, the feeds and single reads, and their rows for the mirror."""
