"""Where the theorem's assumptions hold: how often, over sizes, ensembles and exponents.

A sweep lists values of m, V, L, s, the ensemble and the Zipf exponent; every combination is a point
of the diagram. At each, instances are drawn and Assumption 6 (R26 Sec. 2.1) is measured exactly.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from layerproof.theory.assumptions import assumptions
from layerproof.theory.costs import Extent, check
from layerproof.theory.ensembles import ENSEMBLES, check_drawn, check_sizes, draw
from layerproof.theory.errors import InputError
from layerproof.theory.population import separation_rounding
from layerproof.theory.randomness import derive_seed
from layerproof.theory.statements.ren2026.proposition_19 import SEPARATION
from layerproof.theory.zipf import check_exponent

MOST_POINTS = 10_000
"""Points of one diagram."""

SYNTAX = 'such as "m=2:8,V=8:64:8,L=2:4": names m, V, L, s, zipf, label_zipf or ensemble'
RANGES = "a number below 10^9, a range a:b or a:b:step with both ends, or several joined by /"
SIZES = ("m", "V", "L", "s")
EXPONENTS = ("zipf", "label_zipf")


@dataclass(frozen=True)
class Point:
    """One point of a phase diagram: an ensemble, its sizes and its Zipf exponents."""

    m: int = 4
    V: int = 8
    L: int = 3
    s: int = 2
    ensemble: str = "uniform-first-token"
    zipf: float = 0.0
    label_zipf: float = 0.0

    @property
    def name(self) -> str:
        """What names the point's random streams; the rules do not depend on the exponents."""
        return f"{self.ensemble},V={self.V},m={self.m},s={self.s},L={self.L}"

    @property
    def exists(self) -> bool:
        """Whether there are such grammars."""
        return not self.impossible()

    @property
    def extent(self) -> Extent:
        """How large they are; raises InputError where that is too large to draw and to analyse."""
        check_drawn(self.ensemble, self.V, self.m, self.s, self.L)
        extent = Extent.of_ensemble(self.V, self.m, self.s, self.L)
        check(extent)
        return extent

    def impossible(self) -> str:
        """Why there are no such grammars; empty where there are."""
        try:
            check_sizes(self.ensemble, self.V, self.m, self.s, self.L)
            check_exponent("zipf", self.zipf, self.m)
            check_exponent("label_zipf", self.label_zipf, self.V)
        except InputError as error:
            return str(error)
        return ""


@dataclass(frozen=True)
class InstanceFacts:
    """What one draw has: κ, K_ρ, and whether Proposition 19's bound holds at every level."""

    kappa: float
    K_rho: float
    proposition_19: bool


def examine(point: Point, seed: int, draw_number: int) -> InstanceFacts:
    """Draw instance number `draw_number` of a point, and measure it exactly."""
    grammar = draw(
        point.ensemble,
        vocabulary=point.V,
        rules=point.m,
        branching=point.s,
        levels=point.L,
        zipf=point.zipf,
        label_zipf=point.label_zipf,
        seed=derive_seed(seed, "phases", point.name, draw_number),
    )
    found = assumptions(grammar)
    # rho is a computed number, and the bound an irrational one at odd levels.
    bounded = (
        level.rho + separation_rounding(grammar, level.level, 2)
        >= SEPARATION(m=point.m, l=level.level)
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
    for part in text.split(","):
        name, equals, values = (piece.strip() for piece in part.partition("="))
        if not equals or name not in (*SIZES, *EXPONENTS, "ensemble"):
            raise InputError(field, part, SYNTAX)
        if name in found:
            raise InputError(f"{field}, {name}", part, "each name once")
        found[name] = list(dict.fromkeys(_values(name, values, f"{field}, {name}")))
    points = math.prod(len(values) for values in found.values())
    if points > MOST_POINTS:
        raise InputError(field, f"{points} points", f"at most {MOST_POINTS} combinations")
    return found


def _values(name: str, text: str, field: str) -> Iterator[int | float | str]:
    for piece in text.split("/"):
        if name == "ensemble":
            if piece not in ENSEMBLES:
                raise InputError(field, piece, " or ".join(ENSEMBLES))
            yield piece
        elif name in EXPONENTS:
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


def points_of(sweep: Mapping[str, Sequence[int | float | str]], base: Point) -> list[Point]:
    """Every combination of the values, the last name varying fastest."""
    combinations = itertools.product(*sweep.values())
    return [replace(base, **dict(zip(sweep, values, strict=True))) for values in combinations]  # type: ignore[arg-type]
