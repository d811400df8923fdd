"""Sizes that are large but valid: an answer, the time it will take, or a refusal with the limit."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from layerproof.theory.costs import Extent, check, laws_seconds, learner_seconds, prediction_seconds
from layerproof.theory.ensembles import LARGEST_GRAMMAR, draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.inflation import LARGEST_COUNT, _empirical, block_inflation, noise_inflation
from layerproof.theory.memory import require
from layerproof.theory.predict import _learner, predict_instance
from layerproof.theory.schedule import Chain, multiple_samples, practical
from layerproof.theory.thresholds import FORMULAS, InstanceThreshold, stage_sizes
from layerproof.verify.checks import CHECKS
from layerproof.verify.cli import app
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

EXAMPLES = [(16, 16, 2, 8), (2, 2, 2, 34), (4, 2, 16, 3), (64, 64, 2, 3)]
"""V, m, s, L of grammars that `predict --grammar` overflowed or was silent at for minutes."""


def _draw(V: int, m: int, s: int, L: int, ensemble: str = "uniform-first-token") -> Grammar:
    return draw(ensemble, vocabulary=V, rules=m, branching=s, levels=L, seed=0)


def layerproof(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _written(folder: Path, V: int, m: int, s: int, L: int) -> Path:
    path = folder / "grammar.json"
    _draw(V, m, s, L).save(path)
    return path


RULES = [[[0, 1], [1, 0]], [[0, 0], [1, 1]]]
DEEP = json.dumps(
    {"schema": "layerproof/grammar/1", "vocabularies": [2] * 2001, "rules": [RULES] * 2000}
)
"""A grammar of 2000 levels."""


# Answers.


def test_noise_at_samples_beyond_64_bits_is_computed() -> None:
    grammar = _draw(*EXAMPLES[0])
    samples = [1e9 * size for size in stage_sizes(grammar)]
    assert samples[-1] > LARGEST_COUNT
    found = InstanceThreshold(grammar, FORMULAS).inflation(samples)
    assert sorted(found) == list(range(2, 9))
    assert all(1.0 <= noise < 16.0**2 for noise in found.values())


@pytest.mark.parametrize("mean", [40.0, 1e18])
def test_counts_beyond_64_bits_have_the_law_of_smaller_ones(mean: float) -> None:
    """Twenty thousand empirical laws: their variance is q (1 − q)/(N p), here times N p.

    The relative error of such a variance is sqrt(2/20000) = 0.01; at a mean of 40 the mean of 1/k
    exceeds 1/40 by 1/40, and higher orders.
    """
    q, samples = np.full((20_000, 2), (0.3, 0.7)), 16 * LARGEST_COUNT
    p = np.full(20_000, mean / samples)
    drawn = _empirical(q, p, samples, np.random.default_rng(0))
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0, rtol=1e-12)
    variance = float(((drawn[:, 0] - 0.3) ** 2).mean()) * mean / (0.3 * 0.7)
    assert variance == pytest.approx(1.0 + 1.0 / mean, abs=0.04)


def test_thirty_four_levels_are_predicted(tmp_path: Path) -> None:
    done = layerproof("predict", "--grammar", _written(tmp_path, *EXAMPLES[1]), "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert len(document["levels"]) == 34
    assert document["learner"]["multiple"] == "inf"  # two tokens that share q, at m = 2
    assert document["learner"]["attainable"] == 0.5


def test_no_number_of_samples_helps_where_the_attainable_accuracy_is_too_low() -> None:
    """Found without computing the noise at any size."""
    grammar = _draw(*EXAMPLES[1])
    found = InstanceThreshold(grammar, FORMULAS)
    assert found.multiple(0.05) == math.inf
    assert not found._inflation


def test_sixty_four_tokens_a_patch_are_no_array_of_as_many_axes() -> None:
    ones = (np.ones((1, 1)), np.ones((1, 1, 1)))
    assert block_inflation([ones] * 64, 0.1, 0.1) == pytest.approx(1.0)


def test_joined_axes_are_the_same_product() -> None:
    """Sixteen axes of two, joined to four, against the closed form of equal similarities."""
    w, k, p, ridge = 0.4, 2**16, 0.02, 0.02
    modes = np.linalg.eigh(np.array([[[1.0, w], [w, 1.0]]]))
    (found,) = block_inflation([(modes.eigenvalues, modes.eigenvectors)] * 16, p, ridge)
    values = [(1 + w) ** (16 - j) * (1 - w) ** j for j in range(17)]
    gains = [value / (value + ridge * k / p) for value in values]
    expected = sum(math.comb(16, j) * (gain / gains[0]) ** 2 for j, gain in enumerate(gains))
    assert found == pytest.approx(expected, rel=1e-9)  # sums of 2^16 terms


def test_of_many_patches_some_at_random_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    grammar = _draw(16, 8, 2, 3)
    schedule = practical(grammar, multiple=8.0)
    whole = noise_inflation(grammar, schedule, seed=0)[2]
    monkeypatch.setattr("layerproof.theory.inflation.MOST", 64)
    some = noise_inflation(grammar, schedule, seed=0)[2]
    assert some != whole
    assert some == pytest.approx(whole, rel=0.03)  # half of 128 patches of one set of tokens


def test_powers_that_no_double_holds_are_infinite_sizes_and_refused_multiples() -> None:
    deep = _draw(2, 512, 10, 115, "uniform")
    sizes = stage_sizes(deep)
    assert sizes[:2] == [2 * 512.0, 2 * 512.0**2]
    assert sizes[112] == 2 * 512.0**113  # 2^1018
    assert sizes[113:] == [math.inf, math.inf]
    with pytest.raises(InputError, match=r"multiple is 4\.0; allowed: so small that X n m"):
        multiple_samples(deep, 4.0)


# Estimates.


def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The announcement alone: what follows answers for a small grammar."""
    small = predict_instance(_draw(2, 1, 2, 1))
    small["theorem"]["reasons"] = []
    monkeypatch.setattr("layerproof.verify.commands.predict.predictions_of", lambda *given: small)


@pytest.mark.parametrize("sizes", [EXAMPLES[0], EXAMPLES[2], EXAMPLES[3]], ids=str)
def test_predictions_that_take_long_say_so_first(
    sizes: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _silent(monkeypatch)
    done = layerproof("predict", "--grammar", _written(tmp_path, *sizes), "--json")
    assert done.exit_code == 0
    assert "layerproof: predict may take about " in done.stderr
    json.loads(done.stdout)


def test_quick_predictions_say_nothing(tmp_path: Path) -> None:
    done = layerproof("predict", "--grammar", _written(tmp_path, 4, 2, 2, 2), "--json")
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "options",
    [
        ("--draws", "100000"),
        ("--draws", "100000", "--sweep", "m=2:3"),
    ],
    ids=str,
)
def test_many_draws_say_first_how_long_they_take(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def enough(*_: Any, **__: Any) -> None:
        raise InputError("test", "begun", "not in this test")

    monkeypatch.setattr("layerproof.verify.commands.assumptions.fractions", enough)
    monkeypatch.setattr("layerproof.verify.measure.phases.diagram", enough)
    sizes = ["-V", 4, "-s", 2, "-L", 2, *([] if "--sweep" in options else ["-m", 2])]
    done = layerproof("assumptions", *sizes, *options)
    assert "layerproof: assumptions may take about " in done.stderr
    assert "test is 'begun'" in done.stderr


def test_rational_arithmetic_of_deep_levels_is_part_of_the_estimate() -> None:
    shallow, deep = (laws_seconds(Extent.of_ensemble(16, 16, 2, levels)) for levels in (20, 128))
    assert shallow < 1
    assert deep > 30
    with pytest.raises(InputError, match=r"the number of rules is .*about .* h"):
        check(Extent.of_ensemble(64, 64, 2, 128))


def test_estimates_grow_with_every_size() -> None:
    base = {"vocabulary": 8, "rules": 4, "branching": 3, "levels": 3}

    def seconds(sizes: dict[str, int]) -> tuple[float, float]:
        extent = Extent.of_ensemble(**sizes)
        return learner_seconds(extent), prediction_seconds(extent, learner=False)

    here = seconds(base)
    for name, value in base.items():
        more = seconds(base | {name: 4 * value})
        assert more[0] > here[0]
        assert more[1] > here[1] or name == "branching"  # laws have no more entries


# Refusals.


def _refused(done: Result, *words: str) -> None:
    assert done.exit_code == 4, done.output
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert "allowed: " in last
    for word in words:
        assert word in last


@pytest.mark.parametrize(
    "command",
    [
        ("predict",),
        ("predict", "--json"),
        ("predict", "--latex"),
        ("assumptions",),
        ("train", "--multiple", "4"),
        ("train", "--samples-per-level", "100"),
        ("verify", "quick"),
    ],
    ids=" ".join,
)
def test_two_thousand_levels_are_refused_with_the_limit(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "grammar.json"
    path.write_text(DEEP)
    name, *options = command
    _refused(layerproof(name, "--grammar", path, *options), "levels is 2000", "at most 128")


@pytest.mark.parametrize("options", [(), ("--draws", "3"), ("--sweep", "m=2", "--draws", "2")])
def test_two_thousand_levels_of_an_ensemble_are_refused_with_the_limit(
    options: tuple[str, ...],
) -> None:
    sizes = ["-V", 4, "-s", 2, "-L", 2000, *([] if "--sweep" in options else ["-m", 2])]
    _refused(layerproof("assumptions", *sizes, *options), "is 2000", "at most 128")


@pytest.mark.parametrize("command", ["draw", "train", "assumptions"])
@pytest.mark.parametrize(
    "sizes",
    [(1024, 2**62, 64, 2), (1024, 10**6, 3, 8), (2**31 - 1, 2, 2, 1), (2, 2, 2**62, 1)],
    ids=str,
)
def test_more_rules_than_are_drawn_are_refused_with_the_limit(
    command: str, sizes: tuple[int, ...]
) -> None:
    V, m, s, L = sizes
    done = layerproof(command, "-V", V, "-m", m, "-s", s, "-L", L)
    _refused(done, "vocabulary*levels*rules*branching", str(LARGEST_GRAMMAR))


def test_laws_that_do_not_fit_into_memory_are_refused_with_both_sizes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("layerproof.theory.costs.machine_memory", lambda: 2**20)
    fine = Extent.of_ensemble(8, 4, 2, 3)
    check(fine)
    with pytest.raises(InputError, match=r"the number of rules is .* GiB, more than half"):
        check(Extent.of_ensemble(64, 32, 2, 3))
    with pytest.raises(InputError, match="fit into memory"):
        _draw(64, 32, 2, 3).patches(1)


def test_laws_that_take_too_long_are_refused_with_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("layerproof.theory.costs.MOST_SECONDS", 1e-3)
    with pytest.raises(InputError, match="the number of rules is 96; allowed: so few that"):
        _draw(8, 4, 2, 3).patches(1)


def test_draws_without_end_are_refused_with_the_number_that_takes_a_week() -> None:
    done = layerproof("assumptions", "-V", 8, "-m", 4, "-s", 2, "-L", 3, "--draws", 10**15)
    _refused(done, "--draws is 1000000000000000", "take 7 days")


def test_a_learner_that_takes_too_long_is_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerproof.theory.predict.MOST_LEARNER_SECONDS", 1.0)
    path = _written(tmp_path, *EXAMPLES[2])
    document = json.loads(layerproof("predict", "--grammar", path, "--json").stdout)
    assert document["learner"]["multiple"] is None
    assert "m^s = 6.55e+04 variants" in document["learner"]["reason"]
    assert [level["learner_samples"]["alone"] for level in document["levels"]] == [None] * 3
    assert document["levels"][2]["crossover_samples"] > 0
    assert "Learner samples: not computed" in layerproof("predict", "--grammar", path).stdout


def test_posteriors_that_doubles_do_not_tell_apart_are_no_merged_tokens() -> None:
    """Level by level they come closer by a factor √3: at level 60 doubles hold no difference."""
    grammar = _draw(4, 3, 2, 60)
    learner, _ = _learner(grammar, _chain_without_twins(grammar))
    assert learner["multiple"] is None
    assert "the rounding of doubles" in learner["reason"]


def _chain_without_twins(grammar: Grammar) -> Chain:
    """Separations as they are in the mean; the exact ones would take long."""
    apart = tuple(3.0 ** (-level / 2) for level in range(grammar.levels))
    return Chain(tuple([12] * grammar.levels), apart, 1.0, grammar.classes, grammar.branching)


def test_patches_of_too_many_variants_have_no_noise_and_a_reason() -> None:
    grammar = _draw(4, 4, 16, 2)
    assert learner_seconds(Extent.of(grammar)) < 600  # two levels: no noise between them
    with pytest.raises(InputError, match=r"variants of a patch is 4294967296.0; allowed: so few"):
        noise_inflation(grammar, practical(grammar, multiple=2.0), seed=0)


def test_a_curve_that_needs_such_a_noise_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained for a prediction that cannot be made, and the other checks go on."""

    def trained(*given: object, **more: object) -> None:
        raise AssertionError("a learner was trained")

    monkeypatch.setattr("layerproof.layerwise.training.train", trained)
    sizes = {"V": 4, "m": 4, "s": 16, "L": 3, "multiples": [2.0]}
    for form in ("printed", "repaired"):
        for row in evaluate(CHECKS["sensitivity-in-training"], sizes, form=form, trials=1):
            assert row.judgement.verdict is Verdict.NOT_APPLICABLE
            assert "variants of a patch is 4294967296.0; allowed: so few" in row.judgement.reason


def test_the_needed_memory_is_named_whatever_its_size() -> None:
    with pytest.raises(InputError, match=r"it needs 9e\+390 GiB"):
        require(10**400, 2**30, "features", 1, "fewer")


@pytest.mark.parametrize("view", [(), ("--json",), ("--latex",)], ids=str)
@pytest.mark.parametrize(
    "sizes", [(1024, 2**62, 64, 2), (2, 10**4, 64, 30), (1, 1, 64, 20), (16, 16, 64, 9)], ids=str
)
def test_numbers_of_any_size_are_predicted_and_fit_a_line(
    sizes: tuple[int, ...], view: tuple[str, ...]
) -> None:
    V, m, s, L = sizes
    done = layerproof("predict", "-V", V, "-m", m, "-s", s, "-L", L, *view)
    assert done.exit_code == 0, done.output
    if view == ("--latex",):
        assert not re.search(r"\d{12}", done.stdout)
    if not view:
        assert max(len(line) for line in done.stdout.splitlines()) <= 80
