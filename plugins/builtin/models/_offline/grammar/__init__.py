"""Reads plain requests: no understanding, a table of patterns."""

from .parser import EXAMPLES as EXAMPLES, nearest as nearest, parse as parse
