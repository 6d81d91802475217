"""Tools that organise the work."""
