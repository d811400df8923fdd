"""`generate` trains, tells what was learned beside floor and null, and goes on where it stopped."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from typer.testing import CliRunner, Result

from layerproof.layerwise.generators import descent
from layerproof.layerwise.generators.checkpoint import load_denoiser
from layerproof.layerwise.objectives.denoising import DENOISING
from layerproof.verify.cli import app
from layerproof.verify.commands.generation_request import NOISES
from layerproof.verify.measure import generation_report
from layerproof.verify.report.schemas import published

SIZES = ["-V", "4", "-m", "2", "-s", "2", "-L", "2", "--device", "cpu"]
SHORT = [*SIZES, "--steps", "30", "--width", "16"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["generate", *map(str, arguments)])


def document(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(published("generation.schema.json")).validate(found)
    return found


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_report, "EXAMINED", 400)
    monkeypatch.setattr(generation_report, "MADE", 100)
    monkeypatch.setattr(generation_report, "REVERSE_STEPS", 5)


@pytest.mark.parametrize("noise", ["masking", "uniform", "gaussian"])
def test_all_that_was_trained_stands_beside_floor_and_null(noise: str) -> None:
    found = document(*SHORT, "--noise", noise)
    losses = found["losses"]
    assert losses["exact"]["estimate"] < losses["trained"]["estimate"]
    assert losses["exact"]["estimate"] < losses["null"]["estimate"]
    excess = losses["trained"]["estimate"] - losses["exact"]["estimate"]
    assert losses["excess"]["estimate"] == pytest.approx(excess)
    assert losses["excess"]["interval"][0] < excess < losses["excess"]["interval"][1]
    levels = found["generated"]["levels"]
    assert [level["valid_null"] for level in levels] == [pytest.approx(0.5)] * 2
    assert [level["whole_null"] for level in levels] == [pytest.approx(f) for f in (1 / 8, 1 / 4)]
    assert (found["levels"] is None) == (noise != "masking")
    assert found["generated"]["copied"] is None
    if noise == "masking":
        assert [level["valid_exact"]["estimate"] for level in levels] == [1.0, 1.0]


def test_text_fits_and_an_interrupted_training_goes_on(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "denoiser.safetensors"
    asked = [*SHORT, "--strings", "10", "-o", path]
    whole = document(*asked)
    assert whole["generated"]["copied"]["exact"] == pytest.approx(10 / 32)
    weights = load_denoiser(path, torch.device("cpu")).descent.tensors()
    path.unlink()

    kept = descent.AdamRun.tensors

    def interrupted(self: descent.AdamRun) -> Any:
        if self.step == 30:
            raise KeyboardInterrupt
        return kept(self)

    with monkeypatch.context() as patch:
        patch.setattr(descent.AdamRun, "tensors", interrupted)
        done = run(*asked)
    assert done.exit_code == 2
    assert "step 25 is kept in" in done.stderr
    assert "--resume" in done.stderr
    done = run(*asked, "--resume")
    assert done.exit_code == 0, done.output
    *told, wrote = done.stdout.splitlines()
    assert max(map(len, told)) <= 80
    assert wrote.startswith("wrote ")
    again = load_denoiser(path, torch.device("cpu")).descent.tensors()
    assert all(torch.equal(again[name], value) for name, value in weights.items())


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--noise", "blue"], ["--noise", "'blue'", "masking, uniform, gaussian"]),
        (["--body", "transformer"], ["--body", "'transformer'", "u-net"]),
        (["--width", "0"], ["--width", "'0'"]),
        (["--steps", "none"], ["--steps", "'none'"]),
        (["--strings", "33"], ["--strings", "33", "at most 32"]),
        (["--strings", "3", "--train-on", "x"], ["--strings", "not both"]),
        (["--train-on", "off.txt"], ["string 1", "off the grammar"]),
        (["--train-on", "short.txt"], ["4 tokens"]),
        (["--resume"], ["--resume", "-o FILE"]),
        (["--resume", "-o", "missing.safetensors"], ["missing.safetensors"]),
        (["-L", "24"], ["the length of strings", "fits into memory"]),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(
    arguments: list[str], parts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    from layerproof import draw

    grammar = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    top = grammar.rules[0][0][0]
    leaves = " ".join(str(t) for token in top for t in grammar.rules[1][token][0])
    absent = next(
        t for t in range(4) if not any((p == [t, t]).all() for p in grammar.patches(2)[0])
    )
    (tmp_path / "off.txt").write_text(f"{leaves}\n{' '.join([str(absent)] * 4)}\n")
    (tmp_path / "short.txt").write_text("0 0 0\n")
    done = run(*SHORT, *arguments)
    assert (done.exit_code, done.stdout) == (4, ""), done.output
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


def test_every_noise_that_can_be_trained_is_offered() -> None:
    """The names stand with the command, as the objectives load torch."""
    assert set(NOISES) == set(DENOISING)
