"""The catalogue in LaTeX: a paragraph for every form, with its formulas displayed below it.

The text is a fragment for a document with amsmath, amssymb and hyperref or plain labels.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from layerproof.theory.formula import to_latex as formula_to_latex
from layerproof.theory.latex_text import text_to_latex

if TYPE_CHECKING:
    from layerproof.theory.statements.base import Form, Statement


def to_latex(entries: "Iterable[Statement]") -> str:
    """Every form of every entry, each headed by a comment with its id."""
    return "\n".join(line for entry in entries for line in _entry_lines(entry))


def _entry_lines(entry: "Statement") -> list[str]:
    lines = []
    for name, form in entry.forms.items():
        lines += [
            f"% {entry.id} ({name})",
            rf"\paragraph{{{text_to_latex(f'{entry.title} ({entry.source}, {name}).')}}}",
            text_to_latex(form.reading),
            *_display(form),
            "",
        ]
    return lines


def _display(form: "Form") -> list[str]:
    """The conclusion and the formulas, one below the other."""
    parts = [] if form.conclusion is None else [formula_to_latex(form.conclusion)]
    parts += [
        rf"{formula.latex()} \qquad \text{{({text_to_latex(formula.title)})}}"
        for formula in form.formulas.values()
    ]
    if not parts:
        return []
    return [r"\[\begin{gathered}", " \\\\\n".join(parts), r"\end{gathered}\]"]
