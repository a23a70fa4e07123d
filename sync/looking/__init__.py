"""Looks at one system each: what our account may do there, what is missing, and what to do about it."""
