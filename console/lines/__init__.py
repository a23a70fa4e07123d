"""The log of records on the page Log: what became of each record, in one run or across runs, and its fields."""
