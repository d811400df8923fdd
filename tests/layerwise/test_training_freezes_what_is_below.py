"""A stage trains its own W and nothing else, and depends on its seed and nothing else."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from torch import Tensor

from layerproof.layerwise import training
from layerproof.layerwise.network import LayerwiseLearner
from layerproof.layerwise.progress import ProgressEvent
from layerproof.layerwise.sampling import blocks
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.layerwise.training import Training, train
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule, Stage, practical
from tests.layerwise.instances import BINARY, TERNARY, UNEVEN, LastToken

CPU = torch.device("cpu")
KERNEL = practical(BINARY, multiple=16)
FEATURES = practical(BINARY, multiple=16, features=40)


def _train(schedule: Schedule = KERNEL, grammar: Grammar = BINARY, seed: int = 0) -> Training:
    return train(grammar, schedule, seed=seed, device="cpu")


def _state(learner: LayerwiseLearner) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in learner.state_dict().items()}


def _equal(one: Training, other: Training) -> bool:
    a, b = _state(one.learner), _state(other.learner)
    same = a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
    return same and [record.loss for record in one.stages] == [r.loss for r in other.stages]


@pytest.mark.parametrize("schedule", [KERNEL, FEATURES], ids=["kernel", "features"])
def test_layers_below_stay_bit_identical(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots: list[dict[str, Tensor]] = []
    attach = LayerwiseLearner.attach

    def watched(learner: LayerwiseLearner, level: int, layer: training.Layer) -> None:
        if snapshots:
            now = _state(learner)
            assert all(torch.equal(now[name], value) for name, value in snapshots[-1].items())
        attach(learner, level, layer)
        snapshots.append(_state(learner))

    monkeypatch.setattr(LayerwiseLearner, "attach", watched)
    final = _state(_train(schedule).learner)
    assert len(snapshots) == BINARY.levels
    for snapshot in snapshots:
        assert all(torch.equal(final[name], value) for name, value in snapshot.items())


@pytest.mark.parametrize(
    ("schedule", "weight"),
    [(KERNEL, "coefficients"), (FEATURES, "weight")],
    ids=["kernel", "features"],
)
def test_the_parameters_are_one_w_per_level_and_all_are_frozen(
    schedule: Schedule, weight: str
) -> None:
    parameters = dict(_train(schedule).learner.named_parameters())
    assert set(parameters) == {f"layers.{level}.{weight}" for level in (1, 2, 3)}
    assert not any(parameter.requires_grad for parameter in parameters.values())


@pytest.mark.parametrize("schedule", [KERNEL, FEATURES], ids=["kernel", "features"])
def test_the_same_seed_gives_the_same_bits(schedule: Schedule) -> None:
    torch.manual_seed(1)
    one = _train(schedule)
    torch.manual_seed(2)
    assert _equal(one, _train(schedule))
    assert not _equal(one, _train(schedule, seed=1))


def test_global_generators_do_not_move() -> None:
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    _train()
    assert torch.equal(state, torch.get_rng_state())
    np.testing.assert_array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def test_measuring_while_it_trains_changes_nothing() -> None:
    events: list[ProgressEvent] = []

    def measure(event: ProgressEvent) -> None:
        torch.rand(3)
        for leaves, _ in sample_strings(BINARY, 50, seed=0):
            leaves.sum()
        events.append(event)

    watched = train(BINARY, KERNEL, seed=0, device="cpu", progress=measure)
    assert _equal(watched, _train())
    assert [e.level for e in events if e.fraction == 0] == [3, 2, 1]
    assert [e.level for e in events if e.fraction == 1] == [3, 2, 1]
    overall = [event.overall for event in events]
    assert overall == sorted(overall)
    assert (overall[0], overall[-1]) == (0.0, 1.0)


def test_progress_moves_while_samples_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ENTRIES", {"cpu": 64})
    events: list[ProgressEvent] = []
    train(BINARY, KERNEL, seed=0, route="strings", device="cpu", progress=events.append)
    inside = [event.fraction for event in events if event.level == 3 and 0 < event.fraction < 1]
    assert len(inside) > 5


def test_stages_draw_fresh_samples_of_their_own() -> None:
    """Level 1 sees the same strings whatever level 2 was given."""
    other = practical(BINARY, samples_per_level=[128, 999, 1024])
    mine = practical(BINARY, samples_per_level=[128, 256, 1024])
    one, two = (train(BINARY, s, seed=0, device="cpu") for s in (mine, other))
    assert torch.equal(one.learner.layer(3).coefficients, two.learner.layer(3).coefficients)
    assert one.stages[0].rows == two.stages[0].rows
    assert not torch.equal(one.learner.layer(2).coefficients, two.learner.layer(2).coefficients)


def test_other_processes_give_the_same_bits() -> None:
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with pool:
        there = pool.submit(_in_a_process, BINARY, KERNEL, torch.get_num_threads()).result()
    assert _equal(there, _train())


def _in_a_process(grammar: Grammar, schedule: Schedule, threads: int) -> Training:
    torch.set_num_threads(threads)  # a matrix product's last bits depend on how it is shared out
    return train(grammar, schedule, seed=0, device="cpu")


def test_a_training_survives_pickling() -> None:
    one = _train(FEATURES)
    copy = pickle.loads(pickle.dumps(one))  # noqa: S301 -- our own bytes
    assert _equal(one, copy)
    assert copy.grammar == one.grammar


def test_records_say_what_was_done() -> None:
    records = _train().stages
    assert [record.level for record in records] == [1, 2, 3]
    assert [record.samples for record in records] == [stage.samples for stage in KERNEL.stages]
    assert [record.route for record in records] == ["subtrees", "counts", "counts"]
    assert all(record.seconds > 0 and 0 < record.loss < 0.5 for record in records)
    assert [record.method for record in records] == ["dual"] * 3
    assert records[2].rows == len(BINARY.patches(3).patch)


def test_a_schedule_may_stop_at_any_level() -> None:
    whole = _train()
    part = _train(KERNEL.down_from(2))
    assert [record.level for record in part.stages] == [2, 3]
    for name, value in part.learner.state_dict().items():
        assert torch.equal(value, whole.learner.state_dict()[name])


def test_data_that_do_not_fit_are_refused_before_anything_is_trained() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=5, seed=0)
    schedule = practical(grammar, samples_per_level=[10**18, 10, 10, 10, 10])
    events: list[ProgressEvent] = []
    with pytest.raises(InputError, match=r"route is 'counts'; .* GiB"):
        train(grammar, schedule, seed=0, device="cpu", route="counts", progress=events.append)
    assert not events


@pytest.mark.parametrize("route", ["strings", "subtrees", "counts"])
@pytest.mark.parametrize("grammar", [UNEVEN, TERNARY], ids=["uneven", "ternary"])
def test_any_grammar_trains_by_any_route(route: str, grammar: Grammar) -> None:
    schedule = practical(grammar, multiple=50)
    learner = train(grammar, schedule, seed=0, route=route, device="cpu").learner  # type: ignore[arg-type]
    leaves, _ = next(sample_strings(grammar, 200, seed=0))
    out = learner(leaves)
    assert out.shape == (200, grammar.classes)
    assert bool(out.isfinite().all())


@pytest.mark.parametrize("route", ["strings", "subtrees", "counts"])
def test_another_signal_is_learned_as_well(route: str) -> None:
    """The leaf layer tends to the law of the last level-1 token given the first leaf patch."""
    signal, samples = LastToken(), 40_000
    schedule = Schedule("sharp", tuple(Stage(l, samples, None, 0.1, 0.1) for l in (1, 2, 3)))
    result = train(BINARY, schedule, seed=0, route=route, device="cpu", signal=signal)  # type: ignore[arg-type]
    assert result.signal == signal
    joint = signal.joint(BINARY, 3)
    h = result.learner.embed(torch.from_numpy(np.array(BINARY.patches(3).patch)), 2)[:, 0]
    # One-hot patches at σ = 0.1 are orthogonal to e^-100, so h is the empirical law: eight patches
    # of 5,000 samples. Each entry errs by at most √(1/4/5,000) = 0.0071, 32 of them: 6 standard
    # errors are passed with probability below 1e-7.
    assert np.abs(h.numpy() - joint / joint.sum(1, keepdims=True)).max() < 6 * 0.0071


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_runs_through(dtype: torch.dtype) -> None:
    learner = train(BINARY, FEATURES, seed=0, device="cpu", dtype=dtype).learner
    assert {value.dtype for value in learner.state_dict().values()} == {dtype}
    leaves, _ = next(sample_strings(BINARY, 10, seed=0))
    assert learner(leaves).dtype == dtype


def test_single_precision_agrees_within_its_rounding() -> None:
    one, two = (
        train(BINARY, KERNEL, seed=0, device="cpu", dtype=dtype).learner
        for dtype in (torch.float32, torch.float64)
    )
    leaves, _ = next(sample_strings(BINARY, 500, seed=0))
    # eps = 1.2e-7 enters squared distances over 2σ² (up to 1e2 here), the ridge solve (condition
    # below 1 + 1/λ = 9), and passes through three levels whose maps stretch by at most 1/σ < 20.
    assert float((one(leaves) - two(leaves)).abs().max()) < 1.2e-7 * 1e2 * 9 * 20


def _stages(**changes: object) -> Schedule:
    stages = [{**KERNEL.to_dict()["stages"][level], **changes} for level in range(3)]
    return Schedule("changed", tuple(Stage(**stage) for stage in stages))


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule("short", KERNEL.stages[:2]),
        Schedule("turned", KERNEL.stages[::-1]),
        _stages(bandwidth=0.0),
        _stages(bandwidth=float("nan")),
        _stages(ridge=0.0),
        _stages(features=0),
        _stages(samples=0),
        _stages(samples=10**19),
    ],
    ids=["short", "turned", "σ = 0", "σ = nan", "λ = 0", "M = 0", "N = 0", "N = 10^19"],
)
def test_a_schedule_that_does_not_fit_is_refused(schedule: Schedule) -> None:
    with pytest.raises(InputError, match=r"schedule|samples"):
        _train(schedule)


def test_an_unknown_route_or_device_is_refused() -> None:
    with pytest.raises(InputError, match="route"):
        train(BINARY, KERNEL, seed=0, route="fast", device="cpu")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="--device"):
        train(BINARY, KERNEL, seed=0, device="tpu")
