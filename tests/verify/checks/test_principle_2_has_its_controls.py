"""Informal Principle 2: each condition has a control under which it alone fails.

Error probabilities: the permutation test of one trial errs with probability 1/100, and the verdicts
are at confidence 0.99 each, with fixed seeds.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL, Control
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

HOLDS, VIOLATED, NOT = Verdict.HOLDS, Verdict.VIOLATED, Verdict.NOT_APPLICABLE

SMALL = {"V": 8, "m": 4, "s": 2, "L": 3}
BUDGET: Mapping[str, tuple[dict[str, Any], int]] = {
    "principle-2-i": (SMALL | {"strings": 400}, 25),
    "principle-2-ii": (SMALL | {"strings": 600, "margin": 0.03}, 15),
    "principle-2-iii": ({"V": 16, "m": 8, "s": 2, "L": 2}, 5),
}


def _control(**changes: Any) -> Control:
    return Control("broken", "", "", **changes)


def _worst(check: str, form: str, control: Control, sizes: Mapping[str, Any] = {}) -> Verdict:
    parameters, trials = BUDGET[check]
    rows = evaluate(
        CHECKS[check], {**parameters, **sizes}, form=form, trials=trials, control=control
    )
    return min((row.judgement.verdict for row in rows), key=lambda verdict: verdict.severity)


CASES = {
    "nothing": (NO_CONTROL, (HOLDS, HOLDS, HOLDS)),
    "label noise": (_control(label_noise=0.99), (VIOLATED, HOLDS, HOLDS)),
    "a leak of the label": (_control(leak=0.1), (HOLDS, VIOLATED, HOLDS)),
    "identical parents": (CONTROLS["identical-parents"], (HOLDS, HOLDS, VIOLATED)),
}


@pytest.mark.parametrize("name", CASES)
def test_one_condition_fails_alone(name: str) -> None:
    control, expected = CASES[name]
    found = (
        _worst("principle-2-i", "printed", control),
        _worst("principle-2-ii", "printed", control),
        _worst("principle-2-iii", "repaired", control),
    )
    assert found == expected


def test_uncorrelated_rules_leave_nothing_to_identify() -> None:
    """0/0 in the repaired form; the printed one fails together with (i), which it implies."""
    latin, square = CONTROLS["uncorrelated-rules"], {"V": 4, "m": 4}
    assert _worst("principle-2-i", "printed", latin, square) is VIOLATED
    assert _worst("principle-2-ii", "printed", latin, square) is HOLDS
    assert _worst("principle-2-iii", "repaired", latin, square) is NOT
    assert _worst("principle-2-iii", "printed", latin, square) is VIOLATED


def test_labels_that_are_all_noise_leave_nothing_to_identify() -> None:
    assert _worst("principle-2-iii", "repaired", _control(label_noise=1.0)) is NOT


@pytest.mark.parametrize("level", [1, 3])
def test_a_clean_signal_cannot_fail_where_nothing_varies(level: int) -> None:
    (row,) = evaluate(
        CHECKS["principle-2-ii"], SMALL | {"level": level, "m": 2, "strings": 300}, trials=2
    )
    assert row.judgement.verdict is Verdict.VACUOUS
    assert "L ≥ 3" in row.judgement.reason


def test_the_law_and_the_trained_layer_agree_on_how_far_tokens_are_apart() -> None:
    """N^(L) = 1024 n m^L: noise is about 1/√1000 of the separation, 3 % of ρ_rel ≈ 0.5."""
    parameters, trials = BUDGET["principle-2-iii"]
    rows = evaluate(CHECKS["principle-2-iii"], parameters, form="repaired", trials=trials)
    (found,) = (row.judgement for row in rows if row.id.endswith("separation"))
    assert found.evidence["trained"] == pytest.approx(found.measured, rel=0.1)
