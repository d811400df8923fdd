"""`--encoding`: by a name, or by a function of the user's own in a file or a module."""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from layerproof.theory.ensembles import draw
from layerproof.verify.cli import app
from layerproof.verify.measure.invariance.encodings import ENCODINGS, encoding

NETS = """
import torch
from torch import nn
from helpers_of_mine import SIZE

def net(grammar):
    return nn.Sequential(nn.Flatten(), nn.Linear(4 * SIZE, 3))

def one_hot(leaves):
    return torch.nn.functional.one_hot(leaves, SIZE).float().transpose(1, 2)

text = "no function"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "types.py").write_text(NETS)  # a module of Python has this name
    (tmp_path / "mine" / "helpers_of_mine.py").write_text("SIZE = 4")
    draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0).save(
        "grammar.json"
    )
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name == "helpers_of_mine" or name.endswith("types.py"):
            del sys.modules[name]


def run(*arguments: str) -> Result:
    mine = ("--module", "mine/types.py:net", "--grammar", "grammar.json", "--samples", "20")
    return CliRunner().invoke(app, ["invariance", *mine, *arguments])


def test_a_function_of_a_file_is_as_good_as_the_name() -> None:
    named, own = run("--json"), run("--json", "--encoding", "mine/types.py:one_hot")
    assert named.exit_code == 0, named.output
    assert json.loads(own.stdout) == json.loads(named.stdout)


def test_a_function_of_a_module_is_found() -> None:
    assert run("--encoding", "torch.nn.functional:one_hot").exit_code == 4  # of integers
    own = run("--json", "--encoding", "torch:Tensor.float")
    assert "a function or class of torch" in own.stderr


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("binary", "one-hot, whitened, standardised, centred, tokens, or a function: file.py:func"),
        ("mine/no.py:encode", "allowed: a file"),
        ("mine/types.py:text", "a function or class of mine/types.py"),
        ("mine/types.py:", "package.module:function, or file.py:function"),
        ("no_such_module:f", "No module named 'no_such_module'"),
    ],
)
def test_what_is_no_encoding_is_refused_by_name(encoding: str, says: str) -> None:
    result = run("--encoding", encoding)
    assert result.exit_code == 4, result.output
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


class TestWhitening:
    @pytest.mark.parametrize("vocabulary", [2, 5, 16])
    def test_every_input_has_mean_zero_and_variance_one(self, vocabulary: int) -> None:
        points = self.points("standardised", vocabulary)
        assert torch.allclose(points.mean(dim=0), torch.zeros(vocabulary, 1).double(), atol=1e-12)
        assert torch.allclose(points.square().mean(dim=0), torch.ones(vocabulary, 1).double())

    @pytest.mark.parametrize("vocabulary", [2, 5, 16])
    def test_the_centred_one_is_that_of_the_code_of_c24(self, vocabulary: int) -> None:
        """(x - 1/V) / √(1 - 1/V) of one-hot x."""
        plain = self.points("one-hot", vocabulary)
        expected = (plain - 1 / vocabulary) / math.sqrt(1 - 1 / vocabulary)
        assert torch.allclose(self.points("centred", vocabulary), expected)
        assert torch.allclose(expected.square().sum(dim=1), torch.ones(vocabulary, 1).double())

    def points(self, name: str, vocabulary: int) -> torch.Tensor:
        tokens = torch.arange(vocabulary)[:, None]
        return encoding(name, "last", vocabulary, torch.float64)(tokens)

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_one_token_alone_is_put_finitely(self, name: str) -> None:
        assert self.points(name, 1).isfinite().all()
