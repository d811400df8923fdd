"""Words for the settings of a row: its instance, its sample size, its trials, its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from layerproof.theory.formatting import counted, figures
from layerproof.verify.report.schemas.results import DEEPEST_LEVEL, Row

LONGEST_LIST = 24
"""Lists among parameters that are written out, in characters."""
SIZES = ("V", "m", "s", "L")
NAMES = {
    "classes": "n",
    "N_over_crossover": "N/N_×",
    "samples_per_patch": "samples per patch",
    "kappa": "κ",
    "K_rho": "K_ρ",
    "delta": "δ",
    "epsilon": "ε",
    "sigma": "σ",
}
"""What reports call a parameter, where its field in suite files is no word of the papers."""
SPEAKING = ("part", "of", "quantity", "clause")
"""Parameters whose values say by themselves what they are."""
OF_INSTANCE = (*SIZES, "classes", "ensemble", "grammar", "multiple", "top_multiple", "margin")
"""What the functions below say, and a prediction with its margin."""
USUAL_ENSEMBLE = "uniform-first-token"
LARGEST, LARGEST_SIZE = 1e100, 10**9
"""Of a sample size, and of the sizes that it is compared with."""


def instance_words(row: Row) -> str:
    """The sizes of a row's instance: "V=8 m=4 s=2 L=3"."""
    found = row.parameters
    sizes = [setting(name, found[name]) for name in (*SIZES, "classes") if name in found]
    parts = [" ".join(sizes)] if sizes else []
    ensemble = found.get("ensemble", USUAL_ENSEMBLE)
    parts += [f"ensemble {parameter(ensemble)}"] if ensemble != USUAL_ENSEMBLE else []
    parts += [setting("grammar", found["grammar"])] if "grammar" in found else []
    return ", ".join(parts)


def samples_words(row: Row) -> str:
    """The sample size, also over n m^l where the level is known: "N=192, N/(n m^l)=0.75"."""
    return ", ".join(_samples(row))


def trials_words(row: Row) -> str:
    """How many trials there were, and how many of them met the premises."""
    met = row.evidence.applicable
    if met is None:
        return counted(row.trials, "trial")
    verb = "meet" if met != 1 else "meets"
    return f"{figures(met)} of {counted(row.trials, 'trial')} {verb} the premises"


def setting(name: str, value: Any) -> str:
    """One parameter in words: "V=8", "N/N_×=4", "repairs=none"; a part of a claim by its name.

    >>> setting("level", 2), setting("part", "overlap"), setting("repairs", [])
    ('level=2', 'overlap', 'repairs=none')
    """
    if name in SPEAKING:
        return parameter(value)
    return f"{NAMES.get(name, name)}={parameter(value)}"


def part(text: str) -> str:
    """One part of a row's id, which is a parameter: "N_over_crossover=4.0" is "N/N_×=4"."""
    name, equals, value = text.partition("=")
    if not equals:
        return text
    try:
        return setting(name, float(value) if "." in value else value)
    except ValueError:
        return setting(name, value)


def parameter(value: Any) -> str:
    """A parameter's value; of a long list the number of its entries, of an empty one "none"."""
    if isinstance(value, list | Mapping) and not value:
        return "none"
    if isinstance(value, list):
        plain = all(isinstance(entry, str) for entry in value)
        inside = ", ".join(map(parameter, value))
        text = inside.replace(", ", "+") if plain else f"[{inside}]"
        return text if len(text) <= LONGEST_LIST else f"{len(value)} values"
    if isinstance(value, Mapping):
        return f"{len(value)} values"
    return value if isinstance(value, str) else figures(value)


def _samples(row: Row) -> list[str]:
    found, evidence = row.parameters, row.evidence.in_words
    known = (evidence.get("N"), evidence.get("samples"), found.get("samples"), _in_units(found))
    N = next((n for n in map(_positive, known) if n is not None), None)
    unit = _unit(found)
    written = [] if N is None else [f"N={figures(round(N))}"]
    if N is not None and unit:
        return [*written, f"N/(n m^l)={figures(N / unit, 3)}"]
    if N is None and "multiple" in found:
        name = "N/(n m^l)" if "L" in found else "multiple"
        top = [f"{parameter(found['top_multiple'])} at the top"] if "top_multiple" in found else []
        return [", ".join([f"{name}={parameter(found['multiple'])}", *top])]
    return written


def _positive(value: Any) -> float | None:
    """A number that a sample size may be, or None for what else a file may hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= LARGEST else None


def _size(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 < value <= LARGEST_SIZE else None


def _unit(found: Mapping[str, Any]) -> int | None:
    """n m^l, where the parameters have all three."""
    n, m, level = _size(found.get("classes", found.get("V"))), _size(found.get("m")), _level(found)
    if n is None or m is None or level is None:
        return None
    return unit if (unit := n * m**level) <= LARGEST else None


def _level(found: Mapping[str, Any]) -> int | None:
    level = _size(found.get("level"))
    return level if level is not None and level <= DEEPEST_LEVEL else None


def _in_units(found: Mapping[str, Any]) -> float | None:
    """N where it is given in units of the crossover size or of the number of patches."""
    V, m, level = _size(found.get("V")), _size(found.get("m")), _level(found)
    n = _size(found.get("classes", V))
    if V is None or m is None or n is None or level is None:
        return None
    if found.get("signal", "label") != "label":  # its crossover is that of each instance
        return None
    share, ratio = map(_positive, (found.get("samples_per_patch"), found.get("N_over_crossover")))
    if share is not None:
        return share * m * (n if level == 1 else V)
    return ratio * _crossover(V, m, n, level) if ratio is not None and V > 1 else None


@cache
def _crossover(V: int, m: int, n: int, level: int) -> float:
    from layerproof.theory.predictions import CROSSOVER

    try:
        return float(CROSSOVER(V=V, m=m, n=n, l=level))
    except (OverflowError, ZeroDivisionError):
        return float("inf")
