"""A statement's "≤" is written once: a check of it judges the relation that is printed."""

import ast
import inspect
import textwrap
from itertools import chain
from typing import Any

import pytest

from layerproof.theory.statements import catalogue
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Check
from layerproof.verify.verdicts.claims import RELATIONS

ANOTHER_CLAIM = {
    "lemma-17-exact": "the inequality holds with probability 1 − δ; that probability is judged",
    "principle-2-iii": "the least variance is a bound beside the conclusion",
    "theorem-7-constants": "bounds of Lemma 11 on the way to the theorem",
    "theorem-7-signal": "bounds of Lemma 11 on the way to the theorem",
    "theorem-7-sizes": "the size that is asked for against the bound of its order",
}
"""Checks that judge an inequality other than their statement's conclusion, and which."""


def written(check: Check[Any]) -> set[str]:
    """The relations that stand as text in the class of a check, or in those that it extends."""
    own = [each for each in type(check).__mro__ if issubclass(each, Check) and each is not Check]
    trees = [ast.parse(textwrap.dedent(inspect.getsource(each))) for each in own]
    nodes = chain.from_iterable(map(ast.walk, trees))
    constants = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return constants.intersection(RELATIONS.values())


def has_relation(check: Check[Any]) -> bool:
    try:
        return all(bool(check.relation(form)) for form in check.forms)
    except TypeError:
        return False


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_no_check_writes_its_statements_relation_again(name: str) -> None:
    check = CHECKS[name]
    if has_relation(check):
        assert bool(written(check)) == (name in ANOTHER_CLAIM)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_relation_is_that_of_the_conclusion(name: str) -> None:
    check = CHECKS[name]
    if has_relation(check):
        for form in check.forms:
            assert check.relation(form) in str(catalogue()[check.statement].form(form).conclusion)
