"""What a run of a user's own grammar does, so that it answers within a minute on two cores."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from layerproof.theory.assumptions import assumptions
from layerproof.theory.errors import InputError
from layerproof.theory.formatting import duration
from layerproof.theory.grammar import Grammar
from layerproof.theory.statements import catalogue
from layerproof.verify.checks.premises import Instance, OnGrammar, OnParameters
from layerproof.verify.run.estimates import MEASURED_ONLY, entry_seconds
from layerproof.verify.run.suite import Entry
from layerproof.verify.verdicts.diagnosis import LeftOut

MOST_SECONDS = 110.0
"""Of one core, for all trials together."""


@dataclass(frozen=True)
class Affordable:
    """The entries that run, the time of each on one core, and what is left out."""

    entries: tuple[Entry, ...]
    seconds: tuple[float, ...]
    left_out: tuple[LeftOut, ...]


def affordable(
    entries: Sequence[Entry], grammar: Grammar, only: Sequence[str], command: str
) -> Affordable:
    """Of these entries the quickest, as many as fit into MOST_SECONDS.

    Where a premise fails on the grammar one trial says so as well as all. What `only` names runs
    whatever it takes. `command` is what the user ran; with ``--only`` it runs what is left out.
    """
    covered = assumptions(grammar).holds
    shortened = [_shortened(entry, grammar, covered=covered) for entry in entries]
    kept, spent = set(), 0.0
    for place in sorted(range(len(shortened)), key=lambda place: shortened[place][1]):
        entry, seconds = shortened[place]
        spent += seconds
        if spent <= MOST_SECONDS or {entry.check.id, entry.check.statement}.intersection(only):
            kept.add(place)
    out = [found for place, found in enumerate(shortened) if place not in kept]
    running = [found for place, found in enumerate(shortened) if place in kept]
    return Affordable(
        tuple(entry for entry, _ in running),
        tuple(seconds for _, seconds in running),
        _left_out(out, command),
    )


def _shortened(entry: Entry, grammar: Grammar, *, covered: bool) -> tuple[Entry, float]:
    """The entry, of one trial where a premise fails, and the time of its trials."""
    if not _stopped(entry, grammar, covered=covered):
        return entry, entry_seconds(entry)
    one = replace(entry, trials=min(entry.trials, 1))
    return one, MEASURED_ONLY


def _stopped(entry: Entry, grammar: Grammar, *, covered: bool) -> bool:
    """Whether a premise fails on the grammar, so that every trial ends before it begins."""
    check = entry.check
    if check.needs_theorem_7 and not covered:
        return True
    instance = Instance(entry.parameters, entry.form, lambda: grammar)
    try:
        found = [check.measured(instance, kind) for kind in (OnParameters, OnGrammar)]
    except (InputError, TypeError):  # a check that has no grammar, or cannot look at this one
        return False
    return any(why for premises in found for why in premises.values())


def _left_out(out: Sequence[tuple[Entry, float]], command: str) -> tuple[LeftOut, ...]:
    seconds: dict[str, float] = defaultdict(float)
    for entry, spent in out:
        seconds[entry.check.id] += spent
    checks = {entry.check.id: entry.check for entry, _ in out}
    return tuple(
        LeftOut(
            name,
            check.statement,
            f"{catalogue()[check.statement].title}: {check.quantity},"
            f" about {duration(seconds[name])} on one core",
            f"{command} --only {shlex.quote(name)}",
        )
        for name, check in checks.items()
    )
