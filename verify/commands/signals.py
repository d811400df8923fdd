"""The signal that `--signal` names, and what the commands print of one that is not the label."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from layerproof.verify.commands.option_values import named_as_options

if TYPE_CHECKING:
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.signals import Signal


def read_signal(name: str) -> "Signal":
    """The signal of that name. Raises InputError where there is none."""
    from layerproof.theory.signals import signal_named  # here: the command line starts without it

    return signal_named(name, "--signal")


def taught_by(signal: "Signal", grammar: "Grammar") -> "Grammar":
    """The grammar. Raises InputError, naming the option, where the signal teaches none of it."""
    with named_as_options():
        signal.taught(grammar)
    return grammar


def signal_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Which signal a document is about, and the levels that it does not teach; none of the label.

    >>> list(signal_lines({"signal": "x", "unreachable_levels": [{"level": 1, "reason": "y"}]}))
    ['signal  x', 'level 1 is not taught: y']
    """
    if document["signal"] != "label":
        yield f"signal  {document['signal']}"
    for missing in document["unreachable_levels"]:
        yield f"level {missing['level']} is not taught: {missing['reason']}"
