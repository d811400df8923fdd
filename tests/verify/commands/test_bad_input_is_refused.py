"""Bad usage and bad input: exit code 4 and one clear sentence, no traceback, nothing written."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from layerproof.verify.cli import app
from layerproof.verify.commands.folders import make

SIZES = ["-V", "4", "-m", "2", "-s", "2", "-L", "2"]
COMMANDS = [command.callback.__name__ for command in app.registered_commands if command.callback]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result: Result, *parts: str) -> None:
    """Exit code 4, nothing on standard output, one sentence that has all `parts`."""
    assert result.exit_code == 4, result.output
    assert result.stdout == ""
    sentence = result.stderr
    assert sentence.startswith("layerproof: ")
    assert sentence.count("\n") == 1, sentence
    for part in parts:
        assert part in sentence


@pytest.fixture
def grammar_file(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a grammar with the given changes to a file; a string is written as it is."""

    def write(changes: dict[str, Any] | str) -> Path:
        good = {
            "schema": "layerproof/grammar/1",
            "vocabularies": [2, 2],
            "rules": [[[[0, 1], [1, 1]], [[1, 0], [0, 0]]]],
        }
        text = changes if isinstance(changes, str) else json.dumps(good | changes)
        path = tmp_path / "grammar.json"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["command is missing", "draw, predict"]),
        (["prove"], ["'prove'", "draw, predict"]),
        (["--frobnicate"], ["--frobnicate"]),
        (["draw", "--frobnicate"], ["--frobnicate", "--vocabulary"]),
        (["draw", "-Q"], ["-Q", "--vocabulary"]),
        (["draw", "-V"], ["-V"]),
        (["draw", "--json=3"], ["--json"]),
        (["draw", *SIZES, "extra"], ["extra"]),
        (["draw", "-m", "2", "-s", "2", "-L", "2"], ["-V/--vocabulary is missing"]),
        (["predict"], ["-V/--vocabulary is missing", "--grammar FILE"]),
        (["statements", "R26.lemma-999"], ["R26.lemma-999"]),
        (["verify", "no-such-suite"], ["no-such-suite"]),
        (["verify", "--only", "R26.lemma-999"], ["--only", "R26.lemma-999"]),
        (["verify", "--form", "improved"], ["--form", "'improved'", "printed, repaired"]),
        (["verify", "--workers", "0"], ["--workers", "'0'"]),
        (["verify", "--budget", "huge"], ["--budget", "'huge'", "full, quick"]),
        (["train", *SIZES, "--samples-per-level", "10"], ["--samples-per-level", "2"]),
        (["train", *SIZES, "--samples-per-level", "10,x"], ["--samples-per-level", "'10,x'"]),
        (["train", *SIZES, "--samples-per-level", "10,-1"], ["--samples-per-level", "'10,-1'"]),
        (["train", *SIZES, "--samples-per-level", "1,1", "--multiple", "3"], ["--multiple"]),
        (["train", *SIZES, "--multiple", "0"], ["--multiple", "'0'", "positive"]),
        (["train", *SIZES, "--multiple", "nan"], ["--multiple", "'nan'", "positive"]),
        (["train", *SIZES, "--multiple", "1e300"], ["--multiple", "'1e300'", "from 1 to 10"]),
        (["train", *SIZES, "--samples-per-level", f"1,{10**18 + 1}"], ["--samples-per-level"]),
        (["train", *SIZES, "--samples-per-level", f"1,{10**40}"], ["from 1 to 922337"]),
        (["train", *SIZES, "--features", "1" * 40], ["exact", "from 1 to 922337"]),
        (["draw", *SIZES, "--seed", "1" * 5000], ["--seed", "from 0 to 922337"]),
        (["draw", *SIZES, "--seed", f"-{10**40}"], ["--seed", "at least 0"]),
        (["assumptions", *SIZES[:2], *SIZES[4:], "--sweep", "m=2:1000000000000"], ["below 10^9"]),
        (["train", *SIZES, "--features", "some"], ["--features", "'some'", "exact"]),
        (["train", *SIZES, "--features", "0"], ["--features", "'0'", "exact"]),
        (["train", *SIZES, "--route", "guess"], ["--route", "'guess'", "strings"]),
        (["invariance"], ["MODEL"]),
        (["assumptions", *SIZES, "--draws", "0"], ["--draws", "'0'"]),
        (["predict", *SIZES, "--json", "--latex"], ["--latex"]),
    ],
)
def test_a_usage_error_names_what_was_found_and_what_is_allowed(
    arguments: list[str], parts: list[str]
) -> None:
    refused(run(*arguments), *parts)


@pytest.mark.parametrize(
    ("arguments", "name", "parts"),
    [
        (["verify"], "suite.toml", ["suite.toml"]),
        (["train", *SIZES, "-o"], "model.safetensors", ["-o/--output"]),
        (["invariance"], "model.safetensors", ["model.safetensors"]),
    ],
)
def test_a_folder_that_is_not_there_is_refused(
    arguments: list[str], name: str, parts: list[str], tmp_path: Path
) -> None:
    refused(run(*arguments, tmp_path / "absent" / name), *parts)


@pytest.mark.parametrize("option", ["-V", "-m", "-s", "-L", "--classes", "--seed"])
@pytest.mark.parametrize("value", ["-3", "1.5", "many", "", "1" * 40])
def test_a_size_that_is_no_size_is_refused_by_its_option(option: str, value: str) -> None:
    for command in ("draw", "predict", "assumptions"):
        refused(run(command, *SIZES, option, value), option, f"{value!r}", "whole number")


@pytest.mark.parametrize("option", ["-V", "-m", "-s", "-L", "--classes"])
def test_a_size_of_zero_is_refused(option: str) -> None:
    refused(run("draw", *SIZES, option, "0"), option, "'0'", "at least 1")


@pytest.mark.parametrize("command", ["draw", "predict", "assumptions"])
def test_an_ensemble_with_too_few_patches_is_refused(command: str) -> None:
    crowded = ["-V", "4", "-m", "5", "-s", "2", "-L", "2"]
    refused(run(command, *crowded), "-m/--rules", "5", "4")
    refused(run(command, *crowded, "--ensemble", "uniform"), "-m/--rules", "5", "4")


def test_an_unknown_ensemble_is_refused_with_the_known_ones() -> None:
    refused(run("draw", *SIZES, "--ensemble", "zipf"), "--ensemble", "'zipf'", "uniform")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "tpu", "cuda:x"])
@pytest.mark.parametrize("command", ["draw", "predict", "assumptions", "train", "statements"])
def test_a_device_that_is_not_there_is_refused(
    command: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    sizes = [] if command == "statements" else SIZES
    refused(run(command, *sizes, "--device", device), "--device", repr(device), "cpu")


@pytest.mark.parametrize("command", ["predict", "assumptions", "train"])
def test_a_grammar_file_that_cannot_be_read_is_refused(command: str, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        refused(run(command, "--grammar", path), path.name)
    (tmp_path / "binary.json").write_bytes(b"\xff\x00\xfe")
    refused(run(command, "--grammar", tmp_path / "binary.json"), "binary.json")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ("{", ["JSON"]),
        ("", ["JSON"]),
        ("[1, 2]", ["object"]),
        ({"schema": "layerproof/grammar/2"}, ["schema", "layerproof/grammar/1"]),
        ({"rulez": []}, ["rulez"]),
        ({"rules": [[[[0, 1], [1, 2]], [[1, 0], [0, 0]]]]}, ["rules[0][0][1][1]", "2"]),
        ({"rules": [[[[0, 1], [1, -1]], [[1, 0], [0, 0]]]]}, ["rules[0][0][1][1]", "-1"]),
        ({"rules": [[[[0, 1], [1]], [[1, 0], [0, 0]]]]}, ["rules[0][0][1]"]),
        ({"rules": [[[[0, 1], [0, 1]], [[1, 0], [0, 0]]]]}, ["rules[0][0]"]),
        ({"rules": [[[[0, 1]]]]}, ["rules[0]"]),
        ({"rules": []}, ["rules"]),
        ({"rules": None}, ["rules", "is None"]),
        ({"vocabularies": [2, 0]}, ["vocabularies"]),
        ({"vocabularies": "many"}, ["vocabularies"]),
        ({"probabilities": [[[0.5, 0.6], [0.5, 0.5]]]}, ["probabilities[0][0]", "1"]),
        ({"probabilities": [[[-0.5, 1.5], [0.5, 0.5]]]}, ["probabilities[0][0]", "-0.5"]),
        ({"probabilities": [[[1.0], [0.5, 0.5]]]}, ["probabilities[0][0]"]),
        ({"label_prior": [0.9, 0.9]}, ["label_prior"]),
        ({"label_prior": [-1, 2]}, ["label_prior"]),
        ('{"schema": "layerproof/grammar/1", "vocabularies": [NaN, 2]}', ["nan"]),
    ],
)
def test_a_grammar_that_is_none_is_refused_by_field_and_file(
    grammar_file: Callable[[Any], Path], changes: Any, parts: list[str]
) -> None:
    path = grammar_file(changes)
    for command in ("predict", "assumptions"):
        refused(run(command, "--grammar", path), str(path), *parts)


def test_a_grammar_file_and_sizes_together_are_refused(
    grammar_file: Callable[[Any], Path],
) -> None:
    for command in ("predict", "assumptions", "train"):
        for extra in (["-V", "4"], ["--ensemble", "uniform"], ["--ensemble", "nonsense"]):
            refused(run(command, "--grammar", grammar_file({}), *extra), "--grammar", extra[0])


def test_an_ensemble_that_is_swept_is_not_named_again() -> None:
    sweep = [*SIZES, "--sweep", "ensemble=uniform"]
    refused(run("assumptions", *sweep, "--ensemble", "uniform"), "--ensemble", "not both")


def test_draws_from_a_file_are_refused(grammar_file: Callable[[Any], Path]) -> None:
    refused(run("assumptions", "--grammar", grammar_file({}), "--draws", "3"), "--draws")


def test_a_refused_command_writes_nothing(tmp_path: Path) -> None:
    refused(run("draw", *SIZES, "-m", "9", "-o", tmp_path / "g.json"), "-m/--rules")
    refused(run("draw", *SIZES, "-o", tmp_path / "no" / "g.json"), "-o/--output")
    refused(run("draw", *SIZES, "-o", tmp_path), "-o/--output", "directory")
    refused(run("verify", "no-such-suite", "-o", tmp_path / "results"), "no-such-suite")
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_without_its_packages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused(run("verify", "--cluster", "tcp://127.0.0.1:1"), "--cluster", ".[cluster]")


def test_results_cannot_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(run("verify", "-o", tmp_path / "file"), "-o/--output", "folder")


def test_two_runs_of_one_second_have_a_folder_each(tmp_path: Path) -> None:
    made = [make(tmp_path / "runs" / "quick-1", new=True) for _ in range(3)]
    assert [path.name for path in made] == ["quick-1", "quick-1-2", "quick-1-3"]
    assert make(made[0]) == made[0]  # a folder that was named is taken as it is


@pytest.mark.parametrize(
    "command",
    [
        ["verify"],
        ["refute", "R26.lemma-18"],
        ["assumptions", "-V", "4", "-s", "2", "-L", "2", "--sweep", "m=2"],
    ],
)
def test_a_folder_without_a_name_is_refused(command: list[str]) -> None:
    refused(run(*command, "-o", ""), "-o/--output is ''")


def test_a_suite_file_that_is_none_is_refused_by_field(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    for text, part in [("name = ", "mine.toml"), ('name = "mine"', "question")]:
        path.write_text(text)
        refused(run("verify", path), part)


def test_the_request_that_exceeds_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*arguments: Any, **options: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("layerproof.theory.ensembles.Ensemble.draw", exhausted)
    refused(run("draw", *SIZES), "memory")


def test_a_defect_exits_3_and_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("layerproof.theory.ensembles.Ensemble.draw", broken)
    result = run("draw", *SIZES)
    assert result.exit_code == 3
    assert "defect of layerproof" in result.stderr


def test_an_interruption_exits_2_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("layerproof.theory.ensembles.Ensemble.draw", interrupted)
    result = run("draw", *SIZES, "-o", tmp_path / "g.json")
    assert result.exit_code == 2
    assert "interrupted" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_seed_device_json_and_shows_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    for text in ("--seed", "--device", "--json"):
        assert text in result.stdout
    assert re.search(r"Examples?:\s+layerproof", result.stdout)
