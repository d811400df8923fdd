"""Strings of guesses drawn token by token are told; so is a mean field of other noise."""

from typing import Any

import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.forward_backward import MapSize
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.derived import latent_recovery
from layerproof.verify.checks.derived.masked_entropy import (
    all_strings,
    costs_of_masks,
    mean_costs,
)
from layerproof.verify.checks.derived.unmasking import divergence_of
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

SIZES: dict[str, Any] = {"V": 4, "m": 2, "s": 2, "L": 2}


@pytest.mark.parametrize("process", ["masking", "uniform", "gaussian"])
@pytest.mark.parametrize(
    ("guess", "verdict"), [("joint", Verdict.HOLDS), ("factorised", Verdict.VIOLATED)]
)
def test_only_joint_guesses_are_exact(process: str, guess: str, verdict: Verdict) -> None:
    settings = {**SIZES, "process": process, "guess": guess, "steps": 4, "strings": 2000}
    rows = evaluate(CHECKS["reverse-process"], settings, trials=1)
    assert {row.judgement.verdict for row in rows} == {verdict}


def test_of_many_strings_the_rules_of_the_labels_are_counted() -> None:
    settings = {**SIZES, "V": 8, "m": 4, "L": 3, "steps": 2, "strings": 5000}
    rows = evaluate(CHECKS["reverse-process"], settings, trials=1)
    assert {row.judgement.verdict for row in rows} == {Verdict.HOLDS}


def test_all_at_once_meets_the_bound_where_marginals_are_uniform() -> None:
    """f = 1 for a second token drawn from all: every leaf is uniform, and KL = log(V^d/P_max)."""
    grammar = draw("uniform-first-token", vocabulary=4, rules=4, branching=2, levels=1, seed=0)
    strings = all_strings(grammar)
    assert len({tuple(row) for row in strings.tolist()}) == grammar.derivations() == 16
    costs = mean_costs(costs_of_masks(grammar, strings))
    assert divergence_of(costs, 1) == pytest.approx(0.0, abs=1e-12)
    assert divergence_of(costs, 2) == pytest.approx(0.0, abs=1e-12)


def test_strings_and_masks_that_are_too_many_give_no_verdict() -> None:
    settings = {**SIZES, "V": 8, "m": 4, "L": 3, "at_once": [2]}
    (row,) = evaluate(CHECKS["unmasking"], settings, trials=1)
    assert row.judgement.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("channel", ["masking", "uniform"])
def test_a_mean_field_of_less_noise_is_told(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = {"V": 16, "m": 4, "s": 2, "L": 2, "noise": 0.4, "channel": channel}
    settings |= {"strings": 20, "margin": 0.08}

    def verdicts() -> set[Verdict]:
        rows = evaluate(CHECKS["latent-recovery"], settings, trials=60)
        return {row.judgement.verdict for row in rows}

    assert verdicts() == {Verdict.HOLDS}
    less = latent_recovery._mean_field(MapSize(16, 4, 2, 2), channel, 0.2)  # type: ignore[arg-type]
    monkeypatch.setattr(latent_recovery, "_mean_field", lambda *_: less)
    assert verdicts() == {Verdict.VIOLATED}
