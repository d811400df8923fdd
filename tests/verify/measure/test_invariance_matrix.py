"""The invariance matrix is its definition, on networks that are known exactly."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed
from layerproof.theory.schedule import practical
from layerproof.verify.measure.invariance import learner_matrix, matrix
from layerproof.verify.measure.invariance.exchange import exchanged_strings
from layerproof.verify.measure.invariance.expected import (
    mean_squares,
    stage_sensitivity,
    token_sensitivity,
)
from tests.verify.statistics.coverage import Coverage

GRAMMAR = draw("uniform-first-token", vocabulary=3, rules=2, branching=2, levels=2, seed=0)
DEEP = draw("uniform", vocabulary=5, rules=3, branching=2, levels=3, seed=1)


def _cnn(vocabulary: int, levels: int, width: int = 16) -> nn.Sequential:
    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for level in range(levels):
        layers += [nn.Conv1d(vocabulary if level == 0 else width, width, 2, 2), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, vocabulary))
    torch.set_rng_state(torch_state)
    return model


class Parser(nn.Module):
    """Knows the grammar: layer "level l" holds the one-hot level-l tokens, (b, s^l, V)."""

    def __init__(self, grammar: Grammar) -> None:
        super().__init__()
        self.grammar = grammar
        for level in range(grammar.levels + 1):
            self.add_module(f"level {level}", nn.Identity())

    def forward(self, tokens: Tensor) -> Tensor:
        for level in range(self.grammar.levels, -1, -1):
            one_hot = nn.functional.one_hot(tokens, self.grammar.vocabularies[level])
            found: Tensor = self.get_submodule(f"level {level}")(one_hot.double())
            if level:
                patches = self.grammar.patches(level)
                rows = tokens.reshape(len(tokens), -1, 1, self.grammar.branching)
                index = (rows == torch.from_numpy(patches.patch.copy())).all(-1).int().argmax(-1)
                tokens = torch.from_numpy(patches.law.argmax(axis=0))[index]
        return found


def _derivations(
    grammar: Grammar, tokens: tuple[int, ...], level: int
) -> Iterator[tuple[float, list[tuple[int, ...]]]]:
    """Every derivation below tokens of a level: its probability and its tokens, level by level."""
    if level == grammar.levels:
        yield 1.0, [tokens]
        return
    rules = [grammar.rules[level][token] for token in tokens]
    for choice in itertools.product(*(range(len(patches)) for patches in rules)):
        below = tuple(int(t) for patches, c in zip(rules, choice, strict=True) for t in patches[c])
        weight = math.prod(1.0 / len(patches) for patches in rules)
        for probability, rest in _derivations(grammar, below, level + 1):
            yield weight * probability, [tokens, *rest]


def _brute_force(grammar: Grammar, embed: np.ndarray, level: int) -> list[float]:
    """S[l] by listing all pairs (x, P_l x) and (x, y), f(x) = the table's rows at `level`."""
    every = [
        (float(grammar.label_prior[label]) * p, tree)
        for label in range(grammar.classes)
        for p, tree in _derivations(grammar, (label,), 0)
    ]
    value = [embed[list(tree[level])].ravel() for _, tree in every]
    weight = np.array([p for p, _ in every])
    square = ((np.array(value)[:, None] - np.array(value)) ** 2).sum(axis=2)
    found = []
    for l in range(grammar.levels + 1):
        # P_l x has the law of a string with the same tokens at level l - 1; at "level 0", any.
        above = [tree[l - 1] if l else () for _, tree in every]
        same = np.array([[a == b for b in above] for a in above])
        given = np.where(same, weight, 0.0)
        given /= given.sum(axis=1, keepdims=True)
        found.append(float((weight[:, None] * given * square).sum()))
    return found


@pytest.mark.parametrize("level", [0, 1, 2])
def test_expected_squares_are_those_of_all_pairs_of_strings(level: int) -> None:
    table = np.random.default_rng(level).normal(size=(GRAMMAR.vocabularies[level], 4))
    # Equal up to float64 rounding of sums over 3 * 2^3 strings.
    np.testing.assert_allclose(
        mean_squares(GRAMMAR, level, table), _brute_force(GRAMMAR, table, level), atol=1e-13
    )


def test_the_matrix_is_the_ratio_of_its_definition_string_by_string() -> None:
    model = _cnn(3, 2)
    found = matrix(model, GRAMMAR, ["1", "5"], samples=50, seed=3)
    (batch,) = exchanged_strings(GRAMMAR, 50, seed=3, batch_size=50)

    def output(leaves: Tensor, depth: int) -> np.ndarray:
        points = nn.functional.one_hot(leaves, 3).transpose(1, 2).float()
        return np.asarray(model[:depth](points).detach().double().flatten(1).numpy())

    for name, depth in (("1", 2), ("5", 6)):
        x, y = output(batch.drawn, depth), output(batch.other, depth)
        bottom = np.mean([np.sum((a - b) ** 2) for a, b in zip(x, y, strict=True)])
        for level, leaves in enumerate(batch.exchanged, start=1):
            z = output(leaves, depth)
            top = np.mean([np.sum((a - b) ** 2) for a, b in zip(x, z, strict=True)])
            # float32 outputs of two batch sizes: relative rounding of their differences.
            assert found[level, name] == pytest.approx(top / bottom, rel=1e-4)


def test_exchanges_keep_the_tokens_above_and_draw_the_rest_anew() -> None:
    (batch,) = exchanged_strings(DEEP, 500, seed=0, batch_size=500)
    parser = Parser(DEEP)
    held: dict[str, Tensor] = {}
    for name, module in parser.named_children():
        module.register_forward_hook(lambda m, i, o, name=name: held.update({name: o}))
    parser(batch.drawn)
    before = dict(held)
    for l, leaves in enumerate(batch.exchanged, start=1):
        parser(leaves)
        for level in range(DEEP.levels + 1):
            same = torch.equal(before[f"level {level}"], held[f"level {level}"])
            assert same == (level < l)


def test_a_layer_that_is_invariant_by_construction_has_exactly_zero() -> None:
    names = [f"level {level}" for level in (3, 2, 1, 0)]
    found = matrix(Parser(DEEP), DEEP, names, samples=400, encode="tokens")
    for k, level in enumerate((3, 2, 1, 0)):
        for l in found.levels:
            entry = found.values[l - 1][k], found.high[l - 1][k]
            assert (entry == (0.0, 0.0)) == (l > level)


def test_the_exact_law_lies_in_the_intervals_as_often_as_they_say() -> None:
    names = [f"level {level}" for level in (3, 2, 1)]
    parser, repetitions = Parser(DEEP), 300
    truth = {name: token_sensitivity(DEEP, 3 - k) for k, name in enumerate(names)}
    inside = dict.fromkeys(((1, names[0]), (3, names[0]), (2, names[1]), (1, names[2])), 0)
    for seed in range(repetitions):
        found = matrix(
            parser, DEEP, names, samples=60, seed=derive_seed(seed, "coverage"), encode="tokens",
            represents=[3, 2, 1], confidence=0.9,
        )  # fmt: skip
        for l, name in inside:
            k = names.index(name)
            low, high = found.low[l - 1][k], found.high[l - 1][k]
            assert low is not None
            assert high is not None
            inside[l, name] += low <= truth[name][l - 1] <= high
    for covered in inside.values():
        count = Coverage(covered, repetitions - covered, 0, 0.9)
        # Sums of 60 bounded squares are not quite normal: 3 % of shortfall are admitted. Four
        # tests at 1e-4 each.
        assert not count.undercovers(1e-4, allowance=0.03)
        assert not count.overcovers(1e-4, allowance=0.03)


def test_the_ideal_pattern_stands_beside_the_measurement() -> None:
    one_layer_late = matrix(_cnn(5, 3), DEEP, ["1", "3", "5", "7"], samples=20)
    in_time = matrix(_cnn(5, 3), DEEP, ["1", "3", "5"], samples=20)
    for found, held in ((one_layer_late, (3, 2, 1, 0)), (in_time, (2, 1, 0))):
        assert found.predicted is not None
        for k, level in enumerate(held):
            expected = token_sensitivity(DEEP, level)
            for l in found.levels:
                assert found.predicted[l - 1][k] == expected[l - 1]
                assert (l > level) == (expected[l - 1] == 0.0)
    assert matrix(_cnn(5, 3), DEEP, ["1"], samples=20).predicted is None


def test_cosine_is_one_minus_the_cosine_of_standardised_outputs() -> None:
    model, seed = _cnn(3, 2), 5
    found = matrix(model, GRAMMAR, ["5"], samples=200, seed=seed, normalisation="cosine")

    def output(leaves: Tensor) -> np.ndarray:
        points = nn.functional.one_hot(leaves, 3).transpose(1, 2).float()
        return np.asarray(model(points).detach().double().numpy())

    other = derive_seed(seed, "invariance matrix", "moments")
    (reference,) = exchanged_strings(GRAMMAR, 200, seed=other, batch_size=200)
    base = output(reference.drawn)
    (batch,) = exchanged_strings(GRAMMAR, 200, seed=seed, batch_size=200)
    x, y, *z = (
        (output(leaves) - base.mean(axis=0)) / base.std(axis=0)
        for leaves in (batch.drawn, batch.other, *batch.exchanged)
    )

    def change(a: np.ndarray, b: np.ndarray) -> float:
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        return float(np.mean(1 - (a * b).sum(axis=1) / norms))

    for level, exchanged in enumerate(z, start=1):
        expected = change(x, exchanged) / change(x, y)
        assert found[level, "5"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("normalisation", ["c24", "cosine"])
def test_batches_change_nothing_but_rounding(normalisation: str) -> None:
    model = _cnn(5, 3).double()
    whole, pieces = (
        matrix(
            model, DEEP, ["1", "7"], samples=97, normalisation=normalisation, batch_size=size
        ).values
        for size in (97, 8)
    )
    # float64 throughout; cosines of differences lose a few more digits.
    np.testing.assert_allclose(np.array(whole), np.array(pieces), rtol=1e-9)


def test_a_layer_that_never_changes_has_no_value() -> None:
    model = _cnn(3, 2)
    with torch.no_grad():
        model[5].weight.zero_()
    for normalisation in ("c24", "cosine"):
        found = matrix(model, GRAMMAR, ["5"], samples=20, normalisation=normalisation)
        assert found.values == found.low == found.high == ((None,), (None,))
        assert "–" in str(found)


def test_a_network_that_knows_more_than_its_baseline_shows_it() -> None:
    found = matrix(
        Parser(GRAMMAR), GRAMMAR, ["level 1"], samples=50, encode="tokens",
        baseline=Parser(GRAMMAR),
    )  # fmt: skip
    assert found.baseline == found.values
    assert "baseline" in str(found)


def test_stages_are_predicted_as_empirical_laws_scatter() -> None:
    grammar, samples = (
        draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=2),
        12,
    )
    patches = grammar.patches(2)
    rng, values = np.random.default_rng(0), []
    trees = [
        (label, rule, below)
        for label in range(4)
        for rule in grammar.rules[0][label]
        for below in range(2)
    ]
    rows = {tuple(patch): row for row, patch in enumerate(patches.patch.tolist())}
    cell = np.array([rows[tuple(grammar.rules[1][r[0]][b].tolist())] for _, r, b in trees])
    label = np.array([tree[0] for tree in trees])
    for _ in range(3000):
        drawn = rng.integers(len(trees), size=samples)
        counts = np.zeros((len(patches.patch), 4))
        np.add.at(counts, (cell[drawn], label[drawn]), 1)
        total = counts.sum(axis=1, keepdims=True)
        h = np.where(total > 0, counts / np.maximum(total, 1), 0.25)
        values.append(mean_squares(grammar, 1, h, emission=patches.law))
    square = np.array(values)
    expected = stage_sensitivity(grammar, 2, samples)
    for l in (1, 2):
        difference = square[:, l] - expected[l - 1] * square[:, 0]
        error = difference.std() / math.sqrt(len(difference))
        # Four standard errors, and 1 % for two patches' counts, taken as independent (correlation
        # -1/7 at eight patches, in a part of the variance).
        assert abs(difference.mean()) < 4 * error + 0.01 * square[:, 0].mean()


def test_a_trained_learner_has_its_matrix_beside_the_prediction_of_its_sample_sizes() -> None:
    # A grammar on which Assumption 6 holds.
    grammar = draw(
        "uniform-first-token", vocabulary=8, rules=2, branching=2, levels=3, seed=2
    )  # fmt: skip
    training = train(grammar, practical(grammar, multiple=1024), seed=0, device="cpu")
    found = learner_matrix(training, samples=1000)
    assert found.layers == ("stage 3", "stage 2", "stage 1")
    assert found.mixed == found.random == found.left_out == ()
    assert found.accuracy is not None
    assert found.accuracy.value > 0.99  # N = 1024 V m^l
    assert found.output is not None
    assert found.output.layer == "stage 1"
    assert found.output.values == tuple(row[-1] for row in found.values)
    assert found.predicted is not None
    for k, stage in enumerate((3, 2, 1)):
        (record,) = (record for record in training.stages if record.level == stage)
        expected = stage_sensitivity(grammar, stage, record.samples)
        for l in found.levels:
            value, predicted = found.values[l - 1][k], found.predicted[l - 1][k]
            low, high = found.low[l - 1][k], found.high[l - 1][k]
            assert predicted == expected[l - 1]
            assert value is not None
            assert low is not None
            assert high is not None
            if l < stage:
                # Three entries; the interval at 95 % widened to more than five standard errors.
                assert abs(value - predicted) < 3 * (high - low) / 2
            else:
                # N = 1024 V m^l, which is more than N_×: S is below 1/1024.
                assert value < 1 / 1024


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"layers": ["nowhere"]}, "layer"),
        ({"layers": []}, "layers"),
        ({"samples": 1}, "samples"),
        ({"normalisation": "l2"}, "normalisation"),
        ({"encode": "binary"}, "encode"),
        ({"positions": "first"}, "positions"),
        ({"positions": "middle"}, "input of the network"),
        ({"represents": [0, 1]}, "represents"),
        ({"represents": [9]}, "represents"),
        ({"confidence": 1.5}, "confidence"),
        ({"device": "cuda"}, "device"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(change: dict[str, object], field: str) -> None:
    arguments: dict[str, object] = {"layers": ["1"], "samples": 10} | change
    with pytest.raises(InputError) as refused:
        matrix(_cnn(3, 2), GRAMMAR, **arguments)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_refused_name_comes_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="allowed: 0, 1, 2, 3, 4, 5"):
        matrix(_cnn(3, 2), GRAMMAR, ["conv1"])
