"""A learner that is taught by what it has learned itself needs as many strings at every depth.

**Derivation.** The target of stage l, the embedding that stage l + 1 has learned of a token beside
the patch's parent, is a function of what does not descend from the parent, of earlier samples, and
of nothing else: it is clean and synonym-blind, errors included. Whitened, it is a simplex of as
many points as there are symbols, up to noise, so its law separates patches as the ideal latent's
does (`derived.path-law`): N_× = V m³/(1 − f) strings at *every* stage, up to 1/V and 1/m. With C
times as many, noise between synonyms is 1/C of the separation. Labels enter at level 1 alone, where
`derived.few-labels` says what they cost. Nothing in this depends on L.

Raw targets shrink by m² a stage in mean square, more in some directions than in others; whitening
undoes that, at the price of raising the noise of the directions that say least. Clustering does
away with the noise where clusters do not overlap.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.statements.derived.few_labels import FEW_LABELS_ERROR
from layerproof.theory.symbols import V, m, multiple, s

OWN_LATENT_SAMPLES = Formula(
    r"N^{(l)}",
    "strings of a stage that learns from own latents",
    "derived",
    multiple * V * m**3 / (1 - m / V ** (s - 1)),
)

OWN_LATENT_ACCURACY = Formula(
    r"1 - \varepsilon_N",
    "accuracy of a learner with perfect level-1 tokens",
    "derived",
    1 - FEW_LABELS_ERROR.expression,
)

STATEMENT = Statement(
    id="derived.own-latents",
    title="A learner taught by its own latents",
    source="derived; Korchinski, Favero, Wyart 2026 for the law with clusters (second hand)",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("own latents tell every two symbols apart", "derived.own-latents/separating"),
        Hypothesis(
            "the siblings that a stage is told about are those of its patches",
            "derived.own-latents/siblings",
        ),
    ),
    forms={
        "printed": Form(
            "With C V m³/(1 − f) strings a stage and N labels, the accuracy is that of perfect"
            " level-1 tokens, at every L.",
            {
                "samples": OWN_LATENT_SAMPLES,
                "accuracy": OWN_LATENT_ACCURACY,
            },
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.path-law", "derived.few-labels"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
