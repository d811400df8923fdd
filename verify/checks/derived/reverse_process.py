"""Strings that reverse processes make with the exact denoiser: are they strings, and of its law?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Integers
from layerproof.theory.inference import Observed, most_likely
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.derived.masked_entropy import string_sizes
from layerproof.verify.statistics.two_sample import compare_counts_with_law
from layerproof.verify.verdicts.claims import Claim, Identity, Nothing, SameLaw

MOST_CELLS = 4096
"""Strings of a grammar that are counted one by one; of more, the rules of their labels are."""


class ReverseParameters(InstanceParameters):
    """An instance, the noise that is undone, and how."""

    process: Literal["masking", "uniform", "gaussian"] = Field(
        "masking", description="the noise that is undone"
    )
    guess: Literal["joint", "factorised"] = Field(
        "joint", description="clean strings drawn whole, or token by token"
    )
    steps: int = Field(20, ge=1, le=1000, description="steps of the reverse process")
    strings: int = Field(20000, ge=1, le=10**6, description="strings made")


class Made(TypedDict):
    """Counts of what the strings are, in cells of one probability; strings off the grammar."""

    counts: list[int]
    invalid: int
    cells: int
    listed: bool
    sizes: dict[str, int]


class ReverseProcess(Check[ReverseParameters]):
    """Strings made from noise; each is parsed, and counted."""

    id = "reverse-process"
    statement = "derived.reverse-process"
    quantity = "strings off the grammar; the law of the others"
    needs_torch = True
    parameters = ReverseParameters

    def rows(self, parameters: ReverseParameters) -> Sequence[Row]:
        """Whether all are strings of the grammar, and whether they have its law."""
        return [{"of": "valid"}, {"of": "law"}]

    def trial(self, parameters: ReverseParameters, trial: Trial) -> Outcome[Made]:
        """The strings of one grammar."""
        import torch

        from layerproof.layerwise.denoising import (
            PROCESSES,
            ExactDenoiser,
            noise_schedule,
            reversed_process,
        )

        grammar, device = trial.grammar(parameters), torch.device(trial.device)
        process = PROCESSES[parameters.process](grammar.vocabularies[-1])
        exact = ExactDenoiser(grammar, process, device)
        generator = torch.Generator(device).manual_seed(trial.derive("strings"))
        strings = reversed_process(
            process,
            getattr(exact, parameters.guess),
            noise_schedule(parameters.steps),
            strings=parameters.strings,
            length=grammar.input_length,
            generator=generator,
        )
        return Outcome(_counted(grammar, strings.cpu().numpy()))

    def claim(
        self, parameters: ReverseParameters, row: Row, outcomes: Sequence[Outcome[Made]], form: str
    ) -> Claim:
        """No string off the grammar; of the others the counts against one probability for all."""
        found = [outcome.values for outcome in outcomes]
        invalid = sum(one["invalid"] for one in found)
        made = invalid + sum(sum(one["counts"]) for one in found)
        if row["of"] == "valid":
            shown = {"strings": made, "off the grammar": invalid}
            return Identity(float(invalid), 0.0, examined=made, worst=shown)
        string = self.formula(form, "string")(**found[0]["sizes"])
        cells, listed = found[0]["cells"], found[0]["listed"]
        if any(one["cells"] != cells for one in found) or made == invalid:
            return Nothing("no strings of one law", premise_failed=False)
        # Every grammar has strings of its own: cells are any order of equally likely ones.
        each = string if listed else 1.0 / cells
        counts = [*np.sum([one["counts"] for one in found], axis=0), invalid]
        law = [*[each] * cells, 0.0]
        return SameLaw(compare_counts_with_law(counts, law, 0.95), trials=made)


def _counted(grammar: Grammar, strings: Integers) -> Made:
    """How often each string is made, or each rule of a label where there are too many strings."""
    parsed = most_likely(grammar, Observed(strings))
    valid = parsed.log_probability > -np.inf
    listed = grammar.derivations() <= MOST_CELLS
    if listed:
        cells = grammar.derivations()
        _, counts = np.unique(strings[valid], axis=0, return_counts=True)
    else:
        cells = sum(len(rules) for rules in grammar.rules[0])
        top = np.concatenate([parsed.levels[0], parsed.levels[1]], axis=1)[valid]
        _, counts = np.unique(top, axis=0, return_counts=True)
    never = [0] * (cells - len(counts))
    return {
        "counts": counts.tolist() + never,
        "invalid": int((~valid).sum()),
        "cells": cells,
        "listed": listed,
        "sizes": string_sizes(grammar),
    }


CHECKS = (ReverseProcess(),)
