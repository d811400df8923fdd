"""Lemmas 18, 17 and 11 get their verdicts, on instances that meet their hypotheses exactly."""

from typing import Any

import numpy as np
import pytest
import torch

from layerproof.layerwise.network import normalised
from layerproof.layerwise.solvers import gradient_descent
from layerproof.theory.errors import InputError
from layerproof.theory.randomness import generator
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.checks.ren2026.descent import trained_outputs
from layerproof.verify.checks.ren2026.lemma_11 import token_embeddings
from layerproof.verify.checks.ren2026.lemma_17 import EmbeddingParameters, label_laws
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks.unasked import unasked


def _verdicts(
    check: str, parameters: dict[str, Any], form: str, trials: int = 1, **more: Any
) -> dict[str, Verdict]:
    rows = evaluate(CHECKS[check], parameters, form=form, trials=trials, **more)
    return {row.id.removeprefix(f"{check}/"): row.judgement.verdict for row in rows}


@pytest.mark.parametrize("delta", [0.1, 0.01])
@pytest.mark.parametrize("kappa", [1.0, 16.0])
def test_lemma_18_holds_repaired_and_fails_printed_in_its_law(delta: float, kappa: float) -> None:
    sizes = {"patches": 16, "kappa": kappa, "delta": delta}
    assert set(_verdicts("lemma-18-exact", sizes, "repaired").values()) == {Verdict.HOLDS}
    assert _verdicts("lemma-18-exact", sizes, "printed") == {
        "part=frequency": Verdict.HOLDS,
        "part=law": Verdict.VIOLATED,
        "part=both": Verdict.VIOLATED,
    }


def test_lemma_18_on_drawn_grammars() -> None:
    sizes = {"V": 16, "m": 4, "L": 2}
    repaired = _verdicts("lemma-18", sizes, "repaired", 120)
    assert set(repaired.values()) == {Verdict.HOLDS}
    printed = _verdicts("lemma-18", sizes, "printed", 120)
    assert printed.pop("level=2/part=law") is Verdict.VIOLATED
    assert set(printed.values()) == {Verdict.HOLDS}


def test_lemma_18_needs_a_finite_kappa() -> None:
    sizes = {"V": 16, "m": 4, "L": 2}
    found = _verdicts("lemma-18", sizes, "repaired", 2, control=CONTROLS["dead-symbol"])
    assert set(found.values()) == {Verdict.NOT_APPLICABLE}


def test_lemma_18_says_nothing_where_its_bounds_exceed_every_deviation() -> None:
    found = _verdicts("lemma-18-exact", {"patches": 16, "samples": 1}, "repaired")
    assert set(found.values()) == {Verdict.VACUOUS}


def test_lemma_18_says_nothing_of_drawn_grammars_either_with_so_few_strings() -> None:
    """At N = 1 q̂ is one label, and the bound on ‖q̂ − q‖ is above √2."""
    parameters = {"V": 4, "m": 2, "L": 2, "multiple": 1e-9}
    few = evaluate(CHECKS["lemma-18"], parameters, form="repaired", trials=60)
    said = {row.parameters["part"]: row.judgement.verdict for row in few}
    assert said["law"] is Verdict.VACUOUS
    many = evaluate(CHECKS["lemma-18"], parameters | {"multiple": 1.0}, form="repaired", trials=60)
    assert Verdict.VACUOUS not in {row.judgement.verdict for row in many}


def test_lemma_18_repaired_asks_for_small_delta() -> None:
    sizes = {"patches": 2, "delta": 0.5}
    assert set(_verdicts("lemma-18-exact", sizes, "repaired").values()) == {Verdict.NOT_APPLICABLE}
    with pytest.raises(InputError, match="delta"):
        evaluate(unasked(CHECKS["lemma-18-exact"], "R26.lemma-18/ratio"), sizes, form="repaired")


@pytest.mark.parametrize("sizes", [{}, {"kappa": 16.0}, {"patches": 2, "kappa": 20.0}])
def test_lemma_17_holds_repaired_and_fails_printed(sizes: dict[str, Any]) -> None:
    assert set(_verdicts("lemma-17-exact", sizes, "repaired").values()) == {Verdict.HOLDS}
    assert set(_verdicts("lemma-17-exact", sizes, "printed").values()) == {Verdict.VIOLATED}


@pytest.mark.parametrize("signs", ["plus", "minus", "hub", "random"])
def test_lemma_17_on_embeddings_at_equality(signs: str) -> None:
    for form, patches, trials, verdict in (
        ("repaired", 16, 150, Verdict.HOLDS),
        ("printed", 32, 30, Verdict.VIOLATED),
    ):
        sizes = {"patches": patches, "signs": signs}
        assert set(_verdicts("lemma-17", sizes, form, trials).values()) == {verdict}


@pytest.mark.parametrize("kappa", [1.0, 1e4, 1e8])
def test_the_printed_step_size_alone_does_no_harm_to_lemma_17(kappa: float) -> None:
    """Where one patch is all that is seen its outputs do not converge, but keep their direction."""
    sizes = {"patches": 2, "kappa": kappa, "repairs": ["N"]}
    assert set(_verdicts("lemma-17", sizes, "printed", 150).values()) == {Verdict.HOLDS}


def test_lemma_11_at_the_leaves() -> None:
    sizes = {"V": 16, "m": 8, "delta": 0.09}
    assert set(_verdicts("lemma-11", sizes, "repaired", 130).values()) == {Verdict.HOLDS}
    printed = {"part=overlap": Verdict.HOLDS, "part=error": Verdict.VIOLATED}
    assert _verdicts("lemma-11", sizes, "printed", 20) == printed
    assert _verdicts("lemma-11", sizes | {"repairs": ["step size"]}, "printed", 20) == printed


def test_lemma_11_above_the_leaves() -> None:
    sizes = {"V": 16, "m": 4, "L": 3, "level": 2}
    found = _verdicts("lemma-11", sizes, "printed", 30)
    assert found == {
        "part=overlap": Verdict.HOLDS,
        "part=spread": Verdict.HOLDS,
        "part=error": Verdict.VIOLATED,
    }


def test_the_other_reading_of_the_leaves_separation_breaks_the_printed_bandwidth() -> None:
    """ρ^(L+1) = 2√2, so that ρ̃ = ρ/2 is the √2 of one-hot leaves."""
    sizes = {"V": 4, "m": 2, "leaf_ratio": 2.0, "repairs": ["N", "step size"], "epsilon": 1e-3}
    found = _verdicts("lemma-11", sizes, "printed", 20)
    assert found == {"part=overlap": Verdict.VIOLATED, "part=error": Verdict.VIOLATED}


def test_lemma_11_wants_tokens_that_differ() -> None:
    sizes = {"V": 8, "m": 4}
    found = _verdicts("lemma-11", sizes, "repaired", 2, control=CONTROLS["identical-parents"])
    assert set(found.values()) == {Verdict.NOT_APPLICABLE}


def test_a_tenth_of_the_samples_turns_lemma_17() -> None:
    sizes = {"patches": 32, "multiple": 1 / 20}
    assert set(_verdicts("lemma-17", sizes, "repaired").values()) == {Verdict.NOT_APPLICABLE}
    blind = unasked(CHECKS["lemma-17"], "R26.lemma-17/samples")
    (row,) = evaluate(blind, sizes, form="repaired", trials=150)
    assert row.judgement.verdict is Verdict.VIOLATED


def test_descent_in_the_eigenbasis_is_descent() -> None:
    """Against the steps themselves; T steps of η h ≤ 2 add up T rounding errors at most."""
    rng = generator(0, "descent")
    points = torch.from_numpy(rng.normal(size=(6, 5)))
    points /= points.norm(dim=1, keepdim=True)
    shares = torch.from_numpy(rng.multinomial(50, np.full(12, 1 / 12)).reshape(6, 2) / 50)
    gram = (points * shares.sum(dim=1, keepdim=True)).mT @ points
    steps, ridge, step_size = 200, 0.2, 1.2
    weight = gradient_descent(gram, points.mT @ shares, ridge, step_size, steps)
    h = trained_outputs((points @ points.mT).numpy(), shares.numpy(), ridge, step_size, steps)
    rounding = steps * 100 * np.finfo(np.float64).eps
    np.testing.assert_allclose(h, normalised(points @ weight).numpy(), rtol=0, atol=rounding)


def test_labels_come_in_pairs() -> None:
    q = label_laws(EmbeddingParameters(patches=5, classes=4))
    assert np.sort(q, axis=1).tolist() == [[0, 0, 0.5, 0.5]] * 5
    assert (q[0] == q[2]).all()
    assert not (q[0] * q[1]).any()


def test_tokens_are_as_close_as_the_hypothesis_allows() -> None:
    """The closest pair is ρ − 2ε apart, and two embeddings of one token 2ε."""
    from layerproof.theory.ensembles import draw
    from layerproof.theory.population import closest_non_synonyms, patch_law

    grammar = draw(
        "uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, classes=None, seed=1
    )
    rho = closest_non_synonyms(patch_law(grammar, 2)).rho
    below = rho / 10
    tokens = token_embeddings(grammar, 1, below)
    spread = np.linalg.norm(tokens[:, 0] - tokens[:, 1], axis=1)
    np.testing.assert_allclose(spread, 2 * below, rtol=1e-12)
    apart = min(
        float(np.linalg.norm(tokens[a, i] - tokens[b, j]))
        for a in range(8)
        for b in range(a)
        for i in range(2)
        for j in range(2)
    )
    assert apart == pytest.approx(rho - 2 * below, rel=1e-12)
