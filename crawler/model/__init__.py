"""Frozen values and the rules on them: no I/O, no clock, no network."""
