"""Probabilities that were float32 once are taken within 1e-6, normalised, and that is said."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.theory.exact_law import ExactLaw
from layerproof.theory.grammar import Grammar
from layerproof.verify.cli import app

RULES = [[[[0, 0], [0, 1], [1, 0]], [[1, 1], [2, 0], [0, 2]]]]
SINGLE = [float(x) for x in np.array([0.5, 0.3, 0.2], dtype=np.float32)]


def _grammar(law: list[float], prior: list[float] | None = None) -> Grammar:
    return Grammar((2, 3), RULES, [[law, law]], prior)  # type: ignore[arg-type]


def test_they_are_normalised_in_floats_and_in_fractions() -> None:
    assert abs(math.fsum(SINGLE) - 1.0) > 1e-9, "else nothing is tested"
    grammar = _grammar(SINGLE)
    assert list(grammar.rounded) == ["probabilities[0][0]", "probabilities[0][1]"]
    for symbol in (0, 1):
        law = grammar.level_rules(0).probability[3 * symbol : 3 * symbol + 3]
        assert math.fsum(law) == pytest.approx(1.0, abs=1e-15)
        assert sum(ExactLaw(grammar).rules[0][symbol]) == 1
    assert Grammar.from_json(grammar.to_json()) == grammar


def test_labels_too() -> None:
    third = [float(x) for x in np.full(3, 1 / 3, dtype=np.float32)]
    rules = [[[[0, 0]], [[0, 1]], [[1, 1]]]]
    uneven = [third[0], third[1], third[2] + 5e-7]
    grammar = Grammar((3, 2), rules, None, uneven)  # type: ignore[arg-type]
    assert list(grammar.rounded) == ["label_prior"]
    assert math.fsum(grammar.label_prior) == pytest.approx(1.0, abs=1e-15)


def test_decimals_are_not_told_and_what_is_further_off_is_refused() -> None:
    assert not _grammar([0.5, 0.3, 0.2]).rounded
    with pytest.raises(InputError, match=r"the sum of probabilities\[0\]\[0\]"):
        _grammar([0.5, 0.3, 0.200002])


@pytest.mark.parametrize("command", ["assumptions", "verify"])
def test_the_commands_say_so(command: str, tmp_path: Path) -> None:
    file = tmp_path / "single.json"
    _grammar(SINGLE).save(file)
    extra = ["--only", "assumption-6a", "--workers", "1", "-o", str(tmp_path / "run")]
    given = [command, "--grammar", str(file), "--json", *(extra if command == "verify" else [])]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    assert "sum to 1 only nearly (1.000000015); normalised" in " ".join(result.stderr.split())
    json.loads(result.stdout)
