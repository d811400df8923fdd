"""Runs a suite: trials through an executor, claims to the judge, verdicts through the graph."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from layerproof.theory.errors import InputError, unknown_name, whole_number
from layerproof.theory.formatting import figures
from layerproof.theory.randomness import derive_seed
from layerproof.theory.readable import Readable, Sheet, SheetTable
from layerproof.theory.statements import catalogue
from layerproof.theory.statements.base import LISTED
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, premises_of
from layerproof.verify.checks.controls import NO_CONTROL, Control
from layerproof.verify.checks.grammar_file import GrammarFile
from layerproof.verify.run.estimates import entry_seconds, once
from layerproof.verify.run.executors import SerialExecutor, executor
from layerproof.verify.run.own_grammar import affordable
from layerproof.verify.run.store import TrialStore
from layerproof.verify.run.store.encoding import encode
from layerproof.verify.run.suite import (
    MOST_TRIALS,
    Entry,
    Suite,
    load_suite,
    row_name,
    with_unlisted,
)
from layerproof.verify.run.sweep import Done, Job, Progress, collect
from layerproof.verify.statistics import ErrorBudget, ThinEvidence
from layerproof.verify.verdicts.claims import Claim, Equality, Nothing
from layerproof.verify.verdicts.diagnosis import LeftOut
from layerproof.verify.verdicts.flow import with_breaks
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Judgement, Result, ResultList, Shown, Verdict

ENSEMBLE_ONLY = "the statement is about an ensemble of grammars, not about one of them"


@dataclass(frozen=True)
class Plan(Readable):
    """What will run: a suite after selection, one seed, one device.

    `rows` is the number of results of the suite before selection, over which its error rate is
    split: a row that is run again alone is judged as it was among the others. `grammar` is the file
    that took the place of every instance, and `left_out` what would have taken too long on it.
    """

    suite: Suite
    seed: int
    device: str
    control: Control = NO_CONTROL
    source: str = ""
    rows: int = 0
    grammar: GrammarFile | None = None
    left_out: tuple[LeftOut, ...] = ()
    core_seconds: float = 0.0
    """What all trials may take on one core, told beforehand."""

    @property
    def trials(self) -> int:
        """The number of trials of the whole plan."""
        return sum(entry.trials for entry in self.suite.entries)

    def sheet(self) -> Sheet:
        """What `print` and notebooks show: what will run, and with how many trials."""
        facts = {
            "question": self.suite.question,
            "seed": figures(self.seed),
            "device": self.device,
            "error rate": figures(self.suite.error_rate),
            "trials": figures(self.trials),
        }
        rows = [(entry.check.id, entry.form, figures(entry.trials)) for entry in self.suite.entries]
        table = SheetTable(("check", "form", "trials"), rows)
        return Sheet(f"Plan of the suite {self.suite.name}", facts, (table,))


def plan(
    suite: str | Path,
    *,
    only: Sequence[str] = (),
    form: str | None = None,
    seed: int = 0,
    device: str = "cpu",
    budget: str = "full",
    grammar: str | None = None,
    trials: int | None = None,
) -> Plan:
    """Select what runs. `only` holds statement or check ids; unknown ones raise InputError.

    `grammar` is a file that takes the place of every instance; checks of ensembles do not apply,
    and those that take long are left out unless `only` names them. `trials` takes the place of the
    number of trials of every check that has several.
    """
    for name in only:
        if name not in CHECKS and name not in catalogue():
            known = [*(entry.id for entry in catalogue()), *CHECKS]
            raise unknown_name("--only", name, known, LISTED)
    file = None if grammar is None else GrammarFile.read(grammar)
    loaded = load_suite(suite, budget=budget, grammar=file)
    listed = len(loaded.entries)
    loaded = with_unlisted(loaded, only, budget=budget, grammar=file)
    if form not in (None, "printed", "repaired"):
        raise InputError("--form", form, "printed or repaired")
    entries = tuple(
        entry
        for entry in loaded.entries
        if (not only or entry.check.id in only or entry.check.statement in only)
        and form in (None, entry.form)
    )
    if trials is not None:
        whole_number("--trials", trials, maximum=MOST_TRIALS)
        entries = tuple(replace(one, trials=trials) if one.trials > 1 else one for one in entries)
    options = [str(suite)]
    options += ["--grammar", grammar] if grammar else []
    options += ["--budget", budget] if budget != "full" else []
    command = shlex.join(options)
    left_out: tuple[LeftOut, ...] = ()
    seconds = sum(map(entry_seconds, once(entries)))
    if file is not None:
        found = affordable(entries, file.grammar, only, f"layerproof verify {command}")
        entries, left_out, seconds = found.entries, found.left_out, sum(found.seconds)
    options += ["--trials", str(trials)] if trials is not None else []
    rows = sum(len(group) for group in _rows(loaded))
    return Plan(
        replace(loaded, entries=entries, question=_question(loaded, listed, entries)),
        seed,
        device,
        source=shlex.join(options),
        rows=rows,
        grammar=file,
        left_out=left_out,
        core_seconds=seconds,
    )


def _question(loaded: Suite, listed: int, chosen: Sequence[Entry]) -> str:
    """The suite's question; of statements that it does not list, whether these hold."""
    own = {entry.key for entry in loaded.entries[:listed]}
    if not chosen or any(entry.key in own for entry in chosen):
        return loaded.question
    known = catalogue()
    asked = dict.fromkeys(entry.check.statement for entry in chosen)
    names = (f"{name} ({known[name].title})" for name in asked)
    return f"{'Does' if len(asked) == 1 else 'Do'} {', '.join(names)} hold?"


def run(
    chosen: Plan,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    store: TrialStore | None = None,
) -> ResultList:
    """Run a plan. The results do not depend on the number of workers, nor on what is stored."""
    with executor(workers) as pool:
        return ResultList(run_on(pool, chosen, progress, store))


def run_on(
    pool: Executor,
    chosen: Plan,
    progress: Progress | None = None,
    store: TrialStore | None = None,
) -> list[Result]:
    """Run a plan on any executor of the standard library's interface.

    Every trial goes into `store` as it finishes, and those that it holds are taken from there.
    """
    source = _trials_from(chosen.suite.entries)
    needed = sorted(set(source))
    jobs = [_job(chosen, chosen.suite.entries[i]) for i in needed]
    found = dict(zip(needed, collect(pool, jobs, store=store, progress=progress), strict=True))
    done = [found[i] for i in source]
    rows = _rows(chosen.suite)
    count = max(chosen.rows, sum(len(group) for group in rows))
    if not count:
        return []
    shares = ErrorBudget.equal(chosen.suite.error_rate, map(str, range(count)))
    results = [
        _result(chosen, entry, row, done[i], shares.confidence("0"))
        for i, entry in enumerate(chosen.suite.entries)
        for row in rows[i]
    ]
    for i in dict.fromkeys(_unjudged(chosen, rows, done, results)):
        _measured_again(pool, _job(chosen, chosen.suite.entries[i]), done[i], store)
    return with_breaks(results, catalogue())


def _unjudged(
    chosen: Plan, rows: Sequence[Sequence[Row]], done: Sequence[Done], results: Sequence[Result]
) -> list[int]:
    """The entries whose stored trials could not be judged."""
    entries = [i for i, found in enumerate(rows) for _ in found]
    wrong = (result.judgement.verdict is Verdict.ERROR for result in results)
    told = zip(entries, wrong, strict=True)
    return [i for i, is_wrong in told if is_wrong and done[i].stored and not done[i].crash]


def _measured_again(pool: Executor, job: Job, done: Done, store: TrialStore | None) -> None:
    """Whose fault a crash on stored trials is: raise InputError where it is the store's.

    A store that somebody changed holds other outcomes than the trials bring back; where they are
    the same, the check has crashed on what it measures.
    """
    (fresh,) = collect(pool, [job])
    same = [encode(outcome) for outcome in fresh.outcomes] == [
        encode(outcome) for outcome in done.outcomes
    ]
    if store is not None and not same:
        raise store.not_trusted(f"the trials of {job.check.id} are other ones when measured again")


def _trials_from(entries: Sequence[Entry]) -> list[int]:
    """For each entry the first one whose trials are also its own: another form's, or itself."""
    first: dict[tuple[str, int], int] = {}
    return [
        first.setdefault((entry.key, entry.trials), i) if entry.check.forms_share_trials else i
        for i, entry in enumerate(entries)
    ]


def _rows(suite: Suite) -> list[Sequence[Row]]:
    return [entry.check.rows(entry.parameters) for entry in suite.entries]


def evaluate(
    check: Check[Any],
    parameters: Mapping[str, Any],
    *,
    form: str = "printed",
    trials: int = 1,
    seed: int = 0,
    error_rate: float = 0.01,
    control: Control = NO_CONTROL,
) -> list[Result]:
    """Run one check outside a suite, in this process; its rows share `error_rate`.

    >>> from layerproof.verify.checks import CHECKS
    >>> [row.judgement.verdict.value for row in evaluate(CHECKS["assumption-6a"], {"L": 2})]
    ['holds', 'holds']
    """
    valid = check.parameters.validated(parameters)
    entry = Entry(check, form, valid, trials, Verdict.HOLDS, "", {})
    suite = Suite(check.id, "", error_rate, (entry,))
    return run_on(SerialExecutor(), Plan(suite, seed, "cpu", control))


def _job(chosen: Plan, entry: Entry) -> Job:
    seed = derive_seed(chosen.seed, entry.key)
    trials = (
        Trial(seed, index, entry.form, chosen.device, chosen.control)
        for index in range(entry.trials)
    )
    return Job(entry.check, entry.parameters, tuple(trials))


def _result(chosen: Plan, entry: Entry, row: Row, done: Done, confidence: float) -> Result:
    statement = catalogue()[entry.check.statement]
    outcomes = done.outcomes or (entry.check.without_trial(entry.parameters, entry.form),)
    return Result(
        id=_row_id(entry, row),
        statement=statement.id,
        form=entry.form,
        title=statement.title,
        source=statement.source,
        quantity=entry.check.quantity,
        parameters=entry.settings | row,
        premises=premises_of(outcomes, entry.check),
        judgement=_judged(entry, row, done, confidence),
        trials=len(done.outcomes),
        confidence=confidence,
        expected=entry.expectation(row),
        expected_reason=entry.reason,
        seconds=done.seconds,
        device=chosen.device if entry.check.needs_torch else "cpu",
        reproduce=_reproduce(chosen, entry),
    )


def _judged(entry: Entry, row: Row, done: Done, confidence: float) -> Judgement:
    """The row's judgement; "applicable" in the evidence counts trials where some were left out."""
    if done.crash:
        last = done.crash.strip().splitlines()[-1]
        return Judgement(Verdict.ERROR, reason=last, evidence={"traceback": done.crash})
    if done.refusal:
        return Judgement(Verdict.NOT_RUN, reason=done.refusal)
    applicable = [outcome for outcome in done.outcomes if outcome.applicable]
    if entry.about_another_ensemble:
        return judge(Nothing(ENSEMBLE_ONLY, premise_failed=True), confidence)
    if not applicable:
        failed = next((r for o in done.outcomes for r in o.premises.values() if r), "")
        return judge(Nothing(f"a premise fails: {failed}", premise_failed=True), confidence)
    try:
        claim = entry.check.claim(entry.parameters, row, applicable, entry.form)
        found = judge(_of_all_draws(entry.check, claim, done.outcomes), confidence)
        pictures = _pictures(entry, row, applicable)
    except ThinEvidence as thin:
        return judge(Nothing(str(thin), premise_failed=False), confidence)
    except Exception as error:  # noqa: BLE001 -- as above
        return Judgement(
            Verdict.ERROR, reason=repr(error), evidence={"traceback": traceback.format_exc()}
        )
    more = Shown(pictures=pictures) if pictures else Shown()
    if len(applicable) < len(done.outcomes):
        more["applicable"] = len(applicable)
    return replace(found, evidence={**found.evidence, **more})


def _of_all_draws(check: Check[Any], claim: Claim, outcomes: Sequence[Outcome]) -> Claim:
    """The claim; nothing, where a mean over an ensemble would be one over a part of its draws."""
    out = sum(not outcome.applicable for outcome in outcomes)
    if not (check.about_ensemble and isinstance(claim, Equality) and out):
        return claim
    reason = (
        f"a premise fails on {out} of {len(outcomes)} draws; the mean over the others is not that"
        " of the ensemble"
    )
    return Nothing(reason, premise_failed=False, measured=claim.interval.estimate)


def _pictures(entry: Entry, row: Row, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What the report draws; nothing where other rows, which it shows too, have no numbers."""
    try:
        pictures = entry.check.pictures(entry.parameters, row, outcomes, entry.form)
    except ThinEvidence:
        return []
    return [picture.to_dict() for picture in pictures]


def _row_id(entry: Entry, row: Row) -> str:
    return "/".join(part for part in (entry.check.id, row_name(row)) if part)


def _reproduce(chosen: Plan, entry: Entry) -> str:
    return (
        f"layerproof verify {chosen.source} --only {entry.check.id}"
        f" --form {entry.form} --seed {chosen.seed}"
    )
