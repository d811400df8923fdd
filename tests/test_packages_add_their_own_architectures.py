"""A user's network is one file, and a learner made of it stands beside the built-in ones."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layerproof.layerwise.architectures.base import ARCHITECTURE_KIND
from layerproof.layerwise.baselines.base import BASELINE_KIND
from layerproof.layerwise.objectives.base import OBJECTIVE_KIND
from layerproof.theory.errors import InputError
from layerproof.theory.plugins import Kind, Registry
from tests.own_packages import ROOT, example, install, install_example, layerproof

GUIDE = ROOT / "docs" / "own_architectures.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("installed"), GUIDE)


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Any]:
    done = layerproof("verify", "mine.toml", "--workers", "1", "-o", "kept", folder=folder)
    assert done.returncode in (0, 1), done.stderr
    assert "recursive" in done.stdout
    found: dict[str, Any] = json.loads((folder / "kept" / "results.json").read_text("utf-8"))
    return found


def test_the_example_is_one_file_of_code() -> None:
    assert [name for name in example(GUIDE) if name.endswith(".py")] == ["my_architectures.py"]


def test_its_learner_has_a_row_with_a_threshold(results: dict[str, Any]) -> None:
    (row,) = results["results"]
    assert row["id"] == "depth-separation/shallow=kernel ridge, NTK/deep=recursive/L=3"
    assert row["parameters"]["deep"] == "recursive"
    assert row["verdict"] == "holds"
    # It was found, and is not above the sizes tried.
    assert float(row["evidence"]["N* recursive"]) > 0
    assert results["provenance"]["versions"]["my-architectures"] == "0.1"


def test_the_report_draws_its_curve(folder: Path, results: dict[str, Any]) -> None:
    assert results["results"]
    assert "recursive, N* =" in (folder / "kept" / "report.html").read_text("utf-8")


def test_the_conformance_matrices_go_through_it(folder: Path) -> None:
    """Every demand on an architecture, and those on a baseline that train little."""
    where = ROOT / "tests" / "layerwise"
    chosen = "recursive and not nothing and not learn"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", chosen,
         str(where / "test_every_architecture.py"), str(where / "test_every_baseline.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "failed" not in done.stdout, done.stdout
    assert int(done.stdout.split(" passed")[0].split()[-1]) >= 30, done.stdout


@pytest.mark.parametrize(
    ("kind", "value", "parts"),
    [
        (BASELINE_KIND, "my_architectures:EndToEnd", ["a Baseline", "not ABCMeta"]),
        (BASELINE_KIND, "my_architectures:ARCHITECTURES", ["a Baseline", "not Recursive"]),
        (BASELINE_KIND, "my_architectures:BASELINES", ["recursive", "'mine' of my-arch"]),
        (ARCHITECTURE_KIND, "my_architectures:BASELINES", ["an Architecture", "not EndToEnd"]),
        (OBJECTIVE_KIND, "my_architectures", ["a module with OBJECTIVES", "not NoneType"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind[Any], value: str, parts: list[str]
) -> None:
    install_example(tmp_path, GUIDE)
    install(tmp_path, {kind.group: {"second": value}}, {}, name="not-quite")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_architectures", raising=False)
    with pytest.raises(InputError) as refusal:
        list(Registry((), kind))
    for part in [*parts, "entry point 'second' of not-quite 0.1", kind.group]:
        assert part in str(refusal.value)
    sys.modules.pop("my_architectures")


def test_a_package_that_cannot_be_imported_is_one_sentence_and_exit_code_4(
    tmp_path: Path,
) -> None:
    suite = example(GUIDE)["mine.toml"]
    install(tmp_path, {"layerproof.baselines": {"second": "absent"}}, {"mine.toml": suite})
    done = layerproof("verify", "mine.toml", folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "entry point 'second'" in " ".join(done.stderr.split())
