"""`layerproof assumptions`: does the theorem cover this instance, and if not, why not."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerproof.theory.errors import InputError
from layerproof.theory.formatting import figures, interval
from layerproof.theory.sizes import Sizes
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.grammars import drawn, extent_of, read_grammar, read_source
from layerproof.verify.commands.many import check_many
from layerproof.verify.commands.option_values import integer, optional_integer
from layerproof.verify.commands.output import columns, print_json, standard_output
from layerproof.verify.commands.progress import announce, track
from layerproof.verify.commands.signals import read_signal, signal_lines, taught_by

if TYPE_CHECKING:
    from layerproof.theory.assumptions import AssumptionReport
    from layerproof.theory.ensembles import Ensemble
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.signals import Signal

EPILOG = (
    "Example: layerproof assumptions -V 8 -m 4 -s 2 -L 3 --draws 100; a phase diagram:"
    ' layerproof assumptions -s 2 --sweep "m=2:8,V=8:64:8,L=2:4" -o phases'
)
CONFIDENCE = 0.95
"""Confidence of each interval of `--draws`, by itself."""

Draws = Annotated[
    str | None,
    typer.Option(
        "--draws", metavar="K", help="Examine K instances and give the fraction that qualify."
    ),
]


Sweep = Annotated[
    str | None,
    typer.Option(
        "--sweep",
        metavar="RANGES",
        help="A phase diagram over m, V, L, s, zipf, label_zipf, ensemble: name=first,"
        " first:last or first:last:step with both ends, joined by / within a name and by commas"
        " between names.",
    ),
]
Workers = Annotated[
    str | None,
    typer.Option("--workers", metavar="N", help="Processes for --sweep; one unless given."),
]
Folder = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="DIR", help="Where --sweep keeps phases.json and the figure."
    ),
    options.Names.WRITTEN_FOLDER,
]


Strict = Annotated[
    bool, typer.Option("--strict", help="Exit code 1 where an assumption does not hold.")
]


@options.takes_sizes
def assumptions(
    sizes: options.GivenSizes,
    grammar: options.GrammarFile = None,
    signal: options.SignalName = "label",
    draws: Draws = None,
    sweep: Sweep = None,
    workers: Workers = None,
    output: Folder = None,
    strict: Strict = False,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> int:
    """Measure Definition 4 and Assumption 6 exactly on an instance: does Theorem 7 cover it?

    Names the statement that fails, the patch or pair to blame, what follows and what to change.
    With --draws: on K of them. With --sweep: on K of them (100 unless given) at every combination
    of the sizes; a draw costs L products of V by V matrices and the distances of V posteriors,
    about 5 ms at V = 16, L = 3 on one core, so 100 points of 100 draws take a minute.
    """
    from layerproof.theory.assumptions import assumptions as examine
    from layerproof.theory.costs import check, draw_seconds, laws_seconds

    if sweep is not None:
        from layerproof.verify.commands.assumptions_sweep import print_diagram, read_request

        request = read_request(
            sweep,
            sizes,
            refused={
                "--grammar": grammar,
                "--classes": sizes.texts["classes"],
                "--signal": None if signal == "label" else signal,
                "--strict": "given" if strict else None,
            },
            draws=draws,
            seed=seed,
            workers=workers,
            output=output,
        )
        check_device(device)
        print_diagram(request, json)
        return 0
    for option, value in {"--workers": workers, "-o/--output": output}.items():
        if value is not None:
            raise InputError(option, value, "with --sweep only")
    source = read_source(grammar, sizes)
    target = read_signal(signal)
    number = integer("--seed", seed, least=0)
    count = optional_integer("--draws", draws)
    check_device(device)
    if count is not None:
        if strict:
            raise InputError("--strict", "with --draws", "one instance, which holds or does not")
        _many(source, count, number, target, json)
        return 0
    extent = extent_of(source)
    check(extent)
    announce("assumptions", draw_seconds(extent) + laws_seconds(extent))
    report = examine(taught_by(target, read_grammar(source, number)), target)
    if json:
        print_json(report.to_dict())
    else:
        _print_instance(report)
    return int(strict and not report.holds)


def _many(
    source: "Ensemble | Grammar", count: int, seed: int, signal: "Signal", json: bool
) -> None:
    if not isinstance(source, Sizes):
        raise InputError("--draws", count, "sizes to draw from, not a --grammar file")
    check_many("--draws", count, [extent_of(source)])
    document = fractions(source, count, seed, signal)
    if json:
        print_json(document)
    else:
        _print_fractions(document)


def fractions(ensemble: "Ensemble", count: int, seed: int, signal: "Signal") -> dict[str, Any]:
    """The fraction of `count` independent draws on which each part of the assumptions holds.

    Draw k has its own seed, derived by name, so more draws repeat the earlier ones. The intervals
    are exact binomial ones (Clopper-Pearson) at confidence 0.95 each.
    """
    from layerproof.theory.assumptions import assumptions as examine
    from layerproof.theory.randomness import derive_seed

    taught = (
        taught_by(signal, drawn(ensemble, derive_seed(seed, "assumptions", "draw", k)))
        for k in track(range(count), "drawing instances", count)
    )
    reports = [examine(grammar, signal) for grammar in taught]
    settings = ensemble.settings()
    own = (found.key for found in ensemble.own_fields())
    return {
        "draws": count,
        **{name: settings[name] for name in ("ensemble", "zipf", "label_zipf", *own)},
        "signal": signal.name,
        "seed": seed,
        "confidence": CONFIDENCE,
        "fractions": _overall(reports),
        "levels": [_level(reports, part.level) for part in reports[0].levels],
        "unreachable_levels": reports[0].to_dict()["unreachable_levels"],
    }


def _overall(reports: "list[AssumptionReport]") -> dict[str, Any]:
    return {
        "uniform": _fraction(report.uniform for report in reports),
        "non_ambiguous": _fraction(report.non_ambiguous for report in reports),
        "kappa_finite": _fraction(report.kappa < float("inf") for report in reports),
        "K_rho_positive": _fraction(_positive(report.K_rho) for report in reports),
        "holds": _fraction(report.holds for report in reports),
    }


def _level(reports: "list[AssumptionReport]", level: int) -> dict[str, Any]:
    parts = [part for report in reports for part in report.levels if part.level == level]
    return {
        "level": level,
        "kappa_finite": _fraction(part.kappa < float("inf") for part in parts),
        "K_rho_positive": _fraction(_positive(part.K_rho) for part in parts),
    }


def _positive(value: float | None) -> bool:
    return value is not None and value > 0


def _fraction(outcomes: Iterable[bool]) -> dict[str, Any]:
    from layerproof.verify.statistics import binomial_interval

    found = list(outcomes)
    successes = sum(found)
    bounds = binomial_interval(successes, len(found), CONFIDENCE).limits
    return {"fraction": successes / len(found), "interval": list(bounds)}


def _print_instance(report: "AssumptionReport") -> None:
    from layerproof.theory.statements import catalogue
    from layerproof.verify.report.diagnosis_text import finding_lines
    from layerproof.verify.report.schemas.diagnosis import DiagnosisRecord
    from layerproof.verify.report.terminal import print_lines
    from layerproof.verify.verdicts.diagnosis import diagnose

    console, document = standard_output(), report.to_dict()
    verdict = "hold" if report.holds else "do not hold"
    console.print(f"The theorem's assumptions {verdict} on this instance.", style="bold")
    for line in signal_lines(document):
        console.print(line, markup=False)
    console.print()
    found = diagnose("this instance", report, catalogue())
    record = DiagnosisRecord.model_validate(found.to_dict())
    print_lines(finding_lines(record, console.width), console)
    console.print()
    console.print(f"uniform        {figures(document['uniform'])}")
    console.print(f"non-ambiguous  {figures(document['non_ambiguous'])}")
    console.print(f"kappa          {figures(document['kappa'])}")
    console.print(f"K_rho          {figures(document['K_rho'])}")
    console.print()
    table = columns("level", "patches", "kappa", "rho", "K_rho")
    for level in document["levels"]:
        numbers = (level[key] for key in ("patches", "kappa", "rho", "K_rho"))
        table.add_row(str(level["level"]), *map(figures, numbers))
    console.print(table)
    for part in report.levels:
        if part.closest is not None:
            first, second = part.closest
            line = f"level {part.level}: the closest non-synonyms are {first} and {second}"
            console.print(line, markup=False, soft_wrap=True)


def _print_fractions(document: dict[str, Any]) -> None:
    console = standard_output()
    confidence = f"{document['confidence']:.0%}"
    console.print(f"{document['draws']} draws of the ensemble {document['ensemble']}")
    for line in signal_lines(document):
        console.print(line, markup=False)
    console.print()
    table = columns("on this fraction of them", "fraction", f"{confidence} interval")
    for name, part in document["fractions"].items():
        table.add_row(PARTS[name], figures(part["fraction"]), interval(part["interval"]))
    for level in document["levels"]:
        for name in ("kappa_finite", "K_rho_positive"):
            label = f"level {level['level']}: {PARTS[name]}"
            part = level[name]
            table.add_row(label, figures(part["fraction"]), interval(part["interval"]))
    console.print(table)


PARTS = {
    "uniform": "(V, m)-uniform",
    "non_ambiguous": "non-ambiguous",
    "kappa_finite": "kappa is finite",
    "K_rho_positive": "K_rho is positive",
    "holds": "all assumptions hold",
}
"""The parts of the assumptions, in words."""
