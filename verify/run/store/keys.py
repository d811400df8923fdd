"""The key of a stored trial: a digest of everything that determines what the trial brings back.

Code: all that Python can import of `theory` and `layerwise`, what of `verify` can reach a trial,
and the packages that bring checks of their own. Versions: Python, the numerical packages and the
processor's architecture. Trial: check, form, settings, the contents of every file they name, seed,
index, device and control. One changed letter of code costs a run its stored trials; the contrary,
results of another code, would go unnoticed.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from layerproof.theory.errors import InputError
from layerproof.theory.extensions import plugin_modules, plugin_versions
from layerproof.verify.checks.base import Check, Parameters, Trial
from layerproof.verify.checks.controls import Control
from layerproof.verify.checks.grammar_file import GrammarFile

SCHEMA = 1
"""The version of the key and of the encoding of outcomes."""

_OWN = "layerproof"
_ROOMS = ("layerproof.theory", "layerproof.layerwise", "layerproof.verify")
_AFTER_TRIALS = ("commands", "report")
"""Rooms of `verify` that see a trial only after it is done."""

_CODE = tuple(importlib.machinery.all_suffixes())
"""How the name of a file ends that Python imports: sources, extensions, code without its source."""


def trial_keys(
    check: Check[Any], parameters: Parameters, trials: Sequence[Trial]
) -> list[str] | None:
    """The keys of `trials`, 64 hexadecimal digits each; None where they are not to be stored.

    The trials are those of one job: they differ in seed and index alone.
    A check with a changed formula is not stored, nor one whose source cannot be found: nothing
    would tell its trials from those of another. Raises InputError for a file that cannot be read.
    """
    kind = type(check)
    home = kind.__module__.partition(".")[0]
    code = "" if home == _OWN else _code(home)
    if check.is_perturbed or code is None or not trials:
        return None
    first = trials[0]
    common = {
        "environment": fingerprint(),
        "check": [check.id, kind.__module__, kind.__qualname__, code],
        "settings": parameters.settings(),
        "files": _files(parameters),
        "trial": [first.form, first.device, _control(first.control)],
    }
    body = _digest(common)
    return [_digest([body, trial.seed, trial.index]) for trial in trials]


def _control(control: Control) -> dict[str, Any]:
    change = control.change
    return asdict(control) | {"change": change and [change.__module__, change.__qualname__]}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _files(parameters: Parameters) -> dict[str, str]:
    """The digests of the files that the parameters name: a path alone does not say what is read."""
    read = {k: value.grammar.digest for k, value in parameters if isinstance(value, GrammarFile)}
    paths = {name: value for name, value in parameters if isinstance(value, Path)}
    try:
        found = {k: hashlib.sha256(path.read_bytes()).hexdigest() for k, path in paths.items()}
    except OSError as error:
        names = ", ".join(map(str, paths.values()))
        raise InputError(
            "parameters", names, f"files that can be read ({error.strerror})"
        ) from error
    return read | found


@cache
def _environment() -> str:
    packages = {name: version(name) for name in ("layerproof", "numpy", "scipy", "sympy", "torch")}
    python = ".".join(platform.python_version_tuple()[:2])
    code = [_code(name) for name in _ROOMS]
    return _digest([SCHEMA, packages, python, platform.machine(), code])


def code_of(check: Check[Any]) -> str:
    """A digest of the code that runs the trials of `check` in this process.

    Two processes in which it differs must not take each other's trials. The file of a check counts
    also where its package is no plug-in; what a script defines (``__main__``) travels with a trial.
    """
    return _digest([fingerprint(), _file_of(type(check).__module__)])


@cache
def _file_of(module: str) -> str:
    path = None if module == "__main__" else getattr(sys.modules.get(module), "__file__", None)
    return "" if path is None else hashlib.sha256(Path(path).read_bytes()).hexdigest()


@cache
def fingerprint() -> str:
    """A digest of the code and the versions in this process: equal where trials are equal.

    The packages that bring checks of their own count with the rest. It is taken once, early in a
    process: a file that changes later does not change the code that is loaded.
    """
    return _digest([_environment(), plugin_versions(), [_code(name) for name in plugin_modules()]])


@cache
def _code(package: str) -> str | None:
    """The digest of the files of a package or module; None where there are none."""
    files = sorted(_sources(package))
    if not files:
        return None
    parts = [[path.as_posix(), hashlib.sha256(data).hexdigest()] for path, data in files]
    return _digest(parts)


def _sources(package: str) -> Iterator[tuple[Path, bytes]]:
    """Every file of code with its place in the package, which need not be imported yet."""
    if package == "__main__":
        path = getattr(sys.modules[package], "__file__", None)
        folders, files = [], [Path(path)] if path else []
    else:
        spec = importlib.util.find_spec(package)
        folders = list((spec and spec.submodule_search_locations) or [])
        files = [Path(spec.origin)] if spec and spec.origin and not folders else []
    for folder in map(Path, folders):
        for path in folder.rglob("*"):
            name = path.relative_to(folder)
            after = package == "layerproof.verify" and name.parts[0] in _AFTER_TRIALS
            cached = "__pycache__" in name.parts
            if path.name.endswith(_CODE) and path.is_file() and not (cached or after):
                yield name, path.read_bytes()
    for path in files:
        yield Path(package), path.read_bytes()
