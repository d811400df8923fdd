"""A sweep that is killed 200 times loses nothing, repeats nothing, and ends as if it never was."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
KILLS = 200
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl to wait for orphaned workers")
def test_two_hundred_kills_change_nothing(tmp_path: Path) -> None:
    """The promises themselves are assertions of the driver; here, that it did what it says."""
    command = [sys.executable, "-m", "tests.verify.run.kill_driver", str(tmp_path), str(KILLS), "7"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=300, env={**os.environ, **SINGLE}
    )
    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout)
    assert tally["kills"] >= KILLS
    assert tally["sweeps"] >= 1
    # Binomial(200, 0.4) and (200, 1/3): below 40 with probability under 1e-5.
    assert tally["in_transaction"] > 40
    assert tally["with_workers"] > 30
    assert tally["in_flight"] > 0, "no kill hit a trial"
