"""One sync from its configuration to its run: what it means, what it is given, what it does."""
