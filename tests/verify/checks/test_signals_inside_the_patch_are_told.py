"""A signal that looks inside the patch tells synonyms apart; one outside does not."""

import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

SIZES = {"V": 8, "m": 4, "s": 2, "L": 2}


@pytest.mark.parametrize(
    ("signal", "verdict"),
    [
        ("own-latent", Verdict.HOLDS),
        ("rotation", Verdict.HOLDS),
        ("noise:iid", Verdict.HOLDS),
        ("counterfactual", Verdict.HOLDS),
        ("same-patch", Verdict.VIOLATED),
        ("permutation", Verdict.VIOLATED),
    ],
)
def test_synonyms_are_told_apart_from_inside_alone(signal: str, verdict: Verdict) -> None:
    rows = evaluate(CHECKS["synonym-laws"], {**SIZES, "signal": signal}, trials=2)
    assert {row.judgement.verdict for row in rows} == {verdict}
