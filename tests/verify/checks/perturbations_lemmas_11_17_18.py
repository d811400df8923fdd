"""Slips in the formulas of Lemmas 18, 17 and 11."""

import sympy as sp

from layerproof.theory.symbols import N, delta, epsilon, frequency, kappa, patches
from layerproof.verify.checks import CHECKS
from layerproof.verify.testing import slips

_LOG = sp.log(4 * patches / delta)
_EVEN = {"patches": 16, "delta": 0.1}
_RARE = {"patches": 16, "kappa": 16.0, "delta": 0.1}
_FINE = {"patches": 16, "epsilon": 0.02}
_LEAVES = {"V": 16, "m": 8, "L": 2, "delta": 0.099}
_ABOVE = {"V": 8, "m": 2, "L": 2, "level": 1}


PERTURBATIONS = (
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "law",
        _EVEN,
        {
            "factor 2": lambda e: e / 2,
            "N for N p̂": lambda e: e.subs(frequency, 1),
            "missing logarithm": lambda e: e / sp.sqrt(_LOG),
            "1/N for 1/√N": lambda e: e / sp.sqrt(N),
        },
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "law",
        _EVEN,
        {"1 for 2 under the root": lambda e: e / sp.sqrt(2)},
        loose="McDiarmid: for two labels the true exponent is twice the one used",
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "uniform law",
        _EVEN,
        {
            "factor 4": lambda e: e / 4,
            "missing |P_l|": lambda e: e / sp.sqrt(patches),
        },
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "uniform law",
        _RARE,
        {"missing κ": lambda e: e / sp.sqrt(kappa)},
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "uniform law",
        _EVEN,
        {
            "factor 2": lambda e: e / 2,
            "missing logarithm": lambda e: e / sp.sqrt(_LOG),
        },
        loose="n_μ ≥ N p_μ/2 is nearly N p_μ, and McDiarmid's exponent",
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "below",
        _EVEN,
        {
            "factor 2": lambda e: e / 2,
            "missing |P_l|": lambda e: e / sp.sqrt(patches),
            "missing logarithm": lambda e: e / sp.sqrt(_LOG),
            "1/N for 1/√N": lambda e: e / sp.sqrt(N),
        },
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "above",
        _EVEN,
        {
            "factor 2": lambda e: e / 2,
            "missing |P_l|": lambda e: e.subs(patches, 1),
        },
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "above",
        _RARE,
        {"missing κ": lambda e: e.subs(kappa, 1)},
    ),
    *slips(
        CHECKS["lemma-18-exact"],
        "repaired",
        "above",
        {"patches": 32, "samples": 4, "delta": 0.1},
        {"missing κ|P_l| log(4|P_l|/δ)/(3N)": lambda e: e - kappa * patches * _LOG / (3 * N)},
    ),
    *slips(
        CHECKS["lemma-17-exact"],
        "repaired",
        "N",
        _EVEN | {"delta": 0.05},
        {"missing |P_l|": lambda e: e / patches, "factor 16": lambda e: e / 16},
    ),
    *slips(
        CHECKS["lemma-17-exact"],
        "repaired",
        "N",
        {"patches": 16, "kappa": 16.0},
        {"missing κ": lambda e: e / kappa},
    ),
    *slips(
        CHECKS["lemma-17-exact"],
        "repaired",
        "N",
        _FINE,
        {"1/ε for 1/ε²": lambda e: e * epsilon},
    ),
    *slips(
        CHECKS["lemma-17-exact"],
        "repaired",
        "N",
        {},
        {
            "factor 2": lambda e: e / 2,
            "missing logarithm": lambda e: e / _LOG,
            "missing 8": lambda e: e / 8,
        },
        loose="a twelfth of N suffices: McDiarmid, and two labels in place of many",
    ),
    *slips(
        CHECKS["lemma-17"],
        "repaired",
        "N",
        {},
        {"missing |P_l|": lambda e: e / patches, "factor 16": lambda e: e / 16},
        trials=220,
    ),
    *slips(
        CHECKS["lemma-17"],
        "repaired",
        "overlap",
        {},
        {"missing 1/(600 |P_l|²)": lambda e: e * 600 * patches**2},
        trials=220,
    ),
    *slips(
        CHECKS["lemma-17"],
        "repaired",
        "overlap",
        {},
        {"factor 2": lambda e: 2 * e, "missing 1/600": lambda e: 600 * e},
        trials=220,
        loose="Lemma 14's 6|P_l|² ε_O is at least 28 times what interference amounts to",
    ),
    *slips(
        CHECKS["lemma-17"],
        "repaired",
        "T",
        {},
        {"T/|P_l|": lambda e: e / patches},
        trials=220,
        loose="descent scales the outputs of one patch alike, and normalising divides that out",
    ),
    *slips(
        CHECKS["lemma-11"],
        "repaired",
        "N",
        _LEAVES,
        {"missing V m": lambda e: e / patches},
        trials=120,
    ),
    *slips(
        CHECKS["lemma-11"],
        "repaired",
        "N",
        _LEAVES,
        {"factor 2": lambda e: e / 2},
        trials=120,
        loose="a tenth of N suffices, as in Lemma 17",
    ),
    *slips(
        CHECKS["lemma-11"],
        "repaired",
        "bandwidth",
        _ABOVE,
        {
            "factor 2": lambda e: 2 * e,
            "missing 1/2 under the root": lambda e: sp.sqrt(2) * e,
            "a quarter": lambda e: e / 4,
        },
        trials=5,
    ),
    *slips(
        CHECKS["lemma-11"],
        "repaired",
        "tolerance below",
        _ABOVE,
        {"factor 4": lambda e: 4 * e, "missing |P_l|": lambda e: e * patches},
        trials=5,
    ),
    *slips(
        CHECKS["lemma-11"],
        "repaired",
        "tolerance below",
        _ABOVE,
        {"factor 2": lambda e: 2 * e},
        trials=5,
        loose="2000 stands for 1284 and half of ε_S² is left to the random features: 0.45 of ε_S",
    ),
)
