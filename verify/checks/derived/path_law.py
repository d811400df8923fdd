"""How far the laws of a token elsewhere in the tree lie apart, averaged over drawn grammars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from layerproof.theory.population import mean_square_separation, patch_law
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.path import OutsideSignal
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, at_level
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.checks.signal_parameter import SignalName
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Equality


class PathParameters(EnsembleParameters):
    """An ensemble, and the signal."""

    signal: SignalName = "own-latent"

    @property
    def target(self) -> Signal:
        """The signal itself."""
        return signal_named(self.signal)


def _on_a_path(instance: Instance) -> str:
    """Why the way to the signal is not the one that the law speaks of."""
    found: PathParameters = instance.parameters
    if not isinstance(found.target, OutsideSignal):
        return f"{found.signal} is no token outside what descends from the parent"
    if found.grammar is not None:
        return ""  # which the other premise refuses
    levels = found.target.taught(found.family)
    ways = [found.target.way(found.family, level) for level in levels]
    if not all(ways):
        return f"the way to {found.signal} goes down by other children than first ones"
    if any(way and not way.meets for way in ways) and found.family.top != found.V:
        return f"ways part at the label, of which there are {found.family.top}, not V = {found.V}"
    return ""


class PathLaw(Check[PathParameters]):
    """Each draw's exact mean-square separation by the signal, averaged over draws."""

    id = "path-law"
    statement = "derived.path-law"
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    about_ensemble = True
    quantity = "E‖q_μ − q_μ'‖²"
    parameters = PathParameters
    answers: ClassVar[Answers] = {"signal.path": OnParameters(_on_a_path)}

    def rows(self, parameters: PathParameters) -> Sequence[Row]:
        """One row for every level below the first, which no token of the string can teach."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: PathParameters, trial: Trial) -> Outcome:
        """The exact separations of one draw."""
        grammar, signal = trial.grammar(parameters), parameters.target
        laws = [patch_law(grammar, level, signal=signal) for level in signal.taught(grammar)]
        premises = non_synonyms(laws)
        if any(premises.values()):
            return Outcome.without(premises)
        return Outcome({str(law.level): mean_square_separation(law) for law in laws}, premises)

    def claim(
        self, parameters: PathParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        samples = at_level(outcomes, row["level"])
        signal = parameters.target
        way = (
            signal.way(parameters.family, row["level"])
            if isinstance(signal, OutsideSignal)
            else None
        )
        if way is None:
            raise TypeError("a claim about a signal that is on no path")
        sizes = {"V": parameters.V, "m": parameters.m, "s": parameters.s}
        return Equality(
            mean_interval(samples, 0.95),
            self.formula(form, "separation")(**sizes, up=way.up, down=way.down),
            parameters.margin,
            trials=len(samples),
            guaranteed=bounded_mean_interval(samples, 0.95, (0.0, 2.0)),
        )


CHECKS = (PathLaw(),)
