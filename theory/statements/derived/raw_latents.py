"""Own latents as they are learned: separation and noise shrink together, stage by stage.

Stage l predicts the embedding that stage l + 1 has learned of the first token of the patch beside
its parent, neither whitened nor clustered. The exact laws of such a chain are
:mod:`layerproof.theory.latent_chain`.

**Derivation.** Write Z for the matrix of targets, a row for each level-l token, and Z_c for Z less
the mean of its rows. Stage l learns q_p = C_p D Z: C_p the law of the sibling of p, the first
child, D that of a first child. D, by which parents patches with one first token are dealt out,
depends on the deal alone, C and Z on which patches there are, at their own levels and below: the
three are independent, although Z's own stage reads the rules of D's level once more. For a centred
row a, E[Dᵀ aᵀ a D] is unchanged by permutations of tokens and has row sums 0, so that it is
c‖a‖²/(V − 1) times the projection onto centred vectors, c = (V − 1)/(mV − 1) (Lemma 21), and
E‖aDZ‖² = c‖a‖²‖Z_c‖²/(V − 1). The mean squared distance of two rows of Z is 2‖Z_c‖²/(V − 1), and
E‖C_p − C_p'‖² = 2 v_C (`derived.path-law`). So one stage multiplies the mean-square separation by
v_C c, and the first one makes it 2 v_C c of one-hot targets, whose separation is 2.
The noise is E‖z‖² − E‖q_p‖². Both have E‖z̄‖² in them, z̄ the mean of the rows, so that
the noise is what is left of the spread of the rows, Δ²(1 − 1/V)/2 with Δ² their mean-square
separation, less that of C_p D Z, v_C c Δ²/2: in all (Δ²/2)(1 − 1/V − v_C c).

**Growth.** At an accuracy in proportion to the separation, Hoeffding's form of Lemma 18 asks for
1/(v_C c), about m²/(1 − f), times more strings with every stage, Bernstein's form for as many at
every stage. Both are judged as slopes of log N over the stages of single draws, with mean squares
for ε and mean variances for τ². The mean of a logarithm is not that of the mean: at V = 16, m = 4,
s = 2, L = 4 slopes are above the law by 0.02 and by 0.007 (4000 draws).

**What it does not say.** The least separation of two parents falls faster than the mean-square one,
since some directions of a product of random matrices shrink faster than others. With least
separations and largest variances, as the theorem has them, N in Bernstein's form grows all the
same: over L = 6, at V = 16, m = 4, s = 2 as m^(0.37 ± 0.01) a stage (draws without collisions, 400
drawn), at V = 32, m = 8 as m^(0.19 ± 0.01), against m^2.57 and m^2.33 in Hoeffding's. That is what
whitening or clustering the targets does away with.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION
from layerproof.theory.predictions_paths import SIBLING_STEP
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import L, V, l, m

STAGE = SIBLING_STEP.expression * CONTRACTION.expression
"""What one stage leaves of the mean-square separation: v_C c."""

RAW_SEPARATION = Formula(
    r"\mathbb{E}\|q_\mu - q_{\mu'}\|^2",
    "mean-square separation by own latents as they are learned",
    "derived",
    2 * STAGE ** (L - l + 1),
)

RAW_VARIANCE = Formula(
    r"\mathbb{E}\,\mathrm{tr\,Cov}(Z \mid \mu)",
    "noise of own latents as they are learned",
    "derived",
    STAGE ** (L - l) * (1 - 1 / V - STAGE),
)

HOEFFDING_GROWTH = Formula(
    r"\log_m N^{(l)}/N^{(l+1)}",
    "growth of Hoeffding's sample size with every stage, as a power of m",
    "derived",
    -sp.log(STAGE) / sp.log(m),
)

BERNSTEIN_GROWTH = Formula(
    HOEFFDING_GROWTH.name,
    "growth of Bernstein's sample size with every stage, as a power of m",
    "derived",
    sp.Integer(0),
)

STATEMENT = Statement(
    id="derived.raw-latents",
    title="What own latents cost as they are learned",
    source="derived from R26 Lemmas 18, 20, 21",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("n = V classes, m > 1 and f < 1", "derived.raw-latents/sizes"),
    ),
    forms={
        "printed": Form(
            "Every stage multiplies the mean-square separation and the noise by v_C c, about"
            " (1 − f)/m²: the strings of a stage grow by m²/(1 − f) with every stage in Hoeffding's"
            " form of Lemma 18, and not at all in Bernstein's.",
            {
                "separation": RAW_SEPARATION,
                "variance": RAW_VARIANCE,
                "hoeffding growth": HOEFFDING_GROWTH,
                "bernstein growth": BERNSTEIN_GROWTH,
            },
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("R26.lemma-21", "derived.path-law", "derived.lemma-18-bernstein"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
