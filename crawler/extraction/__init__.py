"""Bytes to values: pure functions that return less on hostile input and never raise."""
