"""The engine: what is known of two systems in, what is to be written out. Pure: no I/O, no clock, no log.

Everything comes in as arguments (`definition`, `inputs`) and everything goes out as frames (`plan`), so that a plan
can be shown, counted, refused and tested, and the same inputs give the same plan whoever asks.
"""
