"""Lemma 30: a product of first-token matrices keeps two tokens apart.

**What fails in the printed form.** One use of Lemma 29 a matrix: the failure probabilities of all
l matrices add up, and O(δ) hides the factor l. Read with any constant C in min(m, V) ≥ C
log³(1/δ), the statement is false: at V = m = 2 one matrix maps e_μ − e_μ' to 0 with probability
2/3, l of them do with probability 1 − 3^(−l) → 1, and δ = exp(−(2/C)^(1/3)) < 1 stays (C = 1
breaks at l = 1: 0.667 > 0.284; C = 1000 at l = 2: 0.889 > 0.882). For fixed l and min(m, V) → ∞
it is true.

**Repair.** The bound fails with probability at most 4 l exp(−min(m, V)/100): it holds with
probability at least 1 − δ as soon as min(m, V) ≥ 100 log(4l/δ).

**Derivation.** z_l = e_μ − e_μ', z_{k−1} = P_k z_k: centred, and independent of P_k, …, P_1
before it is multiplied. Lemma 29 (repaired) applies l times, with δ/l each, and ‖z_0‖² ≥ ‖z_l‖²
(20m)^(−l) with ‖z_l‖² = 2; the factor √2 that this leaves on the right is not used.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_29 import FAILURE as FAILURE_OF_ONE
from layerproof.theory.statements.ren2026.lemma_29 import READING_OF_FAILURE
from layerproof.theory.symbols import l, m

SOURCE = "R26 Lemma 30"

SEPARATION = Formula(
    r"\text{bound}",
    "least distance of two tokens after l matrices",
    SOURCE,
    (20 * m) ** (-l / sp.Integer(2)),
)

FAILURE = Formula(
    r"\mathbb{P}[\mathrm{failure}]",
    "failure probability",
    f"{SOURCE}, repaired",
    l * FAILURE_OF_ONE.expression,
)

_CONCLUSION = sp.Ge(sp.Symbol(r"\|P_1 \cdots P_l (e_\mu - e_{\mu'})\|"), SEPARATION.expression)

STATEMENT = Statement(
    id="R26.lemma-30",
    title="Products of first-token matrices keep two tokens apart",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("two different tokens μ, μ', fixed", "R26.lemma-30/tokens"),
        Hypothesis("min(m, V) ≫ log³(1/δ)", "sizes.delta"),
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − O(δ), ‖P_1 ⋯ P_l (e_μ − e_μ')‖ ≥ (20m)^(−l/2). Read with"
            " min(m, V) ≥ C log³(1/δ), and δ for O(δ).",
            {"separation": SEPARATION, "failure": READING_OF_FAILURE},
            _CONCLUSION,
        ),
        "repaired": Form(
            "‖P_1 ⋯ P_l (e_μ − e_μ')‖ ≥ (20m)^(−l/2) fails with probability at most"
            " 4 l exp(−min(m, V)/100).",
            {"separation": SEPARATION, "failure": FAILURE},
            _CONCLUSION,
        ),
    },
    proof_uses=("R26.lemma-29",),
    derivation=__doc__,
    erratum=Erratum(
        printed="‖P_1 ⋯ P_l (e_μ − e_μ')‖ ≥ (20m)^(−l/2) with probability 1 − O(δ) if min(m, V) ≫"
        " log³(1/δ)",
        fails="for every constant in ≫ and O once l is large: l uses of Lemma 29 are paid for once",
        by="V = m = 2: it fails with probability 1 − 3^(−l)",
        repair="failure probability 4 l exp(−min(m, V)/100), or min(m, V) ≥ 100 log(4l/δ)",
        consequence="Theorem 7's form is unaffected in its regime: m, V = Θ(log d) makes"
        " min(m, V) ≫ log l",
    ),
)

STATEMENTS = (STATEMENT,)
