"""Whatever a hand does to a document: one sentence or an answer, no trace, nothing half-written.

LAYERPROOF_FUZZ=2000 in the environment runs so many attacks.
"""

import os
import shutil
import tempfile
import time
import unicodedata
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from typer.testing import CliRunner

from layerproof.verify.cli import app
from tests.verify.fuzz_documents import BAD_INPUT, OLD, Attack, attacks

EXAMPLES = int(os.environ.get("LAYERPROOF_FUZZ", "40"))
MOST_SECONDS = 20
"""Of processor time, for one attack."""
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}

fixed = settings(
    max_examples=EXAMPLES,
    derandomize="LAYERPROOF_FUZZ" not in os.environ,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # shrinking would take longer than the reading of one example
    suppress_health_check=list(HealthCheck),
)


@fixed
@given(attacks())
def test_an_attack_ends_in_an_answer_or_in_one_sentence(attack: Attack) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        arguments = attack.lay(folder)
        began = time.process_time()
        done = CliRunner().invoke(app, arguments)
        seconds = time.process_time() - began
        told = f"{arguments}: {done.exit_code} in {seconds:.1f} s\n{done.output[-3000:]}"
        assert done.exit_code in attack.codes, told
        assert "Traceback" not in done.stderr, told
        assert not [c for c in done.output if c != "\n" and unicodedata.category(c) in UNSEEN], told
        assert seconds < MOST_SECONDS, told
        if done.exit_code == BAD_INPUT:
            assert len(done.stderr.splitlines()) == 1, told
            assert done.stdout == "", told
        else:
            assert done.stderr == "", told
        _nothing_half_written(attack, folder, done.exit_code == 0)
    finally:
        shutil.rmtree(folder)


def _nothing_half_written(attack: Attack, folder: Path, written: bool) -> None:
    for path in filter(Path.is_file, folder.rglob("*")):
        name, data = path.relative_to(folder).as_posix(), path.read_bytes()
        if attack.files.get(name) == data and not (written and data == OLD.encode()):
            continue
        assert written, name
        assert attack.arguments[0] == "report", name
        ends = {".html": b"</html>", ".pdf": b"%%EOF", ".tex": b""}
        assert data.rstrip().endswith(ends[path.suffix]), name
