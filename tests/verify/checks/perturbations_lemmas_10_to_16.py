"""Slips in the formulas of Assumption 13 and Lemmas 10, 12, 14, 15 and 16."""

import sympy as sp

from layerproof.theory.symbols import (
    M,
    T,
    d_h,
    deviation,
    epsilon_O,
    epsilon_S,
    feature_error,
    frequency,
    patches,
    ridge,
    s,
)
from layerproof.verify.checks import CHECKS
from layerproof.verify.testing import slips

_LEARNER = {"V": 4, "m": 2, "L": 2, "schedule": "lemma-11"}
_LINE = {"points": [[1, 1.0, 1.0]]}
_PLANE = {"points": [[2, 0.3, 0.5]]}
_SPACE = {"points": [[96, 0.3, 0.9]]}
_TOKENS = {"V": 2, "s": 1, "directions": 2, "overlap": 0.4, "spread": 0.9}
_LONG = {"V": 2, "s": 4, "directions": 1, "overlap": 0.4, "spread": 0.9}
_SMALL = {"patches": [2, 4]}
_LARGE = {"patches": [16], "overlaps": [1e-3, 1.0]}


PERTURBATIONS = (
    *slips(
        CHECKS["assumption-13"],
        "printed",
        "overlap",
        _LEARNER,
        {"factor 2": lambda e: e / 2, "1/P² for 1/P": lambda e: e**2},
        loose="an assumption, met with room: at Lemma 11's constants below 1e-5/P",
    ),
    *slips(
        CHECKS["assumption-13"],
        "repaired",
        "spread",
        _LEARNER,
        {"1/(4P³) for 1/(4P)": lambda e: e / patches**2},
    ),
    *slips(
        CHECKS["assumption-13"],
        "repaired",
        "spread",
        _LEARNER,
        {"factor 2": lambda e: e / 2, "1/(4P²) for 1/(4P)": lambda e: e / patches},
        loose="an assumption, met with room: at Lemma 11's constants by a factor of 25",
    ),
    *slips(
        CHECKS["lemma-12"],
        "printed",
        "failure",
        _PLANE,
        {
            "4(d + 2) in the numerator": lambda e: e.subs(M, 16 * (d_h + 2) ** 2 * M),
        },
        trials=20,
    ),
    *slips(
        CHECKS["lemma-12"],
        "printed",
        "failure",
        _SPACE,
        {
            "missing d + 2": lambda e: e.subs(M, (d_h + 2) * M),
            "M² for M": lambda e: e.subs(M, M**2),
        },
        trials=20,
    ),
    *slips(
        CHECKS["lemma-12"],
        "printed",
        "failure",
        _LINE,
        {
            "factor 2 in front": lambda e: e / 2,
            "factor 2 in the exponent": lambda e: e.subs(M, 2 * M),
            "missing d": lambda e: e / d_h,
            "ε for ε² in the exponent": lambda e: e.subs(M, M / deviation),
        },
        trials=20,
        loose="M is 40 to 500 times what is needed",
    ),
    *slips(
        CHECKS["lemma-10"],
        "repaired",
        "bandwidth",
        _TOKENS,
        {"factor 2 in σ²": lambda e: sp.sqrt(2) * e, "factor 4 in σ²": lambda e: 2 * e},
        trials=25,
    ),
    *slips(
        CHECKS["lemma-10"],
        "repaired",
        "token spread",
        _TOKENS,
        {"factor 2": lambda e: 2 * e},
        trials=25,
    ),
    *slips(
        CHECKS["lemma-10"],
        "repaired",
        "token spread",
        _LONG,
        {"missing s": lambda e: e * sp.sqrt(s)},
        trials=25,
    ),
    *slips(
        CHECKS["lemma-10"],
        "repaired",
        "features",
        _TOKENS,
        {
            "missing d, 1/ε² and a factor 100": lambda e: e * feature_error**2 / (d_h + 2) / 100,
        },
        trials=25,
    ),
    *slips(
        CHECKS["lemma-10"],
        "repaired",
        "features",
        _TOKENS,
        {"factor 2": lambda e: e / 2, "1/ε for 1/ε²": lambda e: e * feature_error},
        trials=25,
        loose="M is about 100 times what is needed, as in Lemma 12",
    ),
    *slips(
        CHECKS["lemma-14"],
        "repaired",
        "error",
        _LARGE,
        {"missing |P|²": lambda e: e / patches**2, "ε_O²": lambda e: e * epsilon_O},
    ),
    *slips(
        CHECKS["lemma-14"],
        "repaired",
        "error",
        _LARGE,
        {"factor 2": lambda e: e / 2, "missing |P|": lambda e: e / patches},
        loose="6|P|² stands for |P| (|P| − 1)/(|P| + 1)",
    ),
    *slips(
        CHECKS["lemma-14"],
        "repaired",
        "sharp error",
        {"patches": [8], "overlaps": [1e-3, 1.0], "sharp": True},
        {
            "factor 2": lambda e: e / 2,
            "missing |P|": lambda e: e / patches,
            "√|P| for |P|": lambda e: e / sp.sqrt(patches),
            "ε_O²": lambda e: e * epsilon_O,
        },
    ),
    *slips(
        CHECKS["lemma-14"],
        "repaired",
        "sharp error",
        {"patches": [8], "overlaps": [1e-3, 1.0], "sharp": True},
        {"missing √(p̂|P|)": lambda e: patches * epsilon_O * sp.sqrt(1 - frequency)},
        loose="needs more embeddings of one patch, with inner products of both signs",
    ),
    *slips(
        CHECKS["lemma-15"],
        "repaired",
        "contraction",
        _SMALL,
        {"factor 2": lambda e: e**2, "missing |P|": lambda e: sp.exp(-T)},
    ),
    *slips(
        CHECKS["lemma-15"],
        "repaired",
        "step size",
        _SMALL,
        {
            "|P| + 1 for |P| + 2": lambda e: 2 * patches / (patches + 1),
            "factor 2": lambda e: 2 * e,
            "half": lambda e: e / 2,
        },
    ),
    *slips(
        CHECKS["lemma-15"],
        "repaired",
        "sharp contraction",
        _SMALL | {"sharp": True},
        {
            "one step more": lambda e: e.subs(T, T + 1),
            "|P| + 3 for |P| + 2": lambda e: (patches / (patches + 3)) ** T,
        },
    ),
    *slips(
        CHECKS["lemma-15"],
        "repaired",
        "sharp norm",
        _SMALL | {"sharp": True},
        {"factor 2": lambda e: e / 2, "missing |P|": lambda e: e / sp.sqrt(patches)},
    ),
    *slips(
        CHECKS["lemma-15"],
        "repaired",
        "norm",
        _LARGE,
        {"missing |P|": lambda e: e / patches},
    ),
    *slips(
        CHECKS["lemma-15"],
        "repaired",
        "norm",
        _LARGE,
        {"factor 2": lambda e: e / 2, "√|P| for |P|": lambda e: sp.sqrt(patches)},
        loose="the largest norm is √|P|/2",
    ),
    *slips(
        CHECKS["lemma-16"],
        "printed",
        "coefficient",
        {},
        {
            "1 for 1/4": lambda e: 4 * e,
            "missing λ": lambda e: e.subs(ridge, 0),
            "squared": lambda e: e**2 * 4,
        },
    ),
    *slips(
        CHECKS["lemma-16"],
        "printed",
        "coefficient",
        {},
        {"factor 2": lambda e: 2 * e},
        loose="1/4 stands for 1 − ε_S²/2 ≥ 31/32",
    ),
    *slips(
        CHECKS["lemma-16"],
        "printed",
        "quoted",
        {"quoted": True},
        {"factor 2": lambda e: 2 * e},
    ),
    *slips(
        CHECKS["lemma-16"],
        "repaired",
        "coefficient",
        {},
        {
            "factor 2": lambda e: 2 * e,
            "ε_S³ for ε_S²": lambda e: e.subs(epsilon_S, epsilon_S ** sp.Rational(3, 2)),
            "1/4 for 1/2": lambda e: e.subs(epsilon_S, epsilon_S / sp.sqrt(2)),
            "missing λ": lambda e: e.subs(ridge, 0),
        },
    ),
)
