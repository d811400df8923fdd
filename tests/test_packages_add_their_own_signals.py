"""A signal of a user's package, one file, goes wherever the label goes: the guide's own example."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.own_packages import ROOT, install, install_example, layerproof
from tests.theory.own_signals import LastPart

GUIDE = ROOT / "docs" / "own_signals.md"
SIZES = ("-V", "4", "-m", "2", "-s", "2", "-L", "3")
MISSING = [{"level": 1, "reason": "the last level-1 token is a part of the patch"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("installed"), GUIDE)


def _document(*arguments: str, folder: Path) -> dict[str, Any]:
    done = layerproof(*arguments, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["signal"], found["unreachable_levels"]) == ("last-part", MISSING)
    assert [level["level"] for level in found["levels"]] == [2, 3]
    return found


def test_predictions_and_assumptions_are_those_of_its_law(folder: Path) -> None:
    from layerproof.theory.assumptions import assumptions
    from layerproof.theory.ensembles import draw
    from layerproof.theory.population import mean_square_separation, patch_law

    grammar = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=3, seed=0)
    predicted = _document("predict", *SIZES, "--signal", "last-part", folder=folder)
    assert predicted["threshold"] is None
    for level in predicted["levels"]:
        law = patch_law(grammar, level["level"], signal=LastPart())
        assert level["mean_square_separation"] == pytest.approx(mean_square_separation(law))
    measured = _document("assumptions", *SIZES, "--signal", "last-part", folder=folder)
    expected = assumptions(grammar, LastPart())
    assert [level["rho"] for level in measured["levels"]] == pytest.approx(
        [part.rho for part in expected.levels]
    )


def test_it_is_trained_kept_in_the_model_file_and_reported(folder: Path) -> None:
    options = (*SIZES, "--signal", "last-part", "--multiple", "64", "-o", "model")
    trained = _document("train", *options, folder=folder)
    report = _document("invariance", "model", folder=folder)
    assert report["accuracy"] == trained["accuracy"]
    for before, after in zip(trained["levels"], report["levels"], strict=True):
        assert before["max_error"] == after["max_error"]
    # 4,096 samples of eight leaf patches: √(1/512) is one standard error of an entry's norm.
    assert report["levels"][1]["max_error"] < 6 * np.sqrt(1 / 256)


def test_a_wrong_name_is_answered_with_the_names_there_are(folder: Path) -> None:
    done = layerproof("predict", *SIZES, "--signal", "last-prat", folder=folder)
    assert done.returncode == 4
    assert "last-part (did you mean last-part?)" in " ".join(done.stderr.split())


def test_a_package_that_does_not_fit_is_named(tmp_path: Path) -> None:
    groups, text = {"layerproof.signals": {"mine": "bad_signals"}}, "SIGNALS = ('label',)"
    folder = install(tmp_path, groups, {"bad_signals.py": text}, name="bad-signals")
    done = layerproof("predict", *SIZES, "--signal", "mine", folder=folder)
    assert done.returncode == 4
    words = " ".join(done.stderr.split())
    assert "bad-signals 0.1" in words
    assert "a module with SIGNALS, a Signal or a tuple of them, not str" in words
