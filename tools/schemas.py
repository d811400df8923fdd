"""`python -m tools.schemas`: write the published schemas anew, from the types."""

import json
import sys
from pathlib import Path

from layerproof.theory.files import atomic_write_text
from layerproof.verify.report import schemas
from layerproof.verify.report.schemas import FILES, made

for file in FILES:
    path = Path(schemas.__file__).parent / file
    atomic_write_text(path, json.dumps(made(file), indent=1, ensure_ascii=False) + "\n", file)
    sys.stdout.write(f"{path}\n")
