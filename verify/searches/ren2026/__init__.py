"""Searches for counterexamples to R26."""
