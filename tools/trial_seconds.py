"""`python -m tools.trial_seconds [SUITE …]`: measure anew what a trial of every suite costs.

Processor time of one thread, of the second trial where the first took less than SLOW seconds: the
first also imports packages. Of suites that are not named the times stay.
"""

import json
import sys
import time

from layerproof.theory.files import atomic_write_text
from layerproof.theory.randomness import derive_seed
from layerproof.verify.checks.base import Trial
from layerproof.verify.run import estimates
from layerproof.verify.run.executors import single_threaded
from layerproof.verify.run.suite import Entry, load_suite
from layerproof.verify.run.suite_files import SUITES

SLOW = 3.0


def measured(entry: Entry) -> float:
    """Processor seconds of one trial of an entry."""
    seed, spent = derive_seed(0, entry.key), 0.0
    for index in range(2):
        started = time.process_time()
        with single_threaded():
            entry.check.measure(entry.parameters, Trial(seed, index, entry.form, "cpu"))
        spent = time.process_time() - started
        if spent > SLOW:
            break
    return spent


names = sys.argv[1:] or list(SUITES.own)
known = dict(estimates.known_seconds())
for name in names:
    for entry in load_suite(name).entries:
        if entry.key not in known or entry.form == entry.check.forms[0]:
            known[entry.key] = float(f"{measured(entry):.2g}")
            sys.stderr.write(f"{known[entry.key]:8.3g} s  {entry.key}\n")
            text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n"
            atomic_write_text(estimates.FILE, text, "the times")
