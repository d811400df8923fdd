"""Training a denoiser: any body, any noise, fresh strings at every step or the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures import DenoiserBody, InputSizes
from layerproof.layerwise.architectures.u_net import UNet
from layerproof.layerwise.denoising.exact import ExactDenoiser
from layerproof.layerwise.denoising.processes import MaskingProcess, NoiseProcess
from layerproof.layerwise.devices import require_memory, usable_memory
from layerproof.layerwise.generators.denoisers import LearnedDenoiser
from layerproof.layerwise.generators.descent import AdamDescent, AdamRun
from layerproof.layerwise.objectives.denoising import DENOISING, DenoisingObjective, leaf_evidence
from layerproof.layerwise.progress import Progress
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.theory.errors import InputError, unknown_name
from layerproof.theory.grammar import Grammar, checked_grammar
from layerproof.theory.randomness import derive_seed

HELD_OUT = 2000
"""Strings that are held out, of the grammar's law: some of them may be trained on, too."""


@dataclass(frozen=True, eq=False)
class DenoiserPlan:
    """All that decides a training: the grammar, the noise, the body, the descent, the strings.

    `strings` are the distinct strings (N, s^L) that it is trained on, again and again; None for
    fresh ones at every step. Raises InputError for a noise without an objective, and for strings
    that the grammar cannot produce.
    """

    grammar: Grammar
    noise: str = "masking"
    body: DenoiserBody = field(default_factory=UNet)
    descent: AdamDescent = field(default_factory=AdamDescent)
    strings: Tensor | None = None
    seed: int = 0
    dtype: torch.dtype = torch.float32

    def __post_init__(self) -> None:
        checked_grammar(self.grammar)
        if self.noise not in DENOISING:
            raise unknown_name("noise", self.noise, DENOISING)
        if self.strings is not None:
            _check_strings(self.grammar, self.strings)

    @property
    def objective(self) -> DenoisingObjective:
        """What the loss is."""
        return DENOISING[self.noise]

    @property
    def process(self) -> NoiseProcess:
        """The noise."""
        return self.objective.process(self.grammar.vocabularies[-1])

    @property
    def strings_digest(self) -> str | None:
        """SHA-256 of the strings that are trained on; None of fresh ones."""
        if self.strings is None:
            return None
        return hashlib.sha256(self.strings.cpu().to(torch.int64).numpy().tobytes()).hexdigest()

    def network(self) -> nn.Module:
        """The body at its start, on the host, in the plan's precision."""
        start = torch.Generator().manual_seed(derive_seed(self.seed, "denoiser", "weights"))
        return self.body.build(InputSizes.of(self.grammar), start).to(self.dtype)


@dataclass(frozen=True, eq=False)
class DenoiserTraining:
    """A denoiser with the best weights of its training, and the way there."""

    plan: DenoiserPlan
    descent: AdamRun
    device: torch.device

    @cached_property
    def denoiser(self) -> LearnedDenoiser:
        """The trained one."""
        network = self.plan.network().to(self.device)
        network.load_state_dict(dict(self.descent.best))
        return LearnedDenoiser(network, self.plan.process, self.device, self.plan.dtype)


def training_strings(
    grammar: Grammar, count: int, *, seed: int, device: torch.device | None = None
) -> Tensor:
    """`count` distinct strings (count, s^L), int64; those of a seed are nested.

    Raises InputError where the grammar does not seem to have as many.
    """
    there_are = grammar.derivations()
    if count > there_are:
        raise InputError("strings", count, f"at most {there_are}, all that there are")
    from layerproof.layerwise.baselines.data import distinct_strings  # it loads all baselines

    return distinct_strings(grammar, count, seed=seed, device=device).leaves.long()


def train_denoiser(
    plan: DenoiserPlan,
    device: torch.device,
    *,
    taken_up: AdamRun | None = None,
    progress: Progress | None = None,
    keep: Callable[[AdamRun], None] | None = None,
) -> DenoiserTraining:
    """Train by the plan, or go on with what was `taken_up` from a checkpoint of it.

    `keep` is called every time that there is something to keep. Raises InputError where training
    diverges, and for strings so long that a batch does not fit into memory.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    >>> plan = DenoiserPlan(grammar, descent=AdamDescent(steps=20, every=10))
    >>> found = train_denoiser(plan, torch.device("cpu"))
    >>> [held.step for held in found.descent.history]
    [10, 20]
    """
    _check_fits(plan, device)
    descent = taken_up or AdamRun(plan.network().to(device), plan.descent)
    descent.run(DenoisingTask(plan, device), progress=progress, keep=keep)
    return DenoiserTraining(plan, descent, device)


class DenoisingTask:
    """The batches of a plan and its strings held out; see :class:`GenerativeTask`."""

    def __init__(self, plan: DenoiserPlan, device: torch.device) -> None:
        self.plan, self.device, self.process = plan, device, plan.process
        self._symbols = plan.grammar.vocabularies[-1]
        self._sampler = StringSampler(plan.grammar, device)
        self._strings = None if plan.strings is None else plan.strings.to(device, torch.int64)

    def costs(self, network: nn.Module, step: int, batch: int) -> Tensor:
        """See :meth:`GenerativeTask.costs`."""
        generator = self._generator("step", step)
        return self._priced(network, self._drawn(batch, generator), generator)

    def held_out(self, network: nn.Module) -> float:
        """See :meth:`GenerativeTask.held_out`: the same strings and the same noise every time."""
        generator = self._generator("held out")
        strings = self._sampler.trees(HELD_OUT, generator)[-1]
        return float(self._priced(network, strings, generator).mean())

    def _drawn(self, batch: int, generator: torch.Generator) -> Tensor:
        if self._strings is None:
            return self._sampler.trees(batch, generator)[-1]
        rows = torch.randint(
            len(self._strings), (batch,), generator=generator, device=self.device
        )  # fmt: skip
        return self._strings[rows]

    def _priced(self, network: nn.Module, tokens: Tensor, generator: torch.Generator) -> Tensor:
        objective = self.plan.objective
        noisy = objective.corrupted(tokens, self._symbols, generator)
        evidence = leaf_evidence(self.process, noisy.seen, noisy.noise)
        logits = network(evidence.to(self.plan.dtype))
        return objective.costs(logits.log_softmax(-1), tokens, noisy)

    def _generator(self, *path: str | int) -> torch.Generator:
        seed = derive_seed(self.plan.seed, "denoiser", *path)
        return torch.Generator(self.device).manual_seed(seed)


def _check_fits(plan: DenoiserPlan, device: torch.device) -> None:
    """Raise InputError where the strings held out, or a batch with its gradients, do not fit."""
    rows = max(HELD_OUT, 4 * plan.descent.batch)
    leaf = 8 * (4 * plan.grammar.vocabularies[-1] + 8 * plan.body.width)
    length = plan.grammar.input_length
    most = usable_memory(device) // 2 // (rows * leaf)
    fits = f"at most {most}, of which a batch fits into memory"
    require_memory(rows * leaf * length, device, "the length of strings", length, fits)


def _check_strings(grammar: Grammar, strings: Tensor) -> None:
    """Raise InputError where these are no clean strings of the grammar."""
    if len(strings) == 0:
        raise InputError("strings", 0, "at least one to train on")
    exact = ExactDenoiser(grammar, MaskingProcess(grammar.vocabularies[-1]), strings.device)
    possible = exact.log_likelihood(strings, 0.0).isfinite()
    if bool((strings < 0).any()):
        raise InputError("a token of the strings to train on", "masked", "a leaf symbol")
    if not bool(possible.all()):
        name = f"string {int((~possible).nonzero()[0])}"
        raise InputError(name, "a string off the grammar", "one that the grammar can produce")
