"""Evidence bounds of autoencoders whose latents are tokens of the derivation, on an instance.

The encoder names all level-l tokens, which a string decides in a non-ambiguous grammar. The prior
is their law, and the decoder gives every leaf a law of its own, given the latents: the best one is
the leaf's law given its level-l ancestor. The bound is then the latents' entropy, the *rate*, and
the entropies of the leaves given their ancestors, the *distortion*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.token_laws import transition


@dataclass(frozen=True)
class EvidenceBound:
    """The bound of "latent = all level-`level` tokens", in nats; level None: no latent at all."""

    level: int | None
    rate: float
    distortion: float

    @property
    def nelbo(self) -> float:
        """Rate and distortion: an upper bound of the entropy of the strings."""
        return self.rate + self.distortion


def evidence_bounds(grammar: Grammar) -> list[EvidenceBound]:
    """Without a latent, then with the tokens of the levels 0 to L; the last is the entropy itself.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    >>> [round(bound.nelbo, 3) for bound in evidence_bounds(grammar)]  # the last is log(4 · 2^3)
    [4.892, 4.679, 4.852, 3.466]
    """
    none = EvidenceBound(None, 0.0, float(entropy(leaf_marginals(grammar)).sum()))
    rates = np.cumsum([entropy(grammar.label_prior), *rule_entropies(grammar)])
    return [
        none,
        *(
            EvidenceBound(level, float(rate), float(ancestral_entropies(grammar, level).sum()))
            for level, rate in enumerate(rates)
        ),
    ]


def highest_paying(bounds: list[EvidenceBound]) -> int | None:
    """The level nearest to the label whose tokens, as the latent, cost less than no latent."""
    return next((b.level for b in bounds[1:] if b.nelbo < bounds[0].nelbo), None)


def rule_entropies(grammar: Grammar) -> list[float]:
    """H(level-(l + 1) tokens | level-l tokens) of the levels 0 to L − 1: what each layer pays.

    It is the divergence of a hierarchical autoencoder's layer, one discrete latent a node, whose
    prior draws the tokens of a patch together: these add up to the entropy of the strings. Patches
    tell their rules apart; two rules of one symbol are never alike.
    """
    found = []
    for level in range(grammar.levels):
        rules = grammar.level_rules(level)
        parts = scipy.special.entr(rules.probability)
        own = np.bincount(rules.parent, parts, grammar.vocabularies[level])
        found.append(float((level_marginals(grammar, level) @ own).sum()))
    return found


def token_by_token(grammar: Grammar) -> list[float]:
    """What each of those layers pays more where its prior draws the tokens of a patch apart."""
    found = []
    for level, together in enumerate(rule_entropies(grammar)):
        marginals, every = level_marginals(grammar, level), range(grammar.branching)
        apart = sum(entropy(transition(grammar, level, [child])) for child in every)
        found.append(float((marginals @ apart).sum()) - together)
    return found


def ancestral_entropies(grammar: Grammar, level: int) -> Floats:
    """H(x_i | its level-`level` ancestor) of every leaf, (s^L,), in nats."""
    below = leaf_laws(grammar, level)
    marginals = level_marginals(grammar, level)
    return np.asarray((marginals @ entropy(below).T).ravel())


def leaf_laws(grammar: Grammar, level: int) -> Floats:
    """P[leaf | level-`level` ancestor], (leaves below it, V_level, V_L)."""
    laws = np.eye(grammar.vocabularies[-1])[None]
    for above in reversed(range(level, grammar.levels)):
        children = range(grammar.branching)
        laws = np.concatenate([transition(grammar, above, [child]) @ laws for child in children])
    return np.asarray(laws)


def level_marginals(grammar: Grammar, level: int) -> Floats:
    """P[token] of every position of a level, (s^level, V_level)."""
    found = grammar.label_prior[None]
    for above in range(level):
        steps = [found @ transition(grammar, above, [j]) for j in range(grammar.branching)]
        found = np.stack(steps, axis=1).reshape(-1, grammar.vocabularies[above + 1])
    return np.asarray(found)


def leaf_marginals(grammar: Grammar) -> Floats:
    """P[token] of every leaf, (s^L, V_L)."""
    return level_marginals(grammar, grammar.levels)


def entropy(laws: Floats) -> Floats:
    """The entropies of laws (…, k) in nats, (…)."""
    return np.asarray(scipy.special.entr(laws).sum(-1))


def label_growth(grammar: Grammar) -> Floats:
    """How a small use of a latent that the label decides grows: the eigenvalues, falling, (n − 1,).

    Let the latent's law given the label be uniform but for a small u(label) of mean 0. To second
    order its rate is half of E u², and it saves half of Σ_i E(E[u | x_i])²: the collapsed encoder
    is a minimum unless an eigenvalue of Σ_i, of u ↦ E[E[u | x_i] | label], is above 1.
    """
    laws, prior = leaf_laws(grammar, 0), grammar.label_prior
    known = prior > 0
    joint = prior[known, None] * laws[:, known]
    marginal = joint.sum(1, keepdims=True)
    scaled = joint / np.sqrt(np.where(marginal > 0, marginal, 1.0) * prior[known, None])
    # The constant function has the eigenvalue d.
    constant = len(laws) * np.sqrt(np.outer(prior[known], prior[known]))
    total = np.einsum("iav,ibv->ab", scaled, scaled) - constant
    found = np.linalg.eigvalsh(total)[::-1]
    return np.asarray(found[: max(0, int(known.sum()) - 1)])


def string_growth(grammar: Grammar) -> float:
    """The same for an encoder that sees the whole string: the largest eigenvalue alone.

    The best u is a sum of functions of one leaf each: it is the largest eigenvalue of the leaves'
    correlations, (E[1[x_i = v] 1[x_j = w]] − p p')/√(p p'). It is 1 where all pairs of leaves are
    independent, and above 1 elsewhere.
    """
    marginals = leaf_marginals(grammar)
    length, size = marginals.shape
    whole = np.zeros((length, size, length, size))
    for node_level in range(grammar.levels):
        _fill_pairs(grammar, node_level, whole)
    scale = np.sqrt(np.where(marginals > 0, marginals, 1.0))
    independent = marginals[:, :, None, None] * marginals
    whole = np.where(whole > 0, whole - independent, -independent)
    for leaf in range(length):
        whole[leaf, :, leaf] = np.diag(marginals[leaf]) - np.outer(marginals[leaf], marginals[leaf])
    scaled = whole / scale[:, :, None, None] / scale
    return float(np.linalg.eigvalsh(scaled.reshape(length * size, -1))[-1])


def _fill_pairs(grammar: Grammar, level: int, whole: Floats) -> None:
    """P[x_i = v, x_j = w] of all pairs whose last common ancestor is of this level."""
    rules, below = grammar.level_rules(level), leaf_laws(grammar, level + 1)
    width, children = len(below), range(grammar.branching)
    for node, law in enumerate(level_marginals(grammar, level)):
        weight = law[rules.parent] * rules.probability
        for one in children:
            for other in children:
                if one == other:
                    continue
                both = np.zeros((grammar.vocabularies[level + 1],) * 2)
                np.add.at(both, (rules.patch[:, one], rules.patch[:, other]), weight)
                pairs = np.einsum("iav,ab,jbw->ivjw", below, both, below)
                first, second = (node * grammar.branching + c for c in (one, other))
                rows = slice(first * width, (first + 1) * width)
                columns = slice(second * width, (second + 1) * width)
                whole[rows, :, columns] = pairs
