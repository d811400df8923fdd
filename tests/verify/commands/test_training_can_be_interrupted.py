"""A training that is interrupted exits 2, writes no model and leaves nothing half-written."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LONG = ["-V", "8", "-m", "8", "-s", "2", "-L", "6", "--features", "64", "--device", "cpu"]
"""Minutes of work at a billion strings a level."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    samples, model = ",".join(["1000000000"] * 6), str(tmp_path / "model.safetensors")
    options = [*LONG, "--samples-per-level", samples, "--route", "strings", "-o", model]
    running = subprocess.Popen(
        [sys.executable, "-m", "layerproof.verify.cli", "train", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert running.stderr is not None
    assert "train, level" in running.stderr.readline()
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert err.splitlines()[-1].startswith("layerproof: interrupted")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
