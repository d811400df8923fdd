"""The ensemble that the guide prints, from a package outside the tree, is one of all ensembles."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.own_packages import ROOT, example, install, install_example, layerproof

GUIDE = ROOT / "docs" / "own_ensembles.md"
SIZES = ["-V", "6", "-m", "3", "-s", "2", "-L", "2", "--ensemble", "kept-first"]
KEPT = [*SIZES, "--set", "kept=2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("installed"), GUIDE)


def answer(folder: Path, *arguments: str) -> dict[str, Any]:
    done = layerproof(*arguments, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_example_is_one_file() -> None:
    assert [name for name in example(GUIDE) if name.endswith(".py")] == ["my_ensembles.py"]


def test_it_is_drawn(folder: Path) -> None:
    summary = answer(folder, "draw", *KEPT, "-o", "g.json")
    assert summary["ensemble"] == "kept-first"
    rules = json.loads((folder / "g.json").read_text("utf-8"))["rules"]
    for level in rules:
        starts = [[patch[0] for patch in patches] for patches in level]
        assert all(own.count(symbol) >= 2 for symbol, own in enumerate(starts))


def test_its_averages_are_predicted(folder: Path) -> None:
    document = answer(folder, "predict", *KEPT)
    assert document["accuracy"] == "exact"
    assert document["parameters"]["kept"] == 2
    # (2/3)² + (1/3)² (V − 1)/(V − 1) = 5/9, of twice the separation of two labels.
    assert document["levels"][1]["mean_square_separation"] == pytest.approx(10 / 9)
    assert "for uniform-first-token" in document["theorem"]["rho"]
    latex = layerproof("predict", *KEPT, "--latex", folder=folder).stdout
    assert "where k of m rules keep the symbol" in latex


def test_its_assumptions_are_swept_over_its_own_size(folder: Path) -> None:
    sizes = ["-V", "6", "-s", "2", "-L", "2", "--ensemble", "kept-first"]
    document = answer(folder, "assumptions", *sizes, "--sweep", "m=3,kept=1:4", "--draws", "3")
    assert [point["kept"] for point in document["points"]] == [1, 2, 3, 4]
    assert "at most rules = 3" in document["points"][3]["impossible"]


def test_a_suite_runs_on_it_and_results_name_its_size(folder: Path) -> None:
    document = answer(folder, "verify", "kept.toml", "--workers", "2")
    found = {(row["parameters"]["ensemble"], row["parameters"]["kept"], row["verdict"])
             for row in document["results"]}  # fmt: skip
    assert found == {("kept-first", 1, "holds"), ("kept-first", 2, "holds")}
    assert document["provenance"]["versions"]["my-ensembles"] == "0.1"


def test_the_conformance_matrix_takes_it_in(folder: Path) -> None:
    matrix = str(ROOT / "tests" / "theory" / "test_every_ensemble.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", matrix,
         "-k", "kept-first", "--rootdir", str(ROOT)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["draw", *SIZES], "kept is missing"),
        (["draw", *SIZES, "--set", "kept=4"], "at most rules = 3"),
        (["draw", *SIZES, "--set", "lost=4"], "--set is 'lost=4'; allowed: kept=VALUE"),
        (["draw", *SIZES[:-2], "--set", "kept=1"], "uniform-first-token has none"),
    ],
)
def test_its_own_size_is_refused_by_name(folder: Path, arguments: list[str], part: str) -> None:
    done = layerproof(*arguments, folder=folder)
    assert (done.returncode, done.stdout) == (4, "")
    assert part in done.stderr


NO_DATACLASS = "from layerproof.theory.ensembles import *\nclass Odd(Ensemble):\n    name = 'odd'\n"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("ENSEMBLES = (int,)\n", "a complete type"),
        (NO_DATACLASS + "ENSEMBLES = (Odd,)\n", "a class that has check_level, draw_level"),
        (
            NO_DATACLASS + "    mine: int = size('Mine.', usual=1)\nENSEMBLES = (Odd,)\n",
            "a dataclass, frozen and kw_only, as it has the field mine",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, part: str) -> None:
    groups = {"layerproof.ensembles": {"odd": "odd_ensembles"}}
    install(tmp_path, groups, {"odd_ensembles.py": text}, name="not-quite")
    done = layerproof("draw", "-V", "4", "-m", "2", "-s", "2", "-L", "1", folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert part in done.stderr
    assert "entry point 'odd' of not-quite 0.1" in done.stderr
    assert layerproof("--help", folder=tmp_path).returncode == 0
