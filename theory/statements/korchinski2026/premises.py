"""What K26's theorem asks of a grammar and of a clustering: balanced, separated, stable.

**Known at second hand.** Not the paper's text but notes of others on it were read: balanced is
"every grammatical tuple occurs with probability about 1/(vm)", separated "the context vectors of
parents have least distance c_sep √(1 − f)/m", stable "points within Δ/8 of their true centres are
partitioned correctly", Δ the least distance of two centres. How far "about" goes, and what c_sep
is, the notes do not say: balanced is read as exactly so, c_sep as a parameter. A context vector is
read as the law of the first token of the patch beside: a learner's own latent.

**What is known of them here.** On the uniform-first-token ensemble first patches are balanced
exactly. The mean-square separation is 2 v_C c (`derived.path-law`), about 2(1 − f)/m²: a
root mean square of √2 in units of √(1 − f)/m, and c_sep is less, the least over all pairs. At the
leaf level, over draws: 0.71 in the median at V = 16, m = 4, s = 2, 0 in 5 to 10 % of them, where
two parents share one law; 0.79 at V = 32, m = 8, above 0.67 in 95 % of them (400 and 200 draws).

**Ward's method is stable**, up to Δ/(2 + 2√2), which is more than Δ/8, where all classes have m
points. Merging sets of a and b points costs ab/(a + b) times the squared distance of their means.
Suppose all clusters lie inside classes, and the cheapest merger is of A and B out of two classes,
|A| ≤ |B|, which costs at least |A|/2 (Δ − 2r)² with points within r of their centres. Where A is
not all of its class, to merge it with another part of it costs at most 4r²|A|, which is less for
2√2 r < Δ − 2r. Where A is, so is B, as |A| ≤ |B|: the merger costs m/2 (Δ − 2r)², and one inside
any class at most m/4 · 4r², which is less too. So classes are completed first.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import V, kappa, m, rho, s, separation_constant

SOURCE = "K26 Assumptions, at second hand"

MODEL = Hypothesis("a Random Hierarchy Model (Definition 3)", "R26.definition-3")

UNIFORM = Hypothesis("a (V, m)-uniform, non-ambiguous grammar (Definition 4)", "R26.definition-4")

LEAST_SEPARATION = Formula(
    r"\rho_{\min}",
    "least separation of parents by own latents",
    SOURCE,
    separation_constant * sp.sqrt(1 - m / V ** (s - 1)) / m,
)

STABLE_RADIUS = Formula(
    r"\varepsilon",
    "how far from their centres points may lie",
    SOURCE,
    rho / 8,
)

BALANCED = Statement(
    id="K26.balanced",
    title="Grammatical tuples are equally frequent",
    source=SOURCE,
    kind="assumption",
    hypotheses=(MODEL,),
    forms={
        "printed": Form(
            "Every patch of a level comes first with probability 1/|P_l|, 1/(V m): κ = 1 (known at"
            " second hand, as about that).",
            conclusion=sp.Eq(kappa, 1),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

SEPARATED = Statement(
    id="K26.separated",
    title="Own latents tell parents apart",
    source=SOURCE,
    kind="assumption",
    hypotheses=(UNIFORM, Hypothesis("f = m/V^(s−1) < 1", "K26.incomplete")),
    forms={
        "printed": Form(
            "Laws of the first token of the patch beside, given two parents, lie at least"
            " c_sep √(1 − f)/m apart at every level from 2 to L (known at second hand).",
            {"separation": LEAST_SEPARATION},
            sp.Ge(rho, LEAST_SEPARATION.expression),
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STABLE_CLUSTERING = Statement(
    id="K26.stable-clustering",
    title="Clusters of points near their centres are the classes",
    source=SOURCE,
    kind="assumption",
    hypotheses=(UNIFORM,),
    forms={
        "printed": Form(
            "Points within an eighth of the least distance of two centres of their own are put"
            " together with those of the same centre and with no other (known at second hand).",
            {"radius": STABLE_RADIUS},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (BALANCED, SEPARATED, STABLE_CLUSTERING)
