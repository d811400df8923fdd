"""Slips in the formulas of the derived laws, C24's argument, Principle 2 and Appendix C."""

from typing import Any

import sympy as sp

from layerproof.theory.predictions import CONTRACTION, CONTRACTION_UNIFORM
from layerproof.theory.predictions_contrast import BOUND_LEADING
from layerproof.theory.predictions_paths import FINITE_POPULATION
from layerproof.theory.symbols import (
    L,
    N,
    V,
    belief,
    candidates,
    coefficient_sum,
    count_correction,
    delta,
    depth,
    divergence,
    down,
    l,
    m,
    n,
    rho,
    s,
    signal,
    up,
)
from layerproof.verify.checks import CHECKS
from layerproof.verify.testing import Change, Slip, slips

_SMALL = {"V": 4, "m": 2, "s": 2, "L": 3, "margin": 0.12}
_NOISY = {"V": 8, "m": 4, "s": 2, "L": 2}
_STRINGS = {"V": 4, "m": 2, "s": 2, "L": 2}

_TINY = {"V": 2, "m": 1, "s": 2, "L": 2}
_PAIR = {"V": 2, "m": 3, "s": 3, "L": 2}
_LEAVES = {"V": 16, "m": 4, "s": 2, "L": 2, "classes": 4}


def slips_of(
    check: str,
    form: str,
    formula: str,
    parameters: dict[str, Any],
    trials: int,
    changes: dict[str, Change],
    *,
    loose: str = "",
) -> list[Slip]:
    """As `slips`, of the check with this id."""
    found = CHECKS[check]
    return slips(found, form, formula, parameters, changes, trials=trials, loose=loose)


def _twice(e: sp.Expr) -> sp.Expr:
    return 2 * e


_c, _g = CONTRACTION.expression, CONTRACTION_UNIFORM.expression

PERTURBATIONS = (
    *slips_of(
        "mean-square-separation",
        "printed",
        "separation",
        _SMALL,
        500,
        {
            "factor 2": _twice,
            "exponent l − 2": lambda e: e / _c,
            "contraction 1/m": lambda e: e * (1 / (m * _c)) ** (l - 1),
            "contraction (V − 1)/(mV)": lambda e: e * ((m * V - 1) / (m * V)) ** (l - 1),
        },
    ),
    *slips_of(
        "mean-square-norm",
        "printed",
        "norm",
        _SMALL,
        500,
        {
            "factor 2": _twice,
            "missing 1 − 1/V": lambda e: 1 / n + (e - 1 / n) / (1 - 1 / V),
            "missing 1/n": lambda e: e - 1 / n,
            "exponent off by one": lambda e: 1 / n + (e - 1 / n) * _c,
        },
    ),
    *slips_of(
        "few-labels",
        "printed",
        "error",
        _SMALL | {"V": 8, "m": 4, "L": 1, "ratios": [1.0], "margin": 0.05},
        300,
        {
            "factor 2": _twice,
            "no guess is right": lambda e: e / (1 - 1 / n),
            "one label a rule": lambda e: e.subs(m, 1),
        },
    ),
    *slips_of(
        "path-law",
        "printed",
        "separation",
        _SMALL | {"V": 8, "m": 4, "signal": "token"},
        600,
        {
            "factor 2": _twice,
            "missing g": lambda e: e / FINITE_POPULATION.expression,
            "a step down too few": lambda e: e / _c,
            "contraction 1/m": lambda e: e * (1 / (m * _c)) ** (up + down),
        },
    ),
    *slips_of(
        "stage-threshold",
        "printed",
        "path",
        {
            "V": 16,
            "m": 4,
            "s": 2,
            "depths": [2, 3],
            "strings": 500,
            "signal": "token",
            "margin": 0.4,
        },
        16,
        {
            "a step down too few": lambda e: e.subs(down, 1),
            "squared": lambda e: e**2,
        },
    ),
    *slips_of(
        "stage-threshold",
        "printed",
        "label",
        {
            "V": 16,
            "m": 4,
            "s": 2,
            "depths": [3, 4],
            "strings": 500,
            "signal": "label",
            "margin": 0.4,
        },
        16,
        {"squared": lambda e: e**2},
    ),
    *slips_of(
        "noise-patch",
        "printed",
        "real",
        {"V": 8, "m": 4, "s": 2, "L": 2},
        2,
        {"f for f^3": lambda e: e.subs(depth, 1), "1/2": lambda e: sp.Rational(1, 2) + 0 * e},
    ),
    *slips_of(
        "noise-shortcut",
        "printed",
        "passes",
        {"V": 4, "m": 2, "s": 2, "L": 3},
        2,
        {"one level more": lambda e: e.subs(l, l - 1), "squared": lambda e: e**2},
    ),
    *slips_of(
        "noise-pairs",
        "printed",
        "separation",
        _NOISY | {"margin": 0.1},
        400,
        {"factor 2": _twice, "not a quarter": lambda e: 4 * e},
    ),
    *slips_of(
        "rotation-law",
        "printed",
        "separation",
        {"V": 32, "m": 16, "s": 2, "L": 2, "margin": 0.2},
        300,
        {"factor 2": _twice, "1/m missing": lambda e: m * e},
    ),
    *slips_of(
        "rotation-collision",
        "printed",
        "pairs",
        {"V": 16, "m": 8, "s": 2, "L": 2, "margin": 0.15},
        200,
        {"factor 2": _twice, "sqrt 2": lambda e: e * sp.sqrt(2)},
    ),
    *slips_of(
        "counterfactual-pairs",
        "printed",
        "changed",
        {"V": 16, "m": 8, "s": 2, "L": 2, "margin": 0.1},
        200,
        {"one level more": lambda e: e.subs(l, l + 1), "factor 2": _twice},
    ),
    *slips_of(
        "signal-sensitivity",
        "repaired",
        "sensitivity",
        _NOISY | {"signal": "own-latent", "ratios": [4.0], "margin": 0.2},
        60,
        {"factor 2": _twice, "squared": lambda e: e**2},
    ),
    *slips_of(
        "contrastive-bound",
        "printed",
        "bound",
        _SMALL | {"V": 8, "m": 4, "s": 3, "L": 2},
        300,
        {"leading order at s = 3": lambda _: BOUND_LEADING.expression},
    ),
    *slips_of(
        "contrastive-bound",
        "printed",
        "far",
        _SMALL | {"V": 16, "m": 8, "s": 2, "L": 3},
        300,
        {"factor 2": _twice, "one contraction a height": lambda e: e / _c},
    ),
    *slips_of(
        "infonce-divergence",
        "printed",
        "growth",
        {"V": 8, "m": 4, "s": 2, "L": 2},
        2,
        {"factor 2": _twice},
    ),
    *slips_of(
        "augmentation-graph",
        "printed",
        "pairs",
        {"V": 8, "m": 4, "s": 2, "L": 2, "excesses": [1.0], "margin": 0.2},
        300,
        {"pairs of one patch with itself": lambda e: e * (1 - 1 / m)},
    ),
    *slips_of(
        "class-subsets",
        "printed",
        "crossover",
        {"V": 16, "m": 4, "s": 2, "L": 2, "kept": [2, 8], "margin": 0.15},
        300,
        {"n m²": lambda _: n * m**2},
    ),
    *slips_of(
        "noise",
        "repaired",
        "noise",
        _NOISY | {"samples_per_patch": [4.0]},
        300,
        {
            "factor 2": _twice,
            "missing e(N)": lambda e: e / count_correction,
            "missing |P_l|": lambda e: e / (V * m).subs({V: 8, m: 4}),
            "1/N²": lambda e: e / N,
        },
    ),
    *slips_of(
        "crossover",
        "repaired",
        "crossover",
        _NOISY,
        300,
        {"factor 2": _twice, "one m too many": lambda e: e * m},
    ),
    *slips_of(
        "crossover",
        "repaired",
        "crossover",
        _NOISY | {"V": 16, "L": 3},  # at L = 2 noise would be below separation from the start
        300,
        {"a missing m": lambda e: e / m},
    ),
    *slips_of(
        "crossover",
        "repaired",
        "crossing",
        _NOISY,
        300,
        {"missing e(N)": lambda e: e / count_correction, "factor 2": _twice},
    ),
    *slips_of(
        "crossover-leading-order",
        "repaired",
        "leading order",
        {"V": 1024, "m": 8, "L": 4},
        1,
        {
            "factor 2": _twice,
            "missing 1 − m^(1−l)": lambda e: e / (1 - m ** (1 - l)),
            "m^(l−1)": lambda e: e / m,
        },
    ),
    *slips_of(
        "sensitivity-curve",
        "repaired",
        "sensitivity",
        _NOISY | {"ratios": [1.0], "margin": 0.08},
        240,
        {
            "factor 2": _twice,
            "missing e(N)": lambda e: e.subs(count_correction, 1),
            "half the noise": lambda e: e.subs(count_correction, count_correction / 2),
        },
    ),
    *slips_of(
        "sensitivity-curve",
        "repaired",
        "crossover",
        _NOISY | {"ratios": [1.0], "margin": 0.08},
        80,
        {"a missing m": lambda e: e / m},
    ),
    *slips_of(
        "joint-law",
        "repaired",
        "deviation",
        {"V": 8, "m": 4, "s": 2, "L": 2},
        500,
        {
            "factor 2": _twice,
            "exponent l": lambda e: e * _g,
            "1/m for g": lambda e: e / (m * _g),
            "n for n − 1": lambda e: e * n / (n - 1),
        },
    ),
    *slips_of(
        "joint-law",
        "repaired",
        "deviation",
        _TINY | {"margin": 0.15},
        500,
        {"missing V^s/(V^s − 1)": lambda e: e * (V**s - 1) / V**s},
    ),
    *slips_of(
        "c24-signal",
        "repaired",
        "tuple",
        _LEAVES,
        500,
        {
            "factor 2": _twice,
            "exponent L": lambda e: e * _g,
            "exponent L − 2": lambda e: e / _g,
            "missing 1 − 1/n": lambda e: e * n / (n - 1),
        },
    ),
    *slips_of(
        "c24-signal",
        "repaired",
        "tuple",
        _LEAVES | {"L": 3},  # at L = 2 it is on the edge of the margin
        500,
        {"1/m for g": lambda e: e / (m * _g) ** (L - 1)},
    ),
    *slips_of(
        "c24-noise",
        "repaired",
        "tuple",
        _LEAVES,
        200,
        {
            "factor 2": _twice,
            "missing m": lambda e: V * (n - 1) / N,
            "n for n − 1": lambda e: V * m * n / N,
            "1/P²": lambda e: e / N,
        },
    ),
    *slips_of(
        "c24-noise",
        "repaired",
        "tuple",
        _LEAVES | {"margin": 0.1},
        200,
        {"missing − S": lambda e: e + signal / N},
        loose="S is m^(−L)/(n − 1) of the rest, 2 % at m = 4, L = 2, n = 4; the margin is 10 %",
    ),
    *slips_of(
        "c24-threshold",
        "repaired",
        "threshold",
        {"V": 16, "m": 4, "s": 2, "L": 3},
        300,
        {
            "factor 2": _twice,
            "missing m": lambda e: e / m,
            "n m^L": lambda e: n * m**L,
            "exponent L": lambda e: e / _g,
        },
    ),
    *slips_of(
        "definition-4",
        "printed",
        "patches",
        {"V": 3, "m": 2, "s": 2, "L": 2},
        2,
        {
            "V^s": lambda e: V**2,
            "V(m − 1)": lambda e: e * (m - 1) / m,
            "factor 2": _twice,
            "missing V": lambda e: e / V,
        },
    ),
    *slips_of(
        "principle-2-iii",
        "printed",
        "least variance",
        _TINY,
        2,
        {"factor 2": _twice, "missing 1 − Σ p²": lambda e: rho**2 / 2},
    ),
    *slips_of(
        "principle-2-iii",
        "printed",
        "least variance",
        _PAIR,
        10,
        {"ρ for ρ²": lambda e: e / rho},
    ),
    *slips_of(
        "appendix-c-samples",
        "repaired",
        "samples",
        {},
        200,
        {
            "2 for 8": lambda e: e / 4,
            "missing log": lambda e: e / sp.log(2 * candidates / delta),
            "B for B²": lambda e: e / coefficient_sum,
        },
    ),
    *slips_of(
        "appendix-c-samples",
        "repaired",
        "samples",
        {"dominant": 4.0},
        100,
        {"4 for 8": lambda e: e / 2, "missing F": lambda e: e.subs(candidates, 1)},
        loose="Hoeffding's bound, B² for the variance Σ c²: at half of N under 2 % fail, not 10 %",
    ),
    *slips_of(
        "masked-entropy",
        "printed",
        "entropy",
        _STRINGS,
        1,
        {
            "factor 2": _twice,
            "no label": lambda e: e - sp.log(n),
            "a level too few": lambda e: e.subs(L, L - 1),
        },
    ),
    *slips_of(
        "i-mmse",
        "printed",
        "entropy",
        _STRINGS | {"margin": 0.1},
        20,
        {
            "no ½": _twice,
            "no label": lambda e: e - sp.log(n),
            "a level too few": lambda e: e.subs(L, L - 1),
        },
    ),
    *slips_of(
        "unmasking",
        "printed",
        "invalid",
        _STRINGS | {"at_once": [2]},
        4,
        {"half the divergence": lambda e: e.subs(divergence, divergence / 2)},
    ),
    *slips_of(
        "annealed-map",
        "printed",
        "map",
        {"V": 16, "m": 4, "s": 2, "L": 2},
        60,
        {
            "no synonyms": lambda e: e.subs(m, 1),
            "half more doubt": lambda e: 1 - (1 - e) * sp.Rational(3, 2),
        },
    ),
    *slips_of(
        "annealed-fixed-points",
        "printed",
        "map",
        {},
        1,
        {"m V for m V − 1": lambda e: e / (1 + (1 - belief**s) / (V**s - 1))},
    ),
    *slips_of(
        "annealed-fixed-points",
        "printed",
        "slope at 1",
        {},
        1,
        {"V for V − 1": lambda e: e * V / (V - 1)},
    ),
    *slips_of(
        "annealed-fixed-points",
        "printed",
        "slope at 1/V",
        {},
        1,
        {"missing V^s/(V^s − 1)": lambda e: e * (V**s - 1) / V**s},
    ),
    *slips_of(
        "annealed-fixed-points",
        "printed",
        "threshold",
        {},
        1,
        {"m for m − 1": lambda e: m / (V - m)},
    ),
    *slips_of(
        "annealed-fixed-points",
        "printed",
        "noise",
        {},
        1,
        {"missing 1 − 1/V": lambda e: e * (1 - 1 / V)},
    ),
)
