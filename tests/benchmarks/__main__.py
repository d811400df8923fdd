"""Measure this machine and write its table into docs/benchmarks.md.

    python -m tests.benchmarks [--device cpu|cuda] [--threads 2] [--full] [--print]

`--full` adds the training on 10^9 strings a level, minutes on a GPU.
`--print` leaves the page alone.
"""

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import torch

from layerproof.layerwise.devices import resolve_device
from layerproof.theory.files import atomic_write_text
from tests.benchmarks import machine
from tests.benchmarks.rows import rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main() -> None:
    """Measure row by row, printing each, and replace the device's table in the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--print", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = resolve_device(options.device)
    today = datetime.now(UTC).date().isoformat()
    lines = [f"{machine.name(device)}; {today}.", "", "| what | measured |", "| --- | --- |"]
    for row in rows(device, full=options.full):
        lines.append(f"| {row.what} | {row.value} |")
        sys.stdout.write(lines[-1] + "\n")
        sys.stdout.flush()
    if not options.print:
        _replace(device.type, "\n".join(lines))


def _replace(section: str, table: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    marked = re.compile(f"(<!-- {section} -->\n).*?(\n<!-- end -->)", re.DOTALL)
    atomic_write_text(PAGE, marked.sub(lambda found: found[1] + table + found[2], page))


if __name__ == "__main__":
    main()
