"""What a user sees who gives a statement an instance outside its hypotheses: never `violated`."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layerproof.theory.ensembles import draw
from layerproof.verify.cli import app

SIZES = "V = 8, m = 4, s = 2, L = 2"


def rows(*arguments: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, ["verify", *arguments, "--workers", "1", "--json"])
    assert done.exit_code in (0, 1, 6), done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    assert found
    return found


def failed(row: dict[str, Any]) -> dict[str, str]:
    return {p["id"]: p["reason"] for p in row["premises"] if p["verdict"] == "violated"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_lemma_20_says_nothing_of_a_grammar_whose_first_tokens_are_not_uniform() -> None:
    drawn = "draw --ensemble uniform -V 6 -m 2 -s 2 -L 2 --seed 3 -o u.json"
    assert CliRunner().invoke(app, drawn.split()).exit_code == 0
    found = rows("paper", "--only", "R26.lemma-20", "--grammar", "u.json")
    assert {row["verdict"] for row in found} == {"not-applicable"}
    (law,) = [row for row in found if row["id"] == "lemma-20-law"]
    assert "how a grammar was drawn" in failed(law)["ensemble.uniform-first-token"]
    own = [row for row in found if row["id"].startswith("lemma-20/")]
    assert len(own) == 3
    for row in own:
        assert "come first in 1 to" in failed(row)["ensemble.uniform-first-token"]


def test_lemma_20_is_judged_on_a_file_that_meets_its_hypotheses() -> None:
    sizes = {"vocabulary": 6, "rules": 2, "branching": 2, "levels": 2, "seed": 3}
    draw("uniform-first-token", **sizes).save(Path("u.json"))  # type: ignore[arg-type]
    found = rows("paper", "--only", "R26.lemma-20", "--grammar", "u.json")
    verdicts = {row["id"]: row["verdict"] for row in found}
    assert verdicts.pop("lemma-20-law") == "not-applicable"
    assert set(verdicts.values()) == {"holds"}


@pytest.mark.parametrize(
    ("check", "parameters", "premise"),
    [
        ("mean-square-separation", f'{SIZES}, ensemble = "uniform"', "uniform-first-token"),
        ("mean-square-separation", f"{SIZES}, zipf = 1.5", "uniform-first-token"),
        ("mean-square-norm", f"{SIZES}, label_zipf = 1.0", "uniform-first-token"),
        ("lemma-24", "deviations = [9.0]", "R26.lemma-24/epsilon"),
    ],
)
def test_a_suite_file_outside_a_hypothesis_is_told_which(
    check: str, parameters: str, premise: str
) -> None:
    entry = f'[[check]]\nid = "{check}"\ntrials = 20\nparameters = {{ {parameters} }}\n'
    Path("mine.toml").write_text(f'name = "mine"\nquestion = "?"\n{entry}', "utf-8")
    for row in rows("mine.toml"):
        assert row["verdict"] == "not-applicable", row["reason"]
        (name,) = [name for name in failed(row) if name.endswith(premise)]
        assert failed(row)[name].split(": ")[-1] in row["reason"]
