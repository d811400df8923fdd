"""Every check on the smallest and the most extreme grammars: a verdict with a reason, no crash.

One token, one rule, one label, one level, and probabilities that products take below what a double
holds.
"""

import math
import warnings
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.statements import catalogue
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import InstanceParameters
from layerproof.verify.checks.depth_runs import GrammarFits
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.flow import PREMISES
from layerproof.verify.verdicts.verdict import Result, Verdict

TWO = [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
ONE = [[[0, 1]], [[1, 0]]]


def _rare(p: float, levels: int = 2) -> Grammar:
    """Both symbols take their second rule rarely, one three times as often as the other."""
    law = [[[1 - p, p], [1 - 3 * p, 3 * p]]] * levels
    return Grammar((2,) * (levels + 1), [TWO] * levels, law)  # type: ignore[arg-type]


GRAMMARS = {
    "one token": Grammar((1, 1, 1), [[[[0, 0]]]] * 2),  # type: ignore[arg-type]
    "one token, one level": Grammar((1, 1), [[[[0, 0]]]]),  # type: ignore[arg-type]
    "one rule": Grammar((2, 2, 2), [ONE] * 2),  # type: ignore[arg-type]
    "one label": Grammar((1, 2, 2), [[[[0, 1], [1, 0]]], TWO]),  # type: ignore[arg-type]
    "one level": Grammar((2, 2), [TWO]),  # type: ignore[arg-type]
    "rare 1e-20": _rare(1e-20),
    "rare 1e-200": _rare(1e-200),
    "rare, subnormal": _rare(5e-324, levels=3),
    "a rule of probability 0": Grammar((2, 2, 2), [TWO] * 2, [[[1.0, 0.0], [0.5, 0.5]]] * 2),  # type: ignore[arg-type]
    "a label of probability 1e-300": Grammar((2, 2, 2), [TWO] * 2, None, (1.0, 1e-300)),  # type: ignore[arg-type]
}

SIZES = {
    "V = 1": {"V": 1, "m": 1, "L": 2},
    "m = 1": {"V": 2, "m": 1, "L": 2},
    "n = 1": {"V": 2, "m": 2, "L": 2, "classes": 1},
    "L = 1": {"V": 3, "m": 2, "L": 1},
}

ON_FILES = [
    name
    for name, check in CHECKS.items()
    if issubclass(check.parameters, InstanceParameters) and not check.about_ensemble
]
ON_DRAWS = [
    name for name, check in CHECKS.items() if issubclass(check.parameters, InstanceParameters)
]

OF_SEVERAL_SIZES = {
    "clustering-gain": [
        {"vocabularies": sizes} for sizes in ((1, 2), (0, 3), (2, 2), (2, 3), (3,), ())
    ],
    "shallow-threshold": [
        {"V": V, "rules": rules}
        for V, rules in ((1, (1, 2)), (2, (1, 2)), (2, (2, 2)), (2, (0, 2)))
    ],
    "depth-separation": [{"levels": [0, 1]}, {"levels": [1]}, {"s": 1}, {"V": 3, "m": 2}],
}
"""Edges of what these checks take in place of one V, m and L, or beside them."""


def _judged(name: str, parameters: dict[str, Any]) -> list[Result]:
    fields = CHECKS[name].parameters.model_fields
    few = {"strings": 100} if "strings" in fields else {}
    found: list[Result] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # 0/0 that nobody noticed
        for form in CHECKS[name].forms:
            found += evaluate(CHECKS[name], parameters | few, form=form, trials=2)
    return found


def _sound(row: Result) -> str:
    """What is wrong with a row; empty where nothing is."""
    found = row.judgement
    numbers = [number for number in (found.measured, found.predicted) if number is not None]
    if found.verdict is Verdict.ERROR:
        return str(found.evidence["traceback"])
    if found.verdict is not Verdict.HOLDS and not found.reason:
        return "no reason"
    decided = found.verdict in (Verdict.HOLDS, Verdict.VIOLATED)
    if decided and not all(map(math.isfinite, numbers)):
        return f"{found.verdict} with {numbers}"
    statement = catalogue()[row.statement]
    # The form that is believed: the repaired one, or the printed one where nothing was repaired.
    believed = statement.kind not in PREMISES and row.form == list(statement.forms)[-1]
    if found.verdict is Verdict.VIOLATED and believed:
        return found.reason
    return ""


def _check(rows: list[Result]) -> None:
    wrong = {f"{row.id} ({row.form})": why for row in rows if (why := _sound(row))}
    assert not wrong, wrong


@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize("name", ON_FILES)
def test_a_grammar_of_ones_own(name: str, grammar: str, tmp_path: Path) -> None:
    GRAMMARS[grammar].save(tmp_path / "grammar.json")
    _check(_judged(name, {"grammar": tmp_path / "grammar.json"}))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", ON_DRAWS)
def test_a_draw(name: str, sizes: str) -> None:
    """Sizes that the check or the ensemble does not have are refused by name."""
    _answered(name, SIZES[sizes])


@pytest.mark.parametrize(
    ("name", "sizes"), [(name, sizes) for name, all_ in OF_SEVERAL_SIZES.items() for sizes in all_]
)
def test_sizes_side_by_side(name: str, sizes: dict[str, Any]) -> None:
    """The same of checks that take several sizes at once."""
    _answered(name, sizes)


@pytest.mark.parametrize("name", ["depth-separation", "layerwise-time"])
def test_nothing_is_trained_where_no_string_could_be_told(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Too few strings, or labels that are not the tokens, are told before anything is trained."""

    def trained(*given: object) -> None:
        raise AssertionError("strings were drawn to train on")

    monkeypatch.setattr(GrammarFits, "of", trained)
    edges = [{"V": 3, "m": 2, "L": 1, "levels": [1]}, {"V": 2, "m": 2, "L": 2, "classes": 1}]
    if name == "layerwise-time":
        small = draw("uniform", vocabulary=3, rules=2, branching=2, levels=1, seed=0)
        small.save(tmp_path / "grammar.json")
        edges += [{"V": 1, "m": 1, "L": 1}, {"grammar": tmp_path / "grammar.json"}]
    for edge in edges:
        known = {
            field: edge[field] for field in edge if field in CHECKS[name].parameters.model_fields
        }
        for row in _judged(name, known):
            assert row.judgement.verdict is Verdict.NOT_APPLICABLE, row
            assert row.judgement.reason


def _answered(name: str, sizes: dict[str, Any]) -> None:
    try:
        rows = _judged(name, sizes)
    except InputError as refusal:
        pytest.skip(f"refused: {refusal}")
    except ValidationError as refusal:
        (error, *_) = refusal.errors()
        pytest.skip(f"refused: {error['loc']} {error['msg']}")
    _check(rows)
