"""The tables of the manual that the catalogue writes: ``python -m tools.manual`` renews them.

Each stands in a page of docs/ between ``<!-- name -->`` and ``<!-- end of name -->``; a test
compares them with what this module writes, so that the manual cannot say anything else than the
code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
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
DOCS = ROOT / "docs"

PAGES: Mapping[str, tuple[str, ...]] = {
    "statements.md": ("statements",),
    "errata.md": ("errata", "first guesses"),
    "controls.md": ("controls",),
    "suites.md": ("suites",),
}
"""Which page of docs/ has which tables."""

TIMES: Mapping[str, tuple[str, str]] = {
    "controls": ("15 s", "15 s"),
    "depth": ("8 min", "2 min"),
    "generation": ("7 min", "2 min"),
    "paper": ("2 min", "1 min"),
    "patches": ("1 min", "30 s"),
    "quick": ("1 min", "1 min"),
    "scaling": ("7 min", "2 min"),
    "signals": ("7 min", "3 min"),
    "theorem-7-constants": ("5 min", "5 min"),
    "zipf": ("5 min", "4 min"),
}
"""About how long each suite takes on two cores, with its full and with its quick budget."""


@cache
def tables() -> Mapping[str, str]:
    """The generated tables, by name, as markdown."""
    found = errata(of_this_package())
    printed = of_papers(found)
    return {
        "statements": statement_table(),
        "errata": to_markdown(printed).strip(),
        "first guesses": to_markdown([row for row in found if row not in printed]).strip(),
        "controls": control_table(),
        "suites": suite_table(),
    }


def of_this_package() -> list[Statement]:
    """The package's statements, without those that other packages bring."""
    return [entry for entry in catalogue().numbered() if entry in shipped()]


def statement_table() -> str:
    """Statement, what it claims, formula's file, checks with their files, and their verdicts."""
    columns = ("statement", "what it says", "formula", "check", "as printed", "as repaired")
    head = f"| {' | '.join(columns)} |\n" + "| --- " * len(columns) + "|\n"
    return head + "\n".join(_statement_row(statement) for statement in of_this_package())


def _statement_row(statement: Statement) -> str:
    path = source_file(statement)
    says = f"{statement.title}. {statement.printed.reading}"
    formula = f"[{Path(path).name}](../{path})"
    checks = ", ".join(
        f"[{check['id']}](../{in_the_repository(ROOT / check['file'])})"
        for check in checks_of(statement.id)
    )
    cells = (f"`{statement.id}`", escaped(says), formula, checks, *verdicts_found(statement))
    return f"| {' | '.join(cells)} |"


def verdicts_found(statement: Statement) -> tuple[str, str]:
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


def source_file(statement: Statement) -> str:
    """The file of a statement of this package, as it stands in the repository."""
    return in_the_repository(sys.modules[_module_of(statement)].__file__)


def in_the_repository(file: str | Path | None) -> str:
    """Where a file stands in the repository, not behind a link: what a page on the web finds."""
    return Path(str(file)).resolve().relative_to(ROOT).as_posix()


def _module_of(statement: Statement) -> str:
    prefix = "layerproof.theory.statements."
    for name, module in list(sys.modules.items()):
        if name.startswith(prefix) and statement in getattr(module, "STATEMENTS", ()):
            return name
    raise LookupError(statement.id)


def suite_table() -> str:
    """Suite, the question that it asks, how many statements it judges, and how long it takes."""
    rows = []
    for name in SUITES.own:
        suite = load_suite(name)
        statements = {entry.check.statement for entry in suite.entries}
        full, quick = TIMES.get(name, ("not measured", "not measured"))
        cells = (f"`{name}`", escaped(suite.question), str(len(statements)), full, quick)
        rows.append(f"| {' | '.join(cells)} |")
    columns = ("suite", "question", "statements", "two cores", "with `--budget quick`")
    head = f"| {' | '.join(columns)} |\n" + "| --- " * len(columns) + "|"
    return "\n".join([head, *rows])


def control_table() -> str:
    """Control, the premise it breaks, and the checks that must turn."""
    rows = [
        f"| `{control.id}` | {control.title} | {control.premise} "
        f"| {', '.join(one.id for one in CHECKS.own.values() if control.id in one.turned_by)} |"
        for control in CONTROLS.own.values()
    ]
    head = "| control | what is broken | premise | checks that must turn |\n" + "| --- " * 4 + "|"
    return "\n".join([head, *rows])


def renewed(text: str, names: Iterable[str]) -> str:
    """`text` with the tables of these names replaced. KeyError where a marker is missing."""
    written = tables()
    for name in names:
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise KeyError(name)
        before, after = pattern.split(text)[::3]
        text = f"{before}<!-- {name} -->\n{written[name]}\n<!-- end of {name} -->{after}"
    return text


if __name__ == "__main__":
    for page, names in PAGES.items():
        path = DOCS / page
        atomic_write_text(path, renewed(path.read_text("utf-8"), names), page)
