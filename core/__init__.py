"""gaff: an agent shell for the terminal whose kernel is hooks and in which everything visible is a plugin."""

__version__ = "0.1.0"
