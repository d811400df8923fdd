"""The library takes numpy's integers, and refuses a path where it wants what the file holds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import layerproof
from layerproof.layerwise.training import Training
from layerproof.theory.errors import InputError
from layerproof.theory.schedule import practical
from layerproof.verify.measure.invariance import learner_matrix, level_invariance

SIZES = {"vocabulary": 4, "rules": 2, "branching": 2, "levels": 2}


@pytest.fixture(scope="module")
def training() -> Training:
    grammar = layerproof.draw("uniform-first-token", seed=0, **SIZES)
    return layerproof.train(grammar, practical(grammar, multiple=4), seed=0, device="cpu")


@pytest.mark.parametrize("ensemble", ["uniform-first-token", "uniform"])
def test_sizes_of_numpy_draw_the_same_grammar(ensemble: str) -> None:
    sizes = {name: np.int64(value) for name, value in SIZES.items()}
    drawn = layerproof.draw(ensemble, seed=np.int64(3), **sizes)
    assert drawn == layerproof.draw(ensemble, seed=3, **SIZES)


def test_a_seed_of_numpy_trains_and_measures_the_same(training: Training) -> None:
    grammar, schedule = training.grammar, training.schedule
    again = layerproof.train(grammar, schedule, seed=np.int64(0), device="cpu")
    found, other = (layerproof.invariance(t, seed=s, strings=50).to_dict()["accuracy"]
                    for t, s in ((training, 1), (again, np.int64(1))))  # fmt: skip
    assert found == other


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda t: layerproof.predict("grammar.json"), "grammar"),
        (lambda t: layerproof.assumptions("grammar.json"), "grammar"),
        (lambda t: layerproof.train("grammar.json", t.schedule, seed=0), "grammar"),
        (lambda t: layerproof.invariance("model.safetensors", seed=0), "training"),
        (lambda t: learner_matrix("model.safetensors"), "training"),
        (lambda t: level_invariance(t.learner, t.grammar, 9, seed=0), "level"),
    ],
)
def test_what_is_no_object_of_its_kind_is_refused(
    training: Training, call: Callable[[Any], object], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        call(training)
    assert refused.value.field == field
