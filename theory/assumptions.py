"""Whether the assumptions of R26's Theorem 7 hold on a grammar, and where they do not."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from layerproof.theory.causes import (
    Cause,
    Patch,
    broken_signal,
    degenerate,
    no_signal,
    several_parents,
    uneven_shapes,
)
from layerproof.theory.grammar import Grammar, checked_grammar
from layerproof.theory.population import PatchLaw, closest_non_synonyms, patch_law, possible_first
from layerproof.theory.readable import Readable, Sheet
from layerproof.theory.signals import LABEL, Signal, told_unreachable


@dataclass(frozen=True)
class LevelAssumption:
    """Assumption 6 (R26) at one level.

    patches: |P_l|. kappa: the largest 1/(|P_l| p_mu), inf where a patch never comes first, or so
    rarely that a double does not hold it; `never_first` is then the first of those `never_count`
    patches. `too_rare`: they do come first, so that some finite kappa exists, too large for a
    double. rho: the least |q_mu - q_mu'| over non-synonyms that can come first, attained by the
    pair `closest`; inf where there is no such pair. `unknown`: why rho, given as 0, may be a small
    positive number. K_rho: rho m^(l/2), None where symbols differ in their number of rules.
    """

    level: int
    patches: int
    kappa: float
    rho: float
    K_rho: float | None
    never_first: Patch | None
    never_count: int
    closest: tuple[Patch, Patch] | None
    too_rare: bool = False
    unknown: str = ""


@dataclass(frozen=True)
class AssumptionReport(Readable):
    """Definition 4 and Assumption 6 (R26) on one grammar, with one signal.

    kappa is the largest over the levels and K_rho the smallest. `holds`: the grammar is uniform
    and non-ambiguous, kappa is finite and K_rho positive, and the signal breaks no premise.
    `causes`: for each statement ("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b",
    "R26.principle-2") what is to blame for every part of it that fails or that cannot be told, such
    as the patch or the pair. `levels` are those that the signal teaches;
    `unreachable_levels` says of the others why it does not.
    """

    uniform: bool
    non_ambiguous: bool
    levels: tuple[LevelAssumption, ...]
    kappa: float
    K_rho: float | None
    holds: bool
    causes: Mapping[str, tuple[Cause, ...]]
    signal: Signal = LABEL
    unreachable_levels: Mapping[int, str] = field(default_factory=dict)

    @property
    def failures(self) -> dict[str, tuple[str, ...]]:
        """For each statement, one sentence for every part that fails or cannot be told."""
        return {
            name: tuple(cause.sentence for cause in found) for name, found in self.causes.items()
        }

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each part that fails, in the order of the statements."""
        return tuple(sentence for part in self.failures.values() for sentence in part)

    def sheet(self) -> Sheet:
        """What `print` and notebooks show."""
        from layerproof.theory.sheets import assumption_sheet

        return assumption_sheet(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the report in the schema of `assumptions --json`; infinity is "inf"."""
        return {
            "uniform": self.uniform,
            "non_ambiguous": self.non_ambiguous,
            "signal": self.signal.name,
            "levels": [
                {
                    "level": part.level,
                    "patches": part.patches,
                    "kappa": _json(part.kappa),
                    "rho": _json(part.rho),
                    "K_rho": _json(part.K_rho),
                    "closest": part.closest and [list(patch) for patch in part.closest],
                    "never_first": part.never_first and list(part.never_first),
                }
                for part in self.levels
            ],
            "unreachable_levels": told_unreachable(self.unreachable_levels),
            "kappa": _json(self.kappa),
            "K_rho": _json(self.K_rho),
            "holds": self.holds,
            "reasons": list(self.reasons),
            "statements": [
                {
                    "id": name,
                    "holds": not found,
                    "decided": not found or any(cause.decided for cause in found),
                    "causes": [cause.to_dict() for cause in found],
                }
                for name, found in self.causes.items()
            ],
        }


def assumptions(grammar: Grammar, signal: Signal = LABEL) -> AssumptionReport:
    """Measure Definition 4 and Assumption 6 (R26 Sec. 2.1) exactly, at every level of a grammar.

    With another `signal` than the label q is its law, and the levels are those that it teaches.
    Raises InputError where it teaches none.
    """
    taught = signal.taught(checked_grammar(grammar))
    laws = [patch_law(grammar, level, signal=signal) for level in taught]
    levels = tuple(_level(law) for law in laws)
    kappa = max(part.kappa for part in levels)
    constants = [part.K_rho for part in levels if part.K_rho is not None]
    constant = min(constants) if len(constants) == len(levels) else None
    ambiguous = (several_parents(law) for law in laws if (law.parent < 0).any())
    together = list(zip(levels, laws, strict=True))
    causes = {
        "R26.definition-4": (*uneven_shapes(grammar), *ambiguous),
        "R26.assumption-6a": tuple(
            degenerate(law, part.never_first, part.never_count, too_rare=part.too_rare)
            for part, law in together
            if part.never_first is not None
        ),
        "R26.assumption-6b": tuple(
            no_signal(law, part.closest, signal, part.unknown)
            for part, law in together
            if part.rho == 0.0 and part.closest is not None
        ),
        "R26.principle-2": tuple(broken_signal(grammar, (law.level for law in laws), signal)),
    }
    uniform, non_ambiguous = grammar.is_uniform, grammar.is_nonambiguous
    return AssumptionReport(
        uniform=uniform,
        non_ambiguous=non_ambiguous,
        levels=levels,
        kappa=kappa,
        K_rho=constant,
        holds=uniform
        and non_ambiguous
        and kappa < math.inf
        and bool(constant)
        and not causes["R26.principle-2"],
        causes=causes,
        signal=signal,
        unreachable_levels=signal.unreachable_levels(grammar),
    )


def _level(law: PatchLaw) -> LevelAssumption:
    count = len(law.patch)
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1.0 / (count * law.probability)
    never = np.isinf(inverse)
    impossible = never & ~possible_first(law)
    too_rare = bool(never.any() and not impossible.any())
    never = never if too_rare else impossible
    rho, first, second, unknown = closest_non_synonyms(law)
    rules = law.grammar.rules_per_symbol
    rarest = int(np.where(never, law.probability, np.inf).argmin())
    return LevelAssumption(
        level=law.level,
        patches=count,
        # At least 1 in exact arithmetic: the least of |P_l| probabilities is at most 1/|P_l|.
        kappa=max(1.0, float(inverse.max())),
        rho=rho,
        K_rho=None if rules is None else rho * rules ** (law.level / 2),
        never_first=law.tokens(rarest) if never.any() else None,
        never_count=int(never.sum()),
        closest=None if first is None or second is None else (first, second),
        too_rare=too_rare,
        unknown=unknown,
    )


def _json(value: float | None) -> float | str | None:
    return "inf" if value == math.inf else value
