"""Whatever is done to a model file, a checkpoint or a store: a known exit code, one sentence or the
verdicts, nothing executed, and a refusal leaves every file as it was.
"""

import json
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from layerproof.layerwise.models import KEY
from layerproof.verify.cli import app
from tests.verify.fuzz_models_and_stores import ALLOWED, KINDS, contents, good_model

EXAMPLES = {"model": 30, "checkpoint": 30, "store": 10}
"""In each run of the tests; by hand, with a larger number, thousands."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_is_refused_or_read(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(
        max_examples=EXAMPLES[kind],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def survives(data: st.DataObject) -> None:
        base = tmp_path_factory.mktemp(kind)
        folder, canary = base / "files", base / "canary"
        folder.mkdir()
        case = KINDS[kind](data.draw, folder, canary)
        before = contents(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "path", list(sys.path))
            done = CliRunner().invoke(app, list(case.arguments))
        sys.modules.pop("fuzzed_net", None)
        assert done.exit_code in ALLOWED, f"{case.change}\n{done.output}"
        assert "Traceback" not in done.output, case.change
        assert not canary.exists(), case.change
        assert [path.name for path in base.iterdir()] == ["files"], case.change
        if done.exit_code == 4:
            assert done.stdout == "", case.change
            assert done.stderr.splitlines()[-1].startswith("layerproof: "), case.change
            assert contents(folder) == before, case.change

    survives()


def test_the_header_of_a_model_file_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text stands where a number of samples should, which is on its way into a formula."""
    monkeypatch.chdir(tmp_path)
    data = good_model()
    (length,) = struct.unpack("<Q", data[:8])
    outer = json.loads(data[8 : 8 + length])
    header = json.loads(outer["__metadata__"][KEY])
    header["stages"][0]["samples"] = "__import__('pathlib').Path('canary').touch()"
    outer["__metadata__"][KEY] = json.dumps(header)
    written = json.dumps(outer).encode()
    evil = tmp_path / "evil.safetensors"
    evil.write_bytes(struct.pack("<Q", len(written)) + written + data[8 + length :])
    done = CliRunner().invoke(app, ["invariance", str(evil)])
    assert not (tmp_path / "canary").exists()
    assert (done.exit_code, done.stdout) == (4, "")
    assert "stages[0]: samples is" in done.stderr
    assert len(done.stderr.splitlines()) == 1
