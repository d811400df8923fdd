"""`layerproof invariance --module`: a user's network from a factory and a checkpoint."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner, Result

from layerproof.theory.ensembles import draw
from layerproof.verify.cli import app
from layerproof.verify.measure.invariance import matrix

NETS = """
import torch
from torch import nn


def cnn(grammar):
    size = grammar.vocabularies[-1]
    return nn.Sequential(
        nn.Conv1d(size, 8, 2, 2), nn.ReLU(), nn.Conv1d(8, 8, 2, 2), nn.ReLU(),
        nn.Flatten(), nn.Linear(8, grammar.classes),
    )


def plain(width=8):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, width))


def raises(grammar):
    raise ValueError("no width")


def nothing():
    return 3


def leaves():
    raise SystemExit(7)


def whole():
    return nn.Linear(4, 4)


def talks(grammar):
    print("hello")
    return cnn(grammar)


class Quits(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, inputs):
        raise SystemExit(0)


class Sums(nn.Module):
    def __init__(self):
        super().__init__()
        self.total = nn.Flatten(0)

    def forward(self, inputs):
        return self.total(inputs.sum(0))


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(5, 2))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_nets.py").write_text(NETS)
    (tmp_path / "broken_nets.py").write_text("import nothing_of_this_name")
    GRAMMAR.save("grammar.json")
    yield tmp_path
    sys.modules.pop("my_nets", None)


GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)


def _network() -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(7)
        space: dict[str, object] = {}
        exec(NETS, space)
        found: torch.nn.Module = space["cnn"](GRAMMAR)  # type: ignore[operator]
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["invariance", *arguments])


MINE = ("--module", "my_nets:cnn", "--grammar", "grammar.json", "--device", "cpu")


@pytest.mark.parametrize("kind", ["safetensors", "state dict", "training checkpoint"])
def test_the_command_prints_the_matrix_of_the_checkpoint(kind: str) -> None:
    model = _network()
    if kind == "safetensors":
        name = "net.safetensors"
        save_file(model.state_dict(), name)
    else:
        name = "net.pt"
        state = model.state_dict()
        torch.save(state if kind == "state dict" else {"epoch": 3, "state_dict": state}, name)
    result = run(*MINE, "--checkpoint", name, "--layers", "1, 3, 5", "--samples", "50", "--json")
    assert result.exit_code == 0, result.output
    expected = matrix(model, GRAMMAR, ["1", "3", "5"], samples=50, seed=0)
    assert json.loads(result.stdout) == expected.to_dict()


def test_the_table_fits_and_the_file_holds_what_is_printed(folder: Path) -> None:
    result = run(*MINE, "--untrained", "--samples", "50", "-o", "found")
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    for word in ("level 1", "level 2", "95%", "baseline"):
        assert word in result.stdout
    written = json.loads((folder / "found" / "invariance.json").read_text())
    assert written["layers"] == ["0", "1", "2", "3", "4", "5"]
    assert len(written["values"]) == 2


def test_an_untrained_network_depends_on_the_seed_alone() -> None:
    state = torch.get_rng_state()
    first, again, other = (
        run(*MINE, "--samples", "20", "--seed", seed, "--json").stdout for seed in ("1", "1", "2")
    )
    assert first == again
    assert json.loads(first)["values"] != json.loads(other)["values"]
    assert torch.equal(torch.get_rng_state(), state)


def test_a_small_network_of_ones_own_takes_seconds() -> None:
    torch.save(_network().state_dict(), "net.pt")
    started = time.perf_counter()
    result = run(*MINE, "--checkpoint", "net.pt")
    assert result.exit_code == 0, result.output
    assert time.perf_counter() - started < 10  # as promised for two cores


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--module", "my_nets"), "package.module:factory"),
        (("--module", "no_such_nets:cnn"), "No module named 'no_such_nets'"),
        (("--module", "broken_nets:cnn"), "nothing_of_this_name"),
        (("--module", "my_nets:other"), "a function or class of my_nets"),
        (("--module", "my_nets:raises"), "ValueError: no width"),
        (("--module", "my_nets:nothing"), "not of a int"),
        (("--module", "my_nets:Net"), "float32 (7, 4, 4)"),
        (("--module", "my_nets:plain", "--encoding", "tokens"), "int64 (7, 4)"),
        (("--layers", "conv1"), "layer is 'conv1'; allowed: 0, 1"),
        (("--module", "my_nets:leaves"), "SystemExit: 7"),
        (("--module", "my_nets:Quits"), "SystemExit: 0"),
        (("--module", "my_nets:whole", "--layers", "0"), "none: it has no submodules"),
        (("--module", "my_nets:Sums"), "none of total"),
        (("--samples", "1"), "--samples is"),
        (("--samples", ""), "--samples is"),
        (("--samples", str(10**18)), "--samples is '1000000000000000000'; allowed: a whole"),
        (("--represents", "2,1"), "--represents is [2, 1]; allowed: one entry for each of 6"),
        (("--represents", "0,0,0,0,0,3"), "--represents is 3; allowed: a whole number from 0 to"),
        (("--represents", "0,0,0,0,0,x"), "--represents is 'x'"),
        (("--normalisation", "l2"), "--normalisation is 'l2'"),
        (("--encoding", "binary"), "--encoding is 'binary'"),
        (("--positions", "first"), "--positions is 'first'"),
        (("--checkpoint", "nowhere.pt"), "allowed: a file"),
        (("model.safetensors",), "not both"),
        (("-o", "matrix.json"), "-o/--output is 'matrix.json'; allowed: the name of a folder"),
        (("-o", "grammar.json/deep", "--samples", "20"), "-o/--output is"),
        (("--force",), "--force is 'without a folder'"),
        (("--checkpoint-key", "net"), "--checkpoint-key is 'net'; allowed: only together with"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    result = run(*MINE, *arguments)
    assert result.exit_code == 4
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_checkpoint_that_does_not_fit_says_what_is_missing_and_what_is_not_known() -> None:
    state = _network().state_dict()
    cases = {
        "no values for: 5.bias": {k: v for k, v in state.items() if k != "5.bias"},
        "the network lacks: head.bias": state | {"head.bias": torch.zeros(2)},
        "0.bias (3,), which is (8,)": state | {"0.bias": torch.zeros(3)},
        "a state dict": {"epoch": 3},
    }
    for sentence, tensors in cases.items():
        torch.save(tensors, "net.pt")
        result = run(*MINE, "--checkpoint", "net.pt")
        assert result.exit_code == 4
        assert sentence in result.stderr


class Loud:
    """What a pickle may do to whoever opens it."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("opened"),))


def test_no_pickle_is_executed(folder: Path) -> None:
    torch.save({"net": Loud()}, "net.pt")
    (folder / "garbage.pt").write_bytes(b"no tensors")
    (folder / "garbage.safetensors").write_bytes(b"no tensors")
    for name in ("net.pt", "garbage.pt", "garbage.safetensors"):
        result = run(*MINE, "--checkpoint", name)
        assert result.exit_code == 4
        assert "allowed: a safetensors file" in result.stderr
    assert not (folder / "opened").exists()


def test_the_command_needs_a_model_or_a_network() -> None:
    assert "MODEL is missing" in run().stderr
    assert "--grammar is missing" in run("--module", "my_nets:cnn").stderr


@pytest.mark.parametrize(
    "option",
    [
        ("--checkpoint", "net.pt"),
        ("--layers", "1"),
        ("--represents", "1"),
        ("--samples", "2000"),
        ("--normalisation", "nonsense"),
        ("--encoding", "tokens"),
        ("--positions", "last"),
        ("--untrained",),
        ("--checkpoint-key", "net"),
    ],
)
def test_what_a_model_file_has_no_use_for_is_refused(option: tuple[str, ...]) -> None:
    result = run("model.safetensors", *option)
    assert result.exit_code == 4
    assert option[0] in result.stderr
    assert "only together with --module" in result.stderr


def test_a_checkpoint_with_values_that_are_not_finite_is_refused() -> None:
    state = _network().state_dict()
    state["5.bias"][0] = float("nan")
    torch.save(state, "net.pt")
    result = run(*MINE, "--checkpoint", "net.pt")
    assert result.exit_code == 4
    assert "not finite in: 5.bias" in result.stderr


def test_what_a_factory_prints_is_not_in_the_document() -> None:
    result = run(*MINE[2:], "--module", "my_nets:talks", "--samples", "20", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["samples"] == 20
    assert result.stderr == "hello\n"


def test_the_levels_that_layers_hold_are_told_and_can_be_named() -> None:
    """Two names are taken for the levels 1 and 0, three for 2, 1 and 0; nobody has to guess."""
    few = ("--samples", "20", "--layers")
    told = run(*MINE, *few, "1,3").stdout
    assert "predicted, level 1" in told
    assert "predicted, level 0" in told
    found = json.loads(run(*MINE, *few, "1,3,5", "--json").stdout)
    assert found["represents"] == [2, 1, 0]
    named = json.loads(run(*MINE, *few, "0,1,2,3", "--represents", "1,1,-,0", "--json").stdout)
    assert named["represents"] == [1, 1, None, 0]
    by_number = json.loads(run(*MINE, *few, "1,3", "--json").stdout)
    for row, other in zip(named["predicted"], by_number["predicted"], strict=True):
        assert row == [other[0], other[0], None, other[1]]
    none = run(*MINE, *few, "0,1,2,3").stdout
    assert "predicted," not in none
    assert "No prediction: only 2 or 3 layers" in " ".join(none.split())
