"""Iterated clustering: patches with like laws of a signal become one token, level by level.

The plainest learner of R26's idea, and C24's and iterative latent clustering's: at each level, from
the leaves up, count how often each patch comes with each value of a signal, take patches whose
shares are close for synonyms (Ward's clusters), and go on with the clusters as the tokens of the
level above. What a stage predicts may be the label, a token of the string, or what the stage below
has just learned of the patch beside: the learner's own latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerproof.layerwise.devices import on_device
from layerproof.layerwise.sampling.batch import one_hot_counts
from layerproof.layerwise.sampling.blocks import check_samples
from layerproof.layerwise.sampling.subtrees import subtree_batches
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import LABEL, Signal, signal_named
from layerproof.theory.signals.own_latent import OwnLatent

MOST_TUPLES = 2**22
"""Tuples of tokens that a level may have: a table holds the cluster of each."""

HOST = torch.device("cpu")
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Tokens = TypeVar("Tokens", Counts, Tensor)


@dataclass(frozen=True)
class ClusterStage:
    """The clusters of one level's patches.

    `cluster` (size^s,) has the cluster of every tuple of `size` tokens; tuples that were not seen
    are one more cluster.
    """

    size: int
    branching: int
    cluster: Tensor

    def __call__(self, tokens: Tensor) -> Tensor:
        """Tokens (b, s p) to the clusters of their patches (b, p)."""
        return self.cluster[tuple_codes(tokens, self.branching, self.size)]


@dataclass(frozen=True)
class ClusterChain:
    """Clusters of the patches of levels L, L − 1, … down to the last that was learned.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=2, seed=1)
    >>> chain = cluster_chain(grammar, 20_000, signal_named("own-latent"), seed=0)
    >>> chain.accuracy(2, strings=1000, seed=0)
    1.0
    """

    grammar: Grammar
    stages: tuple[ClusterStage, ...] = ()

    @property
    def levels(self) -> range:
        """The levels whose patches are clustered."""
        return range(self.grammar.levels + 1 - len(self.stages), self.grammar.levels + 1)

    def tokens(self, leaves: Tensor, level: int) -> Tensor:
        """Leaves (b, w) as the chain's own level-`level` tokens (b, w / s^(L − level))."""
        found = leaves.to(torch.int64)
        for stage in self.stages[: self.grammar.levels - level]:
            found = stage(found)
        return found

    def accuracy(self, level: int, *, strings: int, seed: int) -> float:
        """The share of first level-`level` patches that stand in the cluster of their parent.

        Each cluster stands for one parent, under the best matching of the two; about 1/V by chance.
        """
        from scipy.optimize import linear_sum_assignment

        parent = signal_named("nested:1")
        shape = (self.grammar.vocabularies[level - 1] + 1, parent.size(self.grammar, level))
        table = torch.zeros(shape, dtype=torch.int64)
        drawn = subtree_batches(self.grammar, level, strings, seed=seed, signal=parent, device=HOST)
        for batch in drawn:
            table.index_add_(0, self.tokens(batch.leaves, level - 1)[:, 0], batch.counts)
        found = table.numpy()
        matched = linear_sum_assignment(found, maximize=True)
        return float(found[matched].sum() / strings)

    def recovers_all(self) -> bool:
        """Whether every cluster of every level is all patches of one parent, and nothing else."""
        token = np.arange(self.grammar.vocabularies[-1])
        for level, stage in zip(reversed(self.levels), self.stages, strict=True):
            rules = self.grammar.level_rules(level - 1)
            codes = tuple_codes(token[rules.patch], self.grammar.branching, stage.size)[:, 0]
            cluster = stage.cluster.numpy()[codes]
            if not same_partition(cluster, rules.parent):
                return False
            token = np.zeros(self.grammar.vocabularies[level - 1], dtype=np.int64)
            token[rules.parent] = cluster
        return True


def true_chain(grammar: Grammar, lowest: int) -> ClusterChain:
    """The clusters that the grammar itself has, of the patches of levels L to `lowest`.

    A patch of several parents is in the first one's; `lowest` = L + 1 gives a chain of no stages.

    Raises InputError where there are more than 2^22 tuples of tokens.
    """
    stages = []
    for level in range(grammar.levels, lowest - 1, -1):
        (size, tuples), rules = _sizes(grammar, level), grammar.level_rules(level - 1)
        cluster = np.full(tuples, grammar.vocabularies[level - 1])
        codes = tuple_codes(on_device(rules.patch, HOST), grammar.branching, size)[:, 0]
        cluster[codes.numpy()[::-1]] = rules.parent[::-1]
        stages.append(ClusterStage(size, grammar.branching, on_device(cluster, HOST)))
    return ClusterChain(grammar, tuple(stages))


def cluster_chain(
    grammar: Grammar,
    samples: int,
    signal: Signal = LABEL,
    *,
    seed: int,
    lowest: int = 2,
    below: ClusterChain | None = None,
) -> ClusterChain:
    """Cluster the patches of levels L to `lowest` by `signal`, with `samples` strings a stage.

    Every stage draws strings of its own; `below` has stages that are there already. The signal
    `own-latent` is the learner's own: the cluster that the stages below have given the token. Time
    grows with samples · s^(L − l + 1) leaves a stage, memory with blocks of 2^20 of them.

    Raises InputError for levels that the signal does not teach, samples out of range, and more
    than 2^22 tuples of tokens.
    """
    check_samples(samples)
    if lowest not in signal.taught(grammar):
        raise InputError("lowest", lowest, f"a level that {signal.name} teaches")
    chain = below or ClusterChain(grammar)
    for level in range(grammar.levels - len(chain.stages), lowest - 1, -1):
        counts, size = _counts(chain, level, samples, signal, seed)
        patches = len(grammar.patches(level).patch)
        group = clustered(counts.numpy(), grammar.vocabularies[level - 1], patches)
        stage = ClusterStage(size, grammar.branching, on_device(group, HOST))
        chain = ClusterChain(grammar, (*chain.stages, stage))
    return chain


def _counts(
    chain: ClusterChain, level: int, samples: int, signal: Signal, seed: int
) -> tuple[Tensor, int]:
    """Counts (size^s, k) of every tuple of the chain's tokens with each value of the signal."""
    grammar = chain.grammar
    size, tuples = _sizes(grammar, level)
    own = isinstance(signal, OwnLatent)
    # The learner's own latent stands beside the patch, below the parents' own patch.
    above, drawn = (level - 1, LABEL) if own else (level, signal)
    counts = torch.zeros(tuples, size if own else signal.size(grammar, level), dtype=torch.int64)
    for batch in subtree_batches(grammar, above, samples, seed=seed, signal=drawn, device=HOST):
        tokens = chain.tokens(batch.leaves, level)
        values = one_hot_counts(tokens[:, grammar.branching], size) if own else batch.counts
        codes = tuple_codes(tokens[:, : grammar.branching], grammar.branching, size)[:, 0]
        counts.index_add_(0, codes, values)
    return counts, size


def _sizes(grammar: Grammar, level: int) -> tuple[int, int]:
    """How many tokens a level has, and tuples of them; patches not seen are one more token.

    Raises InputError where no table could hold all tuples.
    """
    size = grammar.vocabularies[level] + (level < grammar.levels)
    tuples: int = size**grammar.branching
    if tuples > MOST_TUPLES:
        raise InputError(f"tuples of {size} tokens", tuples, f"at most {MOST_TUPLES}")
    return size, tuples


def tuple_codes(tokens: Tokens, branching: int, size: int) -> Tokens:
    """Each patch as one number below size^s: (b, s p) to (b, p), arrays of NumPy or of torch."""
    patches = tokens.reshape(len(tokens), -1, branching)
    codes = patches[..., 0]
    for child in range(1, branching):
        codes = codes * size + patches[..., child]
    return codes


def ward_clusters(points: Floats, clusters: int) -> Counts:
    """The cluster of every point (r, k), from 0, by Ward's method: at most `clusters` of them.

    >>> ward_clusters(np.array([[0.0], [0.1], [5.0]]), 2).tolist()
    [0, 0, 1]
    """
    from scipy.cluster.hierarchy import fcluster, ward

    return np.asarray(fcluster(ward(points), clusters, "maxclust"), dtype=np.int64) - 1


def same_partition(one: Counts, other: Counts) -> bool:
    """Whether two labellings (r,) of the same things are one but for the names of the labels.

    >>> same_partition(np.array([3, 3, 0]), np.array([1, 1, 2]))
    True
    """
    pairs = len(np.unique(np.stack([one, other]), axis=1).T)
    return pairs == len(np.unique(one)) == len(np.unique(other))


def clustered(counts: Counts, clusters: int, patches: int) -> Counts:
    """The cluster of every row of counts (r, k) by the shares in it: (r,), `clusters` if unseen.

    Ward's method (Ward 1963) on the `patches` most frequent rows; the others join the nearest mean.
    """
    from scipy.spatial.distance import cdist

    total = counts.sum(axis=1)
    seen = np.flatnonzero(total)
    shares = counts[seen] / total[seen, None]
    often = np.argsort(-total[seen], kind="stable")[:patches]
    group = np.full(len(counts), clusters, dtype=np.int64)
    if len(often) <= clusters:
        group[seen[often]] = np.arange(len(often))
        return group
    label = ward_clusters(shares[often], clusters)
    means = np.array([shares[often][label == each].mean(axis=0) for each in np.unique(label)])
    group[seen] = cdist(shares, means).argmin(axis=1)
    group[seen[often]] = label
    return group
