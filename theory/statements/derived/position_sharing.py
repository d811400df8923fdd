"""What a stage gains by learning a signal from all patches of a string: one way, one law.

**Derivation.** Weights shared over positions, a stage with small ridge puts out Σ_a A_a/Σ_a k_a, k
the number of patches of a string that are μ, A the sum of their signals, one-hot. It tends to q̄_μ,
the mean law over positions, and to leading order in 1/N its mean-square error is
E‖Σ_i 1[patch i is μ](e_(z_i) − q̄_μ)‖²/(N E[k]²). Two moments decide.

*Noise.* k is s^(l−1) times as large in mean as for the first patch, and mostly 0 or 1, so the noise
is s^(l−1) times smaller. Exact: :mod:`layerproof.theory.position_sharing`.

*Signal.* q_μ at a position depends on the *way* from the patch's parent to its signal: through
which children it goes, up to where the two part and down. Positions with one way have one q, but
for how likely the symbol is at which ways part; two ways go through other transitions, which a
random grammar draws independently. So q̄_μ is a mean of w independent laws, w the number of ways,
and ⟨‖q̄_μ − q̄_μ'‖²⟩ is w times smaller. The gain is s^(l−1)/w.

- The label: w = s^(l−1), each position its own way. Nothing is gained (`derived.weight-sharing`).
- An ancestor G levels up, `nested:G`: w = s^(G−1). The gain is s^(l−G).
- A token below the parent's sibling, `own-latent`, `sibling` and `token`: the parent is one of s
  children, so w = s. The gain is s^(l−2), the number of grandparents in a string: none at level 2,
  where there is one, and the leaves learn s^(L−2) times as fast.
- A token of the other half of the string: w = s^(l−1). Nothing is gained.

So own latents, V m³/(1 − f) strings at every level from first patches, cost with all patches
V m³/(s^(l−2)(1 − f)): level 2 is the bottleneck.

To leading order. First tokens are uniform in the ensemble and others are not, which adds to the
separation at later positions, by about 1/m: w⟨Δ̄²⟩/⟨Δ²⟩ is 1.1 to 1.2 at m = 4 and 1.0 to 1.1 at
m = 8 (V = 16 and 32), and 1.3 for a token at level 2. Equal patches in one string add to the noise,
by 5 to 20 % at V m = 64. Both are in the exact moments. At V = 16, m = 4, s = 2 the gains are 0.89
to 1.11 times the law, but for a token at level 2, 1.27 (40 draws, standard errors of 0.01 to 0.04).
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import l, s, ways

SHARED_SEPARATION = Formula(
    r"\langle\|\bar q_\mu - \bar q_{\mu'}\|^2\rangle / \langle\|q_\mu - q_{\mu'}\|^2\rangle",
    "separation by the mean law over positions, in units of the first patch's",
    "derived",
    1 / ways,
)
SHARED_NOISE = Formula(
    r"\bar\omega / \omega",
    "noise of an estimate from all patches, in units of that from first ones",
    "derived",
    s ** (1 - l),
)
SHARING_GAIN = Formula(
    "g_l",
    "gain of sharing weights over positions, for any signal",
    "derived",
    SHARED_SEPARATION.expression / SHARED_NOISE.expression,
)

STATEMENT = Statement(
    id="derived.position-sharing",
    title="Gain of sharing weights over positions, for any signal",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis(
            "an ancestor of the patch, or a token below a sibling of its parent", "signal.ways"
        ),
    ),
    forms={
        "printed": Form(
            "Learning from all s^(l−1) patches, to whose signals w ways lead, is worth s^(l−1)/w"
            " times the strings: 1 for the label, s^(l−2) for a token below the parent's sibling.",
            {
                "separation": SHARED_SEPARATION,
                "noise": SHARED_NOISE,
                "gain": SHARING_GAIN,
            },
            sp.Eq(sp.Symbol("gain", positive=True), SHARING_GAIN.expression),
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.path-law", "derived.weight-sharing"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
