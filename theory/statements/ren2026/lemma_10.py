"""Lemma 10: from token embeddings (Assumption 9) to patch embeddings (Assumption 13).

**What fails in the printed form.** Two patches may differ in one token, so that their distance is
ρ̃ and no more. There ψ_σ = exp(−ρ̃²/(2σ²)), and the proof wants ε_O/2. With the printed σ² =
2ρ̃²/log(2/ε_O) it is (ε_O/2)^(1/4), above ε_O for every ε_O < 2^(−1/3), whatever M. The second
slip: ‖Φ − Φ'‖² ≤ 2(1 − ψ_σ) + 2ε_RF, where ε̃_S = ε_S σ/√s spends all of ε_S² on the first term and
ε_RF = ε_S²/2 all of it on the second. And M is left up to a constant.

**Repair.** σ² ≤ ρ̃²/(2 log(2/ε_O)); ε̃_S ≤ ε_S σ/√(2s); ε_RF = (ε_O ∧ ε_S²/2)/2; and M ≥ 4(d_h +
2)/ε_RF² · log(2^8 d_h R²/(σ² ε_RF² δ)) with d_h = s d_e and R = √s max ‖h‖.

**Derivation.** Lemma 12 on the ball of radius R: with probability at least 1 − δ all inner products
are within ε_RF of the kernel. Distinct patches are at least ρ̃ apart, so |⟨Φ, Φ'⟩| ≤ e^(−ρ̃²/(2σ²))
+ ε_RF ≤ ε_O/2 + ε_O/2. Two representations of one patch are at most √s ε̃_S apart and 1 − e^(−x) ≤
x, so ‖Φ − Φ'‖² ≤ s ε̃_S²/σ² + 2ε_RF ≤ ε_S²/2 + ε_S²/2.

The first part is tight in σ, where ψ_σ = ε_O/2 exactly; M is about 100 times what is needed. The
printed second part is saved at Lemma 12's M, since 2(1 − e^(−x/2)) is below x by x²/4 and the error
of the features is relative near zero; with the constant of M read as 1 it fails.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import (
    C,
    d_h,
    delta,
    epsilon_O,
    epsilon_S,
    feature_error,
    radius,
    s,
    sigma,
    token_separation,
)

SOURCE = "R26 Lemma 10"

_LOG = sp.log(2 / epsilon_O)
_LEAST = sp.Min(epsilon_O**2, epsilon_S**4)

BANDWIDTH = Formula(r"\sigma", "largest bandwidth", SOURCE, sp.sqrt(2 * token_separation**2 / _LOG))
BANDWIDTH_REPAIRED = Formula(
    r"\sigma",
    "largest bandwidth",
    f"{SOURCE}, repaired",
    sp.sqrt(token_separation**2 / (2 * _LOG)),
)
TOKEN_SPREAD = Formula(
    r"\tilde\varepsilon_S", "largest spread of a token", SOURCE, epsilon_S * sigma / sp.sqrt(s)
)
TOKEN_SPREAD_REPAIRED = Formula(
    r"\tilde\varepsilon_S",
    "largest spread of a token",
    f"{SOURCE}, repaired",
    epsilon_S * sigma / sp.sqrt(2 * s),
)
FEATURE_ERROR = Formula(
    r"\varepsilon_{\mathrm{RF}}",
    "error left to the features",
    f"{SOURCE}, proof",
    sp.Min(epsilon_O, epsilon_S**2) / 2,
)
FEATURE_ERROR_REPAIRED = Formula(
    r"\varepsilon_{\mathrm{RF}}",
    "error left to the features",
    f"{SOURCE}, repaired",
    sp.Min(epsilon_O, epsilon_S**2 / 2) / 2,
)
FEATURES = Formula(
    "M",
    "number of frequencies",
    SOURCE,
    C * d_h / _LEAST * sp.log(d_h * _LOG / (token_separation**2 * _LEAST * delta)),
)
"""With ≳ read as ≥ C, and d_h = s d_e."""

FEATURES_REPAIRED = Formula(
    "M",
    "number of frequencies",
    f"{SOURCE}, repaired",
    4
    * (d_h + 2)
    / feature_error**2
    * sp.log(2**8 * d_h * radius**2 / (sigma**2 * feature_error**2 * delta)),
)
"""Where the bound of Lemma 12 on the ball of radius R is δ at ε = ε_RF."""

_CONCLUSION = (
    "|⟨Φ(h_μ), Φ(h_μ')⟩| ≤ ε_O for distinct patches and ‖Φ(h_μ) − Φ(h'_μ)‖ ≤ ε_S for two"
    " representations of one patch, with probability at least 1 − δ"
)

_OVERLAP = sp.And(
    sp.Le(sp.Symbol(r"|\langle \Phi(h_\mu), \Phi(h_{\mu'}) \rangle|"), epsilon_O),
    sp.Le(sp.Symbol(r"\|\Phi(h_\mu) - \Phi(h'_\mu)\|"), epsilon_S),
)

STATEMENT = Statement(
    id="R26.lemma-10",
    title="Errors propagate through the random features",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("Assumption 9", "R26.assumption-9"),
        Hypothesis("σ, ε̃_S at most, M at least as below", "R26.lemma-10/sizes"),
    ),
    forms={
        "printed": Form(
            f"If σ² ≤ 2ρ̃²/log(2/ε_O), ε̃_S ≤ ε_S σ/√s and M ≳ as below, {_CONCLUSION}.",
            {
                "bandwidth": BANDWIDTH,
                "token spread": TOKEN_SPREAD,
                "feature error": FEATURE_ERROR,
                "features": FEATURES,
            },
            _OVERLAP,
        ),
        "repaired": Form(
            f"If σ² ≤ ρ̃²/(2 log(2/ε_O)), ε̃_S ≤ ε_S σ/√(2s) and M ≥ as below, {_CONCLUSION}.",
            {
                "bandwidth": BANDWIDTH_REPAIRED,
                "token spread": TOKEN_SPREAD_REPAIRED,
                "feature error": FEATURE_ERROR_REPAIRED,
                "features": FEATURES_REPAIRED,
            },
            _OVERLAP,
        ),
    },
    assumes=("R26.assumption-9",),
    proof_uses=("R26.lemma-12",),
    derivation=__doc__,
    erratum=Erratum(
        printed="σ² ≤ 2ρ̃²/log(2/ε_O) and ε̃_S ≤ ε_S σ/√s",
        fails="patches that differ in one token overlap by (ε_O/2)^(1/4) > ε_O; ε_S² is spent"
        " twice",
        by="ε_O = 0.1: 0.473 for one-hot tokens, at every M",
        repair="σ² ≤ ρ̃²/(2 log(2/ε_O)), ε̃_S ≤ ε_S σ/√(2s), M explicit with R = √s max ‖h‖",
        consequence="Theorem 7's form is unaffected: logarithms and constants; Lemma 11's"
        " ρ̃ = ρ/2 makes up for it",
    ),
)

STATEMENTS = (STATEMENT,)
