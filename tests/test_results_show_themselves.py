"""Every result of the library reads well when it is printed, and in a notebook."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import layerproof
from layerproof.theory.ensembles import ENSEMBLES
from layerproof.theory.errors import InputError
from layerproof.theory.files import atomic_write_text
from layerproof.theory.inference import Observed
from layerproof.theory.jsonable import to_json
from layerproof.theory.predict import predict_ensemble
from layerproof.theory.readable import WIDTH, Readable, Sheet, SheetTable
from layerproof.theory.schedule import practical
from layerproof.verify.measure.invariance import learner_matrix
from layerproof.verify.report import render_html
from layerproof.verify.report.document import document

NASTY = "<b onclick='x()'>&\x1b[2J"


@cache
def grammar() -> layerproof.Grammar:
    return layerproof.draw(
        "uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0
    )


@cache
def training() -> Any:
    return layerproof.train(grammar(), practical(grammar(), multiple=4.0), seed=0)


@cache
def plan() -> Any:
    return layerproof.plan("quick", only=["R26.assumption-6a"])


@cache
def results() -> Any:
    return layerproof.run(plan(), workers=1)


@cache
def report() -> Any:
    return layerproof.report(plan(), results())


def ambiguous() -> Any:
    shared = [[[[0, 1]], [[0, 1]]]]
    return layerproof.assumptions(layerproof.Grammar((2, 2), shared))


def ensemble() -> Any:
    kind = ENSEMBLES["uniform-first-token"]
    return predict_ensemble(kind(vocabulary=8, rules=4, branching=2, levels=3))


SHOWN: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "draw": (grammar, ("V 4, m 2, s 2, L 2", "may become", "non-ambiguous")),
    "assumptions": (lambda: layerproof.assumptions(grammar()), ("holds", "kappa", "K_rho")),
    "assumptions that fail": (ambiguous, ("holds          no", "patch (0, 1)")),
    "predict": (lambda: layerproof.predict(grammar()), ("crossover", "Exact values of this")),
    "predict for an ensemble": (ensemble, ("Averages over the ensemble", "V 8")),
    "infer": (
        lambda: layerproof.infer(grammar(), Observed(np.array([[-1] * 4, [0] * 4]), noise=0.1)),
        ("Exact posteriors", "log-likelihood", "levels 0 to 2"),
    ),
    "train": (training, ("samples", "loss", "label")),
    "invariance": (
        lambda: layerproof.invariance(training(), seed=0, strings=200),
        ("accuracy", "intra-cluster", "sensitivity", "95 % interval", "Assumption 9 fails"),
    ),
    "matrix": (lambda: learner_matrix(training(), samples=30), ("stage 2", "level 1")),
    "plan": (plan, ("Plan of the suite quick", "assumption-6a", "trials")),
    "run": (results, ("holds", "verdict", "assumption-6a/level=1")),
    "report": (report, ("layerproof verify", "assumption-6a", "holds", "the ones expected")),
    "run, one of them": (lambda: results()[0], ("verdict", "layerproof verify quick --only")),
}
"""For each public function a result of it, and what it must say; more where one has several."""

OTHERS = {"Grammar": "what `draw` gives"}


class Outline(HTMLParser):
    """The words of some HTML; every element must be closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    assert found.open == []
    return found


TAGS = {"div", "p", "strong", "table", "thead", "tbody", "tr", "td", "th"}


def test_every_public_function_has_a_result_below() -> None:
    assert set(layerproof.__all__) == {name for name in SHOWN if name in layerproof.__all__} | set(
        OTHERS
    )


@pytest.mark.parametrize("name", SHOWN)
def test_it_fits_a_terminal_and_says_what_matters(name: str) -> None:
    make, says = SHOWN[name]
    text = str(make())
    assert max(map(len, text.splitlines())) <= WIDTH
    assert not any(mark in text for mark in ("(<", "namespace(", "array(", "mappingproxy", "=("))
    for part in says:
        assert part in text


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_shows_the_same_in_tables(name: str) -> None:
    make, says = SHOWN[name]
    result = make()
    assert isinstance(result, Readable)
    found = outline(result._repr_html_())
    assert found.tags <= TAGS
    assert "table" in found.tags
    told = " ".join(found.words)
    for part in says:
        assert " ".join(part.split()) in told


@pytest.mark.parametrize(
    "sheet",
    [
        Sheet(NASTY),
        Sheet("t", {NASTY: NASTY}),
        Sheet("t", tables=(SheetTable((NASTY, "b"), ((NASTY, NASTY),)),)),
        Sheet("t", notes=(NASTY,)),
    ],
)
def test_no_text_of_a_result_becomes_markup_or_steers_a_terminal(sheet: Sheet) -> None:
    found = outline(sheet.html())
    assert found.tags <= TAGS
    assert "<b onclick='x()'>&" in "".join(found.words)
    assert "\x1b" not in sheet.html() + sheet.text()


def test_what_a_result_is_otherwise_stays() -> None:
    """A dict, a list and frozen values as before: equal, copied, and shown by `repr` in whole."""
    found = layerproof.predict(grammar())
    assert found == dict(found)
    assert repr(found) == repr(dict(found))
    assert list(results()) == results()
    report = layerproof.assumptions(grammar())
    assert replace(report) == report
    assert repr(report).startswith("AssumptionReport(uniform=True")
    nothing = replace(plan(), suite=replace(plan().suite, entries=()))
    assert str(layerproof.run(nothing, workers=1)) == "No result"


def test_a_report_is_the_text_of_its_page(tmp_path: Path) -> None:
    page = report()
    assert page.startswith("<!DOCTYPE html>")
    assert page == render_html(page.document)
    (tmp_path / "report.html").write_text(page, "utf-8")
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert len(repr(page)) < 100
    assert pickle.loads(pickle.dumps(page)) == page  # noqa: S301


def test_a_report_is_made_of_a_folder_too(tmp_path: Path) -> None:
    atomic_write_text(tmp_path / "results.json", to_json(document(plan(), results())))
    assert layerproof.report(tmp_path).document.suite == "quick"
    with pytest.raises(InputError, match="results"):
        layerproof.report(tmp_path / "nowhere")


def test_the_report_of_a_grammar_shows_what_fails_on_it(tmp_path: Path) -> None:
    layerproof.Grammar((2, 2), [[[[0, 1]], [[0, 1]]]]).save(tmp_path / "mine.json")
    file = str(tmp_path / "mine.json")
    chosen = layerproof.plan("quick", only=["R26.definition-4"], grammar=file)
    page = layerproof.report(chosen, layerproof.run(chosen, workers=1))
    for shown in (str(page), " ".join(outline(page._repr_html_()).words)):
        assert "does not apply to" in shown
        assert "culprit" in shown
