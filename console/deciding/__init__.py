"""The parts of the page Conflicts: what people are asked of the two-way sync, what they decide, what was decided."""
