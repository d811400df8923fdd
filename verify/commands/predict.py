"""`layerproof predict`: what theory says before anything is trained."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.formatting import figures
from layerproof.theory.sizes import Sizes
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.grammars import caveat, drawn, extent_of, read_source
from layerproof.verify.commands.option_values import integer, named_as_options
from layerproof.verify.commands.output import columns, print_json, print_text, standard_output
from layerproof.verify.commands.progress import announce
from layerproof.verify.commands.signals import read_signal, signal_lines, taught_by

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.signals import Signal

EPILOG = "Example: layerproof predict -V 16 -m 4 -s 2 -L 3"

Latex = Annotated[bool, typer.Option("--latex", help="Print the formulas and values as LaTeX.")]


@options.takes_sizes
def predict(
    sizes: options.GivenSizes,
    grammar: options.GrammarFile = None,
    signal: options.SignalName = "label",
    latex: Latex = False,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Predict separations, norms and sample sizes, level by level.

    With sizes: averages over the ensemble. With --grammar: exact values of that instance. With
    --zipf or --label-zipf, and where an ensemble's averages are not known of the signal: exact
    values of the instance that --seed draws.
    """
    if latex and json:
        raise InputError("--latex", "given with --json", "one of --latex and --json")
    source = read_source(grammar, sizes)
    number = integer("--seed", seed, least=0)
    check_device(device)
    target = read_signal(signal)
    announce("predict", _seconds(source, target))
    document = predictions_of(source, number, target)
    if json:
        print_json(document)
    elif latex:
        from layerproof.theory.predict import latex_document

        print_text(latex_document(document))
    else:
        _print_tables(document)


def _seconds(source: "Ensemble | Grammar", signal: "Signal") -> float:
    """How long the predictions take; raises InputError where they are not begun."""
    from layerproof.theory import costs

    if not isinstance(source, Sizes):
        extent = costs.Extent.of(source)
        costs.check(extent)
        return costs.prediction_seconds(extent)
    if _averages(source, signal) is not None:
        with named_as_options():
            return costs.formulas_seconds(source.levels)
    # The learner's threshold is that of uniform rules and of the label.
    extent = extent_of(source)
    learner = source.is_uniform and signal.name == "label"
    return costs.draw_seconds(extent) + costs.prediction_seconds(extent, learner=learner)


def _averages(ensemble: "Ensemble", signal: "Signal") -> "Averages | None":
    from layerproof.theory.costs import MOST_LEVELS

    with named_as_options():
        ensemble.check()
        whole_number("levels", ensemble.levels, maximum=MOST_LEVELS)
        signal.taught(ensemble)
        return signal.averages(ensemble)


def predictions_of(source: "Ensemble | Grammar", seed: int, signal: "Signal") -> dict[str, Any]:
    """The predictions for an ensemble, or for one grammar.

    Where the ensemble's averages are not known of this signal, as with Zipf weights, one instance
    is drawn.
    """
    from layerproof.theory.predict import predict_ensemble

    if not isinstance(source, Sizes):
        return _instance(source, signal)
    if _averages(source, signal) is None:
        document = _instance(drawn(source, seed), signal)
        own = (found.key for found in source.own_fields())
        settings = source.settings()
        named = ("ensemble", "zipf", "label_zipf", *own)
        document["parameters"] |= {name: settings[name] for name in named} | {"seed": seed}
        return document
    with named_as_options():
        return predict_ensemble(source, signal)


def _instance(grammar: "Grammar", signal: "Signal") -> dict[str, Any]:
    """The predictions for one grammar, with the reasons why the theorem does not cover it."""
    from layerproof.theory.assumptions import assumptions
    from layerproof.theory.predict import predict_instance

    document = predict_instance(taught_by(signal, grammar), signal)
    document["theorem"]["reasons"] = list(assumptions(grammar, signal).reasons)
    return document


def _print_tables(document: dict[str, Any]) -> None:
    console = standard_output()
    for line in _heading(document):
        console.print(line, markup=False)
    console.print()
    console.print(_level_table(document["levels"]))
    console.print()
    for line in (*_sharing(document), *_targets(document)):
        console.print(f"{line}\n", markup=False)
    theorem = document["theorem"]
    if theorem["rho"] is None:
        told = (
            "Theorem samples: no separation is proven over the ensemble; --grammar has one's own."
        )
        console.print(told, markup=False)
        return
    console.print(
        f"Theorem samples: Lemma 11 at kappa {figures(theorem['kappa'])},"
        f" rho {theorem['rho']}, delta {figures(theorem['delta'])}."
        f" {caveat(theorem.get('reasons', ()))}".rstrip(),
        markup=False,
    )
    learner = document.get("learner", {})
    if learner.get("multiple") is not None:
        _print_learner(console, document)
    elif "reason" in learner:
        console.print()
        console.print(f"Learner samples: not computed, since {learner['reason']}.", markup=False)


def _targets(document: dict[str, Any]) -> Iterator[str]:
    """What own latents cost as they are learned, of one grammar."""
    costs = {level["level"]: level.get("target_cost") for level in document["levels"]}
    known = {level: cost for level, cost in costs.items() if cost}
    for target in next(iter(known.values()), {}):
        told = ", ".join(f"{figures(cost[target], 3)} at level {lv}" for lv, cost in known.items())
        yield f"Latents as they are learned, {target}, cost as many times the strings: {told}."


def _sharing(document: dict[str, Any]) -> Iterator[str]:
    """What learning from all patches is worth; nothing of the label, where it is worth nothing."""
    gains = {level["level"]: level["sharing_gain"] for level in document["levels"]}
    if document["signal"] == "label" or None in gains.values():
        return
    found = ", ".join(f"{figures(gain)} at level {level}" for level, gain in gains.items())
    yield f"With all its patches, a string counts for {found}, to leading order."


def _print_learner(console: Console, document: dict[str, Any]) -> None:
    """Where the layerwise learner is predicted to succeed on one grammar."""
    learner = document["learner"]
    table = columns("level", "learner samples\ntogether", "learner samples\nalone")
    for level in document["levels"]:
        needed = level["learner_samples"]
        table.add_row(str(level["level"]), *(figures(needed[k]) for k in ("together", "alone")))
    console.print()
    console.print(table)
    console.print()
    console.print(
        f"Learner samples: for a test error of {figures(learner['error'], 3)}, a tenth of chance."
        f" Together: {figures(learner['multiple'], 3)} n m^l at every level l. Alone: where all"
        " other levels have plenty, 32 n m^l.",
        markup=False,
    )
    if "caveat" in learner:
        console.print(f"The size of this grammar is outside the claim: {learner['caveat']}.")
    if learner["multiple"] == math.inf:
        console.print(
            f"∞: with unlimited samples tokens that share q are one, and the accuracy is"
            f" {figures(learner['attainable'], 3)}. At finite sizes noise may tell them apart.",
            markup=False,
        )


def _heading(document: dict[str, Any]) -> list[str]:
    kind = {"ensemble": "Averages over the ensemble", "instance": "Exact values of this grammar"}
    found = document["parameters"].items()
    parameters = (f"{name} {_parameter(value)}" for name, value in found if value is not None)
    ambiguous = document.get("p_max_counts") == "derivations"
    return [
        f"{kind[document['basis']]}: {', '.join(parameters)}",
        f"{'derivations' if ambiguous else 'strings, P_max':16}  {_count(document['p_max'])}",
        f"threshold, n m^L  {figures(document['threshold'])}",
        *signal_lines(document),
    ]


def _count(written: int | str | None) -> str:
    """P_max; of n*m^k, as it is written where it is too long, with the figures of k alone.

    >>> _count(1024), _count("2*10000^" + "7" * 60)
    ('1,024', '2*10000^7.778e59')
    """
    if not isinstance(written, str):
        return figures(written)
    base, power, exponent = written.partition("^")
    return f"{base}^{figures(exponent)}" if power else figures(written)


def _level_table(levels: list[dict[str, Any]]) -> Table:
    table = columns(
        "level",
        "mean-square\nseparation",
        "mean-square\nnorm",
        "crossover\nsamples",
        "theorem samples\nprinted",
        "theorem samples\nrepaired",
    )
    for level in levels:
        theorem = level["theorem_samples"]
        table.add_row(
            str(level["level"]),
            figures(level["mean_square_separation"]),
            figures(level["mean_square_norm"]),
            figures(level["crossover_samples"]),
            figures(theorem["printed"], 3),
            figures(theorem["repaired"], 3),
        )
    return table


def _parameter(value: Any) -> str:
    return " ".join(map(_parameter, value)) if isinstance(value, list) else figures(value)
