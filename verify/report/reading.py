"""results.json read back: what is in the file is checked before anything else sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from layerproof.theory.json_text import read_json_file
from layerproof.verify.report.schemas.results import Document, checked

FILE = "results.json"


def read_results(folder: str | Path) -> Document:
    """The results document in `folder`.

    Raises :class:`InputError`, naming the file and the field, where it is missing, beyond the
    limits of :mod:`layerproof.theory.json_text`, or not of the schema layerproof/results/1.
    """
    path = Path(folder) / FILE
    return checked(_with_consequences(read_json_file(path, "DIR")), str(path))


def _with_consequences(found: Any) -> Any:
    """The document, with the column of the errata that files before it called ``theorem_7``."""
    errata = found.get("errata") if isinstance(found, dict) else None
    for row in errata if isinstance(errata, list) else []:
        if isinstance(row, dict) and "theorem_7" in row:
            row.setdefault("consequence", row.pop("theorem_7"))
    return found
