"""Kinds of claims: a measurement with its sampling distribution, beside what was claimed.

A check returns one of these and judges nothing; :func:`layerproof.verify.verdicts.judge.judge`
compares it with its interval at a confidence fixed beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sympy as sp

from layerproof.verify.statistics import Interval, LawComparison

Relation = Literal["<=", ">=", ">"]

RELATIONS: Mapping[type[sp.Basic], Relation] = {sp.Le: "<=", sp.Ge: ">=", sp.Gt: ">"}
"""The relations of statements that an :class:`Inequality` judges."""


@dataclass(frozen=True)
class Inequality:
    """``measured relation bound`` on instances, the worst one over everything `examined`.

    `rounding` is the floating-point error that the comparison allows, derived from the dtype.
    `cannot_fail` says why the bound could not have failed at this size, where that is so.
    `worst` describes the instance at which the slack is least: the counterexample, if there is one.
    `between` are the ends between which the true value lies, where a search did not end; the claim
    is settled where both lie on one side of the bound. `unseen` and `asymptotic` as
    in :class:`Frequency`.
    """

    measured: float
    relation: Relation
    bound: float
    examined: int
    rounding: float = 0.0
    cannot_fail: str = ""
    worst: Mapping[str, Any] = field(default_factory=dict)
    between: tuple[float, float] | None = None
    unseen: str = ""
    asymptotic: str = ""


@dataclass(frozen=True)
class Frequency:
    """``P[failure] ≤ delta``: `failures` in `trials` independent trials.

    `worst` describes the trial that failed by most. `cannot_fail` as in :class:`Inequality`.
    `unseen` says why failures may not have been counted, as on instances of which only a part was
    looked at: such a claim may be violated and cannot hold. `caveat` says how a failure was
    searched for where no search is sure to find it: it stands beside `holds`. `asymptotic` says why
    no single size refutes the claim, which then cannot be violated.
    """

    failures: int
    trials: int
    delta: float
    cannot_fail: str = ""
    worst: Mapping[str, Any] = field(default_factory=dict)
    unseen: str = ""
    caveat: str = ""
    asymptotic: str = ""


@dataclass(frozen=True)
class Equality:
    """``E[X] = predicted`` within a relative margin, from an interval for the expectation.

    `absolute` makes the margin one in the units of the prediction, as a prediction of 0 needs.
    `guaranteed` is an interval for the same expectation from the range of X. It judges where it is
    narrow enough to decide, and the other one where it is not.
    """

    interval: Interval
    predicted: float
    margin: float
    trials: int
    absolute: bool = False
    guaranteed: Interval | None = None


@dataclass(frozen=True)
class Identity:
    """An exact identity: the largest deviation over everything examined, against rounding alone."""

    deviation: float
    rounding: float
    examined: int
    worst: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SameLaw:
    """Equality in law: a test of it with its effect size.

    Two laws that are claimed to be one may not differ at all: where the test rejects they do,
    however small the effect. A test that does not reject is no evidence: for `holds` the effect has
    to lie within the `margin`, by default Cohen's "medium", 0.3.
    """

    comparison: LawComparison
    trials: int
    margin: float = 0.3


@dataclass(frozen=True)
class Nothing:
    """No verdict: no trial met the premises, or the evidence is too thin.

    `measured` is what was seen all the same.
    """

    reason: str
    premise_failed: bool
    measured: float | None = None


Claim = Inequality | Frequency | Equality | Identity | SameLaw | Nothing
