"""Strategies that make a conversation smaller."""
