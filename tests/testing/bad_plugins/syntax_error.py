"""Holds a text that is no Python, as a plugin for a later version of it would."""

exec("def f(:")
