"""Denoisers are trained by a stated rule, taken up bit for bit, and refuse what is not theirs."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from layerproof.layerwise.architectures import BODIES
from layerproof.layerwise.denoising import ExactDenoiser
from layerproof.layerwise.generators import (
    AdamDescent,
    AdamRun,
    DenoiserPlan,
    IndependentTokens,
    LearnedDenoiser,
    generated,
    parses,
    random_shares,
    train_denoiser,
)
from layerproof.layerwise.generators.checkpoint import (
    check_same_plan,
    denoiser_bytes,
    load_denoiser,
)
from layerproof.layerwise.generators.training import training_strings
from layerproof.layerwise.objectives.denoising import DENOISING
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from tests.layerwise.instances import EXAMPLES, UNEVEN

CPU = torch.device("cpu")
GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
SHORT = AdamDescent(steps=20, batch=16, every=5)
SMALL = replace(BODIES["u-net"], width=8)
PLAN = DenoiserPlan(GRAMMAR, body=SMALL, descent=SHORT)

each_noise = pytest.mark.parametrize("noise", DENOISING)


def strings_of(grammar: object, count: int = 300) -> Tensor:
    sampler = StringSampler(grammar, CPU)  # type: ignore[arg-type]
    return sampler.trees(count, torch.Generator().manual_seed(1))[-1]


@each_noise
@pytest.mark.parametrize("grammar", EXAMPLES.values(), ids=EXAMPLES)
def test_no_law_costs_less_than_the_exact_one_and_the_null_more(noise: str, grammar) -> None:
    objective, symbols = DENOISING[noise], grammar.vocabularies[-1]
    tokens = strings_of(grammar)
    noisy = objective.corrupted(tokens, symbols, torch.Generator().manual_seed(2))
    exact = ExactDenoiser(grammar, objective.process(symbols), CPU)
    null = IndependentTokens(grammar, exact.process, CPU)
    uniform = torch.full((*tokens.shape, symbols), 1.0 / symbols, dtype=torch.float64).log()
    least, blind, worst = (
        float(objective.costs(law, tokens, noisy).mean())
        for law in (
            exact.means(noisy.seen, noisy.noise).log(),
            null.log_means(noisy.seen, noisy.noise),
            uniform,
        )
    )
    assert 0 <= least < blind < worst


def test_masked_tokens_are_weighed_so_that_a_string_costs_what_it_should() -> None:
    """Uniform guesses cost d log V whatever the mask."""
    tokens = strings_of(GRAMMAR)
    noisy = DENOISING["masking"].corrupted(tokens, 4, torch.Generator().manual_seed(2))
    law = torch.full((*tokens.shape, 4), 0.25, dtype=torch.float64).log()
    costs = DENOISING["masking"].costs(law, tokens, noisy)
    assert torch.allclose(costs, torch.full_like(costs, 4 * np.log(4)))


@dataclass
class Told:
    """A task whose held-out losses are told beforehand."""

    losses: list[float] = field(default_factory=list)

    def costs(self, network: nn.Module, step: int, batch: int) -> Tensor:
        return next(network.parameters()).square().sum().expand(batch)

    def held_out(self, network: nn.Module) -> float:
        return self.losses.pop(0)


def test_the_rule_ends_it_and_the_weights_of_the_lowest_are_kept() -> None:
    settings = AdamDescent(steps=100, batch=1, every=10, patience=3)
    descent, seen = AdamRun(nn.Linear(1, 1), settings), []
    kept: list[Tensor] = []

    def keep(found: AdamRun) -> None:
        kept.append(next(found.network.parameters()).detach().clone())

    descent.run(Told([3, 1, 2, 1, 1.5, 0]), progress=seen.append, keep=keep)
    assert [held.step for held in descent.history] == [10, 20, 30, 40, 50]
    assert descent.stalled
    assert descent.lowest is not None
    assert descent.lowest.step == 20
    assert torch.equal(next(iter(descent.best.values())), kept[1])
    assert seen[-1].fraction == 1.0
    with pytest.raises(InputError, match="rate is"):
        AdamRun(nn.Linear(1, 1), settings).run(Told([float("nan")]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdamRun, Path]:
    """A training on 12 strings, and what was kept of it half way."""
    path = tmp_path_factory.mktemp("kept") / "denoiser.safetensors"
    plan = replace(PLAN, strings=training_strings(GRAMMAR, 12, seed=0))

    def keep(found: AdamRun) -> None:
        if found.step == 10:
            path.write_bytes(denoiser_bytes(plan, found))

    return train_denoiser(plan, CPU, keep=keep).descent, path


def test_what_was_interrupted_goes_on_bit_for_bit(whole: tuple[AdamRun, Path]) -> None:
    uninterrupted, path = whole
    kept = load_denoiser(path, CPU)
    assert kept.descent.step == 10
    assert kept.plan.strings is not None
    found = train_denoiser(kept.plan, CPU, taken_up=kept.descent)
    assert found.descent.history == uninterrupted.history
    expected = uninterrupted.tensors()
    assert all(
        torch.equal(value, expected[name]) for name, value in found.descent.tensors().items()
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (
            {"grammar": draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)},
            "grammar",
        ),
        ({"body": replace(BODIES["fully-connected"], width=8)}, "body"),
        ({"body": replace(SMALL, width=9)}, "body"),
        ({"noise": "uniform"}, "noise"),
        ({"strings": None}, "strings"),
        ({"descent": replace(SHORT, steps=21)}, "descent"),
        ({"seed": 1}, "seed"),
        ({"dtype": torch.float64}, "dtype"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    whole: tuple[AdamRun, Path], change: dict[str, object], name: str
) -> None:
    found = load_denoiser(whole[1], CPU).plan
    check_same_plan(found, found)
    other = DenoiserPlan(**{**vars(found), "strings": None, **change})  # type: ignore[arg-type]
    if "strings" not in change and "grammar" not in change:
        other = replace(other, strings=found.strings)
    with pytest.raises(InputError, match=f"{name} of the checkpoint"):
        check_same_plan(found, other)


@pytest.mark.parametrize(
    "damage",
    ["no file", "cut", "wide", "width", "shape", "nan", "more", "missing", "string", "schema"],
)
def test_a_damaged_file_is_refused(
    whole: tuple[AdamRun, Path], damage: str, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.safetensors"
    tensors = load_file(whole[1])
    with safe_open(whole[1], "pt") as file:
        header = json.loads(file.metadata()["layerproof"])
    name = "best.readout.weight"
    if damage == "wide":
        header["body"]["settings"]["width"] = 2**20
    elif damage == "width":
        header["body"]["settings"]["width"] = 8.0
    elif damage == "schema":
        header["schema"] = "layerproof/model/1"
    elif damage == "shape":
        tensors[name] = tensors[name][:1].clone()
    elif damage == "nan":
        tensors[name][0] = torch.nan
    elif damage == "more":
        tensors["more"] = torch.zeros(1)
    elif damage == "missing":
        del tensors[name]
    elif damage == "string":
        tensors["strings"][0] = 3 - tensors["strings"][0]
        tensors["strings"][1:] = tensors["strings"][0]
        tensors["strings"][2, 0] = 9
    save_file(tensors, path, metadata={"layerproof": json.dumps(header)})
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    if damage == "no file":
        path.unlink()
    with pytest.raises(InputError) as refusal:
        load_denoiser(path, CPU)
    assert refusal.value.field == "denoiser file"


def test_strings_off_the_grammar_are_not_trained_on() -> None:
    every = torch.cartesian_prod(*[torch.arange(4)] * 4)
    off = every[~parses(GRAMMAR, every).whole_below(1)]
    for strings, what in [
        (off[:1], "off the grammar"), (strings_of(GRAMMAR)[:, :3], "4 tokens"),
        (strings_of(GRAMMAR)[:0], "at least one"), (torch.full((1, 4), 7), "leaf symbol"),
        (torch.full((1, 4), -1), "masked"),
    ]:  # fmt: skip
        with pytest.raises(InputError, match=what):
            replace(PLAN, strings=strings)
    with pytest.raises(InputError, match="noise is 'blue'"):
        replace(PLAN, noise="blue")


@each_noise
def test_every_noise_is_learned(noise: str) -> None:
    """After 60 steps better than tokens as if they were independent, on other strings."""
    settings = AdamDescent(steps=60, batch=128, rate=0.02, every=60)
    plan = replace(PLAN, noise=noise, body=replace(SMALL, width=24), descent=settings)
    (found,) = train_denoiser(plan, CPU).descent.history
    tokens = strings_of(GRAMMAR)
    noisy = plan.objective.corrupted(tokens, 4, torch.Generator().manual_seed(2))
    null = IndependentTokens(GRAMMAR, plan.process, CPU).log_means(noisy.seen, noisy.noise)
    assert found.held_out < float(plan.objective.costs(null, tokens, noisy).mean())


@each_noise
def test_an_exact_denoiser_generates_what_is_the_grammars(noise: str) -> None:
    """One token at a time, or by the means: none is off it; by uniform tokens few are."""
    exact = ExactDenoiser(GRAMMAR, DENOISING[noise].process(4), CPU)
    strings = generated(exact, 200, 4, 50, torch.Generator().manual_seed(0))
    valid = parses(GRAMMAR, strings).whole_below(1).double().mean()
    assert float(valid) > (0.9 if noise == "uniform" else 0.999)


@pytest.mark.parametrize("grammar", [GRAMMAR, UNEVEN], ids=["uniform", "uneven"])
def test_by_chance_as_many_rules_are_valid_as_counted(grammar) -> None:
    """Over all strings, each once."""
    length, symbols = grammar.input_length, grammar.vocabularies[-1]
    strings = torch.cartesian_prod(*[torch.arange(symbols)] * length)
    found, shares = parses(grammar, strings), random_shares(grammar)
    if grammar is UNEVEN:
        assert shares is None
        return
    assert shares is not None
    for level, (share, whole) in enumerate(shares, 1):
        valid, asked = found.valid[level - 1], found.whole[level - 1]
        assert share == pytest.approx(float(valid.sum() / asked.sum()))
        assert whole == pytest.approx(float(found.whole_below(level).double().mean()))
    assert shares[1][0] == pytest.approx(0.5)  # f = m/V at s = 2
    assert shares[0][1] == pytest.approx(0.5**3)


def test_any_module_is_a_denoiser() -> None:
    """One that gives back the logarithm of its evidence keeps what shows."""

    class Echo(nn.Module):
        def forward(self, evidence: Tensor) -> Tensor:
            return evidence.log().clamp_min(-50)

    learned = LearnedDenoiser(Echo(), DENOISING["masking"].process(4), CPU, torch.float32)
    means = learned.means(torch.tensor([[2, -1]]), 0.5)
    assert torch.allclose(means[0, 1], torch.full((4,), 0.25, dtype=torch.float64))
    assert float(means[0, 0, 2]) == pytest.approx(1.0)
