"""What every search must do: refute what has an erratum and nothing else, and keep its instances.

A search is tested by being listed, in each of its forms.
"""

from typing import Any

import pytest

from layerproof.theory.statements import catalogue
from layerproof.verify.searches import SEARCHES, Refutation, refute, search_for
from layerproof.verify.searches.kind import SEARCH_KIND

MANY, FEW = 80, 25
"""Instances where a counterexample should come, and where none should: of those that have any, at
least one in six is one."""

PAIRS = [(name, form) for name, search in SEARCHES.items() for form in search.forms]


@pytest.mark.parametrize("name", SEARCHES)
def test_it_is_what_a_package_may_bring(name: str) -> None:
    search = SEARCHES[name]
    assert (search.statement, SEARCH_KIND.fault(search)) == (name, "")
    assert type(search).__doc__
    assert search.quantity


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Refutation[Any]]:
    budgets = {True: MANY, False: FEW}
    return {
        (name, form): refute(search, form, examples=budgets[search.expects_violation(form)], seed=3)
        for name, search in SEARCHES.items()
        for form in search.forms
    }


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_a_counterexample_comes_exactly_where_one_is_expected(
    pair: tuple[str, str], found: dict[tuple[str, str], Refutation[Any]]
) -> None:
    assert found[pair].as_expected
    assert found[pair].examined > 0


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_the_smallest_breaks_the_statement_and_the_worst_breaks_it_by_most(
    pair: tuple[str, str], found: dict[tuple[str, str], Refutation[Any]]
) -> None:
    search, result = SEARCHES[pair[0]], found[pair]
    assert result.closest is not None
    assert result.closest.comparison.violated == result.refuted == (result.violations > 0)
    if result.smallest is None:
        return
    assert result.smallest.comparison.violated
    assert result.closest.comparison.slack <= result.smallest.comparison.slack
    assert search.size(result.smallest.instance) <= search.size(result.closest.instance)


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_an_instance_survives_its_file(
    pair: tuple[str, str], found: dict[tuple[str, str], Refutation[Any]]
) -> None:
    search, result = SEARCHES[pair[0]], found[pair]
    for one in filter(None, (result.smallest, result.closest)):
        again = search.read(search.write(one.instance))
        assert search.plain(again) == search.plain(one.instance)
        assert search.examine(again, pair[1]) == one.comparison
        assert search.unmet(again, pair[1]) == ""
        assert all(len(line) > 0 for line in search.describe(again, pair[1]))


def test_known_counterexamples_are_the_smallest(
    found: dict[tuple[str, str], Refutation[Any]],
) -> None:
    """The rows of the errata table, as far as Hypothesis shrinks to them."""

    def smallest(name: str) -> Any:
        result = found[name, "printed"].smallest
        assert result is not None
        return result

    one = smallest("R26.lemma-29")
    assert (one.instance.V, one.instance.m, sorted(one.instance.z)) == (2, 1, [-15, 15])
    one = smallest("R26.lemma-24")
    assert (one.instance.V, one.instance.m, one.comparison.measured) == (2, 425, 1.0)
    one = smallest("R26.lemma-15")
    assert (one.instance.counts, one.comparison.measured) == ((1,), 1.0)
    one = smallest("R26.lemma-14")
    assert len(one.instance.counts) == 1
    assert one.comparison.measured == pytest.approx(2**0.5 / 2 / 64 / (1 + 1 / 64), rel=1e-9)
    one = smallest("R26.lemma-30")
    assert (one.instance.V, one.instance.m, one.instance.length) == (2, 2, 1)
    assert one.comparison.measured == pytest.approx(2 / 3, abs=1e-15)
    one = smallest("R26.proposition-19")
    assert (one.instance.V, one.instance.m, one.instance.length) == (2, 2, 2)
    assert smallest("R26.assumption-6b").instance.vocabularies == (2, 2, 2)
    assert smallest("R26.appendix-c").instance.terms == (((0,), 1),)


def test_every_erratum_that_says_more_than_a_slip_has_a_search() -> None:
    """Except of what is only measured on trained learners, of controls and of open bounds."""
    trained = {
        "R26.theorem-7",
        "C24.clustering",
        "C24.threshold-exponent",
        "derived.bottleneck",
        "derived.instance-threshold",
        "derived.sensitivity-in-training",
        "derived.uneven-sensitivity",
        "derived.weight-sharing",
    }
    without = trained | {"R26.principle-2-iii", "R26.assumption-13"}
    wrong = {statement.id for statement in catalogue() if statement.erratum is not None}
    assert wrong - without <= set(SEARCHES)


def test_equal_seeds_give_equal_searches() -> None:
    search = search_for("R26.assumption-6b", "printed")
    first, second = (refute(search, examples=20, seed=5) for _ in range(2))
    assert first == second


def test_the_search_goes_on_after_the_first_success() -> None:
    result = refute(search_for("R26.lemma-27", "printed"), examples=25)
    assert result.examined == result.violations == 25
