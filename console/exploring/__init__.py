"""The parts of the Explore page: what the address says of it, its tables, and its SQL editor."""
