"""How soon noise gives itself away: hardly any of it is grammatical above the leaves.

**Derivation.** A string can be read up to level l where it is what s^l symbols of level l make.
There are V^(s^l) tuples of such symbols, and each makes m^(s^l + … + s^(L−1)) strings, all of them
different where no patch has two parents. Of V^(s^L) strings of uniform noise that is the share
f^((s^L − s^l)/(s − 1)), and what is read is uniform. So once the leaf level tells grammatical from
not, the error that is left is f^(s^(L−1))/2, and the levels above have exponentially little to
learn from. The strings of the grammar are V m^((s^L−1)/(s−1)), equally likely: their divergence
from noise is (s^L − 1)/(s − 1) log(1/f), 0 at f = 1.
"""

from __future__ import annotations

from layerproof.theory.predictions_noise import DIVERGENCE, SHORTCUT
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.noise-shortcut",
    title="Noise that passes for grammatical",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "Uniform noise can be read from the leaves up to level l with probability"
            " f^((s^L − s^l)/(s − 1)), and what is read is uniform again.",
            {"passes": SHORTCUT, "divergence": DIVERGENCE},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
