"""Checks of R26 (Ren, Dandi, Krzakala, Lee, COLT 2026)."""
