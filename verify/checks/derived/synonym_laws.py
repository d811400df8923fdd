"""How far the laws of a signal given two synonyms lie apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerproof.theory.population import PatchLaw, patch_law
from layerproof.theory.signals import signal_named
from layerproof.theory.statements.derived.signal_premises import SIGNAL_BLIND
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.checks.signal_parameter import SignalName, levels_taught
from layerproof.verify.verdicts.claims import Claim, Identity


class SynonymLawsParameters(InstanceParameters):
    """An instance and a signal."""

    signal: SignalName = "own-latent"


class SynonymLaws(Check[SynonymLawsParameters]):
    """The largest difference of q between two patches of one parent, at every level."""

    id = "synonym-laws"
    statement = SIGNAL_BLIND.id
    alike_on_one_grammar = True
    quantity = "largest |q_μk − q_μ'k| of synonyms"
    parameters = SynonymLawsParameters

    def rows(self, parameters: SynonymLawsParameters) -> Sequence[Row]:
        """One row a level that the signal teaches; the leaves' where it teaches none."""
        levels = levels_taught(signal_named(parameters.signal), parameters.shape)
        return [{"level": level} for level in levels]

    def trial(self, parameters: SynonymLawsParameters, trial: Trial) -> Outcome:
        """The largest difference of each level, with rounding."""
        grammar, signal = trial.grammar(parameters), signal_named(parameters.signal)
        missing = signal.unreachable_levels(grammar)
        if len(missing) == grammar.levels:
            return Outcome.without({"a level that is taught": f"{missing[grammar.levels]}."})
        laws = [patch_law(grammar, level, signal=signal) for level in signal.taught(grammar)]
        return Outcome({str(law.level): (_spread(law), law.rounding) for law in laws})

    def claim(
        self, parameters: SynonymLawsParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The largest over the draws, against rounding."""
        deviation, rounding = max(at_level(outcomes, row["level"]))
        return Identity(deviation, rounding, examined=len(outcomes))


def _spread(law: PatchLaw) -> float:
    """The largest difference of an entry of q between patches of one parent that come first."""
    worst = 0.0
    for parent in range(law.parent_mask.shape[1]):
        q = law.posterior[law.parent_mask[:, parent] & law.can_come_first]
        worst = max(worst, float(np.ptp(q, axis=0).max()) if len(q) else 0.0)
    return worst


CHECKS = (SynonymLaws(),)
