"""Every kind of fuzzed input is answered, and a fuzzer that would miss a fault is noticed.

LAYERPROOF_FUZZ=2000 in the environment runs so many cases in all, of a seed of their own;
`python -m tests.fuzz` is the long run by hand.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fuzz import KINDS, SHARES, Draw, fuzz, main, shares
from tests.verify.fuzz_cases import Case
from tests.verify.fuzz_models_and_stores import good_model, good_run
from tests.verify.fuzz_outcomes import CANARY, SORTS, in_words, is_complete
from verify.cli import app

MANY = os.environ.get("LAYERPROOF_FUZZ")
CASES = shares(int(MANY or 150), list(KINDS))


@pytest.mark.parametrize("kind", KINDS)
def test_every_case_is_answered(kind: str) -> None:
    tally = fuzz(KINDS[kind], CASES[kind], seed=random.randrange(10**9) if MANY else 0)
    assert tally.cases == CASES[kind]
    told = [f"{fault.sort}: {fault.told}\n{in_words(case)}" for case, fault in tally.faults]
    assert not told, "\n\n".join(told)


def _raises() -> None:
    raise ZeroDivisionError


def _hangs() -> None:
    while True:
        with suppress(Exception):  # as careless code might
            time.sleep(60)


def _executes() -> None:
    Path(CANARY).touch()


def _half_writes() -> None:
    Path("report.html").write_text("<html>")


def _leaves_a_temporary_file() -> None:
    Path(".layerproof-0.tmp").write_text("{}")


def _loses_its_input() -> None:
    Path("grammar.json").unlink()


def _steers_the_terminal() -> None:
    sys.stdout.write("\x1b[2J")


def _leaves_with_another_code() -> None:
    sys.exit(7)


PLANTED = [
    (_raises, "traceback"),
    (_hangs, "hang"),
    (_executes, "execution"),
    (_half_writes, "half-written"),
    (_leaves_a_temporary_file, "half-written"),
    (_loses_its_input, "half-written"),
    (_steers_the_terminal, "answer"),
    (_leaves_with_another_code, "answer"),
]


def test_every_sort_of_fault_is_planted() -> None:
    assert {sort for _, sort in PLANTED} == set(SORTS)


def _planted(draw: Draw, folder: Path, canary: Path) -> Case:
    return Case(["planted"], {"grammar.json": b"{}"}).lay(folder)


def _plant(fault: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command `planted` does what `fault` does."""
    monkeypatch.setattr(app, "registered_commands", list(app.registered_commands))
    app.command("planted")(fault)


@pytest.mark.parametrize(("fault", "sort"), PLANTED)
def test_a_planted_fault_is_found(
    fault: Callable[[], None], sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _plant(fault, monkeypatch)
    tally = fuzz(_planted, 1, seed=0, limit=0.2)
    assert [found.sort for _, found in tally.faults] == [sort]


@pytest.mark.parametrize(("fault", "code"), [(_raises, 1), (lambda: None, 0)])
def test_the_runner_leaves_with_1_where_anything_was_found(
    fault: Callable[[], None],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(KINDS, "planted", _planted)
    monkeypatch.setitem(SHARES, "planted", 1)
    _plant(fault, monkeypatch)
    assert main(["--cases", "2", "--kinds", "planted"]) == code
    printed = capsys.readouterr()
    assert ("planted, traceback" in printed.err) == (code == 1)
    assert "ZeroDivisionError" not in printed.out


def test_one_seed_is_the_same_cases_and_another_is_others() -> None:
    def lines(seed: int) -> list[str]:
        found: list[str] = []
        fuzz(KINDS["replays"], 5, seed, lambda case, outcome: found.append(in_words(case)))
        return found

    assert lines(1) == lines(1) != lines(2)


def test_shares_add_up() -> None:
    assert sum(shares(10_000, list(KINDS)).values()) == 10_000
    assert set(shares(1, list(KINDS)).values()) == {1}


WHOLE: dict[str, Callable[[], bytes]] = {
    "html": lambda: b"<!DOCTYPE html><html></html>\n",
    "svg": lambda: b"<svg></svg>",
    "pdf": lambda: b"%PDF-1.4 %%EOF",
    "dot": lambda: b"digraph {}\n",
    "json": lambda: b'{"a": 1}',
    "safetensors": good_model,
    "sqlite": lambda: good_run()["trials.sqlite"],
}


@pytest.mark.parametrize("kind", WHOLE)
def test_half_a_document_is_found(kind: str, tmp_path: Path) -> None:
    """Under whatever name it was written."""
    content = WHOLE[kind]()
    (tmp_path / "whole").write_bytes(content)
    (tmp_path / "half").write_bytes(content[: 2 * len(content) // 3])
    (tmp_path / "empty").touch()
    (tmp_path / ".layerproof-0.tmp").write_bytes(content)
    assert [path.name for path in sorted(tmp_path.iterdir()) if is_complete(path)] == ["whole"]
