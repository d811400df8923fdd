"""`layerproof verify`: run a suite, print its verdicts, keep its results."""

import shlex
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from theory.errors import InputError
from verify.commands import options
from verify.commands.folders import make, results_folder
from verify.commands.output import print_text, standard_error, standard_output
from verify.commands.progress import ProgressReport
from verify.commands.report import try_report
from verify.commands.values import choice, integer, named_as_options, optional_integer

EPILOG = "Example: layerproof verify quick --only R26.assumption-6a --seed 1"
CONNECT_SECONDS = 10
"""How long a cluster's scheduler may take to answer."""

SuiteName = Annotated[
    str, typer.Argument(metavar="[SUITE | FILE.toml]", help="A suite by name, or a suite file.")
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
]
Controls = Annotated[
    bool, typer.Option("--controls", help="Also break one premise at a time: the checks must turn.")
]
Instance = Annotated[
    str | None,
    typer.Option(
        "--grammar", metavar="FILE", help="Run every check that can on this grammar instead."
    ),
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
    controls: Controls = False,
    grammar: Instance = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> int:
    """Run a suite of checks and judge every statement; alone, the suite `quick`."""
    processes = optional_integer("--workers", workers)
    folder = results_folder(output, Path(suite).stem)
    chosen = _plan(suite, only or [], form, budget, grammar, seed, device)
    with _cluster(cluster) as pool:
        found = _run(chosen, processes, pool, controls)
    return _finish(found, folder, json)


def _plan(
    suite: str,
    only: list[str],
    form: str | None,
    budget: str,
    grammar: str | None,
    seed: str,
    device: str | None,
) -> Any:
    number = integer("--seed", seed, least=0)
    if form is not None:
        choice("--form", form, ("printed", "repaired"))
    choice("--budget", budget, ("full", "quick"))
    from layerwise.devices import resolve_device
    from verify.runner import plan

    with named_as_options():
        return plan(
            suite,
            only=only,
            form=form,
            seed=number,
            device=str(resolve_device(device)),
            budget=budget,
            grammar=grammar,
        )


def _run(chosen: Any, workers: int | None, pool: Executor | None, controls: bool) -> dict[str, Any]:
    from verify.document import document
    from verify.runner import run, run_on

    started = time.perf_counter()
    with ProgressReport(f"verify {chosen.suite.name}") as report:

        def progress(done: int, total: int) -> None:
            report(done / total, f"verify {chosen.suite.name}, trial {done} of {total}")

        if pool is None:
            results = run(chosen, workers=workers, progress=progress)
        else:
            results = run_on(pool, chosen, progress)
    turned = _control_matrix(chosen.seed, chosen.device, workers) if controls else None
    provenance = {
        "command": shlex.join(["layerproof", *sys.argv[1:]]),
        "seconds": time.perf_counter() - started,
    }
    return document(chosen, results, controls=turned, provenance=provenance)


def _control_matrix(seed: int, device: str, workers: int | None) -> list[dict[str, Any]]:
    """Every control against the suite `controls`: small instances of every check that reacts."""
    from verify.control_matrix import run_controls
    from verify.runner import plan

    watched = plan("controls", seed=seed, device=device)
    with ProgressReport("negative controls") as report:
        return list(run_controls(watched, workers=workers, progress=lambda d, t: report(d / t)))


def _finish(found: dict[str, Any], folder: Path, json: bool) -> int:
    """Write results.json, print its verdicts, write report.html, and give the exit code."""
    from json import loads as from_json

    from theory.files import atomic_write_text
    from verify.document import exit_code
    from verify.jsonable import to_json
    from verify.terminal import render

    text = to_json(found, indent=1) + "\n"
    make(folder)
    atomic_write_text(folder / "results.json", text, "-o/--output")
    kept = from_json(text)
    if json:
        print_text(text)
        try_report(kept, folder)
        standard_error().print(str(folder), markup=False, soft_wrap=True)
    else:
        render(found, standard_output())
        try_report(kept, folder)
        standard_output().print(str(folder), markup=False, soft_wrap=True)
    return exit_code(found)


@contextmanager
def _cluster(address: str | None) -> Iterator[Executor | None]:
    """An executor on the Dask scheduler at `address`; None where none is named."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        allowed = 'an installation with the cluster extra: pip install -e ".[cluster]"'
        raise InputError("--cluster", address, allowed) from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        allowed = f"the address of a running Dask scheduler ({error})"
        raise InputError("--cluster", address, allowed) from error
    with client:
        yield client.get_executor()
