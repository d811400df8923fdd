"""Informal Principle 2: what layerwise training needs, as three numbers with null values.

(i) The output is correlated with the lower-level parts: I_1 > 0. (ii) The signal that the lower
parts receive is clean, x̂ and e_ζ independent given the patch: I_2 = 0. (iii) Lower-level features
are weakly identifiable: ρ_rel > 0.

I_1 and I_2 are one statistic, ‖Cov(Φ(x), e_ζ)‖²_F / (tr Var Φ(x) · tr Var e_ζ): I_1 over all
held-out strings, I_2 within patches, numerators and denominators averaged with the patches'
frequencies. Φ is the kernel's feature map at the stage's own bandwidth, x what the trained layers
below make of the string. The covariance's square is estimated without bias, by the U-statistic of
the Hilbert-Schmidt independence criterion (Song et al., JMLR 2012), so that both average to 0 where
there is nothing.

**What fails in the printed form.** Each condition is to have a control in which it alone fails.
With (iii) measured by ρ = min ‖q_μ − q_μ'‖ over non-synonyms that is impossible for (i): ρ > 0
implies it, quantitatively.

**Repair.** ρ_rel = ρ/rms, rms the root mean square of ‖q_μ − q_μ'‖ over non-synonyms. Labels
replaced by uniform ones with probability 1 − η turn q into 1/n + η(q − 1/n): I_1 falls with η², I_2
stays 0 and ρ_rel stays what it was, so that (i) alone fails as η → 0. At η = 0 ρ_rel is 0/0, not
applicable.

**Derivation.** With π = Σ p_μ q_μ, Σ p_μ ‖q_μ − π‖² = ½ Σ p_μ p_μ' ‖q_μ − q_μ'‖². Synonyms
contribute nothing, non-synonyms at least ρ² each, and their pairs have probability 1 − Σ_ν p_ν², ν
the parents. So Σ p_μ ‖q_μ − π‖² ≥ ½ ρ² (1 − Σ_ν p_ν²), with equality for two parents.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import collision, correlation, leakage, relative_separation, rho

SOURCE = "R26 Informal Principle 2"

LEAST_VARIANCE = Formula(
    r"\sum_\mu p_\mu\|q_\mu - \pi\|^2",
    "least variance of q that a separation implies",
    "derived",
    rho**2 * (1 - collision) / 2,
)

STAGE = (
    Hypothesis("a stage with trained layers below it", "R26.principle-2/stage"),
    Hypothesis("held-out strings", "R26.principle-2/held-out"),
)

CORRELATED = Statement(
    id="R26.principle-2-i",
    title="The output is correlated with the lower-level parts",
    source=f"{SOURCE} (i)",
    kind="principle",
    hypotheses=STAGE,
    forms={
        "printed": Form(
            "The label and the representation of the first patch are correlated: I_1 > 0.",
            conclusion=sp.Gt(correlation, 0),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

CLEAN = Statement(
    id="R26.principle-2-ii",
    title="The signal that the lower parts receive is clean",
    source=f"{SOURCE} (ii)",
    kind="principle",
    hypotheses=STAGE,
    forms={
        "printed": Form(
            "Given the patch, its representation and the label are independent: I_2 = 0.",
            conclusion=sp.Eq(leakage, 0),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

IDENTIFIABLE = Statement(
    id="R26.principle-2-iii",
    title="Lower-level features are weakly identifiable",
    source=f"{SOURCE} (iii)",
    kind="principle",
    hypotheses=(Hypothesis("a non-ambiguous grammar", "grammar.non-ambiguous"),),
    forms={
        "printed": Form(
            "Label posteriors separate non-synonyms: ρ > 0.",
            {"least variance": LEAST_VARIANCE},
            sp.Gt(rho, 0, evaluate=False),
        ),
        "repaired": Form(
            "Label posteriors separate non-synonyms, on their own scale: ρ_rel > 0.",
            {"least variance": LEAST_VARIANCE},
            sp.Gt(relative_separation, 0),
        ),
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
    erratum=Erratum(
        printed="each of (i), (ii), (iii) has a control in which it alone fails",
        fails="(iii) as ρ > 0 implies (i): Σ p ‖q − π‖² ≥ ½ ρ² (1 − Σ_ν p_ν²)",
        by="no control can exist for (i)",
        repair="(iii) as ρ/rms > 0; then label noise breaks (i) alone",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (CORRELATED, CLEAN, IDENTIFIABLE)
