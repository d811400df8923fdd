"""The wired U-Net, its gradient, and what M24 asks of transitions: judged, and able to fail."""

import math
from typing import Any

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.statements import catalogue, sources
from layerproof.theory.transitions import full_grammar, least_bound, total_correlation
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import Control
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

SIZES: dict[str, Any] = {"V": 4, "m": 2, "s": 2, "L": 2}


def _verdicts(name: str, **parameters: Any) -> set[Verdict]:
    rows = evaluate(CHECKS[name], SIZES | parameters, trials=1)
    return {row.judgement.verdict for row in rows}


@pytest.mark.parametrize(
    ("transitions", "factorised", "bounded", "theorem"),
    [
        ("rules", Verdict.VIOLATED, Verdict.VIOLATED, Verdict.NOT_APPLICABLE),
        ("factorised", Verdict.HOLDS, Verdict.HOLDS, Verdict.HOLDS),
        ("coupled", Verdict.VIOLATED, Verdict.HOLDS, Verdict.NOT_APPLICABLE),
    ],
)
def test_premises_of_m24_are_those_of_the_transitions(
    transitions: str, factorised: Verdict, bounded: Verdict, theorem: Verdict
) -> None:
    assert _verdicts("m24-factorised", transitions=transitions) == {factorised}
    assert _verdicts("m24-bounded", transitions=transitions) == {bounded}
    assert _verdicts("m24-u-net", transitions=transitions) == {theorem}


def no_down_message(network: Any) -> None:
    """What comes from above is heard at no level: a node knows of its patch alone."""
    for block, above in zip(network.down, network.sizes.vocabularies, strict=False):
        block.inner.data[:, -above:] = 0.0


def test_a_decoder_that_does_not_hear_the_parent_is_told() -> None:
    """Its leaves' beliefs are wrong, those of the label right; its gradient is not 0."""
    deaf = Control("no-down-message", "a deaf decoder", "the wiring", rewire=no_down_message)
    rows = evaluate(CHECKS["unet-is-belief-propagation"], SIZES, trials=1, control=deaf)
    found = {row.id.partition("/")[2]: row.judgement.verdict for row in rows}
    assert found["of=beliefs/level=2"] is Verdict.VIOLATED
    assert found["of=beliefs/level=0"] is Verdict.HOLDS
    assert found["of=likelihood"] is Verdict.HOLDS
    (row,) = evaluate(CHECKS["unet-is-stationary"], SIZES, trials=1, control=deaf)
    assert row.judgement.verdict is Verdict.VIOLATED


def test_every_statement_of_m24_is_known_at_second_hand() -> None:
    assert "known" in sources()["M24"].citation
    found = [one for one in catalogue() if one.id.startswith("M24.")]
    assert len(found) == 3
    assert all("second hand" in one.printed.reading for one in found)


def test_rules_whose_tokens_differ_at_every_place_share_log_m() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=3, levels=2, seed=0)
    found = total_correlation(grammar, 1)
    apart = [all(len(set(column)) == 4 for column in rules.T) for rules in grammar.rules[1]]
    assert any(apart)
    np.testing.assert_allclose(found[apart], 2 * math.log(4), rtol=1e-12)
    assert (found <= 2 * math.log(4) + 1e-12).all()
    assert least_bound(grammar, 1) == math.inf


def test_total_correlation_is_the_divergence_from_the_product() -> None:
    """A second time: KL of the law on all tuples from the product of its marginals."""
    grammar = full_grammar((2, 3, 3), 2, "coupled", seed=1)
    law = grammar.level_rules(1).probability.reshape(3, 3, 3)
    product = law.sum(2, keepdims=True) * law.sum(1, keepdims=True)
    expected = (law * np.log(law / product)).sum((1, 2))
    np.testing.assert_allclose(total_correlation(grammar, 1), expected, rtol=0, atol=1e-12)
    assert least_bound(grammar, 1) == pytest.approx(math.sqrt(law.max() / law.min()))


def test_tuples_that_are_too_many_to_list_are_refused() -> None:
    with pytest.raises(InputError, match="tuples of a level is 65536; allowed: at most 4096"):
        full_grammar((4, 256), 2, "factorised", seed=0)


def test_strings_and_noise_that_are_too_many_give_no_verdict() -> None:
    assert _verdicts("unet-is-stationary", V=8, m=4) == {Verdict.INCONCLUSIVE}
