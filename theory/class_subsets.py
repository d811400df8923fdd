"""Strings of some of the classes only: the label's law when the others are left out.

K classes have K m patches at the top. Where K m is not much larger than V, a first token is met in
few of them or in none: it then tells the class nearly by itself, and the crossover is far below
the K m^l that K classes would suggest.
"""

from __future__ import annotations

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.inverse_moments import InverseMoments, hypergeometric
from layerproof.theory.symbols import V, first_correction, m, n, second_correction

SUBSET_CROSSOVER = Formula(
    r"N_\times^{(2)}",
    "crossover sample size of the label among n of V classes, second level",
    "derived",
    n * m**2 * (1 - V * second_correction / (n * m * first_correction)),
)
"""A token starts c of the n m top patches, hypergeometric: n m of V m are kept, m start with it.
Given c, its patches are dealt to the classes at random, so that two of them have one class with
probability β = (m − 1)/(n m − 1). Hence E‖q‖² = 1/c + (1 − 1/c) β and E‖q − q'‖² =
(1/c + 1/c')(1 − β), while 1/p = n m²/c. The 1 − β falls out of
N_× = 2⟨(1 − ‖q‖²)/p⟩/⟨‖q − q'‖²⟩ = n m² (1 − ⟨1/c²⟩/⟨1/c⟩), means over the tokens that are met. At
n = V, c = m, and it is V m (m − 1), the label's."""


def of_classes(grammar: Grammar, classes: int) -> Grammar:
    """The grammar of the strings of the first `classes` labels, in their old proportions.

    Raises InputError unless there are so many, or where none of them ever occurs.
    """
    whole_number("classes", classes, minimum=1, maximum=grammar.classes)
    rules, probabilities = grammar.rules, grammar.probabilities
    rules = (rules[0][:classes], *rules[1:])
    if probabilities is not None:
        probabilities = (probabilities[0][:classes], *probabilities[1:])
    vocabularies = (classes, *grammar.vocabularies[1:])
    prior = grammar.label_prior[:classes]
    if not prior.sum():
        raise InputError("classes", classes, "enough that one of them occurs")
    return Grammar(vocabularies, rules, probabilities, prior / prior.sum())


def subset_corrections(vocabulary: int, rules: int, classes: int) -> dict[str, float]:
    """c̄ ⟨1/c⟩ and c̄² ⟨1/c²⟩ of the tokens that are met, by the names of their symbols."""
    found: InverseMoments = hypergeometric(vocabulary * rules, rules, classes * rules)
    mean = classes * rules / vocabulary
    return {
        "first_correction": mean * found.first,
        "second_correction": mean**2 * found.second,
    }
