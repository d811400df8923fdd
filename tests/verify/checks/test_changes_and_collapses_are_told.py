"""Changes that stand alone are told from chunks; growth on the other side of 1 from its own."""

from typing import Any

from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Outcome, Trial
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.claims import Claim, Inequality, Nothing
from layerproof.verify.verdicts.verdict import Verdict

CHANGES: dict[str, Any] = {
    "V": 8, "m": 2, "s": 2, "L": 3, "noises": [0.45], "strings": 60, "delta": 0.1,
}  # fmt: skip
AUTOENCODER: dict[str, Any] = {
    "V": 4, "m": 1, "s": 2, "L": 1, "steps": 150, "strings": 500, "tested": 100,
}  # fmt: skip


def test_changes_that_are_dealt_anew_are_told() -> None:
    (row,) = evaluate(CHECKS["chunk-lengths"], CHANGES | {"shuffled": True}, trials=30)
    assert row.judgement.verdict is Verdict.VIOLATED


def test_a_growth_of_the_other_side_is_told() -> None:
    """A rule a symbol: every leaf names the label, and the latent is used. Near 1 nothing is."""
    check = CHECKS["trained-collapse"]
    parameters = check.parameters.model_validate(AUTOENCODER)
    found = check.trial(parameters, Trial(0, 0, "printed", "cpu"))

    def claim(growth: float) -> Claim:
        return check.claim(parameters, {}, [Outcome({**found.values, "growth": growth})], "printed")

    used, collapsed = claim(1.5), claim(0.5)
    assert isinstance(used, Inequality)
    assert isinstance(collapsed, Inequality)
    assert used.measured == -collapsed.measured > 0.0
    assert isinstance(claim(1.1), Nothing)


def test_strings_that_are_too_many_to_list_give_no_verdict() -> None:
    rows = evaluate(CHECKS["evidence-bound"], {"V": 8, "m": 4, "s": 2, "L": 4}, trials=1)
    assert {row.judgement.verdict for row in rows} == {Verdict.INCONCLUSIVE}
