"""`layerproof invariance --module`: factories, lazy networks, several inputs, and a warning."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from layerproof.verify.cli import app
from tests.verify.measure.networks import GRAMMAR

NETS = """
import torch
from torch import nn
from tests.verify.measure.networks import Masked as masked


def lazy():
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(4))


def sized(grammar):
    return nn.Sequential(nn.Flatten(), nn.Linear(4 * grammar.vocabularies[-1], 4))


def by_name(width=8, *, grammar, **rest):
    return sized(grammar)


def by_default(width=8, grammar=None, **rest):
    return sized(grammar)


def needs_one(of_mine):
    return sized(of_mine)


def without(width=8, **grammar):
    assert not grammar
    return lazy()


def script(grammar):
    return torch.jit.script(sized(grammar))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "kinds_of_nets.py").write_text(NETS)
    GRAMMAR.save("grammar.json")
    yield tmp_path
    sys.modules.pop("kinds_of_nets", None)


def run(factory: str, *arguments: str) -> Result:
    mine = ("--module", f"kinds_of_nets:{factory}", "--grammar", "grammar.json", "--samples", "20")
    return CliRunner().invoke(app, ["invariance", *mine, "--device", "cpu", *arguments])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "factory", ["sized", "by_name", "by_default", "needs_one", "without", "script"]
)
def test_a_factory_gets_the_grammar_wherever_it_asks_for_it(factory: str) -> None:
    result = run(factory)
    assert result.exit_code == 0, result.output


def test_a_lazy_network_takes_a_checkpoint() -> None:
    whole = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4)
    )
    torch.save(whole.state_dict(), "net.pt")
    result = run("lazy", "--checkpoint", "net.pt", "--untrained", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["layers"] == ["0", "1", "2", "3"]
    assert found["values"] != found["baseline"]
    assert found["output"]["layer"] == "3"


def test_the_untrained_network_is_near_chance_and_says_so() -> None:
    result = run("sized", "--layers", "1")
    assert result.exit_code == 0
    assert "NEAR CHANCE" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    document = json.loads(run("sized", "--json").stdout)
    assert document["near_chance"] is True
    assert document["chance"] == 0.25
    assert document["accuracy_interval"][0] < document["accuracy"]


class TestInputs:
    BOTH = ("--input", "input_ids=strings", "--input", "attention_mask=ones")

    def test_they_are_given_by_name(self) -> None:
        result = run("masked", "--encoding", "tokens", *self.BOTH, "--scores", "scores", "--json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        assert found["layers"] == ["embed", "head"]
        assert found["accuracy"] is not None

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ((), "--input input_ids=strings --input attention_mask=ones"),
            (("--input", "mask"), "--input is 'mask'; allowed: NAME=WHAT, WHAT being strings"),
            (("--input", "a=ones", "--input", "a=zeros"), "each name once"),
            (("--input", "input_ids=tokens", "--input", "attention_mask=two"), "=two'"),
            (("--encoding", "tokens", *BOTH, "--scores", "x"), "--scores is 'x'; allowed: hidden"),
        ],
    )
    def test_what_is_missing_or_wrong_is_told(self, arguments: list[str], says: str) -> None:
        result = run("masked", *arguments)
        assert result.exit_code == 4
        assert says in result.stderr
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", [("--input", "x=ones"), ("--scores", "x")])
def test_a_model_file_has_no_use_for_them(option: tuple[str, str]) -> None:
    result = CliRunner().invoke(app, ["invariance", "model.safetensors", *option])
    assert result.exit_code == 4
    assert f"{option[0]} is" in result.stderr
    assert "only together with --module" in result.stderr
