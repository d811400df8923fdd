"""M24: U-Nets approximate the denoising functions of hierarchical models by belief propagation.

**Known at second hand.** The abstract says that U-Nets can implement belief propagation in these
models and so approximate their denoising functions, ConvNets their classification, and that this
bounds the number of samples that learning takes. The bounds themselves, and how large the networks
are, we do not know: no number of samples and no rate is judged here. What is judged is that there
is a U-Net whose outputs are within a stated accuracy, by giving one.

**The network.** That of `derived.unet-is-belief-propagation`, which is exact where transitions
factorise and where they do not. It has a hidden unit for each tuple that a symbol produces: V V^s a
level where that is each of them. Where transitions factorise V s would do: exp of the messages, the
factors of each child, log, and a sum over children. So the premises buy the size, and not the
possibility.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.statements.mei2024.premises import MODEL
from layerproof.theory.symbols import denoising_error, epsilon

STATEMENT = Statement(
    id="M24.u-net",
    title="A U-Net approximates the denoising function",
    source="M24 Theorem on denoising, at second hand",
    kind="theorem",
    hypotheses=(
        MODEL,
        Hypothesis("transitions that factorise over children", "M24.factorised"),
        Hypothesis("bounded transitions", "M24.bounded"),
    ),
    forms={
        "printed": Form(
            "For any accuracy there is a U-Net within it of the posterior of every token, and its"
            " encoder, a ConvNet, is within it of that of the label (known at second hand).",
            conclusion=sp.Le(denoising_error, epsilon),
        )
    },
    assumes=("R26.definition-3", "M24.factorised", "M24.bounded"),
    proof_uses=("derived.unet-is-belief-propagation",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
