"""The exact denoiser in torch is the inference of the theory, and refuses what does not fit."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from layerproof.layerwise.denoising import PROCESSES, ExactDenoiser, GaussianProcess, MaskingProcess
from layerproof.theory.ensembles import ENSEMBLES, draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import MASKED, Gaussian, Observed, TreeEvidence, infer, sample
from tests.layerwise.instances import EXAMPLES

CPU = torch.device("cpu")

GRAMMARS = (
    EXAMPLES
    | {f"{name}, L = 8": draw(name, vocabulary=4, rules=2, branching=2, levels=8, seed=3)
       for name in ENSEMBLES.own}
    | {f"{name}, s = 3": draw(name, vocabulary=5, rules=4, branching=3, levels=3, seed=4)
       for name in ENSEMBLES.own}
)  # fmt: skip


COPIES = Grammar((2,) * 4, ((((0, 0),), ((1, 1),)),) * 3)
"""Two symbols, each of which produces itself: eight times the label."""


def seen_as(process: str, noisy: Tensor, noise: float) -> TreeEvidence:
    """The same evidence as the theory has it."""
    if process == "gaussian":  # x_t/√t = √γ x_0 + n
        return Gaussian((noisy / noise**0.5).numpy(), (1 - noise) / noise)
    return Observed(noisy.numpy(), noise=noise if process == "uniform" else 0.0)


def strings_of(grammar: Grammar, count: int = 5) -> Tensor:
    nothing = Observed(np.full((count, grammar.input_length), MASKED))
    return torch.from_numpy(sample(grammar, nothing, np.random.default_rng(5)).levels[-1])


@pytest.mark.parametrize("noise", [0.02, 0.5, 1.0])
@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("of", GRAMMARS)
def test_it_is_the_inference_of_the_theory(of: str, name: str, noise: float) -> None:
    grammar = GRAMMARS[of]
    process = PROCESSES[name](grammar.vocabularies[-1])
    clean = strings_of(grammar)
    noisy = process.corrupted(clean, noise, torch.Generator().manual_seed(6))
    exact, expected = ExactDenoiser(grammar, process, CPU), infer(
        grammar, seen_as(name, noisy, noise)
    )  # fmt: skip
    for found, level in zip(exact.posteriors(noisy, noise), expected.levels, strict=True):
        np.testing.assert_allclose(found.numpy(), level, rtol=0, atol=1e-10)
    likelihood = exact.log_likelihood(
        noisy, torch.full((len(noisy),), noise, dtype=torch.float64)
    ).numpy()
    if name == "gaussian":  # the density of x_t, not of x_t/√t
        likelihood = likelihood + np.log(noise) * noisy[0].numel() / 2
    np.testing.assert_allclose(likelihood, expected.log_likelihood, rtol=1e-12, atol=1e-10)


def test_the_score_is_the_gradient_of_the_log_density() -> None:
    grammar = EXAMPLES["uneven"]
    process, noise = GaussianProcess(4), torch.tensor([0.3, 0.9])
    generator = torch.Generator().manual_seed(0)
    noisy = process.corrupted(strings_of(grammar, 2), noise, generator).requires_grad_()
    exact = ExactDenoiser(grammar, process, CPU)
    (gradient,) = torch.autograd.grad(exact.log_likelihood(noisy, noise).sum(), noisy)
    torch.testing.assert_close(exact.score(noisy, noise), gradient, rtol=0, atol=1e-10)


def test_what_is_impossible_has_no_posterior() -> None:
    grammar = draw("uniform", vocabulary=8, rules=2, branching=2, levels=2, seed=0)
    exact = ExactDenoiser(grammar, MaskingProcess(8), CPU)
    strings = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1], [MASKED] * 4])
    likelihood = exact.log_likelihood(strings, 0.0)
    assert likelihood.isfinite().tolist() == [False, False, True]
    for level in exact.posteriors(strings, 0.0):
        assert not level[:2].any()
        torch.testing.assert_close(level[2].sum(-1), torch.ones_like(level[2, :, 0]))
    with pytest.raises(InputError, match="string 0 is"):
        exact.joint(strings, 0.5, torch.Generator())


@pytest.mark.parametrize("name", PROCESSES)
def test_blocks_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grammar = GRAMMARS["uniform, s = 3"]
    process = PROCESSES[name](5)
    noisy = process.corrupted(strings_of(grammar), 0.4, torch.Generator().manual_seed(1))
    exact, noise = ExactDenoiser(grammar, process, CPU), torch.linspace(0.2, 0.6, 5)
    whole = exact.means(noisy, noise), exact.joint(noisy, noise, torch.Generator().manual_seed(2))
    monkeypatch.setattr("layerproof.layerwise.denoising.exact.rows_per_chunk", lambda *_: 2)
    parts = exact.means(noisy, noise), exact.joint(noisy, noise, torch.Generator().manual_seed(2))
    for one, other in zip(whole, parts, strict=True):
        assert torch.equal(one, other)


def _denoiser(name: str) -> ExactDenoiser:
    return ExactDenoiser(COPIES, PROCESSES[name](2), CPU)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ExactDenoiser(COPIES, MaskingProcess(3), CPU), "symbols is 3"),
        (lambda: MaskingProcess(0), "symbols is 0"),
        (lambda: _denoiser("masking").means(torch.zeros(1, 3, dtype=int), 0.5), "the shape of"),
        (lambda: _denoiser("masking").means(torch.zeros(1, 8), 0.5), "strings is 'torch.float32"),
        (lambda: _denoiser("masking").means(torch.full((1, 8), 2), 0.5), "a token is 2"),
        (lambda: _denoiser("uniform").means(torch.full((1, 8), -1), 0.5), "a token is -1"),
        (lambda: _denoiser("uniform").means(torch.zeros(1, 8, dtype=int), 1.5), "noise is 1.5"),
        (lambda: _denoiser("uniform").means(torch.zeros(1, 8, dtype=int), torch.ones(2) / 2),
         "noise is '2 numbers'"),
        (lambda: _denoiser("gaussian").means(torch.zeros(1, 8, 2), 0.0), "noise is 0.0"),
        (lambda: _denoiser("gaussian").means(torch.zeros(1, 8, 3), 0.5), "values is"),
        (lambda: _denoiser("gaussian").means(torch.full((1, 8, 2), torch.nan), 0.5), "values is"),
        (lambda: _denoiser("uniform").score(torch.zeros(1, 8, dtype=int), 0.5), "process is"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        make()
    assert str(refusal.value).startswith(words), str(refusal.value)
