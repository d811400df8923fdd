"""The tables of README.md that the catalogue writes: ``python -m tools.readme`` renews them.

Each stands between ``<!-- name -->`` and ``<!-- end of name -->``; a test compares them with what
this module writes, so that the README cannot say anything else than the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from layerproof.theory.files import atomic_write_text
from layerproof.theory.statements import Statement, catalogue, shipped
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.report.errata import errata, escaped, of_papers, to_markdown
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SUITES
from layerproof.verify.run.tested_by import checks_of, expectations
from layerproof.verify.verdicts.verdict import Verdict

ROOT = Path(__file__).resolve().parent.parent


def tables() -> Mapping[str, str]:
    """The generated tables, by name, as markdown."""
    found = errata(_shipped())
    printed = of_papers(found)
    return {
        "statements": statement_table(),
        "errata": to_markdown(printed).strip(),
        "first guesses": to_markdown([row for row in found if row not in printed]).strip(),
        "controls": control_table(),
        "suites": suite_table(),
    }


def _shipped() -> list[Statement]:
    """The package's statements, without those that other packages bring."""
    return [entry for entry in catalogue().numbered() if entry in shipped()]


def statement_table() -> str:
    """Statement, what it claims, formula's file, checks with their files, and their verdicts."""
    columns = ("statement", "what it says", "formula", "check", "as printed", "as repaired")
    head = f"| {' | '.join(columns)} |\n" + "| --- " * len(columns) + "|\n"
    return head + "\n".join(_statement_row(statement) for statement in _shipped())


def _statement_row(statement: Statement) -> str:
    module = sys.modules[_module_of(statement)]
    path = _in_the_repository(module.__file__)
    says = f"{statement.title}. {statement.printed.reading}"
    formula = f"[{Path(path).name}]({path})"
    checks = ", ".join(
        f"[{check['id']}]({_in_the_repository(ROOT / check['file'])})"
        for check in checks_of(statement.id)
    )
    cells = (f"`{statement.id}`", escaped(says), formula, checks, *_found(statement))
    return f"| {' | '.join(cells)} |"


def _found(statement: Statement) -> tuple[str, str]:
    """The verdicts on both forms: of `paper` and any `violated`, of every suite if it has none."""
    entries = [e for e in expectations(statement.id) if e["suite"] not in ("quick", "controls")]
    paper = any(entry["suite"] == "paper" for entry in entries)
    printed, repaired = (
        dict.fromkeys(
            verdict
            for entry in entries
            if entry["form"] == form
            for verdict in entry["expected"]
            if not paper or entry["suite"] == "paper" or verdict == Verdict.VIOLATED
        )
        for form in ("printed", "repaired")
    )
    return ", ".join(printed), ", ".join(repaired)


def _in_the_repository(file: str | Path | None) -> str:
    """Where a file stands in the repository, not behind a link: what a page on the web finds."""
    return Path(str(file)).resolve().relative_to(ROOT).as_posix()


def _module_of(statement: Statement) -> str:
    prefix = "layerproof.theory.statements."
    for name, module in list(sys.modules.items()):
        if name.startswith(prefix) and statement in getattr(module, "STATEMENTS", ()):
            return name
    raise LookupError(statement.id)


def suite_table() -> str:
    """Suite, the question that it asks, and how many statements it judges."""
    rows = []
    for name in SUITES.own:
        suite = load_suite(name)
        statements = {entry.check.statement for entry in suite.entries}
        rows.append(f"| `{name}` | {escaped(suite.question)} | {len(statements)} |")
    return "\n".join(["| suite | question | statements |\n" + "| --- " * 3 + "|", *rows])


def control_table() -> str:
    """Control, the premise it breaks, and the checks that must turn."""
    rows = [
        f"| `{control.id}` | {control.title} | {control.premise} "
        f"| {', '.join(one.id for one in CHECKS.own.values() if control.id in one.turned_by)} |"
        for control in CONTROLS.own.values()
    ]
    head = "| control | what is broken | premise | checks that must turn |\n" + "| --- " * 4 + "|"
    return "\n".join([head, *rows])


def renewed(text: str) -> str:
    """`text` with every generated table replaced. Raises KeyError where a marker is missing."""
    for name, table in tables().items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise KeyError(name)
        before, after = pattern.split(text)[::3]
        text = f"{before}<!-- {name} -->\n{table}\n<!-- end of {name} -->{after}"
    return text


if __name__ == "__main__":
    readme = ROOT / "README.md"
    atomic_write_text(readme, renewed(readme.read_text("utf-8")), "README.md")
