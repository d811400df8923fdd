"""The threshold of one grammar, from its own p, q and rules.

**What fails in the printed form.** The closest pair alone does not decide: it is one among V(V −
1)/2, and costs few strings. Its square ρ² scatters from grammar to grammar far more than the
measured threshold does, which a rate of confusion over all pairs sets.

**Repair.** Solve E(X) = (1 − 1/n)/10, with N^(l) = X n m^l, E(X) = 1 − Π_l (1 − e_l)^(s^(l−1)),
e_l = Σ_μ p̄_μ min(1, u_μ + f_(l−1) (1 − Π_ν'(1 − π_μν'))); p̄ the law of a patch at a random
position, u_μ the probability that it was not seen, π that its estimate is confused with that of a
patch of ν', f the share of the variants of patches one level up that were not seen. Parents that
share q, which Assumption 6 excludes, are no such pair: the learner merges them in the limit, and 1
− E gains the accuracy that is then attainable as a factor (:mod:`layerproof.theory.merging`). At
finite N it may do better, since noise tells their variants apart: of twenty grammars with K_ρ = 0,
fifteen lie within a factor 2 of the prediction, and four that it excludes succeed at X = 5 to 16.

**Derivation.** A stage puts out h_μ = q̂_μ, unbiased, with covariance I Σ_μ/(N p_μ), independent
from patch to patch given the counts; I is the noise that smoothing over noisy variants leaves
(`derived.sensitivity-in-training`). Two parents are confused where the difference of two estimates,
projected on d = q_ν' − q_ν, falls below ‖d‖²/2. A patch that was not seen says nothing. A confused
token makes a patch that the level above has to take for another, unless it has seen this variant,
noisy estimates and all: each of the m variants of a token has one fixed estimate, a patch of s of
them m^s, and a kernel as narrow as the noise knows those it was shown by heart. Five steps are
approximate, which is why the claim is one within a margin: counts are large (Gaussian noise), a
parent is represented by one of its patches, confusions of different pairs are taken as independent,
a variant is known by heart or not at all, and above the lowest levels a token has more variants
than its m rules, which the kernel pools in part.

**Sizes.** The claim is one for s = 2, m ≥ 3 and at least 36 patches a level. There the ratio of
measured to predicted X lay between 0.72 and 1.34 on all of 96 grammars of eight sizes (12 each, V
from 6 to 20, m from 3 to 8, L = 2 and 3) that were not used to draw this line. Smaller ones, and
s > 2, need fewer strings than predicted: at m = 2 the mean ratio is 0.76 to 0.89 and 13 of 84
grammars are off by more than a factor 1.5, at s = 3 it is 0.61 to 0.73 and 23 of 48 are.

Both I and f are needed. Without them the two omissions nearly cancel at V = 16, m = 4, L = 3, but
N* comes out a third too small at V = 64, and its exponent in V would be 0.6.
"""

from __future__ import annotations

from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.thresholds import CLOSEST_PAIR, FORMULAS

THEOREM_APPLIES = Hypothesis(
    "a grammar that meets Definition 4 and Assumption 6",
    "R26.definition-4",
    "R26.assumption-6a",
    "R26.assumption-6b",
)
"""What Theorem 7 asks of a grammar, here and in `derived.bottleneck`."""

STATEMENT = Statement(
    id="derived.instance-threshold",
    title="Threshold of one grammar",
    source="derived; C24 for the criterion",
    kind="law",
    hypotheses=(
        THEOREM_APPLIES,
        Hypothesis(
            "N^(l) = X n m^l samples at level l, practical bandwidths", "training.practical"
        ),
        Hypothesis("s = 2, m ≥ 3, at least 36 patches a level", "sizes.threshold"),
    ),
    forms={
        "printed": Form(
            "The learner succeeds from the X on at which, at every level, the noise between"
            " synonyms is below the separation of the closest non-synonyms.",
            {"closest": CLOSEST_PAIR},
        ),
        "repaired": Form(
            "The learner succeeds from the X on at which the predicted share of strings with an"
            " unseen or confused patch is a tenth of chance.",
            dict(FORMULAS),
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("derived.noise", "derived.sensitivity-in-training"),
    derivation=__doc__,
    erratum=Erratum(
        printed="N* = N_ρ: noise equals the separation of the closest pair",
        fails="the closest pair costs few strings; the rate of confusion over all pairs decides",
        by="N*/N_ρ scatters by more than a quarter (standard deviation of its logarithm) between"
        " grammars whose N* scatters by 6 %, at V = 16, m = 4, L = 3",
        repair="the X at which unseen and confused patches cost a tenth of chance",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
