"""`layerproof verify`: run a suite, print its verdicts, keep its results."""

import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from layerproof.theory.errors import InputError
from layerproof.theory.formatting import counted
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import device_name
from layerproof.verify.commands.folders import results_folder
from layerproof.verify.commands.grammars import tell_rounded
from layerproof.verify.commands.option_values import (
    choice,
    integer,
    named_as_options,
    optional_integer,
)
from layerproof.verify.commands.output import (
    print_path,
    print_text,
    say,
    standard_error,
    standard_output,
)
from layerproof.verify.commands.overwriting import Force, keep_other_results
from layerproof.verify.commands.progress import ProgressReport, estimate
from layerproof.verify.commands.report import try_report
from layerproof.verify.run.exhaustion import check_torch_can_load
from layerproof.verify.run.starting import start_imports

if TYPE_CHECKING:
    from layerproof.verify.run.store import TrialStore

EPILOG = "Example: layerproof verify quick --only R26.assumption-6a --seed 1"


SHORT = 3.0
"""A run of fewer seconds on one core takes less time here than other processes take to start."""


class Command(TyperCommand):
    """`verify`, whose help names the suites of other packages too, looked for when it is asked."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the command."""
        from layerproof.verify.run.suite_files import SUITES  # here: others start without them

        for parameter in self.params:
            if parameter.name == "suite":
                parameter.help = f"A suite file, or one of {', '.join(SUITES)}."  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)


SuiteName = Annotated[
    str,
    typer.Argument(metavar="[SUITE | FILE.toml]", help="A suite file, or the name of a suite."),
    options.Names.READ_FILE,
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="ID", help="Only this statement or check; may be repeated."),
]
Form = Annotated[
    str | None, typer.Option("--form", metavar="NAME", help="Only this form: printed or repaired.")
]
Workers = Annotated[
    str | None, typer.Option("--workers", metavar="N", help="Processes; one a core unless given.")
]
Cluster = Annotated[
    str | None, typer.Option("--cluster", metavar="ADDRESS", help="A Dask scheduler to run on.")
]
Folder = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="DIR", help="Where to keep the results; under runs/."),
    options.Names.WRITTEN_FOLDER,
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in -o DIR; measure nothing twice.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print every row, and the errata.")]
Controls = Annotated[
    bool, typer.Option("--controls", help="Also break one premise at a time: the checks must turn.")
]
Instance = Annotated[
    str | None,
    typer.Option(
        "--grammar", metavar="FILE", help="Run every check that can on this grammar instead."
    ),
    options.Names.READ_FILE,
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="With --grammar: exit code 1 where an assumption fails."),
]
Trials = Annotated[
    str | None,
    typer.Option("--trials", metavar="N", help="Trials of every check that has several."),
]
Budget = Annotated[
    str, typer.Option("--budget", metavar="NAME", help="Trials per check: full or quick.")
]


def verify(
    suite: SuiteName = "quick",
    only: Only = None,
    form: Form = None,
    budget: Budget = "full",
    workers: Workers = None,
    cluster: Cluster = None,
    output: Folder = None,
    resume: Resume = False,
    force: Force = False,
    verbose: Verbose = False,
    controls: Controls = False,
    grammar: Instance = None,
    strict: Strict = False,
    trials: Trials = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> int:
    """Run a suite of checks and judge every statement; alone, the suite `quick`.

    With --grammar the report begins with what fails on the grammar and what to change; its exit
    code is 0 where everything was decided.
    """
    processes = optional_integer("--workers", workers)
    count = optional_integer("--trials", trials)
    if strict and grammar is None:
        raise InputError("--strict", "without a grammar", "with --grammar FILE")
    if resume and output is None:
        raise InputError("--resume", "without a folder", "with -o DIR, the run to go on with")
    if not only and cluster is None and processes != 1:  # no short run
        check_torch_can_load()
        start_imports()
    chosen = _plan(suite, only or [], form, budget, grammar, seed, device, count)
    _tell_elsewhere(chosen, only or [], form)
    if not chosen.suite.entries:
        return _nothing(chosen, json)
    if not force:
        keep_other_results(output, chosen, resume=resume)
    watched = _watched(chosen) if controls else None
    with results_folder(output, Path(suite).stem) as folder:
        own = 1 if processes is None and chosen.core_seconds < SHORT else processes
        with _pool(cluster, own) as pool, _store(folder, resume) as store:
            found = _run(chosen, pool, store, processes, watched)
        return _finish(found, folder, json, verbose, strict)


def _tell_elsewhere(chosen: Any, only: list[str], form: str | None) -> None:
    """Say where what was asked for runs, if the chosen suite does not have it."""
    found = {name for e in chosen.suite.entries for name in (e.check.id, e.check.statement)}
    for name in only:
        if name not in found:
            say(_elsewhere(name, form))


def _nothing(chosen: Any, json: bool) -> int:
    """Say that nothing was selected; nothing is written."""
    from layerproof.theory.jsonable import to_json
    from layerproof.verify.report.document import as_read, document, exit_code
    from layerproof.verify.report.rows import closing_line

    found = document(chosen, [])
    read = as_read(found)
    if json:
        print_text(to_json(found, indent=1) + "\n")
    else:
        standard_output().print(closing_line(read), markup=False)
    return exit_code(read)


def _elsewhere(name: str, form: str | None) -> str:
    """Where a statement or a check runs that the chosen suite does not have."""
    from layerproof.verify.run.tested_by import suites_of

    asked = name if form is None else f"{name} as {form}"
    suites = suites_of(name, form)
    if not suites:
        return f"no suite checks {asked}"
    line = shlex.join(["layerproof", "verify", suites[0], "--only", name])
    return f"the suites that check {asked}: {', '.join(suites)}; {line}"


def _plan(
    suite: str,
    only: list[str],
    form: str | None,
    budget: str,
    grammar: str | None,
    seed: str,
    device: str | None,
    trials: int | None,
) -> Any:
    number = integer("--seed", seed, least=0)
    if form is not None:
        choice("--form", form, ("printed", "repaired"))
    choice("--budget", budget, ("full", "quick"))
    check_torch_can_load()
    from layerproof.theory.files import check_file
    from layerproof.verify.run.runner import plan

    if grammar is not None:
        check_file(grammar, "--grammar")
    with named_as_options():
        found = plan(
            suite,
            only=only,
            form=form,
            seed=number,
            device=device_name(device),
            budget=budget,
            grammar=grammar,
            trials=trials,
        )
    if found.grammar is not None:
        tell_rounded(str(found.grammar), found.grammar.grammar)
    return found


def _run(
    chosen: Any, pool: Any, store: "TrialStore", workers: int | None, watched: Any
) -> dict[str, Any]:
    from layerproof.verify.report.document import as_read, document
    from layerproof.verify.report.reference import reproduction
    from layerproof.verify.run.runner import run_on

    started = time.perf_counter()
    name = f"verify {chosen.suite.name}"
    _tell_time(name, chosen, pool, store)
    with ProgressReport(name) as report:

        def progress(done: int, total: int) -> None:
            if done == store.stored:  # so far nothing but what an earlier run has measured
                report.starts_at(done / max(total, 1))
            report(done / max(total, 1), f"{name}, trial {done} of {total}")

        results = run_on(pool, chosen, progress, store)
    turned = _control_matrix(watched, workers, store) if watched else None
    provenance = {
        "command": shlex.join(["layerproof", *sys.argv[1:]]),
        "seconds": time.perf_counter() - started,
        "trials": {"computed": store.computed, "stored": store.stored},
    }
    found = document(chosen, results, controls=turned, provenance=provenance)
    with suppress(InputError):  # what cannot be read back is told once it is written
        if sentence := reproduction(chosen, as_read(found)):
            found["provenance"]["reference"] = sentence
    return found


def _tell_time(name: str, chosen: Any, pool: Any, store: "TrialStore") -> None:
    """How long the run may take, where it does not go on with trials that are stored."""
    from layerproof.verify.run.estimates import run_seconds
    from layerproof.verify.run.executors import SerialExecutor, width

    processes = 1 if isinstance(pool, SerialExecutor) else max(1, width(pool) // 2)
    if not len(store):
        on = "one process" if processes == 1 else f"{processes} processes"
        seconds = run_seconds(chosen.core_seconds, processes)
        estimate(f"{name}, {chosen.trials} trials on {on},", seconds)


def _watched(chosen: Any) -> Any:
    """What the controls are run against: a suite of another package itself, else `controls`.

    That suite has small instances of the checks of this package.
    """
    from layerproof.verify.run.control_matrix import demand_controls
    from layerproof.verify.run.runner import plan
    from layerproof.verify.run.suite_files import SUITES

    if chosen.source in SUITES.origins:
        return demand_controls(chosen)
    return plan("controls", seed=chosen.seed, device=chosen.device)


def _control_matrix(watched: Any, workers: int | None, store: "TrialStore") -> list[dict[str, Any]]:
    """Every control against the plan `watched`."""
    from layerproof.verify.run.control_matrix import run_controls

    with ProgressReport("negative controls") as report:
        found = run_controls(
            watched, workers=workers, progress=lambda d, t: report(d / t), store=store
        )
        return list(found)


def _finish(found: dict[str, Any], folder: Path, json: bool, verbose: bool, strict: bool) -> int:
    """Write results.json, then report.html, print the verdicts, and give the exit code."""
    from layerproof.theory.files import UnwrittenError, encoded, write_files
    from layerproof.theory.jsonable import to_json
    from layerproof.verify.report.document import as_read, exit_code
    from layerproof.verify.report.terminal import render

    text = to_json(found, indent=1) + "\n"
    unwritten: UnwrittenError | None = None
    try:
        write_files(folder, {"results.json": encoded(text)}, "-o/--output")
    except UnwrittenError as error:
        unwritten = error
    if json:
        print_text(text)
    read = as_read(found)
    if unwritten is None:
        try_report(read, folder)
    if not json:
        render(read, standard_output(), verbose=verbose)
    if unwritten:
        raise unwritten.printed() if json else unwritten
    print_path("", folder, standard_error() if json else standard_output())
    return exit_code(read, strict=strict)


@contextmanager
def _pool(address: str | None, workers: int | None) -> Iterator[Any]:
    """The workers of the Dask scheduler at `address`, or processes of this machine."""
    from layerproof.verify.run.cluster import cluster
    from layerproof.verify.run.executors import executor

    with executor(workers) if address is None else cluster(address) as pool:
        yield pool


@contextmanager
def _store(folder: Path, resume: bool) -> "Iterator[TrialStore]":
    """The folder's store; an interruption says how to go on from what it holds.

    Of a run that is refused before anything was measured nothing stays.
    """
    from layerproof.verify.run.store import open_store

    others = list(folder.iterdir())
    with open_store(folder, resume=resume) as store:
        try:
            yield store
        except KeyboardInterrupt:
            count = counted(len(store), "trial")
            verb = "is" if len(store) == 1 else "are"
            kept = f"{count} {verb} kept in {folder}; go on with: {_again(folder)}"
            raise KeyboardInterrupt(kept) from None
        except InputError:
            if not (others or len(store)):
                shutil.rmtree(folder, ignore_errors=True)
            raise


def _again(folder: Path) -> str:
    """The command line of this process, as it goes on with the run in `folder`."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    named = any(word == "-o" or word.startswith(("-o", "--output")) for word in words)
    return shlex.join(["layerproof", *words, *([] if named else ["-o", str(folder)]), "--resume"])
