"""The notebooks as pages, with the outputs that they were saved with: nothing is executed."""

from __future__ import annotations

from pathlib import Path

from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "notebooks"


def pages() -> dict[str, str | bytes]:
    """Every page as markdown, and its pictures, by their place below docs/."""
    found: dict[str, str | bytes] = {}
    for notebook in sorted((ROOT / FOLDER).glob("*.ipynb")):
        pictures = {"output_files_dir": notebook.stem, "unique_key": "output"}
        text, made = MarkdownExporter().from_filename(str(notebook), dict(pictures))
        found[f"{FOLDER}/{notebook.stem}.md"] = f"{_how_to_run(notebook.stem)}{text}"
        found |= {f"{FOLDER}/{name}": data for name, data in made["outputs"].items()}
    return found


def _how_to_run(name: str) -> str:
    """What stands before a notebook: its title comes from its own first heading."""
    return f'!!! note ""\n\n    Run it: `jupyter lab notebooks/{name}.ipynb`\n\n'
