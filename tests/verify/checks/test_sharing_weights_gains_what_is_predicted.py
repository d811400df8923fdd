"""`weight-sharing`: verdicts on random and on exchangeable grammars, and slips that turn it."""

import pytest
from typer.testing import CliRunner

from layerproof.theory.symbols import s
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.derived.weight_sharing import SharingParameters, WeightSharing
from layerproof.verify.cli import app
from layerproof.verify.run.runner import evaluate
from layerproof.verify.run.suite import load_suite
from layerproof.verify.statistics import ThinEvidence
from layerproof.verify.verdicts.verdict import Verdict

SIZES = {"V": 16, "m": 4, "s": 2, "L": 2, "ratios": [8.0]}
TRIALS = 60
CHECK = CHECKS["weight-sharing"]


def verdicts(check: WeightSharing, form: str, exchangeable: bool) -> list[Verdict]:
    parameters = SIZES | {"exchangeable": exchangeable, "margin": 0.25}
    found = evaluate(check, parameters, form=form, trials=TRIALS)
    return [row.judgement.verdict for row in found]


@pytest.mark.parametrize(
    ("form", "exchangeable", "expected"),
    [
        ("printed", False, [Verdict.VIOLATED, Verdict.VIOLATED]),
        ("repaired", False, [Verdict.HOLDS, Verdict.HOLDS]),
        ("printed", True, [Verdict.HOLDS, Verdict.HOLDS]),
        ("repaired", True, [Verdict.NOT_APPLICABLE, Verdict.HOLDS]),
    ],
)
def test_sharing_helps_where_positions_agree_and_only_there(
    form: str, exchangeable: bool, expected: list[Verdict]
) -> None:
    """One stage of 60 grammars; gains are 0.9 and 2, which a margin of a quarter tells apart."""
    assert verdicts(CHECK, form, exchangeable) == expected


@pytest.mark.parametrize(
    ("form", "name", "change", "exchangeable", "place"),
    [
        ("printed", "gain", lambda gain: gain * s, True, 0),
        ("printed", "gain", lambda gain: gain / s, True, 1),
        ("repaired", "gain", lambda gain: 2 * gain, False, 0),
        ("repaired", "sensitivity", lambda curve: curve / 2, False, 1),
        ("repaired", "sensitivity", lambda curve: 2 * curve, True, 1),
    ],
)
def test_a_wrong_formula_is_noticed(
    form: str, name: str, change: object, exchangeable: bool, place: int
) -> None:
    wrong = CHECK.perturbed(form, name, change)  # type: ignore[arg-type]
    assert verdicts(wrong, form, exchangeable)[place] is Verdict.VIOLATED


def test_the_curve_is_drawn_once_with_both_kinds_of_patches() -> None:
    found = evaluate(CHECK, SIZES, form="repaired", trials=8)
    drawn = [row.judgement.evidence.get("pictures", ()) for row in found]
    assert [len(pictures) for pictures in drawn] == [0, 1]
    names = [series["name"] for series in drawn[1][0]["series"]]
    assert names[:2] == ["first patches", "all patches"]


@pytest.mark.parametrize("wrong", [{"m": 3}, {"V": 4, "m": 4}])
def test_sizes_without_exchangeable_rules_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="exchangeable"):
        SharingParameters.model_validate({"V": 8, "m": 4, "s": 2, "exchangeable": True} | wrong)


def test_the_suite_is_of_this_check() -> None:
    assert {entry.check.id for entry in load_suite("patches").entries} == {"weight-sharing"}


def test_the_command_trains_on_all_patches_and_predicts_them() -> None:
    """Level 3 is near the prediction of the mean law: within a factor 1.5, four spreads or so."""
    sizes = ["-V", "16", "-m", "4", "-s", "2", "-L", "3", "--patches", "all", "--json"]
    done = CliRunner().invoke(app, ["train", *sizes])
    assert done.exit_code == 0, done.output
    import json

    found = json.loads(done.stdout)
    assert found["patches"] == "all"
    level = found["levels"][2]
    assert level["route"] == "strings"
    curve = level["synonym_sensitivity"]
    assert 1 / 1.5 < curve["measured"] / curve["predicted"] < 1.5
    refused = CliRunner().invoke(app, ["train", *sizes[:8], "--patches", "some"])
    assert refused.exit_code == 4
    assert "--patches" in refused.stderr


def test_a_picture_without_numbers_leaves_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture shows other rows too, which may have too little evidence where this one has not."""

    def thin(*_: object) -> None:
        raise ThinEvidence("too few", trials=0, needed=1)

    monkeypatch.setattr(WeightSharing, "pictures", thin)
    found = evaluate(CHECK, SIZES | {"margin": 0.25}, form="repaired", trials=TRIALS)
    assert [row.judgement.verdict for row in found] == [Verdict.HOLDS, Verdict.HOLDS]
