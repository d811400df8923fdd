"""`train` and `invariance MODEL`: every column has its meaning, and what contradicts is flagged."""

import math
from typing import Any

import pytest

from layerproof.verify.commands.layers import HEADINGS, print_layers
from layerproof.verify.verdicts.layer_columns import (
    FLAG,
    MEANINGS,
    NAMES,
    clusters_overlap,
    contradictions,
    excluded,
    legend,
)


def level(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A level as `train --json` has it: nothing in it contradicts the theorem."""
    sensitivity = {
        "measured": 0.1, "interval": [0.05, 0.2], "predicted": 0.12, "predicted_in_training": None,
    }  # fmt: skip
    numbers = {
        "samples": 100, "multiple": 2.0, "route": "counts", "seconds": 0.1, "loss": 0.3,
        "intracluster": 0.1, "intercluster": 0.5, "max_error": 0.2,
        "accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "chance": 0.125,
    }  # fmt: skip
    sensitivity |= {name: changed.pop(name) for name in list(changed) if name in sensitivity}
    return {"level": number} | numbers | {"synonym_sensitivity": sensitivity} | changed


def printed(capsys: pytest.CaptureFixture[str], *levels: dict[str, Any]) -> str:
    report = {"accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "attainable_accuracy": 1.0}
    about = {"signal": "label", "unreachable_levels": {}, "labels": None}
    print_layers(report | about | {"levels": list(levels)})
    return capsys.readouterr().out


def test_every_column_that_is_printed_is_explained_in_a_line_that_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert list(NAMES) == list(MEANINGS)
    assert set(HEADINGS) <= set(NAMES)
    lines = printed(capsys, level()).splitlines()
    for line in legend(list(NAMES)):
        assert line in lines
    assert FLAG not in "".join(lines)


def test_a_column_that_is_not_shown_is_not_explained(capsys: pytest.CaptureFixture[str]) -> None:
    found = {key: value for key, value in level().items() if key not in ("route", "multiple")}
    told = printed(capsys, found)
    assert MEANINGS["route"] not in told
    assert MEANINGS["loss"] in told


@pytest.mark.parametrize(
    ("within", "between", "fails"),
    [(0.1, 0.5, False), (0.5, 0.1, True), (0.3, 0.3, True), (9.0, math.inf, False),
     (9.0, "inf", False), (0.0, 0.0, True)],
)  # fmt: skip
def test_assumption_9_needs_one_token_closer_than_two(
    within: float, between: float, fails: bool
) -> None:
    assert clusters_overlap(level(intracluster=within, intercluster=between)) is fails


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"predicted": 0.3}, "predicted (0.3)"),
        ({"predicted": 0.3, "predicted_in_training": 0.1}, ""),
        ({"predicted": 0.1, "predicted_in_training": 0.3}, "predicted in training (0.3)"),
        ({"predicted": 0.05}, ""),
        ({"predicted": 0.0, "interval": [1e-7, 0.004]}, ""),
        ({"predicted": 0.0, "interval": [1e-7, 0.01]}, ""),
        ({"predicted": 0.0, "interval": [0.006, 0.01]}, "predicted (0)"),
        ({"predicted": 0.3, "interval": None}, ""),
        ({"predicted": None}, ""),
        ({"predicted": 0.3, "interval": [0.1, "inf"]}, ""),
    ],
)
def test_an_interval_that_excludes_the_prediction_is_told(
    changed: dict[str, Any], told: str
) -> None:
    found = contradictions([level(2, **changed)])
    assert bool(found) == bool(told)
    assert told in " ".join(found)
    assert not excluded(level(synonym_sensitivity=None), "predicted")


def test_flags_stand_beside_the_numbers_and_one_sentence_names_all_levels(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = printed(
        capsys, level(1, intracluster=0.7), level(2), level(3, intracluster=0.8, predicted=0.9)
    ).splitlines()
    assert f"0.7{FLAG}" in "".join(lines)
    assert f"0.9{FLAG}" in "".join(lines)
    assert sum("Assumption 9 fails at levels 1, 3" in line for line in lines) == 1
    assert max(map(len, lines)) <= 82  # the signs of ε̃ and ρ̃ have no width of their own
