"""A worker with other code measures nothing, its answer is refused, and a run with other code
measures anew: whatever stands under a key was measured by the code that the key names.
"""

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.verify.checks.base import Trial
from layerproof.verify.cli import app
from layerproof.verify.run.executors import OtherCode, ProcessPool, SerialExecutor
from layerproof.verify.run.runner import run_on
from layerproof.verify.run.store import keys, open_store
from layerproof.verify.run.sweep import Block, Brought, run_block
from tests.verify.run.counted_check import CountedParameters, counted_plan, started

ROOT = Path(__file__).resolve().parents[3]


class Stranger(SerialExecutor):
    """An executor whose worker answers the fourth block, and all later ones, as it likes."""

    def __init__(self, answer: Callable[[Block], object]) -> None:
        self.answer, self.calls = answer, 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        if self.calls <= 3:
            return super().submit(fn, *args, **kwargs)
        return super().submit(self.answer, *args)


def unlike(block: Block) -> Brought:
    """What the code of this package does where it is not the code that the block asks for."""
    return run_block(replace(block, code="another"))


def forged(block: Block) -> Brought:
    """A worker that measures without a look at the code that was asked for."""
    return replace(run_block(block), code="another")


def older(block: Block) -> object:
    """A worker from before answers named their code."""
    return run_block(block).records


@pytest.mark.parametrize("answer", [unlike, forged, older])
def test_an_answer_of_other_code_ends_the_run_and_is_not_stored(
    answer: Callable[[Block], object], tmp_path: Path
) -> None:
    plan = counted_plan(8, CountedParameters(log=str(tmp_path / "log")))
    with (
        open_store(tmp_path, resume=True) as store,
        pytest.raises(OtherCode, match=r"process \d+|a worker"),
    ):
        run_on(Stranger(answer), plan, store=store)
    with open_store(tmp_path, resume=True) as store:
        assert len(store) == 3
        (row,) = run_on(SerialExecutor(), plan, store=store)
        assert (store.stored, store.computed, row.judgement.verdict) == (3, 5, "holds")


def test_other_code_measures_nothing(tmp_path: Path) -> None:
    assert unlike(_block(tmp_path)).records == ()
    assert started(tmp_path / "log") == []
    assert len(run_block(_block(tmp_path)).records) == 1
    assert started(tmp_path / "log") == [("a", 0)]


def _block(tmp_path: Path) -> Block:
    (entry,) = counted_plan(1, CountedParameters(log=str(tmp_path / "log"))).suite.entries
    code = keys.code_of(entry.check)
    return Block(0, code, entry.check, entry.parameters, (Trial(0, 0, "printed", "cpu"),), 1.0)


def test_code_that_changes_under_a_pool_is_told() -> None:
    told = ProcessPool(2).explain(OtherCode("process 7 of here"))
    assert isinstance(told, InputError)
    assert "'changed during the run'" in str(told)
    assert "--resume" in str(told)


def test_a_run_with_other_code_measures_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["verify", "--only", "assumption-6a", "--budget", "quick", "--workers", "1"]
    command += ["-o", str(tmp_path / "kept"), "--resume"]

    def counts() -> Any:
        CliRunner().invoke(app, command)
        found = json.loads((tmp_path / "kept" / "results.json").read_text())
        return found["provenance"]["trials"]

    first = counts()
    assert counts() == {"computed": 0, "stored": first["computed"]}
    monkeypatch.setattr(keys, "fingerprint", lambda: "another")
    assert counts() == first


@pytest.mark.parametrize("name", ["rules.py", "inner/part.py", "fast.abi3.so", "sourceless.pyc"])
def test_every_file_that_python_imports_counts(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_package_of_this_test"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    before = keys._code.__wrapped__(package.name)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "rules.cpython-311.pyc").write_bytes(b"no code of its own")
    (package / "notes.txt").write_text("no code")
    assert keys._code.__wrapped__(package.name) == before
    (package / name).write_bytes(b"x")
    assert keys._code.__wrapped__(package.name) != before


def test_what_encodes_an_outcome_is_code_of_the_trial() -> None:
    names = {path.as_posix() for path, _ in keys._sources("layerproof.verify")}
    assert "run/store/encoding.py" in names
    assert "checks/base.py" in names
    assert not [name for name in names if name.startswith("report/")]
