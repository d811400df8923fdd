"""Code in the header of a model file is text; `tests/fuzz.py` changes such files in every way."""

import json
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layerwise.models import KEY
from tests.verify.fuzz_models_and_stores import good_model
from verify.cli import app


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
