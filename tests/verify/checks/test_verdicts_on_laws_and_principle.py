"""The verdicts that the errata table rests on, at budgets that decide them."""

from typing import Any

import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import Control
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks.unasked import unasked

HOLDS, VIOLATED = Verdict.HOLDS, Verdict.VIOLATED

NOISY = {"V": 8, "m": 4, "s": 2, "L": 2}
LEAVES = {"V": 16, "m": 8, "s": 2, "L": 2}

ERRATA: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("noise", NOISY | {"samples_per_patch": [1.0, 4.0], "margin": 0.08}, 150),
    ("crossover", NOISY, 300),
    ("crossover-leading-order", {"V": 1024, "m": 2, "L": 4}, 1),
    ("sensitivity-curve", NOISY | {"ratios": [1.0], "margin": 0.06}, 120),
    ("joint-law", NOISY | {"margin": 0.08}, 250),
    ("c24-signal", LEAVES, 100),
    ("c24-noise", LEAVES, 50),
    ("c24-threshold", {"V": 16, "m": 4, "s": 2, "L": 3, "margin": 0.06}, 200),
    ("appendix-c", {"d": 8}, 10),
)
"""Checks whose printed form is refuted, and whose repaired form holds on the same trials."""


@pytest.mark.parametrize(("form", "verdict"), [("printed", VIOLATED), ("repaired", HOLDS)])
@pytest.mark.parametrize(("check", "parameters", "trials"), ERRATA, ids=[row[0] for row in ERRATA])
def test_the_printed_form_fails_and_the_repaired_one_holds(
    check: str, parameters: dict[str, Any], trials: int, form: str, verdict: Verdict
) -> None:
    rows = evaluate(CHECKS[check], parameters, form=form, trials=trials)
    assert {row.judgement.verdict for row in rows} == {verdict}


@pytest.mark.parametrize(
    ("check", "parameters", "trials"),
    [
        ("noise", NOISY | {"samples_per_patch": [64.0]}, 200),
        ("c24-signal", {"V": 32, "m": 8, "L": 2, "seen": "symbol", "margin": 0.15}, 100),
        ("c24-noise", {"V": 32, "m": 8, "L": 2, "seen": "symbol", "margin": 0.1}, 100),
        ("c24-threshold", {"V": 32, "m": 8, "L": 2, "margin": 0.15}, 150),
        ("mean-square-separation", LEAVES | {"classes": 4}, 120),
        ("mean-square-norm", NOISY, 200),
    ],
)
def test_the_printed_form_holds_where_it_is_right(
    check: str, parameters: dict[str, Any], trials: int
) -> None:
    """For many samples a patch, for single leaves, and the threshold to leading order."""
    rows = evaluate(CHECKS[check], parameters, trials=trials)
    assert {row.judgement.verdict for row in rows} == {HOLDS}


@pytest.mark.parametrize("breach", [{"bias": 0.2, "d": 6}, {"stray": "odd"}, {"stray": "foreign"}])
def test_appendix_c_needs_its_class_and_its_inputs(breach: dict[str, Any]) -> None:
    check = CHECKS["appendix-c"]
    (row,) = evaluate(check, breach, form="repaired", trials=3)
    assert row.judgement.verdict is Verdict.NOT_APPLICABLE
    blind = unasked(check, "R26.appendix-c/class", "R26.appendix-c/inputs")
    (row,) = evaluate(blind, breach, form="repaired", trials=3)
    assert row.judgement.verdict is VIOLATED


def test_too_few_samples_are_noticed() -> None:
    few = Control("few", "", "", samples=0.1)
    for check, parameters, trials in (
        ("noise", NOISY | {"samples_per_patch": [16.0]}, 100),
        ("crossover", NOISY, 100),
        ("c24-noise", LEAVES, 30),
        ("appendix-c-samples", {}, 100),
    ):
        rows = evaluate(CHECKS[check], parameters, form="repaired", trials=trials, control=few)
        assert HOLDS not in {row.judgement.verdict for row in rows}, check


def test_how_loose_the_sample_bound_of_appendix_c_is() -> None:
    """Half of N, or N without F: at dominant 4 fewer than 2 % fail, where 10 % are allowed."""
    check = CHECKS["appendix-c-samples"].perturbed("repaired", "samples", lambda e: e / 2)
    (row,) = evaluate(check, {"dominant": 4.0}, form="repaired", trials=400)
    assert row.judgement.measured is not None
    assert row.judgement.measured < 0.02


def test_a_mean_over_a_part_of_the_draws_is_not_that_of_the_ensemble() -> None:
    """On some draws of so small a size no two non-synonyms have a separation."""
    sizes = {"V": 2, "m": 1, "s": 2, "L": 2}
    (row,) = evaluate(CHECKS["joint-law"], sizes, form="printed", trials=50)
    assert 0 < row.judgement.evidence["applicable"] < 50
    assert row.judgement.verdict is Verdict.INCONCLUSIVE
    assert "is not that of the ensemble" in row.judgement.reason
    # The joint law is defined on every draw.
    (row,) = evaluate(CHECKS["joint-law"], sizes, form="repaired", trials=50)
    assert "applicable" not in row.judgement.evidence
