"""What every objective must do, whoever brings it: one matrix over the registry."""

import pytest
import torch

from layerproof.layerwise.baselines.data import split
from layerproof.layerwise.labelled_strings import Strings
from layerproof.layerwise.objectives import OBJECTIVES, Objective
from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from tests.layerwise.instances import UNEVEN

GRAMMAR = draw("uniform-first-token", vocabulary=6, rules=2, branching=2, levels=2, seed=3)
STRINGS = split(GRAMMAR, 40, 8, seed=0).train
AMBIGUOUS = Grammar((2, 2), [[[[0, 0]], [[0, 0]]]])

each = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


def outputs_for(objective: Objective, seed: int = 0) -> torch.Tensor:
    draw_from = torch.Generator().manual_seed(seed)
    shape = len(STRINGS), objective.outputs(GRAMMAR)
    return torch.randn(shape, generator=draw_from, dtype=torch.float64)


@each
def test_every_string_has_a_target_of_its_own(objective: Objective) -> None:
    target = objective.target(GRAMMAR, STRINGS)
    rows = [objective.target(GRAMMAR, STRINGS.rows(k, k + 1)) for k in range(len(STRINGS))]
    assert len(target) == len(STRINGS)
    assert torch.equal(target, torch.cat(rows))


@each
def test_the_loss_is_a_mean_over_strings(objective: Objective) -> None:
    outputs, target = outputs_for(objective), objective.target(GRAMMAR, STRINGS)
    parts = [objective.loss(outputs[k : k + 1], target[k : k + 1]) for k in range(len(outputs))]
    loss = objective.loss(outputs, target)
    assert loss.shape == ()
    assert float(loss) == pytest.approx(float(torch.stack(parts).mean()), rel=1e-12)


@each
def test_it_can_be_descended(objective: Objective) -> None:
    outputs = outputs_for(objective).requires_grad_()
    target = objective.target(GRAMMAR, STRINGS)
    before = objective.loss(outputs, target)
    before.backward()
    assert outputs.grad is not None
    after = objective.loss(outputs - 0.1 * outputs.grad, target)
    assert after.item() < before.item()


@each
def test_no_outputs_do_better_than_the_floor(objective: Objective) -> None:
    floor = objective.exact_floor(GRAMMAR)
    if floor is None:
        pytest.skip("its floor is not known")
    outputs = outputs_for(objective).requires_grad_()
    target = objective.target(GRAMMAR, STRINGS)
    loss = descended(objective, outputs, target)
    # One output for each string of its own: the floor is reached, and never passed.
    assert floor <= loss < floor + 1e-3


@each
@pytest.mark.parametrize("grammar", [GRAMMAR, UNEVEN], ids=["uniform", "uneven"])
def test_no_constant_does_better_than_the_null(objective: Objective, grammar: Grammar) -> None:
    """One output for all strings, the best of which is found by descent on the population."""
    null, floor = objective.null(grammar), objective.exact_floor(grammar)
    if null is None:
        pytest.skip("its null is not known")
    if floor is not None:
        assert floor < null
    strings = population(grammar)
    target = objective.target(grammar, strings)
    constant = torch.zeros(1, objective.outputs(grammar), dtype=torch.float64, requires_grad=True)
    loss = descended(objective, constant, target, rows=len(strings))
    assert loss == pytest.approx(null, abs=1e-6)


def descended(
    objective: Objective, outputs: torch.Tensor, target: torch.Tensor, rows: int | None = None
) -> float:
    """The loss after 200 steps of resilient descent, which needs no step size of its own."""
    optimiser = torch.optim.Rprop([outputs], lr=0.1)
    for _ in range(200):
        optimiser.zero_grad()
        given = outputs if rows is None else outputs.expand(rows, -1)
        loss = objective.loss(given, target)
        loss.backward()
        optimiser.step()
    return loss.item()


def population(grammar: Grammar) -> Strings:
    """Strings whose labels have the grammar's law exactly: its parts are thirtieths."""
    counts = torch.tensor((grammar.label_prior * 30).round().astype("int64"))
    labels = torch.repeat_interleave(torch.arange(grammar.classes), counts)
    return Strings(torch.zeros(len(labels), grammar.input_length, dtype=torch.int64), labels)


@each
def test_labels_are_read_from_outputs(objective: Objective) -> None:
    labels = objective.labels(outputs_for(objective))
    assert labels.shape == (len(STRINGS),)
    assert labels.dtype == torch.int64


@each
def test_it_goes_by_its_name_and_says_what_it_is(objective: Objective) -> None:
    assert OBJECTIVES[objective.name] is objective
    assert objective.help


def test_the_floor_of_labels_is_known_where_a_string_has_one() -> None:
    labels = OBJECTIVES["labels"]
    assert labels.exact_floor(GRAMMAR) == 0.0
    assert labels.exact_floor(AMBIGUOUS) is None
    best = torch.full((40, 6), -1e3).scatter(1, STRINGS.labels[:, None], 1e3)
    assert torch.equal(labels.labels(best), STRINGS.labels)
    assert float(labels.loss(best, STRINGS.labels)) == 0.0
