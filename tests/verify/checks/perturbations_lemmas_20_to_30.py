"""Slips in the formulas of Lemmas 20 to 30 and Proposition 19."""

import sympy as sp

from layerproof.theory.symbols import V, deviation, gamma, l, m, nu, remaining_mean, variance
from layerproof.verify.checks import CHECKS
from layerproof.verify.testing import slips

_LEFT = m * (V - nu + 1)
_GRAMMAR = {"V": 3, "m": 2, "s": 2, "L": 3}
_GRID = {"V": [3, 16], "m": [1, 10, 300, 3000, 100_000], "deviations": [0.01, 0.05, 0.1]}
_WINDOW = {"V": 16, "m": 2000, "z": ["pair"]}
_ONE = {"V": 200, "m": 200, "z": ["pair", "spike"]}
_TWO = {"V": 300, "m": 300, "matrices": 2}
_NETWORK = {"V": 8, "m": 8, "L": 3}


PERTURBATIONS = (
    *slips(
        CHECKS["lemma-20"],
        "printed",
        "entry",
        _GRAMMAR,
        {"factor 2": lambda e: 2 * e, "missing 1/m": lambda e: e * m, "1/m²": lambda e: e / m},
        trials=2,
    ),
    *slips(
        CHECKS["lemma-20"],
        "printed",
        "factors",
        _GRAMMAR,
        {"one matrix too few": lambda e: e - 1},
        trials=2,
    ),
    *slips(
        CHECKS["lemma-20"],
        "printed",
        "posterior",
        _GRAMMAR,
        {"factor 2": lambda e: 2 * e},
        trials=2,
    ),
    *slips(
        CHECKS["lemma-21"],
        "printed",
        "next ball",
        {},
        {
            "factor 2": lambda e: 2 * e,
            "with replacement": lambda e: 1 / V,
            "squared": lambda e: e**2,
        },
    ),
    *slips(
        CHECKS["lemma-24"],
        "repaired",
        "tail",
        _GRID,
        {
            "missing factor 2": lambda e: e / 2,
            "exponent doubled": lambda e: 2 * (e / 2) ** 2,
            "ε for ε²": lambda e: e.subs(deviation, sp.sqrt(deviation)),
            "missing γ": lambda e: e.subs(gamma, 1),
            "missing 1/3": lambda e: 2 * (e / 2) ** 3,
        },
    ),
    *slips(
        CHECKS["lemma-24"],
        "repaired",
        "tail",
        _GRID,
        {"1/2 for 1/3": lambda e: 2 * sp.sqrt(e / 2) ** 3},
        loose="the true exponent is at least 3/2 of the printed one, to leading order in ε",
    ),
    *slips(
        CHECKS["lemma-26"],
        "repaired",
        "second moment",
        {},
        {
            "factor 2": lambda e: e.subs(variance, 2 * variance),
            "missing finite-population factor": lambda e: variance / m + remaining_mean**2,
            "n for n - 1": lambda e: variance / m * (1 - (m - 1) / _LEFT) + remaining_mean**2,
            "missing squared mean": lambda e: e - remaining_mean**2,
            "1/m²": lambda e: (e - remaining_mean**2) / m + remaining_mean**2,
        },
    ),
    *slips(
        CHECKS["lemma-26"],
        "repaired",
        "covariance",
        {},
        {
            "factor 2": lambda e: 2 * e,
            "n for n - 1": lambda e: -variance / _LEFT,
            "sign": lambda e: -e,
        },
    ),
    *slips(
        CHECKS["lemma-27"],
        "repaired",
        "lower",
        _WINDOW | {"bounds": ["lower"]},
        {"missing 1/V": lambda e: e * V, "missing 1/m": lambda e: e * m},
        trials=100,
    ),
    *slips(
        CHECKS["lemma-27"],
        "repaired",
        "lower",
        _WINDOW | {"bounds": ["lower"]},
        {"factor 2": lambda e: 2 * e},
        trials=100,
        loose="1/5 stands for (V - ν)/(V - ν + 1), which is at least 1/2",
    ),
    *slips(
        CHECKS["lemma-27"],
        "repaired",
        "sharp lower",
        _WINDOW | {"bounds": ["sharp lower"]},
        {"factor 2": lambda e: 2 * e, "missing 1/V": lambda e: e * V},
        trials=200,
    ),
    *slips(
        CHECKS["lemma-27"],
        "repaired",
        "sharp lower",
        _WINDOW | {"V": 2, "bounds": ["sharp lower"]},
        {"missing (V - ν)/(V - ν + 1)": lambda e: e * (V - nu + 1) / (V - nu)},
        trials=200,
    ),
    *slips(
        CHECKS["lemma-27"],
        "repaired",
        "upper",
        _WINDOW | {"bounds": ["upper"]},
        {"1/m²": lambda e: e / m},
        trials=100,
    ),
    *slips(
        CHECKS["lemma-27"],
        "repaired",
        "upper",
        _WINDOW | {"bounds": ["upper"]},
        {"factor 2": lambda e: e / 2, "1/V²": lambda e: e / V},
        trials=100,
        loose="the true moments are at most 2 ‖z‖²/(mV): no logarithm is needed at this δ",
    ),
    *slips(
        CHECKS["lemma-29"],
        "repaired",
        "bound",
        _ONE,
        {"missing 1/m": lambda e: e * m, "missing 1/20, twice": lambda e: 40 * e},
        trials=40,
    ),
    *slips(
        CHECKS["lemma-29"],
        "repaired",
        "bound",
        _ONE,
        {"factor 2": lambda e: 2 * e, "1/m²": lambda e: e / m},
        trials=40,
        loose="the true constant is about 1 in place of 20",
    ),
    *slips(
        CHECKS["lemma-29"], "repaired", "measured", _ONE, {"squared": lambda e: e**2}, trials=40
    ),
    *slips(
        CHECKS["lemma-29"],
        "repaired",
        "failure",
        _ONE,
        {"factor 2": lambda e: e / 2, "missing 4": lambda e: e / 4},
        trials=60,
        loose="no failure is ever seen at sizes where the bound is below 1",
    ),
    *slips(
        CHECKS["lemma-30"],
        "repaired",
        "separation",
        _TWO,
        {
            "l - 1 for l": lambda e: e.subs(l, l - 1),
            "missing m": lambda e: e.subs(m, 1),
            "m for √m": lambda e: 1 / sp.sqrt(e),
        },
        trials=40,
    ),
    *slips(
        CHECKS["lemma-30"],
        "repaired",
        "separation",
        _TWO,
        {"10 for 20": lambda e: e.subs(m, m / 2), "l + 1 for l": lambda e: e.subs(l, l + 1)},
        trials=40,
        loose="the true constant is about 1 in place of 20, for each matrix",
    ),
    *slips(
        CHECKS["lemma-30-exact"],
        "printed",
        "failure",
        {"V": 3, "m": 3, "matrices": 1},
        {"factor 2": lambda e: e / 2, "1 for 1/3": lambda e: e.subs(sp.Rational(1, 3), 1)},
    ),
    *slips(
        CHECKS["lemma-30-exact"],
        "printed",
        "separation",
        {"V": 4, "m": 4, "matrices": 1},
        {"10 for 20": lambda e: e.subs(m, m / 2)},
        loose="the integer gap: squared lengths m²‖Pz‖² are 0 or at least 2, whatever the bound",
    ),
    *slips(
        CHECKS["proposition-19"],
        "printed",
        "separation",
        _NETWORK,
        {
            "missing 1/20": lambda e: e.subs(m, m / 20),
            "l - 2 for l - 1": lambda e: e.subs(l, l - 1),
            "missing m": lambda e: e.subs(m, 1),
        },
        trials=400,
    ),
    *slips(
        CHECKS["proposition-19"],
        "printed",
        "separation",
        _NETWORK,
        {"10 for 20": lambda e: e.subs(m, m / 2), "l for l - 1": lambda e: e.subs(l, l + 1)},
        trials=400,
        loose="the integer gap: for m ≤ 20 both fail only where two tokens share q exactly",
    ),
    *slips(
        CHECKS["proposition-19-exact"],
        "printed",
        "failure",
        {"V": 4, "m": 4, "L": 2},
        {"factor 2": lambda e: e / 2, "1/2 for 1/3": lambda e: e.subs(sp.Rational(1, 3), 0.5)},
    ),
    *slips(
        CHECKS["proposition-19-exact"],
        "printed",
        "separation",
        {"V": 4, "m": 4, "L": 2},
        {"missing m": lambda e: e.subs(m, sp.Rational(1, 20))},
    ),
)
