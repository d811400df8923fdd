"""Theorem 7 at a practical schedule: its size is a premise, measured on the grammar."""

from pathlib import Path

import pytest

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import multiple_samples
from layerproof.theory.thresholds import FORMULAS, InstanceThreshold, chance
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import Control
from layerproof.verify.checks.practical_schedule import (
    PRACTICAL_SCHEDULE,
    ROOM,
    noisier_than_apart,
    too_small,
)
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Result, Verdict

# V = 2, m = 7, s = 4: κ = 1 and K_ρ = 0.53, but of the seven patches of a symbol four or three
# begin with one token, so that a step keeps a seventh of the separation and X has to be large.
FIRST = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 1]]
FIRST += [[1, 0, 0, 0], [1, 0, 0, 1], [1, 0, 1, 0]]
SECOND = [[0, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0]]
SECOND += [[1, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 1], [1, 1, 1, 0]]
WEAK = Grammar((2,) * 4, [[FIRST, SECOND]] * 3)  # type: ignore[arg-type]


def _theorem_7(path: Path, trials: int, multiple: float, control: Control | None = None) -> Result:
    parameters = {"grammar": path, "multiple": multiple, "strings": 400}
    more = {} if control is None else {"control": control}
    (row,) = evaluate(CHECKS["theorem-7"], parameters, trials=trials, **more)  # type: ignore[arg-type]
    return row


def test_the_row_names_the_schedule_and_the_prediction(tmp_path: Path) -> None:
    WEAK.save(tmp_path / "weak.json")
    row = _theorem_7(tmp_path / "weak.json", 4, 32.0)
    assert row.judgement.verdict is Verdict.NOT_APPLICABLE
    predicted = InstanceThreshold(WEAK, FORMULAS).multiple(chance(WEAK) / 10)
    assert f"X = 32 is below 2 times the {predicted:.3g} that" in row.judgement.reason
    found = {premise.id: premise.verdict for premise in row.premises}
    assert found.pop(PRACTICAL_SCHEDULE) is Verdict.VIOLATED
    assert set(found.values()) == {Verdict.HOLDS}


@pytest.mark.parametrize(("share", "enough"), [(0.9, False), (1.1, True)])
def test_the_premise_turns_at_twice_the_predicted_size(share: float, enough: bool) -> None:
    predicted = InstanceThreshold(WEAK, FORMULAS).multiple(chance(WEAK) / 10)
    assert (too_small(WEAK, share * ROOM * predicted) == "") is enough


def test_a_control_that_takes_samples_away_is_still_caught(tmp_path: Path) -> None:
    """The premise is about the schedule as it is stated, not about what the control leaves."""
    rules = [[[0, 0], [1, 1]], [[0, 1], [1, 0]], [[2, 0], [0, 2]]]
    Grammar((3, 3), [rules]).save(tmp_path / "easy.json")  # type: ignore[arg-type]
    assert _theorem_7(tmp_path / "easy.json", 60, 32.0).judgement.verdict is Verdict.HOLDS
    starved = Control("starved", "", "", samples=0.01)
    row = _theorem_7(tmp_path / "easy.json", 60, 32.0, starved)
    assert row.judgement.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(("multiple", "enough"), [(8.0, False), (1e6, True)])
def test_assumption_9_has_the_premise_too(multiple: float, enough: bool) -> None:
    reason = noisier_than_apart(WEAK, multiple_samples(WEAK, multiple))
    assert (reason == "") is enough
    assert enough or reason.startswith("Level 2: N = 784 is below 32 times the 336 at ")


def test_the_suites_own_grammars_have_room() -> None:
    """So that no trial of `quick` and `paper` is left out for it."""
    sizes = {"assumption-9": (1024.0, (8, 3, 2, 3)), "theorem-7": (32.0, (8, 4, 2, 3))}
    for name, (multiple, (V, m, s, L)) in sizes.items():
        for seed in range(8):
            grammar = draw(
                "uniform-first-token", vocabulary=V, rules=m, branching=s, levels=L, seed=seed
            )
            if assumptions(grammar).holds:
                small = (
                    too_small(grammar, multiple)
                    if name == "theorem-7"
                    else noisier_than_apart(grammar, multiple_samples(grammar, multiple))
                )
                assert not small


def test_one_label_is_no_test(tmp_path: Path) -> None:
    """Chance is 0 there, and an error of 0 is not above a tenth of it."""
    Grammar((1, 1), [[[[0, 0]]]]).save(tmp_path / "one.json")  # type: ignore[arg-type]
    row = _theorem_7(tmp_path / "one.json", 3, 32.0)
    assert row.judgement.verdict is Verdict.VACUOUS
    assert "one label" in row.judgement.reason
