"""`--signal` reaches predict, assumptions and train, with one meaning and one refusal."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layerproof.theory.signals import SIGNALS
from layerproof.theory.signals.sibling import Sibling
from layerproof.verify.cli import app
from tests.theory.own_signals import OwnLeaf

SIZES = ("-V", "4", "-m", "2", "-s", "2", "-L", "2")


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    for signal in (Sibling(), OwnLeaf()):
        monkeypatch.setitem(SIGNALS.own, signal.name, signal)  # type: ignore[arg-type]


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("command", ["predict", "assumptions", "train"])
def test_the_label_is_the_default(command: str) -> None:
    found = _json(command)
    assert (found["signal"], found["unreachable_levels"]) == ("label", [])
    if command != "train":  # which says how long it took
        assert found == _json(command, "--signal", "label")


def _json(*arguments: str) -> Any:
    command, *rest = arguments
    return json.loads(_run(command, *SIZES, *rest, "--json"))


@pytest.mark.parametrize("command", ["predict", "assumptions", "train"])
def test_text_names_the_signal_and_what_it_does_not_teach(command: str) -> None:
    text = _run(command, *SIZES, "--signal", "sibling")
    assert (
        "signal sibling level 1 is not taught: everything in the string descends from the label"
        in text
    )


@pytest.mark.parametrize("command", ["predict", "assumptions", "train"])
def test_a_signal_that_teaches_nothing_is_refused_under_its_option(command: str) -> None:
    sizes = ("-V", "4", "-m", "2", "-s", "2", "-L", "1")
    text = _run(command, *sizes, "--signal", "sibling", code=4)
    assert "--signal is 'sibling'" in text
    assert "everything in the string descends from the label" in text


def test_a_premise_that_a_signal_breaks_is_a_reason() -> None:
    found = _json("assumptions", "--signal", "own-leaf")
    assert not found["holds"]
    assert any("own-leaf is not synonym-blind" in reason for reason in found["reasons"])


def test_draws_count_the_levels_that_are_taught() -> None:
    found = _json("assumptions", "--signal", "sibling", "--draws", "3")
    assert found["signal"] == "sibling"
    assert [level["level"] for level in found["levels"]] == [2]


def test_a_sweep_is_about_the_label() -> None:
    text = _run("assumptions", "--sweep", "m=2", "-V", "4", "--signal", "sibling", code=4)
    assert "--signal is 'sibling'; allowed: not with --sweep" in text


def test_latex_has_the_formulas_of_the_signal() -> None:
    found = {name: _run("predict", *SIZES, "--latex", "--signal", name) for name in SIGNALS}
    of_label, of_path = "N_\\times^{(l)} =", "v_C ="
    assert {name for name, text in found.items() if of_label in text} == {"label"}
    assert {name for name, text in found.items() if of_path in text} == {
        "sibling", "own-latent", "token", "far-token", "label+token", "noise:pairs", "rotation"
    }  # fmt: skip
    assert "\\[" not in found["same-patch"]


@pytest.mark.parametrize(
    ("signal", "gains"),
    [("label", [1, 1, 1]), ("own-latent", [1, 2]), ("nested:1", [1, 2, 4]), ("far-token", [1, 1]),
     ("same-patch", [None] * 3)],
)  # fmt: skip
def test_predictions_say_what_all_patches_are_worth(signal: str, gains: list[float | None]) -> None:
    sizes = ("-V", "4", "-m", "2", "-s", "2", "-L", "3", "--signal", signal)
    found = json.loads(_run("predict", *sizes, "--json"))
    assert [level["sharing_gain"] for level in found["levels"]] == gains
    told = "With all its patches, a string counts for"
    assert (told in _run("predict", *sizes)) == (signal != "label" and None not in gains)


def test_all_patches_are_held_against_the_law_of_the_signal() -> None:
    """Level 3 is near the prediction of all positions: within a factor 1.5, as for the label."""
    sizes = ("-V", "16", "-m", "4", "-s", "2", "-L", "3", "--signal", "own-latent")
    found = json.loads(_run("train", *sizes, "--patches", "all", "--multiple", "8", "--json"))
    curve = found["levels"][-1]["synonym_sensitivity"]
    assert 1 / 1.5 < curve["measured"] / curve["predicted"] < 1.5
    far = json.loads(_run("train", *sizes[:-1], "far-token", "--patches", "all", "--json"))
    assert far["levels"][-1]["synonym_sensitivity"]["predicted"] is None


def test_a_signal_that_tells_synonyms_apart_has_no_curve() -> None:
    for signal in ("same-patch", "permutation"):
        found = _json("train", "--signal", signal, "--multiple", "4")
        assert f"{signal} tells synonyms apart at levels 1, 2" in found["unpredicted"]
        assert {level["synonym_sensitivity"]["predicted"] for level in found["levels"]} == {None}
        assert not any("predicted" in told for told in found["contradictions"])
    assert _json("train", "--multiple", "4")["unpredicted"] is None
    told = _run("train", *SIZES, "--signal", "same-patch", "--multiple", "4")
    assert "No S(N) is predicted there, for no number of samples makes them one." in told


def test_the_matrix_of_such_a_learner_is_not_judged(tmp_path: Path) -> None:
    model, folder = str(tmp_path / "model"), tmp_path / "report"
    _run("train", *SIZES, "--signal", "permutation", "--multiple", "4", "-o", model)
    _run("invariance", model, "-o", str(folder))
    found = json.loads((folder / "invariance.json").read_text(encoding="utf-8"))
    assert (found["predicted"], found["verdicts"], found["output_verdicts"]) == (None, None, None)
    assert "tells synonyms apart" in (folder / "report.html").read_text(encoding="utf-8")


OWN = ("train", "-V", "4", "-m", "2", "-s", "2", "-L", "2", "--signal", "own-latent")


def test_few_labels_go_with_a_signal_inside_the_string() -> None:
    found = json.loads(_run(*OWN, "--labels", "50", "--multiple", "4", "--json"))
    assert (found["signal"], found["labels"], found["target"]) == ("own-latent", 50, "whitened")
    assert found["accuracy_interval"][0] <= found["accuracy"] <= found["accuracy_interval"][1]
    assert [level["level"] for level in found["levels"]] == [1, 2]
    assert found["chance"] == 0.25
    assert found["few_labels_accuracy"] == pytest.approx(1 - 3 / 4 * (7 / 8) ** 50)
    assert {level["chance"] for level in found["levels"]} == {0.25}
    other = _json("train", "--signal", "token", "--labels", "50")
    assert (other["signal"], other["labels"], other["target"]) == ("token", 50, None)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((*OWN, "--labels", "0"), "--labels is '0'"),
        ((*OWN, "--labels", "5", "--target", "nice"), "whitened, raw, clustered"),
        ((*OWN, "--target", "raw"), "only with --signal own-latent and --labels N"),
        ((*OWN, "--labels", "5", "--features", "9"), "--features is '9'"),
        ((*OWN, "--labels", "5", "--route", "counts"), "--route is 'counts'"),
        ((*OWN, "--labels", "5", "-m", "4"), "f < 1"),
        (("train", *SIZES, "--labels", "5"), "only with a signal inside the string"),
    ],
)
def test_labels_that_make_no_sense_are_refused(arguments: tuple[str, ...], says: str) -> None:
    assert says in _run(*arguments, code=4)
