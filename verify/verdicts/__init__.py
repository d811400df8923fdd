"""Verdicts: claims, judging, the words, and how they flow along the proof graph."""
