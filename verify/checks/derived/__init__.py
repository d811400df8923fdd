"""Checks of the laws that this package derives."""
