"""Evidence bounds against those of explicit autoencoders on all strings of a grammar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypedDict

import numpy as np

from layerproof.theory.enumeration import MOST_DERIVATIONS, Derivation, enumerate_derivations
from layerproof.theory.evidence_bounds import evidence_bounds
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.derived.masked_entropy import ROUNDINGS, string_sizes
from layerproof.verify.verdicts.claims import Claim, Identity, Nothing


class Bounds(TypedDict):
    """By level: the bounds counted on all strings, the layers' rates, and the exact distortions."""

    counted: list[float]
    layers: list[float]
    distortions: list[float]
    sizes: dict[str, int]


class EvidenceBoundOfTokens(Check[InstanceParameters]):
    """Each code's share of all strings, and each leaf's frequencies among the strings of a code."""

    id = "evidence-bound"
    statement = "derived.evidence-bound"
    turned_by = ("ambiguous-rules",)
    quantity = "E[−log p(z) − Σ_i log p(x_i | z)]"
    parameters = InstanceParameters

    def rows(self, parameters: InstanceParameters) -> Sequence[Row]:
        """The bound of every level, and what each layer of a hierarchical autoencoder pays."""
        levels = range(parameters.depth + 1)
        bounds: list[Row] = [{"of": "bound", "level": level} for level in levels]
        return [*bounds, *({"of": "layer", "level": level} for level in levels[1:])]

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome[Bounds]:
        """All strings of one grammar; nothing of the transition matrices is used on them."""
        grammar = trial.grammar(parameters)
        found: Bounds = {
            "counted": [], "layers": [], "distortions": [], "sizes": string_sizes(grammar),
        }  # fmt: skip
        if grammar.derivations() > MOST_DERIVATIONS:
            return Outcome(found)
        strings = enumerate_derivations(grammar).derivations
        entropies = []
        for level in range(grammar.levels + 1):
            rate, distortion = _coded(strings, level)
            found["counted"].append(rate + distortion)
            entropies.append(rate)
        found["layers"] = np.diff(entropies).tolist()
        found["distortions"] = [bound.distortion for bound in evidence_bounds(grammar)[1:]]
        return Outcome(found)

    def claim(
        self,
        parameters: InstanceParameters,
        row: Row,
        outcomes: Sequence[Outcome[Bounds]],
        form: str,
    ) -> Claim:
        """To rounding, the worst of all grammars."""
        found = [outcome.values for outcome in outcomes]
        if not found[0]["counted"]:
            return Nothing("too many strings to list", premise_failed=False)
        level, sizes = row["level"], found[0]["sizes"]
        if row["of"] == "layer":
            paid = self.formula(form, "layer")(l=level - 1, **sizes)
            off = [abs(one["layers"][level - 1] - paid) for one in found]
        else:
            rate = self.formula(form, "rate")(l=level, **sizes)
            off = [abs(one["counted"][level] - rate - one["distortions"][level]) for one in found]
        scale = found[0]["counted"][0]
        rounding = ROUNDINGS * 2.0**-52 * sizes["s"] ** sizes["L"] * max(1.0, scale)
        return Identity(max(off), rounding, examined=len(found), worst={"bound": scale})


def _coded(strings: Sequence[Derivation], level: int) -> tuple[float, float]:
    """H(code) and Σ_i H(x_i | code), the code being the tokens of a level, from all strings."""
    codes: dict[Hashable, float] = defaultdict(float)
    leaves: dict[Hashable, float] = defaultdict(float)
    for found in strings:
        share, code = float(found.probability), found.levels[level]
        codes[code] += share
        for place, token in enumerate(found.levels[-1]):
            leaves[code, place, token] += share
    rate = _entropy(codes.values())
    return rate, _entropy(leaves.values()) - len(strings[0].levels[-1]) * rate


def _entropy(shares: Iterable[float]) -> float:
    found = np.array(list(shares))
    return float(-(found * np.log(found)).sum())


CHECKS = (EvidenceBoundOfTokens(),)
