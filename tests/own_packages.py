"""Packages of users, installed as files beside a dist-info folder: no network, no pip."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs" / "own_checks.md"


def example(guide: Path = GUIDE) -> dict[str, str]:
    """The files that a guide prints, by name."""
    found = re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```", guide.read_text("utf-8"), re.M | re.S)
    return dict(found)


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def install(
    folder: Path,
    groups: Mapping[str, Mapping[str, str]],
    files: Mapping[str, str],
    *,
    name: str = "my-statements",
) -> Path:
    """What pip would leave of a package: its files and the metadata that name its entry points."""
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    info = f"{name.replace('-', '_')}-0.1.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n"
    write(folder, {**files, f"{info}/METADATA": metadata})
    write(folder, {f"{info}/entry_points.txt": "\n".join(lines) + "\n"})
    return folder


def install_example(folder: Path, guide: Path = GUIDE) -> Path:
    files = example(guide)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    return install(folder, project["entry-points"], files, name=project["name"])


def layerproof(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """The command line in a process of its own that sees the packages in `folder`."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "layerproof.verify.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "100"},
        check=False,
    )
