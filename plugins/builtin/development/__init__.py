"""For those who write plugins."""
