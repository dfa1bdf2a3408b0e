"""The joining of the rooms: one visit, the run, its end."""
