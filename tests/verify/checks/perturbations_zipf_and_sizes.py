"""Slips in the laws of Zipf's weights, and in the polynomials of Theorem 7."""

import sympy as sp

from layerproof.theory.symbols import V, zipf
from layerproof.verify.checks import CHECKS
from layerproof.verify.testing import slips

_RULES = {"V": 16, "m": 4, "s": 2, "L": 2}

PERTURBATIONS = (
    *slips(
        CHECKS["zipf-contraction"],
        "printed",
        "contraction",
        _RULES | {"zipf": 1.0, "margin": 0.05},
        {"of uniform rules": lambda e: e.subs(zipf, 0)},
        trials=300,
    ),
    *slips(
        CHECKS["zipf-degeneracy"],
        "printed",
        "most",
        _RULES,
        {"factor 2": lambda e: e / 2},
    ),
    *slips(
        CHECKS["zipf-degeneracy"],
        "printed",
        "least",
        _RULES,
        {"factor 2": lambda e: 2 * e},
    ),
    *slips(
        CHECKS["theorem-7-sizes"],
        "repaired",
        "width",
        {"V": [2, 2**12], "m": [2, 64], "levels": [2, 8], "s": [2, 64]},
        {"exponential in V": lambda e: e * sp.exp(V / 100)},
    ),
)
