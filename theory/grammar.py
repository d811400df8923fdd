"""One random hierarchy model: a grammar from labels to leaves (R26 Definition 3), immutable."""

import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from layerproof.theory import costs, grammar_json
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.files import atomic_write_text, read_text
from layerproof.theory.grammar_checks import (
    Floats,
    Integers,
    check_label_prior,
    check_probabilities,
    check_rules,
    check_vocabularies,
    is_constant,
    read_only,
    rounded_sums,
)
from layerproof.theory.readable import Readable, Sheet

# Counting derivations multiplies numbers of about s^L digits; beyond this the count is refused.
LONGEST_COUNTED_INPUT = 2**20

Value = TypeVar("Value")


class LevelRules(NamedTuple):
    """All rules of one level, symbol by symbol in the order of the grammar.

    parent (R,) is the symbol; patch (R, s) what it may produce; probability (R,) how likely,
    normalised for each parent.
    """

    parent: Integers
    patch: Integers
    probability: Floats


class PatchTable(NamedTuple):
    """The patches of one level: patch (n_p, s), distinct and sorted; law (V_{l-1}, n_p).

    law[nu, mu] = Q_{l-1}(nu, mu), the probability that symbol nu produces patch mu.
    """

    patch: Integers
    law: Floats


@dataclass(frozen=True, eq=False)
class Grammar(Readable):
    """An RHM instance: vocabularies, transitions Q_l and label law D_0 (R26 Definition 3).

    vocabularies: (V_0, ..., V_L), labels first, leaves last.
    rules[l][nu]: (m_nu, s) array of the level-(l+1) patches that the level-l symbol nu may produce.
    probabilities[l][nu]: (m_nu,) array of Q_l(nu, .), kept as given; None where all are uniform.
    label_prior: (V_0,) array, the label's law, normalised; uniform where None is given.

    Nested lists and tuples are taken as well as arrays; all arrays are copied and read-only.
    Grammars are equal where they have the same digest; uniform laws may be given or left out.
    Numbers that were float32 once sum to 1 within 1e-6 only: they are divided by their sum, and
    `rounded` has the sums by name where these are off by more than 1e-9.

    Raises InputError, naming the entry, for anything that does not fit.
    """

    vocabularies: tuple[int, ...]
    rules: tuple[tuple[Integers, ...], ...]
    probabilities: tuple[tuple[Floats, ...], ...] | None = None
    label_prior: Floats = None  # type: ignore[assignment]  # always an array once constructed
    rounded: Mapping[str, float] = field(default_factory=dict, init=False, repr=False)
    _tables: dict[tuple[Hashable, ...], Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        vocabularies = check_vocabularies(self.vocabularies)
        rules = check_rules(self.rules, vocabularies)
        probabilities = self.probabilities
        if probabilities is not None:
            probabilities = check_probabilities(probabilities, rules)
            if all(is_constant(row) for level in probabilities for row in level):
                probabilities = None
        prior = check_label_prior(self.label_prior, vocabularies[0])
        rounded = rounded_sums(probabilities, self.label_prior)
        for name, value in (
            ("vocabularies", vocabularies),
            ("rules", rules),
            ("probabilities", probabilities),
            ("label_prior", prior),
            ("rounded", rounded),
        ):
            object.__setattr__(self, name, value)

    @property
    def levels(self) -> int:
        """The number L of levels; labels are level 0, leaves level L."""
        return len(self.rules)

    @property
    def branching(self) -> int:
        """The number s of tokens in a patch."""
        return int(self.rules[0][0].shape[1])

    @property
    def classes(self) -> int:
        """The number n of labels, V_0."""
        return self.vocabularies[0]

    @property
    def input_length(self) -> int:
        """The number d = s^L of leaves in a string."""
        return int(self.branching**self.levels)

    @property
    def rules_per_symbol(self) -> int | None:
        """The number m of rules where it is the same for every symbol, else None."""
        return _common(len(patches) for level in self.rules for patches in level)

    @property
    def mean_rules_per_symbol(self) -> float:
        """The number of rules, averaged over the symbols of all levels."""
        counts = [len(patches) for level in self.rules for patches in level]
        return sum(counts) / len(counts)

    @property
    def vocabulary(self) -> int | None:
        """The size V where V_1, ..., V_L are the same, else None."""
        return _common(self.vocabularies[1:])

    @property
    def is_uniform(self) -> bool:
        """Whether the grammar is (V, m)-uniform (R26 Definition 4)."""
        return (
            self.vocabulary == self.classes
            and self.rules_per_symbol is not None
            and self.rules_equally_likely
            and self.labels_equally_likely
        )

    @property
    def rules_equally_likely(self) -> bool:
        """Whether every Q_l(nu, .) is uniform on the patches listed for nu (R26 Definition 4).

        Listed is allowed: Q is not uniform where a rule is listed with probability 0, although that
        patch is not in P_l. Probabilities are equal where they are the same double; numbers that
        differ in their last digit are different ones.
        """
        return self.probabilities is None

    @property
    def labels_equally_likely(self) -> bool:
        """Whether D_0 is uniform on all V_0 labels (R26 Definition 4), in the same sense."""
        return is_constant(self.label_prior)

    @cached_property
    def is_nonambiguous(self) -> bool:
        """Whether every patch is generated by at most one symbol (R26 Definition 4)."""
        levels = range(1, self.levels + 1)
        return all(bool(((self.patches(level).law > 0).sum(0) == 1).all()) for level in levels)

    def level_rules(self, level: int) -> LevelRules:
        """Return the rules by which level-`level` symbols produce patches; level from 0 to L-1."""
        whole_number("level", level, minimum=0, maximum=self.levels - 1)
        return self.once(("rules", int(level)), lambda: self._level_rules(int(level)))

    def patches(self, level: int) -> PatchTable:
        """Return P_l, the patches that some symbol produces with positive probability; l in 1..L.

        They are distinct and in lexicographic order, with the law of each symbol on them. Raises
        InputError where the laws of all levels are more than :func:`layerproof.theory.costs.check`
        allows.
        """
        whole_number("level", level, minimum=1, maximum=self.levels)
        self.once(("checked", 0), lambda: costs.check(costs.Extent.of(self)))
        return self.once(("patches", int(level)), lambda: self._patch_table(int(level)))

    def once(self, key: tuple[Hashable, ...], make: Callable[[], Value]) -> Value:
        """Return what `make` returns, which is kept under `key`: a grammar never changes."""
        if key not in self._tables:
            self._tables[key] = make()
        value: Value = self._tables[key]
        return value

    def derivations(self) -> int:
        """Return the exact number of derivation trees of positive probability.

        For n labels with m rules each it is P_max = n m^((s^L - 1)/(s - 1)) (C24), and it is the
        number of strings where the grammar is non-ambiguous. Raises InputError where strings are
        so long that the number could not be written down.
        """
        if self.input_length > LONGEST_COUNTED_INPUT:
            allowed = f"at most {LONGEST_COUNTED_INPUT}, to count derivations"
            raise InputError("the input length", self.input_length, allowed)
        trees = self.derivations_below(0)
        return sum(trees[label] for label in np.flatnonzero(self.label_prior))

    def derivations_below(self, level: int, *, at_most: int | None = None) -> list[int]:
        """Return the number of derivation trees below each level-`level` symbol; level from 0 to L.

        Exact, of positive probability. With `at_most` the smaller of the two, which for deep
        grammars is far quicker to tell.
        """
        trees = [1] * self.vocabularies[-1]
        for upper in reversed(range(level, self.levels)):
            trees = self._trees_one_level_up(upper, trees)
            if at_most is not None:
                trees = [min(count, at_most) for count in trees]
        return trees

    def leaves_below(self, level: int) -> int:
        """Return the number s^(L-l+1) of leaves below a level-`level` patch; level from 1 to L."""
        return int(self.branching ** (self.levels - level + 1))

    def to_json(self) -> str:
        """Return the grammar as JSON text in the schema layerproof/grammar/1."""
        fields: dict[str, Any] = {
            "vocabularies": list(self.vocabularies),
            # One level at a time: as lists they take some thirty bytes a token.
            "rules": ([patches.tolist() for patches in level] for level in self.rules),
        }
        if self.probabilities is not None:
            fields["probabilities"] = [[row.tolist() for row in lv] for lv in self.probabilities]
        if not self.labels_equally_likely:
            fields["label_prior"] = self.label_prior.tolist()
        return grammar_json.render(fields)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the grammar that JSON text describes. Raises InputError where it does not."""
        return cls(**grammar_json.parse(text))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the grammar in a JSON file. Raises InputError where there is none."""
        return cls.from_json(read_text(path, "grammar file"))

    def save(self, path: str | Path) -> None:
        """Write the grammar to a JSON file, whole or not at all. Raises InputError if it cannot."""
        atomic_write_text(path, self.to_json())

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the grammar's JSON text, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grammar):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        sizes = f"vocabularies={self.vocabularies}, branching={self.branching}"
        return f"Grammar({sizes}, levels={self.levels}, digest={self.digest[:12]})"

    def sheet(self) -> Sheet:
        """What `print` and notebooks show: sizes and the first rules."""
        from layerproof.theory.sheets import grammar_sheet

        return grammar_sheet(self)

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        # Rebuilt by the constructor, so that a copy in another process is read-only too.
        return type(self), (self.vocabularies, self.rules, self.probabilities, self.label_prior)

    def _level_rules(self, level: int) -> LevelRules:
        symbols = self.rules[level]
        counts = [len(patches) for patches in symbols]
        if self.probabilities is None:
            rows = [np.full(count, 1.0 / count) for count in counts]
        else:
            rows = [row / math.fsum(row) for row in self.probabilities[level]]
        parent = np.repeat(np.arange(len(symbols), dtype=np.int64), counts)
        patch, probability = np.concatenate(symbols), np.concatenate(rows)
        return LevelRules(read_only(parent), read_only(patch), read_only(probability))

    def _patch_table(self, level: int) -> PatchTable:
        rules = self.level_rules(level - 1)
        possible = rules.probability > 0
        patch, index = np.unique(rules.patch[possible], axis=0, return_inverse=True)
        law = np.zeros((self.vocabularies[level - 1], len(patch)))
        law[rules.parent[possible], index.reshape(-1)] = rules.probability[possible]
        return PatchTable(read_only(patch), read_only(law))

    def _trees_one_level_up(self, level: int, trees: list[int]) -> list[int]:
        totals = [0] * self.vocabularies[level]
        rules = (column.tolist() for column in self.level_rules(level))
        for parent, patch, probability in zip(*rules, strict=True):
            if probability > 0:
                totals[parent] += math.prod(trees[token] for token in patch)
        return totals


def checked_grammar(value: object) -> Grammar:
    """The grammar itself; InputError for anything else, such as the path of its file."""
    if not isinstance(value, Grammar):
        raise InputError("grammar", value, "a grammar, such as Grammar.load(FILE) gives")
    return value


def _common(values: Iterable[int]) -> int | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None
