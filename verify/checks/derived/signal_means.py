"""Numbers of drawn grammars, by name and level, each averaged over draws and beside a formula."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Equality


class SignalMeans(Check[EnsembleParameters]):
    """Averages over draws, named as the formulas of the statement."""

    about_ensemble = True
    parameters = EnsembleParameters
    averages: ClassVar[tuple[str, ...]]
    """The formulas whose averages are measured."""

    @abstractmethod
    def numbers(self, grammar: Grammar, level: int) -> Mapping[str, float]:
        """Each average's number, of one level of one draw."""

    @abstractmethod
    def most(self, parameters: EnsembleParameters, average: str) -> float:
        """What the number is at most, for certain; at least it is 0."""

    def rows(self, parameters: EnsembleParameters) -> Sequence[Row]:
        """One row for every average and level below the first."""
        levels = range(2, parameters.depth + 1)
        return [{"of": name, "level": level} for name in self.averages for level in levels]

    def trial(self, parameters: EnsembleParameters, trial: Trial) -> Outcome:
        """The numbers of one draw."""
        grammar = trial.grammar(parameters)
        levels = range(2, grammar.levels + 1)
        premises = non_synonyms(patch_law(grammar, level) for level in levels)
        if any(premises.values()):
            return Outcome.without(premises)
        found = {str(level): dict(self.numbers(grammar, level)) for level in levels}
        return Outcome(found, premises)

    def claim(
        self, parameters: EnsembleParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        name, level = row["of"], row["level"]
        samples = [outcome.values[str(level)][name] for outcome in outcomes]
        return Equality(
            mean_interval(samples, 0.95),
            self.formula(form, name)(l=level, **parameters.sizes),
            parameters.margin,
            trials=len(samples),
            guaranteed=bounded_mean_interval(samples, 0.95, (0.0, self.most(parameters, name))),
        )
