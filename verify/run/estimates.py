"""How long a run takes, told from its trials before it starts.

Times are processor seconds of one core. A trial of a shipped suite was measured once
(`python -m tools.trial_seconds`); a check may know what one costs at any sizes
(:meth:`layerproof.verify.checks.base.Check.trial_seconds`); else the time of its nearest sizes is
scaled by their work. Right within a factor of about three.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from layerproof.theory.errors import InputError
from layerproof.verify.checks.base import InstanceParameters, Parameters
from layerproof.verify.run.suite import Entry

FILE = Path(__file__).with_name("trial_seconds.json")

START_SECONDS = 4.0
"""To start the processes and import what they need."""

UNKNOWN_SECONDS = 0.1
"""A trial of a check of which nothing is known."""

MEASURED_ONLY = 0.2
"""A trial that ends where a premise is found to fail, with what it imports."""


@cache
def known_seconds() -> Mapping[str, float]:
    """The measured time of one trial, by the key of its entry."""
    if not FILE.exists():
        return {}
    return dict(json.loads(FILE.read_text("utf-8")))


def run_seconds(core_seconds: float, workers: int) -> float:
    """The time of a run whose trials take so long on one core, on so many processes."""
    return START_SECONDS + core_seconds / max(1, workers)


def once(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, but for those whose trials are those of another form too."""
    shared = {
        (entry.key, entry.trials): entry for entry in entries if entry.check.forms_share_trials
    }
    return [*(one for one in entries if not one.check.forms_share_trials), *shared.values()]


def entry_seconds(entry: Entry) -> float:
    """The time of all trials of an entry on one core."""
    return entry.trials * trial_seconds(entry)


def trial_seconds(entry: Entry) -> float:
    """The time of one trial of an entry on one core."""
    known = known_seconds().get(entry.key)
    if known is None:
        known = entry.check.trial_seconds(entry.parameters)
    return _scaled(entry) if known is None else known


def _scaled(entry: Entry) -> float:
    """From the measured entries of the same check: the one whose work is nearest."""
    prefix = f"{entry.check.id}("
    found = {key: value for key, value in known_seconds().items() if key.startswith(prefix)}
    work = _work(entry.parameters)
    if not found:
        return UNKNOWN_SECONDS
    sizes = {key: _work_of_key(key) for key in found}
    if work is None or not any(sizes.values()):
        return max(found.values())
    near = min(
        (key for key in found if sizes[key]),
        key=lambda key: abs(math.log(work / (sizes[key] or 1.0))),
    )
    return found[near] * work / (sizes[near] or work)


def _work(parameters: Parameters) -> float | None:
    """n m^L s^L: the strings that the leaf level needs, token by token."""
    if not isinstance(parameters, InstanceParameters):
        return None
    try:
        extent = parameters.extent
    except InputError:
        return None
    m, s, levels = extent.rules_per_symbol, extent.branching, extent.levels
    power = min(levels * math.log10(max(m, 1.0) * s), 300.0)
    return float(extent.vocabularies[0] * 10.0**power)


def _work_of_key(key: str) -> float | None:
    body = key.partition("(")[2].removesuffix(")")
    settings = dict(part.partition("=")[::2] for part in body.split(","))
    try:
        V, m, s, L = (int(settings[name]) for name in ("V", "m", "s", "L"))
        classes = int(settings.get("classes", V))
    except (KeyError, ValueError):
        return None
    return float(classes * m**L * s**L)
