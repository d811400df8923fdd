"""Beside S stand the network's accuracy and chance, what is random, and what mixes its strings."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from layerproof.theory.grammar import Grammar
from layerproof.verify.measure.invariance import InvarianceMatrix, matrix
from layerproof.verify.measure.invariance.exchange import exchanged_strings
from layerproof.verify.statistics import binomial_interval
from tests.verify.measure.networks import GRAMMAR, Function

OWN = torch.Generator()
"""One that nobody puts back."""


class Reader(nn.Module):
    """Knows the label of every string by heart; gives it as one-hot scores, or as another class."""

    table: Tensor

    def __init__(self, shift: int = 0) -> None:
        super().__init__()
        (batch,) = exchanged_strings(GRAMMAR, 3000, seed=0, batch_size=3000)
        labels = torch.full((4**4,), 0)
        labels[self.number(batch.drawn)] = (batch.labels + shift) % 4
        self.register_buffer("table", labels)
        self.last = nn.Identity()

    @staticmethod
    def number(leaves: Tensor) -> Tensor:
        return leaves @ 4 ** torch.arange(4)

    def forward(self, leaves: Tensor) -> Tensor:
        scores = nn.functional.one_hot(self.table[self.number(leaves)], 4)
        found: Tensor = self.last(scores.double())
        return found


def measured(model: nn.Module, **more: Any) -> InvarianceMatrix:
    return matrix(model, GRAMMAR, **({"samples": 300, "encode": "tokens"} | more))


def test_the_accuracy_of_a_network_that_knows_stands_beside_chance() -> None:
    found = measured(Reader())
    assert found.accuracy is not None
    assert (found.accuracy.value, found.accuracy.chance, found.accuracy.strings) == (1.0, 0.25, 300)
    assert found.accuracy.interval == binomial_interval(300, 300, 0.95).limits
    assert not found.accuracy.near_chance
    assert "NEAR CHANCE" not in str(found)
    document = found.to_dict()
    assert document["accuracy"] == 1.0
    assert document["accuracy_interval"] == list(found.accuracy.interval)
    assert document["chance"] == 0.25
    assert document["near_chance"] is False
    # It holds the label and nothing else.
    assert found.output is not None
    assert found.output.values == found.output.predicted == (0.0, 0.0)
    assert found.output.layer == "last"


@pytest.mark.parametrize(
    ("model", "encode"),
    [
        (Reader(), lambda leaves: leaves.flip(1)),
        (Reader(shift=1), "tokens"),
        (Function(lambda leaves: torch.ones(len(leaves), 4)), "tokens"),
    ],
)
def test_near_chance_is_told(model: nn.Module, encode: Any) -> None:
    found = measured(model, encode=encode)
    assert found.accuracy is not None
    assert found.accuracy.near_chance
    assert found.to_dict()["near_chance"] is True
    assert "NEAR CHANCE" in str(found)
    assert "chance 0.25" in str(found)


def test_chance_is_what_the_most_frequent_label_reaches() -> None:
    prior = np.array([0.7, 0.1, 0.1, 0.1])
    uneven = Grammar(GRAMMAR.vocabularies, GRAMMAR.rules, GRAMMAR.probabilities, prior)
    constant = Function(lambda leaves: torch.tensor([1.0, 0, 0, 0]).expand(len(leaves), 4))
    found = matrix(constant, uneven, samples=300, encode="tokens").accuracy
    assert found is not None
    assert found.chance == 0.7
    assert found.interval[0] < 0.7 < found.interval[1]
    assert found.near_chance


def test_an_output_that_is_no_score_for_each_class_has_no_accuracy() -> None:
    found = measured(nn.Sequential(Function(lambda leaves: leaves.double())), encode="one-hot")
    assert found.accuracy is None
    assert found.to_dict()["accuracy"] is found.to_dict()["near_chance"] is None
    assert found.to_dict()["accuracy_reason"].endswith("no score for each of the 4 classes")
    assert found.output is not None
    assert found.output.predicted is None


def test_the_accuracy_is_that_of_the_measured_strings_whatever_the_batch() -> None:
    half = Reader()
    half.table[::2] = 0
    whole, pieces = (measured(half, batch_size=size).accuracy for size in (300, 7))
    assert whole == pieces
    (batch,) = exchanged_strings(GRAMMAR, 300, seed=0, batch_size=300)
    right = int((half(batch.drawn).argmax(1) == batch.labels).sum())
    assert whole is not None
    assert whole.value == right / 300


@pytest.mark.parametrize(
    "noise",
    [
        lambda x: nn.functional.dropout(x, 0.5),
        lambda x: x + torch.randn(x.shape, generator=OWN),
        lambda x: x + torch.from_numpy(np.random.normal(size=x.shape)),  # noqa: NPY002
    ],
)
def test_what_is_random_in_evaluation_mode_is_told(noise: Any) -> None:
    points = Function(lambda leaves: nn.functional.one_hot(leaves, 4).double())
    found = measured(nn.Sequential(points, Function(noise), nn.Flatten()))
    assert [one.layer for one in found.random] == ["1", "2", "network's output"]
    assert 0.1 < found.random[0].change < 10
    assert found.to_dict()["random"][0] == {"layer": "1", "change": found.random[0].change}
    assert "RANDOM in evaluation mode" in str(found)
    assert found.mixed == ()
    assert measured(nn.Sequential(points, nn.Dropout(0.5), nn.Flatten())).random == ()


def test_strings_that_are_mixed_are_told() -> None:
    points = Function(lambda leaves: nn.functional.one_hot(leaves, 4).double())
    attention = nn.TransformerEncoderLayer(4, 2, 8).double()  # its sequence is the first axis
    found = measured(nn.Sequential(points, attention))
    assert found.layers[:2] == ("0", "1.self_attn")
    assert found.mixed[:2] == ("1.self_attn", "1.dropout1")
    assert "MIXED" in str(found)
    assert found.to_dict()["mixed"][0] == "1.self_attn"
    right = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).double()
    assert measured(nn.Sequential(points, right)).mixed == ()


def test_the_figure_has_the_axes_of_the_table() -> None:
    found = measured(Reader())
    picture = found.picture()
    assert picture.rows == ["last", "network's output"]
    assert picture.columns == ["1", "2"]
    assert [list(row) for row in picture.values] == [[0.0, 0.0], [0.0, 0.0]]
    assert picture.predicted is not None
    assert picture.predicted[0] == (None, None)


@pytest.mark.parametrize("length", [1, 60])
def test_the_table_fits_80_columns_however_deep_the_grammar(length: int) -> None:
    found = measured(Reader())
    levels = tuple(range(1, 8))
    wide = tuple((0.123456,) for _ in levels)
    deep = InvarianceMatrix(
        levels, ("x" * length,), wide, wide, wide, "c24", None, None, wide, 0.95, 300, 0,
        found.accuracy,
    )  # fmt: skip
    lines = str(deep).splitlines()
    assert max(map(len, lines)) <= 80
    assert [word for line in lines for word in line.split() if word == "level"] == ["level"] * 7
