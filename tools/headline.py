"""The figure of what can teach a layer: ``python -m tools.headline``, which takes some ten minutes.

It is drawn by the notebook of that name, from more grammars, depths and strings than the notebook
itself asks for.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "what_can_teach_a_layer.ipynb"
PICTURE = ROOT / "docs" / "assets" / "what_can_teach_a_layer.png"

FULL = """
GRAMMARS, LARGEST = 10, 2**19
DEPTHS = {"label": (3, 4, 5, 6), "token": (3, 4, 5), "own-latent": (3, 4, 5, 6, 7, 8)}
"""


def main() -> None:
    """Run the notebook with its parameters replaced, and keep the figure."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    tagged = {tag: cell for cell in notebook.cells for tag in cell.metadata.get("tags", ())}
    tagged["parameters"].source += FULL
    NotebookClient(notebook, timeout=None, kernel_name="python3").execute()
    pictures = [found["data"]["image/png"] for found in tagged["headline"].outputs]
    PICTURE.write_bytes(base64.b64decode(pictures[-1]))
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main()
