"""10,000 stored trials are opened, read and rendered within seconds, and none is measured again."""

import json
import time
from pathlib import Path

from layerproof.theory.jsonable import to_json
from layerproof.verify.report import render_html
from layerproof.verify.report.document import document
from layerproof.verify.report.schemas.results import checked
from layerproof.verify.run.executors import SerialExecutor
from layerproof.verify.run.runner import run_on
from layerproof.verify.run.store import open_store
from tests.verify.run.counted_check import CountedParameters, counted_plan

ENTRIES, TRIALS = 250, 40
"""As many rows as the suite `paper`, about."""

SECONDS = 5.0
"""Of processor time: other work on the machine cannot add to it."""


def test_ten_thousand_stored_trials_cost_seconds(tmp_path: Path) -> None:
    labels = (f"check {number}" for number in range(ENTRIES))
    log = tmp_path / "log"
    plan = counted_plan(TRIALS, *(CountedParameters(log=str(log), label=x) for x in labels))
    with open_store(tmp_path, resume=False) as store:
        first = run_on(SerialExecutor(), plan, store=store)
        assert len(store) == store.computed == ENTRIES * TRIALS == 10_000
    log.unlink()

    started = time.process_time()
    with open_store(tmp_path, resume=True) as store:
        again = run_on(SerialExecutor(), plan, store=store)
        assert (store.computed, store.stored) == (0, 10_000)
    resumed = time.process_time()
    text = to_json(document(plan, again), indent=1)
    page = render_html(checked(json.loads(text), "results.json"))
    rendered = time.process_time()

    assert not log.exists(), "a stored trial was measured again"
    assert to_json(again) == to_json(first)
    times = f"resumed in {resumed - started:.2f} s, rendered in {rendered - resumed:.2f} s"
    assert rendered - started < SECONDS, times
    assert len(page.encode()) < 2_000_000
    print(times)  # noqa: T201 -- shown by `pytest -rP`
