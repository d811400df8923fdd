"""Theorem 7 for signals: it holds at its own constants, and what it needs can fail.

Error probabilities: verdicts at confidence 0.99 each, with fixed seeds.
"""

from math import log, sqrt
from typing import Any

import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.population import closest_non_synonyms, patch_law
from layerproof.theory.schedule import chain_of, lemma_11
from layerproof.theory.schedule_signals import theorem_7_signal
from layerproof.theory.signals import LABEL, signal_named
from layerproof.theory.statements.ren2026 import lemma_17
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Result, Verdict

HOLDS, VIOLATED, NOT = Verdict.HOLDS, Verdict.VIOLATED, Verdict.NOT_APPLICABLE

SMALL = {"V": 4, "m": 2, "s": 2, "L": 2}
CHAIN = {"V": 8, "m": 2, "s": 3, "L": 3}

GRAMMAR = draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=3, seed=1)


def _rows(check: str, control: str = "none", **parameters: Any) -> list[Result]:
    world = CONTROLS.get(control, NO_CONTROL)
    form = CHECKS[check].forms[-1]
    return evaluate(CHECKS[check], parameters, form=form, trials=3, control=world)


def _verdicts(check: str, control: str = "none", **parameters: Any) -> set[Verdict]:
    return {row.judgement.verdict for row in _rows(check, control, **parameters)}


@pytest.mark.parametrize("signal", ["label", "sibling", "own-latent", "token"])
def test_what_does_not_descend_from_the_parent_is_clean_and_blind(signal: str) -> None:
    assert _verdicts("signal-clean", **SMALL, signal=signal) == {HOLDS}
    assert _verdicts("signal-synonym-blind", **SMALL, signal=signal) == {HOLDS}


def test_a_token_of_the_patch_is_clean_and_tells_synonyms_apart() -> None:
    assert _verdicts("signal-clean", **SMALL, signal="same-patch") == {HOLDS}
    assert _verdicts("signal-synonym-blind", **SMALL, signal="same-patch") == {VIOLATED}


def test_what_leaks_into_the_leaves_is_not_clean() -> None:
    assert _verdicts("signal-clean", "label-leak", **SMALL) == {VIOLATED}


def test_parents_of_one_law_are_not_separated() -> None:
    sizes = {"V": 8, "m": 3, "s": 2, "L": 2, "signal": "label"}
    assert _verdicts("signal-separation", **sizes) == {HOLDS}
    assert VIOLATED in _verdicts("signal-separation", "identical-parents", **sizes)


def test_accuracy_and_samples_are_as_lemmas_11_and_17_need_them() -> None:
    signal = signal_named("own-latent")
    schedule = theorem_7_signal(GRAMMAR, signal, "repaired")
    chain = chain_of(GRAMMAR, signal)
    assert [stage.level for stage in schedule.stages] == [2, 3]
    upper, lower = schedule.stages
    values = {"patches": 64, "kappa": chain.kappa, "d_y": 16, "epsilon": upper.tolerance}
    rho = closest_non_synonyms(patch_law(GRAMMAR, 3, signal=signal)).rho
    logarithm = log(2 / lemma_17.OVERLAP(**values))  # Λ_l of Lemma 11's derivation
    assert lower.tolerance <= rho / (16 * 64 * sqrt(2 * logarithm) + 2)
    for stage in schedule.stages:
        own = {"patches": 64, "kappa": chain.kappa, "delta": 0.1 / 6, "epsilon": stage.tolerance}
        assert stage.samples >= lemma_17.SAMPLES_REPAIRED(**own)


def test_the_label_asks_for_more_where_it_is_deep_and_own_latents_do_not() -> None:
    samples = {
        name: [stage.samples for stage in theorem_7_signal(GRAMMAR, signal, "repaired").stages]
        for name, signal in (("label", LABEL), ("own-latent", signal_named("own-latent")))
    }
    assert samples["label"][-1] > 4 * samples["label"][0]
    assert len(lemma_11(chain_of(GRAMMAR), "repaired").stages) == 3
    assert max(samples["own-latent"]) < 4 * min(samples["own-latent"])


def test_a_signal_that_separates_nothing_has_no_schedule() -> None:
    full = draw("uniform-first-token", vocabulary=4, rules=4, branching=2, levels=2, seed=0)
    with pytest.raises(InputError, match="rho at level 2"):
        theorem_7_signal(full, signal_named("sibling"), "repaired")


def test_the_theorem_holds_at_its_own_constants() -> None:
    """Of the conclusion ten trials decide nothing; that none of them fails is what they can show.

    A hundredth of the accuracy, from as many samples, is missed every time.
    """
    sizes = {"V": 16, "m": 4, "s": 2, "L": 2}
    rows = evaluate(CHECKS["theorem-7-signal"], sizes, form="repaired", trials=10)
    verdicts = [row.judgement.verdict for row in rows]  # overlap, spread, error
    assert verdicts == [HOLDS, HOLDS, Verdict.INCONCLUSIVE]
    assert rows[2].judgement.measured == 0.0
    strict = CHECKS["theorem-7-signal"].perturbed("repaired", "tolerance", lambda e: e / 100)
    strict = strict.perturbed("repaired", "level samples", lambda e: e / 10**4)
    rows = evaluate(strict, sizes, form="repaired", trials=5)
    assert rows[2].judgement.verdict is VIOLATED


@pytest.mark.parametrize(
    ("changes", "premise"),
    [
        ({"signal": "same-patch"}, "derived.signal-synonym-blind"),
        ({"V": 4, "m": 4, "s": 2}, "derived.signal-separation"),
        ({"L": 1}, "derived.signal-separation"),
    ],
)
def test_what_breaks_a_premise_is_named(changes: dict[str, Any], premise: str) -> None:
    for row in _rows("theorem-7-signal", **(CHAIN | changes)):
        assert row.judgement.verdict is NOT
        assert premise in {one.id for one in row.premises if one.verdict is VIOLATED}
