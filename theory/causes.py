"""What is to blame where Definition 4 or Assumption 6 fails on a grammar, what follows, what to do.

Patches and symbols are named as in a grammar file: ``rules[l − 1][ν]`` lists the level-l patches of
the level-(l − 1) symbol ν.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import is_constant
from layerproof.theory.population import PatchLaw
from layerproof.theory.signals import PREMISES, Signal

Patch = tuple[int, ...]


@dataclass(frozen=True)
class Cause:
    """One part of a statement that fails on a grammar, or that cannot be told.

    sentence: what fails, and where. so: what follows from it. change: what would mend it. level:
    of the patches, or of the symbols where there are none; None where no level is to blame.
    patches: the patch, or the pair, to blame, and symbols: their parents, or the symbols to blame.
    others: so many more patches of the level fail alike. decided: False where it cannot be told.
    """

    sentence: str
    so: str
    change: str
    level: int | None = None
    patches: tuple[Patch, ...] = ()
    symbols: tuple[int, ...] = ()
    others: int = 0
    decided: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON of the cause."""
        return {
            "sentence": self.sentence,
            "so": self.so,
            "change": self.change,
            "level": self.level,
            "patches": [list(patch) for patch in self.patches],
            "symbols": list(self.symbols),
            "others": self.others,
            "decided": self.decided,
        }


def uneven_shapes(grammar: Grammar) -> Iterator[Cause]:
    """Which parts of Definition 4 fail, but that patches have one parent each."""
    if len(set(grammar.vocabularies)) > 1:
        yield _several_sizes(grammar)
    if grammar.rules_per_symbol is None:
        yield _several_counts(grammar)
    if not grammar.rules_equally_likely:
        yield _uneven_rules(grammar)
    if not grammar.labels_equally_likely:
        prior = grammar.label_prior
        yield Cause(
            "The labels are not equally likely.",
            "Theorem 7 counts on n labels of one frequency; it does not cover the rare ones",
            "leave `label_prior` out of the file",
            level=0,
            symbols=(int(prior.argmin()), int(prior.argmax())),
        )


def _several_sizes(grammar: Grammar) -> Cause:
    sizes = ", ".join(map(str, grammar.vocabularies))
    usual = Counter(grammar.vocabularies).most_common(1)[0][0]
    odd = next(level for level, size in enumerate(grammar.vocabularies) if size != usual)
    return Cause(
        f"The vocabularies are not all of one size ({sizes}).",
        "a level does not have V m patches, which Theorem 7 counts on",
        f"give level {odd} as many symbols as the others have, {usual}; level 0 are the labels",
        level=odd,
    )


def _several_counts(grammar: Grammar) -> Cause:
    counts = [len(patches) for level in grammar.rules for patches in level]
    usual = Counter(counts).most_common(1)[0][0]
    level, symbol = next(
        (level, symbol)
        for level, symbols in enumerate(grammar.rules)
        for symbol, patches in enumerate(symbols)
        if len(patches) != usual
    )
    return Cause(
        f"Symbols have from {min(counts)} to {max(counts)} rules, not one number m.",
        "K_rho = rho m^(l/2) is not defined, and Theorem 7's number of samples neither",
        f"give symbol {symbol} of level {level} {usual} rules, as most have: rules[{level}]"
        f"[{symbol}]",
        level=level,
        symbols=(symbol,),
    )


def _uneven_rules(grammar: Grammar) -> Cause:
    level, symbol = next(
        (level, symbol)
        for level, rows in enumerate(grammar.probabilities or ())
        for symbol, row in enumerate(rows)
        if not is_constant(row)
    )
    return Cause(
        "The rules of a symbol are not equally likely.",
        "Theorem 7 counts on m rules of one frequency; it does not cover the rare ones",
        f"leave `probabilities` out of the file, or make those of symbol {symbol} of level"
        f" {level} equal; `layerproof verify zipf` has laws of unequal rules",
        level=level,
        symbols=(symbol,),
    )


def several_parents(law: PatchLaw) -> Cause:
    """The first patch of a level that several symbols produce."""
    ambiguous = np.flatnonzero(law.parent < 0)
    patch = law.tokens(ambiguous[0])
    symbols = tuple(int(symbol) for symbol in np.flatnonzero(law.parent_mask[ambiguous[0]]))
    parents = ", ".join(map(str, symbols))
    rows = " or ".join(f"rules[{law.level - 1}][{symbol}]" for symbol in symbols[-2:])
    free = _free_patch(law)
    instead = (
        f"by one that no symbol has, such as {free}"
        if free
        else "by none: every patch is taken, so use fewer rules a symbol"
    )
    return Cause(
        f"Level {law.level}: patch {patch} is generated by the symbols {parents}"
        f"{_others(len(ambiguous))}, so the grammar is ambiguous.",
        "the patch does not tell its parent, and patches of one symbol need not share one q",
        f"replace {patch} in {rows} {instead}",
        level=law.level,
        patches=(patch,),
        symbols=symbols,
        others=len(ambiguous) - 1,
    )


def _free_patch(law: PatchLaw) -> Patch | None:
    """A patch that no symbol of the level above produces; None where there is none."""
    taken = {law.tokens(index) for index in range(len(law.patch))}
    tokens = range(law.grammar.vocabularies[law.level])
    every = product(tokens, repeat=law.grammar.branching)
    return next((patch for patch in every if patch not in taken), None)


def degenerate(law: PatchLaw, patch: Patch, count: int, *, too_rare: bool) -> Cause:
    """A patch that never comes first, or too rarely for a double, as `count` of the level do."""
    least = law.probability.min()
    how, so = "never comes first", "kappa is infinite"
    then = "no number of samples shows the patch in first place: Theorem 7 asks for infinitely many"
    if too_rare:
        often = f"{least:.3g}" if least > 0 else "less than the smallest double"
        how, so = f"comes first with probability {often}", "kappa is larger than a double holds"
        then = "Theorem 7 asks for more samples than a double counts"
    (row,) = np.flatnonzero((law.patch == np.array(patch)).all(axis=1))
    symbols = tuple(int(symbol) for symbol in np.flatnonzero(law.parent_mask[row]))
    parents = " and ".join(map(str, symbols))
    above = law.level - 1
    change = (
        f"give label {parents} a positive share of `label_prior`"
        if above == 0
        else f"let symbol {parents} of level {above} come first: put it first in a patch of"
        f" rules[{above - 1}] that comes first itself"
    )
    return Cause(
        f"Level {law.level}: patch {patch} {how}{_others(count)}, so {so}.",
        then,
        change,
        level=law.level,
        patches=(patch,),
        symbols=symbols,
        others=count - 1,
        decided=not too_rare,
    )


def no_signal(law: PatchLaw, pair: tuple[Patch, Patch], signal: Signal, unknown: str) -> Cause:
    """Two patches that are no synonyms and have one posterior, or may have: `unknown` says why."""
    first, second = pair
    said = f"Level {law.level}: patches {first} and {second} are no synonyms but "
    rows = [np.flatnonzero((law.patch == np.array(patch)).all(axis=1))[0] for patch in pair]
    symbols = tuple(int(np.flatnonzero(law.parent_mask[row])[0]) for row in rows)
    one, other = symbols
    above = law.level - 1
    return Cause(
        f"{said}cannot be told apart ({unknown}), so rho may be 0."
        if unknown
        else f"{said}have the same {signal.name} posterior q, so rho is 0.",
        "no number of samples tells them apart: K_rho is 0, and Theorem 7 asks for infinitely many",
        f"let their parents, the symbols {one} and {other} of level {above}, begin strings of the"
        f" labels in different shares: change which patches of rules[{max(above - 1, 0)}] they"
        " begin",
        level=law.level,
        patches=pair,
        symbols=symbols,
        decided=not unknown,
    )


def broken_signal(grammar: Grammar, levels: Iterable[int], signal: Signal) -> Iterator[Cause]:
    """Every premise about signals that does not hold at a level."""
    for level in levels:
        for premise, why in signal.broken(grammar, level).items():
            yield Cause(
                f"Level {level}: the signal {signal.name} is not {premise}"
                f" ({PREMISES.get(premise, 'a premise of its own')}): {why}.",
                "what is learned from the signal need not be the symbols of the grammar",
                "another signal, such as `--signal label`",
                level=level,
            )


def _others(count: int) -> str:
    if count == 1:
        return ""
    return f" (and so {'does' if count == 2 else 'do'} {count - 1} other{'s' * (count > 2)})"
