"""Slips in the formulas about own latents as they are learned, and in those of K26."""

from typing import Any

from layerproof.theory.statements.derived.raw_latents import HOEFFDING_GROWTH
from layerproof.theory.symbols import L, m
from tests.verify.checks.perturbations_laws_and_principle import slips_of

LEMMA: dict[str, Any] = {"V": 8, "m": 3, "s": 2, "L": 2, "delta": 0.3}
RAW: dict[str, Any] = {"V": 16, "m": 4, "s": 2, "L": 3, "margin": 0.3}
CLUSTERING: dict[str, Any] = {"V": 16, "m": 4, "s": 2, "L": 2, "delta": 0.3}

CLUSTERING_SIZES = {key: CLUSTERING[key] for key in "VmsL"}

PERTURBATIONS = (
    *(
        slip
        for bound in ("hoeffding", "range", "bernstein")
        for slip in (
            *slips_of("lemma-18-bernstein", "printed", bound, LEMMA, 40, {"Λ/16": lambda e: e / 4}),
            *slips_of(
                "lemma-18-bernstein",
                "printed",
                f"{bound} samples",
                LEMMA,
                40,
                {"N/100": lambda e: e / 100},
            ),
        )
    ),
    *slips_of(
        "raw-latents",
        "printed",
        "separation",
        RAW,
        100,
        {"factor 2": lambda e: 2 * e, "one stage fewer": lambda e: e.subs(L, L - 1)},
    ),
    *slips_of("raw-latents", "printed", "variance", RAW, 100, {"factor 2": lambda e: 2 * e}),
    *slips_of("raw-latents", "printed", "hoeffding growth", RAW, 100, {"m": lambda e: e / 2}),
    *slips_of(
        "raw-latents",
        "printed",
        "bernstein growth",
        RAW,
        100,
        {"Hoeffding's": lambda _: HOEFFDING_GROWTH.expression},
    ),
    *slips_of(
        "k26-separated", "printed", "separation", {"L": 2}, 5, {"m missing": lambda e: m * e}
    ),
    *slips_of(
        "k26-stable-clustering", "printed", "radius", CLUSTERING_SIZES, 5, {"ρ/2": lambda e: 4 * e}
    ),
    *slips_of("k26-theorem-1", "printed", "samples", CLUSTERING, 40, {"C/20": lambda e: e / 20}),
    *slips_of("k26-theorem-1", "printed", "scale", CLUSTERING, 40, {"m^4": lambda e: m * e}),
)
