"""What the power of every kind of claim checks first."""

from __future__ import annotations

import math

from layerproof.theory.errors import InputError


def checked_rate(field: str, value: float) -> None:
    """Raises InputError unless `value` lies strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InputError(field, value, "a number strictly between 0 and 1")


def checked_positive(field: str, value: float) -> None:
    """Raises InputError unless `value` is positive and finite."""
    if not (value > 0.0 and math.isfinite(value)):
        raise InputError(field, value, "a positive number")
