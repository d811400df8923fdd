"""Writes the reference run of the suite `quick` anew, into the package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from layerproof.theory.files import atomic_write_text
from layerproof.theory.jsonable import to_json
from layerproof.verify.report import reference
from layerproof.verify.report.document import document
from layerproof.verify.report.reference import FILE, SUITE
from layerproof.verify.run.runner import plan, run

LEFT_OUT = ("seconds", "device")


def main() -> None:
    """Run the suite on this machine's CPU and keep what does not depend on the machine."""
    chosen = plan(SUITE)
    found = document(chosen, run(chosen))
    del found["provenance"]
    found["results"] = [_kept(row) for row in found["results"]]
    path = Path(reference.__file__).with_name(FILE)
    atomic_write_text(path, to_json(found, indent=1) + "\n", FILE)
    sys.stdout.write(f"{path}\n")


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """A row without timings and pictures."""
    evidence = {name: value for name, value in row["evidence"].items() if name != "pictures"}
    kept = {name: value for name, value in row.items() if name not in LEFT_OUT}
    return kept | {"evidence": evidence}


if __name__ == "__main__":
    main()
