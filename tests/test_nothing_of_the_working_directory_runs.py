"""In a folder full of files named like modules of Python and of ours, none of them is imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerproof.theory.jsonable import to_json
from layerproof.verify.report.document import document
from layerproof.verify.run.runner import plan, run

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = "from layerproof.__main__ import main\nif __name__ == '__main__':\n    main()\n"
PACKAGES = ("numpy", "scipy", "torch", "sympy", "mpmath", "typer", "rich", "pydantic", "jinja2",
            "threadpoolctl", "safetensors", "matplotlib", "hypothesis", "gmpy2", "flint",
            "theory", "layerwise", "verify", "tests", "tools",
            "sitecustomize", "usercustomize")  # fmt: skip


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder whose files write their names into `canary` when they are imported."""
    folder = tmp_path / "trap"
    folder.mkdir()
    text = f"open({str(tmp_path / 'canary')!r}, 'a').write(__file__ + '\\n')\n"
    for name in {*sys.stdlib_module_names, *PACKAGES}:
        (folder / f"{name}.py").write_text(text)
    return folder


def in_the_trap(trap: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=trap,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done


def imported(trap: Path) -> list[str]:
    canary = trap.parent / "canary"
    return sorted(set(canary.read_text().splitlines())) if canary.exists() else []


def test_two_workers_run_none_of_it_and_measure_the_same(trap: Path) -> None:
    (trap.parent / "bin").mkdir()
    script = trap.parent / "bin" / "layerproof"  # as pip makes it
    script.write_text(SCRIPT)
    command = ("verify", "--only", "assumption-6a", "--budget", "quick", "--workers", "2")
    done = in_the_trap(trap, str(script), *command, "-o", str(trap.parent / "kept"), "--json")
    assert imported(trap) == []
    chosen = plan("quick", only=["assumption-6a"], budget="quick")
    wanted = json.loads(to_json(document(chosen, run(chosen, workers=1))))["results"]
    found = json.loads(done.stdout)["results"]
    for row in [*wanted, *found]:
        row.pop("seconds")
    assert found == wanted


def test_python_m_leaves_the_folder_out(trap: Path) -> None:
    """All but what Python imports before it comes to us: for that it has its own option, -P."""
    for name in (*sys.stdlib_module_names, "layerproof"):
        if name not in ("random", "json", "threading", "signal", "statistics"):
            (trap / f"{name}.py").unlink(missing_ok=True)
    in_the_trap(trap, "-m", "layerproof", "draw", "-V", "4", "-m", "2", "-s", "2", "-L", "2")
    assert imported(trap) == []


def test_the_trap_can_catch_something(trap: Path) -> None:
    in_the_trap(trap, "-c", "import random")
    assert imported(trap)
