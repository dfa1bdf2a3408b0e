"""Values to files that only grow."""
