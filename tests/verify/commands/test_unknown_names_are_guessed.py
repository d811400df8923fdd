"""Wherever a name is looked up, one that is not known is refused with the one it may stand for."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from layerproof.theory.ensembles import ensemble_of
from layerproof.theory.errors import MOST_LISTED, InputError, near_names, unknown_name
from layerproof.theory.phases import parse_sweep
from layerproof.theory.signals import signal_named
from layerproof.theory.sizes import Sizes
from layerproof.theory.statements import catalogue
from layerproof.verify.cli import app
from layerproof.verify.measure.invariance import matrix
from layerproof.verify.testing import control
from tests.layerwise.instances import BINARY

SIZES = ["-V", "4", "-m", "2", "-s", "2", "-L", "2"]

COMMANDS = {
    "a statement": (["statements", "theorem-7"], "R26.theorem-7"),
    "a statement without its source": (["statements", "Lemma 18"], "R26.lemma-18"),
    "a statement of verify": (["verify", "--only", "theorm-7"], "R26.theorem-7"),
    "a check": (["verify", "--only", "lemma-18-exakt"], "lemma-18-exact"),
    "a search": (["refute", "lemma-18"], "R26.lemma-18"),
    "a suite": (["verify", "quikc"], "quick"),
    "a command": (["veryfi"], "verify"),
    "an option": (["verify", "--worker", "2"], "--workers"),
    "a word of an option": (["verify", "--form", "printd"], "printed"),
    "an ensemble": (["draw", *SIZES, "--ensemble", "uniform-first"], "uniform-first-token"),
    "a signal": (["predict", *SIZES, "--signal", "labl"], "label"),
    "a route": (["train", *SIZES, "--route", "count", "-o", "m.safetensors"], "counts"),
    "a format": (["statements", "--graph", "dott"], "dot"),
}


@pytest.mark.parametrize(("arguments", "meant"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_says_which_name_may_be_meant(
    arguments: list[str], meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 4
    assert f"did you mean {meant}" in done.stderr
    assert len(done.stderr) < 600  # a catalogue is no answer
    assert not list(tmp_path.iterdir())


def _network() -> nn.Module:
    parts = {"flat": nn.Flatten(), "body": nn.Linear(32, 4, dtype=torch.float64)}
    return nn.Sequential(OrderedDict(parts))


LOOKED_UP: dict[str, tuple[Callable[[], object], str]] = {
    "statement": (lambda: catalogue()["theorem-7"], "R26.theorem-7"),
    "form": (lambda: catalogue()["R26.lemma-18"].form("repair"), "repaired"),
    "signal": (lambda: signal_named("lable"), "label"),
    "ensemble": (lambda: ensemble_of("unifrom", {}), "uniform"),
    "size": (lambda: Sizes.of({"vocabularly": 2}), "vocabulary"),
    "sweep": (lambda: parse_sweep("zip=0:1"), "zipf"),
    "layer": (lambda: matrix(_network(), BINARY, ["O"]), ""),
    "layer by name": (lambda: matrix(_network(), BINARY, ["boddy"]), "body"),
    "control": (lambda: control("dead-symbl"), "dead-symbol"),
}


@pytest.mark.parametrize(("look", "meant"), LOOKED_UP.values(), ids=LOOKED_UP)
def test_the_library_says_it_too(look: Callable[[], object], meant: str) -> None:
    with pytest.raises(InputError) as refused:
        look()
    assert (f"did you mean {meant}" in str(refused.value)) == bool(meant)


@pytest.mark.parametrize(
    ("good", "bad", "meant"),
    [
        ('id = "assumption-6a"', 'id = "assumption 6 A"', "assumption-6a"),
        ("trials = 3", "trails = 3", "trials"),
        ("V = 4", "Zipf = 4", "zipf"),
        ('forms = ["printed"]', 'forms = ["print"]', "printed"),
    ],
)
def test_suite_files_say_it_too(
    good: str, bad: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        'name = "mine"\nquestion = "?"\n[[check]]\nid = "assumption-6a"\nforms = ["printed"]\n'
        "trials = 3\nparameters = { V = 4, m = 2, s = 2, L = 2 }\n"
    )
    Path("mine.toml").write_text(text.replace(good, bad))
    done = CliRunner().invoke(app, ["verify", "mine.toml", "-o", "kept"])
    assert done.exit_code == 4
    assert f"did you mean {meant}?" in done.stderr


def test_a_part_after_the_point_stands_for_every_name_that_has_it() -> None:
    known = ["C24.noise", "derived.noise", "R26.lemma-18"]
    assert near_names("noise", known) == ["C24.noise", "derived.noise"]
    assert "did you mean C24.noise or derived.noise?" in str(unknown_name("id", "noise", known))


def test_a_name_that_is_near_none_gets_no_guess_and_a_long_list_is_cut() -> None:
    names = [f"name-{i}" for i in range(MOST_LISTED + 5)]
    told = str(unknown_name("id", "quite another", names))
    assert "did you mean" not in told
    assert f"({len(names)} in all)" in told
    assert names[-1] not in told
    assert "nothing" in str(unknown_name("id", "x", []))
