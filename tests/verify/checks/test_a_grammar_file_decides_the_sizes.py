"""With a grammar file its sizes count, and its contents: not the suite's V, m, L, nor its name."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from layerproof.theory.ensembles import draw
from layerproof.verify.checks import CHECKS
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

ABOUT_ONE = [
    name
    for name, check in CHECKS.items()
    if "grammar" in check.parameters.model_fields and not check.about_ensemble
]

SMALL: dict[str, dict[str, Any]] = {
    "sensitivity-curve": {"ratios": [4.0]},
    "sensitivity-decades": {"ratios": [4.0]},
    "sensitivity-in-training": {"multiples": [16.0]},
    "zipf-sensitivity": {"ratios": [4.0]},
    "instance-threshold": {"strings": 100},
    "bottleneck": {"strings": 100},
    "layerwise-time": {"strings": 100, "layerwise": 1.0, "convolutional": 1.0},
    "principle-2-i": {"level": 2},
    "principle-2-ii": {"level": 2},
    "denoiser-learns-levels": {"times": 0.2, "steps": 2, "width": 2, "strings": 100},
    "m24-u-net": {"transitions": "factorised"},
}
"""What makes a check cheap, or fits it to two levels."""

SLOW = ("layerwise-time",)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grammar whose sizes are the default of no check: V = 8, m = 4, L = 2."""
    path = tmp_path_factory.mktemp("grammar") / "grammar.json"
    draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, seed=3).save(path)
    return path


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of which the predicted threshold is claimed: m = 5."""
    path = tmp_path_factory.mktemp("grammar") / "larger.json"
    draw("uniform-first-token", vocabulary=8, rules=5, branching=2, levels=2, seed=3).save(path)
    return path


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in which every tuple is grammatical: m = 8."""
    path = tmp_path_factory.mktemp("grammar") / "full.json"
    draw("uniform-first-token", vocabulary=8, rules=8, branching=2, levels=2, seed=3).save(path)
    return path


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whose strings can be listed with all noise: V = 4, m = 2."""
    path = tmp_path_factory.mktemp("grammar") / "few.json"
    draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=3).save(path)
    return path


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_a_check_of_one_grammar_takes_no_size_from_the_suite(
    name: str, file: Path, larger: Path, full: Path, few: Path
) -> None:
    """Every row has a prediction to compare: a refusal would hide one."""
    check = CHECKS[name]
    of_its_own = {"instance-threshold": larger, "full-grammar": full, "unet-is-stationary": few}
    given: dict[str, Any] = SMALL.get(name, {}) | {"grammar": of_its_own.get(name, file)}
    for form in check.forms:
        found, again = (
            evaluate(check, given | sizes, form=form, trials=1 if name in SLOW else 4)
            for sizes in ({}, {"V": 12, "m": 3, "L": 3})
        )
        predicted = [row.judgement.predicted for row in found]
        if name in SLOW:  # at few samples no learner learns: by how much it fails is of the file
            assert "the test error of the layerwise learner is" in found[0].judgement.reason
            assert [row.judgement for row in found] == [row.judgement for row in again]
            continue
        assert None not in predicted, [row.judgement.reason for row in found]
        assert predicted == [row.judgement.predicted for row in again]
        assert [row.parameters for row in found] == [row.parameters for row in again]


def test_the_curve_inside_a_run_holds_on_a_grammar_file(file: Path) -> None:
    """The instance's own N_× is predicted with; the suite's sizes would give another curve."""
    given = {"grammar": file, "V": 16, "m": 8, "L": 3, "multiples": [16.0], "margin": 0.2}
    check = CHECKS["sensitivity-in-training"]
    for row in evaluate(check, given, form="repaired", trials=60, error_rate=0.05):
        assert row.judgement.verdict is Verdict.HOLDS, row.judgement


def test_the_curve_of_uniform_rules_says_nothing_of_a_file(file: Path) -> None:
    given = {"grammar": file, "prediction": "uniform", "ratios": [4.0]}
    (row,) = evaluate(CHECKS["zipf-sensitivity"], given, trials=2)
    assert row.judgement.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("name", ["weight-sharing", "depth-separation"])
def test_what_averages_over_grammars_does_not_apply_to_one(name: str, file: Path) -> None:
    rows = evaluate(CHECKS[name], {"grammar": file}, trials=0)
    assert {row.judgement.verdict for row in rows} == {Verdict.NOT_APPLICABLE}


def test_the_name_of_a_file_changes_no_number(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    shutil.copy(file, copy)
    given = {"X": 4.0, "sizes": "uniform", "strings": 100}
    (one,), (other,) = (
        evaluate(CHECKS["zipf-chaining"], given | {"grammar": path}, trials=3)
        for path in (file, copy)
    )
    assert one.judgement == other.judgement
    assert one.judgement.evidence["mean_error"] > 0, "a constant would be the same anyway"
