"""What a shallow learner needs: its threshold against the number of all strings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from layerproof.layerwise.walk import Walk
from layerproof.theory.ensembles import draw
from layerproof.theory.statements.cagnetta2024.shallow import STATEMENT as SHALLOW
from layerproof.theory.thresholds import chance, stage_sizes
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.depth_runs import GrammarFits
from layerproof.verify.checks.edges import distinct_sizes
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.checks.threshold_runs import geometric_means
from layerproof.verify.statistics import ThinEvidence, log_exponent_interval
from layerproof.verify.statistics.thresholds import search_threshold
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality

Floats = NDArray[np.float64]

WALK = Walk(0.28, share=0.8, unit="P_max")
"""A threshold is looked for among shares of all strings; the others test the learner."""


class ShallowParameters(Parameters):
    """Grammars of one V and L whose numbers of rules, and so of strings, differ."""

    V: int = Field(8, ge=2)
    rules: Annotated[tuple[Annotated[int, Field(ge=1)], ...], AfterValidator(distinct_sizes)] = (
        3,
        8,
    )
    s: int = Field(2, ge=2)
    L: int = Field(2, ge=2)
    share: float = Field(0.7, gt=0, lt=1, description="part of chance that the error falls below")
    width: int = Field(256, ge=1, description="hidden units of the network")
    strings: int = Field(1000, ge=100, description="test strings, none of them trained on")
    margin: float = Field(0.2, gt=0, description="relative margin of the equivalence test")


class ShallowThreshold(Check[ShallowParameters]):
    """The exponent of P_max in the threshold of a two-layer network: 1 where it is proportional.

    A margin of a fifth leaves out a threshold that grows as n m^L: at L = 2 that is P_max^(2/3).
    """

    id = "shallow-threshold"
    statement = SHALLOW.id
    quantity = "exponent of P_max in N*"
    parameters = ShallowParameters
    about_ensemble = True
    needs_torch = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform": Given("the only one that is drawn"),
        "C24.shallow/learner": Given("a two-layer network"),
        "C24.shallow/strings": Given("training strings are distinct"),
    }

    def trial(self, parameters: ShallowParameters, trial: Trial) -> Outcome:
        """The threshold on one grammar of every number of rules."""
        return Outcome({str(m): _threshold(parameters, m, trial) for m in parameters.rules})

    def claim(
        self, parameters: ShallowParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The mean slope of log N* on log P_max against that of the formula."""
        found, everything = _found(parameters, outcomes), _everything(parameters)
        predicted = self._predicted(parameters, form)
        interval = log_exponent_interval(everything, found, 0.95)
        exponent = float(np.polyfit(np.log(everything), np.log(predicted), 1)[0])
        return Equality(interval, exponent, parameters.margin, trials=len(found))

    def pictures(
        self, parameters: ShallowParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """Thresholds against P_max, and the proportion that fits best."""
        found, predicted = _found(parameters, outcomes), self._predicted(parameters, form)
        x = [float(size) for size in _everything(parameters)]
        scale = math.exp(float(np.mean(np.log(found) - np.log(predicted))))
        measured = geometric_means("two-layer network", x, found)
        line = Series(
            f"{scale:.2f} P_max", x, [float(scale * y) for y in predicted], role="predicted"
        )
        return (
            Chart(
                f"Threshold of a two-layer network, error {parameters.share:g} of chance",
                "A shallow learner needs a fixed part of all strings: the marks lie on the line.",
                Axis("P_max, the number of all strings", "log"),
                Axis("N* (distinct strings)", "log"),
                [measured, line],
            ),
        )

    def _predicted(self, parameters: ShallowParameters, form: str) -> Floats:
        formula = self.formula(form, "threshold")
        sizes = {"n": parameters.V, "s": parameters.s, "L": parameters.L}
        return np.array([formula(m=m, **sizes) for m in parameters.rules])


def _everything(parameters: ShallowParameters) -> list[int]:
    """P_max of every size, counted and not by the formula under test."""
    nodes = sum(parameters.s**level for level in range(parameters.L))
    return [parameters.V * m**nodes for m in parameters.rules]


def _threshold(parameters: ShallowParameters, m: int, trial: Trial) -> float:
    from layerproof.layerwise.architectures.two_layer import TwoLayer
    from layerproof.layerwise.baselines.end_to_end import Descent, EndToEnd

    grammar = draw(
        "uniform", vocabulary=parameters.V, rules=m, branching=parameters.s,
        levels=parameters.L, seed=trial.derive("grammar", m),
    )  # fmt: skip
    # The criterion is far from zero error, which less training than elsewhere is enough for.
    descent = Descent(rate=0.3, most_steps=2000, loss=1e-2)
    learner = EndToEnd(TwoLayer(parameters.width), descent)
    sizes = stage_sizes(grammar)[-1], grammar.derivations()
    most = WALK.largest(*sizes)
    search = GrammarFits.of(grammar, trial, most, parameters.strings)

    def error(size: float) -> float:
        return search.run(learner, max(1, min(most, round(size)))).error

    level = parameters.share * chance(grammar)
    return search_threshold(error, WALK.first(*sizes), level, beyond=1, reach=6).threshold


def _found(parameters: ShallowParameters, outcomes: Sequence[Outcome]) -> Floats:
    """N* of every trial and size, (r, k); at the largest size where even that is too few.

    Raises ThinEvidence where a search did not end on the lower side.
    """
    found = np.array([[outcome.values[str(m)] for m in parameters.rules] for outcome in outcomes])
    limit = WALK.share * np.array(_everything(parameters), dtype=np.float64)
    found = np.asarray(np.minimum(found, limit))
    if (found <= 0.0).any():
        raise ThinEvidence("a threshold lies below the sizes that were tried", trials=len(found))
    return found


CHECKS = (ShallowThreshold(),)
