"""What every search must do: refute what has an erratum and nothing else, and keep its instances.

A search is tested by being listed, in each of its forms.
"""

from collections.abc import Callable
from typing import Any

import pytest

from layerproof.theory.statements import catalogue
from layerproof.verify.searches import SEARCHES, Found, Refutation, refute, search_for
from layerproof.verify.searches.kind import SEARCH_KIND

MANY, FEW = 80, 25
"""Instances where a counterexample should come, and where none should: of those that have any, at
least one in six is one."""

PAIRS = [(name, form) for name, search in SEARCHES.items() for form in search.forms]


@pytest.fixture(scope="module", params=PAIRS, ids=" ".join)
def found(request: pytest.FixtureRequest) -> Refutation[Any]:
    """One search, for every test of it: tests are ordered by the searches they share."""
    name, form = request.param
    search = SEARCHES[name]
    budget = MANY if search.expects_violation(form) else FEW
    return refute(search, form, examples=budget, seed=3)


@pytest.mark.parametrize("name", SEARCHES)
def test_it_is_what_a_package_may_bring(name: str) -> None:
    search = SEARCHES[name]
    assert (search.statement, SEARCH_KIND.fault(search)) == (name, "")
    assert type(search).__doc__
    assert search.quantity


def test_a_counterexample_comes_exactly_where_one_is_expected(found: Refutation[Any]) -> None:
    assert found.as_expected
    assert found.examined > 0


def test_the_smallest_breaks_the_statement_and_the_worst_breaks_it_by_most(
    found: Refutation[Any],
) -> None:
    search = found.search
    assert found.closest is not None
    assert found.closest.comparison.violated == found.refuted == (found.violations > 0)
    if found.smallest is None:
        return
    assert found.smallest.comparison.violated
    assert found.closest.comparison.slack <= found.smallest.comparison.slack
    assert search.size(found.smallest.instance) <= search.size(found.closest.instance)


def test_an_instance_survives_its_file(found: Refutation[Any]) -> None:
    search, form = found.search, found.form
    for one in filter(None, (found.smallest, found.closest)):
        again = search.read(search.write(one.instance))
        assert search.plain(again) == search.plain(one.instance)
        assert search.examine(again, form) == one.comparison
        assert search.unmet(again, form) == ""
        assert all(len(line) > 0 for line in search.describe(again, form))


KNOWN: dict[str, Callable[[Found[Any]], bool]] = {
    "R26.lemma-29": lambda one: (
        (one.instance.V, one.instance.m, sorted(one.instance.z)) == (2, 1, [-15, 15])
    ),
    "R26.lemma-24": lambda one: (
        (one.instance.V, one.instance.m, one.comparison.measured) == (2, 425, 1.0)
    ),
    "R26.lemma-15": lambda one: (one.instance.counts, one.comparison.measured) == ((1,), 1.0),
    "R26.lemma-14": lambda one: (
        len(one.instance.counts) == 1
        and one.comparison.measured == pytest.approx(2**0.5 / 2 / 64 / (1 + 1 / 64), rel=1e-9)
    ),
    "R26.lemma-30": lambda one: (
        (one.instance.V, one.instance.m, one.instance.length) == (2, 2, 1)
        and one.comparison.measured == pytest.approx(2 / 3, abs=1e-15)
    ),
    "R26.proposition-19": lambda one: (
        (one.instance.V, one.instance.m, one.instance.length) == (2, 2, 2)
    ),
    "R26.assumption-6b": lambda one: one.instance.vocabularies == (2, 2, 2),
    "R26.appendix-c": lambda one: one.instance.terms == (((0,), 1),),
}
"""The rows of the errata table, as far as Hypothesis shrinks to them."""


def test_known_counterexamples_are_the_smallest(found: Refutation[Any]) -> None:
    known = KNOWN.get(found.search.statement)
    if known is not None and found.form == "printed":
        assert found.smallest is not None
        assert known(found.smallest), found.smallest


def test_no_known_counterexample_is_left_out() -> None:
    assert {(name, "printed") for name in KNOWN} <= set(PAIRS)


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
