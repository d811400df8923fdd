"""The one-step factor of C24's ensemble: how the joint law of a token and the label contracts."""

from __future__ import annotations

from collections.abc import Sequence

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import mean_square_separation, patch_law
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, at_level
from layerproof.verify.checks.cagnetta2024.joints import UniformParameters, centred, token_joint
from layerproof.verify.checks.edges import non_synonyms, two_labels
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Equality


class JointLaw(Check[UniformParameters]):
    """The one-step factor of the uniform ensemble, for the separation and for the joint law.

    The printed form speaks of ‖q − q'‖², over patches that can come first, the repaired one of
    Σ_ν p_ν² ‖q_ν − 1/n‖² over their parents ν.
    """

    id = "joint-law"
    statement = "derived.joint-law"
    about_ensemble = True
    quantity = "E‖q − q'‖² (printed), E Σ p² ‖q − 1/n‖² (repaired)"
    forms = ("printed", "repaired")
    parameters = UniformParameters

    def rows(self, parameters: UniformParameters) -> Sequence[Row]:
        """One row a level; at level 1 nothing is random."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: UniformParameters, trial: Trial) -> Outcome:
        """The number of the form, of one draw, level by level.

        The joint law is one of every draw: leaving out those on which non-synonyms have no
        separation would leave another ensemble.
        """
        grammar = trial.grammar(parameters)
        levels = range(2, grammar.levels + 1)
        premises = two_labels(grammar)
        if trial.form == "printed":
            premises |= non_synonyms(patch_law(grammar, level) for level in levels)
        if any(premises.values()):
            return Outcome.without(premises)
        return Outcome(
            {str(level): _number(grammar, level, trial.form) for level in levels}, premises
        )

    def claim(
        self, parameters: UniformParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        name = "separation" if form == "printed" else "deviation"
        found = at_level(outcomes, row["level"])
        predicted = self.formula(form, name)(l=row["level"], **parameters.sizes)
        # ‖q − q'‖² ≤ 2, and Σ p² ‖q − 1/n‖² ≤ 1.
        sure = bounded_mean_interval(found, 0.95, (0.0, 2.0 if form == "printed" else 1.0))
        nominal = mean_interval(found, 0.95)
        return Equality(nominal, predicted, parameters.margin, len(found), guaranteed=sure)


def _number(grammar: Grammar, level: int, form: str) -> float:
    if form == "printed":
        return mean_square_separation(patch_law(grammar, level))
    return float((centred(token_joint(grammar, level - 1)) ** 2).sum())


CHECKS = (JointLaw(),)
