"""Searches for counterexamples to the laws that this package derives."""
