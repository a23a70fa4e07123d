"""The parts of the page Errors: the causes, what mends each, and the records that it keeps from being written."""
