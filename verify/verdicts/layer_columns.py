"""What the numbers of a trained layer mean, and which of them contradict the theorem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layerproof.theory.formatting import figures, interval

NAMES = {
    "level": "level",
    "samples": "samples",
    "multiple": "N / n m^l",
    "route": "route",
    "seconds": "seconds",
    "loss": "loss",
    "intracluster": "intra-cluster",
    "intercluster": "inter-cluster",
    "max_error": "max |h - q|",
    "measured": "sensitivity",
    "interval": "95 % interval",
    "predicted": "predicted",
    "predicted_in_training": "... in training",
    "accuracy": "told apart",
    "accuracy_interval": "... 95 %",
    "chance": "chance",
}
"""The fields of `train --json`, and what each is called."""

MEANINGS = {
    "level": "l, of the patches that the stage embeds; their tokens' is l - 1",
    "samples": "N, how many the stage was trained on",
    "multiple": "N in units of n m^l: n classes, m rules a symbol",
    "route": "how samples were drawn: strings, subtrees or counts",
    "seconds": "time of the stage's training",
    "loss": "regularised training loss of the stage",
    "intracluster": "largest distance of two embeddings of one token, ε̃_S",
    "intercluster": "smallest of two tokens' embeddings, ρ̃; Assumption 9: ε̃_S < ρ̃",
    "max_error": "largest distance of an embedding from q, the signal's law",
    "measured": "squared distance of synonyms / of others, means; 0: invariant",
    "interval": "of this learner, each level by itself (jackknife over parents)",
    "predicted": "1/(1 + N/N_×), N_× the crossover samples",
    "predicted_in_training": "with the noise of the levels below, and of few samples",
    "accuracy": "strings nearest to the mean of their own token's other patches",
    "accuracy_interval": "as many strings as were looked at; one number: of all there are",
    "chance": "how often a guess at the token, the most frequent one, is right",
}
"""What each is, in one line."""

STAGE = ("level", "samples", "seconds", "loss", "intracluster", "intercluster", "max_error")
SENSITIVITY_OF = ("level", "measured", "interval", "predicted", "predicted_in_training")
TOLD_APART = ("level", "accuracy", "accuracy_interval", "chance")
"""The columns of the three tables of a library's report."""

FLAG = "✗"
"""Beside a number that contradicts the theorem or its prediction."""

MARGIN = 0.005
"""Of a sensitivity: where 0 is predicted no measured one is 0 to the last digit."""


def clusters_overlap(level: Mapping[str, Any]) -> bool:
    """Whether Assumption 9 fails here: one token's embeddings lie as far apart as two tokens'.

    Where not all strings were looked at the spread is a lower bound and the separation an upper
    one, so that what fails here fails on all of them.
    """
    return _number(level["intracluster"]) >= _number(level["intercluster"])


def excluded(level: Mapping[str, Any], key: str) -> bool:
    """Whether the interval of the sensitivity lies more than MARGIN from the prediction `key`."""
    found = level["synonym_sensitivity"] or {}
    predicted, limits = found.get(key), found.get("interval")
    if predicted is None or limits is None:
        return False
    low, high = map(_number, limits)
    predicted = _number(predicted)
    return predicted < low - MARGIN or predicted > high + MARGIN


def judged_prediction(level: Mapping[str, Any]) -> str:
    """Which prediction a measurement is held against: that of training, where there is one."""
    found = level["synonym_sensitivity"] or {}
    known = found.get("predicted_in_training") is not None
    return "predicted_in_training" if known else "predicted"


def contradictions(levels: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for a failed Assumption 9, and one for each prediction that is excluded."""
    failing = [level["level"] for level in levels if clusters_overlap(level)]
    found = []
    if failing:
        where = f"level{'s' * (len(failing) > 1)} {', '.join(map(str, failing))}"
        found.append(
            f"Assumption 9 fails at {where}: intra-cluster is not below inter-cluster, so two"
            " embeddings of one token can be further apart than those of two tokens. Lemmas 10 and"
            " 11, which rest on it, say nothing of this learner there."
        )
    for level in levels:
        key = judged_prediction(level)
        if excluded(level, key):
            sensitivity = level["synonym_sensitivity"]
            which = "in training " if key == "predicted_in_training" else ""
            found.append(
                f"Level {level['level']}: the interval {interval(sensitivity['interval'])} excludes"
                f" the sensitivity predicted {which}({figures(sensitivity[key])})."
            )
    return found


def cell(key: str, value: Any) -> str:
    """A number as a table shows it."""
    return interval(value) if key.endswith("interval") else figures(value, 3)


def legend(keys: Sequence[str]) -> list[str]:
    """One line for each column: what it is called, and what it means; at most 80 columns."""
    indent = max(map(len, NAMES.values())) + 2
    return [NAMES[key].ljust(indent) + MEANINGS[key] for key in keys]


def _number(value: Any) -> float:
    return float(value)  # infinity, as JSON has it, is the text "inf"
