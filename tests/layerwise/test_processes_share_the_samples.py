"""Several processes train the learner that one process trains: the same samples, the same sums.

Each case is trained by two processes (gloo, on this machine) and by one. What differs is the order
in which shares are added up, so outputs agree to the rounding of a sum times the condition number
1 + 1/lambda of the ridge problem: far below 1e-8 for the ridges used here, in double precision.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from layerproof.layerwise.distributed import Rank, main
from layerproof.layerwise.models import load_model
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling import blocks
from layerproof.layerwise.sampling.batch import Batch, merge
from layerproof.layerwise.sampling.routes import ROUTES, Route, stage_batches
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.layerwise.training import Training, train
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import practical
from layerproof.theory.signals import Label
from tests.layerwise.instances import BINARY, UNEVEN

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")
PROCESSES = 2
FEW, MANY = 8, 400
"""Random features: fewer and more than there are distinct strings."""
CASES: list[tuple[str, Route, int | None]] = [
    ("strings", "strings", None),
    ("subtrees", "subtrees", FEW),
    ("counts", "counts", None),
    ("counts, few features", "counts", FEW),
    ("counts, many features", "counts", MANY),
]


def _train(grammar: Grammar, route: Route, features: int | None, part: Part) -> Training:
    schedule = practical(grammar, samples_per_level=[3000, 1000, 300], features=features)
    return train(grammar, schedule, seed=0, route=route, device="cpu", part=part)


def _answers(training: Training) -> Tensor:
    """Embeddings of some strings' tokens at every level: estimates that depend on the samples."""
    leaves, _ = next(sample_strings(training.grammar, 50, seed=1))
    learner = training.learner
    return torch.cat([learner.embed(leaves, level).flatten(1) for level in range(3)], dim=1)


def _work(index: int, folder: str) -> None:
    """One process: train every case as a part of PROCESSES and keep what the learner answers."""
    torch.set_num_threads(1)
    blocks.BLOCK_ENTRIES["cpu"] = 2**9  # several blocks for each
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=index, world_size=PROCESSES
    )
    answers = {}
    for name, route, features in CASES:
        training = _train(UNEVEN, route, features, Rank(index, PROCESSES))
        answers[name] = (_answers(training), [stage.loss for stage in training.stages])
    torch.save(answers, f"{folder}/answers-{index}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("processes")
    mp.start_processes(_work, (str(path),), nprocs=PROCESSES, start_method="spawn")
    return path


@pytest.mark.parametrize(("name", "route", "features"), CASES, ids=[case[0] for case in CASES])
def test_two_processes_train_what_one_does(
    folder: Path, name: str, route: Route, features: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ENTRIES", {"cpu": 2**9})
    alone = _train(UNEVEN, route, features, WHOLE)
    answers = [torch.load(folder / f"answers-{i}.pt")[name] for i in range(PROCESSES)]
    assert torch.equal(answers[0][0], answers[1][0])
    torch.testing.assert_close(answers[0][0], _answers(alone), rtol=0, atol=1e-8)
    assert answers[0][1] == pytest.approx([stage.loss for stage in alone.stages], rel=1e-9)


def test_another_seed_is_another_result(folder: Path) -> None:
    """The control of the comparison above: it would see different samples."""
    schedule = practical(UNEVEN, samples_per_level=[3000, 1000, 300])
    other = train(UNEVEN, schedule, seed=1, route="counts", device="cpu")
    answer = torch.load(folder / "answers-0.pt")["counts"][0]
    assert float((answer - _answers(other)).abs().max()) > 1e-4


@pytest.mark.parametrize("grammar", [BINARY, UNEVEN], ids=["packed", "plain"])
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("count", [2, 3, 50])
def test_parts_draw_the_samples_of_the_whole(
    count: int, route: Route, grammar: Grammar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there are more parts than blocks, so that some draw nothing."""
    monkeypatch.setattr(blocks, "BLOCK_ENTRIES", {"cpu": 2**9})
    shares = [
        stage_batches(
            route, grammar, 2, 1000, seed=0, signal=Label(), device=CPU, part=Part(i, count)
        )
        for i in range(count)
    ]
    parts = [merge(list(share), grammar.vocabularies[-1]) for share in shares]
    whole = stage_batches(route, grammar, 2, 1000, seed=0, signal=Label(), device=CPU)
    together = merge(parts, grammar.vocabularies[-1])
    expected = merge(whole, grammar.vocabularies[-1])
    assert torch.equal(together.leaves, expected.leaves)
    assert torch.equal(together.counts, expected.counts)
    assert isinstance(together, Batch)
    assert together.samples == 1000


def test_torchrun_writes_one_model(tmp_path: Path) -> None:
    grammar, model = tmp_path / "grammar.json", tmp_path / "model.safetensors"
    BINARY.save(grammar)
    options = ["--grammar", str(grammar), "--samples-per-level", "400,200,100", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "layerproof.layerwise.distributed", *options, "--route", "strings",
         "-o", str(model)],
        capture_output=True, text=True, cwd=ROOT, timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == BINARY.levels + 1
    schedule = practical(BINARY, samples_per_level=[400, 200, 100])
    alone = train(BINARY, schedule, seed=0, route="strings", device="cpu")
    torch.testing.assert_close(
        _answers(load_model(model, BINARY, device="cpu")), _answers(alone), rtol=0, atol=1e-8
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grammar.json", model.name]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--samples-per-level", "1,2"], "--samples-per-level is '1,2'; allowed: 3 whole numbers"),
        (["--samples-per-level", "a,b,c"], "--samples-per-level is 'a'; allowed: whole numbers"),
        (["--features", "0"], "--features is 0; allowed: a whole number, at least 1"),
        (["--device", "tpu"], "--device is 'tpu'; allowed: cpu, cuda"),
    ],
)
def test_bad_input_is_one_sentence(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grammar = tmp_path / "grammar.json"
    BINARY.save(grammar)
    common = ["--grammar", str(grammar), "-o", str(tmp_path / "model")]
    assert main([*common, *options]) == 4
    assert sentence in capsys.readouterr().err
