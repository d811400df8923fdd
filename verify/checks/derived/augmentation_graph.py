"""The graph of pairs of augmented views: whether its components are the classes of synonyms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import scipy
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.pair_graph import MOST_TERMS, separated_probability
from layerproof.theory.randomness import generator
from layerproof.theory.signals.augmentation import Augmentation
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.statistics import binomial_interval
from layerproof.verify.verdicts.claims import Equality


class AugmentationParameters(InstanceParameters):
    """The numbers of pairs, told by x, and the margins of both comparisons."""

    excesses: tuple[float, ...] = Field((0.0, 1.0, 2.0), description="x of N")
    margin: float = Field(0.1, gt=0, description="absolute, of the probability")


def _three_rules(instance: Instance) -> str:
    found = instance.parameters
    if found.grammar is None and found.m < 3:
        return f"m = {found.m}: two patches of a class are alone at once"
    return ""


class AugmentationGraph(Check[AugmentationParameters]):
    """The share of trials in which the components of N drawn pairs are the classes.

    Against the limit at every level, and at the lowest against the exact probability at the sizes.
    The control `label-noise` has second views of any class: augmentations that break it.
    """

    id = "augmentation-graph"
    statement = "derived.augmentation-graph"
    turned_by = ("label-noise",)
    about_ensemble = True
    quantity = "P[components = classes]"
    trials = 400
    parameters = AugmentationParameters
    answers: ClassVar[Answers] = {"views.three": OnParameters(_three_rules)}

    def rows(self, parameters: AugmentationParameters) -> Sequence[Row]:
        """A row for every level and x, then one for every x against the exact probability."""
        levels = range(2, parameters.depth + 1)
        limit = [{"level": level, "x": x} for level in levels for x in parameters.excesses]
        if parameters.V * parameters.m**2 > MOST_TERMS or parameters.depth < 2:
            return limit
        return [*limit, *({"x": x, "against": "exact"} for x in parameters.excesses)]

    def trial(self, parameters: AugmentationParameters, trial: Trial) -> Outcome:
        """The pairs of one draw, at every level and x."""
        grammar = trial.grammar(parameters)
        values = {}
        for row in self.rows(parameters):
            if "level" in row:
                pairs = self._pairs(parameters, row["x"], trial.form)
                seed = trial.derive("pairs", _key(row))
                noise = trial.control.label_noise
                values[_key(row)] = _separated(grammar, row["level"], pairs, noise, seed)
        return Outcome(values)

    def claim(
        self, parameters: AugmentationParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The share of trials against the limit, or against the exact probability."""
        at = row if "level" in row else {"level": parameters.depth, "x": row["x"]}
        right = sum(outcome.values[_key(at)] for outcome in outcomes)
        predicted = self.formula(form, "separated")(excess=row["x"])
        if "against" in row:
            pairs = self._pairs(parameters, row["x"], form)
            predicted = float(separated_probability(parameters.V, parameters.m, pairs))
        interval = binomial_interval(right, len(outcomes), 0.95)
        return Equality(interval, predicted, parameters.margin, len(outcomes), absolute=True)

    def _pairs(self, parameters: AugmentationParameters, x: float, form: str) -> int:
        needed = self.formula(form, "pairs")(V=parameters.V, m=parameters.m, excess=x)
        return max(0, math.ceil(needed))


def _separated(grammar: Grammar, level: int, pairs: int, noise: float, seed: int) -> bool:
    """Whether the components of the graph of `pairs` draws are the classes of synonyms."""
    joint = Augmentation().joint(grammar, level)
    wrong = np.outer(joint.sum(1), joint.sum(0))
    rng = generator(seed, "pairs")
    drawn = rng.multinomial(pairs, ((1 - noise) * joint + noise * wrong).ravel())
    first, second = np.divmod(np.flatnonzero(drawn), len(joint))
    graph = scipy.sparse.coo_array((np.ones(len(first)), (first, second)), shape=joint.shape)
    number, component = scipy.sparse.csgraph.connected_components(graph, directed=False)
    parent = grammar.patches(level).law.argmax(axis=0)
    classes = len(np.unique(parent))
    met = len(np.unique(np.stack([component, parent]), axis=1).T)
    return bool(number == classes == met)


def _key(row: Row) -> str:
    return f"{row['level']}@{row['x']:g}"


CHECKS = (AugmentationGraph(),)
