"""What the analysis of a grammar costs in memory and time, told from its sizes before it starts.

Times are of one core, measured once, and right within a factor of about three: enough to say "a few
minutes", and to refuse what would take days. With R = V m rules a level they grow as

- drawing: L R s (one step a token of a rule);
- the label laws of all patches, on which every assumption, schedule and prediction rests:
  L R (V + n) in time and memory, since every rule has a law over n labels and V parents;
- rational arithmetic, at levels where m^(l/2) exceeds 10^13: l R V for each such level;
- the theorem's sample sizes: L formulas, evaluated exactly;
- the learner's threshold: L^2 times R m^s up to 512 patches (m^s variants of a patch, whose kernel
  is resolved), V m^3 (the kernel of each token), R n (estimates), and V^2 L for pairs of tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.memory import machine_memory, require

if TYPE_CHECKING:
    from layerproof.theory.grammar import Grammar

MOST_LEVELS = 128
"""Levels that are analysed; a string of 2^128 tokens is longer than any."""

MOST_SECONDS = 3600.0
"""The longest analysis of one grammar that is started."""

MOST_LEARNER_SECONDS = 600.0
"""The longest computation of the learner's threshold that is started: the rest goes without it."""

TOKEN_SECONDS = 3e-6
"""Drawing or reading one token of one rule."""

LAW_SECONDS = 2e-7
"""One entry of the laws of a level."""

EXACT_SECONDS = 2e-6
"""One step in rational arithmetic."""

FORMULA_SECONDS = 0.1
"""The formulas of one level, evaluated exactly."""

INVERSION_SECONDS, VARIANT_SECONDS, ESTIMATE_SECONDS = 5e-9, 2e-7, 5e-8
"""One step of a token's kernel, one variant of a patch, and one entry of an estimate."""

PAIR_SECONDS = 3e-8
"""The confusion of one pair of parents at one size."""

INFERENCE_SECONDS = 1e-8
"""One token of one rule at one node of a derivation tree, up and down."""

CALL_SECONDS = 5e-4
"""Of an operation on small arrays, as many as there are tokens and draws."""

ERRORS, NOISES = 40, 5
"""Sizes at which the search of a threshold computes the error; and the noise, for each level."""


@dataclass(frozen=True)
class Extent:
    """The sizes of a grammar: vocabularies V_0 … V_L, rules of each level 0 … L−1, s."""

    vocabularies: tuple[int, ...]
    rules: tuple[int, ...]
    branching: int

    @classmethod
    def of(cls, grammar: Grammar) -> Extent:
        """The sizes of a grammar that is there."""
        rules = (sum(map(len, level)) for level in grammar.rules)
        return cls(grammar.vocabularies, tuple(rules), grammar.branching)

    @classmethod
    def of_ensemble(
        cls, vocabulary: int, rules: int, branching: int, levels: int, classes: int | None = None
    ) -> Extent:
        """The sizes of the grammars of an ensemble, of at most MOST_LEVELS levels.

        Raises InputError for more: those are drawn, and not analysed.
        """
        whole_number("levels", levels, maximum=MOST_LEVELS)
        top = vocabulary if classes is None else classes
        parents = (top, *[vocabulary] * (levels - 1))
        return cls((*parents, vocabulary), tuple(rules * count for count in parents), branching)

    @property
    def levels(self) -> int:
        """The number of levels L."""
        return len(self.rules)

    @property
    def tokens(self) -> int:
        """The tokens of all rules."""
        return sum(self.rules) * self.branching

    @property
    def entries(self) -> int:
        """The entries of the laws of all levels: a parent and a label of every rule."""
        pairs = zip(self.rules, self.vocabularies, strict=False)
        return sum(count * (parents + self.vocabularies[0]) for count, parents in pairs)

    @property
    def rules_per_symbol(self) -> float:
        """The largest mean number of rules of a symbol of one level, m."""
        pairs = zip(self.rules, self.vocabularies, strict=False)
        return max(count / symbols for count, symbols in pairs)


def check(extent: Extent) -> None:
    """Raise InputError where the laws of a grammar are too many levels, bytes or seconds."""
    whole_number("levels", extent.levels, maximum=MOST_LEVELS)
    rules, labels = sum(extent.rules), extent.vocabularies[0]
    field = "the number of rules"
    symbols = max(extent.vocabularies)
    what = f"so few that their laws over {labels} labels and {symbols} symbols fit into memory"
    # Two numbers for a label, one and a mark for a parent; the laws of tokens come on top.
    first = sum(extent.vocabularies) * labels
    require(17 * extent.entries + 8 * first, machine_memory(), field, rules, what)
    seconds = laws_seconds(extent)
    if seconds > MOST_SECONDS:
        allowed = f"so few that their laws take at most {MOST_SECONDS / 60:.0f} min"
        raise InputError(field, rules, f"{allowed} (about {seconds / 3600:.3g} h)")


def check_variants(extent: Extent) -> None:
    """Raise InputError where one level's noise is too much for `theory.inflation`."""
    count, seconds = variants(extent), noise_seconds(extent)
    if seconds > MOST_LEARNER_SECONDS:
        most = MOST_LEARNER_SECONDS / 60
        allowed = f"so few that the noise of a level takes at most {most:.0f} min"
        raise InputError(
            "the number m^s of variants of a patch", count, f"{allowed} (about {seconds / 60:.3g})"
        )


def draw_seconds(extent: Extent) -> float:
    """The time to draw a grammar, and to write or read it."""
    return TOKEN_SECONDS * extent.tokens


def laws_seconds(extent: Extent) -> float:
    """The time to measure the assumptions on a grammar."""
    measured = LAW_SECONDS * extent.entries + CALL_SECONDS * 10 * extent.levels
    return measured + EXACT_SECONDS * _exact_steps(extent)


def _exact_steps(extent: Extent) -> float:
    """Steps in rational arithmetic at the levels whose posteriors doubles do not tell apart.

    Separations fall as m^(−l/2); below 1e-13 every parent's posterior is worked out, rule by rule
    of all levels above.
    """
    m = extent.rules_per_symbol
    first = 1 + 26 / math.log10(m) if m > 1 else math.inf
    rules, symbols = max(extent.rules), max(extent.vocabularies)
    levels = (level for level in range(1, extent.levels + 1) if level > first)
    return float(sum(level * rules * symbols for level in levels))


def prediction_seconds(extent: Extent, *, learner: bool = True) -> float:
    """The time of all that is predicted for one grammar."""
    found = 4 * laws_seconds(extent) + FORMULA_SECONDS * extent.levels
    seconds = learner_seconds(extent) if learner else 0.0
    return found + (seconds if seconds <= MOST_LEARNER_SECONDS else 0.0)


def formulas_seconds(levels: int) -> float:
    """The time of the predictions for an ensemble; InputError for more than MOST_LEVELS."""
    whole_number("levels", levels, maximum=MOST_LEVELS)
    return FORMULA_SECONDS * levels


def inference_seconds(extent: Extent, strings: int) -> float:
    """The time of :func:`layerproof.theory.inference.infer` on so many strings."""
    steps = sum(rules * extent.branching ** (level + 1) for level, rules in enumerate(extent.rules))
    return float(INFERENCE_SECONDS * steps * strings)


def learner_seconds(extent: Extent) -> float:
    """The time of :meth:`layerproof.theory.thresholds.InstanceThreshold.multiple` for all levels.

    Noise is computed anew at every size, for every level between the first and the leaves.
    """
    levels = extent.levels
    noises = NOISES * max(0, levels - 2) * (levels - 1)
    errors = ERRORS * (levels + 1) * levels
    pairs = max(extent.vocabularies) ** 2
    return noises * noise_seconds(extent) + errors * (CALL_SECONDS + PAIR_SECONDS * pairs)


def noise_seconds(extent: Extent) -> float:
    """The time of one level of :func:`layerproof.theory.inflation.noise_inflation`."""
    from layerproof.theory.inflation import ENOUGH, MOST

    m, symbols, labels = extent.rules_per_symbol, max(extent.vocabularies), extent.vocabularies[0]
    rules = max(extent.rules)
    draws = max(1.0, ENOUGH / rules)
    tokens = draws * symbols
    kernels = tokens * (CALL_SECONDS + INVERSION_SECONDS * m**3)
    estimates = ESTIMATE_SECONDS * draws * rules * labels
    return kernels + estimates + VARIANT_SECONDS * min(draws * rules, MOST) * variants(extent)


def variants(extent: Extent) -> float:
    """The number m^s of variants of a patch; at most 1e300."""
    m, s = extent.rules_per_symbol, extent.branching
    return float(m**s) if s * math.log10(max(m, 1.0)) < 300 else 1e300
