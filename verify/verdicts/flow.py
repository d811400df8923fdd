"""Verdicts flow through the proof's graph: what rests on a violated statement says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from layerproof.theory.statements.base import Catalogue
from layerproof.verify.verdicts.verdict import Result, Verdict

PREMISES = ("definition", "assumption")
"""Kinds that are met by an instance or not; one that is not met is no break of an argument."""

CONCLUSIONS = ("theorem", "proposition")
"""Kinds whose arguments are named apart."""


def broken_statements(results: Sequence[Result], catalogue: Catalogue, form: str) -> set[str]:
    """Ids of the claims that some result finds violated in `form`."""
    return {
        result.statement
        for result in results
        if result.form == form
        and result.judgement.verdict is Verdict.VIOLATED
        and catalogue[result.statement].kind not in PREMISES
    }


def first_breaks(results: Sequence[Result], catalogue: Catalogue, form: str) -> list[str]:
    """Where the argument breaks first: violated statements that rest on no other violated one."""
    broken = broken_statements(results, catalogue, form)
    return [
        statement.id
        for statement in catalogue
        if statement.id in broken and broken.isdisjoint(catalogue.ancestors(statement.id))
    ]


def break_sentences(breaks: Mapping[str, Sequence[str]], catalogue: Catalogue) -> list[str]:
    """Sentences on the first breaks of each form: whose argument they are in, and those in none."""
    ends = [statement.id for statement in catalogue if statement.kind in CONCLUSIONS]
    sentences = []
    for form, broken in breaks.items():
        inside = {end: [one for one in broken if one in catalogue.ancestors(end)] for end in ends}
        arguments = {end: names for end, names in inside.items() if names}
        sentences += [
            f"As {form}, the argument for {end} breaks first at {', '.join(names)}."
            for end, names in arguments.items()
        ]
        others = [one for one in broken if not any(one in names for names in arguments.values())]
        where = " outside these arguments" if arguments else ""
        sentences += [f"As {form}, violated{where}: {', '.join(others)}."] if others else []
    return sentences


def with_breaks(results: Sequence[Result], catalogue: Catalogue) -> list[Result]:
    """Each result with the first violated statements among those that its statement rests on."""
    breaks = {form: set(first_breaks(results, catalogue, form)) for form in ("printed", "repaired")}
    return [
        replace(
            result,
            broken_at=tuple(
                other
                for other in catalogue.ancestors(result.statement)
                if other in breaks[result.form]
            ),
        )
        for result in results
    ]
