"""The check of the matrix at all levels and layers: it holds, and it turns."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sympy as sp

from layerproof.theory.ensembles import draw
from layerproof.theory.symbols import count_correction, probability, square_norm
from layerproof.verify.checks import CHECKS, Check
from layerproof.verify.checks.base import Outcome, Trial
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.report.invariance_page import ACROSS, DOWN
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Verdict

CHECK = CHECKS["invariance-matrix"]
SIZES = {"V": 16, "m": 4, "s": 2, "L": 2, "strings": 300, "margin": 0.15}
TRIALS = {1.0: 15, 4.0: 30}
OWN = {"level": 2, "stage": 2}


@pytest.fixture(scope="module", params=TRIALS)
def measured(request: pytest.FixtureRequest) -> tuple[float, Sequence[Outcome]]:
    """Trials at one N/N_×, measured once for all tests."""
    parameters = CHECK.parameters(ratio=request.param, **SIZES)
    trials = [Trial(0, index, "printed", "cpu") for index in range(TRIALS[request.param])]
    return request.param, [CHECK.trial(parameters, trial) for trial in trials]


def _verdict(check: Check, row: dict[str, int], measured: tuple[float, Sequence[Outcome]]) -> str:
    parameters = check.parameters(ratio=measured[0], **SIZES)
    return judge(check.claim(parameters, row, measured[1], "printed"), 0.99).verdict


def test_every_entry_is_as_predicted(measured: tuple[float, Sequence[Outcome]]) -> None:
    rows = CHECK.rows(CHECK.parameters(**SIZES))
    assert [(row["level"], row["stage"]) for row in rows] == [(1, 1), (2, 1), (1, 2), (2, 2)]
    for row in rows:
        assert _verdict(CHECK, row, measured) == Verdict.HOLDS


SLIPS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "factor 2": lambda e: 2 * e,
    "missing |P_l|": lambda e: e * probability,
    "exponent of |P_l|": lambda e: e / probability,
    "missing 1 - |q|²": lambda e: e.subs(square_norm, 0),
}


@pytest.mark.parametrize("label", SLIPS)
def test_slips_in_the_noise_are_caught(
    label: str, measured: tuple[float, Sequence[Outcome]]
) -> None:
    wrong = CHECK.perturbed("printed", "noise", SLIPS[label])
    assert _verdict(wrong, OWN, measured) != Verdict.HOLDS


def test_a_missing_count_correction_is_caught_where_it_matters() -> None:
    # At N = N_× a patch has about three samples, and e(N) is 1.3.
    parameters = CHECK.parameters(ratio=1.0, **SIZES)
    outcomes = [CHECK.trial(parameters, Trial(1, i, "printed", "cpu")) for i in range(15)]
    wrong = CHECK.perturbed("printed", "noise", lambda e: e.subs(count_correction, 1))
    assert _verdict(CHECK, OWN, (1.0, outcomes)) == Verdict.HOLDS
    assert _verdict(wrong, OWN, (1.0, outcomes)) != Verdict.HOLDS


def test_the_whole_matrix_is_shown_beside_its_first_row(
    measured: tuple[float, Sequence[Outcome]],
) -> None:
    parameters = CHECK.parameters(ratio=measured[0], **SIZES)
    first, *others = CHECK.rows(parameters)
    (picture,) = CHECK.pictures(parameters, first, measured[1], "printed")
    assert not any(CHECK.pictures(parameters, row, measured[1], "printed") for row in others)
    shown = picture.to_dict()
    assert (shown["rows"], shown["columns"]) == (["stage 2", "stage 1"], ["1", "2"])
    assert (shown["row_label"], shown["column_label"]) == (DOWN, ACROSS)
    for row in (first, *others):
        claim = CHECK.claim(parameters, row, measured[1], "printed")
        place = 2 - row["stage"], row["level"] - 1
        for name, value in (
            ("values", claim.interval.estimate),
            ("low", claim.interval.low),
            ("high", claim.interval.high),
            ("predicted", claim.predicted),
        ):
            # Means over trials in another order: float64 rounding.
            assert shown[name][place[0]][place[1]] == pytest.approx(value, rel=1e-12, abs=1e-15)


def test_a_grammar_file_takes_the_place_of_a_draw(tmp_path: Path) -> None:
    path = tmp_path / "grammar.json"
    draw("uniform-first-token", vocabulary=8, rules=2, branching=2, levels=2, seed=1).save(path)
    rows = evaluate(CHECK, {"grammar": path, "strings": 300}, trials=5)
    assert len(rows) == 4
    assert "pictures" in rows[0].judgement.evidence
    assert all(row.judgement.measured is not None for row in rows)


@pytest.mark.parametrize("name", ["too-few-samples", "ambiguous-rules"])
def test_its_negative_controls_turn_it(name: str) -> None:
    control = CONTROLS[name]
    assert name in CHECK.turned_by
    rows = evaluate(CHECK, SIZES | {"ratio": 4.0}, trials=8, control=control)
    own = [row for row in rows if row.parameters["level"] == row.parameters["stage"] == 2]
    assert own[0].judgement.verdict in (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)
