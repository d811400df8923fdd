"""What depth buys is found where it is, and not where depth is not needed or nothing is learned."""

import math

import pytest

from layerproof.layerwise.baselines import BASELINES
from layerproof.theory.ensembles import draw
from layerproof.theory.randomness import generator
from layerproof.theory.symbols import L, m
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Outcome, Trial
from layerproof.verify.checks.controls import Control
from layerproof.verify.checks.depth_runs import GrammarFits, Run, threshold_of
from layerproof.verify.checks.ren2026.depth_separation import DepthParameters, DepthSeparation
from layerproof.verify.run.runner import evaluate
from layerproof.verify.run.suite import load_suite
from layerproof.verify.verdicts.claims import Inequality
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Verdict

SMALL = {
    "V": 6,
    "m": 3,
    "deep": ["convolutional"],
    "shallow": ["kernel ridge, NTK"],
    "compared": ["kernel ridge, NTK"],
    "factor": 2.0,
    "reach": 12.0,
    "strings": 300,
}
"""At m = 3, L = 3 there are 81 times more strings than n m^L = 162; the ratio is asked to be 2."""

SCALE = "depth-separation/deep=convolutional/part=n m^L"


def verdicts(parameters, **options) -> dict[str, Verdict]:
    rows = evaluate(CHECKS["depth-separation"], parameters, **options)
    return {row.id: row.judgement.verdict for row in rows}


def test_a_shallow_learner_needs_more_and_the_ratio_grows() -> None:
    found = verdicts(SMALL | {"levels": [2, 3]}, trials=1)
    assert len(found) == 3
    # At L = 2 all 162 strings are 3 n m^L: too few for the scale of deep learning to show.
    assert found.pop(SCALE) is Verdict.NOT_APPLICABLE
    assert set(found.values()) == {Verdict.HOLDS}


def test_where_one_level_is_all_there_is_depth_buys_nothing() -> None:
    """At L = 1 P_max is n m^L: every string is a patch of its own, and no ratio is claimed."""
    found = evaluate(CHECKS["depth-separation"], SMALL | {"levels": [1], "strings": 100}, trials=1)
    assert {row.judgement.verdict for row in found} == {Verdict.NOT_APPLICABLE}
    assert all("at L = 1 all strings are 0.5 times" in row.judgement.reason for row in found)


def test_a_scale_that_all_strings_are_too_few_to_show_is_not_judged() -> None:
    """At m = 3, L = 2 all strings are 1.5 times the first sample: N* is at P_max whatever it is."""
    small = DepthParameters(m=3, deep=("convolutional",), levels=(2, 3))
    row, thresholds = {"deep": "convolutional", "part": "n m^L"}, [both(math.inf, 3000.0)]
    judgement = judge(DepthSeparation().claim(small, row, thresholds, "printed"), 0.99)
    assert judgement.verdict is Verdict.NOT_APPLICABLE
    assert "at L = 2 all strings are 1.5 times" in judgement.reason


def test_labels_that_mean_nothing_separate_nothing() -> None:
    noise = Control("no-labels", "uniform labels", "R26.principle-2-i", label_noise=1.0)
    # At L = 2 all strings are 1.5 times the sample that the deep learner is first tried with.
    # A learner that fails there may need all of them: no ratio above 1.5 is possible.
    everything = SMALL | {"levels": [2], "reach": 100.0, "strings": 100, "factor": 1.5}
    assert set(verdicts(everything, trials=1, control=noise).values()) == {Verdict.VIOLATED}
    # Tried up to a part of all strings only, it is unknown which of the two fails for longer.
    part = SMALL | {"levels": [2, 3], "reach": 4.0}
    found = verdicts(part, trials=1, control=noise)
    assert found.pop(SCALE) is Verdict.NOT_APPLICABLE
    assert set(found.values()) == {Verdict.INCONCLUSIVE}


def outcome(shallow: dict, deep: dict, L: int = 3) -> Outcome:
    return Outcome({str(L): {"two-layer": shallow, "convolutional": deep}})


def found(threshold: float, sizes: list[int]) -> dict:
    size = len(sizes)
    return {"threshold": threshold, "level": 0.0875, "sizes": sizes} | {
        "errors": [0.5] * size,
        "converged": [True] * size,
    }


ROW = {"shallow": "two-layer", "deep": "convolutional", "L": 3}


@pytest.mark.parametrize(
    ("shallow", "deep", "between", "verdict"),
    [
        (found(3000.0, [2000, 4000]), found(200.0, [100, 300]), (15, 15), "holds"),
        (found(1500.0, [2000, 4000]), found(200.0, [100, 300]), (7.5, 7.5), "violated"),
        # Not found up to 4000: between that and all P_max = 8 · 5^7 strings.
        (found(math.inf, [4000]), found(200.0, [100, 300]), (20, 3125), "holds"),
        (found(math.inf, [1000]), found(200.0, [100, 300]), (5, 3125), "inconclusive"),
        # Enough at the least size tried: between one string and that.
        (found(3000.0, [2000, 4000]), found(0.0, [100, 200]), (30, 3000), "holds"),
        # The deep learner fails up to 300: it may need all strings.
        (found(3000.0, [2000]), found(math.inf, [300]), (3000 / 625000, 10), "violated"),
        (found(0.0, [500]), found(200.0, [100, 300]), (1 / 200, 2.5), "violated"),
    ],
)
def test_a_search_that_did_not_end_leaves_bounds(shallow, deep, between, verdict: str) -> None:
    claim = DepthSeparation().claim(DepthParameters(), ROW, [outcome(shallow, deep)], "printed")
    assert isinstance(claim, Inequality)
    assert claim.between == pytest.approx(between, rel=1e-12)
    assert claim.measured == claim.between[0]
    assert claim.bound == 10.0
    assert judge(claim, 0.99).verdict == Verdict(verdict)


def test_a_bound_from_a_training_that_was_cut_short_is_told() -> None:
    deep, shallow = found(200.0, [100, 300]), found(math.inf, [4000])
    for converged, told in ((True, False), (False, True)):
        entry = shallow | {"converged": [converged]}
        claim = DepthSeparation().claim(DepthParameters(), ROW, [outcome(entry, deep)], "printed")
        assert ("cut short" in claim.worst["N* two-layer"]) is told


def test_every_deep_learner_that_is_compared_has_a_ratio() -> None:
    parameters = DepthParameters(against=("layerwise", "convolutional"))
    ratios = [row for row in DepthSeparation().rows(parameters) if "part" not in row]
    assert [row["deep"] for row in ratios] == ["layerwise", "convolutional"]


@pytest.mark.parametrize(
    "wrong", [{"against": ["layerwise"]}, {"compared": ["kernel ridge, RBF"]}], ids=str
)
def test_only_learners_that_are_run_are_compared(wrong) -> None:
    known = {"deep": ["convolutional"], "shallow": ["two-layer"]}
    assert DepthParameters.model_validate(known).compared == ("two-layer",)
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: .* is none of"):
        DepthParameters.model_validate(known | wrong)


def test_a_learner_that_succeeds_at_once_is_shown_below_the_size_it_had() -> None:
    trials = [Outcome({L: {"two-layer": found(0.0, [50])} for L in ("2", "3")})]
    parameters = DepthParameters(deep=("convolutional",), shallow=("two-layer",))
    first = DepthSeparation().rows(parameters)[0]
    chart, *_ = DepthSeparation().pictures(parameters, first, trials, "printed")
    shown = chart.series[0]
    assert [*shown.y] == pytest.approx([50, 50], rel=1e-12)
    assert ([*shown.low], [*shown.high]) == ([1, 1], [50, 50])


def test_the_worst_grammar_decides() -> None:
    good = outcome(found(9000.0, [8000, 10000]), found(200.0, [100, 300]))
    bad = outcome(found(900.0, [800, 1000]), found(200.0, [100, 300]))
    claim = DepthSeparation().claim(DepthParameters(), ROW, [good, bad], "printed")
    assert claim.measured == pytest.approx(4.5, rel=1e-12)


def test_the_chart_of_thresholds_shows_bounds_as_bounds() -> None:
    def grammar(two: float, three: float) -> Outcome:
        searches = {"2": found(two, [300]), "3": found(three, [4000])}
        return Outcome({L: {"two-layer": entry} for L, entry in searches.items()})

    trials = [grammar(100.0, math.inf), grammar(400.0, 1000.0)]
    parameters = DepthParameters(deep=("convolutional",), shallow=("two-layer",))
    first = DepthSeparation().rows(parameters)[0]
    chart, *_ = DepthSeparation().pictures(parameters, first, trials, "printed")
    two_layer, unit = chart.series
    assert [*two_layer.x] == [*unit.x] == [200, 1000]  # n m^L at V = 8, m = 5
    assert [*two_layer.y] == pytest.approx([200, 2000], rel=1e-12)
    assert ([*two_layer.low], [*two_layer.high]) == ([100, 1000], [400, math.inf])


def both(two: float, three: float) -> Outcome:
    searches = {"2": found(two, [500]), "3": found(three, [3000])}
    return Outcome({L: {"convolutional": entry} for L, entry in searches.items()})


@pytest.mark.parametrize(
    ("thresholds", "between"),
    # n m^L is 200 at L = 2 and 1000 at L = 3, P_max 1000 and 625000 (V = 8, m = 5).
    [
        ((400.0, 2000.0), (1, 1)),
        ((400.0, 3000.0), (1.5, 1.5)),
        ((400.0, 1000.0), (2, 2)),
        # Tried up to 3000 strings: 3 n m^L at least, all 625 at most.
        ((400.0, math.inf), (1.5, 312.5)),
        # At L = 2 more than 500, all 1000 at most; or fewer than 500, one at least.
        ((math.inf, 10000.0), (2, 4)),
        ((0.0, 2000.0), (1, 2 * 200)),
    ],
)
def test_a_deep_threshold_is_compared_with_its_scale(thresholds, between) -> None:
    row = {"deep": "convolutional", "part": "n m^L"}
    claim = DepthSeparation().claim(DepthParameters(), row, [both(*thresholds)], "printed")
    assert claim.between == pytest.approx(between, rel=1e-12)
    assert claim.measured == claim.between[1]


def test_a_wrong_scale_of_deep_learning_turns_the_check() -> None:
    row, thresholds = {"deep": "convolutional", "part": "n m^L"}, [both(450.0, 2200.0)]
    for change in (lambda f: f * m**-L, lambda f: f * m**L):
        wrong = DepthSeparation().perturbed("printed", "deep", change)
        claim = wrong.claim(DepthParameters(), row, thresholds, "printed")
        assert judge(claim, 0.99).verdict is Verdict.VIOLATED


class Known:
    """A learner whose error is known: 1 below `enough` strings, 0 from there on."""

    def __init__(self, enough: int) -> None:
        self.enough, self.asked = enough, []


def known_search(monkeypatch, enough: int) -> tuple[GrammarFits, Known]:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, seed=0)
    search = GrammarFits.of(grammar, Trial(0, 0, "printed", "cpu"), 400, 100)
    state = Known(enough)

    def run(self: GrammarFits, learner, samples: int) -> Run:
        state.asked.append(samples)
        self.runs[learner.name, samples] = Run(float(samples < state.enough), 0.0)
        return self.runs[learner.name, samples]

    monkeypatch.setattr(GrammarFits, "run", run)
    return search, state


@pytest.mark.parametrize("start", [50.0, 120.0, math.inf])
def test_a_threshold_is_bracketed_and_never_looked_for_above_the_largest_size(
    monkeypatch, start: float
) -> None:
    search, state = known_search(monkeypatch, 130)
    result = threshold_of(search, BASELINES["layerwise"], start=start, most=400, step=2**0.5)
    # The grid's ratio: one size on either side of the step from 1 to 0.
    assert 130 / 2**0.5 - 1 <= result["threshold"] <= 130 * 2**0.5 + 1
    assert max(state.asked) <= 400


def test_a_learner_that_fails_at_its_largest_size_is_tried_there_only(monkeypatch) -> None:
    search, state = known_search(monkeypatch, 401)
    result = threshold_of(search, BASELINES["two-layer"], start=math.inf, most=400, step=2**0.5)
    assert math.isinf(result["threshold"])
    assert set(state.asked) == {400}


def test_training_sets_are_nested_and_tested_on_others() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, seed=0)
    search = GrammarFits.of(grammar, Trial(0, 0, "printed", "cpu"), 400, 2000)
    seen = {tuple(row) for row in search.train.leaves.tolist()}
    assert len(seen) == 400
    assert seen.isdisjoint(tuple(row) for row in search.test.leaves.tolist())
    assert len(search.test) == 112


def test_the_time_ratio_is_judged_as_it_is_measured() -> None:
    """Asked for is a ratio of 1, met, and of 1e9, not met: the machine is not under test."""
    sizes = {
        "V": 6,
        "m": 3,
        "s": 2,
        "L": 3,
        "convolutional": 8.0,
        "layerwise": 24.0,
        "strings": 500,
    }
    check = CHECKS["layerwise-time"]
    outcomes = [check.trial(check.parameters.model_validate(sizes), Trial(1, 0, "printed", "cpu"))]
    for factor, verdict in ((1.0, Verdict.HOLDS), (1e9, Verdict.VIOLATED)):
        parameters = check.parameters.model_validate(sizes | {"factor": factor})
        claim = check.claim(parameters, {}, outcomes, "printed")
        assert judge(claim, 0.99).verdict is verdict


def test_the_time_of_a_learner_that_fails_says_nothing() -> None:
    noise = Control("no-labels", "uniform labels", "R26.principle-2-i", label_noise=1.0)
    sizes = {"V": 6, "m": 3, "s": 2, "L": 2, "convolutional": 1.0, "layerwise": 2.0}
    (row,) = evaluate(CHECKS["layerwise-time"], sizes | {"strings": 100}, trials=1, control=noise)
    assert row.judgement.verdict is Verdict.NOT_APPLICABLE
    assert "test error of the layerwise learner" in row.judgement.reason


def test_the_learners_that_are_compared_are_those_of_the_registry() -> None:
    found = DepthParameters()
    deep = [name for name, baseline in BASELINES.own.items() if baseline.depth == "deep"]
    assert list(found.deep) == deep
    assert found.deep[:3] == ("layerwise", "one step and clustering", "convolutional")
    assert found.kernel_strings == BASELINES["kernel ridge, NTK"].walk.cap
    for wrong in ({"deep": ("transformer",)}, {"deep": ("two-layer",)}, {"shallow": deep}):
        with pytest.raises(ValueError, match="is none of"):
            DepthParameters(**wrong)


@pytest.mark.parametrize(
    ("check", "formula", "parameters", "values"),
    [
        # Thresholds that follow the statement to the letter, with 5 % of scatter.
        ("clustering-gain", "threshold", {}, lambda size: size**2.5),
        ("shallow-threshold", "threshold", {}, lambda size: 0.3 * 8 * size**3),
    ],
)
def test_a_wrong_exponent_turns_the_check(check: str, formula: str, parameters, values) -> None:
    rng, subject = generator(0, check), CHECKS[check]
    valid = subject.parameters.model_validate(parameters)
    sizes = valid.vocabularies if check == "clustering-gain" else valid.rules
    outcomes = [
        Outcome({str(size): values(size) * math.exp(rng.normal(0, 0.05)) for size in sizes})
        for _ in range(20)
    ]
    wrong = subject.perturbed("printed", formula, lambda f: f * m**-1)
    right, turned = (
        judge(one.claim(valid, {}, outcomes, "printed"), 0.99).verdict for one in (subject, wrong)
    )
    # A slope over a range of at least log 2.4 from scatter of 5 %: its mean errs by 0.03 at most,
    # and the margins are 0.2 and more.
    assert right is Verdict.HOLDS
    assert turned is Verdict.VIOLATED


def test_the_suite_is_valid_in_both_budgets() -> None:
    full, quick = (load_suite("depth", budget=budget) for budget in ("full", "quick"))
    assert [entry.check.id for entry in full.entries] == [
        "depth-separation",
        "layerwise-time",
        "clustering-gain",
        "clustering-gain",
        "shallow-threshold",
    ]
    assert all(q.trials < f.trials for q, f in zip(quick.entries, full.entries, strict=True))


@pytest.mark.parametrize("check", ["clustering-gain", "shallow-threshold"])
def test_thresholds_are_searched_on_real_learners(check: str) -> None:
    """One trial on the smallest sizes: the thresholds are positive, and larger for more strings."""
    few = {"clustering-gain": {"vocabularies": [6, 12]}, "shallow-threshold": {"V": 4}}
    subject = CHECKS[check]
    sizes = {"rules": [2, 4], "width": 64} if check == "shallow-threshold" else {}
    valid = subject.parameters.model_validate(few[check] | sizes)
    values = subject.trial(valid, Trial(1, 0, "printed", "cpu")).values
    small, large = values.values()
    assert 0 < small < large
