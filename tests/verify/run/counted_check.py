"""A check that writes down each trial it starts, and can be told to sleep, crash or be killed."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.ren2026.assumption_6 import NonDegeneracy
from layerproof.verify.run.runner import Plan
from layerproof.verify.run.suite import Entry, Suite
from layerproof.verify.verdicts.claims import Claim, Inequality
from layerproof.verify.verdicts.verdict import Verdict


class CountedParameters(Parameters):
    """`log` gets a line "label index pid" for every trial that starts.

    `crash_at` and `kill_at` name a trial that goes wrong while the file `armed` exists; with
    `once`, the trial removes it first, so that it goes wrong a single time.
    """

    log: str
    label: str = "a"
    seconds: float = 0.0
    crash_at: int = -1
    kill_at: int = -1
    armed: str = ""
    once: bool = True


class Counted(Check[CountedParameters]):
    """The mean of a normal draw a trial."""

    id = "counted"
    statement = NonDegeneracy.statement
    parameters = CountedParameters

    def trial(self, parameters: CountedParameters, trial: Trial) -> Outcome:
        log(parameters.log, f"{parameters.label} {trial.index} {os.getpid()}")
        if parameters.seconds:
            time.sleep(parameters.seconds)
        if trial.index in (parameters.crash_at, parameters.kill_at) and _goes_off(parameters):
            if trial.index == parameters.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ZeroDivisionError("a bug of the check")
        draws = generator(trial.seed, trial.index).standard_normal(5)
        found = {"mean": draws.mean(), "draws": draws, "index": trial.index}
        return Outcome(found | {"label": parameters.label})

    def claim(
        self, parameters: CountedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        means = [outcome.values["mean"] for outcome in outcomes]
        worst = min(range(len(means)), key=means.__getitem__)
        shown = {"trial": outcomes[worst].values["index"], "draws": outcomes[worst].values["draws"]}
        return Inequality(sum(means) / len(means), ">=", -10.0, examined=len(means), worst=shown)


def log(path: str, line: str) -> None:
    """Append one line in one write, which lines of other processes cannot split."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


def started(path: Path) -> list[tuple[str, int]]:
    """Label and index of every trial that started, in order."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [(label, int(index)) for label, index, _ in map(str.split, lines)]


def counted_plan(trials: int, *parameters: CountedParameters, seed: int = 0) -> Plan:
    """A plan of `trials` trials for each of the parameters."""
    entries = tuple(
        Entry(Counted(), "printed", p, trials, Verdict.HOLDS, "", {}) for p in parameters
    )
    return Plan(Suite("counted", "Is every trial kept?", 0.01, entries), seed, "cpu")


def _goes_off(parameters: CountedParameters) -> bool:
    armed = Path(parameters.armed)
    if not parameters.armed or not armed.exists():
        return False
    if parameters.once:
        armed.unlink()
    return True
