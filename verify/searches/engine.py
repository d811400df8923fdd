"""Hypothesis as the engine: look through instances, then shrink a counterexample to the smallest.

The search looks at a number of instances that is fixed beforehand and does not stop at the first
success, so that the worst violation is seen beside the smallest. Hypothesis generates them, and is
told the slack of each as a target, so that it looks closer where the statement is nearly broken.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Generic, TypeVar

from layerproof.theory.errors import InputError
from layerproof.theory.randomness import derive_seed
from layerproof.verify.searches.base import Comparison, Search

I = TypeVar("I")
Progress = Callable[[int, int], None]
"""Called with the number of instances examined and the number asked for."""


@dataclass(frozen=True)
class Found(Generic[I]):
    """An instance with what the statement says of it."""

    instance: I
    comparison: Comparison


@dataclass(frozen=True)
class Refutation(Generic[I]):
    """What a search found.

    `examined` instances were looked at and `violations` of them break the statement; `closest` is
    the one with the least slack, the worst violation where there is one; `smallest` the simplest
    counterexample, None where there is none.
    """

    search: Search[I]
    form: str
    seed: int
    examples: int
    examined: int
    violations: int
    closest: Found[I] | None
    smallest: Found[I] | None

    @property
    def refuted(self) -> bool:
        """Whether some instance breaks the statement."""
        return self.smallest is not None

    @property
    def as_expected(self) -> bool:
        """Whether a counterexample came exactly where one is expected."""
        return self.refuted == self.search.expects_violation(self.form)


@dataclass
class _Record(Generic[I]):
    """What has been examined so far."""

    search: Search[I]
    form: str
    examined: int = 0
    violations: int = 0
    least_size: float = math.inf
    closest: Found[I] | None = None
    listeners: list[Callable[[int], None]] = field(default_factory=list)

    def __call__(self, instance: I) -> Comparison:
        """Examine an instance of the search."""
        comparison = self.look(instance)
        self.examined += 1
        if comparison.violated:
            self.violations += 1
            self.least_size = min(self.least_size, self.search.size(instance))
        for listener in self.listeners:
            listener(self.examined)
        return comparison

    def look(self, instance: I) -> Comparison:
        """Examine an instance on the way to the smallest."""
        comparison = self.search.examine(instance, self.form)
        if self.closest is None or comparison.slack < self.closest.comparison.slack:
            self.closest = Found(instance, comparison)
        return comparison


def refute(
    search: Search[I],
    form: str = "printed",
    *,
    examples: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Refutation[I]:
    """Look through `examples` instances for one that breaks the statement.

    Equal seeds give equal searches under one version of layerproof and of Hypothesis; the saved
    instance is what reproduces a counterexample anywhere.
    """
    budget = examples or search.examples
    record = _Record(search, form)
    if progress is not None:
        record.listeners.append(lambda done: progress(done, budget))
    source = derive_seed(seed, "refute", search.statement, form)
    with _private_storage():
        _find(search, form, record, _never, budget, source)
        smallest = _smallest(record, budget, source) if record.violations else None
    if record.violations and smallest is None:  # never seen; then the worst one has to do
        smallest = record.closest
    return Refutation(
        search,
        form,
        seed,
        budget,
        record.examined,
        record.violations,
        record.closest,
        smallest,
    )


def _never(instance: Any, comparison: Comparison) -> bool:
    return False


def _smallest(record: _Record[I], budget: int, source: int) -> Found[I] | None:
    """The simplest violation: the same search, up to the smallest size seen, and then shrunk."""
    search, form = record.search, record.form

    def wanted(instance: I, comparison: Comparison) -> bool:
        return comparison.violated and search.size(instance) <= record.least_size

    return _find(search, form, record.look, wanted, budget, source)


def _find(
    search: Search[I],
    form: str,
    examine: Callable[[I], Comparison],
    wanted: Callable[[I, Comparison], bool],
    budget: int,
    source: int,
) -> Found[I] | None:
    """Hypothesis over the instances of the search, until one is wanted; that one shrunk."""
    from hypothesis import Phase, assume, find, settings, target
    from hypothesis.errors import NoSuchExample, Unsatisfiable

    def condition(instance: I) -> bool:
        assume(not search.unmet(instance, form))
        comparison = examine(instance)
        if math.isfinite(comparison.slack):
            target(-comparison.slack)
        return wanted(instance, comparison)

    chosen = settings(
        max_examples=budget,
        database=None,
        deadline=None,
        derandomize=False,  # the seed alone decides, also where a profile for CI is active
        phases=(Phase.generate, Phase.target, Phase.shrink),
    )
    try:
        instance = find(search.strategy(form), condition, settings=chosen, random=Random(source))
    except (NoSuchExample, Unsatisfiable):
        return None
    return Found(instance, search.examine(instance, form))


@contextmanager
def _private_storage() -> Iterator[None]:
    """Inside, Hypothesis keeps its cache in a folder of its own, not in the user's."""
    from hypothesis import configuration

    home: Any = configuration
    try:
        kept = tempfile.TemporaryDirectory()
    except OSError as error:
        allowed = f"one that can be written, which TMPDIR may name ({error.strerror})"
        raise InputError("the folder for temporary files", error.filename, allowed) from error
    with kept as folder:
        home.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            home.set_hypothesis_home_dir(None)
