"""The synonym-sensitivity curve of a grammar whose patches are not equally likely.

**What fails in the printed form.** S(N) = 1/(1 + N/N_×) with N_× = 2⟨(1 − ‖q_μ‖²)/p_μ⟩/⟨‖q_μ −
q_μ'‖²⟩ averages 1/p_μ over all patches, so that the rarest decide: at Zipf exponent a a symbol's
rules spread over a factor m^a, and those that N samples do not contain have no estimate and no
noise. Where patches are rare E[1/k | k > 0] → 1, not 1/(N p) → ∞. At V = 16, m = 4, l = 2 and
a = 2 the printed form predicts 0.641 at N = 192, the crossover size of uniform rules; 0.395 is
found ([0.358, 0.432], 60 grammars), and 0.398 by the repaired form.

**Repair.** S(N) = ν_syn/(ν_non + Δ²): the means over pairs of patches that were both seen, of the
noise between synonyms, the noise between others, and the separation of others, all of the
grammar's own law.

**Derivation.** A stage with small ridge puts out h_μ = q̂_μ, the empirical law of the labels of the
k_μ samples that show μ: its output is W x/⟨1, W x⟩, and the shrinkage p̂_μ/(p̂_μ + λ), which differs
from patch to patch, cancels in the quotient. Given the counts, the errors q̂_μ − q_μ are independent
with mean zero and variance (1 − ‖q_μ‖²)/k_μ (synonyms share q, so v_μ = 1 − ‖q_μ‖² is theirs in
common; their p differ). So E‖q̂_μ − q̂_μ'‖² = ‖q_μ − q_μ'‖² + v_μ E[1/k_μ | k_μ > 0] + v_μ' E[1/k_μ'
| k_μ' > 0]. A pair enters the mean where both were seen, with probability w_μ w_μ', w_μ = 1 − (1 −
p_μ)^N: therefore the frequent patches weigh more, among synonyms and among others in different
degree, since synonyms share their parent's frequency; ν_syn and ν_non differ. With equal p both are
2 v e(N)/(N p), and S is `derived.sensitivity-curve`'s. Two things are neglected: that k_μ, k_μ' are
correlated, by −√(p p'/((1 − p)(1 − p'))), and that a mean of quotients stands for a quotient of
means where the number of pairs seen varies. Over several grammars numerator and denominator are
averaged apart.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import SENSITIVITY
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import mean_noise, other_noise, square_separation, synonym_noise

CROSSOVER_UNEVEN = Formula(
    r"N_\times",
    "crossover sample size of a grammar whose patches are not equally likely",
    "derived",
    2 * mean_noise / square_separation,
)

SENSITIVITY_UNEVEN = Formula(
    SENSITIVITY.name,
    "synonym sensitivity of patches that were seen, of any law",
    "derived",
    synonym_noise / (other_noise + square_separation),
)

STATEMENT = Statement(
    id="derived.uneven-sensitivity",
    title="Synonym-sensitivity curve with rules that are not equally likely",
    source="derived; Cagnetta, Kang, Wyart 2025 for the grammars",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a non-ambiguous grammar, with any rule and label probabilities",
            "grammar.non-ambiguous",
        ),
        Hypothesis("levels below trained well enough to add nothing", "layers.trained"),
    ),
    forms={
        "printed": Form(
            "The synonym sensitivity of a stage trained on N samples is 1/(1 + N/N_×) with"
            " N_× = 2⟨(1 − ‖q_μ‖²)/p_μ⟩/⟨‖q_μ − q_μ'‖²⟩ of the grammar.",
            {"sensitivity": SENSITIVITY, "crossover": CROSSOVER_UNEVEN},
        ),
        "repaired": Form(
            "The synonym sensitivity of a stage trained on N samples, over patches that were seen,"
            " is ν_syn/(ν_non + Δ²), each pair weighted by the chance that both are seen.",
            {"sensitivity": SENSITIVITY_UNEVEN},
        ),
    },
    derivation=__doc__,
    erratum=Erratum(
        printed="S(N) = 1/(1 + N/N_×) with the mean of 1/p_μ over all patches",
        fails="patches that were not seen have no noise, and rare ones dominate ⟨1/p⟩",
        by="at V = 16, m = 4, l = 2, Zipf exponent 2, N = 192: 0.641 predicted, 0.395 found",
        repair="means over pairs weighted by (1 − (1 − p)^N)(1 − (1 − p')^N), with E[1/k | k > 0]",
        consequence="Theorem 7's form is unaffected: it is about uniform rules",
    ),
)

STATEMENTS = (STATEMENT,)
