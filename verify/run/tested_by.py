"""From a statement to what tests it: checks, the verdicts that suites expect, a search."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from layerproof.verify.checks import CHECKS
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SUITES


def checks_of(identifier: str) -> list[dict[str, str]]:
    """The checks of a statement: id, file within the package, what is measured."""
    return [
        {"id": check.id, "file": _file(type(check)), "measures": check.quantity}
        for check in CHECKS.values()
        if check.statement == identifier
    ]


def expectations(identifier: str) -> list[dict[str, Any]]:
    """The verdict that every suite expects of a statement, one entry a suite and form.

    `expected` lists the distinct verdicts of all instances and rows, `reasons` says why those are
    expected that are not `holds`.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name in SUITES:
        for entry in load_suite(name, about=identifier).entries:
            rows = entry.check.rows(entry.parameters)
            line = found.setdefault(
                (name, entry.form),
                {"suite": name, "form": entry.form, "expected": [], "reasons": []},
            )
            _add(line["expected"], (str(entry.expectation(row)) for row in rows))
            _add(line["reasons"], [entry.reason] if entry.reason else [])
    return list(found.values())


def suites_of(name: str, form: str | None = None) -> list[str]:
    """The suites that have a statement or a check, in `form` where one is named."""
    return [
        suite
        for suite in SUITES
        if any(form in (None, entry.form) for entry in load_suite(suite, about=name).entries)
    ]


def search_of(identifier: str) -> dict[str, Any] | None:
    """The search for a counterexample: its file, its forms and its command; None without one."""
    from layerproof.verify.searches import SEARCHES

    search = SEARCHES.get(identifier)
    if search is None:
        return None
    return {
        "file": _file(type(search)),
        "measures": search.quantity,
        "forms": list(search.forms),
        "command": f"layerproof refute {identifier}",
    }


def _add(known: list[str], words: Any) -> None:
    known.extend(word for word in dict.fromkeys(words) if word not in known)


def _file(kind: type) -> str:
    """The file of a class, from the folder of its top package on."""
    path = Path(inspect.getfile(kind))
    depth = len(kind.__module__.split(".")) + (path.name == "__init__.py")
    return Path(*path.parts[-depth:]).as_posix()
