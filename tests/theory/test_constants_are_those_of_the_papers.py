"""Every formula of the catalogue is typed a second time, from the papers, in plain Python.

A constant that slips in `theory/statements` no longer agrees with its twin here. Printed forms are
typed from the papers' displays, repaired ones from the sentences of the errata and derivations.
A formula without a twin fails by name.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from math import erfc, exp, log, sqrt
from typing import Any

import pytest

from layerproof.theory.statements import catalogue

Twin = Callable[..., float]
"""Takes the values of all letters by keyword, and uses those that it needs."""


def _twin(function: Twin) -> Twin:
    """A name for a twin that several formulas share."""
    return function


def _values(rng: random.Random) -> dict[str, float]:
    """One value for every letter of the catalogue: sizes whole, rates inside (0, 1)."""
    V = rng.randint(3, 9)
    m = rng.randint(2, min(6, V - 1))  # at f = 1 some laws divide by 0
    sizes = {
        "V": V, "m": m, "n": rng.randint(3, 7), "s": rng.randint(2, 4), "L": rng.randint(4, 6),
        "l": rng.randint(2, 3), "d_y": V, "d_h": rng.randint(2, 20), "M": rng.randint(10, 99),
        "N": rng.randint(200, 900), "T": rng.randint(10, 99), "patches": V * m, "nu": 2,
        "dealt": 5, "dealt_colour": 1, "count": rng.randint(1, m),
        "candidates": rng.randint(6, 40), "sign": -1,
    }  # fmt: skip
    rates = (
        "delta", "epsilon", "epsilon_O", "epsilon_S", "K_rho", "rho", "gamma", "deviation",
        "frequency", "ridge", "probability", "square_norm", "square_separation", "signal",
        "variance", "remaining_mean", "square_length", "square_image", "collision", "failure",
        "mean_noise", "pair_noise", "other_noise", "synonym_noise", "feature_error",
        "least_coefficient",
    )  # fmt: skip
    scales = (
        "kappa", "sigma", "radius", "token_separation", "C", "inflation", "count_correction",
        "crossover", "coefficient_sum", "product", "first_correction", "multiple", "zipf",
        "label_zipf", "second_correction",
    )  # fmt: skip
    drawn: dict[str, float] = dict(sizes)
    drawn |= {name: rng.uniform(0.02, 0.09) for name in rates}
    drawn |= {name: rng.uniform(1.1, 3.0) for name in scales}
    counts = {"pair_logs": rng.uniform(0.1, 0.5), "token_logs": rng.uniform(3.0, 9.0)}
    return (
        drawn
        | counts
        | {
            "up": 2,
            "down": 3,
            "ways": 4,
            "height": 3,
            "excess": 0.7,
            "least_separation": 0.03,
            "depth": 2,
        }
        | {"target_variance": 0.3, "target_range": 1.3, "separation_constant": 0.6}
        | {"belief": 0.4, "divergence": 0.6, "changed": 0.3}
        | {"rules": 12, "parents": 5, "tokens": 7}
    )


def _entropy(n: float, m: float, s: float, L: float, **_: float) -> float:
    """log of the number of strings: a label, and a rule at every node above the leaves."""
    return log(n) + sum(s**i for i in range(int(L))) * log(m)


def _annealed(V: float, m: float, s: float, belief: float, **_: float) -> float:
    """The weight of the true symbol's rules, by that of all; a stray one has the mean weight."""
    true, stray = belief**s, (1 - belief**s) / (V**s - 1)
    return (true + (m - 1) * stray) / (true + (m * V - 1) * stray)


def _blocks(rules: int, parents: int, tokens: int, s: int, **_: float) -> float:
    """Matrices, counted one by one: tokens to rules, rules to parents, and back."""
    up = [(s * tokens, rules), (rules, parents)]
    down = [(s * tokens + parents, s * rules), (s * rules, s * tokens)]
    return sum(inputs * outputs for inputs, outputs in up + down)


def _unet(n: int, V: int, m: int, s: int, L: int, **_: float) -> float:
    """The blocks of the label's level, of those below it, and the label's prior."""
    top, other = _blocks(n * m, n, V, s), _blocks(V * m, V, V, s)
    return top + (L - 1) * other + n


def _contraction(V: float, m: float, s: float) -> float:
    """C24's factor of a first-child transition: (1/m)(1 − 1/V) V^s/(V^s − 1)."""
    return (1 / m) * (1 - 1 / V) * V**s / (V**s - 1)


def _first(V: float, m: float) -> float:
    """A first-child transition: (V − 1)/(mV − 1)."""
    return (V - 1) / (m * V - 1)


def _step(V: float, m: float, s: float) -> float:
    """v_C: of m of the V^(s−1) completions, (1/m)(1 − 1/V)(V^(s−1) − m)/(V^(s−1) − 1)."""
    return (1 / m) * (1 - 1 / V) * (V ** (s - 1) - m) / (V ** (s - 1) - 1)


def _kept(V: float, m: float, s: float) -> float:
    """f (1 - r), r = (m - 1)/(mV - 1): a patch is grammatical and has another parent."""
    return m / V ** (s - 1) * (m * V - m) / (m * V - 1)


def _pairs_norm(V: float, m: float, s: float) -> float:
    """A quarter of two squared norms: of the real token's law, and of the token's own."""
    real = 1 / V + _first(V, m) * _step(V, m, s)
    return (real + 1 / V + _first(V, m) * _step(V, m, s) / V) / 4


def _turn(V: float, m: float, s: float, l: int) -> float:
    """(2/s^2)(s - 1)(1 - 1/s) of the variance of V P_j - 1, for two different symbols."""
    spread = _step(V, m, s) * _first(V, m) ** (l - 2) * V / (V - 1)
    return 2 / s**2 * (s - 1) * (1 - 1 / s) * spread


def _path_norm(V: float, m: float, s: float, up: int, down: int) -> float:
    spread = _step(V, m, s) * (1 / V + (1 - 1 / V) * _first(V, m) ** up)
    return 1 / V + _first(V, m) ** down * spread


def _separation(n: float, V: float, m: float, l: int) -> float:
    """E‖q − q'‖²: 2 at the top, then one factor of the top level and l − 2 of the others."""
    if l == 1:
        return 2.0
    return 2 * (V / n) * ((n - 1) / (m * n - 1)) * ((V - 1) / (m * V - 1)) ** (l - 2)


def _norm(n: float, V: float, m: float, l: int) -> float:
    return 1 / n + (1 - 1 / V) * _separation(n, V, m, l) / 2


def _crossover(n: float, V: float, m: float, l: int) -> float:
    """2 |P| (1 − E‖q‖²)/E‖q − q'‖²."""
    return 2 * V * m * (1 - _norm(n, V, m, l)) / _separation(n, V, m, l)


def _theorem_lambda(v: Mapping[str, Any]) -> float:
    """Λ_1 to Λ_{L−1} are at most twice log(1200 · 17 P³ κ √(V s) m^((L−1)/2)/K_ρ)."""
    P = v["V"] * v["m"]
    power = v["m"] ** ((v["L"] - 1) / 2)
    return 2 * log(1200 * 17 * P**3 * v["kappa"] * sqrt(v["V"] * v["s"]) * power / v["K_rho"])


def _theorem_sizes(v: Mapping[str, Any], form: str) -> dict[str, float]:
    """T^(l) and M^(l) of Lemmas 17 and 10, at Lemma 17's tolerances for the theorem's ε_*^(l)."""
    P = v["V"] * v["m"]
    epsilon = TWINS["R26.theorem-7", form]["tolerance"](**v)
    tolerances = {"patches": P, "kappa": v["kappa"], "d_y": v["V"], "epsilon": epsilon}
    asked = {
        "epsilon_O": _OVERLAP(**tolerances), "epsilon_S": _SPREAD(**tolerances),
        "d_h": v["s"] * v["V"], "C": v["C"],
    }  # fmt: skip
    above = v["K_rho"] * v["m"] ** (-(v["l"] + 1) / 2)
    if form == "printed":
        asked |= {"token_separation": above / 2, "delta": v["delta"]}
    else:
        asked |= {
            "feature_error": asked["epsilon_O"] / 2,
            "radius": sqrt(v["s"]),
            "sigma": sqrt((above * 7 / 8) ** 2 / (2 * log(2 / asked["epsilon_O"]))),
            "delta": v["delta"] / (2 * v["L"]),
        }
    features = TWINS["R26.lemma-10", form]["features"]
    return {"steps": _STEPS(**tolerances), "width": features(**asked)}


def _harmonic(count: float, exponent: float) -> float:
    return math.fsum(k**-exponent for k in range(1, int(count) + 1))


def _features(v: Mapping[str, Any]) -> float:
    """Lemma 10's M, its ≳ with the constant C, d_h = s d_e."""
    least = min(v["epsilon_O"] ** 2, v["epsilon_S"] ** 4)
    inside = v["d_h"] * log(2 / v["epsilon_O"]) / (v["token_separation"] ** 2 * least * v["delta"])
    return v["C"] * v["d_h"] / least * log(inside)


def _strings(m: float, s: float, L: float) -> float:
    return m ** sum(s**level for level in range(int(L)))


_PATCH_COUNT = _twin(lambda V, m, **_: V * m)
_STEP_PRINTED = _twin(lambda patches, **_: 2 * patches / (patches + 1))
_STEP_REPAIRED = _twin(lambda patches, **_: 2 * patches / (patches + 2))
_TOLERANCE_BELOW = _twin(
    lambda rho, patches, s, kappa, epsilon, **_: (
        rho / sqrt(2000 * patches**2 * s * log(patches * kappa / epsilon))
    )
)
_STEPS = _twin(
    lambda patches, kappa, d_y, epsilon, **_: (
        patches * log(100 * patches * kappa * sqrt(d_y) / epsilon)
    )
)
_OVERLAP = _twin(
    lambda epsilon, patches, kappa, d_y, **_: epsilon / (600 * patches**2 * kappa * sqrt(d_y))
)
_RIDGE = _twin(lambda patches, **_: 1 / patches)
_SPREAD = _twin(lambda patches, **_: 1 / (4 * patches))
_FREQUENCY = _twin(
    lambda kappa, patches, delta, N, **_: sqrt(2 * kappa * patches * log(4 * patches / delta) / N)
)
_RATIO_OF_MOMENTS = _twin(
    lambda variance, m, V, nu, remaining_mean, **_: (
        variance / m * (1 - (m - 1) / (m * (V - nu + 1) - 1)) + remaining_mean**2
    )
)
_COVARIANCE = _twin(lambda variance, m, V, nu, **_: -variance / (m * (V - nu + 1) - 1))
_TAIL = _twin(lambda deviation, gamma, m, **_: 2 * exp(-(deviation**2) * gamma * m / 3))
_UPPER = _twin(
    lambda V, m, delta, square_length, **_: 60 * log(2 * V / delta) * square_length / (m * V)
)
_SHORT = _twin(lambda square_length, m, **_: square_length / (20 * m))
_CUBE = _twin(lambda V, m, C, **_: exp(-((min(m, V) / C) ** (1 / 3))))
_POWER_OF_20M = _twin(lambda m, l, **_: (20 * m) ** (-(l - 1) / 2))
_RAHIMI_RECHT = _twin(
    lambda d_h, sigma, deviation, M, **_: (
        2**8 * d_h / (sigma**2 * deviation**2) * exp(-M * deviation**2 / (4 * (d_h + 2)))
    )
)
_SUPERVISED = _twin(lambda n, m, L, **_: n * m**L)
_CURVE = _twin(lambda N, crossover, **_: 1 / (1 + N / crossover))
_CURVE_REPAIRED = _twin(
    lambda N, crossover, count_correction, **_: 1 / (1 + N / (crossover * count_correction))
)
_CROSSOVER = _twin(lambda n, V, m, l, **_: _crossover(n, V, m, l))
_CONFUSION = _twin(
    lambda square_separation, N, inflation, pair_noise, **_: (
        erfc(square_separation * sqrt(N / (8 * inflation * pair_noise))) / 2
    )
)
_UNSEEN = _twin(lambda probability, N, **_: (1 - probability) ** N)
_FORGOTTEN = _twin(lambda probability, N, m, s, **_: (1 - probability / m**s) ** N)
_SURVIVAL = _twin(lambda failure, s, l, **_: (1 - failure) ** (s ** (l - 1)))
_STEPS_BOUND = _twin(
    lambda K_rho, kappa, V, s, m, L, **_: 20 * (1 + 1 / K_rho) * kappa * V**2 * s * (m**L) ** 2
)
_WIDTH_BOUND = _twin(
    lambda K_rho, kappa, V, s, L, delta, m, **_: (
        1e14
        * (1 + 1 / K_rho) ** 3
        * kappa**3
        * V**9
        * s**3
        * L
        * (1 + log(1 / delta))
        * m ** (8 * L)
    )
)
_MISTAKES = {
    "confusion": _CONFUSION,
    "unseen": _UNSEEN,
    "forgotten": _FORGOTTEN,
    "survival": _SURVIVAL,
}

PRINTED: dict[str, dict[str, Twin]] = {
    "R26.assumption-6a": {"rarest": lambda kappa, patches, **_: 1 / (kappa * patches)},
    "R26.assumption-6b": {"separation": lambda K_rho, m, l, **_: K_rho * m ** (-l / 2)},
    "R26.assumption-13": {"overlap": _RIDGE},
    "R26.definition-4": {"patches": _PATCH_COUNT},
    "R26.depth-separation": {
        "ratio": lambda m, s, L, **_: _strings(m, s, L) / m**L,
        "all": lambda n, m, s, L, **_: n * _strings(m, s, L),
        "deep": _SUPERVISED,
    },
    "R26.lemma-10": {
        "bandwidth": lambda token_separation, epsilon_O, **_: sqrt(
            2 * token_separation**2 / log(2 / epsilon_O)
        ),
        "token spread": lambda epsilon_S, sigma, s, **_: epsilon_S * sigma / sqrt(s),
        "feature error": lambda epsilon_O, epsilon_S, **_: min(epsilon_O, epsilon_S**2) / 2,
        "features": lambda **v: _features(v),
    },
    "R26.lemma-11": {
        "tolerance below": _TOLERANCE_BELOW,
        "N": lambda kappa, epsilon, patches, delta, **_: (
            20 * max(kappa, epsilon**-2) * log(patches / delta)
        ),
        "bandwidth": lambda rho, patches, kappa, d_y, epsilon, **_: sqrt(
            rho**2 / (2 * log(1200 * patches**2 * kappa * sqrt(d_y) / epsilon))
        ),
        "step size": _STEP_PRINTED,
    },
    "R26.lemma-12": {"failure": _RAHIMI_RECHT},
    "R26.lemma-14": {"error": lambda patches, epsilon_O, **_: 6 * patches**2 * epsilon_O},
    "R26.lemma-15": {
        "step size": _STEP_PRINTED,
        "contraction": lambda T, patches, **_: exp(-T / patches),
        "norm": lambda patches, **_: patches,
    },
    "R26.lemma-16": {
        "coefficient": lambda frequency, ridge, **_: 1 / (4 * (frequency + ridge)),
        "quoted": lambda frequency, ridge, **_: 1 / (2 * (frequency + ridge)),
    },
    "R26.lemma-17": {
        "N": lambda kappa, epsilon, patches, delta, **_: (
            8 * max(kappa, epsilon**-2) * log(4 * patches / delta)
        ),
        "step size": _STEP_PRINTED,
        "T": _STEPS,
        "ridge": _RIDGE,
        "overlap": _OVERLAP,
        "spread": _SPREAD,
    },
    "R26.lemma-18": {
        "above": _FREQUENCY,
        "below": _FREQUENCY,
        "law": lambda patches, delta, N, **_: sqrt(2 * log(4 * patches / delta) / N),
    },
    "R26.lemma-20": {
        "entry": lambda count, m, **_: count / m,
        "factors": lambda l, **_: l,
        "posterior": lambda product, **_: product,
    },
    "R26.lemma-21": {
        "next ball": lambda m, V, dealt, dealt_colour, **_: (m - dealt_colour) / (V * m - dealt)
    },
    "R26.lemma-24": {"tail": _TAIL},
    "R26.lemma-26": {"second moment": _RATIO_OF_MOMENTS, "covariance": _COVARIANCE},
    "R26.lemma-27": {
        "lower": lambda sign, V, m, delta, square_length, **_: (
            (1 + sign * 60 * log(2 * V / delta) / m) * square_length / (5 * m * V)
        ),
        "upper": _UPPER,
        "second moment": _RATIO_OF_MOMENTS,
    },
    "R26.lemma-29": {
        "measured": lambda square_image, **_: sqrt(square_image),
        "bound": _SHORT,
        "failure": _CUBE,
    },
    "R26.lemma-30": {"separation": lambda m, l, **_: (20 * m) ** (-l / 2), "failure": _CUBE},
    "R26.principle-2-iii": {
        "least variance": lambda rho, collision, **_: rho**2 * (1 - collision) / 2
    },
    "R26.proposition-19": {"separation": _POWER_OF_20M, "failure": _CUBE},
    "R26.theorem-7": {
        "samples": lambda K_rho, m, L, **_: K_rho**-2 * m**L,
        "tolerance": lambda K_rho, m, l, C, V, s, L, **_: (
            K_rho * m ** (-l / 2) / sqrt(C * V**2 * m**2 * s * L * log(m))
        ),
        "level samples": lambda C, kappa, V, m, s, L, delta, K_rho, l, **_: (
            C * kappa * V**2 * m**2 * s * L * log(V * m * kappa / delta) ** 2 * K_rho**-2 * m**l
        ),
        "steps": lambda **v: _theorem_sizes(v, "printed")["steps"],
        "width": lambda **v: _theorem_sizes(v, "printed")["width"],
        "steps bound": _STEPS_BOUND,
        "width bound": _WIDTH_BOUND,
    },
    "C24.clustering": {
        "threshold": lambda n, m, L, **_: sqrt(n) * m**L,
        "per entry": _SUPERVISED,
    },
    "C24.noise": {
        "tuple": lambda V, n, N, **_: V * n / N,
        "symbol": lambda V, n, N, **_: V * n / N,
    },
    "C24.shallow": {"threshold": lambda n, m, s, L, **_: n * _strings(m, s, L)},
    "C24.signal": {
        "tuple": lambda V, m, L, **_: V / m**L,
        "symbol": lambda V, m, L, **_: V / m**L,
    },
    "C24.threshold": {"threshold": _SUPERVISED},
    "C24.threshold-exponent": {"threshold": _SUPERVISED, "crossover": _CROSSOVER},
    "derived.bottleneck": {
        "crossover": lambda patches, square_norm, square_separation, **_: (
            2 * patches * (1 - square_norm) / square_separation
        )
    },
    "derived.crossover": {
        "crossover": _CROSSOVER,
        "leading order": lambda V, m, l, **_: V * m**l,
    },
    "derived.instance-threshold": {
        "closest": lambda patches, square_norm, rho, **_: 2 * patches * (1 - square_norm) / rho**2
    },
    "derived.joint-law": {
        "separation": lambda V, m, s, l, **_: 2 * _contraction(V, m, s) ** (l - 1),
        "contraction": lambda V, m, s, **_: _contraction(V, m, s),
    },
    "derived.mean-square-norm": {"norm": lambda n, V, m, l, **_: _norm(n, V, m, l)},
    "derived.mean-square-separation": {
        "separation": lambda n, V, m, l, **_: _separation(n, V, m, l),
        "contraction": lambda V, m, **_: (V - 1) / (m * V - 1),
        "top contraction": lambda n, V, m, **_: (V / n) * (n - 1) / (m * n - 1),
    },
    "derived.noise": {
        "noise": lambda patches, square_norm, N, **_: patches * (1 - square_norm) / N
    },
    "derived.few-labels": {"error": lambda n, m, N, **_: (n - 1) / n * (1 - 1 / (n * m)) ** N},
    "derived.own-latents": {
        "samples": lambda V, m, s, multiple, **_: multiple * V**s * m**3 / (V ** (s - 1) - m),
        "accuracy": lambda n, m, N, **_: 1 - (n - 1) / n * (1 - 1 / (n * m)) ** N,
    },
    "derived.augmentation-graph": {
        "pairs": lambda V, m, excess, **_: V * m / 2 * (log(V * m) + excess) * m / (m - 1),
        "separated": lambda excess, **_: exp(-exp(-excess)),
    },
    "derived.position-sharing": {
        "separation": lambda ways, **_: 1 / ways,
        "noise": lambda s, l, **_: 1 / s ** (l - 1),
        "gain": lambda s, l, ways, **_: s ** (l - 1) / ways,
    },
    "derived.target-cost": {
        "cost": lambda **_: 1.0,
        "raw separation": lambda V, m, s, L, l, **_: (
            2 * (_first(V, m) * _step(V, m, s)) ** (L - l + 1)
        ),
    },
    "derived.class-subsets": {
        "crossover": lambda V, n, m, first_correction, second_correction, **_: (
            n * m**2 - V * m * second_correction / first_correction
        ),
    },
    "derived.contrastive-bound": {
        "bound": lambda V, m, pair_logs, token_logs, **_: (
            log(V) + V / m * pair_logs - token_logs / m
        ),
        "leading": lambda V, m, s, **_: log(V / m) - _step(V, m, s) / 2,
        "error": lambda V, m, **_: (1 - m**2 / V**2) / 6 / m**2,
        "far": lambda V, m, s, height, **_: (
            (V - 1) * _step(V, m, s) * _first(V, m) ** (2 * height - 2) / 2
        ),
    },
    "derived.infonce-divergence": {
        "growth": lambda multiple, **_: log(multiple),
        "gap": lambda multiple, **_: 1 / multiple,
        "never": lambda V, m, s, **_: (
            math.comb(V ** (s - 1) - V ** (s - 2), m) / math.comb(V ** (s - 1), m)
        ),
    },
    "derived.counterfactual-pairs": {
        "changed": lambda V, m, s, l, **_: _kept(V, m, s) ** (l - 1),
        "same": lambda V, m, s, l, **_: (
            m
            / V ** (s - 1)
            * (m - 1)
            / (m * V - 1)
            * sum(_kept(V, m, s) ** i for i in range(l - 1))
        ),
        "pairs": lambda V, m, s, l, **_: m * (V - 1) * _kept(V, m, s) ** (l - 1),
    },
    "derived.noise-pairs": {
        "separation": lambda V, m, s, **_: _step(V, m, s) * _first(V, m) / 2,
        "norm": lambda V, m, s, **_: _pairs_norm(V, m, s),
        "crossover": lambda V, m, s, **_: (
            4 * V * m * (1 - _pairs_norm(V, m, s)) / (_step(V, m, s) * _first(V, m))
        ),
    },
    "derived.noise-patch": {
        "real": lambda V, m, s, depth, **_: (
            1 / (1 + (m / V ** (s - 1)) ** sum(s**i for i in range(depth)))
        ),
        "grammatical": lambda V, m, s, **_: m / V ** (s - 1),
    },
    "derived.noise-shortcut": {
        "passes": lambda V, m, s, L, l, **_: (m / V ** (s - 1)) ** sum(s**i for i in range(l, L)),
        "divergence": lambda V, m, s, L, **_: (
            s**L * log(V) - log(V) - sum(s**i for i in range(L)) * log(m)
        ),
    },
    "derived.rotation-collision": {
        "pairs": lambda V, m, s, l, **_: (
            V
            * (V - 1)
            / 2
            / sqrt(
                4
                * math.pi
                * m ** (2 * l - 2)
                * abs(_step(V, m, s))
                * _first(V, m) ** (l - 2)
                * V
                / (V - 1)
            )
            ** (s - 1)
        ),
    },
    "derived.rotation-law": {
        "separation": lambda V, m, s, l, **_: _turn(V, m, s, l),
        "norm": lambda V, m, s, l, **_: 1 / s + _turn(V, m, s, l) * (V - 1) / (2 * V),
        "crossover": lambda V, m, s, l, **_: (
            2 * V * m * (1 - 1 / s - _turn(V, m, s, l) * (V - 1) / (2 * V)) / _turn(V, m, s, l)
        ),
    },
    "derived.layerwise-denoiser": {
        "excess": lambda V, n, m, L, N, **_: (
            ((n * m - 1) / 2 + 1 + (L - 1) * V * ((m - 1) / 2 + 1)) / N
        )
    },
    "derived.denoiser-threshold": {
        "path": lambda V, m, s, up, down, **_: (
            V
            * m
            * (1 - _path_norm(V, m, s, up, down))
            / (_step(V, m, s) * _first(V, m) ** (up + down))
        ),
    },
    "derived.masked-entropy": {"entropy": _entropy},
    "derived.i-mmse": {"entropy": _entropy},
    "derived.reverse-process": {"string": lambda **values: exp(-_entropy(**values))},
    "derived.denoiser-learns-levels": {
        "strings": lambda V, m, s, L, l, **_: V * m ** (L + 2 - l) / (1 - m * V ** (1 - s))
    },
    "derived.unmasking": {"invalid": lambda divergence, **_: 1 - exp(-divergence)},
    "derived.evidence-bound": {
        "rate": lambda n, m, s, l, **_: _entropy(n, m, s, l),
        "layer": lambda m, s, l, **_: s**l * log(m),
    },
    "derived.posterior-collapse": {
        "saved": lambda V, m, s, L, l, **_: s**L * (V - 1) * _first(V, m) ** (L - l) / 2,
        "rate": lambda n, m, s, l, **_: _entropy(n, m, s, l),
        "growth": lambda V, m, s, L, **_: (
            (_first(V, m) + (s - 1) * (_first(V, m) - _step(V, m, s) / (m * V - 1))) ** L
        ),
    },
    "derived.denoising-regimes": {
        "map": _annealed,
        "start": lambda V, epsilon, **_: 1 - epsilon * (V - 1) / V,
        "slope at 1/V": lambda V, m, s, **_: s * _contraction(V, m, s),
        "slope at 1": lambda V, m, s, **_: s * m * (V - 1) / (V**s - 1),
    },
    "derived.chunk-lengths": {
        # Expected changes by expected starts: the first leaf's, and one after each kept leaf.
        "alone": lambda s, L, changed, **_: (
            s**L * changed / (changed + (s**L - 1) * changed * (1 - changed))
        ),
    },
    "derived.trained-collapse": {"rate": lambda n, **_: log(n) / 20},
    "derived.annealed-map": {
        "map": _annealed,
        "start": lambda V, epsilon, **_: 1 - epsilon * (V - 1) / V,
    },
    "derived.annealed-fixed-points": {
        "map": _annealed,
        "slope at 1/V": lambda V, m, s, **_: s / m * (1 - 1 / V) * V**s / (V**s - 1),
        "slope at 1": lambda V, m, s, **_: s * m * (V - 1) / (V**s - 1),
        "threshold": lambda V, m, **_: (m - 1) / (V - m),
        "noise": lambda V, m, **_: (1 - (m - 1) / (V - m)) * V / (V - 1),
    },
    "derived.unet-is-belief-propagation": {"level": _blocks, "network": _unet},
    "derived.path-law": {
        "separation": lambda V, m, s, up, down, **_: (
            2 * _step(V, m, s) * _first(V, m) ** (up + down)
        ),
        "norm": lambda V, m, s, up, down, **_: _path_norm(V, m, s, up, down),
        "crossover": lambda V, m, s, up, down, **_: (
            V
            * m
            * (1 - _path_norm(V, m, s, up, down))
            / (_step(V, m, s) * _first(V, m) ** (up + down))
        ),
        "sibling": lambda V, m, s, **_: _step(V, m, s),
        "finite population": lambda V, m, s, **_: (V ** (s - 1) - m) / (V ** (s - 1) - 1),
    },
    "derived.sensitivity-curve": {"sensitivity": _CURVE, "crossover": _CROSSOVER},
    "derived.sensitivity-in-training": {"sensitivity": _CURVE_REPAIRED, "crossover": _CROSSOVER},
    "derived.raw-latents": {
        "separation": lambda V, m, s, L, l, **_: 2 * (_step(V, m, s) * _first(V, m)) ** (L - l + 1),
        "variance": lambda V, m, s, L, l, **_: (
            (_step(V, m, s) * _first(V, m)) ** (L - l) * (1 - 1 / V - _step(V, m, s) * _first(V, m))
        ),
        "hoeffding growth": lambda V, m, s, **_: log(1 / (_step(V, m, s) * _first(V, m))) / log(m),
        "bernstein growth": lambda **_: 0.0,
    },
    "derived.sensitivity-matrix": {
        "noise": lambda count_correction, square_norm, N, probability, **_: (
            count_correction * (1 - square_norm) / (N * probability)
        )
    },
    "derived.stage-threshold": {
        "label": lambda V, n, m, l, **_: (
            0 if l == 1 else m * ((n * m - 1) * ((m * V - 1) / (V - 1)) ** (l - 2) - (V - 1))
        ),
        "path": lambda V, m, s, up, down, **_: (
            V
            * m
            * (1 - _path_norm(V, m, s, up, down))
            / (_step(V, m, s) * _first(V, m) ** (up + down))
        ),
    },
    "derived.lemma-18-bernstein": {
        "hoeffding": lambda N, frequency, patches, delta, **_: sqrt(
            2 * log(4 * patches / delta) / (N * frequency)
        ),
        "range": lambda N, frequency, patches, delta, target_range, **_: (
            target_range * sqrt(log(4 * patches / delta) / (N * frequency))
        ),
        "bernstein": lambda N, frequency, patches, delta, target_range, target_variance, **_: (
            sqrt(2 * target_variance * log(4 * patches / delta) / (N * frequency))
            + 2 * target_range * log(4 * patches / delta) / (3 * N * frequency)
        ),
        "hoeffding samples": lambda kappa, patches, delta, epsilon, **_: (
            kappa * patches * log(4 * patches / delta) * max(4 / epsilon**2, 8)
        ),
        "range samples": lambda kappa, patches, delta, epsilon, target_range, **_: (
            kappa * patches * log(4 * patches / delta) * max(2 * (target_range / epsilon) ** 2, 8)
        ),
        "bernstein samples": lambda **v: (
            v["kappa"]
            * v["patches"]
            * log(4 * v["patches"] / v["delta"])
            * max(
                16 * v["target_variance"] / v["epsilon"] ** 2,
                8 * v["target_range"] / (3 * v["epsilon"]),
                8,
            )
        ),
    },
    "K26.separated": {
        "separation": lambda separation_constant, V, m, s, **_: (
            separation_constant * sqrt(1 - m / V ** (s - 1)) / m
        )
    },
    "K26.stable-clustering": {"radius": lambda rho, **_: rho / 8},
    "K26.theorem-1": {
        "samples": lambda C, V, m, s, L, delta, **_: (
            C * (V * m + V * m**3 / (1 - m / V ** (s - 1))) * log(L * V * m / delta)
        ),
        "scale": lambda V, m, s, **_: V * m**3 / (1 - m / V ** (s - 1)),
    },
    "derived.theorem-7-signal": {
        "tolerance": lambda rho, C, V, m, s, L, kappa, delta, **_: (
            rho / sqrt(C * V**2 * m**2 * s * L * log(V * m * kappa / delta))
        ),
        "level samples": lambda C, kappa, epsilon, V, m, delta, **_: (
            C * kappa / epsilon**2 * log(V * m / delta)
        ),
    },
    "derived.uneven-sensitivity": {
        "sensitivity": _CURVE,
        "crossover": lambda mean_noise, square_separation, **_: 2 * mean_noise / square_separation,
    },
    "derived.weight-sharing": {"gain": lambda s, l, **_: s ** (l - 1), "sensitivity": _CURVE},
    "derived.zipf-chaining": {
        "samples": lambda multiple, crossover, kappa, patches, **_: (
            multiple * max(crossover, kappa * patches)
        )
    },
    "derived.zipf-contraction": {
        # m draws with Zipf weights w are as good as 1/Σw² equal ones.
        "contraction": lambda V, m, zipf, **_: (
            (V * m * _harmonic(m, 2 * zipf) / _harmonic(m, zipf) ** 2 - 1) / (V * m - 1)
        )
    },
    "derived.zipf-degeneracy": {
        "least": lambda m, zipf, **_: m ** (zipf - 1) * _harmonic(m, zipf),
        "most": lambda n, label_zipf, m, zipf, l, **_: (
            n ** (label_zipf - 1)
            * _harmonic(n, label_zipf)
            * (m ** (zipf - 1) * _harmonic(m, zipf)) ** l
        ),
    },
}

REPAIRED: dict[str, dict[str, Twin]] = {
    "R26.appendix-c": {
        "samples": lambda coefficient_sum, candidates, delta, least_coefficient, **_: (
            8 * coefficient_sum**2 / least_coefficient**2 * log(2 * candidates / delta)
        )
    },
    "R26.assumption-13": {"overlap": _RIDGE, "spread": _SPREAD},
    "R26.lemma-10": {
        "bandwidth": lambda token_separation, epsilon_O, **_: sqrt(
            token_separation**2 / (2 * log(2 / epsilon_O))
        ),
        "token spread": lambda epsilon_S, sigma, s, **_: epsilon_S * sigma / sqrt(2 * s),
        "feature error": lambda epsilon_O, epsilon_S, **_: min(epsilon_O, epsilon_S**2 / 2) / 2,
        # Lemma 12 on the ball of radius R, solved for M at failure probability δ.
        "features": lambda d_h, feature_error, radius, sigma, delta, **_: (
            4
            * (d_h + 2)
            / feature_error**2
            * log(2**8 * d_h * radius**2 / (sigma**2 * feature_error**2 * delta))
        ),
    },
    "R26.lemma-11": {
        "tolerance below": _TOLERANCE_BELOW,
        "N": lambda kappa, epsilon, patches, delta, **_: (
            20 * kappa * patches * epsilon**-2 * log(patches / delta)
        ),
        "bandwidth": lambda token_separation, patches, kappa, d_y, epsilon, **_: sqrt(
            token_separation**2 / (2 * log(1200 * patches**2 * kappa * sqrt(d_y) / epsilon))
        ),
        "step size": _STEP_REPAIRED,
    },
    "R26.lemma-12": {"failure": lambda radius, **v: radius**2 * _RAHIMI_RECHT(**v)},
    "R26.lemma-14": {
        "error": lambda patches, epsilon_O, **_: 6 * patches**2 * epsilon_O,
        "sharp error": lambda patches, epsilon_O, frequency, **_: (
            patches * epsilon_O * sqrt(1 - frequency) * (1 + sqrt(frequency * patches) / 2)
        ),
    },
    "R26.lemma-15": {
        "step size": _STEP_REPAIRED,
        "contraction": lambda T, patches, **_: exp(-T / patches),
        "norm": lambda patches, **_: patches,
        # η = 2/(λ + (1 + λ)): the eigenvalues λ and 1 + λ contract by 1/(1 + 2λ).
        "sharp contraction": lambda T, patches, **_: (1 / (1 + 2 / patches)) ** T,
        "sharp norm": lambda patches, **_: sqrt(patches) / 2,
    },
    "R26.lemma-16": {
        "coefficient": lambda epsilon_S, frequency, ridge, **_: (
            (1 - epsilon_S**2 / 2) / (frequency + ridge)
        )
    },
    "R26.lemma-17": {
        "N": lambda kappa, epsilon, patches, delta, **_: (
            8 * kappa * patches * epsilon**-2 * log(4 * patches / delta)
        ),
        "step size": _STEP_REPAIRED,
        "T": _STEPS,
        "ridge": _RIDGE,
        "overlap": _OVERLAP,
        "spread": _SPREAD,
    },
    "R26.lemma-18": {
        # Bernstein's term beside the printed one, which stands below.
        "above": lambda kappa, patches, delta, N, **v: (
            _FREQUENCY(kappa=kappa, patches=patches, delta=delta, N=N, **v)
            + kappa * patches * log(4 * patches / delta) / (3 * N)
        ),
        "below": _FREQUENCY,
        "law": lambda patches, delta, N, frequency, **_: sqrt(
            2 * log(4 * patches / delta) / (N * frequency)
        ),
        "uniform law": lambda kappa, patches, delta, N, **_: (
            2 * sqrt(kappa * patches * log(4 * patches / delta) / N)
        ),
        "N": lambda kappa, patches, delta, **_: 8 * kappa * patches * log(4 * patches / delta),
    },
    "R26.lemma-24": {"tail": _TAIL},
    "R26.lemma-26": {"second moment": _RATIO_OF_MOMENTS, "covariance": _COVARIANCE},
    "R26.lemma-27": {
        "lower": lambda V, m, delta, square_length, **_: (
            (1 - 60 * log(2 * V / delta) / m) * square_length / (5 * m * V)
        ),
        "upper": _UPPER,
        "sharp lower": lambda V, m, nu, delta, square_length, **_: (
            (1 - sqrt(6 * log(2 / delta) / m)) * (V - nu) / (V - nu + 1) * square_length / (m * V)
        ),
        "second moment": _RATIO_OF_MOMENTS,
    },
    "R26.lemma-29": {
        "measured": lambda square_image, **_: square_image,
        "bound": _SHORT,
        "failure": lambda V, m, **_: 4 * exp(-min(m, V) / 100),
    },
    "R26.lemma-30": {
        "separation": lambda m, l, **_: (20 * m) ** (-l / 2),
        "failure": lambda V, m, l, **_: 4 * l * exp(-min(m, V) / 100),
    },
    "R26.principle-2-iii": {
        "least variance": lambda rho, collision, **_: rho**2 * (1 - collision) / 2
    },
    "R26.proposition-19": {
        "separation": _POWER_OF_20M,
        "failure": lambda V, m, L, **_: V * (V - 1) * L * (L - 1) * exp(-min(m, V) / 100),
        "signal": lambda m, L, **_: sqrt(m) * 20 ** (-(L - 1) / 2),
    },
    "R26.theorem-7": {
        "samples": lambda K_rho, m, L, **_: K_rho**-2 * m**L,
        "tolerance": lambda **v: (
            v["K_rho"]
            * v["m"] ** (-v["l"] / 2)
            / (17 * v["V"] * v["m"] * sqrt(v["s"] * _theorem_lambda(v)))
        ),
        # 8 κ P ε_*^(−2) log(8 P L/δ) with that tolerance: 8 · 17² = 2312.
        "level samples": lambda **v: (
            8
            * 17**2
            * v["kappa"]
            * (v["V"] * v["m"]) ** 3
            * v["s"]
            * _theorem_lambda(v)
            * log(8 * v["V"] * v["m"] * v["L"] / v["delta"])
            * v["K_rho"] ** -2
            * v["m"] ** v["l"]
        ),
        "steps": lambda **v: _theorem_sizes(v, "repaired")["steps"],
        "width": lambda **v: _theorem_sizes(v, "repaired")["width"],
        "steps bound": _STEPS_BOUND,
        "width bound": _WIDTH_BOUND,
    },
    "C24.clustering": {
        "threshold": lambda n, m, V, s, L, **_: sqrt(n) * m * _contraction(V, m, s) ** -(L - 1),
        "per entry": lambda n, m, V, s, L, **_: n * m * _contraction(V, m, s) ** -(L - 1) - 1,
    },
    "C24.noise": {
        "tuple": lambda V, m, n, N, signal, **_: (V * m * (n - 1) - signal) / N,
        "symbol": lambda V, n, N, signal, **_: (V * (n - 1) - signal) / N,
    },
    "C24.signal": {
        "tuple": lambda V, n, m, s, L, **_: V * (1 - 1 / n) * _contraction(V, m, s) ** (L - 1),
        "symbol": lambda V, n, m, s, L, **_: V * (1 - 1 / n) * _contraction(V, m, s) ** L,
    },
    "C24.threshold": {
        "threshold": lambda n, m, V, s, L, **_: n * m * _contraction(V, m, s) ** -(L - 1) - 1
    },
    "C24.threshold-exponent": {"crossover": _CROSSOVER, **_MISTAKES},
    "derived.bottleneck": _MISTAKES,
    "derived.crossover": {
        "crossover": _CROSSOVER,
        "crossing": lambda crossover, count_correction, **_: crossover * count_correction,
        "leading order": lambda V, m, l, **_: V * m**l * (1 - m ** (1 - l)),
    },
    "derived.instance-threshold": _MISTAKES,
    "derived.joint-law": {
        "deviation": lambda n, V, m, s, l, **_: (n - 1) / n**2 * _contraction(V, m, s) ** (l - 1),
        "contraction": lambda V, m, s, **_: _contraction(V, m, s),
        # Σ p² ‖q − 1/n‖² is about (1/V) E‖q − 1/n‖², and 2 V/(V − 1) of that is the separation.
        "separation, leading order": lambda n, V, m, s, l, first_correction, **_: (
            2
            * V**2
            / (V - 1)
            * first_correction
            * (n - 1)
            / n**2
            * _contraction(V, m, s) ** (l - 1)
        ),
    },
    "derived.noise": {
        "noise": lambda count_correction, patches, square_norm, N, **_: (
            count_correction * patches * (1 - square_norm) / N
        )
    },
    "derived.sensitivity-curve": {"sensitivity": _CURVE_REPAIRED, "crossover": _CROSSOVER},
    "derived.sensitivity-in-training": {
        "sensitivity": lambda N, crossover, count_correction, inflation, **_: (
            1 / (1 + N / (crossover * count_correction * inflation))
        ),
        "crossover": _CROSSOVER,
    },
    "derived.theorem-7-signal": {
        "tolerance": lambda **v: (
            v["rho"]
            / (
                17
                * v["patches"]
                * sqrt(
                    v["s"]
                    * 2
                    * log(
                        1200
                        * 17
                        * v["patches"] ** 3
                        * v["kappa"]
                        * sqrt(v["d_y"] * v["s"])
                        / v["least_separation"]
                    )
                )
            )
        ),
        "level samples": lambda kappa, patches, epsilon, L, delta, **_: (
            8 * kappa * patches / epsilon**2 * log(8 * patches * L / delta)
        ),
    },
    "derived.uneven-sensitivity": {
        "sensitivity": lambda synonym_noise, other_noise, square_separation, **_: (
            synonym_noise / (other_noise + square_separation)
        )
    },
    "derived.weight-sharing": {"gain": lambda **_: 1.0, "sensitivity": _CURVE},
}

TWINS = {
    **{(name, "printed"): formulas for name, formulas in PRINTED.items()},
    **{(name, "repaired"): formulas for name, formulas in REPAIRED.items()},
}

FORMULAS = [
    pytest.param(statement.id, form, name, id=f"{statement.id}, {form}, {name}")
    for statement in catalogue()
    for form, content in statement.forms.items()
    for name in content.formulas
]


@pytest.mark.parametrize(("statement", "form", "name"), FORMULAS)
def test_the_formula_agrees_with_its_twin(statement: str, form: str, name: str) -> None:
    formula = catalogue()[statement].form(form).formulas[name]
    twin = TWINS[statement, form][name]
    rng = random.Random(f"{statement} {form} {name}")
    for _ in range(3):
        values = _values(rng)
        # Doubles lose some ulps in each of a few dozen operations.
        assert formula(**values) == pytest.approx(twin(**values), rel=1e-12, abs=0.0)


def test_no_twin_is_without_its_formula() -> None:
    known = {tuple(case.values) for case in FORMULAS}
    typed = {(*key, name) for key, formulas in TWINS.items() for name in formulas}
    assert typed == known
