"""A network whose weights are rules: tree messages as multilinear maps, a denoiser body.

The block of level l has one weight for each parent and each patch, P[patch | parent]. Upward it
multiplies the messages of a patch's tokens and sums over patches; downward it multiplies the
parent's message with those of the siblings. With the true rules this is belief propagation
(:mod:`layerproof.layerwise.denoising.tree`, which knows only the patches that there are and works
in logarithms); with rules that were learned it is belief propagation under these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from layerproof.layerwise.clustering import tuple_codes
from layerproof.layerwise.devices import rows_per_chunk
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar

MOST_WEIGHTS = 2**26
"""Weights that the block of one level may have."""


@dataclass(frozen=True, eq=False)
class UpwardPass:
    """What the evidence below each node says of its token, of the levels 0 … L.

    messages (b, s^l, k_l): the largest entry of each is 1. log_scale (b, s^l): what was taken out,
    so that P[evidence below | token] is message · e^scale.
    """

    messages: tuple[Tensor, ...]
    log_scale: tuple[Tensor, ...]


class RuleNetwork(nn.Module):
    """A denoiser body: leaf evidence (b, d, V) to logits (b, d, V) of the clean tokens.

    Made of tables, of the levels 1 … L, (k_(l−1), k_l^s): P[patch | parent], the patches in
    lexicographic order. The root has one token, so that the label stands nowhere.

    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),), label_prior=(1, 0))
    >>> exact = RuleNetwork.of(grammar)
    >>> exact(torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])).exp()[0].tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """

    def __init__(
        self, tables: Sequence[Tensor], branching: int, *, conditional: bool = False
    ) -> None:
        """With `conditional`, a child's message is by P[child | parent, siblings]: no exact one."""
        super().__init__()
        self.conditional = conditional
        self.branching, self.levels = branching, len(tables)
        self.sizes = tuple(_tokens_of(table, branching) for table in tables)
        for level, table in enumerate(tables, start=1):
            self.register_buffer(f"rules_{level}", table)

    @classmethod
    def of(cls, grammar: Grammar) -> Self:
        """The network with the true rules: the exact denoiser of a grammar, float64.

        Raises InputError where a level has more than 2^26 pairs of a symbol and a patch.
        """
        tables = []
        for level in range(grammar.levels):
            rules, size = grammar.level_rules(level), grammar.vocabularies[level + 1]
            shape = (grammar.vocabularies[level], size**grammar.branching)
            check_weights(*shape)
            table = torch.zeros(shape, dtype=torch.float64)
            codes = torch.from_numpy(tuple_codes(rules.patch, grammar.branching, size)[:, 0])
            place = (torch.tensor(rules.parent), codes)
            table.index_put_(place, torch.tensor(rules.probability), accumulate=True)
            tables.append(table)
        tables[0] = torch.tensor(grammar.label_prior)[None] @ tables[0]
        return cls(tables, grammar.branching)

    @property
    def tables(self) -> tuple[Tensor, ...]:
        """P[patch | parent] of the levels 1 … L."""
        return tuple(self.buffers())

    def forward(self, evidence: Tensor) -> Tensor:
        """Logits of the clean tokens; evidence of any scale, 0 where a symbol is ruled out.

        Those of a string that the rules cannot produce are all −inf. Raises InputError for evidence
        of another shape.
        """
        parts = []
        for rows in self._chunks(evidence):
            up = self.upward(rows)
            parts.append(torch.log(self._downward(up) * up.messages[-1]))
        return torch.cat(parts)

    def upward(self, evidence: Tensor) -> UpwardPass:
        """The pass from the leaves to the root."""
        message, scale = _scaled(evidence.to(self.tables[0].dtype))
        messages, scales = [message], [scale]
        for table in reversed(self.tables):
            below = scale.unflatten(1, (-1, self.branching)).sum(-1)
            message, scale = _scaled(self._patches(message) @ table.T)
            scale = scale + below
            messages.append(message)
            scales.append(scale)
        return UpwardPass(tuple(messages[::-1]), tuple(scales[::-1]))

    def log_likelihood(self, evidence: Tensor) -> Tensor:
        """log P[evidence], in nats, (b,); of a masked string that of the tokens that show."""
        return torch.cat([self.upward(rows).log_scale[0][:, 0] for rows in self._chunks(evidence)])

    def window_likelihoods(self, evidence: Tensor) -> list[Tensor]:
        """log P[evidence below a node], the rest unseen, of the levels 0 … L, (b, s^l)."""
        priors, parts = self.priors(), []
        for rows in self._chunks(evidence):
            up = self.upward(rows)
            found = zip(priors, up.messages, up.log_scale, strict=True)
            parts.append([torch.log((prior * m).sum(-1)) + scale for prior, m, scale in found])
        return [torch.cat(level) for level in zip(*parts, strict=True)]

    def priors(self) -> list[Tensor]:
        """P[token] of every node where nothing is seen, of the levels 0 … L, (s^l, k_l)."""
        found = [self.tables[0].new_ones(1, 1)]
        for table, size in zip(self.tables, self.sizes, strict=True):
            joint = (found[-1] @ table).unflatten(1, [size] * self.branching)
            axes = range(1, 1 + self.branching)
            each = [joint.sum([axis for axis in axes if axis != kept]) for kept in axes]
            found.append(torch.stack(each, 1).flatten(0, 1))
        return found

    def joint(self, evidence: Tensor, generator: torch.Generator) -> Tensor:
        """Clean strings (b, d) drawn from their joint posterior."""
        parts = []
        for rows in self._chunks(evidence):
            up = self.upward(rows)
            tokens = torch.zeros(len(rows), 1, dtype=torch.int64, device=rows.device)
            for table, below in zip(self.tables, up.messages[1:], strict=True):
                weights = (table[tokens] * self._patches(below)).flatten(0, 1)
                codes = torch.multinomial(weights, 1, generator=generator).view(tokens.shape)
                tokens = _patch_tokens(codes, below.shape[2], self.branching)
            parts.append(tokens)
        return torch.cat(parts)

    def _downward(self, up: UpwardPass) -> Tensor:
        """What all but its own evidence says of each leaf, (b, d, V), up to a factor."""
        down = torch.ones_like(up.messages[0])
        for table, below in zip(self.tables, up.messages[1:], strict=True):
            siblings = below.unflatten(1, (-1, self.branching)).unbind(2)
            shape = [below.shape[2]] * self.branching
            children = []
            for kept in range(self.branching):
                weights = _of_child(table, kept, shape[0]) if self.conditional else table
                joint = (down @ weights).unflatten(2, shape)
                children.append(_without(joint, siblings, kept))
            down = torch.stack(children, 2).flatten(1, 2)
            down, _ = _scaled(down)
        return down

    def _patches(self, message: Tensor) -> Tensor:
        """The products over the tokens of every patch, (b, n, k) to (b, n/s, k^s)."""
        parts: tuple[Tensor, ...] = message.unflatten(1, (-1, self.branching)).unbind(2)
        product, *others = parts
        for other in others:
            product = (product[..., None] * other[..., None, :]).flatten(2)
        return product

    def _chunks(self, evidence: Tensor) -> tuple[Tensor, ...]:
        """The evidence in blocks that fit into the stated workspace."""
        shape = (self.branching**self.levels, self.sizes[-1])
        if evidence.ndim != 3 or tuple(evidence.shape[1:]) != shape or not len(evidence):
            allowed = f"(strings, {shape[0]}, {shape[1]}), of at least one string"
            raise InputError("the shape of the evidence", tuple(evidence.shape), allowed)
        nodes = (self.branching**level for level in range(self.levels))
        pairs = zip(nodes, self.tables, strict=True)
        entries = 3 * sum(count * table.shape[1] for count, table in pairs)
        parts: tuple[Tensor, ...] = evidence.split(rows_per_chunk(entries, self.tables[0]))
        return parts


def check_weights(parents: int, patches: int) -> None:
    """Raise InputError where the block of a level would be too large."""
    if parents * patches > MOST_WEIGHTS:
        allowed = f"at most {MOST_WEIGHTS}"
        raise InputError("pairs of a token and a patch", parents * patches, allowed)


def _tokens_of(table: Tensor, branching: int) -> int:
    """k of a table (·, k^s)."""
    root: float = table.shape[1] ** (1 / branching)
    return round(root)


def _scaled(message: Tensor) -> tuple[Tensor, Tensor]:
    """A message whose largest entry is 1, and the logarithm taken out, −inf of one that is 0."""
    largest = message.amax(-1, keepdim=True)
    return message / largest.where(largest > 0, 1.0), torch.log(largest)[..., 0]


def _of_child(table: Tensor, kept: int, size: int) -> Tensor:
    """P[child | parent, siblings] from P[patch | parent], 0 where the siblings are impossible."""
    parted = table.unflatten(1, (size**kept, size, -1))
    total = parted.sum(2, keepdim=True)
    found: Tensor = (parted / total.where(total > 0, 1.0)).flatten(1)
    return found


def _without(joint: Tensor, siblings: Sequence[Tensor], kept: int) -> Tensor:
    """The message to one child: joint (b, n, k, …, k) times the siblings' (b, n, k), summed."""
    for child in reversed(range(len(siblings))):
        if child != kept:
            # The axes behind this one are those of `kept`, if any.
            behind = joint.ndim - 3 - child
            message = siblings[child].reshape(*siblings[child].shape[:2], *[1] * child, -1)
            joint = (joint * message.reshape(*message.shape, *[1] * behind)).sum(2 + child)
    return joint


def _patch_tokens(codes: Tensor, size: int, branching: int) -> Tensor:
    """The tokens (b, s n) of patches by their codes (b, n)."""
    digits = [codes // size**place % size for place in reversed(range(branching))]
    return torch.stack(digits, 2).flatten(1)
