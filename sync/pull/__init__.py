"""From the connectors into the mirror: what to read, how far, and what is evidence of a deletion."""
