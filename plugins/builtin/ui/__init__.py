"""Faces: what the user or a program talks to."""
