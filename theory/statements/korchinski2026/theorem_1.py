"""K26's Theorem 1: iterative latent clustering needs as many strings at every depth, up to logs.

Tuples with like laws of what stands beside them are clustered, the clusters are the tokens of the
level above, and so on up to the children of the label, which nothing in the string teaches.

**Known at second hand.** Notes of others on the paper were read, not its text. They give the
number of strings with a universal constant C, without its value: C is a parameter here, and what
is judged is the theorem at that C. Whether the paper's algorithm uses its strings again for every
level, and all patches of a string, the notes do not settle: here every stage draws P strings of its
own and looks at the first patch of its level, with Ward's method for the clusters.

**Scale.** V m³/(1 − f) is the crossover of own latents (`derived.path-law`: one step across, one
down) up to 1/V: N_× = V m (1 − 1/V − v_C c)/(v_C c), which is 0.94 V m³/(1 − f) at V = 16, m = 4,
s = 2. So at C log(L V m/δ) times that the noise of a patch's law is C log(L V m/δ) times below
the mean-square separation.

**A C that can be proved.** By `derived.lemma-18-bernstein`, in Hoeffding's form, laws are within
Δ/8 of the exact ones for N = 256 κ V m log(4 V m L/δ)/Δ², and Δ = c_sep √(1 − f)/m makes that
256 V m³/(c_sep² (1 − f)) log(4 V m L/δ): C = 256/c_sep², up to the 4. That is 1 024 at c_sep = ½.
Measured at V = 16, m = 4, s = 2, L = 3, δ = 0.2, on instances with c_sep ≥ ½: some latent was wrong
in none of 246 runs at C = 2 and in all of 47 at C = 0.1; the mean N_× was 1296 ± 24, the scale is
1365.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.statements.korchinski2026.premises import UNIFORM
from layerproof.theory.symbols import C, L, V, delta, failure, m, s

SOURCE = "K26 Theorem 1, at second hand"

SCALE = Formula(
    r"P_1",
    "scale of the sample size of iterative latent clustering",
    SOURCE,
    V * m**3 / (1 - m / V ** (s - 1)),
)

SAMPLES = Formula(
    "P",
    "sample size of iterative latent clustering",
    SOURCE,
    C * (V * m + SCALE.expression) * sp.log(L * V * m / delta),
)

STATEMENT = Statement(
    id="K26.theorem-1",
    title="Iterative latent clustering recovers all latents",
    source=SOURCE,
    kind="theorem",
    hypotheses=(
        UNIFORM,
        Hypothesis("f = m/V^(s−1) < 1", "K26.incomplete"),
        Hypothesis("balanced rules", "K26.balanced"),
        Hypothesis("parents separated with c_sep", "K26.separated"),
        Hypothesis("a stable clustering", "K26.stable-clustering"),
    ),
    forms={
        "printed": Form(
            "From P ≥ C (V m + V m³/(1 − f)) log(L V m/δ) strings a stage on, iterative latent"
            " clustering recovers every latent below the label with probability at least 1 − δ, C a"
            " constant (known at second hand).",
            {"samples": SAMPLES, "scale": SCALE},
            sp.Le(failure, delta),
        )
    },
    assumes=("R26.definition-4", "K26.balanced", "K26.separated", "K26.stable-clustering"),
    proof_uses=("derived.path-law", "derived.lemma-18-bernstein"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
