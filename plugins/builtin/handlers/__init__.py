"""Hooks configured in settings files, and the kinds of handler they may have."""
