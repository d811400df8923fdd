"""Judging: a claim against its interval, at a confidence that was fixed beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from layerproof.verify.statistics import (
    WORST_MISSES,
    Coverage,
    Interval,
    LawComparison,
    Position,
    against_upper_bound,
    binomial_interval,
    detectable_association,
    detectable_deviation,
    detectable_rate,
    equivalence,
)
from layerproof.verify.statistics.deciding import trials_for_a_mean, trials_for_a_rate
from layerproof.verify.statistics.means import t_quantile
from layerproof.verify.verdicts.claims import (
    Claim,
    Equality,
    Frequency,
    Identity,
    Inequality,
    Nothing,
    SameLaw,
)
from layerproof.verify.verdicts.verdict import Judgement, Power, Shown, Verdict

_VERDICTS = {
    Position.INSIDE: Verdict.HOLDS,
    Position.OUTSIDE: Verdict.VIOLATED,
    Position.UNDECIDED: Verdict.INCONCLUSIVE,
}

UNDECIDED = Position.UNDECIDED

POWER = 0.9
"""The probability with which the deviation named beside a verdict would have been seen."""


@singledispatch
def judge(claim: Claim, confidence: float) -> Judgement:
    """The verdict on a claim, with its interval at `confidence` and the power it had."""
    raise TypeError(f"no rule judges a {type(claim).__name__}")


@judge.register
def _inequality(claim: Inequality, confidence: float) -> Judgement:
    sign = 1.0 if claim.relation == "<=" else -1.0
    slack = sign * (claim.bound - claim.measured)
    limits = claim.between or (claim.measured, claim.measured)
    meets = {_meets(claim, limit) for limit in limits}
    verdict = Verdict.HOLDS if meets == {True} else Verdict.VIOLATED
    reason = ""
    if len(meets) == 2:
        verdict = Verdict.INCONCLUSIVE
        reason = (
            f"between {limits[0]:.6g} and {limits[1]:.6g}, which does not decide whether it is"
            f" {claim.relation} {claim.bound:.6g}{_at(claim.worst)}"
        )
    elif verdict is Verdict.VIOLATED:
        reason = (
            f"{claim.measured:.6g} is not {claim.relation} {claim.bound:.6g}"
            f" on one of {claim.examined} examined{_at(claim.worst)}"
        )
        verdict, reason = _unless_asymptotic(claim, reason)
    elif claim.cannot_fail:
        verdict, reason = Verdict.VACUOUS, claim.cannot_fail
    elif claim.unseen:
        verdict, reason = Verdict.INCONCLUSIVE, claim.unseen
    return Judgement(
        verdict,
        relation=claim.relation,
        predicted=claim.bound,
        measured=claim.measured,
        interval=limits,
        slack=slack,
        power=Power("any counterexample among those examined", 1.0),
        reason=reason,
        evidence={**Shown(examined=claim.examined), **_trust(Coverage.EXACT), **claim.worst},
    )


def _meets(claim: Inequality, value: float) -> bool:
    """Whether the inequality is true of a value, but for rounding."""
    if claim.relation == ">":
        return value > claim.bound
    sign = 1.0 if claim.relation == "<=" else -1.0
    return sign * (claim.bound - value) >= -claim.rounding


def _unless_asymptotic(claim: Inequality | Frequency, reason: str) -> tuple[Verdict, str]:
    """A violation, but of an asymptotic claim: then the size at hand decides nothing."""
    if not claim.asymptotic:
        return Verdict.VIOLATED, reason
    return Verdict.INCONCLUSIVE, f"{reason}; {claim.asymptotic}"


def _at(worst: Mapping[str, Any]) -> str:
    """The instance in a few words, where a few are enough; the evidence holds it whole."""
    words = ", ".join(f"{name} {value}" for name, value in worst.items())
    return f": {words}" if words and len(words) <= 120 else ""


@judge.register
def _identity(claim: Identity, confidence: float) -> Judgement:
    holds = claim.deviation <= claim.rounding
    return Judgement(
        Verdict.HOLDS if holds else Verdict.VIOLATED,
        relation="=",
        predicted=0.0,
        measured=claim.deviation,
        interval=(claim.deviation, claim.deviation),
        slack=claim.rounding - claim.deviation,
        power=Power(f"a deviation above {claim.rounding:.3g}", 1.0),
        reason=""
        if holds
        else f"off by {claim.deviation:.6g}, rounding allows {claim.rounding:.3g}",
        evidence={**Shown(examined=claim.examined), **_trust(Coverage.EXACT), **claim.worst},
    )


@judge.register
def _frequency(claim: Frequency, confidence: float) -> Judgement:
    interval = binomial_interval(claim.failures, claim.trials, confidence)
    verdict = _VERDICTS[against_upper_bound(interval, claim.delta)]
    reason = {
        Verdict.HOLDS: claim.caveat,
        Verdict.VIOLATED: f"fails in {claim.failures} of {claim.trials} trials,"
        f" allowed with probability {claim.delta:g}",
        Verdict.INCONCLUSIVE: f"{claim.failures} failures in {claim.trials} trials do not decide"
        f" whether the failure probability exceeds {claim.delta:g}",
    }[verdict]
    if verdict is not Verdict.VIOLATED and claim.cannot_fail:
        verdict, reason = Verdict.VACUOUS, claim.cannot_fail
    elif verdict is Verdict.HOLDS and claim.unseen:
        verdict, reason = Verdict.INCONCLUSIVE, claim.unseen
    elif verdict is Verdict.VIOLATED:
        verdict, reason = _unless_asymptotic(claim, reason)
    return Judgement(
        verdict,
        relation="<=",
        predicted=claim.delta,
        measured=interval.estimate,
        interval=interval.limits,
        slack=claim.delta - interval.estimate,
        power=_power_of_frequency(claim, confidence),
        reason=reason,
        evidence={
            "failures": claim.failures,
            **_trust(interval.coverage),
            **(_enough(claim, confidence) if verdict is Verdict.INCONCLUSIVE else {}),
            **claim.worst,
        },
    )


def _enough(claim: Frequency, confidence: float) -> Shown:
    """The trials that would have decided; nothing where no number does that is worth telling."""
    if claim.unseen or claim.asymptotic:
        return Shown()
    found = trials_for_a_rate(claim.failures, claim.trials, claim.delta, confidence)
    return Shown(deciding_trials=found) if found else Shown()


def _power_of_frequency(claim: Frequency, confidence: float) -> Power:
    rate = detectable_rate(claim.delta, claim.trials, confidence, power=POWER)
    if math.isinf(rate):
        return Power("no failure probability, with so few trials", 0.0)
    return Power(f"a failure probability of {rate:.3g}", POWER)


@judge.register
def _equality(claim: Equality, confidence: float) -> Judgement:
    # No margin around infinity has a width, and no relative one around 0.
    if math.isinf(claim.predicted) or not (claim.predicted or claim.absolute):
        return _without_margin(claim, claim.interval.at(confidence))
    interval, position, doubt = _deciding(claim, confidence)
    half = claim.margin if claim.absolute else claim.margin * abs(claim.predicted)
    unit = "" if claim.absolute else " relative"
    low, high = interval.limits
    reason = {
        Position.INSIDE: "",
        Position.OUTSIDE: f"[{low:.4g}, {high:.4g}] misses {claim.predicted:.4g}"
        f" by more than {claim.margin:g}{unit}",
        Position.UNDECIDED: doubt
        or f"[{low:.4g}, {high:.4g}] straddles the margin of {claim.margin:g}"
        f"{unit} around {claim.predicted:.4g}",
    }[position]
    return Judgement(
        _VERDICTS[position],
        relation="=",
        predicted=claim.predicted,
        measured=interval.estimate,
        interval=interval.limits,
        slack=half - abs(interval.estimate - claim.predicted),
        power=None if doubt and interval.thin else _power_of_equality(claim, interval, half),
        reason=reason,
        evidence={
            **Shown(margin=claim.margin, margin_is="absolute" if claim.absolute else "relative"),
            **(_narrow_enough(claim, confidence, half) if position is UNDECIDED else {}),
            "method": interval.method,
            **_trust(interval.coverage),
        },
    )


def _narrow_enough(claim: Equality, confidence: float, half: float) -> Shown:
    """The trials whose interval is on one side of the margin; nothing where no number is."""
    found = trials_for_a_mean(claim.interval.at(confidence), claim.predicted, half, claim.trials)
    return Shown(deciding_trials=found) if found else Shown()


def _without_margin(claim: Equality, interval: Interval) -> Judgement:
    """Where the prediction has no relative margin: 0 is compared as it is, infinity not at all."""
    verdict, reason = Verdict.INCONCLUSIVE, f"the prediction is {claim.predicted:g} at this size"
    if claim.predicted == 0.0:
        interval, doubt = _deciding_zero(claim, interval)
        if doubt:
            reason = doubt
        elif interval.low == interval.high == 0.0:
            verdict, reason = (
                Verdict.VACUOUS,
                "at this size it is 0 whatever is drawn, as predicted",
            )
        elif not interval.contains(0.0):
            verdict, reason = Verdict.VIOLATED, "the prediction is 0 at this size"
    return Judgement(
        verdict,
        relation="=",
        predicted=claim.predicted,
        measured=interval.estimate,
        interval=interval.limits,
        reason=reason,
        evidence={"method": interval.method, **_trust(interval.coverage)},
    )


def _deciding_zero(claim: Equality, nominal: Interval) -> tuple[Interval, str]:
    """The interval that says whether 0 is missed, and why none may: as :func:`_deciding`."""
    unsure = nominal.thin and nominal.stretched().contains(0.0)
    doubt = str(nominal.thin) if unsure else ""
    if claim.guaranteed is not None:
        wide = claim.guaranteed.at(nominal.confidence)
        if doubt or not wide.contains(0.0):
            return wide, "" if not wide.contains(0.0) else doubt
    return nominal, doubt


def _deciding(claim: Equality, confidence: float) -> tuple[Interval, Position, str]:
    """The interval that judges, where it lies, and why no narrower one may judge.

    The guaranteed one where it decides: then its error is bounded whatever the law. A nominal one
    of a thin sample decides only what it would with limits twice as far off.
    """

    def position(interval: Interval) -> Position:
        return equivalence(interval, claim.predicted, claim.margin, absolute=claim.absolute)

    nominal = claim.interval.at(confidence)
    found = position(nominal)
    unsure = nominal.thin and not (found is position(nominal.stretched()) is not UNDECIDED)
    doubt = str(nominal.thin) if unsure else ""
    if claim.guaranteed is not None:
        wide = claim.guaranteed.at(confidence)
        if doubt or position(wide) is not UNDECIDED:
            return wide, position(wide), doubt
    return nominal, UNDECIDED if doubt else found, doubt


def _trust(coverage: Coverage) -> Shown:
    """How far the interval can be trusted, and how often a nominal limit was found to miss."""
    if coverage is Coverage.NOMINAL:
        return Shown(coverage=str(coverage), misses_at_most=WORST_MISSES)
    return Shown(coverage=str(coverage))


def _power_of_equality(claim: Equality, interval: Interval, margin: float) -> Power:
    """With the farther limit's distance in place of t standard errors: at least this power.

    That distance is Student's where the interval is Student's, and larger where it is wider.
    """
    degrees = max(claim.trials - 1, 1)
    reach = max(interval.high - interval.estimate, interval.estimate - interval.low)
    deviation = detectable_deviation(
        margin=margin,
        standard_error=reach / t_quantile(interval.confidence, degrees),
        degrees=degrees,
        confidence=interval.confidence,
        power=POWER,
    )
    scale = 1.0 if claim.absolute else abs(claim.predicted)
    kind = "a deviation" if claim.absolute else "a relative deviation"
    return Power(f"{kind} of {deviation / scale:.3g}", POWER)


@judge.register
def _same_law(claim: SameLaw, confidence: float) -> Judgement:
    found = claim.comparison
    effect = found.effect.at(confidence)
    verdict = _VERDICTS[against_upper_bound(effect, claim.margin)]
    # As one limit of an interval: half of what the confidence leaves.
    level = (1.0 - confidence) / 2.0
    if found.rejects(level):
        verdict = Verdict.VIOLATED
    reason = {
        Verdict.HOLDS: "",
        Verdict.VIOLATED: f"the laws differ, p = {found.p_value:.2g}",
        Verdict.INCONCLUSIVE: f"an effect of {effect.high:.3g} is not excluded, above the margin"
        f" of {claim.margin:g}",
    }[verdict]
    return Judgement(
        verdict,
        relation="=",
        predicted=0.0,
        measured=effect.estimate,
        interval=effect.limits,
        slack=claim.margin - effect.estimate,
        power=_power_of_same_law(found, level),
        reason=reason,
        evidence={
            "p_value": found.p_value,
            "effect": found.effect_name,
            **Shown(margin=claim.margin),
            **_trust(effect.coverage),
        },
    )


def _power_of_same_law(found: LawComparison, level: float) -> Power | None:
    """None where a count where none is possible settled it."""
    if found.degrees is None:
        return None
    effect = detectable_association(found.total, found.degrees, 1.0 - level, power=POWER)
    return Power(f"an effect of {effect:.3g}", POWER)


@judge.register
def _nothing(claim: Nothing, confidence: float) -> Judgement:
    verdict = Verdict.NOT_APPLICABLE if claim.premise_failed else Verdict.INCONCLUSIVE
    return Judgement(verdict, measured=claim.measured, reason=claim.reason)
