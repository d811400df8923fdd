"""The learner applies one map per level to every patch: kernel size and stride s, nothing else."""

import numpy as np
import pytest
import torch
from torch import Tensor

from layerproof.layerwise.features import RandomFourierFeatures, rbf_kernel
from layerproof.layerwise.network import FeatureLayer, KernelLayer, LayerwiseLearner, normalised
from layerproof.theory.errors import InputError

V, N, S, L = 5, 3, 3, 2


def _learner() -> LayerwiseLearner:
    """Random layers: kernel at level 2, features at level 1; V = 5 tokens, n = 3, s = 3."""
    rng = np.random.default_rng(0)
    learner = LayerwiseLearner(V, S, L)
    anchors = torch.from_numpy(rng.uniform(size=(7, S * V)))
    learner.attach(2, KernelLayer(anchors, torch.from_numpy(rng.uniform(size=(7, N))), 0.9))
    features = RandomFourierFeatures.draw(11, S * N, 0.8, seed=0)
    learner.attach(1, FeatureLayer(features, torch.from_numpy(rng.uniform(size=(N, 22)))))
    return learner


def _leaves(strings: int = 20) -> Tensor:
    return torch.from_numpy(np.random.default_rng(1).integers(0, V, (strings, S**L)))


def _naive(learner: LayerwiseLearner, string: list[int]) -> Tensor:
    """R26 eqs. 1 and 2, patch by patch, for one string."""
    tokens = [torch.eye(V, dtype=torch.float64)[token] for token in string]
    kernel, features = learner.layers["2"], learner.layers["1"]
    assert isinstance(kernel, KernelLayer)
    assert isinstance(features, FeatureLayer)
    upper = []
    for start in range(0, len(tokens), S):
        point = torch.cat(tokens[start : start + S])
        distances = (kernel.anchors - point).square().sum(1)
        w_x = torch.exp(-distances / (2 * 0.9**2)) @ kernel.coefficients
        upper.append(w_x / w_x.sum())
    angles = features.features.omega @ torch.cat(upper)
    phi = torch.cat((angles.cos(), angles.sin())) / np.sqrt(11)
    w_x = features.weight @ phi
    return w_x / w_x.sum()


def test_forward_agrees_with_a_patch_by_patch_twin() -> None:
    learner, leaves = _learner(), _leaves()
    expected = torch.stack([_naive(learner, string) for string in leaves.tolist()])
    # Some dozen roundings of numbers of order one, divided by sums of order one tenth or more.
    torch.testing.assert_close(learner(leaves), expected, rtol=1e-12, atol=1e-13)


def test_tokens_below_every_position_share_one_map() -> None:
    learner, leaves = _learner(), _leaves(4)
    whole = learner.embed(leaves, 1)
    assert whole.shape == (4, S, N)
    for position in range(S):
        part = learner.embed(leaves[:, position * S : (position + 1) * S], 1)
        # The same arithmetic on fewer rows; a matrix product may round the last bits differently.
        torch.testing.assert_close(part[:, 0], whole[:, position], rtol=1e-13, atol=1e-14)


def test_shapes_are_those_of_the_theorem() -> None:
    learner = _learner()
    assert learner.embed(_leaves(4), 2).shape == (4, S**2, V)
    assert learner(_leaves(4)).shape == (4, N)
    kernel, features = learner.layer(2), learner.layer(1)
    assert (kernel.inputs, kernel.outputs) == (S * V, N)
    assert (features.inputs, features.outputs) == (S * N, N)


def test_the_table_of_tokens_holds_each_once() -> None:
    learner, leaves = _learner(), _leaves()
    table, index = learner.tokens(leaves, 1)
    strings = {tuple(patch) for patch in leaves.reshape(-1, S).tolist()}
    assert len(table) == len(strings)
    assert torch.equal(table[index], learner.embed(leaves, 1))


def test_order_and_dtype_of_the_strings_do_not_matter() -> None:
    learner, leaves = _learner(), _leaves()
    order = torch.from_numpy(np.random.default_rng(2).permutation(len(leaves)))
    assert torch.equal(learner(leaves)[order], learner(leaves[order]))
    assert torch.equal(learner(leaves), learner(leaves.to(torch.uint8)))


def test_outputs_sum_to_one_or_are_uniform() -> None:
    tiny = torch.finfo(torch.float64).tiny
    rows = [[1.0, 2.0, 1.0], [0, 0, 0], [1, -1, 0], [tiny, 0, 0], [1e-17, 1, -1]]
    rows.append([0.1 + 0.2, -0.3, 0])  # the sum is one rounding
    out = normalised(torch.tensor(rows, dtype=torch.float64))
    assert bool(out.isfinite().all())
    third = 1 / 3
    expected = [[0.25, 0.5, 0.25], [third] * 3, [third] * 3, [1, 0, 0], [third] * 3]
    expected.append([third] * 3)
    torch.testing.assert_close(out, torch.tensor(expected, dtype=torch.float64))


def test_a_point_far_from_every_anchor_is_uniform_not_nan() -> None:
    layer = KernelLayer(torch.zeros(2, 4), torch.ones(2, 3), 1e-3)
    assert layer(torch.full((5, 4), 9.0)).tolist() == [[pytest.approx(1 / 3)] * 3] * 5


def test_gradients_reach_the_weights_where_they_are_asked_for() -> None:
    learner, leaves = _learner(), _leaves(6)
    coefficients = learner.layer(2).get_parameter("coefficients").requires_grad_(True)
    weight = learner.layer(1).get_parameter("weight").requires_grad_(True)

    def output(c: Tensor, w: Tensor) -> Tensor:
        state = {"layers.2.coefficients": c, "layers.1.weight": w}
        result = torch.func.functional_call(learner, state, (leaves,))
        assert isinstance(result, Tensor)
        return result

    assert torch.autograd.gradcheck(output, (coefficients, weight))


def test_kernel_gradients_reach_the_points() -> None:
    points = torch.rand(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    anchors = points + 0.1
    points.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda p: rbf_kernel(p, anchors, 0.7), (points,))


@pytest.mark.parametrize(
    ("leaves", "words"),
    [
        (torch.zeros(2, 8, dtype=torch.int64), "shape of leaves"),
        (torch.zeros(9, dtype=torch.int64), "shape of leaves"),
        (torch.zeros(2, 9), "dtype of leaves"),
        (torch.zeros(2, 9, dtype=torch.bool), "dtype of leaves"),
        (torch.full((2, 9), V), "leaf token is 5; allowed: 0 to 4"),
        (torch.full((2, 9), -1), "leaf token is -1"),
    ],
)
def test_leaves_that_are_none_are_refused(leaves: Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        _learner()(leaves)


def test_layers_are_attached_in_order_and_must_fit() -> None:
    learner = LayerwiseLearner(V, S, L, dtype=torch.float32)
    fitting = KernelLayer(torch.zeros(1, S * V), torch.zeros(1, N), 1.0)
    with pytest.raises(InputError, match="level is 1; allowed: 2"):
        learner.attach(1, fitting)
    with pytest.raises(InputError, match="input dimension"):
        learner.attach(2, KernelLayer(torch.zeros(1, V), torch.zeros(1, N), 1.0))
    learner.attach(2, fitting)
    with pytest.raises(InputError, match="input dimension"):
        learner.attach(1, fitting)
    with pytest.raises(InputError, match="level is 1; allowed: a level whose layer is trained"):
        learner(torch.zeros(1, S**L, dtype=torch.int64))


def test_no_strings_give_no_outputs() -> None:
    assert _learner()(torch.zeros(0, S**L, dtype=torch.int64)).shape == (0, N)
