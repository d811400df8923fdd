"""Installed, layerproof is one package: it hides nothing of a project, and nothing hides it."""

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("theory", "layerwise", "verify")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel would put beside the other packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site-packages")
    return folder / "site-packages"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose own modules have the names of our rooms."""
    for name in ROOMS[:2]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("mine = True\n")
    (tmp_path / "verify.py").write_text("mine = True\n")
    return tmp_path


def run(project: Path, installed: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    variables = os.environ | {"PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=variables, capture_output=True, text=True
    )


def test_it_installs_one_name(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"layerproof"}
    assert {path.name for path in (installed / "layerproof").iterdir()} >= set(ROOMS)
    assert not [path for path in installed.rglob("*") if path.is_symlink()]


def test_every_file_of_the_rooms_is_in_it(installed: Path) -> None:
    """Suites, templates, schemas and style sheets too."""
    kept = {
        path.relative_to(ROOT)
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept == {
        path.relative_to(installed / "layerproof")
        for room in ROOMS
        for path in (installed / "layerproof" / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_project_keeps_its_modules_and_has_ours(project: Path, installed: Path) -> None:
    script = (
        "import theory, layerwise, verify, layerproof\n"
        "assert theory.mine and layerwise.mine and verify.mine\n"
        "print(layerproof.__file__, sorted(name for name in dir(layerproof) if name[0] != '_'))\n"
    )
    done = run(project, installed, "-c", script)
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stdout
    assert "'draw'" in done.stdout


def test_the_command_works_there_with_its_workers(project: Path, installed: Path) -> None:
    command = ("verify", "--only", "assumption-6a", "--budget", "quick", "--workers", "2")
    done = run(project, installed, "-m", "layerproof", *command, "-o", "kept")
    assert done.returncode == 0, done.stderr
    assert (project / "kept" / "report.html").exists()


def test_a_package_called_verify_beside_it_is_left_alone(
    project: Path, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As one on PyPI is; it comes first where packages are looked for."""
    other = tmp_path_factory.mktemp("other")
    (other / "verify").mkdir()
    (other / "verify" / "__init__.py").write_text("raise SystemExit('the other verify')\n")
    (project / "verify.py").unlink()
    both = Path(f"{other}{os.pathsep}{installed}")
    done = run(
        project, both, "-m", "layerproof", "predict", *["-V", "4", "-m", "2", "-s", "2", "-L", "2"]
    )
    assert done.returncode == 0, done.stderr


def test_what_is_used_most_stands_at_the_top() -> None:
    import layerproof

    for name in layerproof.__all__:
        assert callable(getattr(layerproof, name)), name
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        layerproof.no_such_name  # noqa: B018


def test_nothing_is_imported_by_the_name_of_its_folder() -> None:
    """One module under two names would be two modules."""
    found = []
    for folder in (*ROOMS, "layerproof", "tests", "tools"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                names += [item.name for item in node.names] if isinstance(node, ast.Import) else []
                found += [(file.name, n) for n in names if n.split(".")[0] in ROOMS]
    assert found == []
