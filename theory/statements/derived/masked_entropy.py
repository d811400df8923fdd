"""What it costs to fill in masked tokens: over all masks, just the entropy of the strings.

**Derivation.** Show the tokens of a string one after another, in an order drawn uniformly. By the
chain rule the entropies of each token given those before it add up to that of the string, whatever
the order. When k tokens are hidden, they are a uniform set of k, and the next to show is uniform
among them: its entropy is the mean over the hidden ones of −log P[x_i | what shows]. Hence the sum
over k of (1/k) E Σ_(i hidden) −log P[x_i | what shows] is H, for any law of strings; in a (V,
m)-uniform, non-ambiguous grammar all strings are equally likely, and H = log n + (s^L − 1)/(s − 1)
log m. A model p̂ in place of P pays H plus the mean over orders of KL(P‖P̂), P̂ being the law of the
strings that the model makes in that order: the same chain rule, term by term.
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import ENTROPY
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.masked-entropy",
    title="Masked cross-entropies add up to the entropy",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "The mean cross-entropy of a masked token, summed over the numbers of masked tokens, is"
            " the entropy of the strings; that of a model exceeds it by its mean divergence.",
            {"entropy": ENTROPY},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
