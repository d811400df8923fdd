"""Wrong formulas that a check must catch: a factor 2, a missing |P_l|, an exponent off by one.

A check that still says `holds` when its statement is perturbed has no power against that slip.
Where the printed bound is so loose that a perturbed one holds as well, `loose` says by how much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from verify.checks.base import Check
from verify.runner import evaluate
from verify.verdict import Verdict

Change = Callable[[sp.Expr], sp.Expr]


@dataclass(frozen=True)
class Perturbation:
    """One formula of one form, changed; the instance and the budget that should show it.

    `loose` is empty where the check must turn, else why and by how much the bound is loose.
    """

    check: Check[Any]
    form: str
    formula: str
    label: str
    change: Change
    parameters: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 1
    loose: str = ""

    @property
    def id(self) -> str:
        """The check, the formula and what is done to it."""
        return f"{self.check.id}/{self.form}/{self.formula}/{self.label}"

    def caught(self, seed: int = 0) -> bool:
        """Whether some row that holds as it stands no longer does under the change."""
        wrong = self.check.perturbed(self.form, self.formula, self.change)
        verdicts = [
            [
                row.judgement.verdict
                for row in evaluate(
                    check, self.parameters, form=self.form, trials=self.trials, seed=seed
                )
            ]
            for check in (self.check, wrong)
        ]
        return any(
            before is Verdict.HOLDS and after is not Verdict.HOLDS
            for before, after in zip(*verdicts, strict=True)
        )


def slips(
    check: Check[Any],
    form: str,
    formula: str,
    parameters: Mapping[str, Any],
    changes: Mapping[str, Change],
    *,
    trials: int = 1,
    loose: str = "",
) -> list[Perturbation]:
    """Several changes of one formula on one instance, each under its label."""
    return [
        Perturbation(check, form, formula, label, change, parameters, trials, loose)
        for label, change in changes.items()
    ]
