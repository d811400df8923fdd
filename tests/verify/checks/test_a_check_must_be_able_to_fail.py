"""The helper for tests of checks refuses those that cannot fail, or that fail already."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from layerproof.theory.errors import InputError
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.controls import NO_CONTROL, Control, uncorrelated_rules
from layerproof.verify.checks.ren2026.assumption_6 import NonDegeneracy
from layerproof.verify.testing import Slip, demand_caught, demand_negative_control
from layerproof.verify.verdicts.claims import Claim, Frequency, Inequality
from layerproof.verify.verdicts.verdict import Verdict
from tests.own_packages import example, write

SMALL = {"V": 6, "m": 3, "s": 2, "L": 2}


class _Claims(NonDegeneracy):
    """Claims the same whatever it sees."""

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self._claim = claim

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Any:
        return self._claim


def test_a_check_that_notices_its_control_passes() -> None:
    rows = demand_negative_control(NonDegeneracy(), SMALL, "dead-symbol")
    assert Verdict.VIOLATED in [row.judgement.verdict for row in rows]


def test_a_control_may_bring_the_parameters_that_break() -> None:
    world = Control("uniform", "dead tokens", "", parameters={"V": 40, "m": 1, "ignored": 1})
    with pytest.raises(AssertionError, match="nothing turns"):
        demand_negative_control(NonDegeneracy(), SMALL, world)  # it holds by construction
    world = Control("random", "", "", parameters={"ensemble": "uniform", "V": 12, "m": 1})
    # 12 first tokens, each uniform over 12: all distinct with probability 12!/12^12 < 1e-4.
    demand_negative_control(NonDegeneracy(), SMALL, world)


def test_a_slip_that_a_check_measures_is_noticed() -> None:
    check = CHECKS["mean-square-separation"]
    parameters = {"V": 8, "m": 4, "s": 2, "L": 2, "margin": 0.1}
    rows = demand_caught(
        Slip(check, "separation", lambda e: 2 * e, parameters=parameters, trials=200)
    )
    assert all(row.judgement.verdict is Verdict.VIOLATED for row in rows)


@pytest.mark.parametrize(
    ("claim", "because"),
    [
        (Inequality(1.0, ">", 0.0, examined=1), "nothing turns under .*dead-symbol.* says holds"),
        (Inequality(1.0, ">", 0.0, examined=1, cannot_fail="V is small"), "vacuous .V is small"),
        (Inequality(0.0, ">", 0.0, examined=1), "does not hold as it stands: violated"),
        (Frequency(0, 3, delta=0.1), "inconclusive"),
    ],
)
def test_a_check_that_cannot_fail_is_refused(claim: Claim, because: str) -> None:
    with pytest.raises(AssertionError, match=because):
        demand_negative_control(_Claims(claim), SMALL, "dead-symbol")


def test_a_verdict_with_too_little_power_is_refused() -> None:
    # 60 trials without a failure: at 99 % the rate is below 0.1, but what would have been seen is
    # stated with probability 0.9, which is less than the 0.95 that is asked for.
    few = _Claims(Frequency(0, 60, delta=0.1))
    with pytest.raises(AssertionError, match=r"too little power.*0\.95 is asked for"):
        demand_negative_control(few, SMALL, "dead-symbol", power=0.95)


class _Crashing(NonDegeneracy):
    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        if trial.control != NO_CONTROL:
            raise ZeroDivisionError
        return super().trial(parameters, trial)


def test_a_crash_is_no_notice() -> None:
    with pytest.raises(AssertionError, match=r"does not run under .*ZeroDivisionError"):
        demand_negative_control(_Crashing(), SMALL, "dead-symbol")


def test_a_control_that_cannot_be_had_or_breaks_nothing_is_refused() -> None:
    square = Control("square", "", "", change=uncorrelated_rules)  # needs as many rules as V
    with pytest.raises(AssertionError, match="does not run under"):
        demand_negative_control(NonDegeneracy(), SMALL, square)
    with pytest.raises(AssertionError, match="breaks nothing"):
        demand_negative_control(NonDegeneracy(), SMALL, NO_CONTROL)
    with pytest.raises(InputError, match="dead-symbol"):
        demand_negative_control(NonDegeneracy(), SMALL, "no-such-control")


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The guide's checks, imported without being installed."""
    write(tmp_path, example())
    spec = importlib.util.spec_from_file_location("own", tmp_path / "my_statements/checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "own", module)
    spec.loader.exec_module(module)
    return module


def test_the_guides_count_is_that_of_the_grammars_own_derivations(checks: ModuleType) -> None:
    parameters = checks.Small()
    for index in range(5):
        grammar = Trial(0, index, "printed", "cpu").grammar(parameters)
        # Without ambiguity every string has one derivation.
        assert checks.count_strings(grammar) == grammar.derivations()
