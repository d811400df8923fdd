"""Whether a practical schedule is large enough for the grammar in front of it: a premise.

That a learner fails at few samples says nothing against a theorem that asks for polynomially many.
So where `derived.instance-threshold` predicts that N^(l) = X n m^l is too little, the check of the
theorem does not apply at this X.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.statements.derived.instance_threshold import STATEMENT as INSTANCE_THRESHOLD
from layerproof.theory.thresholds import (
    FORMULAS,
    InstanceThreshold,
    closest_pair_samples,
    stage_sizes,
    tenth_of_chance,
)

PRACTICAL_SCHEDULE = "practical schedule"
"""The premise's name."""

ROOM = 2.0
"""At the predicted X itself every second learner fails, and it is predicted within a factor 1.5 on
nine grammars of ten: a schedule of twice the predicted X is one that should succeed."""


@lru_cache(maxsize=1)  # all trials on a grammar file ask for the same
def too_small(grammar: Grammar, multiple: float) -> str:
    """Why N^(l) = `multiple` · n m^l is too little for a tenth of chance; empty where it is not.

    The grammar meets Definition 4 and Assumption 6. The prediction that ``layerproof predict``
    prints is asked for its error at multiple/ROOM, which takes a tenth of the time that finding the
    X does; the X is found only to be told.
    """
    error = tenth_of_chance(grammar)
    if error == 0.0:
        return ""
    found = InstanceThreshold(grammar, FORMULAS)
    given = [multiple / ROOM * size for size in stage_sizes(grammar)]
    try:
        if found.error(given) <= error:
            return ""
        needed = found.multiple(error)
    except InputError as refusal:
        return f"whether X = {multiple:g} is enough cannot be predicted: {refusal}"
    if math.isinf(needed):
        return f"no X is predicted to be enough ({INSTANCE_THRESHOLD.id})"
    return (
        f"X = {multiple:g} is below {ROOM:g} times the {needed:.3g} that {INSTANCE_THRESHOLD.id}"
        " predicts on this grammar; a suite file may give the check a larger `multiple`"
    )


EXTREMES = 32.0
"""N over N_ρ, at which the root-mean-square distance of synonyms equals the closest separation ρ:
there it is ρ/5.7, and the widest of hundreds of clusters, some three times that, is still narrower
than the gap that it leaves."""


def noisier_than_apart(grammar: Grammar, samples: Sequence[int]) -> str:
    """Why N^(1), …, N^(L) are too few to keep all clusters of a level apart; empty where they may.

    The grammar meets Assumption 6.
    """
    for level, count in enumerate(samples, start=1):
        needed = closest_pair_samples(patch_law(grammar, level))
        if count < EXTREMES * needed:
            return (
                f"Level {level}: N = {count} is below {EXTREMES:g} times the {needed:.3g} at which"
                " the noise between synonyms equals the separation of the closest non-synonyms on"
                " this grammar; a suite file may give the check a larger `multiple`"
            )
    return ""
