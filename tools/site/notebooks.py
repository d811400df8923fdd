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
        exporter = MarkdownExporter()  # type: ignore[no-untyped-call]
        text, made = exporter.from_filename(str(notebook), dict(pictures))
        found[f"{FOLDER}/{notebook.stem}.md"] = _told_how_to_run(text, notebook.stem)
        found |= {f"{FOLDER}/{name}": data for name, data in made["outputs"].items()}
    return found


def _told_how_to_run(text: str, name: str) -> str:
    """The page with a line below its first heading."""
    heading, _, rest = text.lstrip().partition("\n")
    return f"{heading}\n\nTo run it: `jupyter lab notebooks/{name}.ipynb`.\n{rest}"
