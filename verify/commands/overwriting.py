"""Results of another run are not written over without --force."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerproof.theory.errors import InputError
from layerproof.verify.commands.folders import OPTION

if TYPE_CHECKING:
    from layerproof.verify.run.runner import Plan

RESULTS, REFUTATION = "results.json", "refutation.json"

Force = Annotated[
    bool, typer.Option("--force", help="Write over the results of another run in -o DIR.")
]


def keep_other_results(folder: str | None, chosen: "Plan", *, resume: bool) -> None:
    """Raise InputError where `folder` has the results of another run than the one `chosen`.

    Another run is one of another suite, seed, selection or number of trials. One that is resumed
    may differ in all but the suite: it takes what trials fit.
    """
    for found in held(folder, RESULTS):
        if resume and found.get("suite") == chosen.suite.name:
            continue
        if _identity(found) != _planned(chosen):
            raise _refusal(folder, f"suite {found.get('suite')}, seed {found.get('seed')}")


def keep_other_search(folder: str | None, statement: str, form: str) -> None:
    """Raise InputError where `folder` has what a search for another statement or form found."""
    for found in held(folder, REFUTATION):
        if (found.get("statement"), found.get("form")) != (statement, form):
            raise _refusal(folder, f"{found.get('statement')} as {found.get('form')}")


def _refusal(folder: str | None, of: str) -> InputError:
    allowed = f"a folder without the results of another run ({of}); --force writes over them"
    return InputError(OPTION, folder, allowed)


def held(folder: str | None, name: str) -> Iterator[dict[str, Any]]:
    """The document of that name in the folder, if there is one; an empty one where it is none."""
    path = Path(folder) / name if folder else None
    try:
        if path is None or not path.is_file():
            return
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # whatever it is, no run like this one wrote it
        found = {}
    yield found if isinstance(found, dict) else {}


def _identity(found: dict[str, Any]) -> tuple[Any, ...]:
    """What a results document says of its run: the suite, the seed, and every row's trials."""
    rows = found.get("results")
    listed = rows if isinstance(rows, list) else []
    told = (row if isinstance(row, dict) else {} for row in listed)
    keys = ([row.get(name) for name in ("id", "form", "parameters", "trials")] for row in told)
    return found.get("suite"), found.get("seed"), sorted(map(_text, keys))


def _planned(chosen: "Plan") -> tuple[Any, ...]:
    from layerproof.theory.jsonable import jsonable

    keys = [
        (_row_id(entry.check.id, row), entry.form, jsonable(entry.settings | row), entry.trials)
        for entry in chosen.suite.entries
        for row in entry.check.rows(entry.parameters)
    ]
    return chosen.suite.name, jsonable(chosen.seed), sorted(map(_text, keys))


def _row_id(check: str, row: Mapping[str, Any]) -> str:
    from layerproof.verify.run.suite import row_name

    return "/".join(filter(None, (check, row_name(dict(row)))))


def _text(key: Sequence[Any]) -> str:
    return json.dumps(list(key), sort_keys=True)
