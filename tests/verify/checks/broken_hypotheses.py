"""For every premise that is measured, instances on which it fails while others are left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerproof.verify.checks.base import Check, InstanceParameters

SIZES: Mapping[str, Any] = {"V": 8, "m": 4, "s": 3, "L": 2}
"""A grammar with room for every control."""

OWN_SIZES: Mapping[str, Mapping[str, Any]] = {
    "instance-threshold": {"V": 16, "m": 4, "s": 2, "L": 2},
    "own-latents": {"V": 16, "m": 4, "s": 2, "L": 2},
    "theorem-7-signal": {"V": 16, "m": 4, "s": 2, "L": 2},
    "signal-clean": {"V": 4, "m": 2, "s": 2, "L": 2},
    "signal-synonym-blind": {"V": 4, "m": 2, "s": 2, "L": 2},
    "position-sharing": {"V": 16, "m": 4, "s": 2, "L": 2},
    "target-cost": {"V": 16, "m": 4, "s": 2, "L": 3},
    "masked-entropy": {"V": 8, "m": 2, "s": 2, "L": 2},
    "i-mmse": {"V": 8, "m": 2, "s": 2, "L": 2},
    "reverse-process": {"V": 8, "m": 2, "s": 2, "L": 2},
    "unmasking": {"V": 8, "m": 2, "s": 2, "L": 2},
    "layerwise-denoiser": {"depths": [2, 3], "test": 50},
    "unet-is-belief-propagation": {"V": 4, "m": 2, "s": 2, "L": 2},
    "unet-is-stationary": {"V": 4, "m": 2, "s": 2, "L": 2},
    "m24-u-net": {"V": 4, "m": 2, "s": 2, "L": 2, "transitions": "factorised"},
    "denoiser-learns-levels": {"V": 8, "m": 2, "s": 2, "L": 2, "steps": 2, "width": 2},
    "full-grammar": {"V": 8, "m": 8, "s": 2, "L": 2},
    "raw-latents": {"V": 8, "m": 4, "s": 3, "L": 3},
    "lemma-18-bernstein": {"V": 8, "m": 4, "s": 3, "L": 3},
    "k26-theorem-1": {"V": 16, "m": 4, "s": 2, "L": 2, "separation_constant": 0.1},
}
"""Of checks that claim nothing at those."""


@dataclass(frozen=True)
class Break:
    """Parameters, a control and a form under which one premise fails."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    control: str = "none"
    form: str = "printed"

    def on(self, check: Check[Any]) -> dict[str, Any]:
        """The parameters, with sizes where the check draws a grammar of its own."""
        return {**sizes_of(check), **self.parameters}


def sizes_of(check: Check[Any]) -> Mapping[str, Any]:
    """Sizes on which all premises of a check hold; none where it draws no grammar."""
    own = SIZES if issubclass(check.parameters, InstanceParameters) else {}
    return OWN_SIZES.get(check.id, own)


ZIPF, LABELS = Break({"zipf": 1.5}), Break({"label_zipf": 1.0})
AMBIGUOUS = Break(control="ambiguous-rules")
DEAD = Break(control="dead-symbol")
MERGED = Break(control="merged-clusters")
OTHER_ENSEMBLE = Break({"ensemble": "uniform"})
FEW_CLASSES = Break({"classes": 4})
FEWER = Break({"multiple": 0.5})
WIDE = Break({"overlaps": [2.0]})
SMALL_CUBES = {"vocabularies": [4, 5], "s": 3}

OF_A_PREMISE: Mapping[str, Sequence[Break]] = {
    "R26.definition-4": (AMBIGUOUS, FEW_CLASSES),
    "R26.assumption-6a": (DEAD,),
    "R26.assumption-6b": (Break(control="identical-parents"),),
    "R26.assumption-9": (MERGED,),
    "R26.assumption-13": (Break({"patches": [2]}, "merged-clusters"), WIDE),
    "grammar.non-ambiguous": (AMBIGUOUS,),
    "grammar.full": (Break({"m": 4}),),
    "kappa.one": (OTHER_ENSEMBLE, LABELS),
    "ensemble.uniform-first-token": (OTHER_ENSEMBLE, ZIPF, LABELS),
    "ensemble.uniform": (Break({"ensemble": "uniform-first-token"}), ZIPF, LABELS),
    "signal.path": (
        Break({"signal": "label"}),
        Break({"signal": "same-patch"}),
        Break({"signal": "token", "classes": 4}),
    ),
    "signal.ways": (Break({"signal": "same-patch"}), Break({"signal": "far-token", "L": 3})),
    "signal.crossover": (Break({"signal": "same-patch"}), Break({"signal": "nested:1"})),
    "derived.few-labels/even": (ZIPF, AMBIGUOUS),
    "derived.own-latents/separating": (Break({"V": 4}),),
    "derived.target-cost/latents": (Break({"V": 4, "m": 4, "s": 2}), Break({"L": 2})),
    "derived.signal-clean": (Break(control="label-leak"),),
    "derived.signal-synonym-blind": (Break({"signal": "same-patch"}),),
    "derived.signal-separation": (
        Break({"V": 4, "m": 4, "s": 2}),  # f = 1
        Break({"L": 1}),
    ),
    "derived.raw-latents/sizes": (FEW_CLASSES, Break({"V": 4, "s": 2}), Break({"m": 1})),
    "derived.lemma-18-bernstein/ratio": (Break({"V": 2, "m": 2, "s": 3, "delta": 0.9}),),
    "derived.lemma-18-bernstein/values": (Break({"V": 4, "s": 2}), Break({"V": 1, "m": 1})),
    "K26.incomplete": (Break({"V": 4, "m": 4, "s": 2}),),
    "K26.balanced": (OTHER_ENSEMBLE,),
    "K26.separated": (Break({"separation_constant": 3.0}),),
    "K26.stable-clustering": (MERGED,),
    "M24.factorised": (Break({"transitions": "rules"}), Break({"transitions": "coupled"})),
    "M24.bounded": (Break({"transitions": "rules"}), Break({"K": 2.0})),
    "crops.two": (FEW_CLASSES,),
    "views.three": (Break({"m": 2}),),
    "classes.kept": (FEW_CLASSES, Break({"kept": [1]}), Break({"kept": [9]})),
    "sizes.threshold": (Break({"s": 3}), Break({"m": 2}), Break({"V": 8})),
    "R26.proposition-19/depth": (Break({"regime": "printed", "V": 32}),),
    "R26.lemma-20/classes": (FEW_CLASSES,),
    "R26.principle-2/stage": (Break({"level": 3}),),
    "R26.appendix-c/inputs": (Break({"bias": 0.2}, form="repaired"),),
    "R26.appendix-c/class": (
        Break({"stray": "odd"}, form="repaired"),
        Break({"stray": "foreign"}, form="repaired"),
    ),
    "R26.lemma-12/ball": (Break({"radius": 1.5}),),
    "R26.lemma-11/samples": (FEWER,),
    "R26.lemma-17/samples": (FEWER,),
    "R26.lemma-24/gamma": (
        Break({"gammas": [0.5]}),
        Break({"gammas": [0.0]}),
        Break({"gammas": [1.5]}, form="repaired"),
        Break({"gammas": [0.49], "V": [2]}, form="repaired"),
    ),
    "R26.lemma-24/epsilon": (
        Break({"deviations": [9.0]}),
        Break({"deviations": [0.05, 0.2]}),
        Break({"deviations": [-0.1]}),
        Break({"deviations": [1.5]}, form="repaired"),
    ),
    "R26.lemma-26/rules": (Break({"sizes": [[2, 1], [3, 1]]}, form="repaired"),),
    "derived.layerwise-time/accuracy": (
        Break(
            {"V": 6, "m": 3, "s": 2, "convolutional": 1.0, "layerwise": 2.0, "strings": 100},
            control="label-noise",
        ),
        Break({"V": 3, "m": 2, "s": 2, "L": 1, "strings": 100}),
    ),
    "R26.depth-separation/sizes": (
        Break({"levels": [1], "strings": 100}),
        Break({"V": 3, "m": 2, "s": 2, "levels": [2, 3], "strings": 100}),
    ),
}
"""Breaks of a premise in every check of it, …"""

OF_A_CHECK: Mapping[tuple[str, str], Sequence[Break]] = {
    ("clustering-gain", "R26.definition-4"): (Break(SMALL_CUBES, "ambiguous-rules"),),
    ("clustering-gain", "R26.assumption-6a"): (
        Break({"vocabularies": [8, 9], "s": 3}, "dead-symbol"),
    ),
    ("clustering-gain", "R26.assumption-6b"): (Break(SMALL_CUBES, "uncorrelated-rules"),),
    ("sensitivity-curve", "kappa.one"): (DEAD,),
    ("sensitivity-decades", "kappa.one"): (DEAD,),
    ("signal-sensitivity", "kappa.one"): (DEAD,),
    ("sensitivity-in-training", "kappa.one"): (DEAD,),
    ("instance-threshold", "R26.definition-4"): (AMBIGUOUS,),
    ("threshold-exponent", "R26.definition-4"): (AMBIGUOUS,),
    ("stage-threshold", "R26.definition-4"): (AMBIGUOUS,),
    ("layerwise-denoiser", "R26.definition-4"): (AMBIGUOUS,),
    ("layerwise-denoiser", "R26.assumption-6b"): (Break({"V": 4, "m": 4}),),  # f = 1
    ("denoiser-threshold", "R26.definition-4"): (AMBIGUOUS,),
    ("denoiser-threshold", "R26.assumption-6b"): (Break({"V": 4, "m": 4}),),
    ("threshold-collapse", "R26.definition-4"): (AMBIGUOUS,),
    ("theorem-7", "R26.definition-4"): (AMBIGUOUS, FEW_CLASSES, ZIPF, LABELS),
    ("full-grammar", "kappa.one"): (LABELS,),
    ("lemma-17", "R26.assumption-13"): (MERGED,),
    ("lemma-18", "R26.lemma-18/ratio"): (Break({"V": 2, "m": 2, "delta": 0.9}, form="repaired"),),
    ("lemma-18-exact", "R26.lemma-18/ratio"): (
        Break({"patches": 2, "delta": 0.5}, form="repaired"),
    ),
    ("zipf-degeneracy", "ensemble.uniform-first-token"): (OTHER_ENSEMBLE,),
    ("zipf-contraction", "ensemble.uniform-first-token"): (OTHER_ENSEMBLE,),
}
"""… and of one check, where those do not fit it."""


def breaks_of(check: Check[Any], premise: str) -> Sequence[Break]:
    """The instances that break a premise of a check; none where nobody has thought of one."""
    return OF_A_CHECK.get((check.id, premise), OF_A_PREMISE.get(premise, ()))
