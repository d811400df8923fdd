"""Centred vectors on which statements about first-token matrices are tried."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from layerproof.theory.grammar_checks import Floats

Kind = Literal["pair", "spike", "alternating", "gaussian"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Two tokens; one against all others (P z can vanish where m is a multiple of V); all ± 1; none."""


def vector(kind: Kind, V: int, rng: np.random.Generator) -> Floats:
    """A centred vector (V,): whole numbers, but for the Gaussian one."""
    z = np.zeros(V)
    match kind:
        case "pair":
            z[:2] = 1, -1
        case "spike":
            z[:] = -1
            z[0] = V - 1
        case "alternating":
            z[: 2 * (V // 2)] = np.tile([1, -1], V // 2)
        case "gaussian":
            z[:] = rng.normal(size=V)
            z -= z.mean()
    return z
