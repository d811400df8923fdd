"""Lemma 20: the label posterior of a first token is a product of balls-in-bins matrices.

**Derivation.** In the uniform-first-token ensemble every token μ starts exactly m of the V m
patches of a level, and these are dealt to the V parents at random, m each. So the numbers N[ν, μ]
of rules of ν with first child μ are those of V colours with m balls each dealt into V bins of m
slots, and the rows and the columns of P = N/m sum to 1. The first tokens of levels 0, 1, …, l
form a Markov chain with transition matrices P_1, …, P_l; its start is uniform and P_k is doubly
stochastic, so every first token is uniform, and by Bayes P[ζ | μ] = (P_1 ⋯ P_l)_ζμ (1/V)/(1/V).

A level-l *patch* is produced by a level-(l−1) token, so its posterior has l − 1 factors. With n
classes other than V (V a divisor of n m) a factor V/n appears; in C24's ensemble the column sums
are random and the law fails.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import count, l, m, product

SOURCE = "R26 Lemma 20"

ENTRY = Formula(r"P_{\nu\mu}", "entry of a first-token transition matrix", SOURCE, count / m)

FACTORS = Formula(
    r"\mathrm{factors}", "number of matrices up to the first level-l token", SOURCE, l
)

POSTERIOR = Formula(
    r"\mathbb{P}[\zeta \mid \mu]", "label posterior of a first token", SOURCE, product
)

STATEMENT = Statement(
    id="R26.lemma-20",
    title="Label posteriors are products of balls-in-bins matrices",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("as many classes as tokens, n = V", "R26.lemma-20/classes"),
    ),
    forms={
        "printed": Form(
            "P_k = N/m with N the counts of V colours with m balls each, dealt into V bins of m"
            " slots; P_k is doubly stochastic, and P[label = ζ | first level-l token = μ]"
            " = (P_1 ⋯ P_l)_ζμ.",
            {"entry": ENTRY, "factors": FACTORS, "posterior": POSTERIOR},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
