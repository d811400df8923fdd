"""The record of a search: its JSON, its files, its exit code."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from layerproof.theory.files import encoded, write_files
from layerproof.theory.jsonable import to_json
from layerproof.verify.searches.base import Comparison, Search
from layerproof.verify.searches.engine import Found, Refutation

SCHEMA = "layerproof/refutation/1"
DOCUMENT = "refutation.json"


def record(found: Refutation[Any], folder: Path) -> dict[str, Any]:
    """The document of a search whose instances are kept in `folder`.

    `smallest` is the simplest counterexample and `worst` the instance with the least slack that
    was seen, a counterexample too where there is one.
    """
    search = found.search
    entry = search.entry
    return {
        "schema": SCHEMA,
        "statement": entry.id,
        "title": entry.title,
        "source": entry.source,
        "form": found.form,
        "reading": entry.form(found.form).reading,
        "quantity": search.quantity,
        "seed": found.seed,
        "examples": found.examined,
        "violations": found.violations,
        "refuted": found.refuted,
        "expected": search.expects_violation(found.form),
        "smallest": _instance(found, found.smallest, folder / "smallest.json"),
        "worst": _instance(found, found.closest, folder / "worst.json"),
        "erratum": None if entry.erratum is None else entry.erratum.to_dict(),
        "reproduce": f"layerproof refute {entry.id} --form {found.form} --seed {found.seed}"
        f" --examples {found.examples}",
    }


def replay_record(
    search: Search[Any], form: str, instance: Any, comparison: Comparison, file: str
) -> dict[str, Any]:
    """The document of one instance looked at again."""
    return {
        "schema": SCHEMA,
        "statement": search.statement,
        "form": form,
        "reading": search.entry.form(form).reading,
        "quantity": search.quantity,
        "refuted": comparison.violated,
        "expected": search.expects_violation(form),
        "replayed": _shown(search, form, instance, comparison, file),
    }


def save(found: Refutation[Any], document: Mapping[str, Any], folder: Path) -> None:
    """Write the instances and the document, which is the record of this search.

    Raises UnwrittenError, which says where they are, where they cannot be written there.
    """
    instances = {"smallest.json": found.smallest, "worst.json": found.closest}
    if (folder / DOCUMENT).is_file():
        for name, one in instances.items():
            if one is None:  # an earlier search's would be taken for this one's
                with suppress(OSError):
                    (folder / name).unlink()
    files = {
        name: encoded(found.search.write(one.instance) + "\n")
        for name, one in instances.items()
        if one is not None
    }
    files[DOCUMENT] = encoded(to_json(document, indent=1) + "\n")
    write_files(folder, files, "-o/--output")


def exit_code(document: Mapping[str, Any]) -> int:
    """0 where what was found is what is expected, else 1; 5 where no instance was looked at.

    A counterexample is expected of a printed form with an erratum and of a premise. An instance
    looked at again may satisfy them, which is no surprise.
    """
    if document.get("examples") == 0:
        return 5
    if "replayed" in document:
        return 1 if document["refuted"] and not document["expected"] else 0
    return 0 if document["refuted"] == document["expected"] else 1


def _instance(found: Refutation[Any], one: Found[Any] | None, file: Path) -> Any:
    if one is None:
        return None
    return _shown(found.search, found.form, one.instance, one.comparison, file.as_posix())


def _shown(
    search: Search[Any], form: str, instance: Any, comparison: Comparison, file: str
) -> dict[str, Any]:
    name = shlex.quote(file)
    again = f"layerproof refute {search.statement} --form {form} --replay {name}"
    return {
        "instance": search.plain(instance),
        "words": list(search.describe(instance, form)),
        "file": file,
        "reproduce": [again, *search.commands(name)],
        **comparison.to_dict(),
    }
