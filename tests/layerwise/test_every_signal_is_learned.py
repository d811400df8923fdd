"""What every signal must do where it is trained on: values, routes, model files, reports.

The theory's half is tests/theory/test_every_signal.py. Counts are compared with exact laws by
Pearson's chi-square, each wrong by chance with probability ERROR.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from layerproof.layerwise.models import load_model, save_model
from layerproof.layerwise.sampling.batch import merge
from layerproof.layerwise.sampling.routes import ROUTES, Route, stage_batches
from layerproof.layerwise.training import Training, train
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.jsonable import to_json
from layerproof.theory.population import patch_law
from layerproof.theory.schedule import Schedule, Stage, practical
from layerproof.theory.signals import LABEL, SIGNALS, Signal
from layerproof.theory.signals.sibling import Sibling
from layerproof.verify.measure.held_out import NoisyLabel
from layerproof.verify.measure.invariance import invariance_report, learner_matrix
from tests.layerwise.instances import BINARY, EXAMPLES, TERNARY, UNEVEN
from tests.layerwise.test_routes_have_one_law import drawn_counts, p_value
from tests.theory import brute_force
from tests.theory.own_signals import EVERY, TOLD, LastPart, OwnLeaf

CPU = torch.device("cpu")
ERROR = 1e-6
SAMPLES = 30_000

every_signal = pytest.mark.parametrize("signal", EVERY, ids=lambda signal: signal.name)


def _routes(signal: Signal, grammar: Grammar) -> list[Route]:
    broken = {
        premise for level in signal.taught(grammar) for premise in signal.broken(grammar, level)
    }
    if "clean" in broken:
        return ["strings"]
    others = "same strings" in broken and not signal.origins(grammar)
    return [route for route in ROUTES if route != "strings" or not others]


def _leaf_law(grammar: Grammar, signal: Signal) -> dict[Any, Any]:
    law = patch_law(grammar, grammar.levels, signal=signal)
    return {
        (law.tokens(row), value): float(law.joint[row, value])
        for row, value in zip(*np.nonzero(law.joint), strict=True)
    }


@pytest.mark.parametrize("signal", [*EVERY, NoisyLabel(0.3)], ids=lambda signal: signal.name)
@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("route", ROUTES)
def test_drawn_values_have_the_joint_law(route: Route, name: str, signal: Signal) -> None:
    grammar = EXAMPLES[name]
    counts = drawn_counts(route, grammar, grammar.levels, signal, SAMPLES, seed=1)
    assert p_value(counts, _leaf_law(grammar, signal)) > ERROR


def test_a_law_off_by_a_twentieth_is_caught() -> None:
    counts = drawn_counts("strings", BINARY, BINARY.levels, NoisyLabel(0.3), SAMPLES, seed=1)
    assert p_value(counts, _leaf_law(BINARY, NoisyLabel(0.35))) < ERROR


@every_signal
def test_all_patches_have_each_its_own_value(signal: Signal) -> None:
    """Summed over the positions of a string, counts have s^(l-1) times the mean law."""
    grammar = UNEVEN
    level = grammar.levels
    batches = stage_batches(
        "strings", grammar, level, 2000, seed=2, signal=signal, device=CPU, patches="all"
    )
    drawn = merge(batches, grammar.vocabularies[-1])
    rows = {tuple(patch): row for row, patch in enumerate(grammar.patches(level).patch.tolist())}
    found = np.zeros_like(signal.joint(grammar, level))
    for leaves, counts in zip(drawn.leaves.tolist(), drawn.counts.tolist(), strict=True):
        found[rows[tuple(leaves)]] += counts
    places = grammar.branching ** (level - 1)
    assert found.sum() == 2000 * places
    # Each of 2,000 strings adds 0 to 4 to an entry: 6 standard errors are 0.27 of 4 at most.
    assert found / found.sum() == pytest.approx(signal.joint(grammar, level, None), abs=0.07)


def _train(grammar: Grammar, signal: Signal, **options: Any) -> Training:
    schedule = practical(
        grammar, multiple=40, features=options.pop("features", None), signal=signal
    )
    return train(grammar, schedule, seed=0, device="cpu", signal=signal, **options)


@every_signal
@pytest.mark.parametrize("grammar", [UNEVEN, TERNARY], ids=["uneven", "ternary"])
@pytest.mark.parametrize("route", ["auto", *ROUTES])
def test_it_trains_by_every_route_that_has_its_law(
    route: Any, grammar: Grammar, signal: Signal
) -> None:
    if route != "auto" and route not in _routes(signal, grammar):
        with pytest.raises(InputError, match=f"route is '{route}'"):
            _train(grammar, signal, route=route)
        return
    training = _train(grammar, signal, route=route)
    assert training.signal == signal
    for level in signal.taught(grammar):
        assert training.learner.layer(level).outputs == signal.size(grammar, level)


@every_signal
@pytest.mark.parametrize("features", [None, 50], ids=["exact", "random"])
def test_its_model_file_comes_back(
    features: int | None, signal: Signal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIGNALS.own, signal.name, signal)  # type: ignore[arg-type]
    training = _train(UNEVEN, signal, features=features)
    save_model(tmp_path / "model", training)
    again = load_model(tmp_path / "model", device="cpu")
    assert again.signal == signal
    state = again.learner.state_dict()
    for name, value in training.learner.state_dict().items():
        assert torch.equal(state[name], value)


def test_a_model_file_of_an_unknown_signal_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "model", _train(UNEVEN, LastPart()))
    with pytest.raises(InputError, match=r"signal is 'last-part'; allowed: .*label"):
        load_model(tmp_path / "model", device="cpu")


@every_signal
@pytest.mark.parametrize("patches", ["first", "all"])
def test_its_report_is_written(patches: Any, signal: Signal) -> None:
    training = _train(BINARY, signal, patches=patches)
    report = invariance_report(training, seed=0, strings=400)
    document = json.loads(to_json(report.to_dict()))
    assert document["signal"] == signal.name
    assert [level["level"] for level in document["levels"]] == list(signal.taught(BINARY))
    missing = {entry["level"]: entry["reason"] for entry in document["unreachable_levels"]}
    assert missing == signal.unreachable_levels(BINARY)
    low, high = document["accuracy_interval"]
    assert 0.0 <= low <= document["accuracy"] <= high <= 1.0
    matrix = learner_matrix(training, samples=200)
    assert len(matrix.layers) == len(training.stages)


@every_signal
def test_the_leaf_layer_tends_to_its_law_and_guesses_as_well_as_it_can(signal: Signal) -> None:
    """One-hot patches are orthogonal at σ = 0.1, so the leaf layer gives the empirical laws."""
    top = signal.taught(BINARY)[0]
    stages = tuple(Stage(level, 40_000, None, 0.1, 0.1) for level in range(top, 4))
    training = train(BINARY, Schedule("sharp", stages), seed=0, device="cpu", signal=signal)
    report = invariance_report(training, seed=0, strings=2000)
    # Eight patches of 5,000 samples: the error of an entry is at most 0.0071, the norm of eight of
    # them below 6 √(1/5,000) with overwhelming probability.
    assert report.levels[-1].max_error < 6 * np.sqrt(1 / 5_000)
    best = patch_law(BINARY, top, signal=signal).joint.max(axis=1).sum()
    assert report.accuracy is not None
    # From its patch alone a signal is guessed no better; what is not clean may be, from below it.
    better = report.accuracy.low > best + 1e-9
    assert not better or "clean" in signal.broken(BINARY, top)
    assert better or signal != OwnLeaf()


def test_a_level_that_is_not_taught_is_not_trained() -> None:
    schedule = practical(BINARY, multiple=4)
    with pytest.raises(InputError, match="everything in the string descends from the label"):
        train(BINARY, schedule, seed=0, device="cpu", signal=Sibling())


def test_what_a_signal_breaks_decides_the_routes() -> None:
    @dataclasses.dataclass(frozen=True)
    class Elsewhere(type(LABEL)):  # type: ignore[misc]
        name = "elsewhere"

        def broken(self, grammar: Grammar, level: int) -> dict[str, str]:
            return {"same strings": "it comes with strings of no grammar"}

    with pytest.raises(InputError, match="no string tells elsewhere"):
        _train(BINARY, Elsewhere(), route="strings")
    with pytest.raises(InputError, match="no string tells elsewhere"):
        _train(BINARY, Elsewhere(), patches="all")
    report = invariance_report(_train(BINARY, Elsewhere()), seed=0, strings=100)
    assert report.accuracy is None
    assert {stage.route for stage in _train(BINARY, OwnLeaf()).stages} == {"strings", "counts"}


def test_values_are_those_of_the_derivation_whatever_the_array() -> None:
    derivation = brute_force.derivations(BINARY)[7]
    for signal in TOLD:
        for level in signal.taught(BINARY):
            for place in range(2 ** (level - 1)):
                tree = [torch.tensor([tokens]) for tokens in derivation.levels]
                found = signal.value(BINARY, tree, level, place)
                wanted = brute_force.value_of(signal, BINARY, derivation.levels, level, place)
                assert found.tolist() == [wanted]
