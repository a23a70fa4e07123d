"""The numbers that managers look at, derived from event facts (`history.event`).

`settings` says what counts, `dictionary` what each number means, `rollups` keeps derived tables up to date after
each pull, `ask` answers questions. Nobody outside this package writes SQL about a KPI, so a tile, a chart, a board
and the rows behind a number cannot disagree.
"""
