"""Every signal that a stage can be trained on, one file each.

Other packages bring theirs by entry points of the group ``layerproof.signals``.
"""

from __future__ import annotations

from layerproof.theory import groups
from layerproof.theory.errors import unknown_name
from layerproof.theory.plugins import Kind, Registry, found_below
from layerproof.theory.signals.base import PREMISES, Signal, told_unreachable
from layerproof.theory.signals.label import LABEL, Label
from layerproof.theory.signals.mixture import PLUS, mixture_named
from layerproof.theory.signals.nested import FAMILY as NESTED
from layerproof.theory.signals.nested import nested_named
from layerproof.theory.signals.noise import FAMILY as NOISE
from layerproof.theory.signals.noise import noise_named

__all__ = [
    "LABEL",
    "PREMISES",
    "SIGNALS",
    "Label",
    "Signal",
    "signal_named",
    "told_unreachable",
]


def _fault(signal: Signal) -> str:
    texts = (signal.name, signal.help)
    if not all(isinstance(text, str) and text.strip() for text in texts):
        return "a signal with a name and a help text"
    hash(signal)  # laws are kept by signal
    return ""


SIGNALS: Registry[Signal] = Registry(
    found_below(__name__, __path__, "SIGNALS"),
    Kind(groups.SIGNALS, "SIGNALS", Signal, key=lambda signal: signal.name, fault=_fault),
)
"""Every signal by its name."""


def signal_named(name: object, field: str = "signal") -> Signal:
    """The signal of that name. Raises InputError, with the nearest name, where there is none."""
    if isinstance(name, str) and name in SIGNALS.own:  # without a look at other packages
        return SIGNALS.own[name]
    if isinstance(name, str) and PLUS in name and name not in SIGNALS:
        return mixture_named(name, lambda part: signal_named(part, field), field)
    if isinstance(name, str) and name.startswith(f"{NESTED}:"):
        return nested_named(name, field)
    if isinstance(name, str) and name.partition(":")[0] == NOISE:
        return noise_named(name, field)
    if not isinstance(name, str) or name not in SIGNALS:
        raise unknown_name(field, name, SIGNALS)
    return SIGNALS[name]
