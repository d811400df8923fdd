"""Checks of K26 (Korchinski, Favero and Wyart, 2026)."""
