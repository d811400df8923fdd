"""Which level fails first, where one is short of samples and all others have plenty.

**What fails in the printed form.** With plenty of samples the stage above knows the estimates of
every variant of its patches by heart, noisy as they are. Noise from below then costs nothing, and
the level that cannot be helped by any other is the one whose *unseen* patches are lost: level 1.

**Repair.** E(X) of `derived.instance-threshold`, where X is that of one level and all others have
plenty.

**Derivation.** That of `derived.instance-threshold`. f is small where the stage above has plenty
(at V = 16, m = 4, L = 3 it is 0.14 at level 1 and 0.0003 at level 2), so that a short leaf level
loses little more than the patches it has not seen, and level 2 some of its confusions.
"""

from __future__ import annotations

from layerproof.theory.predictions import CROSSOVER_GENERAL
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.derived.instance_threshold import THEOREM_APPLIES
from layerproof.theory.thresholds import FORMULAS

STATEMENT = Statement(
    id="derived.bottleneck",
    title="The level that limits the learner",
    source="derived; C24 Sec. V for the expectation",
    kind="law",
    hypotheses=(
        THEOREM_APPLIES,
        Hypothesis(
            "one level has X n m^l samples, every other one plenty", "derived.bottleneck/samples"
        ),
    ),
    forms={
        "printed": Form(
            "The level with the largest N_×^(l)/(n m^l), the leaf level, needs the largest X.",
            {"crossover": CROSSOVER_GENERAL},
        ),
        "repaired": Form(
            "The level with the largest predicted X of its own needs the largest X; confusions"
            " that the stage above has seen cost nothing.",
            dict(FORMULAS),
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("derived.instance-threshold", "derived.crossover"),
    derivation=__doc__,
    erratum=Erratum(
        printed="the leaf level is the bottleneck",
        fails="stages above with plenty of samples learn the noisy estimates by heart",
        by="at V = 16, m = 4, L = 3 the leaf level needs X < 1 with 32 n m^l samples above, level 1"
        " needs 2.3",
        repair="own thresholds with unseen patches, and confusions only of unseen variants",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
