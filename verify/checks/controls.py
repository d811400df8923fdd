"""Negative controls: worlds in which one premise is broken, and the checks that must notice.

A control changes what a trial sees: its grammar, its sample size, its step size, its labels or its
embeddings. A check names the controls that must turn it; one that still says `holds` then cannot
fail. Other packages add controls by entry points of the group ``layerproof.controls``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from layerproof.theory import groups
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.plugins import Kind, Registry
from layerproof.theory.randomness import generator

GrammarChange = Callable[[Grammar, np.random.Generator], Grammar]
NetworkChange = Callable[[Any], None]


@dataclass(frozen=True)
class Control:
    """One broken premise.

    `title` says what the trial sees, `premise` names what is broken. `change` gives another grammar
    for the trial's own. The factors act where a trial uses the quantity: `samples` on N,
    `step_size` on η; `label_noise` is the share of labels replaced by uniform ones, `leak` the
    amount of the label written into the representation, and `merge` makes the embeddings of two
    tokens one. `rewire` changes the weights of a network that was built from a grammar by hand.
    `parameters` replace those of the suite, where the control needs an instance of its own.

    >>> starved = Control("starved", "half of the samples", "the sample size", samples=0.5)
    >>> starved.samples, starved.change
    (0.5, None)
    """

    id: str
    title: str
    premise: str
    change: GrammarChange | None = None
    samples: float = 1.0
    step_size: float = 1.0
    label_noise: float = 0.0
    leak: float = 0.0
    merge: bool = False
    rewire: NetworkChange | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def grammar(self, grammar: Grammar, seed: int) -> Grammar:
        """The grammar that the trial sees in place of `grammar`."""
        if self.change is None:
            return grammar
        return self.change(grammar, generator(seed, self.id))


def miswired_rule(network: Any) -> None:
    """The first rule above the leaves counts for the next symbol in place of its own."""
    weights = network.up[-1].root.data
    if len(weights) < 2:
        raise InputError("vocabularies", network.sizes.vocabularies, "two symbols above the leaves")
    weights[:2, 0] = weights[:2, 0].flip(0)


def ambiguous_rules(grammar: Grammar, rng: np.random.Generator) -> Grammar:
    """Symbol 1 of the last rule level takes over one patch of symbol 0."""
    *upper, last = grammar.rules
    if len(last) < 2:
        raise InputError("vocabularies", grammar.vocabularies, "two symbols above the leaves")
    shared = last[1].copy()
    shared[rng.integers(len(shared))] = last[0][rng.integers(len(last[0]))]
    return Grammar(grammar.vocabularies, (*upper, (last[0], shared, *last[2:])))


def dead_symbol(grammar: Grammar, rng: np.random.Generator) -> Grammar:
    """Level-1 token 0 never comes first: its place in every top patch goes to another token."""
    top = np.concatenate(grammar.rules[0])
    taken = {tuple(patch) for patch in top.tolist()}
    for row in np.flatnonzero(top[:, 0] == 0):
        free = [
            token
            for token in range(1, grammar.vocabularies[1])
            if (token, *top[row, 1:].tolist()) not in taken
        ]
        if not free:
            raise InputError("rules per symbol", len(grammar.rules[0][0]), "fewer than V^(s-1)")
        top[row, 0] = rng.choice(free)
        taken.add(tuple(top[row].tolist()))
    return _with_top(grammar, top)


def identical_parents(grammar: Grammar, rng: np.random.Generator) -> Grammar:
    """Level-1 tokens 0 and 1 come first equally often under every label, so they share q."""
    top = np.concatenate(grammar.rules[0])
    first, second = (np.flatnonzero(top[:, 0] == token) for token in (0, 1))
    if len(first) != len(second):
        counts = f"{len(first)} and {len(second)}"
        raise InputError("top patches that start with tokens 0 and 1", counts, "equally many")
    twins = np.stack([first, second])
    slots = np.repeat(np.arange(grammar.classes), [len(rules) for rules in grammar.rules[0]])
    order = _deal_in_pairs(twins, slots, rng)
    return _with_top(grammar, top[order])


def _deal_in_pairs(twins: np.ndarray, slots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An order of the patches in which the i-th patches of two tokens have the same label."""
    starts = [int(np.flatnonzero(slots == label)[0]) for label in np.unique(slots)]
    places = [
        place
        for start in starts
        for place in range(start, start + int((slots == slots[start]).sum()) - 1, 2)
    ]
    if len(places) < twins.shape[1]:
        raise InputError("rules per symbol", 1, "at least 2, so that one label can take a pair")
    chosen = np.asarray(places)[rng.permutation(len(places))[: twins.shape[1]]]
    order = np.full(len(slots), -1)
    order[chosen], order[chosen + 1] = twins
    rest = np.setdiff1d(np.arange(len(slots)), twins)
    order[order < 0] = rng.permutation(rest)
    return order


def uncorrelated_rules(grammar: Grammar, rng: np.random.Generator) -> Grammar:
    """A Latin square at the top: the first token says nothing of the label (C24 Fig. 9).

    Label ζ produces (a, …, ζ − a mod V) for every token a; needs as many rules as tokens.
    """
    size, branching = grammar.vocabularies[1], grammar.branching
    if grammar.classes != size or grammar.rules_per_symbol != size or branching < 2:
        raise InputError("rules per symbol", grammar.rules_per_symbol, f"{size}, as many as tokens")
    tokens = np.arange(size)
    squares = []
    for label in range(size):
        patches = np.repeat(tokens[:, None], branching, axis=1)
        patches[:, -1] = (label - tokens) % size
        squares.append(patches)
    return _with_top(grammar, np.concatenate(squares))


def _with_top(grammar: Grammar, patches: np.ndarray) -> Grammar:
    counts = np.cumsum([len(rules) for rules in grammar.rules[0]])[:-1]
    return Grammar(grammar.vocabularies, (tuple(np.split(patches, counts)), *grammar.rules[1:]))


NO_CONTROL = Control("none", "nothing is broken", "")

CONTROL_KIND: Kind[Control] = Kind(
    groups.CONTROLS, "CONTROLS", Control, key=lambda control: control.id
)
"""Controls, by their id."""

CONTROLS: Registry[Control] = Registry(
    (
        Control(
            "ambiguous-rules",
            "a patch with two parents",
            "R26.definition-4",
            change=ambiguous_rules,
        ),
        Control(
            "dead-symbol",
            "a symbol that never comes first",
            "R26.assumption-6a",
            change=dead_symbol,
        ),
        Control(
            "identical-parents",
            "two parents with identical label posteriors",
            "R26.assumption-6b",
            change=identical_parents,
        ),
        Control(
            "uncorrelated-rules",
            "first tokens that say nothing of the label",
            "R26.principle-2-i",
            change=uncorrelated_rules,
            parameters={"V": 8, "m": 8},
        ),
        Control(
            "label-noise",
            "labels replaced by uniform ones",
            "R26.principle-2-i",
            label_noise=0.99,
        ),
        Control(
            "label-leak",
            "a representation into which the label leaks",
            "R26.principle-2-ii",
            leak=0.3,
        ),
        Control(
            "merged-clusters",
            "the embeddings of two tokens are one",
            "R26.assumption-9",
            merge=True,
        ),
        Control(
            "large-step-size",
            "half more than the step size",
            "the step size of gradient descent",
            step_size=1.5,
        ),
        Control(
            "too-few-samples",
            "a tenth of the samples",
            "the sample size of a stage",
            samples=0.1,
        ),
        Control(
            "miswired-rule",
            "a rule wired to the wrong parent",
            "the wiring of a network",
            rewire=miswired_rule,
        ),
    ),
    CONTROL_KIND,
)
"""Every control by its id, in the order of the matrix; then those that others bring."""
