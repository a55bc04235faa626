"""Check all prose, or the given Python and Markdown files: `python -m docs.prose [--summary] [FILE...]`.

The exit code is 1 if there are findings.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from docs.prose.terms import update_rule
from docs.prose.texts import Text, document, documents, help_texts, module_texts, modules
from docs.prose.vale import ProseFinding, run_vale

ROOT = Path(__file__).resolve().parents[2]
_CONFIG = ROOT / ".vale.ini"


def check(texts: Iterator[Text]) -> list[ProseFinding]:
    """Return the findings in the texts, sorted by place.

    Raises:
        RuntimeError: Vale is not installed or failed.
    """
    update_rule(ROOT / "docs/style.md", ROOT / "docs/vale/Calicoctl/Terms.yml")
    return sorted(run_vale(_program(), _CONFIG, texts))


def _program() -> Path:
    """Return the path of Vale: the value of VALE, else the program beside this Python, else the one on PATH."""
    folders = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = os.environ.get("VALE") or shutil.which("vale", path=folders)
    if not program:
        raise RuntimeError("vale is not installed (make .venv/vale.stamp installs it)")
    return Path(program)


def _all_texts() -> Iterator[Text]:
    from calicoctl.cli import main as calicoctl

    yield from documents(ROOT)
    yield from modules(ROOT)
    yield from help_texts(calicoctl, "calicoctl")


def _texts_of(paths: Sequence[Path]) -> Iterator[Text]:
    for path in paths:
        content = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            yield from module_texts(str(path), content)
        else:
            yield document(str(path), content)


@click.command()
@click.argument("paths", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--summary", is_flag=True, help="Only print the number of findings of each rule.")
def main(paths: tuple[Path, ...], summary: bool) -> None:
    """Check the English of all texts, or of FILEs, by the rules in docs/style.md."""
    findings = check(_texts_of(paths) if paths else _all_texts())
    if summary:
        for rule, count in Counter(finding.rule for finding in findings).most_common():
            click.echo(f"{count:6} {rule}")
    else:
        click.echo("".join(f"{finding}\n" for finding in findings), nl=False)
    if findings:
        click.echo(f"{len(findings)} findings (docs/style.md has the rules)", err=True)
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
