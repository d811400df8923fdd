"""What every test of `verify` may rely on."""

import math

import pytest

from layerproof.verify.commands import progress


@pytest.fixture(autouse=True)
def _no_progress_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error holds what a command says, on a slow machine too: no line of its progress."""
    monkeypatch.setattr(progress, "QUIET_SECONDS", math.inf)
    monkeypatch.setattr(progress, "ESTIMATED_FROM", math.inf)
