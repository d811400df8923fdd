"""On true statements, a suite says `violated` in no larger share of its runs than it declares.

200 runs of a small suite with an error rate of 5 %, margins far below the sampling error, so that
every interval that misses the truth is a false alarm. The number of alarms is put through a
binomial test that a suite at its declared rate fails with probability below 10^-3.
"""

from pathlib import Path

from scipy import stats

from layerproof.verify.run.executors import SerialExecutor
from layerproof.verify.run.runner import Plan, plan, run_on
from layerproof.verify.verdicts.verdict import Verdict

RUNS = 200
ERROR_RATE = 0.05
SUITE = f"""
name = "true statements"
question = "How often does a suite call a true statement false?"
error_rate = {ERROR_RATE}
[[check]]
id = "mean-square-separation"
trials = 12
parameters = {{ V = 5, m = 3, L = 2, margin = 1e-9 }}
[[check]]
id = "mean-square-norm"
trials = 12
parameters = {{ V = 5, m = 3, L = 2, margin = 1e-9 }}
[[check]]
id = "noise"
forms = ["FORM"]
trials = 12
parameters = {{ V = 4, m = 2, L = 2, margin = 1e-9 }}
"""


def _plan(tmp_path: Path, form: str) -> Plan:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.replace("FORM", form), "utf-8")
    return plan(path)


def _alarms(chosen: Plan, runs: int) -> int:
    pool = SerialExecutor()
    return sum(
        any(
            row.judgement.verdict is Verdict.VIOLATED
            for row in run_on(pool, Plan(chosen.suite, seed, "cpu"))
        )
        for seed in range(runs)
    )


def test_true_statements_are_rarely_called_false(tmp_path: Path) -> None:
    alarms = _alarms(_plan(tmp_path, "repaired"), RUNS)
    assert stats.binom.sf(alarms - 1, RUNS, ERROR_RATE) > 1e-3, f"{alarms} alarms in {RUNS} runs"


def test_a_false_statement_is_called_so(tmp_path: Path) -> None:
    # The printed noise law takes 1/E[n] for E[1/n]: a quarter off at these counts.
    assert _alarms(_plan(tmp_path, "printed"), 20) > 20 * ERROR_RATE
