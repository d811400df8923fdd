"""C24's gain from clustering whole vectors after one gradient step: √n in the threshold.

After one step the column of a tuple is a random image of its empirical label law, a vector of n
entries. An entry alone shows its signal from n m^L samples on. Over the whole vector the squared
distances of two synonyms scatter by √(2/n) of their mean, the noise, so that a separation of √n
times less than the noise shows: at √n m^L samples.
"""

from __future__ import annotations

import sympy as sp

from theory.formula import Formula
from theory.predictions import THRESHOLD
from theory.statements.base import Form, Statement
from theory.symbols import L, m, n

CLUSTERING_THRESHOLD = Formula(
    r"P_{\mathrm{cluster}}",
    "sample threshold of one gradient step followed by clustering",
    "C24 App. D",
    sp.sqrt(n) * m**L,
)

STATEMENT = Statement(
    id="C24.clustering",
    title="Gain of clustering whole representations",
    source="C24 App. D, Fig. 10",
    kind="law",
    hypotheses=(
        "a grammar of the uniform ensemble (C24) with n = m = V",
        "one full-batch gradient step at each level, then k-means",
    ),
    forms={
        "printed": Form(
            "One gradient step and clustering, level by level, succeeds from √n m^L strings on,"
            " √n times fewer than an entry of the representation needs.",
            {"threshold": CLUSTERING_THRESHOLD, "per entry": THRESHOLD},
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("C24.signal", "C24.noise"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
