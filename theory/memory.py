"""How much memory there is, and the refusal of what does not fit into it."""

from __future__ import annotations

import os
from decimal import Decimal
from functools import cache
from pathlib import Path

from layerproof.theory.errors import InputError

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux lists control groups, through which containers and clusters limit memory."""


def machine_memory() -> int:
    """Bytes of memory that the machine has and the process may use."""
    there_is = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(min(there_is, allowed_memory()))


def require(needed: int, usable: int, field: str, value: object, fits: str) -> None:
    """Refuse work that needs more than half of the usable memory, before it starts.

    `fits` names what to do instead. Raises InputError for `field`, with both sizes.
    """
    if needed > usable // 2:
        most = usable / 2**30
        sizes = f"it needs {gibibytes(needed)} GiB, more than half of the usable {most:.1f} GiB"
        raise InputError(field, value, f"{fits} ({sizes})")


def gibibytes(count: int) -> str:
    """A number of bytes in GiB, also where no double holds it.

    >>> gibibytes(3 * 2**29), gibibytes(10**400)
    ('1.5', '9e+390')
    """
    if count < 2**70:
        return f"{count / 2**30:.1f}"
    return f"{Decimal(count) / 2**30:.0e}"


@cache
def allowed_memory(process: Path = Path("/proc/self/cgroup"), root: Path = CGROUPS) -> float:
    """Bytes that a container or a cluster's job may use; without such a limit, infinity.

    The least limit of the process's control groups and those above, of either version, as it is
    when it is first asked for: every draw of a grammar asks.
    """
    try:
        lines = process.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return float("inf")
    limits = [float("inf")]
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            top, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        path = Path(group.lstrip("/"))
        limits += [_limit(top / folder / name) for folder in (path, *path.parents)]
    return min(limits)


def _limit(file: Path) -> float:
    try:
        limit = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return float("inf")
    return int(limit) if limit.isdecimal() else float("inf")
