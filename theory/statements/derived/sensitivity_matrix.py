"""C24's synonymic sensitivity of whole strings, S[l, k], at all levels l and all layers k.

**Derivation.** P_l keeps the tokens of the levels 0, …, l − 1 of a string and draws the rest anew.
Given those tokens, x and P_l x are independent and alike, so ⟨‖f(x) − f(P_l x)‖²⟩ = 2 E tr Var[f |
tokens of level l − 1], and for independent strings it is 2 tr Var f. The layer of level k puts out
h_μ for the level-k patch μ at each of s^(k−1) positions. It does not change for l > k, so S = 0.
For l ≤ k the variances add up over positions; each is that of q_μ under the law of the patch there,
plus the noise of h_μ: two patches that differ have independent errors, one patch has one error
wherever it stands. A patch that was seen k times has the noise (1 − ‖q_μ‖²)/k, of mean
(1 − ‖q_μ‖²) e(N)/(N p_μ) over k > 0; one that was not puts out the uniform law. The layers below
need Assumption 6: tokens that share q, or never come first, have one embedding there, and no layer
above can tell the patches apart that hold them.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import N, count_correction, probability, square_norm

NOISE = Formula(
    r"\mathbb{E}\|h_\mu - q_\mu\|^2",
    "sampling noise of the output for a patch that was seen",
    "derived",
    (1 - square_norm) * count_correction / (N * probability),
)

STATEMENT = Statement(
    id="derived.sensitivity-matrix",
    title="Synonymic sensitivity at all levels and layers",
    source="derived; C24 eq. 8 for the quantity",
    kind="law",
    hypotheses=(
        Hypothesis("layers below trained well enough to add nothing", "layers.trained"),
        Hypothesis("the instance's own laws", "derived.sensitivity-matrix/laws"),
    ),
    forms={
        "printed": Form(
            "The layer of level k, trained on N samples, is invariant to exchanges of synonyms at"
            " levels below k; its sensitivity to those at levels 1, …, k is the share of its"
            " variance that the tokens of level l − 1 leave open, without a free parameter.",
            {"noise": NOISE},
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("derived.sensitivity-curve",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
