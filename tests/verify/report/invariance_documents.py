"""A document of `layerproof invariance -o DIR` with everything that one can have."""

import json
from typing import Any

from layerproof.theory.jsonable import to_json
from layerproof.verify.report.schemas.invariance import InvarianceDocument, checked_invariance

NASTY = "<script>alert(1)</script>"

PLAIN: dict[str, Any] = {
    "schema": "layerproof/invariance/1",
    "levels": [1, 2],
    "layers": ["encoder.blocks.0.attention.output.dense", NASTY, "head"],
    "values": [[0.9, 0.8, 0.1], [0.6, 0.002, None]],
    "low": [[0.8, 0.7, 0.05], [0.5, 0.001, None]],
    "high": [[1.0, 0.9, 0.15], [0.7, 0.003, None]],
    "normalisation": "c24",
    "meaning": "mean squared change, relative to that between independent strings",
    "confidence": 0.95,
    "samples": 500,
    "seed": 0,
    "margin": {"relative": 0.1, "absolute": 0.005},
    "measured": {"module": NASTY, "checkpoint": None},
    "reproduce": f"layerproof invariance --module '{NASTY}'",
    "provenance": {"platform": NASTY},
}

FULL: dict[str, Any] = PLAIN | {
    "represents": [2, 1, None],
    "predicted": [[0.87, 0.5, None], [0.6, 0.0, None]],
    "baseline": [[0.9, 0.9, 0.9], [0.9, 0.9, 0.9]],
    "verdicts": [["inconclusive", "violated", None], ["inconclusive", "holds", None]],
    "accuracy": 0.27,
    "accuracy_interval": [0.25, 0.29],
    "chance": 0.25,
    "near_chance": True,
    "output": {"values": [0.9, 0.01], "low": [0.8, 0.0], "high": [1.0, 0.02],
               "predicted": [0.0, 0.0], "baseline": None, "layer": "head"},
    "output_verdicts": ["violated", "inconclusive"],
    "left_out": [{"layer": "twice", "reason": f"called 2 times {NASTY}"}],
    "random": [{"layer": "drop", "change": 0.02}],
}  # fmt: skip


def read(document: dict[str, Any]) -> InvarianceDocument:
    """The document as its file gives it back."""
    return checked_invariance(json.loads(to_json(document)), "invariance.json")
