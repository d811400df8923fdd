"""Estimates of time: of every entry of every suite, and what a run of a grammar leaves out."""

from dataclasses import replace
from pathlib import Path

import pytest

from layerproof.theory.costs import Extent
from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.verify.checks.costs import LOOKED_AT, clusters_seconds, training_seconds
from layerproof.verify.measure.representations import ALL_STRINGS
from layerproof.verify.run.estimates import START_SECONDS, known_seconds, run_seconds, trial_seconds
from layerproof.verify.run.own_grammar import MOST_SECONDS
from layerproof.verify.run.runner import plan
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SUITES


@pytest.fixture(scope="module")
def large() -> Grammar:
    return draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=3, seed=0)


@pytest.mark.parametrize("suite", SUITES.own)
def test_a_trial_of_every_check_of_a_shipped_suite_was_measured(suite: str) -> None:
    """`python -m tools.trial_seconds` measures anew; at other sizes the time is scaled."""
    measured = {key.partition("(")[0] for key in known_seconds()}
    assert {entry.check.id for entry in load_suite(suite).entries} <= measured


def test_formulas_agree_with_what_was_measured() -> None:
    """Processor seconds of single trials, within a factor of three."""
    for sizes, trained, clusters in [
        ((8, 3, 2, 3), 0.13, 0.28),
        ((16, 4, 2, 2), 0.12, 0.13),
        ((16, 4, 2, 3), 0.60, 10.1),
        ((32, 8, 2, 2), 1.3, 2.6),
        ((32, 4, 2, 3), 2.8, 3.1),
    ]:
        extent = Extent.of_ensemble(*sizes)
        assert 1 / 3 < training_seconds(extent) / trained < 3
        assert 1 / 3 < clusters_seconds(extent) / clusters < 3
    assert LOOKED_AT == ALL_STRINGS


def test_a_grammar_of_ordinary_size_is_answered_within_a_minute(
    large: Grammar, tmp_path: Path
) -> None:
    large.save(tmp_path / "good.json")
    chosen = plan("quick", grammar=str(tmp_path / "good.json"))
    assert chosen.core_seconds <= MOST_SECONDS
    assert run_seconds(chosen.core_seconds, 2) < 60
    (left,) = chosen.left_out
    assert (left.check, left.statement) == ("assumption-9", "R26.assumption-9")
    assert left.command.endswith("--only assumption-9")
    asked = plan("quick", grammar=str(tmp_path / "good.json"), only=["assumption-9"])
    assert [(one.check.id, one.trials) for one in asked.suite.entries] == [("assumption-9", 120)]
    assert not asked.left_out


def test_one_shared_patch_makes_it_a_matter_of_seconds(large: Grammar, tmp_path: Path) -> None:
    rules = [[patches.tolist() for patches in level] for level in large.rules]
    rules[2][1][0] = rules[2][0][0]
    Grammar(large.vocabularies, rules).save(tmp_path / "shared.json")  # type: ignore[arg-type]
    chosen = plan("quick", grammar=str(tmp_path / "shared.json"))
    assert run_seconds(chosen.core_seconds, 1) < START_SECONDS + 5
    assert not chosen.left_out
    assert max(entry.trials for entry in chosen.suite.entries) == 1


def test_sizes_that_nobody_measured_are_scaled() -> None:
    (known,) = (one for one in load_suite("quick").entries if one.check.id == "assumption-6a")
    small, large = (
        known.check.parameters.validated({"V": V, "m": 8, "s": 2, "L": 3}) for V in (8, 64)
    )
    times = [trial_seconds(replace(known, parameters=one)) for one in (small, large)]
    assert 0 < times[0] < times[1]
