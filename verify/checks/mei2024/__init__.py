"""Checks of M24 (Mei, 2024)."""
