"""Assumption 13 and Lemmas 10 to 16 get their verdicts, and turn where a premise is broken."""

from typing import Any

import numpy as np
import pytest

from layerproof.theory.randomness import generator
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Outcome
from layerproof.verify.checks.controls import Control
from layerproof.verify.checks.ren2026.clusters import SIGNS, clusters
from layerproof.verify.checks.ren2026.constructed import ridge_solution
from layerproof.verify.checks.ren2026.lemma_12 import FROM_BELOW, largest_deviation
from layerproof.verify.checks.ren2026.lemma_14 import own_term
from layerproof.verify.checks.ren2026.lemma_16 import random_cluster
from layerproof.verify.report.rows import remarks
from layerproof.verify.report.schemas.results import Row
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Result, Verdict

_LEARNER = {"V": 4, "m": 2, "L": 2, "schedule": "lemma-11"}
_MERGED = Control("merged", "the embeddings of two patches are one", "", merge=True)
_FAST = Control("step", "a step size above the stable range", "", step_size=1.5)
_LINE = {"points": [[1, 1.0, 1.0]]}


def _rows(
    check: str, parameters: dict[str, Any], form: str = "printed", **more: Any
) -> dict[str, Result]:
    found = evaluate(CHECKS[check], parameters, form=form, **more)
    return {row.id.partition("/")[2]: row for row in found}


def _verdicts(*arguments: Any, **more: Any) -> set[Verdict]:
    return {row.judgement.verdict for row in _rows(*arguments, **more).values()}


@pytest.mark.parametrize(
    ("check", "form", "parameters", "trials"),
    [
        ("assumption-13", "repaired", _LEARNER, 2),
        ("assumption-13-constructed", "repaired", {}, 1),
        ("lemma-10", "repaired", {"s": 1, "V": 2}, 25),
        ("lemma-12", "printed", _LINE, 20),
        ("lemma-12", "repaired", _LINE | {"radius": 2.0}, 20),
        ("lemma-14", "repaired", {}, 1),
        ("lemma-14", "repaired", {"sharp": True}, 1),
        ("lemma-15", "repaired", {}, 1),
        ("lemma-15", "repaired", {"sharp": True}, 1),
        ("lemma-16", "printed", {}, 1),
        ("lemma-16", "printed", {"quoted": True}, 1),
        ("lemma-16", "repaired", {}, 1),
    ],
)
def test_what_holds(check: str, form: str, parameters: dict[str, Any], trials: int) -> None:
    assert _verdicts(check, parameters, form, trials=trials) == {Verdict.HOLDS}


@pytest.mark.parametrize(
    ("check", "parameters", "trials"),
    [
        ("assumption-9", {"V": 8, "m": 2, "s": 2, "L": 2, "delta": 0.4}, 20),
        ("assumption-13", {"V": 8, "m": 2, "s": 2, "L": 2, "schedule": "lemma-11"}, 2),
        ("theorem-7-constants", {"V": 8, "m": 2, "s": 2, "L": 2, "delta": 0.4}, 20),
    ],
)
def test_a_part_of_the_strings_cannot_show_that_extremes_are_as_claimed(
    check: str, parameters: dict[str, Any], trials: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the 64 strings of a label 16 are looked at; all below the leaf level's patches are."""
    form = CHECKS[check].forms[-1]
    whole = evaluate(CHECKS[check], parameters, form=form, trials=trials)
    assert {row.judgement.verdict for row in whole} == {Verdict.HOLDS}
    monkeypatch.setattr("layerproof.verify.measure.representations.ALL_STRINGS", 16)
    monkeypatch.setattr("layerproof.verify.measure.representations.MOST_STRINGS", 16)
    found = evaluate(CHECKS[check], parameters, form=form, trials=trials)
    verdicts = [row.judgement.verdict for row in found]
    assert set(verdicts) == {Verdict.HOLDS, Verdict.INCONCLUSIVE}
    for row in found:
        partly = "16 of 64 strings were looked at" in row.judgement.reason
        assert partly == (row.judgement.verdict is Verdict.INCONCLUSIVE), row.judgement


def test_a_supremum_that_is_searched_for_says_so_beside_its_verdict() -> None:
    points = [[1, 0.3, 0.5], [2, 0.3, 0.5]]
    grid, searched = evaluate(CHECKS["lemma-12"], {"points": points}, trials=30)
    assert grid.judgement.verdict is searched.judgement.verdict is Verdict.HOLDS
    assert (grid.judgement.reason, searched.judgement.reason) == ("", FROM_BELOW)
    assert remarks(Row.model_validate(searched.to_dict())) == [FROM_BELOW]


def test_the_printed_lemma_14_fails_where_labels_and_embeddings_are_correlated() -> None:
    found = {name: row.judgement.verdict for name, row in _rows("lemma-14", {}).items()}
    assert found == {
        "labels=one label": Verdict.HOLDS,
        "labels=independent": Verdict.HOLDS,
        "labels=copied": Verdict.VIOLATED,
        "labels=sampled": Verdict.VIOLATED,
    }


def test_lemma_14_says_nothing_at_the_largest_overlap() -> None:
    for row in _rows("lemma-14", {"overlaps": [1.0]}).values():
        assert row.judgement.verdict is Verdict.VACUOUS
        assert "up to ε_O" in row.judgement.reason


def test_the_printed_lemma_15_fails_for_extreme_samples_only() -> None:
    found = {name: row.judgement.verdict for name, row in _rows("lemma-15", {}).items()}
    assert found == {"part=rate": Verdict.VIOLATED, "part=norm": Verdict.HOLDS}
    plain = {"shares": ["uniform"], "overlaps": [1e-3], "patches": [2, 16]}
    assert _verdicts("lemma-15", plain) == {Verdict.HOLDS}


def test_the_printed_lemma_10_fails() -> None:
    sizes = {"directions": 16}
    assert _verdicts("lemma-10", sizes, trials=25) == {Verdict.VIOLATED}


def test_lemma_10_is_out_of_reach_at_what_lemma_17_asks_for() -> None:
    sizes = {"overlap": 1e-5, "spread": 1 / 64}
    for row in _rows("lemma-10", sizes, "repaired", trials=2).values():
        assert row.judgement.verdict is Verdict.VACUOUS
        assert "out of reach" in row.judgement.reason
    # σ is too large for every M, so that the printed form fails there too.
    printed = _rows("lemma-10", sizes, trials=25)
    assert printed["part=overlap"].judgement.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("check", "parameters", "expected"),
    [
        ("assumption-13", _LEARNER, Verdict.VIOLATED),
        ("assumption-13-constructed", {}, Verdict.VIOLATED),
        ("lemma-10", {"s": 1}, Verdict.NOT_APPLICABLE),
        ("lemma-14", {"patches": [2]}, Verdict.NOT_APPLICABLE),
        ("lemma-15", {"patches": [2]}, Verdict.NOT_APPLICABLE),
        ("lemma-16", {"patches": [2]}, Verdict.NOT_APPLICABLE),
    ],
)
def test_merged_clusters_are_noticed(
    check: str, parameters: dict[str, Any], expected: Verdict
) -> None:
    assert expected in _verdicts(check, parameters, control=_MERGED)


def test_a_step_size_above_the_stable_range_is_noticed() -> None:
    found = _rows("lemma-15", {}, "repaired", control=_FAST)
    assert found["part=rate"].judgement.verdict is Verdict.VIOLATED


def _sample(rng: np.random.Generator) -> tuple[Any, list[tuple[int, int, int]]]:
    built = clusters(SIGNS["random"](3, rng), 0.2, 0.1, 2)
    assert built is not None
    strings = [tuple(int(rng.integers(size)) for size in (3, 2, 2)) for _ in range(20)]
    return built.vectors, strings  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(3))
def test_the_ridge_problem_agrees_with_least_squares_on_every_string(seed: int) -> None:
    """min over W of ½ mean ‖e − W x‖² + λ/2 ‖W‖² as one stacked least-squares problem."""
    vectors, strings = _sample(generator(seed, "ridge twin"))
    joint, ridge = np.zeros((3, 2, 2)), 1 / 3
    for patch, copy, label in strings:
        joint[patch, copy, label] += 1 / len(strings)
    rows = np.array([vectors[patch, copy] for patch, copy, _ in strings]) / np.sqrt(len(strings))
    targets = np.array([np.eye(2)[label] for *_, label in strings]) / np.sqrt(len(strings))
    size = vectors.shape[2]
    left = np.concatenate([rows, np.sqrt(ridge) * np.eye(size)])
    right = np.concatenate([targets, np.zeros((size, 2))])
    twin = np.linalg.lstsq(left, right)[0].T
    np.testing.assert_allclose(ridge_solution(vectors, joint, ridge)[0], twin, atol=1e-12)


def test_the_own_term_of_the_only_patch_is_the_whole_solution() -> None:
    rng = generator(0, "own term")
    vectors = random_cluster(3, 0.25, rng)
    joint = rng.dirichlet(np.ones(6)).reshape(3, 2)
    W, *_ = ridge_solution(vectors[None], joint[None], 1.0)
    own = own_term(vectors, joint, 1.0, correlated=True)
    np.testing.assert_allclose(own, vectors @ W.T, atol=1e-14)


@pytest.mark.parametrize("name", SIGNS)
def test_clusters_are_what_they_were_built_for(name: str) -> None:
    signs = SIGNS[name](5, generator(0, name))
    built = clusters(signs, 0.15, 0.2, 3)
    assert built is not None
    for a, b in np.ndindex(5, 5):
        for i, j in np.ndindex(3, 3):
            inner = built.vectors[a, i] @ built.vectors[b, j]
            wanted = 0.15 * signs[a, b] if a != b else 1 - (0.02 if i != j else 0)
            assert inner == pytest.approx(wanted, abs=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_the_search_for_the_supremum_finds_what_a_grid_finds(seed: int) -> None:
    """d = 2, σ = 1/2: a grid of spacing 0.02 on the disc of radius 2, of which f varies slowly."""
    rng = generator(seed, "grid twin")
    omega = rng.standard_normal((40, 2)) / 0.5
    line = np.linspace(-2, 2, 201)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    grid = grid[(grid**2).sum(axis=1) <= 4]
    kernel = np.exp(-(grid**2).sum(axis=1) / 0.5)
    exact = np.abs(np.cos(grid @ omega.T).mean(axis=1) - kernel).max()
    assert largest_deviation(omega, 0.5, 1.0, rng) >= exact * (1 - 1e-12)


def test_labels_have_no_picture() -> None:
    """Their q are equally far apart: the two axes of a picture would be arbitrary."""
    check = CHECKS["assumption-9"]
    parameters = check.parameters()
    points = {name: {"x": [0.0], "y": [0.0]} for name in ("learned", "population")}
    outcomes = [Outcome({f"{level}/picture": points for level in range(3)})]
    titles = [
        [picture.title for picture in check.pictures(parameters, row, outcomes, "printed")]
        for row in check.rows(parameters)
    ]
    assert titles == [[], *([f"Representations of level-{level} tokens"] for level in (1, 2))]
