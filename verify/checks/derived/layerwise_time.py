"""How long training takes: by stages, and end to end, to the same accuracy."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from layerproof.theory.statements.derived.layerwise_time import STATEMENT as TIME
from layerproof.theory.thresholds import success_error
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.depth_runs import GrammarFits, fit
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given, InTrial
from layerproof.verify.checks.threshold_runs import learnable
from layerproof.verify.verdicts.claims import Claim, Inequality

REPEATS = 5
"""Layerwise fits of a trial, of which the median counts: each takes some hundredths of a second."""


ACCURATE = "derived.layerwise-time/accuracy"
"""The premise that both learners learn, from as many strings as they are given."""


class TimeParameters(InstanceParameters):
    """The sizes at which the two learners are compared, in units of n m^L."""

    layerwise: float = Field(16.0, gt=0, description="N/(n m^L) of the layerwise learner")
    convolutional: float = Field(4.0, gt=0, description="N/(n m^L) of the network")
    factor: float = Field(100.0, gt=0, description="how many times faster is asked for")
    strings: int = Field(2000, ge=100, description="test strings, none of them trained on")


Times = dict[str, float]
"""Test errors and seconds of both learners, and the error that both must reach."""


class LayerwiseTime(Check[TimeParameters]):
    """Seconds of the network's training over seconds of the layerwise learner's, on one core.

    Both must end below a tenth of chance; a grammar on which one does not is left out.
    """

    id = "layerwise-time"
    statement = TIME.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "label-noise")
    quantity = "seconds end to end over seconds layer by layer"
    parameters = TimeParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        ACCURATE: InTrial(),
        "derived.layerwise-time/setting": Given("one thread, one pool of strings, C24's network"),
    }

    def trial(self, parameters: TimeParameters, trial: Trial) -> Outcome[Times]:
        """Train both on strings of one grammar."""
        from layerproof.layerwise.baselines import BASELINES
        from layerproof.layerwise.baselines.data import most_samples
        from layerproof.layerwise.baselines.learners import as_in_c24

        grammar, premises = learnable(parameters, trial)
        if any(premises.values()):
            return Outcome.without(premises)
        unit = grammar.classes * grammar.mean_rules_per_symbol**grammar.levels
        few, many = (round(x * unit) for x in (parameters.convolutional, parameters.layerwise))
        asked, most = max(few, many), most_samples(grammar)
        if not 1 <= min(few, many) <= asked <= most:
            why = f"{min(few, many)} and {asked} strings to train on; the grammar has {most} for it"
            return Outcome.without(premises | {ACCURATE: why})
        search = GrammarFits.of(grammar, trial, asked, parameters.strings)
        stages = BASELINES["layerwise"]
        strings = search.train.rows(0, many)
        layered = [fit(stages, grammar, strings, search.test, trial) for _ in range(REPEATS)]
        values = {
            "layerwise error": layered[0].error,
            "layerwise seconds": statistics.median(run.seconds for run in layered),
        }
        level = success_error(grammar)
        if why := _fails("layerwise", values, level):
            return Outcome(values, premises | {ACCURATE: why})
        network = search.run(as_in_c24(grammar.vocabularies[-1], grammar.branching), few)
        values |= {"network error": network.error, "network seconds": network.seconds}
        why = _fails("network", values, level)
        return Outcome(values | {"level": level}, premises | {ACCURATE: why})

    def claim(
        self, parameters: TimeParameters, row: Row, outcomes: Outcomes[Times], form: str
    ) -> Claim:
        """The least ratio over the grammars."""
        ratios = [_ratio(outcome) for outcome in outcomes]
        worst = outcomes[ratios.index(min(ratios))].values
        shown = {name: round(float(value), 4) for name, value in worst.items()}
        return Inequality(min(ratios), ">=", parameters.factor, len(outcomes), worst=shown)


def _ratio(outcome: Outcome[Times]) -> float:
    values = outcome.values
    return float(values["network seconds"] / values["layerwise seconds"])


def _fails(name: str, values: Mapping[str, float], level: float) -> str:
    """Why a learner has not learned; empty where it has."""
    error = values[f"{name} error"]
    if error < level:
        return ""
    return f"the test error of the {name} learner is {error:.3g}, not below {level:.3g}"


CHECKS = (LayerwiseTime(),)
