"""Samples of a grammar: whole strings, and a stage's data by three exact routes to one law."""
