"""A theorem of a user's package is found by its entry points, and appears where built-in ones do.

Its source, statement, check, control and suite are those of the guide, each in one file.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.plugins import Registry
from layerproof.theory.statements import catalogue, sources
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROL_KIND, CONTROLS
from layerproof.verify.checks.kind import CHECK_KIND
from layerproof.verify.run.suite_files import SUITE_KIND, SUITES
from tests.own_packages import ROOT, example, install, install_example, layerproof


def _forget() -> None:
    for registry in (CHECKS, CONTROLS, SUITES):
        registry.forget()
    catalogue.cache_clear()
    sources.cache_clear()


@pytest.fixture
def looked_at_anew() -> Iterator[None]:
    """The catalogue of this process forgets what it has found, before and after."""
    known = set(sys.modules)
    _forget()
    yield
    _forget()
    for name in set(sys.modules) - known:
        if name.startswith("my_statements"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Any]:
    done = layerproof(
        "verify", "--only", "mine.strings", "--workers", "2", "-o", "kept", folder=folder
    )
    assert done.returncode == 0, done.stderr
    assert "mine.strings" in done.stdout
    found: dict[str, Any] = json.loads((folder / "kept" / "results.json").read_text("utf-8"))
    return found


def test_the_check_runs_in_worker_processes_on_its_own_budget(results: dict[str, Any]) -> None:
    (row,) = results["results"]
    assert (row["statement"], row["verdict"], row["trials"]) == ("mine.strings", "holds", 20)
    assert row["parameters"]["V"] == 3
    assert "--only mine-strings" in row["reproduce"]
    assert results["provenance"]["versions"]["my-statements"] == "0.1"
    assert results["suite"] == "quick"  # whose question it does not answer
    assert results["question"].startswith("Does mine.strings (")


def test_the_report_has_its_row_and_its_place_in_the_proof_graph(
    folder: Path, results: dict[str, Any]
) -> None:
    assert results["results"]
    page = (folder / "kept" / "report.html").read_text("utf-8")
    assert page.count("mine.strings") >= 2
    assert "R26.definition-4" in page  # what it rests on is drawn with it


def test_the_catalogue_lists_it_with_its_formula_check_and_command(folder: Path) -> None:
    done = layerproof("statements", "mine.strings", folder=folder)
    assert done.returncode == 0, done.stderr
    for part in (
        "mine Th. 1",
        "mine is My notes 2026: A. Reader, Notes on counting strings, 2026",
        "mine-strings  my_statements/checks.py",
        "P_{\\max}",
        "mine, as printed: holds",
        "layerproof verify mine --only mine.strings",
    ):
        assert part in done.stdout
    listed = json.loads(layerproof("statements", "--json", folder=folder).stdout)
    assert listed[-1]["id"] == "mine.strings"


SIZES = [(2, 1), (2, 2), (3, 1), (3, 2)]


def _sizes(found: dict[str, Any]) -> list[tuple[int, int]]:
    return [(row["parameters"]["m"], row["parameters"]["L"]) for row in found["results"]]


def test_a_suite_file_may_name_it(folder: Path) -> None:
    file = "my_statements/mine.toml"
    done = layerproof("verify", file, "--json", "--workers", "1", folder=folder)
    assert done.returncode == 0, done.stderr
    assert _sizes(json.loads(done.stdout)) == SIZES


def test_its_suite_runs_by_name_with_every_control_that_must_turn_it(folder: Path) -> None:
    done = layerproof("verify", "mine", "--controls", "--workers", "1", "-o", "own", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "lost-rule" in done.stdout
    found = json.loads((folder / "own" / "results.json").read_text("utf-8"))
    assert _sizes(found) == SIZES
    assert {row["verdict"] for row in found["results"]} == {"holds"}
    assert found["results"][0]["reproduce"].startswith("layerproof verify mine --only mine-strings")
    assert [row["control"] for row in found["controls"]] == ["ambiguous-rules", "lost-rule"]
    for row in found["controls"]:
        assert row["should_turn"] == row["turned"] == ["mine-strings"]
        assert not row["missed"] + row["strayed"]
    layerproof("report", "own", folder=folder)
    assert "lost-rule" in (folder / "own" / "report.html").read_text("utf-8")


def test_its_suite_is_named_where_suites_are(folder: Path) -> None:
    told = layerproof("verify", "--help", folder=folder).stdout.replace("│", " ")
    assert "zipf, mine." in " ".join(told.split())
    assert "zipf, mine" in layerproof("verify", "nowhere", folder=folder).stderr


def test_a_suite_with_a_check_that_no_control_turns_has_no_matrix(tmp_path: Path) -> None:
    install_example(tmp_path)
    checks = tmp_path / "my_statements" / "checks.py"
    checks.write_text(re.sub(r"    turned_by = .*\n", "", checks.read_text("utf-8")), "utf-8")
    done = layerproof("verify", "mine", "--controls", folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "mine-strings" in done.stderr
    assert "a control turns" in done.stderr


def test_the_examples_own_tests_pass(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_statements.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout


SEARCH = """
from hypothesis import strategies as st

from my_statements.checks import count_strings
from layerproof.theory.ensembles import draw
from layerproof.verify.searches import Comparison
from layerproof.verify.searches.base import GrammarSearch


def small(V, seed):
    return draw("uniform", vocabulary=V, rules=2, branching=2, levels=2, seed=seed)


class Mine(GrammarSearch):
    statement = "mine.strings"
    quantity = "number of strings"

    def strategy(self, form):
        return st.builds(small, st.integers(2, 4), st.integers(0, 99))

    def examine(self, instance, form):
        bound = self.formula(form, "count")(n=instance.classes, m=2, s=2, L=2)
        return Comparison(count_strings(instance), "<=", bound, rounding=0.0, scale=bound)


SEARCHES = [Mine()]
"""


def test_a_search_of_its_own_answers_refute(tmp_path: Path) -> None:
    files = {**example(), "my_statements/searches.py": SEARCH}
    groups = {
        "layerproof.statements": {"mine": "my_statements.statements"},
        "layerproof.sources": {"mine": "my_statements.statements"},
        "layerproof.searches": {"mine": "my_statements.searches"},
    }
    install(tmp_path, groups, files)
    done = layerproof("refute", "mine.strings", "--examples", "5", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["statement"], found["refuted"]) == ("mine.strings", False)
    assert found["examples"] >= 5


TAKEN = """
from my_statements import statements
from dataclasses import replace
SAME = statements.STRINGS
BUILT_IN = replace(SAME, id="R26.lemma-18")
LOST = replace(SAME, id="mine.lost", assumes=("mine.nowhere",))
NAMELESS = replace(SAME, id="")
ORPHAN = replace(SAME, id="nobody.strings")
RAISES = None
"""
MORE = """
from my_statements.checks import Strings


class Orphan(Strings):
    id = "mine-orphan"
    statement = "mine.nowhere"


class Formless(Strings):
    id = "mine-formless"
    forms = ("repaired",)


class BuiltIn(Strings):
    id = "lemma-18"


class Unturned(Strings):
    id = "mine-unturned"
    turned_by = ("no-such-control",)


ORPHAN, FORMLESS, BUILT_IN, UNTURNED = Orphan(), Formless(), BuiltIn(), Unturned()
"""


def _anew(group: str) -> Iterable[Any]:
    match group:
        case "checks":
            return Registry(CHECKS.own.values(), CHECK_KIND)
        case "controls":
            return Registry(CONTROLS.own.values(), CONTROL_KIND)
        case "suites":
            return Registry(SUITES.own.values(), SUITE_KIND)
    return catalogue()


@pytest.mark.parametrize(
    ("group", "value", "parts"),
    [
        ("statements", "my_statements.absent", ["ModuleNotFoundError", "absent"]),
        ("statements", "my_statements.statements:ABSENT", ["AttributeError", "ABSENT"]),
        ("statements", "my_statements.checks", ["a module with STATEMENTS", "NoneType"]),
        ("statements", "my_statements.crash", ["ZeroDivisionError", "at import"]),
        ("statements", "my_statements.leave", ["SystemExit"]),
        ("statements", "not a reference", ["not a reference"]),
        ("statements", "my_statements.wrong:BUILT_IN", ["R26.lemma-18", "layerproof itself"]),
        ("statements", "my_statements.wrong:SAME", ["mine.strings", "entry point 'mine' of my-st"]),
        ("statements", "my_statements.wrong:LOST", ["mine.lost.rests_on", "mine.nowhere"]),
        ("statements", "my_statements.wrong:NAMELESS", ["an id that is not empty"]),
        ("statements", "my_statements.wrong:ORPHAN", ["nobody.strings", "R26", "mine"]),
        ("sources", "my_statements.statements", ["mine", "entry point 'mine' of my-st"]),
        ("controls", "my_statements.controls", ["lost-rule", "entry point 'mine' of my-st"]),
        ("controls", "my_statements.checks", ["a module with CONTROLS", "NoneType"]),
        ("suites", "my_statements", ["FileNotFoundError", "second.toml"]),
        ("suites", "my_statements.absent", ["ModuleNotFoundError", "absent"]),
        ("checks", "my_statements.checks:Strings", ["Check", "not ABCMeta"]),
        ("checks", "my_statements.more:UNTURNED", ["mine-unturned", "no-such-control"]),
        ("checks", "my_statements.more:ORPHAN", ["mine-orphan", "mine.nowhere"]),
        ("checks", "my_statements.more:FORMLESS", ["mine-formless", "forms of mine.strings"]),
        ("checks", "my_statements.more:BUILT_IN", ["lemma-18", "layerproof itself"]),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    looked_at_anew: None,
    group: str,
    value: str,
    parts: list[str],
) -> None:
    install_example(tmp_path)
    files = {
        "my_statements/wrong.py": TAKEN,
        "my_statements/more.py": MORE,
        "my_statements/crash.py": "raise ZeroDivisionError('at import')",
        "my_statements/leave.py": "raise SystemExit(3)",
    }
    install(tmp_path, {f"layerproof.{group}": {"second": value}}, files, name="not-quite")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError) as refusal:
        list(_anew(group))
    text = str(refusal.value)
    for part in [*parts, "entry point 'second' of not-quite 0.1", f"layerproof.{group}"]:
        assert part in text


@pytest.mark.parametrize("group", ["statements", "sources", "checks", "searches", "suites"])
def test_a_package_that_cannot_be_imported_is_one_sentence_and_exit_code_4(
    tmp_path: Path, group: str
) -> None:
    install(tmp_path, {f"layerproof.{group}": {"second": "absent"}}, {}, name="not-quite")
    done = layerproof("statements", "R26.lemma-18", folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert "entry point 'second' of not-quite 0.1" in line


def test_a_broken_package_leaves_the_rest_of_the_command_line_alone(tmp_path: Path) -> None:
    install(tmp_path, {"layerproof.statements": {"second": "absent"}}, {}, name="not-quite")
    for arguments in (["--help"], ["predict", "-V", "8", "-m", "4", "-s", "2", "-L", "2"]):
        done = layerproof(*arguments, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout
