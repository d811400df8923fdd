"""What Gaussian noise hides of a string, over all strengths of the noise: just its entropy.

**Derivation.** Of y = √γ x + n, x the one-hot leaves, n standard normal, the mutual information I
grows with γ at the rate of half the least mean square error, dI/dγ = E‖x − E[x|y]‖²/2 (Guo, Shamai,
Verdú 2005, Theorem 2; quoted from memory, and confirmed here by the check alone). At γ = 0 nothing
is known, and as γ → ∞ the string is: I(∞) = H. So ½ ∫ mmse(γ) dγ over all γ is the entropy. The
check draws γ from the density g/(g + γ)² and divides by it, so that no part of the range is cut
off.
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import ENTROPY
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.i-mmse",
    title="Errors of Gaussian denoising add up to the entropy",
    source="derived from Guo, Shamai, Verdú 2005 (quoted from memory)",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "Half of the least mean square error of the one-hot leaves, integrated over all"
            " signal-to-noise ratios, is the entropy of the strings.",
            {"entropy": ENTROPY},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
