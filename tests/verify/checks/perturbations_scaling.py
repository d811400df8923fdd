"""Slips in the formulas of one grammar's predicted threshold, and of curves in a run."""

from typing import Any

from layerproof.theory.symbols import N, inflation
from tests.verify.checks.perturbations_laws_and_principle import slips_of

ONE: dict[str, Any] = {"V": 16, "m": 4, "s": 2, "L": 2, "strings": 500}


PERTURBATIONS = (
    *slips_of(
        "instance-threshold",
        "repaired",
        "confusion",
        ONE,
        30,
        {"N/9": lambda e: e.subs(N, N / 9), "none": lambda e: 0 * e},
    ),
    *slips_of(
        "instance-threshold",
        "repaired",
        "confusion",
        ONE,
        30,
        {"factor 2": lambda e: 2 * e},
        loose="a rate falls so fast with N that twice the rate needs a tenth more samples",
    ),
    *slips_of(
        "instance-threshold",
        "repaired",
        "unseen",
        ONE,
        30,
        {"N/2": lambda e: e.subs(N, N / 2)},
    ),
    *slips_of(
        "sensitivity-in-training",
        "repaired",
        "sensitivity",
        {"V": 16, "m": 4, "s": 2, "L": 3, "levels": [2], "multiples": [16.0], "margin": 0.15},
        40,
        {
            "no inflation": lambda e: e.subs(inflation, 1),
            "factor 2": lambda e: 2 * e,
            "1/N²": lambda e: e.subs(N, N**2),
        },
    ),
)
