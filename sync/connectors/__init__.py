"""The only code that talks to the three products."""
