"""Every solver finds what plain ridge regression on the repeated rows finds, in NumPy.

The twin repeats each row as often as it was counted and solves the normal equations of R26 eq. 3
in the feature space; it knows nothing of weights, duals or factorisations.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from layerproof.layerwise import kernel_gram, low_rank, solvers
from layerproof.layerwise.features import RandomFourierFeatures, rbf_kernel
from layerproof.layerwise.kernel_gram import GridGram, StripGram, dense_gram
from layerproof.layerwise.network import FeatureLayer
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.solvers import closed_form, fit_features, fit_kernel, gradient_descent
from layerproof.theory.errors import InputError
from layerproof.theory.schedule import Stage

Floats = NDArray[np.float64]
TOKENS, DIMENSION, S, CLASSES = 6, 3, 2, 4
STAGE = Stage(level=1, samples=1, features=None, bandwidth=0.8, ridge=0.1)
DESCENT = replace(STAGE, solver="gradient-descent", step_size=1.7, steps=25)


def _counts(rows: int = 20) -> NDArray[np.int64]:
    counts = np.random.default_rng(0).integers(0, 5, (rows, CLASSES))
    counts[:, 0] += 1
    return counts


def _rows(rows: int = 20, tokens: int = TOKENS, spread: float = 1.0) -> WeightedRows:
    """Distinct pairs of tokens; with a small `spread` the tokens come in two tight clusters."""
    rng = np.random.default_rng(1)
    table = spread * rng.uniform(-1, 1, (tokens, DIMENSION)) + np.arange(tokens)[:, None] % 2
    pairs = rng.permutation(tokens**S)[:rows]
    index = np.stack([pairs // tokens, pairs % tokens], axis=1)
    counts = torch.from_numpy(_counts(rows)).to(torch.float64)
    return WeightedRows(torch.from_numpy(table), torch.from_numpy(index), counts / counts.sum())


def _repeated(x: Floats) -> tuple[Floats, Floats]:
    """One row per sample: features and one-hot labels."""
    counts = _counts(len(x))
    row, label = np.nonzero(counts)
    times = counts[row, label]
    return np.repeat(x[row], times, axis=0), np.eye(CLASSES)[np.repeat(label, times)]


def _twin(x: Floats, stage: Stage) -> Floats:
    """W of the repeated rows: the normal equations, or the printed iteration from W = 0."""
    x, e = _repeated(x)
    gram, target = x.T @ x / len(x), e.T @ x / len(x)
    if stage.solver == "closed-form":
        return np.linalg.solve(gram + stage.ridge * np.eye(len(gram)), target.T).T
    assert stage.step_size is not None
    assert stage.steps is not None
    weight = np.zeros_like(target)
    for _ in range(stage.steps):
        weight = weight - stage.step_size * (weight @ gram + stage.ridge * weight - target)
    return weight


def _twin_loss(x: Floats, weight: Floats, ridge: float) -> float:
    x, e = _repeated(x)
    residual = ((e - x @ weight.T) ** 2).sum(axis=1).mean()
    return float(residual / 2 + ridge * (weight**2).sum() / 2)


def _exact_features(rows: WeightedRows) -> Floats:
    """Features whose inner products are the exact kernel's: a square root of its Gram matrix."""
    kernel = rbf_kernel(rows.points, rows.points, STAGE.bandwidth).numpy()
    values, vectors = np.linalg.eigh(kernel)
    return vectors * np.sqrt(np.clip(values, 0, None))


@pytest.mark.parametrize("stage", [STAGE, DESCENT], ids=["closed form", "descent"])
def test_the_dual_of_the_exact_kernel(stage: Stage) -> None:
    rows = _rows()
    layer, fit = fit_kernel(rows, stage)
    x = _exact_features(rows)
    weight = _twin(x, stage)
    # The square root of the kernel loses half of the digits of its smallest eigenvalues.
    np.testing.assert_allclose(layer.scores(rows.points), x @ weight.T, atol=1e-8)
    assert fit.loss == pytest.approx(_twin_loss(x, weight, stage.ridge), abs=1e-8)
    assert (fit.method, fit.rows, fit.error) == ("dual", 20, 0.0)


@pytest.mark.parametrize("stage", [STAGE, DESCENT], ids=["closed form", "descent"])
@pytest.mark.parametrize("features", [4, 30], ids=["primal", "dual"])
def test_random_features_in_either_form(features: int, stage: Stage) -> None:
    rows = _rows()
    phi = RandomFourierFeatures.draw(features, S * DIMENSION, 0.8, seed=0)
    layer, fit = fit_features(phi, [rows], stage)
    x = phi(rows.points).numpy()
    weight = _twin(x, stage)
    # Condition number at most 1 + 1/λ = 11: a few hundred roundings.
    np.testing.assert_allclose(layer.weight, weight, atol=1e-12)
    assert fit.loss == pytest.approx(_twin_loss(x, weight, stage.ridge), abs=1e-12)
    assert fit.method == ("primal" if features == 4 else "dual")


def test_batches_add_up_to_the_whole() -> None:
    rows = _rows()
    phi = RandomFourierFeatures.draw(30, S * DIMENSION, 0.8, seed=0)
    halves = [
        WeightedRows(rows.tokens, rows.index[part], rows.shares[part])
        for part in torch.arange(20).split(7)
    ]
    whole, _ = fit_features(phi, [rows], STAGE)
    split, fit = fit_features(phi, halves, STAGE)
    torch.testing.assert_close(whole.weight, split.weight, rtol=0, atol=1e-12)
    assert (fit.method, fit.rows) == ("primal", 20)


def test_small_chunks_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows()
    phi = RandomFourierFeatures.draw(4, S * DIMENSION, 0.8, seed=0)
    whole, _ = fit_features(phi, [rows], STAGE)
    monkeypatch.setattr("layerproof.layerwise.solvers.rows_per_chunk", lambda *_: 3)
    chunked, _ = fit_features(phi, [rows], STAGE)
    torch.testing.assert_close(whole.weight, chunked.weight, rtol=0, atol=1e-13)


def _by_twin_and(rows: WeightedRows, monkeypatch: pytest.MonkeyPatch, stage: Stage) -> float:
    """Root-mean-square distance over the samples between the dual's W x and the large-scale one."""
    dual, plain = fit_kernel(rows, stage)
    monkeypatch.setattr(solvers, "DENSE_ROWS", 0)
    layer, fit = fit_kernel(rows, stage)
    assert fit.method != "dual"
    assert fit.loss == pytest.approx(plain.loss, abs=2 * fit.error + 1e-12)
    difference = layer.scores(rows.points) - dual.scores(rows.points)
    error = float((rows.roots * difference).norm())
    assert error <= fit.error + 1e-13
    return error


@pytest.mark.parametrize("stage", [STAGE, DESCENT], ids=["closed form", "descent"])
def test_low_rank_stays_within_its_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(rows=900, tokens=40, spread=1e-2)
    monkeypatch.setattr(low_rank, "ERROR", 1e-3)
    error = _by_twin_and(rows, monkeypatch, stage)
    assert error > 1e-9  # it was an approximation, so the bound had something to bound


def test_low_rank_uses_few_anchors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "DENSE_ROWS", 0)
    layer, fit = fit_kernel(_rows(rows=900, tokens=40, spread=1e-2), STAGE)
    assert fit.method == "low-rank"
    assert len(layer.anchors) < 200
    assert 0 < fit.error <= low_rank.ERROR == 1e-5


def test_the_bound_at_low_rank_is_not_vacuous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two points that one pivot stands for, with a label each: what is lost is what τ measures."""
    table, shares = torch.tensor([[0.0], [0.05]], dtype=torch.float64), torch.eye(2) / 2
    rows = WeightedRows(table, torch.tensor([[0], [1]]), shares.to(torch.float64))
    monkeypatch.setattr(low_rank, "ERROR", 1e-2)
    stage = replace(STAGE, ridge=1.0)
    error = _by_twin_and(rows, monkeypatch, stage)
    _, fit = fit_kernel(rows, stage)
    assert fit.error / 10 < error < fit.error


def test_a_trace_that_does_not_fall_gives_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 pivots leave 0.0006 of one kernel's trace; 254 leave 0.1 of the other's, of rank 900."""
    steep, flat = (_rows(rows=900, tokens=40, spread=spread) for spread in (1e-2, 1.0))
    assert low_rank.low_rank_kernel(flat.points, flat.roots, 0.8, 0.1) is None
    monkeypatch.setattr(low_rank, "HOPELESS_PIVOTS", 4)
    found = low_rank.low_rank_kernel(steep.points, steep.roots, 0.8, 0.1)
    assert found is not None
    assert len(found.pivots) > 4


def test_pivots_that_are_too_few_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_rank, "MAX_PIVOTS", 3)
    rows = _rows(rows=30)
    assert low_rank.low_rank_kernel(rows.points, rows.roots, 0.1, 0.1) is None


@pytest.mark.parametrize("form", ["grid", "strips, held", "strips"])
def test_iterative_solutions_agree_with_the_dual(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(low_rank, "MAX_PIVOTS", 0)
    monkeypatch.setattr(kernel_gram, "WORKSPACE_BYTES", 2**20 if form == "grid" else 0)
    monkeypatch.setattr(kernel_gram, "HELD_BYTES", 2**20 if form == "strips, held" else 0)
    assert _by_twin_and(_rows(rows=36), monkeypatch, STAGE) < 1e-7


def test_products_agree_with_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(rows=25)
    right = torch.from_numpy(np.random.default_rng(2).normal(size=(25, 3)))
    expected = dense_gram(rows, 0.8) @ right
    monkeypatch.setattr(kernel_gram, "rows_per_chunk", lambda *_: 4)
    for gram in (GridGram(rows, 0.8), StripGram(rows, 0.8)):
        # Sums of 36 products of numbers below one, twice.
        torch.testing.assert_close(gram @ right, expected, rtol=0, atol=1e-13)


def test_a_grid_of_three_axes_keeps_their_order() -> None:
    rng = np.random.default_rng(3)
    index = torch.from_numpy(np.array(np.unravel_index(rng.permutation(125)[:30], (5, 5, 5))).T)
    shares = torch.from_numpy(rng.uniform(size=(30, 2)))
    rows = WeightedRows(torch.from_numpy(rng.uniform(size=(5, 2))), index, shares / shares.sum())
    right = torch.from_numpy(rng.normal(size=(30, 2)))
    expected = dense_gram(rows, 0.5) @ right
    torch.testing.assert_close(GridGram(rows, 0.5) @ right, expected, rtol=0, atol=1e-13)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "DENSE_ROWS", 0)
    monkeypatch.setattr(low_rank, "MAX_PIVOTS", 0)
    monkeypatch.setattr(kernel_gram, "WORKSPACE_BYTES", 0)
    monkeypatch.setattr(kernel_gram, "MOST_ROWS", {"cpu": 19})
    with pytest.raises(InputError, match="distinct rows for the exact kernel is 20"):
        fit_kernel(_rows(), STAGE)


@pytest.mark.parametrize(("ridge", "factorised"), [(0.1, False), (1e-9, True)])
def test_a_few_conjugate_gradients_are_the_factorisation(
    ridge: float, factorised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they reach rounding; else the matrix is factorised after all."""
    rows, stage = _rows(), replace(STAGE, ridge=ridge)
    exact, _ = fit_kernel(rows, stage)
    calls = []
    monkeypatch.setattr(solvers, "DIRECT_ROWS", 0)
    monkeypatch.setattr(solvers, "FEW_STEPS", 19)  # fewer than rows, which would always be enough
    monkeypatch.setattr(solvers, "closed_form", lambda *a: calls.append(a) or closed_form(*a))
    found, fit = fit_kernel(rows, stage)
    assert (bool(calls), fit.method) == (factorised, "dual")
    # 16 roundings of ‖T‖ are left; the condition number is at most 1 + 1/λ = 11.
    torch.testing.assert_close(found.coefficients, exact.coefficients, rtol=0, atol=1e-13)


def test_descent_converges_to_the_closed_form_at_the_rate_of_its_proof() -> None:
    gram = dense_gram(_rows(), 0.8)
    target = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 3)))
    exact = closed_form(gram, target, 0.1)
    for steps in (10, 40):
        near = gradient_descent(gram, target, 0.1, 1 / 1.1, steps)
        # Strong convexity λ, smoothness 1 + λ: the factor (1 − ηλ) a step.
        assert float((near - exact).norm()) <= (1 - 0.1 / 1.1) ** steps * float(exact.norm())


def test_descent_that_diverges_is_refused() -> None:
    stage = replace(DESCENT, step_size=100.0, steps=400)
    with pytest.raises(InputError, match=r"step_size is 100\.0"):
        fit_kernel(_rows(), stage)


INCOMPLETE: list[dict[str, Any]] = [{"solver": "newton"}, {"steps": None}, {"step_size": None}]


@pytest.mark.parametrize("change", INCOMPLETE, ids=str)
def test_incomplete_solvers_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"solver is 'newton'|gradient-descent is 'step_size"):
        fit_kernel(_rows(), replace(DESCENT, **change))


def test_a_wrong_weighting_would_be_noticed() -> None:
    rows = _rows()
    even = torch.ones(20, 1, dtype=torch.float64) / 20
    wrong = WeightedRows(rows.tokens, rows.index, even * rows.shares / rows.shares.sum(1, True))
    right_layer, _ = fit_kernel(rows, STAGE)
    wrong_layer, _ = fit_kernel(wrong, STAGE)
    assert float((right_layer.coefficients - wrong_layer.coefficients).abs().max()) > 1e-3


def test_feature_layers_hold_w_alone() -> None:
    phi = RandomFourierFeatures.draw(4, S * DIMENSION, 0.8, seed=0)
    layer, _ = fit_features(phi, [_rows()], STAGE)
    assert isinstance(layer, FeatureLayer)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.weight.shape == (CLASSES, 8)
