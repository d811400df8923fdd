"""A run with measurements equals one without: the learner, the streams, and what comes after."""

import random
from dataclasses import replace

import numpy as np
import torch

from layerproof.layerwise.network import LayerwiseLearner
from layerproof.layerwise.training import Training, train
from layerproof.theory.ensembles import draw
from layerproof.theory.jsonable import to_json
from layerproof.theory.schedule import practical
from layerproof.verify.measure.invariance import invariance_report, level_invariance
from layerproof.verify.measure.invariance.trained_learner import TrainedOn

GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=3, seed=0)


def _trained() -> Training:
    return train(GRAMMAR, practical(GRAMMAR, multiple=4), seed=0, device="cpu")


def _weights(learner: LayerwiseLearner) -> dict[str, bytes]:
    return {name: t.numpy().tobytes() for name, t in learner.state_dict().items()}


def _global_streams() -> tuple[object, ...]:
    numpy_state = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    return (
        torch.get_rng_state().numpy().tobytes(),
        numpy_state["key"].tobytes(),
        numpy_state["pos"],
        random.getstate(),
    )


def test_a_measured_learner_is_bit_for_bit_what_it_was() -> None:
    training = _trained()
    weights, streams = _weights(training.learner), _global_streams()
    mode = torch.is_grad_enabled(), training.learner.training
    invariance_report(training, seed=3, strings=200, limit=64)
    assert _weights(training.learner) == weights
    assert _global_streams() == streams
    assert (torch.is_grad_enabled(), training.learner.training) == mode


def test_training_after_a_measurement_equals_training_without_one() -> None:
    plain = _trained()
    # The same seed for the measurement, whose streams must then differ by name alone.
    invariance_report(plain, seed=0, strings=200, limit=64)
    assert _weights(_trained().learner) == _weights(plain.learner)


def test_a_level_measured_alone_gives_what_it_gives_in_the_report() -> None:
    training = _trained()
    report = invariance_report(training, seed=3, strings=200, limit=64)
    alone = level_invariance(
        training.learner,
        GRAMMAR,
        1,
        seed=3,
        limit=64,
        trained_on=TrainedOn(training.stages[0].samples),
    )
    # Alone, it knows nothing of the noise of the levels below.
    assert alone == replace(report.levels[0], predicted_in_training=None)


def test_the_report_has_the_schema_and_repeats_itself() -> None:
    training = _trained()
    first, again = (
        invariance_report(training, seed=3, strings=200, limit=64).to_dict() for _ in range(2)
    )
    assert to_json(first) == to_json(again)
    about = {"signal", "unreachable_levels", "unpredicted"}
    about |= {"labels", "few_labels_accuracy", "chance"}
    assert set(first) == {"accuracy", "accuracy_interval", "levels"} | about
    assert (first["labels"], first["few_labels_accuracy"]) == (None, None)
    assert first["accuracy_interval"][0] <= first["accuracy"] <= first["accuracy_interval"][1]
    assert [level["level"] for level in first["levels"]] == [1, 2, 3]
    for level, stage in zip(first["levels"], training.stages, strict=True):
        assert (level["samples"], level["loss"]) == (stage.samples, stage.loss)
        assert level["intracluster"] >= 0.0
        assert level["max_error"] >= 0.0
        sensitivity = level["synonym_sensitivity"]
        assert sensitivity["interval"][0] <= sensitivity["measured"] <= sensitivity["interval"][1]
        assert 0.0 <= sensitivity["predicted"] <= 1.0
    # 8 patches with 4^3 strings each at level 1, of which 8 are drawn; 8·4 and 8 below.
    assert [level["exhaustive"] for level in first["levels"]] == [False, True, True]
    assert [level["representations"] for level in first["levels"]] == [64, 32, 8]
