"""What grammars, assumptions and predictions show of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from layerproof.theory.formatting import figures
from layerproof.theory.readable import Readable, Sheet, SheetTable

if TYPE_CHECKING:
    from layerproof.theory.assumptions import AssumptionReport
    from layerproof.theory.grammar import Grammar

MOST_RULES = 24
"""Rows of a grammar's rules that are shown."""


class PredictionDocument(Readable, dict[str, Any]):
    """The document of `predict --json`, a dict like any other, which shows itself as tables."""

    def sheet(self) -> Sheet:
        """The sizes, and every level's numbers."""
        return prediction_sheet(self)


def sizes_of(grammar: Grammar) -> str:
    """The sizes in one line: V, m, s, L and classes.

    >>> from layerproof.theory.grammar import Grammar
    >>> sizes_of(Grammar((1, 2), [[[[0, 1]]]]))
    'V 2, m 1, s 2, L 1, classes 1'
    """
    letters = {
        "V": grammar.vocabulary, "m": grammar.rules_per_symbol,
        "s": grammar.branching, "L": grammar.levels, "classes": grammar.classes,
    }  # fmt: skip
    return ", ".join(f"{name} {figures(value)}" for name, value in letters.items())


def grammar_sheet(grammar: Grammar) -> Sheet:
    """Its sizes, what holds of it, and its first rules."""
    facts = {
        "sizes": sizes_of(grammar),
        "vocabularies": ", ".join(map(figures, grammar.vocabularies)),
        "strings": f"{figures(grammar.input_length)} tokens long",
        "uniform": figures(grammar.is_uniform),
        "non-ambiguous": figures(grammar.is_nonambiguous),
        "digest": grammar.digest[:12],
    }
    rules: list[tuple[str, ...]] = []
    count = 0
    for level, symbols in enumerate(grammar.rules):
        for symbol, patches in enumerate(symbols):
            count += 1
            if len(rules) < MOST_RULES:
                shown = [" ".join(map(str, patch)) for patch in patches[:4].tolist()]
                more = ["…"] if len(patches) > 4 else []
                rules.append((str(level), str(symbol), " | ".join(shown + more)))
    note = f"{count - len(rules)} symbols more." if count > len(rules) else ""
    table = SheetTable(("level", "symbol", "may become"), rules)
    return Sheet("Grammar (RHM instance)", facts, (table,), tuple(filter(None, (note,))))


def assumption_sheet(report: AssumptionReport) -> Sheet:
    """Whether the assumptions hold, level by level, and why not."""
    facts = {
        "holds": figures(report.holds),
        "uniform": figures(report.uniform),
        "non-ambiguous": figures(report.non_ambiguous),
        "signal": report.signal.name,
        "kappa": figures(report.kappa),
        "K_rho": figures(report.K_rho),
    }
    rows = [
        tuple(map(figures, (part.level, part.patches, part.kappa, part.rho, part.K_rho)))
        for part in report.levels
    ]
    table = SheetTable(("level", "patches", "kappa", "rho", "K_rho"), rows)
    missing = (f"Level {level}: {why}" for level, why in report.unreachable_levels.items())
    title = "Definition 4 and Assumption 6 (R26)"
    return Sheet(title, facts, (table,), (*report.reasons, *missing))


def prediction_sheet(document: Mapping[str, Any]) -> Sheet:
    """What a document of `predict --json` says, level by level."""
    kind = {"ensemble": "Averages over the ensemble", "instance": "Exact values of this grammar"}
    sizes = document["parameters"].items()
    parameters = ", ".join(f"{name} {_value(value)}" for name, value in sizes if value is not None)
    facts = {
        "sizes": parameters,
        "signal": document["signal"],
        "P_max": figures(document["p_max"]),
        "threshold": f"{figures(document['threshold'])} (n m^L)",
        "kappa": figures(document["theorem"]["kappa"]),
        "rho": str(document["theorem"]["rho"]),
    }
    head = ("level", "separation²", "norm²", "crossover N_×", "N printed", "N repaired")
    rows = [
        (
            figures(level["level"]),
            *(figures(level[name]) for name in
              ("mean_square_separation", "mean_square_norm", "crossover_samples")),
            *(figures(level["theorem_samples"][form], 3) for form in ("printed", "repaired")),
        )
        for level in document["levels"]
    ]  # fmt: skip
    note = "N printed and repaired: the samples that R26's Lemma 11 asks for, in either form."
    return Sheet(kind[document["basis"]], facts, (SheetTable(head, rows),), (note,))


def _value(value: Any) -> str:
    return " ".join(map(_value, value)) if isinstance(value, list) else figures(value)
