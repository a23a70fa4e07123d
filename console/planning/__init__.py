"""The parts of the page Plan: what is held, the actions, and one of them down to its fields."""
