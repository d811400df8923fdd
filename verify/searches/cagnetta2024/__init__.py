"""Searches for counterexamples to C24."""
