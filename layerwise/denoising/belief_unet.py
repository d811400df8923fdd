"""Belief propagation as a U-Net: encoder, decoder and skips, with a grammar's rules for weights.

Every block is a linear map, exp, another linear map and log, shared by all nodes of a level. The
encoder goes up the tree: a hidden unit for each rule adds up the messages of its s tokens (weights
0 and 1), exp, and a symbol adds up its rules (weights 0 and their probabilities). The decoder goes
down: from the message to the parent and, by the skip, those of the children, a hidden unit for each
rule and place adds up all but that child's own. What is believed of a node is the softmax of its
message from below plus that from above. Mei (2024) shows that U-Nets approximate belief propagation
where transitions factorise over children; with a unit for each rule they need not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference.passes import tables
from layerproof.theory.inference.tables import LevelTable
from layerproof.theory.predictions_denoising import UNET_LEVEL

RANDOM_FLOOR = 1e-4
"""Least evidence of a network that starts at random: logarithms of less would drown all others."""


@dataclass(frozen=True)
class UNetSizes:
    """The shape of the network: vocabularies (V_0, …, V_L), rules of the levels 0 to L − 1, and s.

    >>> UNetSizes((8, 8, 8, 8), (32, 32, 32), 2).parameters
    9992
    """

    vocabularies: tuple[int, ...]
    rules: tuple[int, ...]
    branching: int

    def __post_init__(self) -> None:
        """Raises InputError for sizes that no grammar has."""
        whole_number("branching", self.branching, minimum=2)
        if len(self.vocabularies) < 2 or len(self.rules) != len(self.vocabularies) - 1:
            allowed = "one number of rules for every level above the leaves, at least one"
            raise InputError("rules", self.rules, allowed)
        for name, sizes in (("vocabularies", self.vocabularies), ("rules", self.rules)):
            for level, size in enumerate(sizes):
                whole_number(f"{name}[{level}]", size, minimum=1)

    @classmethod
    def of(cls, grammar: Grammar) -> Self:
        """The sizes of a grammar, with its rules of positive probability."""
        rules = tuple(table.rules for table in tables(grammar))
        return cls(grammar.vocabularies, rules, grammar.branching)

    @property
    def length(self) -> int:
        """The number of leaves, s^L."""
        return int(self.branching ** len(self.rules))

    @property
    def parameters(self) -> int:
        """The number of weights: those of all blocks, and the label's prior."""
        pairs = zip(self.rules, pairwise(self.vocabularies), strict=True)
        blocks = (
            UNET_LEVEL.integer(rules=rules, parents=above, tokens=below, s=self.branching)
            for rules, (above, below) in pairs
        )
        return sum(blocks) + self.vocabularies[0]


class RuleBlock(nn.Module):
    """log(W exp(`inner` x)) of every node: inputs (…, I) to outputs (…, O), hidden (…, H).

    inner: (H, I). root: (O, H), the square roots of the weights W, so that no sum is negative,
    whatever training does. Beside the largest hidden unit, sums count as the smallest positive
    number where they are less.
    """

    inner: nn.Parameter
    root: nn.Parameter

    def __init__(self, inputs: int, hidden: int, outputs: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.inner = nn.Parameter(torch.zeros(hidden, inputs, dtype=dtype))
        self.root = nn.Parameter(torch.zeros(outputs, hidden, dtype=dtype))

    def forward(self, messages: Tensor) -> Tensor:
        """The logarithms of the sums."""
        scores = functional.linear(messages, self.inner)
        largest = scores.amax(-1, keepdim=True).detach()
        sums = functional.linear(torch.exp(scores - largest), self.root.square())
        return sums.clamp_min(torch.finfo(sums.dtype).tiny).log() + largest


class Messages(NamedTuple):
    """Of the levels 0 (the label) to L: messages from below and above, (b, s^l, V_l); log P, (b,).

    Messages are logarithms; those from below sum to 1 over the symbols.
    """

    up: list[Tensor]
    down: list[Tensor]
    log_likelihood: Tensor


class BeliefUNet(nn.Module):
    """The U-Net that has room for belief propagation; leaf evidence (b, d, V) to logits (b, d, V).

    `up` and `down` are the blocks of the levels 0 to L − 1, `log_prior` (V_0,) is what comes from
    above the label. :meth:`exact` sets the weights by a grammar; :meth:`at_random` draws them, to
    be trained: the label's `up` block then gets no gradient, as no token needs it. Evidence is the
    likelihood of each symbol at each leaf, given what is seen there; less than `floor` counts as
    `floor`, or as the smallest positive number of the dtype.

    >>> from layerproof.theory.grammar import Grammar
    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),))
    >>> network = BeliefUNet.exact(grammar)
    >>> seen = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])  # the first token is 0, the second masked
    >>> network(seen).softmax(-1)[0].round(decimals=9).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    >>> network.log_likelihood(seen).exp().round(decimals=9).tolist()
    [0.5]
    """

    def __init__(
        self, sizes: UNetSizes, *, floor: float, dtype: torch.dtype = torch.float64
    ) -> None:
        super().__init__()
        self.sizes, self.floor, s = sizes, floor, sizes.branching
        self.log_prior = nn.Parameter(torch.zeros(sizes.vocabularies[0], dtype=dtype))
        levels = list(zip(sizes.rules, pairwise(sizes.vocabularies), strict=True))
        self.up = nn.ModuleList(
            RuleBlock(s * below, rules, above, dtype) for rules, (above, below) in levels
        )
        self.down = nn.ModuleList(
            RuleBlock(s * below + above, s * rules, s * below, dtype)
            for rules, (above, below) in levels
        )

    @classmethod
    def exact(cls, grammar: Grammar, dtype: torch.dtype = torch.float64) -> Self:
        """The network whose beliefs are the exact posteriors of any grammar, to rounding.

        Where what is seen inside a node and outside of it contradict each other by more than a
        factor of the smallest positive number, they are those of evidence that does not.
        """
        network = cls(UNetSizes.of(grammar), floor=torch.finfo(dtype).tiny, dtype=dtype)
        with torch.no_grad():
            network.log_prior.copy_(torch.from_numpy(grammar.label_prior.copy()).log())
            network.log_prior.clamp_min_(torch.log(torch.tensor(network.floor, dtype=dtype)))
            for table, up, down in zip(tables(grammar), network.up, network.down, strict=True):
                _set_up(cast(RuleBlock, up), table)
                _set_down(cast(RuleBlock, down), table)
        return network

    @classmethod
    def at_random(
        cls,
        sizes: UNetSizes,
        generator: torch.Generator,
        *,
        floor: float = RANDOM_FLOOR,
        dtype: torch.dtype = torch.float64,
    ) -> Self:
        """The network with weights drawn at random, to be trained."""
        network = cls(sizes, floor=floor, dtype=dtype)
        with torch.no_grad():
            for block in (*network.up, *network.down):
                _draw(block, generator)
        return network

    def forward(self, evidence: Tensor) -> Tensor:
        """The logits of the clean tokens."""
        found = self.messages(evidence)
        return found.up[-1] + found.down[-1]

    def beliefs(self, evidence: Tensor) -> list[Tensor]:
        """What is believed of every node of the levels 0 to L, (b, s^l, V_l)."""
        found = self.messages(evidence)
        return [(up + down).softmax(-1) for up, down in zip(found.up, found.down, strict=True)]

    def log_likelihood(self, evidence: Tensor) -> Tensor:
        """log P[what is seen], (b,), of the exact network; a number without meaning of another."""
        return self.messages(evidence).log_likelihood

    def messages(self, evidence: Tensor) -> Messages:
        """Both passes. Raises InputError where the evidence has another shape."""
        wanted = (self.sizes.length, self.sizes.vocabularies[-1])
        if evidence.ndim != 3 or evidence.shape[1:] != wanted:
            raise InputError("the shape of the evidence", tuple(evidence.shape), f"(b, {wanted})")
        dtype = self.log_prior.dtype
        floor = max(self.floor, torch.finfo(dtype).tiny)
        message, scale = _normalised(evidence.to(dtype).clamp_min(floor).log())
        up, log_scale = [message], scale
        for block in reversed(self.up):
            message, scale = _normalised(block(_patches(message, self.sizes.branching)))
            up.append(message)
            log_scale = log_scale + scale
        up.reverse()
        down = [self.log_prior.log_softmax(0).expand_as(up[0])]
        log_scale = log_scale + (up[0] + down[0])[:, 0].logsumexp(-1)
        for block, below in zip(self.down, up[1:], strict=True):
            inputs = torch.cat([_patches(below, self.sizes.branching), down[-1]], -1)
            down.append(_normalised(block(inputs).reshape(below.shape))[0])
        return Messages(up, down, log_scale)


def _patches(message: Tensor, branching: int) -> Tensor:
    """The messages (b, s n, V) of the children of each node side by side, (b, n, s V)."""
    return message.reshape(len(message), -1, branching * message.shape[-1])


def _normalised(message: Tensor) -> tuple[Tensor, Tensor]:
    """Logarithms that sum to 1 over the symbols, and what was taken out, summed over nodes."""
    total = message.logsumexp(-1, keepdim=True)
    return message - total, total.sum((1, 2))


def _set_up(block: RuleBlock, table: LevelTable) -> None:
    rule = torch.arange(table.rules)
    for place, column in enumerate(table.patch.T):
        block.inner[rule, torch.from_numpy(column + place * table.tokens)] = 1.0
    roots = torch.from_numpy(table.probability).sqrt().to(block.root.dtype)
    block.root[torch.from_numpy(table.parent), rule] = roots


def _set_down(block: RuleBlock, table: LevelTable) -> None:
    """Hidden unit (rule, place) hears the parent and all other places; it tells its own place."""
    rule, parent = torch.arange(table.rules), torch.from_numpy(table.parent)
    roots = torch.from_numpy(table.probability).sqrt().to(block.root.dtype)
    tokens = [torch.from_numpy(column + i * table.tokens) for i, column in enumerate(table.patch.T)]
    for place, own in enumerate(tokens):
        unit = rule * table.width + place
        for other, heard in enumerate(tokens):
            block.inner[unit, heard] = float(other != place)
        block.inner[unit, table.width * table.tokens + parent] = 1.0
        block.root[own, unit] = roots


def _draw(block: RuleBlock, generator: torch.Generator) -> None:
    """Standard normal over √(fan-in), and weights whose square roots are uniform in [0, 1)."""
    inner, root = block.inner, block.root
    normal = torch.randn(inner.shape, generator=generator, dtype=torch.float64)
    inner.copy_(normal / math.sqrt(inner.shape[1]))
    root.copy_(torch.rand(root.shape, generator=generator, dtype=torch.float64))
