"""Schedules: what each stage of layerwise training is given.

A :class:`Schedule` lists, level by level, the sample size N, the number of random features M, the
bandwidth σ, the ridge λ_W, the solver with its step size η and number of steps T, and the accuracy
ε_* that the stage is asked for. It comes from a theorem (:func:`lemma_11`) or from practice
(:func:`practical`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from layerproof.theory.assumptions import assumptions
from layerproof.theory.errors import InputError
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import (
    closest_distinct,
    mean_noise,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.statements.base import FormName
from layerproof.theory.statements.ren2026 import lemma_11 as lemma_11_statement
from layerproof.theory.statements.ren2026 import lemma_15, lemma_17

Solver = Literal["closed-form", "gradient-descent"]

NOISE_FRACTION = 0.8
"""Practical σ in units of the root-mean-square distance between two estimates of one token."""

WIDEST = 0.3
"""Practical σ is at most this part of the root-mean-square distance between distinct tokens, …"""

NARROWEST = 0.25
"""… and at least this part of the distance between the two closest ones that differ."""

LEAF_KERNEL = 2.0**-53
"""ψ_σ of two leaf patches that differ in one token, in a practical schedule."""

FINEST = 1e-3
"""Practical σ is no smaller part of the distance between distinct tokens than this: below, the
rounding of squared distances, of order ε/FINEST², would show in the kernel."""

PRACTICAL = {"kappa": 1, "d_y": 1, "epsilon": 1}
"""Lemma 17's T at these is |P_l| log(100 |P_l|), which leaves e^(−T/|P_l|) = 1/(100 |P_l|)."""


LARGEST_LOG = 308 * math.log(10.0)
"""The logarithm of the largest sample size that is written as a double."""


@dataclass(frozen=True)
class Stage:
    """What one stage is given. Levels run from 1 (the root's patch) to L (the leaves)."""

    level: int
    samples: int
    features: int | None
    bandwidth: float
    ridge: float
    solver: Solver = "closed-form"
    step_size: float | None = None
    steps: int | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Schedule:
    """One :class:`Stage` per level, in the order of the levels 1, …, L; fewer where it is cut."""

    name: str
    stages: tuple[Stage, ...]

    def stage(self, level: int) -> Stage:
        """The stage of `level`."""
        return self.stages[level - self.stages[0].level]

    def down_from(self, level: int) -> Schedule:
        """The stages of `level` and of all levels below it: what is trained up to that level."""
        return Schedule(self.name, tuple(stage for stage in self.stages if stage.level >= level))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Schedule:
        """The inverse of :meth:`to_dict`."""
        return cls(data["name"], tuple(Stage(**stage) for stage in data["stages"]))


def token_separation(grammar: Grammar, level: int, signal: Signal = LABEL) -> float:
    """Root-mean-square distance between the ideal embeddings of distinct level-`level` tokens.

    √2 at the leaves, which are one-hot; below the root q^(level+1) embeds a token, so the
    separation of the level-(level+1) patches of different parents is meant.
    """
    if level == grammar.levels:
        return LEAF_SEPARATION
    return math.sqrt(_statistics(grammar, level + 1, signal).square_separation)


def token_noise(grammar: Grammar, level: int, samples: int, signal: Signal = LABEL) -> float:
    """Root-mean-square distance between two estimates of one level-`level` token's embedding.

    √(2 E_μ[(1 − ‖q_μ‖²)/(N p_μ)]) over the level-(level+1) patches that can come first, with N the
    `samples` of the stage below; 0 at the leaves.
    """
    if level == grammar.levels:
        return 0.0
    return math.sqrt(2.0 * _statistics(grammar, level + 1, signal).noise / samples)


class _Statistics(NamedTuple):
    """Of one level: the mean ‖q − q'‖², the least ‖q − q'‖ that is not 0, and N times the noise."""

    square_separation: float
    closest: float
    noise: float


def _statistics(grammar: Grammar, level: int, signal: Signal) -> _Statistics:
    def measured() -> _Statistics:
        law = patch_law(grammar, level, signal=signal)
        return _Statistics(mean_square_separation(law), closest_distinct(law), mean_noise(law))

    return grammar.once(("statistics", level, signal), measured)


def practical_bandwidth(
    grammar: Grammar,
    level: int,
    samples_below: int,
    features: int | None = None,
    signal: Signal = LABEL,
) -> float:
    """σ^(level) where the stage below was given `samples_below` samples.

    At the leaves ψ_σ of two one-hot patches that differ in one token is LEAF_KERNEL, one rounding:
    distinct patches are orthogonal (Assumption 13(b) with ε_O = 0), so h is the empirical q̂.

    Above, σ is as narrow as the estimates of a token scatter: wide enough that two of one token
    look alike, no wider, so that close tokens stay apart. It stays below a fraction of the typical
    distance. It stops falling once it resolves the closest tokens that differ: with more samples
    the scatter then vanishes against σ, and tokens that share q merge, as the theorem's limit has
    it; a kernel that kept up with the scatter would go on telling them apart by their noise.

    The constants are chosen by test accuracy on both ensembles at N^(l) = 4 to 128 n m^l, among
    fixed fractions of the separation and multiples of the noise: 0.8 times the noise was within
    sampling error of the best at every size. With M random features every kernel value is off by
    about M^(−1/2), which a wider kernel bears better: there σ is the widest, the best or close to
    it at M = 500 to 2000.
    """
    separation = token_separation(grammar, level, signal)
    if level == grammar.levels:
        return separation / math.sqrt(-2.0 * math.log(LEAF_KERNEL))
    if not separation > 0:  # one token, or tokens that the signal does not tell apart
        return 1.0
    if features is not None:
        return WIDEST * separation
    closest = _statistics(grammar, level + 1, signal).closest
    narrowest = max(NARROWEST * closest, FINEST * separation)
    scatter = NOISE_FRACTION * token_noise(grammar, level, samples_below, signal)
    return min(max(scatter, narrowest), WIDEST * separation)


def multiple_samples(grammar: Grammar, multiple: float) -> list[int]:
    """N^(l) = multiple · n · m^l for l = 1, …, L (m the mean number of rules where it varies).

    Raises InputError for a multiple that is not positive, or so large that no double holds N^(L).
    """
    if not multiple > 0 or math.isinf(multiple):
        raise InputError("multiple", multiple, "a positive number")
    scale, rules = multiple * grammar.classes, grammar.mean_rules_per_symbol
    if math.log(scale) + grammar.levels * math.log(rules) > LARGEST_LOG:
        allowed = f"so small that X n m^L is below 1e308 (m = {rules:g}, L = {grammar.levels})"
        raise InputError("multiple", multiple, allowed)
    return [max(1, math.ceil(scale * rules**level)) for level in range(1, grammar.levels + 1)]


def practical(
    grammar: Grammar,
    *,
    multiple: float | None = None,
    samples_per_level: Sequence[int] | None = None,
    features: int | None = None,
    solver: Solver = "closed-form",
    signal: Signal = LABEL,
) -> Schedule:
    """A schedule that works at sample sizes people run: N^(l) = multiple · n · m^l.

    Ridge 1/|P_l| as in Lemma 14, bandwidths by :func:`practical_bandwidth`; gradient descent takes
    the repaired step of Lemma 15, with which it converges on any sample. There are stages for the
    levels that the `signal` teaches. Raises InputError unless exactly one of `multiple` and
    `samples_per_level` (levels 1 to L, whichever are taught) is given and positive.
    """
    if (multiple is None) == (samples_per_level is None):
        raise InputError("schedule", "both or neither", "either multiple or samples_per_level")
    samples = (
        list(samples_per_level)
        if samples_per_level is not None
        else multiple_samples(grammar, float(multiple or 0.0))
    )
    if len(samples) != grammar.levels or any(count < 1 for count in samples):
        raise InputError(
            "samples_per_level", samples, f"{grammar.levels} positive integers, levels 1 to L"
        )
    stages = (
        _practical_stage(grammar, level, samples, features, solver, signal)
        for level in signal.taught(grammar)
    )
    return Schedule("practical", tuple(stages))


def _practical_stage(
    grammar: Grammar,
    level: int,
    samples: list[int],
    features: int | None,
    solver: Solver,
    signal: Signal,
) -> Stage:
    patches = len(grammar.patches(level).patch)
    descent = solver == "gradient-descent"
    below = samples[min(level, grammar.levels - 1)]
    return Stage(
        level=level,
        samples=samples[level - 1],
        features=features,
        bandwidth=practical_bandwidth(grammar, level, below, features, signal),
        ridge=lemma_17.RIDGE(patches=patches),
        solver=solver,
        step_size=lemma_15.STEP_SIZE_REPAIRED(patches=patches) if descent else None,
        steps=math.ceil(lemma_17.STEPS(patches=patches, **PRACTICAL)) if descent else None,
    )


LEAF_SEPARATION = math.sqrt(2.0)
"""ρ̃ at the leaves, whose embeddings are one-hot."""

LARGEST_TOLERANCE = 0.099
"""ε_*^(1) that the chain starts from: Lemma 17 is proved for ε_* < 0.1, and any value below 1/√2
makes the argmax right, the label's law at level 1 being one-hot."""


@dataclass(frozen=True)
class Chain:
    """What the chain of Lemma 11 needs to know of an instance or an ensemble, levels 1 to L.

    With another signal than the label: levels `first` to L, and its number of values as `classes`,
    the largest where it differs by level.
    """

    patches: tuple[int, ...]
    separations: tuple[float, ...]
    kappa: float
    classes: int
    branching: int
    first: int = 1


def chain_of(grammar: Grammar, signal: Signal = LABEL) -> Chain:
    """κ and every ρ^(l) of one grammar and signal."""
    report, levels = assumptions(grammar, signal), signal.taught(grammar)
    return Chain(
        patches=tuple(level.patches for level in report.levels),
        separations=tuple(level.rho for level in report.levels),
        kappa=report.kappa,
        classes=max(signal.size(grammar, level) for level in levels),
        branching=grammar.branching,
        first=levels[0],
    )


def lemma_11(
    chain: Chain,
    form: FormName = "printed",
    *,
    delta: float = 0.1,
    tolerance: float = LARGEST_TOLERANCE,
) -> Schedule:
    """The schedule of Theorem 7's proof: Lemma 11 from ε_*^(1) = `tolerance` up to the leaves.

    `form` chooses the constants; ρ^(L+1), which the paper leaves open, is the distance √2 of
    one-hot leaves. The printed chain gives every level the same δ; the repaired one
    shares it out, δ/L each. The kernel is exact (M → ∞). Raises InputError where κ is infinite or
    some ρ^(l) is zero, for which the theorem asks for infinitely many samples, and where it asks
    for more than a double holds.
    """
    stages = lemma_11_stages(chain, form, delta=delta, tolerance=tolerance)
    return Schedule(f"lemma-11, {form}", tuple(stages))


def lemma_11_stages(
    chain: Chain, form: FormName, *, delta: float, tolerance: float = LARGEST_TOLERANCE
) -> Iterator[Stage]:
    """The stages of :func:`lemma_11` one by one from level 1, up to the first that it refuses."""
    for level, values, below in _chain_values(chain, delta, tolerance):
        yield _chain_stage(level, form, values | _share(form, delta, chain), below)


def lemma_11_samples(
    chain: Chain, *, delta: float, tolerance: float = LARGEST_TOLERANCE
) -> Iterator[dict[str, float]]:
    """N^(1), N^(2), … of :func:`lemma_11` in both forms, infinite where no double holds it.

    Raises InputError as that does, for what the theorem excludes.
    """
    found: dict[str, float] = {"printed": 0.0, "repaired": 0.0}
    for _, values, _ in _chain_values(chain, delta, tolerance):
        endless = math.isinf(lemma_17.STEPS(**values))
        for form in FORMS:
            # Once a level is refused, those below it, whose tolerance is smaller, are too.
            if endless or math.isinf(found[form]):
                found[form] = math.inf
                continue
            count = _samples(form)(**values | _share(form, delta, chain))
            found[form] = count if math.isinf(count) else math.ceil(count)
        yield dict(found)
        if all(map(math.isinf, found.values())):
            return


FORMS: tuple[FormName, ...] = ("printed", "repaired")


def _share(form: FormName, delta: float, chain: Chain) -> dict[str, float]:
    """The δ of one level."""
    return {"delta": delta if form == "printed" else delta / len(chain.patches)}


def _samples(form: FormName) -> Formula:
    repaired = form == "repaired"
    return lemma_11_statement.SAMPLES_REPAIRED if repaired else lemma_11_statement.SAMPLES


def _chain_values(
    chain: Chain, delta: float, tolerance: float
) -> Iterator[tuple[int, dict[str, Any], float]]:
    """Level by level: what the formulas of either form take, but for δ; and ε_* one level below."""
    check_chain(chain, delta, tolerance)
    for level, patches in enumerate(chain.patches, start=chain.first):
        leaf = level == len(chain.patches) + chain.first - 1
        values = {
            "patches": patches,
            "kappa": chain.kappa,
            "d_y": chain.classes,
            "s": chain.branching,
            "epsilon": tolerance,
            "rho": LEAF_SEPARATION if leaf else chain.separations[level + 1 - chain.first],
        }
        # One-hot leaves are exact.
        below = 0.0 if leaf else lemma_11_statement.TOLERANCE_BELOW(**values)
        yield level, values, below
        tolerance = below


def _chain_stage(level: int, form: FormName, values: dict[str, Any], below: float) -> Stage:
    repaired = form == "repaired"
    bandwidth = lemma_11_statement.BANDWIDTH_REPAIRED if repaired else lemma_11_statement.BANDWIDTH
    step = lemma_15.STEP_SIZE_REPAIRED if repaired else lemma_15.STEP_SIZE
    count, steps = _samples(form)(**values), lemma_17.STEPS(**values)
    if math.isinf(count) or math.isinf(steps):
        raise InputError(f"N at level {level}", count, "a number that a double holds")
    return Stage(
        level=level,
        samples=math.ceil(count),
        features=None,
        bandwidth=bandwidth(token_separation=values["rho"] - 2 * below, **values),
        ridge=lemma_17.RIDGE(**values),
        solver="gradient-descent",
        step_size=step(**values),
        steps=math.ceil(steps),
        tolerance=values["epsilon"],
    )


def check_chain(chain: Chain, delta: float, tolerance: float) -> None:
    """Raise InputError for what the theorem excludes: κ infinite, a ρ of 0, δ or ε_* too large."""
    if math.isinf(chain.kappa):
        raise InputError("kappa", "inf", "a finite κ (Assumption 6a)")
    if min(chain.separations) <= 0:
        level = chain.separations.index(min(chain.separations)) + chain.first
        raise InputError(f"rho at level {level}", 0.0, "a positive separation (Assumption 6b)")
    for name, value, top in (("delta", delta, 1.0), ("tolerance", tolerance, 0.1)):
        if not 0 < value < top:
            raise InputError(name, value, f"a number between 0 and {top}, both excluded")
