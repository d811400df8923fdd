"""Where the theorem's assumptions hold: how often, over sizes, ensembles and exponents.

A sweep lists values of m, V, L, s, the ensemble and the Zipf exponent; every combination is a point
of the diagram. At each, instances are drawn and Assumption 6 (R26 Sec. 2.1) is measured exactly.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerproof.theory.assumptions import assumptions
from layerproof.theory.costs import Extent, check
from layerproof.theory.ensembles import DEFAULT, ENSEMBLES, Ensemble, ensemble_of
from layerproof.theory.errors import InputError, guessed
from layerproof.theory.population import separation_rounding
from layerproof.theory.randomness import derive_seed
from layerproof.theory.sizes import SizeField, Sizes
from layerproof.theory.statements.ren2026.proposition_19 import SEPARATION

MOST_POINTS = 10_000
"""Points of one diagram."""

RANGES = "a number below 10^9, a range a:b or a:b:step with both ends, or several joined by /"


def swept() -> dict[str, SizeField]:
    """The sizes that a sweep may name, by key: all but the classes, which are as many as tokens."""
    own = (found for kind in ENSEMBLES.values() for found in kind.own_fields())
    every = (*Sizes.size_fields(), *own)
    return {found.key: found for found in every if found.name != "classes"}


def usual(ensemble: str, given: Mapping[str, Any]) -> Ensemble:
    """An ensemble at the given sizes, by key, and at the usual ones where a size is not given."""
    known = ENSEMBLES[ensemble].size_fields()
    return ensemble_of(ensemble, {found.key: found.usual for found in known} | dict(given))


def stream(point: Ensemble) -> str:
    """What names the random streams of a point; the rules do not depend on the exponents."""
    named = (found.key for found in point.size_fields() if found.letter)
    own = (found.key for found in point.own_fields())
    sizes = point.by_key()
    return ",".join([point.name, *(f"{key}={sizes[key]}" for key in dict.fromkeys((*named, *own)))])


def impossible(point: Ensemble) -> str:
    """Why there are no such grammars; empty where there are."""
    try:
        point.check()
    except InputError as error:
        return str(error)
    return ""


def extent_of(point: Ensemble) -> Extent:
    """How large its grammars are; raises InputError where too large to draw and to analyse."""
    point.check_drawn()
    check(point.extent)
    return point.extent


@dataclass(frozen=True)
class InstanceFacts:
    """What one draw has: κ, K_ρ, and whether Proposition 19's bound holds at every level."""

    kappa: float
    K_rho: float
    proposition_19: bool


def examine(point: Ensemble, seed: int, draw_number: int) -> InstanceFacts:
    """Draw instance number `draw_number` of a point, and measure it exactly."""
    grammar = point.draw(derive_seed(seed, "phases", stream(point), draw_number))
    found = assumptions(grammar)
    # rho is a computed number, and the bound an irrational one at odd levels.
    bounded = (
        level.rho + separation_rounding(grammar, level.level, 2)
        >= SEPARATION(m=point.rules, l=level.level)
        for level in found.levels
    )
    constant = math.inf if found.K_rho is None else found.K_rho
    return InstanceFacts(found.kappa, constant, all(bounded))


def parse_sweep(text: str, field: str = "--sweep") -> dict[str, list[int | float | str]]:
    """The values that a sweep gives each name, in the order given: {"m": [2, 3, …], …}.

    Names are joined by commas, values by ``name=``: a number, ``a:b`` or ``a:b:step`` with both
    ends, or several of these joined by ``/``.
    Raises InputError, naming the part, for anything else.

    >>> parse_sweep("m=2:4,V=8/32,zipf=0:1:0.5")
    {'m': [2, 3, 4], 'V': [8, 32], 'zipf': [0.0, 0.5, 1.0]}
    """
    found: dict[str, list[int | float | str]] = {}
    names = swept()
    syntax = f'such as "m=2:8,V=8:64:8,L=2:4": names {", ".join(names)} or ensemble'
    for part in text.split(","):
        name, equals, values = (piece.strip() for piece in part.partition("="))
        if not equals or name not in (*names, "ensemble"):
            raise InputError(field, part, guessed(syntax, name, (*names, "ensemble")))
        if name in found:
            raise InputError(f"{field}, {name}", part, "each name once")
        found[name] = list(dict.fromkeys(_values(names.get(name), values, f"{field}, {name}")))
    points = math.prod(len(values) for values in found.values())
    if points > MOST_POINTS:
        raise InputError(field, f"{points} points", f"at most {MOST_POINTS} combinations")
    return found


def _values(size: SizeField | None, text: str, field: str) -> Iterator[int | float | str]:
    """The values of a size, or the names of ensembles."""
    for piece in text.split("/"):
        if size is None:
            if piece not in ENSEMBLES:
                raise InputError(field, piece, " or ".join(ENSEMBLES))
            yield piece
        elif not size.whole:
            yield from (float(value) for value in _range(piece, field, r"\d+(?:\.\d+)?"))
        else:
            yield from (int(value) for value in _range(piece, field, r"[1-9]\d{0,8}"))


def _range(text: str, field: str, number: str) -> list[float]:
    """The numbers of a, a:b or a:b:step, both ends included where the steps meet them."""
    if not re.fullmatch(rf"{number}(:{number}){{0,2}}", text):
        raise InputError(field, text, RANGES)
    start, *rest = (float(part) for part in text.split(":"))
    end, step = (rest[0] if rest else start), (rest[1] if len(rest) > 1 else 1.0)
    if end < start or step <= 0:
        raise InputError(field, text, f"{RANGES}, upwards, with a step above 0")
    steps = math.floor((end - start) / step + 1e-9)
    if steps >= MOST_POINTS:
        raise InputError(field, text, f"at most {MOST_POINTS} values")
    return [start + k * step for k in range(steps + 1)]


def points_of(
    sweep: Mapping[str, Sequence[int | float | str]], base: Mapping[str, Any]
) -> list[Ensemble]:
    """Every combination of the values, the last name varying fastest.

    `base` gives, by key, what the sweep does not: sizes, and the `ensemble`.

    >>> [point.rules for point in points_of(parse_sweep("m=2:3"), {"V": 8})]
    [2, 3]
    """
    found = []
    for values in itertools.product(*sweep.values()):
        settings = {"ensemble": DEFAULT} | dict(base) | dict(zip(sweep, values, strict=True))
        found.append(usual(str(settings.pop("ensemble")), settings))
    return found
