"""`--zipf` and `--label-zipf` reach every command that draws a grammar, with one meaning."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.zipf import zipf_weights
from layerproof.verify.cli import app

SIZES = ["-V", "4", "-m", "3", "-s", "2", "-L", "2"]
WEIGHTS = ["--zipf", "1.5", "--label-zipf", "1", "--seed", "2"]


def _json(*arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def grammar(tmp_path: Path) -> Grammar:
    path = tmp_path / "grammar.json"
    _json("draw", *SIZES, *WEIGHTS, "-o", str(path))
    return Grammar.load(path)


def test_draw_writes_the_weights(grammar: Grammar) -> None:
    assert grammar.probabilities is not None
    # Decimals are written so that they read back the same bits.
    np.testing.assert_array_equal(grammar.probabilities[1][2], zipf_weights(3, 1.5))
    np.testing.assert_allclose(grammar.label_prior, zipf_weights(4, 1.0), rtol=1e-15)


def test_predict_gives_exact_values_of_the_instance_of_the_seed(grammar: Grammar) -> None:
    found = _json("predict", *SIZES, *WEIGHTS)
    assert found["basis"] == "instance"
    assert found["digest"] == grammar.digest
    assert found["parameters"]["zipf"] == 1.5
    assert found["parameters"]["label_zipf"] == 1.0
    expected = crossover_samples(patch_law(grammar, 2))
    assert found["levels"][1]["crossover_samples"] == pytest.approx(expected, rel=1e-15)
    assert "ensemble" not in found["levels"][1]


def test_without_weights_predict_averages_over_the_ensemble() -> None:
    zero = _json("predict", *SIZES, "--zipf", "0")
    assert zero == _json("predict", *SIZES)
    assert zero["basis"] == "ensemble"


def test_assumptions_name_both_uneven_laws() -> None:
    found = _json("assumptions", *SIZES, *WEIGHTS)
    assert not found["uniform"]
    assert any("rules" in reason for reason in found["reasons"])
    assert any("labels" in reason for reason in found["reasons"])
    many = _json("assumptions", *SIZES, *WEIGHTS, "--draws", "5")
    assert (many["zipf"], many["label_zipf"]) == (1.5, 1.0)
    assert many["fractions"]["uniform"]["fraction"] == 0.0


def test_train_learns_a_grammar_with_weights() -> None:
    sizes = ["-V", "8", "-m", "4", "-s", "2", "-L", "2"]
    found = _json("train", *sizes, "--zipf", "1", "--label-zipf", "1", "--multiple", "64")
    # The likeliest of eight labels has 0.37: what a constant guess gets.
    assert found["accuracy_interval"][0] > 0.9


@pytest.mark.parametrize("command", ["predict", "assumptions", "train"])
def test_weights_of_a_file_cannot_be_changed(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--grammar", "g.json", "--zipf", "1"])
    assert result.exit_code == 4
    assert "--zipf" in result.stderr


def test_predict_says_that_the_theorem_is_about_uniform_rules() -> None:
    uneven = CliRunner().invoke(app, ["predict", *SIZES, *WEIGHTS]).stdout
    assert "The theorem does not cover this grammar" in " ".join(uneven.split())
    assert _json("predict", *SIZES, *WEIGHTS)["theorem"]["reasons"]
    assert "does not cover" not in CliRunner().invoke(app, ["predict", *SIZES]).stdout
