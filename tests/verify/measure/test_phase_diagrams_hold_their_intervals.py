"""Phase diagrams: fractions that can be worked out, intervals that cover, one command."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from layerproof.theory.phases import InstanceFacts, parse_sweep
from layerproof.verify.cli import app
from layerproof.verify.measure.phases import ERROR_RATE, diagram, quantile, summary
from layerproof.verify.report.phase_figure import draw_phases
from layerproof.verify.report.style import figure_style
from layerproof.verify.run.executors import SerialExecutor, executor


def _run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["assumptions", *arguments])


def _diagram(sweep: str, draws: int, **base: Any) -> dict[str, Any]:
    return diagram(parse_sweep(sweep), base, draws=draws, seed=0, pool=SerialExecutor())


def test_equal_columns_are_as_frequent_as_at_v_2_m_2() -> None:
    # V = m = 2: the two tokens share q at level 2 where each label has one patch of either: 4 of 6.
    found = _diagram("L=2", 300, m=2, V=2)["points"][0]
    low, high = found["K_rho_positive"]["interval"]
    assert low <= 1 / 3 <= high
    assert found["kappa_finite"]["fraction"] == 1.0
    assert high - low < 0.3


def test_a_single_error_rate_is_split_over_all_intervals() -> None:
    found = _diagram("m=2:5,V=4", 10, L=2)
    possible = [point for point in found["points"] if "impossible" not in point]
    assert len(possible) == 3
    assert found["confidence"] == pytest.approx(1 - ERROR_RATE / (3 * 6))


def test_kappa_is_infinite_in_the_uniform_ensemble_as_often_as_counted() -> None:
    # V = 2, n m = 2 patches of 4 (s = 2), L = 2, m = 1: both start with one token for 2 of 6 pairs.
    found = _diagram("ensemble=uniform", 300, m=1, V=2, L=2)["points"][0]
    low, high = found["kappa_finite"]["interval"]
    assert low <= 2 / 3 <= high


def test_quantile_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    for p in (0.1, 0.5, 0.9):
        missed = 0
        for _ in range(300):
            low, high = quantile(rng.uniform(size=60), p, 0.9)["interval"]
            missed += not low <= p <= high
        # At most 10 % miss; five standard errors of 300 trials are 0.087.
        assert missed / 300 <= 0.1 + 0.087


def test_too_few_draws_give_open_intervals() -> None:
    entry = quantile(np.arange(5.0), 0.9, 0.95)
    assert entry["interval"][1] == math.inf
    assert quantile(np.arange(5.0), 0.1, 0.95)["interval"][0] == 0.0


def test_infinite_separations_are_counted_as_positive() -> None:
    found = summary([InstanceFacts(math.inf, math.inf, True)] * 3, 0.95)
    assert found["kappa_finite"]["fraction"] == 0.0
    assert found["K_rho_positive"]["fraction"] == 1.0
    assert found["K_rho"][1]["value"] == math.inf


def test_the_diagram_does_not_depend_on_the_number_of_workers() -> None:
    sweep = parse_sweep("m=2:3,V=4/6")
    with executor(2) as pool:
        shared = diagram(sweep, {"L": 2}, draws=30, seed=5, pool=pool)
    alone = diagram(sweep, {"L": 2}, draws=30, seed=5, pool=SerialExecutor())
    assert shared == alone


def test_the_command_keeps_data_and_figures_and_fits_80_columns(tmp_path: Path) -> None:
    folder = tmp_path / "phases"
    result = _run("-s", "2", "--sweep", "m=3:5,V=4/8,L=2:3", "--draws", "8", "-o", str(folder))
    assert result.exit_code == 0, result.output
    table = result.stdout.split("wrote")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "2 points have no grammars" in table
    assert json.loads((folder / "phases.json").read_text("utf-8"))["draws"] == 8
    assert (folder / "phases.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "phases.pdf").read_bytes().startswith(b"%PDF")
    assert "Prop. 19" in (folder / "phases.svg").read_text("utf-8")


def test_ensembles_and_exponents_fit_80_columns_too() -> None:
    ensembles = "ensemble=uniform/uniform-first-token"
    sizes = ("-s", "2", "-L", "2", "-V", "4")
    result = _run(*sizes, "--sweep", f"zipf=0:1:0.5,m=2,{ensembles}", "--draws", "5")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("first-token" in line for line in lines) == 3
    assert "…" not in result.stdout


def test_the_json_is_one_document_with_the_reason_of_impossible_points() -> None:
    result = _run("-s", "2", "-L", "2", "--sweep", "m=2/5,V=4", "--draws", "4", "--json")
    document = json.loads(result.stdout)
    good, bad = document["points"]
    assert good["proposition_19"]["fraction"] <= 1.0
    assert "rules" in bad["impossible"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--sweep", "m=2"], ["-V/--vocabulary", "missing"]),
        (["-V", "4", "-s", "2", "-L", "2", "--sweep", "m=x"], ["--sweep, m", "'x'"]),
        (["-V", "4", "-m", "2", "-s", "2", "-L", "2", "--sweep", "m=2"], ["-m/--rules", "both"]),
        (["--sweep", "m=2", "--grammar", "g.json"], ["--grammar", "not with --sweep"]),
        (["--sweep", "m=2", "--draws", "0"], ["-V/--vocabulary"]),
        (["-V", "4", "-s", "2", "-L", "2", "--sweep", "m=2", "--draws", "0"], ["--draws", "'0'"]),
        (["-V", "4", "-m", "2", "-s", "2", "-L", "2", "-o", "x"], ["-o/--output", "--sweep"]),
        (["-V", "4", "-m", "2", "-s", "2", "-L", "2", "--zipf", "-1"], ["--zipf", "'-1'"]),
        (["-V", "4", "-m", "2", "-s", "2", "-L", "2", "--zipf", "200"], ["--zipf", "at most"]),
        (["-V", "4", "-m", "2", "-s", "2", "-L", "2", "--label-zipf", "a"], ["--label-zipf"]),
    ],
)
def test_bad_requests_are_refused_in_one_sentence(arguments: list[str], parts: list[str]) -> None:
    result = _run(*arguments)
    assert result.exit_code == 4, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr


@pytest.mark.parametrize("sweep", ["m=2", "m=2:3", "zipf=0:1:0.5,m=2:3,V=4/8"])
def test_a_figure_of_one_two_or_three_names_has_a_panel_for_every_question(sweep: str) -> None:
    document = _diagram(sweep, 3, L=2, V=4) if "V" not in sweep else _diagram(sweep, 3, L=2)
    with figure_style():
        figure = draw_phases(document)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert sum(bool(title) for title in titles) == 4
