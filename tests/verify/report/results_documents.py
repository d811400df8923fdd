"""Results documents to render: one row per verdict word, a swept level, every optional part."""

from typing import Any

from layerproof.verify.report.document import as_read
from layerproof.verify.report.schemas.pictures import ChartRecord, MatrixRecord
from layerproof.verify.report.schemas.results import Document, Row
from layerproof.verify.verdicts.verdict import Verdict


def read(*rows: dict[str, Any], **changes: Any) -> Document:
    """:func:`document`, as the reports take it."""
    return as_read(document(*rows, **changes))


def read_rows(rows: list[dict[str, Any]]) -> list[Row]:
    """These rows, as the reports take them."""
    return read(*rows).results


def read_picture(picture: dict[str, Any]) -> ChartRecord | MatrixRecord:
    """One picture, as the reports take it."""
    (found,) = read(row("R26.a", "holds", evidence={"pictures": [picture]})).results
    return found.evidence.pictures[0]


def row(name: str, verdict: str, **changes: Any) -> dict[str, Any]:
    """One row, as :meth:`layerproof.verify.verdicts.verdict.Result.to_dict` writes it."""
    return {
        "id": f"{name.split('.')[-1]}/level=1",
        "statement": name,
        "form": "printed",
        "title": "a title",
        "source": "R26",
        "parameters": {"V": 8, "m": 4, "s": 2, "L": 3, "level": 1},
        "premises": [{"id": "R26.definition-3", "verdict": "holds"}],
        "quantity": "E‖q‖²",
        "relation": "=",
        "predicted": 0.5,
        "measured": 0.4987654,
        "interval": [0.47, 0.53],
        "confidence": 0.999,
        "slack": 0.01,
        "trials": 40,
        "power": {"deviation": "a deviation of 0.05", "probability": 0.9},
        "verdict": verdict,
        "expected": "holds",
        "expected_reason": "",
        "reason": "" if verdict == "holds" else f"because of {verdict}",
        "broken_at": [],
        "evidence": {"margin": 0.1, "method": "Student t"},
        "seconds": 0.1,
        "device": "cpu",
        "reproduce": f"layerproof verify quick --only {name} --form printed --seed 0",
    } | changes


def swept(ratio: float, level: int = 2) -> dict[str, Any]:
    """One point of a sensitivity curve."""
    sizes = {"V": 16, "m": 4, "s": 2, "L": 3, "level": level}
    predicted = 1 / (1 + ratio)
    return row(
        "derived.sensitivity-curve",
        "holds",
        id=f"sensitivity-curve/level={level}/N_over_crossover={ratio}",
        form="repaired",
        quantity="S(N)",
        parameters=sizes | {"N_over_crossover": ratio},
        predicted=predicted,
        measured=predicted * 1.02,
        interval=[predicted * 0.97, predicted * 1.07],
    )


def document(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A results document of these rows."""
    counts = {str(word): sum(r.get("verdict") == word for r in rows) for word in Verdict}
    found = {
        "schema": "layerproof/results/1",
        "suite": "quick",
        "question": "Does it hold?",
        "seed": 0,
        "counts": counts,
        "error_rate": 0.01,
        "first_breaks": {"printed": [], "repaired": []},
        "results": list(rows),
        "provenance": {"command": "layerproof verify", "versions": {"python": "3.11"}},
    }
    return found | changes


EVERY_PART = document(
    row("R26.theorem-7", "holds", relation="<=", evidence={}),
    row("R26.lemma-20", "vacuous"),
    row("R26.lemma-21", "not-applicable", broken_at=["R26.lemma-18"]),
    row("R26.lemma-16", "inconclusive"),
    row("R26.lemma-15", "not-run", measured=None, interval=None, power=None, predicted=None),
    row("R26.lemma-18", "violated", expected="violated", expected_reason="a factor is missing"),
    row("R26.lemma-14", "violated"),
    row("R26.lemma-12", "error", measured="inf", interval=["inf", "inf"]),
    row(
        "R26.assumption-9",
        "holds",
        relation="<=",
        evidence={"intracluster": 0.01, "intercluster": 0.7, "failures": 0},
    ),
    *(swept(ratio) for ratio in (1.0, 4.0, 16.0)),
    first_breaks={"printed": ["R26.lemma-18"], "repaired": []},
    errata=[
        {
            "id": "R26.lemma-18",
            "title": "Concentration",
            "source": "R26, Lemma 18",
            "printed": "N is printed",
            "fails": "the factor is missing",
            "by": "by a factor of 2",
            "repair": "add the factor",
            "consequence": "Theorem 7 is unaffected",
            "reproduce": ["layerproof refute R26.lemma-18"],
        }
    ],
    controls=[
        {
            "control": "dead-symbol",
            "checks": ["bins", "theorem-7"],
            "should_turn": ["theorem-7"],
            "turned": ["theorem-7", "bins"],
            "missed": [],
            "strayed": [],
        },
        {
            "control": "few-samples",
            "checks": ["bins", "theorem-7"],
            "should_turn": ["theorem-7"],
            "turned": [],
            "missed": ["theorem-7"],
            "strayed": [],
        },
    ],
)
"""Every verdict word and every optional part of a document."""

READ = as_read(EVERY_PART)
"""The same, as the reports take it."""
